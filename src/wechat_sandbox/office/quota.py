# SPDX-License-Identifier: Apache-2.0
"""How often an account called what, and where WeChat stops it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import china_day
from wechat_sandbox.errors import ApiError


@dataclass(frozen=True, slots=True)
class Limit:
    """How often a path may be called; None: as often as one likes."""

    daily: int | None = None
    per_minute: int | None = None


NO_LIMIT = Limit()


class Quotas:
    """Count calls per account, path and Chinese day."""

    def __init__(self, limits: Mapping[str, Limit] | None = None) -> None:
        self._limits = limits or {}
        self._day = ""
        self._today: dict[tuple[str, str], int] = {}
        self._minute: dict[tuple[str, str], tuple[int, int]] = {}

    def count_call(self, account: Account, path: str, now: float) -> None:
        """Count one call; raises 45011 over the minute's, 45009 over the day's limit."""
        self._begin_day(now)
        key = (account.appid, path)
        limit = self.limit_of(account, path)
        minute = int(now // 60)
        since, calls = self._minute.get(key, (minute, 0))
        calls = calls + 1 if since == minute else 1
        if limit.per_minute is not None and calls > limit.per_minute:
            raise ApiError(45011)
        self._minute[key] = (minute, calls)
        used = self._today.get(key, 0) + 1
        if limit.daily is not None and used > limit.daily:
            raise ApiError(45009)
        self._today[key] = used

    def knows(self, path: str) -> bool:
        """Tell whether there is such a path."""
        return path in self._limits

    def limit_of(self, account: Account, path: str) -> Limit:
        """Return the path's limit; the account's own number goes first."""
        usual = self._limits.get(path, NO_LIMIT)
        return Limit(account.daily_limits.get(path, usual.daily), usual.per_minute)

    def used(self, account: Account, path: str, now: float) -> int:
        """Return how often the account called the path today."""
        self._begin_day(now)
        return self._today.get((account.appid, path), 0)

    def clear(self, account: Account, path: str | None = None) -> None:
        """Begin the day's count anew, for one path or for all."""
        for key in [key for key in self._today if key[0] == account.appid]:
            if path in (None, key[1]):
                del self._today[key]

    def used_today(self, now: float) -> dict[str, dict[str, int]]:
        """Return the day's calls as appid → path → count."""
        self._begin_day(now)
        used: dict[str, dict[str, int]] = {}
        for (appid, path), calls in self._today.items():
            used.setdefault(appid, {})[path] = calls
        return used

    def _begin_day(self, now: float) -> None:
        today = china_day(now)
        if today != self._day:
            self._day = today
            self._today.clear()


class ClearedQuotas:
    """How often an account put its counters back this month."""

    def __init__(self) -> None:
        self._times: dict[tuple[str, str, str], int] = {}

    def count(self, account: Account, which: str, limit: int, now: float) -> None:
        """Count one clearing; raises 48006 over the month's limit."""
        key = (account.appid, which, china_day(now)[:7])
        if self._times.get(key, 0) >= limit:
            raise ApiError(48006)
        self._times[key] = self._times.get(key, 0) + 1
