# SPDX-License-Identifier: Apache-2.0
"""The phone's browser: pages in a frame, and what the JS-SDK inside asks of the phone."""

from __future__ import annotations

import hashlib
from urllib.parse import SplitResult, urlencode

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts import subscribe_acts
from wechat_sandbox.acts.delivering import ActRefused
from wechat_sandbox.acts.subscribe_acts import Choice
from wechat_sandbox.addresses import parts_of
from wechat_sandbox.office.abilities import may
from wechat_sandbox.office.subscription_book import NoticeTemplate
from wechat_sandbox.phone.base import begun, missing, sandbox_of, screen, whole
from wechat_sandbox.phone.state import current_citizen
from wechat_sandbox.screens import HERE, render
from wechat_sandbox.state import Sandbox

# WeChat's own addresses that a phone opens: consent, articles, mini program links, codes, …
_OWN_PAGES = ("/connect/", "/s/", "/u/", "/q/", "/mp/", "/mmbiz/", "/cgi-bin/showqrcode")
MAX_SCENE = 10_000  # of a one-time permission


def web_routes() -> list[Route]:
    """Return the routes of the phone's browser."""
    return [
        Route("/web", web),
        Route("/web/config", check_config, methods=["POST"]),
        Route("/web/subscribe", popup),
        Route("/web/subscribe", answer_popup, methods=["POST"]),
        Route("/mini", mini_program),
        Route("/mp/subscribemsg", confirm_page),
        Route("/mp/subscribemsg", answer_confirm, methods=["POST"]),
        # Where WeChat keeps it, so that only the host of the address differs.
        Route("/open/js/jweixin-{version}.js", js_sdk),
    ]


async def web(request: Request) -> Response:
    """Open an address in the phone's browser, through the product's door."""
    sandbox = sandbox_of(request)
    account = _asked_account(request, request.query_params.get("account", ""))
    if account is None or current_citizen(request) is None:
        return missing(request)
    address = request.query_params.get("url", "").strip()
    frame = frame_address(sandbox, account, address)
    if frame is None:
        return screen(request, "discover.html", status=400, problem="foreign_address")
    parts = parts_of(frame)
    origin = f"{parts.scheme}://{parts.netloc}"
    return screen(request, "web.html", account=account, frame=frame, address=address, origin=origin)


