# SPDX-License-Identifier: Apache-2.0
"""The rules of a round as pure functions over a frozen snapshot."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache

import msgspec

from ballotbox.refusals import Refused

_write_numbers = msgspec.json.Encoder().encode

# The whole country keeps one clock without daylight saving, and has since 1991.
CHINA = timezone(timedelta(hours=8), "Asia/Shanghai")
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class RoundSnapshot:
    """What the ballot box knows of a round; moments are Unix milliseconds."""

    id: int
    slug: str
    opens_ms: int
    closes_ms: int
    paused: bool
    min_picks: int
    max_picks: int
    daily: bool
    nominees: frozenset[int]


def check_round_is_open(round_: RoundSnapshot, *, now_ms: int) -> None:
    """Refuse a ballot that is early, late or sent during a pause."""
    if now_ms < round_.opens_ms:
        raise Refused("not_started", opens_at=minute_in_china(round_.opens_ms))
    if now_ms >= round_.closes_ms:
        raise Refused("closed", closes_at=minute_in_china(round_.closes_ms))
    if round_.paused:
        raise Refused("paused")


def check_picks(picks: Sequence[int], round_: RoundSnapshot) -> str:
    """Return the picks as they are stored, such as [3,7], when the round allows them."""
    chosen = frozenset(picks)
    if len(chosen) != len(picks):
        raise Refused("same_nominee_twice", number=_first_repeated(picks))
    if len(picks) < round_.min_picks:
        raise Refused("too_few_picks", min_picks=round_.min_picks, picked=len(picks))
    if len(picks) > round_.max_picks:
        raise Refused("too_many_picks", max_picks=round_.max_picks, picked=len(picks))
    if not chosen <= round_.nominees:
        raise Refused("not_a_nominee", number=min(chosen - round_.nominees))
    return _write_numbers(sorted(picks)).decode()


def period_of(round_: RoundSnapshot, *, now_ms: int) -> str:
    """Return the span in which one ballot counts: a day in China, or '' for the whole round."""
    return day_in_china(now_ms) if round_.daily else ""


def day_in_china(at_ms: int) -> str:
    """Return the date in China, such as 2026-11-21."""
    return _in_china(at_ms).date().isoformat()


def minute_in_china(at_ms: int) -> str:
    """Return date and time in China for people, such as 2026-11-21 21:50."""
    return _in_china(at_ms).strftime("%Y-%m-%d %H:%M")


@lru_cache(maxsize=64)  # a batch shares its moment
def moment_in_china(at_ms: int) -> str:
    """Return date and time in China for machines (RFC 3339) with milliseconds."""
    return _in_china(at_ms).isoformat(timespec="milliseconds")


def _in_china(at_ms: int) -> datetime:
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=at_ms)).astimezone(CHINA)


def _first_repeated(picks: Sequence[int]) -> int:
    seen: set[int] = set()
    return next(pick for pick in picks if pick in seen or seen.add(pick))  # type: ignore[func-returns-value]
