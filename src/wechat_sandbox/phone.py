# SPDX-License-Identifier: Apache-2.0
"""The phone in the browser, and the developer's desk around it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wechat_sandbox import citizen_acts, people
from wechat_sandbox.accounts import Account
from wechat_sandbox.citizen_acts import ActRefused
from wechat_sandbox.phone_state import PHONE_COOKIE, current_citizen, read_number
from wechat_sandbox.screens import LANGUAGE_COOKIE, LANGUAGES, draw, render
from wechat_sandbox.sender import Delivery
from wechat_sandbox.state import Sandbox

_LOOPBACK_NAMES = ("127.0.0.1", "localhost")
_LOG_SHOWN = 60
_REPLY_PATIENCE_S = 1.0  # after this the page comes back and the reply follows


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
        Route("/accounts/{slug}/follow", follow, methods=["POST"]),
        Route("/accounts/{slug}/unfollow", unfollow, methods=["POST"]),
        Route("/chats/{slug}", chat),
        Route("/chats/{slug}/text", send_text, methods=["POST"]),
        Route("/chats/{slug}/new", chat_fragment),
        Route("/web", web),
        Route("/portraits/{number:int}.svg", portrait),
    ]


async def home(request: Request) -> Response:
    """Show the conversations, or the phones to choose from."""
    other = _other_name_of_this_machine(request)
    if other is not None:
        return RedirectResponse(other, status_code=307)
    if current_citizen(request) is None:
        return _screen(request, "people.html")
    return _screen(request, "chats.html")


async def choose_people(request: Request) -> Response:
    """Show the phones to choose from."""
    return _screen(request, "people.html")


async def take_phone(request: Request) -> Response:
    """Put another citizen's phone into this browser."""
    form = await request.form()
    number = read_number(str(form.get("citizen", "")))
    if number is None:
        return _screen(request, "people.html", status=400, problem="unknown_citizen")
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(PHONE_COOKIE, str(number), httponly=True, samesite="lax")
    return answer


async def contacts(request: Request) -> Response:
    """Show the official accounts there are."""
    if current_citizen(request) is None:
        return _missing(request)
    return _screen(request, "contacts.html")


async def discover(request: Request) -> Response:
    """Show the scan field, where an address is pasted."""
    if current_citizen(request) is None:
        return _missing(request)
    return _screen(request, "discover.html")


async def me(request: Request) -> Response:
    """Show whose phone this is."""
    number = current_citizen(request)
    if number is None:
        return _missing(request)
    accounts = _sandbox(request).settings.accounts
    openids = [(account, people.openid_of(account.appid, number)) for account in accounts]
    return _screen(request, "me.html", openids=openids)


async def profile(request: Request) -> Response:
    """Show an account's card with its follow button."""
    account = _account(request)
    return _screen(request, "profile.html", account=account) if account else _missing(request)


async def chat(request: Request) -> Response:
    """Show the conversation with an account."""
    account, number = _account(request), current_citizen(request)
    if account is None or number is None:
        return _missing(request)
    sandbox = _sandbox(request)
    if not sandbox.follow_of(account, number).subscribed:
        return RedirectResponse(f"/accounts/{account.slug}", status_code=303)
    talk = sandbox.chat_of(account, number)
    talk.seen = talk.last
    return _screen(request, "chat.html", account=account, talk=talk, bubbles=talk.bubbles)


async def chat_fragment(request: Request) -> Response:
    """Return what is new in a conversation since bubble `after`; 204 when nothing is."""
    account, number = _account(request), current_citizen(request)
    after = _whole(request.query_params.get("after", ""))
    if account is None or number is None or after is None:
        return Response(status_code=400)
    talk = _sandbox(request).chat_of(account, number)
    fresh = talk.since(after)
    waiting = {"X-Waiting": str(talk.waiting)}
    if not fresh:
        return Response(status_code=204, headers=waiting)
    talk.seen = talk.last
    page = render(
        request, "_bubbles.html", {"account": account, "bubbles": fresh, "number": number}
    )
    page.headers.update(waiting)
    return page


async def send_text(request: Request) -> Response:
    """Send what the citizen wrote."""
    account, number = _account(request), current_citizen(request)
    if account is None or number is None:
        return _missing(request)
    content = str((await request.form()).get("content", ""))
    try:
        act = citizen_acts.send_text(_sandbox(request), account, number, content)
    except ActRefused as refused:
        return _refused(request, account, refused)
    await _begun(request, act)
    return RedirectResponse(f"/chats/{account.slug}#end", status_code=303)


async def follow(request: Request) -> Response:
    """Follow an account and open its conversation."""
    account, number = _account(request), current_citizen(request)
    if account is None or number is None:
        return _missing(request)
    try:
        await _begun(request, citizen_acts.follow(_sandbox(request), account, number))
    except ActRefused as refused:
        return _refused(request, account, refused)
    return RedirectResponse(f"/chats/{account.slug}", status_code=303)


