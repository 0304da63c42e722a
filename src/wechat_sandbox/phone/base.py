# SPDX-License-Identifier: Apache-2.0
"""What every screen of the phone shares: whose it is, the desk around it, refusals."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wechat_sandbox import people
from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.delivering import Act, ActRefused, begin
from wechat_sandbox.chats import Chat, Follow
from wechat_sandbox.phone.state import current_citizen
from wechat_sandbox.screens import render
from wechat_sandbox.state import Sandbox

LOG_SHOWN = 60
REPLY_PATIENCE_S = 1.0  # after this the page comes back and the reply follows


def screen(request: Request, template: str, *, status: int = 200, **context: object) -> Response:
    """Return a screen of the phone, with the desk around it."""
    sandbox = sandbox_of(request)
    number = current_citizen(request)
    shown: dict[str, object] = {
        "problem": "",
        "number": number,
        "person": people.citizen(number) if number is not None else None,
        "citizens": people.sample_citizens(),
        "accounts": phone_accounts(sandbox),
        "follows": _follows(sandbox, number),
        "chats": _chats(sandbox, number),
        **log_context(sandbox, 0),
    }
    return render(request, template, shown | context, status=status)


def phone_accounts(sandbox: Sandbox) -> tuple[Account, ...]:
    """Return the accounts a citizen can follow; a mini program is none."""
    return tuple(account for account in sandbox.accounts if account.kind != "MP")


def log_context(sandbox: Sandbox, after: int) -> dict[str, object]:
    """Return the newest lines of the log for a page."""
    entries = list(sandbox.journal.since(after))[-LOG_SHOWN:]
    return {"entries": entries[::-1], "log_last": sandbox.journal.last}


async def begun(request: Request, act: Act) -> None:
    """Let an act be delivered; wait for the reply only as long as a reader would."""
    task = begin(sandbox_of(request), act)
    await asyncio.wait({task}, timeout=REPLY_PATIENCE_S)


def refused(request: Request, account: Account, error: ActRefused) -> Response:
    """Return the account's card with the reason why the phone cannot do this."""
    if error.code in ("already_following", "empty_text"):
        return RedirectResponse(f"/chats/{account.slug}", status_code=303)
    return screen(request, "profile.html", status=409, account=account, problem=error.code)


def missing(request: Request) -> Response:
    """Ask for a phone, or say that there is no such account."""
    if current_citizen(request) is None:
        return screen(request, "people.html", status=409, problem="no_phone")
    return screen(request, "contacts.html", status=404, problem="unknown_account")


def sandbox_of(request: Request) -> Sandbox:
    """Return the sandbox behind a request."""
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox


def account_of(request: Request) -> Account | None:
    """Return the account named in the address."""
    return sandbox_of(request).by_slug.get(request.path_params["slug"])


def whole(text: str) -> int | None:
    """Return a number from an address, or None when it is not one."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def _follows(sandbox: Sandbox, number: int | None) -> dict[str, Follow]:
    if number is None:
        return {}
    pairs = ((account, sandbox.follow_of(account, number)) for account in phone_accounts(sandbox))
    return {account.slug: follow for account, follow in pairs if follow.subscribed}


def _chats(sandbox: Sandbox, number: int | None) -> dict[str, Chat]:
    if number is None:
        return {}
    return {
        account.slug: sandbox.chat_of(account, number)
        for account in phone_accounts(sandbox)
        if sandbox.follow_of(account, number).subscribed
    }
