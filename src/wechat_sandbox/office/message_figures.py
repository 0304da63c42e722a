# SPDX-License-Identifier: Apache-2.0
"""How many messages citizens sent: by hour, day, week, month, and how they spread over people.

Counted from the conversations, as far as they are kept. A week bears the date of its Monday and a
month that of its first day; both are told once they are over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import china_time
from wechat_sandbox.state import Sandbox

# Kinds of a citizen's message as the statistics number them.
MESSAGE_KINDS = {"text": 1, "image": 2, "voice": 3, "video": 4, "link": 6}
_FEW, _SOME = 5, 10  # where the statistics begin a new class of senders
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Sent:
    day: date
    hour: int
    kind: int
    number: int


def by_day(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return who sent how many messages of which kind on each day."""
    return _rows(sandbox, account, days, _same_day)


def by_hour(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return the same for each hour; `ref_hour` 1300 is one in the afternoon."""
    rows = []
    for hour in range(24):
        sent = [one for one in _sent(sandbox, account) if one.hour == hour]
        rows += [{**row, "ref_hour": hour * 100} for row in _counted(sent, days, _same_day)]
    return rows


def by_week(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return the weeks whose Mondays are among the days."""
    return _rows(sandbox, account, _over(sandbox, days, _week_end), _monday)


def by_month(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return the months whose first days are among the days."""
    return _rows(sandbox, account, _over(sandbox, days, _month_end), _first_of_month)


def spread_by_day(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return how many citizens sent up to five (1), up to ten (2), and more messages (3)."""
    return _spread(sandbox, account, days, _same_day)


def spread_by_week(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return the same week by week."""
    return _spread(sandbox, account, _over(sandbox, days, _week_end), _monday)


def spread_by_month(sandbox: Sandbox, account: Account, days: list[str]) -> list[Row]:
    """Return the same month by month."""
    return _spread(sandbox, account, _over(sandbox, days, _month_end), _first_of_month)


def _rows(
    sandbox: Sandbox, account: Account, days: list[str], begin_of: Callable[[date], date]
) -> list[Row]:
    return _counted(_sent(sandbox, account), days, begin_of)


def _counted(sent: Iterable[_Sent], days: list[str], begin_of: Callable[[date], date]) -> list[Row]:
    counts: Counter[tuple[str, int]] = Counter()
    senders: dict[tuple[str, int], set[int]] = {}
    for one in sent:
        key = (begin_of(one.day).isoformat(), one.kind)
        if key[0] in days:
            counts[key] += 1
            senders.setdefault(key, set()).add(one.number)
    return [
        {"ref_date": day, "msg_type": kind, "msg_user": len(senders[day, kind]), "msg_count": count}
        for (day, kind), count in sorted(counts.items())
    ]


def _spread(
    sandbox: Sandbox, account: Account, days: list[str], begin_of: Callable[[date], date]
) -> list[Row]:
    counts: Counter[tuple[str, int]] = Counter()
    for one in _sent(sandbox, account):
        counts[begin_of(one.day).isoformat(), one.number] += 1
    people = Counter((day, _interval(count)) for (day, _), count in counts.items() if day in days)
    return [
        {"ref_date": day, "count_interval": interval, "msg_user": users}
        for (day, interval), users in sorted(people.items())
    ]


def _sent(sandbox: Sandbox, account: Account) -> list[_Sent]:
    found = []
    for (appid, number), chat in sandbox.chats.items():
        for bubble in chat.bubbles if appid == account.appid else ():
            kind = MESSAGE_KINDS.get(bubble.kind)
            if bubble.side == "citizen" and kind is not None:
                at = china_time(bubble.at)
                found.append(_Sent(at.date(), at.hour, kind, number))
    return found


def _interval(count: int) -> int:
    return 1 if count <= _FEW else 2 if count <= _SOME else 3


def _over(sandbox: Sandbox, days: list[str], end_of: Callable[[date], date]) -> list[str]:
    today = china_time(sandbox.clock.now()).date()
    return [day for day in days if end_of(date.fromisoformat(day)) < today]


def _same_day(day: date) -> date:
    return day


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _week_end(day: date) -> date:
    return _monday(day) + timedelta(days=6)


def _first_of_month(day: date) -> date:
    return day.replace(day=1)


def _month_end(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
