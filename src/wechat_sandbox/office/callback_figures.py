# SPDX-License-Identifier: Apache-2.0
"""How the account's server answered callbacks, by day and hour, as far as the log goes."""

from __future__ import annotations

from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import china_day, china_time
from wechat_sandbox.journal import Entry
from wechat_sandbox.state import Sandbox

Row = dict[str, Any]


def by_day(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return calls, failures and times of each day, in milliseconds."""
    sent = _callbacks(sandbox, account)
    by_day = {day: [one for one in sent if china_day(one.at) == day] for day in days}
    return [{"ref_date": day, **_summed(of_day)} for day, of_day in by_day.items() if of_day]


def by_hour(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return the same for each hour; `ref_hour` 1300 is one in the afternoon."""
    rows = []
    for day in days:
        of_day = [one for one in _callbacks(sandbox, account) if china_day(one.at) == day]
        for hour in range(24):
            of_hour = [one for one in of_day if china_time(one.at).hour == hour]
            if of_hour:
                rows.append({"ref_date": day, "ref_hour": hour * 100, **_summed(of_hour)})
    return rows


def _summed(sent: list[Entry]) -> Row:
    took = [int(float(one.fact("took_ms") or 0)) for one in sent]
    return {
        "callback_count": len(sent),
        "fail_count": sum(1 for one in sent if one.outcome == "fault"),
        "total_time_cost": sum(took),
        "max_time_cost": max(took),
    }


def _callbacks(sandbox: Sandbox, account: Account) -> list[Entry]:
    return [
        entry
        for entry in sandbox.journal.since(0)
        if entry.kind == "callback" and entry.fact("account") == account.slug
    ]
