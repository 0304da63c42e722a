# SPDX-License-Identifier: Apache-2.0
"""Scan a code with the phone: one of the accounts' codes, or whatever was copied from a picture."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts import citizen_acts, menu_acts
from wechat_sandbox.acts.delivering import ActRefused
from wechat_sandbox.acts.menu_acts import Tapped
from wechat_sandbox.addresses import parts_of
from wechat_sandbox.office.qrcodes import QrCode, address_of
from wechat_sandbox.phone.base import begun, missing, phone_accounts, sandbox_of, screen
from wechat_sandbox.phone.chat import read_place
from wechat_sandbox.phone.state import current_citizen
from wechat_sandbox.phone.web import frame_address
from wechat_sandbox.screens import open_in_phone
from wechat_sandbox.state import Sandbox


@dataclass(frozen=True, slots=True)
class CodeLine:
    """A code as the scanner shows it; `mark` is what its picture says."""

    code: QrCode
    mark: str
    is_alive: bool


def scan_routes() -> list[Route]:
    """Return the routes of the scanner."""
    return [Route("/scan", choose_code), Route("/scan", scan, methods=["POST"])]


async def choose_code(request: Request) -> Response:
    """Show the codes there are, and a field for any other."""
    if current_citizen(request) is None:
        return missing(request)
    query = request.query_params
    return _scanner(request, account=query.get("account", ""), place=query.get("place", ""))


async def scan(request: Request) -> Response:
    """Scan: an account's code follows or greets, an address opens, a menu button hears it."""
    number, form = current_citizen(request), await request.form()
    if number is None:
        return missing(request)
    mark = str(form.get("mark", "")).strip()
    slug, place = str(form.get("account", "")), str(form.get("place", ""))
    try:
        target = await _scanned(request, number, mark, slug, place)
    except ActRefused as error:
        return _scanner(request, account=slug, place=place, problem=error.code, status=409)
    return RedirectResponse(target, status_code=303)


async def _scanned(request: Request, number: int, mark: str, slug: str, place: str) -> str:
    sandbox = sandbox_of(request)
    account = sandbox.by_slug.get(slug)
    if account is not None and place:
        act = menu_acts.tap_menu(sandbox, account, number, read_place(place), Tapped(scanned=mark))
        await begun(request, act)
        return f"/chats/{slug}#end"
    code = citizen_acts.find_code(sandbox, _ticket_in(mark))
    if code is None:
        return _page_behind(sandbox, mark)
    await begun(request, citizen_acts.scan_code(sandbox, number, code.ticket))
    return f"/chats/{sandbox.by_appid[code.appid].slug}#end"


def _ticket_in(mark: str) -> str:
    """Return the ticket in the address of a code's picture; other words as they are."""
    parts = parts_of(mark)
    if parts.path.endswith("/showqrcode"):
        return parse_qs(parts.query).get("ticket", [""])[0]
    return mark


def _page_behind(sandbox: Sandbox, mark: str) -> str:
    account = sandbox.accounts[0]
    if frame_address(sandbox, account, mark) is None:
        raise ActRefused("unknown_code")
    return open_in_phone(mark, account.slug)


def _scanner(
    request: Request, *, account: str, place: str, problem: str = "", status: int = 200
) -> Response:
    sandbox = sandbox_of(request)
    return screen(
        request,
        "scan.html",
        status=status,
        problem=problem,
        asking=account,
        place=place,
        codes=[(one, _codes_of(sandbox, one)) for one in phone_accounts(sandbox)],
    )


def _codes_of(sandbox: Sandbox, account: Account) -> list[CodeLine]:
    now = sandbox.clock.now()
    return [
        CodeLine(
            code=code,
            mark=address_of(code, sandbox.settings.sandbox_url),
            is_alive=code.is_alive(now),
        )
        for code in sandbox.qrcodes.of(account.appid)
    ][::-1]
