# SPDX-License-Identifier: Apache-2.0
"""The sandbox's own time, which a developer may push forward."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

# WeChat counts its days, and so its quotas, in Chinese time.
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")


class Clock:
    """Tell the time in seconds since 1970, moved forward by whatever was added."""

    def __init__(self, source: Callable[[], float] = time.time) -> None:
        self._source = source
        self._ahead = 0.0

    def now(self) -> float:
        """Return the sandbox's time."""
        return self._source() + self._ahead

    def wall(self) -> float:
        """Return the time without what was added.

        Callbacks are stamped with it: a receiver measures freshness with its own clock, and
        a sandbox that ran two hours ahead would look like a forger.
        """
        return self._source()

    def advance(self, seconds: float) -> None:
        """Push the time forward; tokens, codes and quotas age accordingly."""
        if seconds < 0:
            raise ValueError("the clock only moves forward")
        self._ahead += seconds

    @property
    def ahead(self) -> float:
        """Return how many seconds were added."""
        return self._ahead


def china_time(moment: float) -> datetime:
    """Return the moment as a Chinese wall-clock time."""
    return datetime.fromtimestamp(moment, CHINA)


def china_day(moment: float) -> str:
    """Return the Chinese calendar day of the moment, as 2026-11-21."""
    return china_time(moment).strftime("%Y-%m-%d")
