# SPDX-License-Identifier: Apache-2.0
"""The office's day. Moments come from `django.utils.timezone.now` at the edge; days from here."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.utils import timezone

OFFICE_TIME = ZoneInfo("Asia/Shanghai")  # the whole country keeps one clock


def today() -> date:
    """Return the date in the office's time zone."""
    return timezone.localdate()


def moment_at(at_ms: int) -> datetime:
    """Return the moment so many milliseconds after 1970 began, in the office's time zone."""
    return datetime.fromtimestamp(at_ms / 1000, tz=OFFICE_TIME)


def office_time(moment: datetime) -> str:
    """Return a moment as it stands in a table: to the second, in the office's time zone."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M:%S}"
