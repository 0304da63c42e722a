# SPDX-License-Identifier: Apache-2.0
"""When people are there to answer. The desk's own rows replace the default when it has them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from functools import lru_cache

from django.utils import timezone

from minyi.core.workdays import add_workdays, count_workdays

OPENS, CLOSES = time(9), time(17)
# For each account slug: None while people are there, else the moment they are there again.
Back = Mapping[str, datetime | None]
OfficeHours = Callable[[Sequence[str], datetime], Back]


def working_days_nine_to_five(accounts: Sequence[str], now: datetime) -> Back:
    """Return when people are there again, or None while they are: working days 9:00 to 17:00."""
    back = _back_at(timezone.localtime(now).replace(second=0, microsecond=0))
    return dict.fromkeys(accounts, back)


@lru_cache(maxsize=4)  # asked every two seconds
def _back_at(local: datetime) -> datetime | None:
    today = local.date()
    is_workday = bool(count_workdays(start=today - timedelta(days=1), end=today).counted)
    if is_workday and OPENS <= local.time() < CLOSES:
        return None
    day = today
    if not (is_workday and local.time() < OPENS):
        day = add_workdays(start=today, amount=1).day
    return datetime.combine(day, OPENS, tzinfo=local.tzinfo)


_hours: list[OfficeHours] = [working_days_nine_to_five]


def set_office_hours(hours: OfficeHours) -> None:
    """Let somebody else say when people are there; called from AppConfig.ready()."""
    _hours[0] = hours


def back_by_account(accounts: Sequence[str], now: datetime) -> Back:
    """Return, for each of these accounts, when people are there again; None while they are."""
    return _hours[0](accounts, now)
