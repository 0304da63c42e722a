# SPDX-License-Identifier: Apache-2.0
"""API access tokens (two families that leave each other alone) and JS tickets."""

from __future__ import annotations

import hashlib
import re
import secrets
import string
from dataclasses import dataclass
from typing import Literal

from wechat_sandbox.clock import china_day
from wechat_sandbox.errors import ApiError

Family = Literal["legacy", "stable"]

LIFE_S = 7200
OVERLAP_S = 300  # an old token lives on this long beside the new one
FORCE_GAP_S = 30
FORCE_PER_DAY = 20
_KEEP_DEAD_S = 86_400

_SHAPE = re.compile(r"[0-9]{2}_[A-Za-z0-9_-]{130,}")
_LETTERS = string.ascii_letters + string.digits


@dataclass(slots=True)
class _Token:
    value: str
    appid: str
    expires_at: float
    replaced_from: float | None = None  # dead from here because newer ones were issued


@dataclass(slots=True)
class _Forced:
    day: str = ""
    times: int = 0
    last_at: float = float("-inf")


class ApiTokens:
    """Hand out access tokens and tell whose they are."""

    def __init__(self) -> None:
        self._tokens: dict[str, _Token] = {}
        self._line: dict[tuple[str, Family], list[_Token]] = {}  # newest last, two at most
        self._forced: dict[str, _Forced] = {}
        self._tickets: dict[tuple[str, str], tuple[str, float]] = {}

    def issue_legacy(self, appid: str, now: float) -> tuple[str, int]:
        """Return a new token of the old family; each call retires the one before."""
        return self._issue(appid, "legacy", now), LIFE_S

    def issue_stable(self, appid: str, now: float) -> tuple[str, int]:
        """Return the stable token with what is left of its life.

        In its last five minutes a new one takes over while the old one still works.
        """
        current = self._current(appid)
        if current is None or current.expires_at - now <= OVERLAP_S:
            return self._issue(appid, "stable", now), LIFE_S
        return current.value, int(current.expires_at - now)

    def force_stable(self, appid: str, now: float) -> tuple[str, int]:
        """Replace the stable token, unless that was done too lately or too often today."""
        forced = self._forced.setdefault(appid, _Forced())
        today = china_day(now)
        if forced.day != today:
            forced.day, forced.times = today, 0
        if forced.times >= FORCE_PER_DAY or now - forced.last_at < FORCE_GAP_S:
            return self.issue_stable(appid, now)
        forced.times += 1
        forced.last_at = now
        return self._issue(appid, "stable", now), LIFE_S

    def owner_of(self, value: str, now: float) -> str:
        """Return the appid a living token belongs to; raises 41001, 40014, 40001 or 42001."""
        if not value:
            raise ApiError(41001)
        if not _SHAPE.fullmatch(value):
            raise ApiError(40014)
        token = self._tokens.get(value)
        if token is None:
            raise ApiError(40001)
        if now >= token.expires_at:
            raise ApiError(42001)
        if token.replaced_from is not None and now >= token.replaced_from:
            raise ApiError(40001)
        return token.appid

    def ticket(self, appid: str, kind: str, now: float) -> tuple[str, int]:
        """Return the account's ticket and the seconds it is still good for."""
        value, expires_at = self._tickets.get((appid, kind), ("", 0.0))
        if expires_at <= now:
            value, expires_at = _ticket_of(appid, kind, now), now + LIFE_S
            self._tickets[appid, kind] = (value, expires_at)
        return value, int(expires_at - now)

    def good_tickets(self, appid: str, kind: str, now: float) -> set[str]:
        """Return the tickets a page may be signed with: a product may hold one from before a
        restart of the sandbox, as WeChat's own outlive its servers."""
        current, _ = self.ticket(appid, kind, now)
        return {current, *(_ticket_of(appid, kind, now - ago) for ago in (0, LIFE_S))}

    def _current(self, appid: str) -> _Token | None:
        line = self._line.get((appid, "stable"))
        return line[-1] if line else None

    def _issue(self, appid: str, family: Family, now: float) -> str:
        line = self._line.setdefault((appid, family), [])
        # The one before gets the overlap, the one before that ends now: so refreshing twice
        # is what stops a leaked token.
        for older in line[:-1]:
            older.replaced_from = min(older.replaced_from or now, now)
        for previous in line[-1:]:
            previous.replaced_from = now + OVERLAP_S
        value = f"{10 + secrets.randbelow(90)}_{_random_letters(134)}"
        token = _Token(value, appid, now + LIFE_S)
        self._line[appid, family] = [*line[-1:], token]
        self._tokens = {
            known: kept
            for known, kept in self._tokens.items()
            if kept.expires_at + _KEEP_DEAD_S > now
        }
        self._tokens[token.value] = token
        return token.value


def _ticket_of(appid: str, kind: str, now: float) -> str:
    """Return the ticket of these two hours, the same in every run."""
    text = f"{appid} {kind} {int(now // LIFE_S)}"
    return hashlib.sha512(text.encode()).hexdigest()[:86]


def _random_letters(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))
