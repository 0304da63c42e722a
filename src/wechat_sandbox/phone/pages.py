# SPDX-License-Identifier: Apache-2.0
"""The phone in the browser, and the developer's desk around it: its sections and their lists."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wechat_sandbox import people
from wechat_sandbox.acts import citizen_acts
from wechat_sandbox.acts.delivering import ActRefused
from wechat_sandbox.phone.base import (
    account_of,
    begun,
    log_context,
    missing,
    phone_accounts,
    refused,
    sandbox_of,
    screen,
    whole,
)
from wechat_sandbox.phone.chat import chat_routes
from wechat_sandbox.phone.notices import notice_routes
from wechat_sandbox.phone.scan import scan_routes
from wechat_sandbox.phone.state import PHONE_COOKIE, current_citizen, read_number
from wechat_sandbox.phone.web import web_routes
from wechat_sandbox.screens import LANGUAGE_COOKIE, LANGUAGES, draw, render

_LOOPBACK_NAMES = ("127.0.0.1", "localhost")


def phone_routes() -> list[Route]:
    """Return the routes of the phone and the desk."""
    return [
        Route("/", home),
        Route("/people", choose_people),
        Route("/people", take_phone, methods=["POST"]),
        Route("/contacts", contacts),
        Route("/discover", discover),
        Route("/me", me),
        Route("/log", log_page),
        Route("/log/new", log_fragment),
        Route("/language", choose_language, methods=["POST"]),
        Route("/accounts/{slug}", profile),
        Route("/accounts/{slug}/articles", articles),
        Route("/accounts/{slug}/follow", follow, methods=["POST"]),
        Route("/accounts/{slug}/unfollow", unfollow, methods=["POST"]),
        Route("/portraits/{number:int}.svg", portrait),
        *chat_routes(),
        *web_routes(),
        *scan_routes(),
        *notice_routes(),
    ]


async def home(request: Request) -> Response:
    """Show the conversations, or the phones to choose from."""
    other = _other_name_of_this_machine(request)
    if other is not None:
        return RedirectResponse(other, status_code=307)
    if current_citizen(request) is None:
        return screen(request, "people.html")
    return screen(request, "chats.html")


async def choose_people(request: Request) -> Response:
    """Show the phones to choose from."""
    return screen(request, "people.html")


async def take_phone(request: Request) -> Response:
    """Put another citizen's phone into this browser, on its home or on a page sent to it."""
    form = await request.form()
    number = read_number(str(form.get("citizen", "")))
    if number is None:
        return screen(request, "people.html", status=400, problem="unknown_citizen")
    answer = RedirectResponse(_own_path(str(form.get("next", "/"))), status_code=303)
    answer.set_cookie(PHONE_COOKIE, str(number), httponly=True, samesite="lax")
    return answer


async def contacts(request: Request) -> Response:
    """Show the official accounts there are."""
    if current_citizen(request) is None:
        return missing(request)
    return screen(request, "contacts.html")


async def discover(request: Request) -> Response:
    """Show what else the phone can do: scan a code, open an address."""
    if current_citizen(request) is None:
        return missing(request)
    return screen(request, "discover.html")


async def me(request: Request) -> Response:
    """Show whose phone this is."""
    number = current_citizen(request)
    if number is None:
        return missing(request)
    accounts = phone_accounts(sandbox_of(request))
    openids = [(account, people.openid_of(account.appid, number)) for account in accounts]
    return screen(request, "me.html", openids=openids)


async def profile(request: Request) -> Response:
    """Show an account's card with its follow button."""
    account = account_of(request)
    return screen(request, "profile.html", account=account) if account else missing(request)


async def articles(request: Request) -> Response:
    """Show what an account has published, newest first."""
    account = account_of(request)
    if account is None or current_citizen(request) is None:
        return missing(request)
    pages = sandbox_of(request).readers.pages_of(account.appid)[::-1]
    return screen(request, "articles.html", account=account, pages=pages)


async def follow(request: Request) -> Response:
    """Follow an account and open its conversation."""
    account, number = account_of(request), current_citizen(request)
    if account is None or number is None:
        return missing(request)
    try:
        await begun(request, citizen_acts.follow(sandbox_of(request), account, number))
    except ActRefused as error:
        return refused(request, account, error)
    return RedirectResponse(f"/chats/{account.slug}", status_code=303)


async def unfollow(request: Request) -> Response:
    """Leave an account."""
    account, number = account_of(request), current_citizen(request)
    if account is None or number is None:
        return missing(request)
    try:
        await begun(request, citizen_acts.unfollow(sandbox_of(request), account, number))
    except ActRefused as error:
        return refused(request, account, error)
    return RedirectResponse(f"/accounts/{account.slug}", status_code=303)


async def log_page(request: Request) -> Response:
    """Show the log alone, for small screens."""
    return render(request, "log.html", log_context(sandbox_of(request), 0))


async def log_fragment(request: Request) -> Response:
    """Return the log's entries since `after`; 204 when there are none."""
    after = whole(request.query_params.get("after", ""))
    if after is None:
        return Response(status_code=400)
    sandbox = sandbox_of(request)
    if sandbox.journal.last <= after:
        return Response(status_code=204)
    return render(request, "_log.html", log_context(sandbox, after))


async def choose_language(request: Request) -> Response:
    """Remember the reader's language."""
    form = await request.form()
    chosen = str(form.get("language", ""))
    answer = RedirectResponse(_own_path(str(form.get("back", "/"))), status_code=303)
    if chosen in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, samesite="lax", max_age=31_536_000)
    return answer


async def portrait(request: Request) -> Response:
    """Return a citizen's portrait."""
    try:
        person = people.citizen(request.path_params["number"])
    except LookupError:
        return Response(status_code=404)
    return draw("portrait.svg", {"person": person})


def _own_path(path: str) -> str:
    is_local = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_local else "/"


def _other_name_of_this_machine(request: Request) -> str | None:
    # localhost and 127.0.0.1 are two sites to a browser: the framed product would lose its
    # cookies. The phone therefore answers under the product's name.
    asked, product = request.url.hostname, sandbox_of(request).settings.product_host
    if asked == product or asked not in _LOOPBACK_NAMES or product not in _LOOPBACK_NAMES:
        return None
    return str(request.url.replace(hostname=product))
