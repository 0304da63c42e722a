# SPDX-License-Identifier: Apache-2.0
"""The control room: one desk from which a developer sees the whole sandbox and steers it.

It shows state and draws forms; every change goes to `/_sim/*`, which takes JSON only, so that no
foreign page can press these buttons.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from wechat_sandbox import people
from wechat_sandbox.accounts import Account
from wechat_sandbox.chats import Follow
from wechat_sandbox.errors import MESSAGES
from wechat_sandbox.interfaces import AREAS, INTERFACES
from wechat_sandbox.interfaces.base import Interface
from wechat_sandbox.journal import KINDS, OUTCOMES, Entry
from wechat_sandbox.office.abilities import ABILITIES, Ability, may
from wechat_sandbox.phone.state import read_number
from wechat_sandbox.room.forms import FAULTS, FORMS, GROUPS, form_for
from wechat_sandbox.room.jobs import waiting_jobs
from wechat_sandbox.room.orders import VIEW_QUERIES, all_orders, all_views, curl_for
from wechat_sandbox.screens import render
from wechat_sandbox.state import Sandbox

_THIS_MACHINE = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1", "localhost"})
_CITIZENS_SHOWN = 50
_LOG_SHOWN = 100
_NAMES_SEARCHED = 5_000  # names are computed, not stored: the first thousands have to do
_ADVANCES = (
    ("minute", 60),
    ("five_minutes", 300),
    ("two_hours", 7_200),
    ("day", 86_400),
    ("two_days", 172_800),
    ("thirty_days", 2_592_000),
)


@dataclass(frozen=True, slots=True)
class Health:
    """How the newest delivery to an account's server went; no result: nothing was sent yet."""

    outcome: str = ""
    result: str = ""
    at: float = 0
    faults: int = 0
    sent: int = 0


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account with what a developer asks about it first."""

    account: Account
    followers: int
    health: Health
    has: tuple[Ability, ...]
    lacks: tuple[Ability, ...]


@dataclass(frozen=True, slots=True)
class QuotaLine:
    """How much of one interface's daily allowance is used; no limit: None."""

    account: str
    path: str
    used: int
    limit: int | None

    @property
    def percent(self) -> int:
        """Return the used share in whole percent, at most 100."""
        return min(100, round(100 * self.used / self.limit)) if self.limit else 0


@dataclass(frozen=True, slots=True)
class InterfaceLine:
    """One interface and how often all accounts called it today."""

    path: str
    interface: Interface
    used: int


@dataclass(frozen=True, slots=True)
class CitizenLine:
    """A citizen as the table of the control room shows them."""

    number: int
    person: people.Citizen
    openid: str
    follow: Follow


def room_routes() -> list[Route]:
    """Return the routes of the control room."""
    pages: dict[str, Callable[[Request], Response]] = {
        "/room": overview,
        "/room/citizens": citizens,
        "/room/log": log,
        "/room/orders": orders,
        "/room/accounts": account_settings,
        "/room/interfaces": interfaces,
    }
    return [Route(path, _for_neighbours(page)) for path, page in pages.items()]


def overview(request: Request) -> Response:
    """Show accounts, time, failures, jobs and quotas."""
    sandbox = _sandbox(request)
    return _page(
        request,
        "room_overview.html",
        accounts=[_account_line(sandbox, one) for one in sandbox.accounts],
        ahead_s=round(sandbox.clock.ahead),
        advances=_ADVANCES,
        faults=sandbox.faults.waiting(),
        fault_order=FAULTS,
        jobs=waiting_jobs(sandbox),
        quotas=_quota_lines(sandbox),
        newest=sandbox.journal.find()[:8],
        chosen_path=request.query_params.get("path", ""),
    )


def citizens(request: Request) -> Response:
    """Show citizens by number, name or openid, and whether they follow."""
    sandbox = _sandbox(request)
    query = request.query_params
    account = sandbox.by_slug.get(query.get("account", "")) or sandbox.accounts[0]
    words, only = query.get("words", "").strip(), query.get("only", "")
    first = read_number(query.get("first", "")) or 1
    numbers = _numbers_for(sandbox, account, words=words, followers=only == "followers")
    shown = [number for number in numbers if number >= first][: _CITIZENS_SHOWN + 1]
    return _page(
        request,
        "room_citizens.html",
        account=account,
        accounts=sandbox.accounts,
        words=words,
        only=only,
        lines=[_citizen_line(sandbox, account, number) for number in shown[:_CITIZENS_SHOWN]],
        following=shown[_CITIZENS_SHOWN] if len(shown) > _CITIZENS_SHOWN else None,
        first=first,
    )


def log(request: Request) -> Response:
    """Show the log through filters, with everything that is known of each line."""
    sandbox = _sandbox(request)
    query = request.query_params
    filters = {name: query.get(name, "") for name in ("kind", "outcome", "account", "words")}
    filters["words"] = filters["words"].strip()
    found = sandbox.journal.find(**filters)
    before = query.get("before", "")
    if before.isascii() and before.isdecimal():
        found = [entry for entry in found if entry.number < int(before)]
    return _page(
        request,
        "room_log.html",
        filters=filters,
        entries=found[:_LOG_SHOWN],
        older=found[_LOG_SHOWN - 1].number if len(found) > _LOG_SHOWN else None,
        accounts=sandbox.accounts,
        kinds=KINDS,
        outcomes=OUTCOMES,
        attempts=_attempts(sandbox),
    )