async def unfollow(request: Request) -> Response:
    """Leave an account."""
    account, number = _account(request), current_citizen(request)
    if account is None or number is None:
        return _missing(request)
    try:
        await _begun(request, citizen_acts.unfollow(_sandbox(request), account, number))
    except ActRefused as refused:
        return _refused(request, account, refused)
    return RedirectResponse(f"/accounts/{account.slug}", status_code=303)


async def web(request: Request) -> Response:
    """Open an address in the phone's browser, through the product's door."""
    sandbox = _sandbox(request)
    slug = request.query_params.get("account", sandbox.settings.accounts[0].slug)
    account = sandbox.by_slug.get(slug)
    if account is None or current_citizen(request) is None:
        return _missing(request)
    address = request.query_params.get("url", "").strip()
    frame = _frame_address(sandbox, account, address)
    if frame is None:
        return _screen(request, "discover.html", status=400, problem="foreign_address")
    return _screen(request, "web.html", account=account, frame=frame, address=address)


async def log_page(request: Request) -> Response:
    """Show the log alone, for small screens."""
    return render(request, "log.html", _log_context(_sandbox(request), 0))


async def log_fragment(request: Request) -> Response:
    """Return the log's entries since `after`; 204 when there are none."""
    after = _whole(request.query_params.get("after", ""))
    if after is None:
        return Response(status_code=400)
    sandbox = _sandbox(request)
    if sandbox.journal.last <= after:
        return Response(status_code=204)
    return render(request, "_log.html", _log_context(sandbox, after))


async def choose_language(request: Request) -> Response:
    """Remember the reader's language."""
    form = await request.form()
    chosen, back = str(form.get("language", "")), str(form.get("back", "/"))
    is_local = back.startswith("/") and not back.startswith(("//", "/\\"))
    answer = RedirectResponse(back if is_local else "/", status_code=303)
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


def _screen(request: Request, template: str, *, status: int = 200, **context: object) -> Response:
    sandbox = _sandbox(request)
    number = current_citizen(request)
    shown: dict[str, object] = {
        "problem": "",
        "number": number,
        "person": people.citizen(number) if number is not None else None,
        "citizens": people.sample_citizens(),
        "accounts": sandbox.settings.accounts,
        "follows": _follows(sandbox, number),
        "chats": _chats(sandbox, number),
        **_log_context(sandbox, 0),
    }
    return render(request, template, shown | context, status=status)


def _follows(sandbox: Sandbox, number: int | None) -> dict[str, object]:
    if number is None:
        return {}
    pairs = ((account, sandbox.follow_of(account, number)) for account in sandbox.settings.accounts)
    return {account.slug: follow for account, follow in pairs if follow.subscribed}


def _chats(sandbox: Sandbox, number: int | None) -> dict[str, object]:
    if number is None:
        return {}
    return {
        account.slug: sandbox.chat_of(account, number)
        for account in sandbox.settings.accounts
        if sandbox.follow_of(account, number).subscribed
    }


def _log_context(sandbox: Sandbox, after: int) -> dict[str, object]:
    entries = list(sandbox.journal.since(after))[-_LOG_SHOWN:]
    return {"entries": entries[::-1], "log_last": sandbox.journal.last}


def _frame_address(sandbox: Sandbox, account: Account, address: str) -> str | None:
    """Return what the frame loads: the product by its door, the sandbox's own pages as they are."""
    parts = urlsplit(address)
    origin = f"{parts.scheme}://{parts.netloc}"
    if origin == sandbox.settings.sandbox_url and parts.path.startswith("/connect/"):
        return address
    if origin != sandbox.settings.product_origin:
        return None
    inside = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    door = f"{sandbox.settings.product_url}/wechat/{account.slug}/phone"
    return f"{door}?{urlencode({'next': inside})}"


def _other_name_of_this_machine(request: Request) -> str | None:
    # localhost and 127.0.0.1 are two sites to a browser: the framed product would lose its
    # cookies. The phone therefore answers under the product's name.
    asked, product = request.url.hostname, _sandbox(request).settings.product_host
    if asked == product or asked not in _LOOPBACK_NAMES or product not in _LOOPBACK_NAMES:
        return None
    return str(request.url.replace(hostname=product))


async def _begun(request: Request, act: Coroutine[Any, Any, Delivery]) -> None:
    task = citizen_acts.begin(_sandbox(request), act)
    await asyncio.wait({task}, timeout=_REPLY_PATIENCE_S)


def _refused(request: Request, account: Account, refused: ActRefused) -> Response:
    if refused.code in ("already_following", "empty_text"):
        return RedirectResponse(f"/chats/{account.slug}", status_code=303)
    return _screen(request, "profile.html", status=409, account=account, problem=refused.code)


def _missing(request: Request) -> Response:
    if current_citizen(request) is None:
        return _screen(request, "people.html", status=409, problem="no_phone")
    return _screen(request, "contacts.html", status=404, problem="unknown_account")


def _sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def _account(request: Request) -> Account | None:
    return _sandbox(request).by_slug.get(request.path_params["slug"])


def _whole(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None
