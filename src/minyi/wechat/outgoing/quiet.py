# SPDX-License-Identifier: Apache-2.0
"""Quiet hours: when a message that is not an answer waits until the morning."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone


@dataclass(frozen=True, slots=True)
class QuietHours:
    """A span of the office's day; it may pass midnight. Begin and end alike: no quiet at all."""

    begins: time
    ends: time

    def end_of(self, now: datetime) -> datetime | None:
        """Return when the quiet hours around this moment end; None outside of them."""
        local = timezone.localtime(now)
        if not self._covers(local.time()):
            return None
        end = local.replace(hour=self.ends.hour, minute=self.ends.minute, second=0, microsecond=0)
        return end if end > local else end + timedelta(days=1)

    def _covers(self, clock: time) -> bool:
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


def read_quiet_hours(text: str) -> QuietHours:
    """Read «22:00-07:00»; an empty text means that it is never quiet."""
    if not text:
        return QuietHours(time(0), time(0))
    try:
        begins, ends = (time.fromisoformat(part.strip()) for part in text.split("-"))
    except ValueError:
        raise ImproperlyConfigured(f"MINYI_QUIET_HOURS: not like 22:00-07:00: {text!r}") from None
    return QuietHours(begins, ends)
