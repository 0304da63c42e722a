# SPDX-License-Identifier: Apache-2.0
"""Turn templates into pages: the words of the chosen language and the browser's limits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from wechat_sandbox.addresses import parts_of
from wechat_sandbox.clock import china_time
from wechat_sandbox.richtext import show_text
from wechat_sandbox.state import Sandbox

HERE = Path(__file__).parent
LANGUAGE_COOKIE = "sandbox_language"
LANGUAGES = ("zh", "en")


def language_of(request: Request) -> str:
    """Return the language the reader chose; Chinese unless they did."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return chosen if chosen in LANGUAGES else LANGUAGES[0]


@lru_cache(maxsize=len(LANGUAGES))
def words_in(language: str) -> dict[str, str]:
    """Return the word list of a language."""
    words: dict[str, str] = json.loads((HERE / "words" / f"{language}.json").read_text("utf-8"))
    return words


def render(
    request: Request,
    template: str,
    context: Mapping[str, object],
    *,
    status: int = 200,
    form_targets: tuple[str, ...] = (),
) -> Response:
    """Return the page; `form_targets` are further origins a form may lead to."""
    sandbox: Sandbox = request.app.state.sandbox
    language = language_of(request)
    body = (
        _environment()
        .get_template(template)
        .render(
            t=words_in(language),
            language=language,
            settings=sandbox.settings,
            now=sandbox.clock.now(),
            path=request.url.path,
            here=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
            **context,
        )
    )
    policy = _policy(sandbox, form_targets)
    headers = {
        "Content-Security-Policy": policy,
        "Cache-Control": "no-store",
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(body, status_code=status, headers=headers)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["clock"] = lambda moment: china_time(moment).strftime("%H:%M")
    environment.filters["clock_s"] = lambda moment: china_time(moment).strftime("%H:%M:%S")
    environment.filters["moment"] = lambda moment: china_time(moment).strftime("%Y-%m-%d %H:%M:%S")
    environment.filters["spell"] = spell
    environment.filters["result_in"] = name_result
    environment.filters["rich"] = _rich
    environment.filters["open_in_phone"] = open_in_phone
    environment.filters["host"] = lambda address: parts_of(address).netloc
    environment.filters["shown_address"] = lambda address: address.partition("://")[2]
    return environment


def spell(seconds: float, words: Mapping[str, str]) -> str:
    """Return a span of time in words, its two largest units."""
    left, told = int(seconds), []
    for name, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1)):
        count, left = divmod(left, length)
        if count:
            told.append(f"{count} {words[f'span_{name}']}")
    return " ".join(told[:2])


def name_result(result: str, words: Mapping[str, str]) -> str:
    """Return a log line's result in words; a bare code or status stays as it is."""
    if result.startswith("http_"):
        return f"HTTP {result.removeprefix('http_')}"
    return words.get(f"result_{result}", result)


def open_in_phone(url: str, slug: str) -> str:
    """Return the phone's own page that shows an address in its browser."""
    return "/web?" + urlencode({"account": slug, "url": url})


def draw(template: str, context: Mapping[str, object]) -> Response:
    """Return a picture drawn from a template."""
    return Response(
        _environment().get_template(template).render(context),
        media_type="image/svg+xml",
        headers={
            "Cache-Control": "public, max-age=3600",
            "Content-Security-Policy": "default-src 'none'",
        },
    )


def _rich(text: str, slug: str) -> Markup:
    return show_text(text, lambda address: open_in_phone(address, slug))


def _policy(sandbox: Sandbox, form_targets: tuple[str, ...]) -> str:
    product = sandbox.settings.product_origin
    hosts = {host for account in sandbox.accounts for host in account.oauth_domains}
    hosts.discard(parts_of(product).netloc)
    framed = "".join(f" http://{host} https://{host}" for host in sorted(hosts))
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            f"img-src 'self' {product}",
            "connect-src 'self'",
            f"frame-src 'self' {product}{framed}",
            " ".join(("form-action 'self'", *form_targets)),
            "frame-ancestors 'self'",
            "base-uri 'none'",
        )
    )