def orders(request: Request) -> Response:
    """Show every order and view of the control plane, each with the command that gives it."""
    sandbox = _sandbox(request)
    return _page(
        request,
        "room_orders.html",
        orders=all_orders(),
        views=all_views(),
        view_queries=VIEW_QUERIES,
        groups=GROUPS,
        accounts=sandbox.accounts,
    )


def account_settings(request: Request) -> Response:
    """Show each account's settings and credentials, to be copied and changed; register others."""
    sandbox = _sandbox(request)
    by_name = {form.name: form for form in FORMS}
    return _page(
        request,
        "room_accounts.html",
        accounts=sandbox.accounts,
        forms=[(account, form_for(account)) for account in sandbox.accounts],
        register=by_name["accounts/save"],
        signature=by_name["signature"],
    )


def interfaces(request: Request) -> Response:
    """Show every interface by what it is about, or those whose path has the words looked for."""
    sandbox = _sandbox(request)
    words = request.query_params.get("words", "").strip()
    used: Counter[str] = Counter()
    for calls in sandbox.quotas.used_today(sandbox.clock.now()).values():
        used.update(calls)
    lines = {
        area: [
            InterfaceLine(path, INTERFACES[path], used[path])
            for path in paths
            if words.casefold() in path.casefold()
        ]
        for area, paths in AREAS.items()
    }
    return _page(
        request,
        "room_interfaces.html",
        words=words,
        lines={area: found for area, found in lines.items() if found},
        count=len(INTERFACES),
    )


def _for_neighbours(
    page: Callable[[Request], Response],
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        if request.client is None or request.client.host not in _THIS_MACHINE:
            return render(request, "room_closed.html", {}, status=403)
        return page(request)

    return endpoint


def _page(request: Request, template: str, **context: object) -> Response:
    sandbox = _sandbox(request)

    def curl(name: str, asked: dict[str, object]) -> str:
        return curl_for(sandbox.settings.sandbox_url, name, asked)

    shown: dict[str, object] = {
        "curl": curl,
        "log_last": sandbox.journal.last,
        "areas": AREAS,
        "codes": MESSAGES,
        "chosen_path": "",
    }
    return render(request, template, shown | context)


def _account_line(sandbox: Sandbox, account: Account) -> AccountLine:
    return AccountLine(
        account=account,
        followers=sum(
            1
            for (appid, _), follow in sandbox.follows.items()
            if appid == account.appid and follow.subscribed
        ),
        health=_health(sandbox, account),
        has=tuple(ability for ability in ABILITIES if may(account, ability)),
        lacks=tuple(ability for ability in ABILITIES if not may(account, ability)),
    )


def _health(sandbox: Sandbox, account: Account) -> Health:
    sent = sandbox.journal.find(kind="callback", account=account.slug)
    if not sent:
        return Health()
    newest = sent[0]
    faults = sum(1 for entry in sent if entry.outcome == "fault")
    return Health(newest.outcome, newest.result, newest.at, faults, len(sent))


def _quota_lines(sandbox: Sandbox) -> list[QuotaLine]:
    lines = []
    for appid, used in sandbox.quotas.used_today(sandbox.clock.now()).items():
        account = sandbox.by_appid[appid]
        for path, calls in sorted(used.items()):
            limit = sandbox.quotas.limit_of(account, path).daily
            lines.append(QuotaLine(account.slug, path, calls, limit))
    return lines


def _attempts(sandbox: Sandbox) -> dict[str, list[Entry]]:
    """Return the deliveries of each message by its MsgId, first attempt first."""
    by_message: dict[str, list[Entry]] = {}
    for entry in sandbox.journal.since(0):
        if entry.kind == "callback" and (msg_id := entry.fact("msg_id")):
            by_message.setdefault(msg_id, []).append(entry)
    return {msg_id: entries for msg_id, entries in by_message.items() if len(entries) > 1}


def _numbers_for(
    sandbox: Sandbox, account: Account, *, words: str, followers: bool
) -> list[int] | range:
    """Return the numbers of the citizens asked for, in order."""
    if words and (number := people.number_of(account.appid, words)):
        return [number]
    if words.isascii() and words.isdecimal():
        exact = read_number(words)
        return [exact] if exact else []
    numbers: list[int] | range = range(1, people.MAX_CITIZENS + 1)
    if followers:
        numbers = sorted(
            number
            for (appid, number), follow in sandbox.follows.items()
            if appid == account.appid and follow.subscribed
        )
    if not words:
        return numbers
    return [number for number in numbers[:_NAMES_SEARCHED] if words in people.citizen(number).name]


def _citizen_line(sandbox: Sandbox, account: Account, number: int) -> CitizenLine:
    return CitizenLine(
        number=number,
        person=people.citizen(number),
        openid=people.openid_of(account.appid, number),
        follow=sandbox.follow_of(account, number),
    )


def _sandbox(request: Request) -> Sandbox:
    sandbox: Sandbox = request.app.state.sandbox
    return sandbox
