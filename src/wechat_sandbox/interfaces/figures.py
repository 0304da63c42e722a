# SPDX-License-Identifier: Apache-2.0
"""Statistics (datacube): by day, ready the next morning at eight, within each call's span."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import china_time
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import Answer, Call, Interface
from wechat_sandbox.office import callback_figures, figures, message_figures
from wechat_sandbox.press.queueing import settle
from wechat_sandbox.state import Sandbox

READY_HOUR = 8
USERS_SINCE = date(2014, 12, 1)
ARTICLES_SINCE = date(2025, 11, 1)
BAD_DATE, BAD_RANGE, NOT_READY = 61500, 61501, 61503
OFFLINE = 47009

Rows = Callable[[Sandbox, Account, list[str]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of figures: how many days a call may span, and since when there are any."""

    rows: Rows
    days: int
    since: date = USERS_SINCE
    has_delay_flag: bool = False


def _article_table(rows: Rows, days: int) -> Table:
    return Table(rows, days, ARTICLES_SINCE, has_delay_flag=True)


TABLES: dict[str, Table] = {
    "getusersummary": Table(figures.user_changes, 7),
    "getusercumulate": Table(figures.user_totals, 7),
    # Two sources disagree whether reads and shares allow 1 or 30 days [R].
    "getarticleread": _article_table(figures.article_reads, 1),
    "getarticleshare": _article_table(figures.article_shares, 1),
    "getbizsummary": _article_table(figures.account_days, 30),
    "getarticletotaldetail": _article_table(figures.article_histories, 1),
    "getupstreammsg": Table(message_figures.by_day, 7),
    "getupstreammsghour": Table(message_figures.by_hour, 1),
    "getupstreammsgweek": Table(message_figures.by_week, 30),
    "getupstreammsgmonth": Table(message_figures.by_month, 30),
    "getupstreammsgdist": Table(message_figures.spread_by_day, 15),
    "getupstreammsgdistweek": Table(message_figures.spread_by_week, 30),
    "getupstreammsgdistmonth": Table(message_figures.spread_by_month, 30),
    "getinterfacesummary": Table(callback_figures.by_day, 30),
    "getinterfacesummaryhour": Table(callback_figures.by_hour, 1),
}
RETIRED = (
    "getarticlesummary",
    "getarticletotal",
    "getuserread",
    "getuserreadhour",
    "getusershare",
    "getusersharehour",
)


def _tell(name: str, table: Table) -> Callable[[Sandbox, Call], Answer]:
    def answer(sandbox: Sandbox, call: Call) -> Answer:
        settle(sandbox)
        days = _days(call, table)
        rows = table.rows(sandbox, call.caller, days)
        rows += [
            row
            for row in sandbox.readers.sown.get((call.caller.appid, name), [])
            if row["ref_date"] in days
        ]
        rows.sort(key=lambda row: row["ref_date"])
        return {"list": rows, "is_delay": False} if table.has_delay_flag else {"list": rows}

    return answer


def _retired(sandbox: Sandbox, call: Call) -> Answer:
    raise ApiError(OFFLINE)


INTERFACES: dict[str, Interface] = {
    f"/datacube/{name}": Interface("POST", "token", _tell(name, table), "datacube")
    for name, table in TABLES.items()
} | {f"/datacube/{name}": Interface("POST", "token", _retired, "datacube") for name in RETIRED}


def _days(call: Call, table: Table) -> list[str]:
    """Return the days asked for; raises 61500, 61501 or 61503."""
    begin, end = _date(call, "begin_date"), _date(call, "end_date")
    now = china_time(call.now)
    yesterday = now.date() - timedelta(days=1)
    span = (end - begin).days + 1
    if not 1 <= span <= table.days or end > yesterday or begin < table.since:
        raise ApiError(BAD_RANGE)
    if end == yesterday and now.hour < READY_HOUR:
        raise ApiError(NOT_READY)
    return [(begin + timedelta(days=count)).isoformat() for count in range(span)]


def _date(call: Call, name: str) -> date:
    given = call.text(name)
    try:
        found = date.fromisoformat(given)
    except ValueError as error:
        raise ApiError(BAD_DATE) from error
    # Python also reads 20261121 and 2026-W47-6.
    if found.isoformat() != given:
        raise ApiError(BAD_DATE)
    return found
