# SPDX-License-Identifier: Apache-2.0
"""How often an account called what, and where WeChat stops it."""

from __future__ import annotations

from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import china_day
from wechat_sandbox.errors import ApiError

# Defaults; an account's `daily_limits` replace them. WeChat sets them per account.
DAILY = {
    "/cgi-bin/token": 2_000,
    "/cgi-bin/stable_token": 500_000,
    "/cgi-bin/user/info": 500_000,
    "/cgi-bin/ticket/getticket": 100_000,
}
PER_MINUTE = {"/cgi-bin/stable_token": 10_000}


class Quotas:
    """Count calls per account, path and Chinese day."""

    def __init__(self) -> None:
        self._day = ""
        self._today: dict[tuple[str, str], int] = {}
        self._minute: dict[tuple[str, str], tuple[int, int]] = {}

    def count_call(self, account: Account, path: str, now: float) -> None:
        """Count one call; raises 45011 over the minute's, 45009 over the day's limit."""
        self._begin_day(now)
        key = (account.appid, path)
        minute = int(now // 60)
        since, calls = self._minute.get(key, (minute, 0))
        calls = calls + 1 if since == minute else 1
        if calls > PER_MINUTE.get(path, calls):
            raise ApiError(45011)
        self._minute[key] = (minute, calls)
        used = self._today.get(key, 0) + 1
        if used > account.daily_limits.get(path, DAILY.get(path, used)):
            raise ApiError(45009)
        self._today[key] = used

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
