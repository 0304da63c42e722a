# SPDX-License-Identifier: Apache-2.0
"""How long, and how often, WeChat lets us write to a citizen by customer service.

wechat-api.md §7.2, the rule of June 2023: a message of theirs opens 48 hours for five messages; a
menu click, a follow or a scan one minute for three. They do not add up: a new trigger counts only
where it leaves more than what is open still has.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Allowance:
    """What one kind of trigger opens."""

    lasts: timedelta
    messages: int


MESSAGE, MENU, FOLLOW, SCAN = "message", "menu", "follow", "scan"
LONGEST, SHORT = timedelta(hours=48), timedelta(minutes=1)
ALLOWANCES: Mapping[str, Allowance] = {
    MESSAGE: Allowance(LONGEST, 5),
    MENU: Allowance(SHORT, 3),
    FOLLOW: Allowance(SHORT, 3),
    SCAN: Allowance(SHORT, 3),
}
# Which event opens which window. VIEW and view_miniprogram open none: «click/scancode only».
TRIGGERS: Mapping[str, str] = {
    "subscribe": FOLLOW,
    "SCAN": SCAN,
    "CLICK": MENU,
    "scancode_push": MENU,
    "scancode_waitmsg": MENU,
}


def closes_at(*, kind: str, at: datetime | None) -> datetime | None:
    """Return when the window closes, or None where none was opened."""
    allowance = ALLOWANCES.get(kind)
    return at + allowance.lasts if allowance and at else None


def messages_left(*, kind: str, at: datetime | None, left: int, now: datetime) -> int:
    """Return how many messages the window still lets through now."""
    closes = closes_at(kind=kind, at=at)
    return left if closes is not None and now < closes else 0