def frame_address(sandbox: Sandbox, account: Account, address: str) -> str | None:
    """Return what the frame loads: the product by its door, the sandbox's own pages as they are."""
    parts = parts_of(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin == sandbox.settings.sandbox_url and parts.path.startswith(_OWN_PAGES):
        return address
    if origin != sandbox.settings.product_origin:
        # A server of somebody's own has no door: its pages open as they are.
        return address if is_page_of(account, parts) else None
    inside = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    door = f"{sandbox.settings.product_url}/wechat/{account.slug}/phone"
    return f"{door}?{urlencode({'next': inside})}"


def is_page_of(account: Account, parts: SplitResult) -> bool:
    """Tell whether an address lies at a domain set up for the account's pages."""
    return parts.scheme in ("http", "https") and parts.netloc in account.oauth_domains


async def js_sdk(request: Request) -> Response:
    """Return the sandbox's JS-SDK, whatever version is asked for."""
    script = (HERE / "static" / "jweixin.js").read_bytes()
    headers = {"Cache-Control": "no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
    return Response(script, media_type="text/javascript", headers=headers)


async def check_config(request: Request) -> Response:
    """Check a page's wx.config: the appid, the page's domain, the signature."""
    sandbox, form = sandbox_of(request), await request.form()
    told = {name: str(form.get(name, "")) for name in form}
    account = sandbox.by_appid.get(told.get("appId", ""))
    if account is None:
        return _config_refused(sandbox, "", "config:invalid appid")
    if not may(account, "jssdk"):
        return _config_refused(sandbox, account.slug, "config:permission denied")
    page = told.get("url", "")
    if parts_of(page).netloc not in account.oauth_domains:
        return _config_refused(sandbox, account.slug, "config:invalid url domain")
    tickets = sandbox.tokens.good_tickets(account.appid, "jsapi", sandbox.clock.now())
    said = told.get("nonceStr", ""), told.get("timestamp", "")
    good = {_signature(ticket, *said, page) for ticket in tickets}
    if told.get("signature", "").lower() not in good:
        return _config_refused(sandbox, account.slug, "config:invalid signature")
    _note(sandbox, account.slug, "ok", "ok", page=page.partition("?")[0])
    return JSONResponse({"errMsg": "config:ok"})


async def popup(request: Request) -> Response:
    """Return the subscription popup, or the answer when the citizen chose to be asked no more."""
    number = current_citizen(request)
    account = _asked_account(request, request.query_params.get("account", ""))
    if account is None or number is None:
        return _subscribe_refused("no_phone")
    ids = request.query_params.getlist("template")
    try:
        templates = _asked_templates(request, account, ids)
    except ActRefused as error:
        return _subscribe_refused(error.code)
    habits = sandbox_of(request).habits
    if all((account.appid, number, one) in habits for one in ids):
        usual = {one: _choice(habits[account.appid, number, one] == "accept") for one in ids}
        return await _answered(request, account, number, usual)
    return render(request, "_popup.html", {"account": account, "templates": templates})


async def answer_popup(request: Request) -> Response:
    """Take what the citizen accepted; the account hears of it by event."""
    number, form = current_citizen(request), await request.form()
    account = _asked_account(request, str(form.get("account", "")))
    if account is None or number is None:
        return _subscribe_refused("no_phone")
    ids = [str(one) for one in form.getlist("template")]
    try:
        _asked_templates(request, account, ids)
    except ActRefused as error:
        return _subscribe_refused(error.code)
    allowed = form.get("decision") == "allow"
    accepted = {str(one) for one in form.getlist("accept")} if allowed else set()
    choices = {one: _choice(one in accepted) for one in ids}
    if allowed and form.get("always"):
        habits = sandbox_of(request).habits
        habits |= {(account.appid, number, one): choice for one, choice in choices.items()}
    return await _answered(request, account, number, choices)


async def _answered(
    request: Request, account: Account, number: int, choices: dict[str, Choice]
) -> Response:
    sandbox = sandbox_of(request)
    await begun(request, subscribe_acts.answer_popup(sandbox, account, number, choices))
    return JSONResponse({"details": choices})


def _choice(accepts: bool) -> Choice:
    return "accept" if accepts else "reject"


def _asked_templates(request: Request, account: Account, ids: list[str]) -> list[NoticeTemplate]:
    if not may(account, "bizsend"):
        raise ActRefused("no_right")
    return subscribe_acts.asked_templates(sandbox_of(request), account, ids)


async def mini_program(request: Request) -> Response:
    """Say which mini program would open here; the sandbox runs none."""
    query = request.query_params
    return screen(
        request,
        "mini.html",
        appid=query.get("appid", ""),
        page=query.get("path", ""),
        back=query.get("back", ""),
    )


async def confirm_page(request: Request) -> Response:
    """Ask the citizen to allow one message (一次性订阅消息)."""
    asked = _read_confirm(request)
    if isinstance(asked, Response):
        return asked
    account, _, target = asked
    action = f"{request.url.path}?{request.url.query}"
    origin = "{0.scheme}://{0.netloc}".format(parts_of(target))
    return render(
        request,
        "subscribe_once.html",
        {"account": account, "action": action},
        form_targets=(origin,),
    )


async def answer_confirm(request: Request) -> Response:
    """Note the citizen's permission and send the browser back to the site."""
    asked = _read_confirm(request)
    if isinstance(asked, Response):
        return asked
    account, number, _ = asked
    accepts = (await request.form()).get("decision") == "allow"
    target = subscribe_acts.confirm_once(
        sandbox_of(request), account, number, request.query_params, accepts=accepts
    )
    return RedirectResponse(target, status_code=303)


def _read_confirm(request: Request) -> tuple[Account, int, str] | Response:
    sandbox, query = sandbox_of(request), request.query_params
    number = current_citizen(request)
    if number is None:
        return render(request, "outside.html", {}, status=403)
    account = sandbox.by_appid.get(query.get("appid", ""))
    if account is None:
        return render(request, "refused.html", {"code": 10016}, status=400)
    target, scene = query.get("redirect_url", ""), whole(query.get("scene", ""))
    if parts_of(target).netloc not in account.oauth_domains:
        return render(request, "refused.html", {"code": 10003}, status=400)
    known = query.get("template_id") and query.get("action") == "get_confirm"
    if scene is None or scene > MAX_SCENE or not known:
        return render(request, "refused.html", {"code": 40097}, status=400)
    return account, number, target


def _asked_account(request: Request, slug: str) -> Account | None:
    sandbox = sandbox_of(request)
    return sandbox.by_slug.get(slug or sandbox.accounts[0].slug)


def _signature(ticket: str, nonce: str, timestamp: str, page: str) -> str:
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _config_refused(sandbox: Sandbox, slug: str, words: str) -> Response:
    _note(sandbox, slug, "refused", words)
    return JSONResponse({"errMsg": words}, status_code=400)


def _subscribe_refused(code: str) -> Response:
    return JSONResponse({"errMsg": f"subscribe:fail {code}"}, status_code=400)


def _note(sandbox: Sandbox, slug: str, outcome: str, result: str, **facts: object) -> None:
    sandbox.journal.write(
        at=sandbox.clock.now(),
        kind="oauth",
        outcome="ok" if outcome == "ok" else "refused",
        subject="wx_config",
        result=result,
        account=slug,
        **facts,
    )
