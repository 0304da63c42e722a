# SPDX-License-Identifier: Apache-2.0
"""How busy a door is, against its own history, and how often one person asks: counters that pass.

They lie in the cache, as every throttle of the product: shared by all processes where it is Redis.
Ten minutes are a sliding window of two counters, as old as they are. A door is known by its keyed
hash alone (`browsers.door_of`); the counters of people end after twenty minutes, those of a door's
busiest ten minutes after eight days. While the cache cannot be reached nothing is counted and
nobody is asked for anything: a vote does not wait for a throttle.
"""

from dataclasses import dataclass
from datetime import datetime
from statistics import median_low

import structlog
from django.core.cache import cache

from minyi.core.outages import cache_errors
from minyi.integrity.inline import NAT_CROWD, Door
from minyi.integrity.queries.memory import usual_crowds

TEN_MINUTES_S = 600
DAY_S = 86_400
HOUR_S = 3_600
DAYS = 7
BUSIEST_SHARE = 6  # of a day's crowd a sixth may well come in ten minutes

log = structlog.get_logger("minyi.integrity")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks for a paper, and through which door; `door` is '' where it is not known."""

    door: str
    citizen_id: str


@dataclass(frozen=True, slots=True)
class Traffic:
    """The last ten minutes, before this request."""

    door: Door
    own_papers: int


def read_traffic(asking: Asking, *, now: datetime) -> Traffic:
    """Return how busy this door and this person have been, with one look into the cache."""
    try:
        return _read(asking, now)
    except cache_errors() as error:
        log.warning("traffic_unknown", error=str(error))
        return Traffic(Door(), 0)


def count_paper(asking: Asking, *, is_first: bool, now: datetime) -> None:
    """Count a paper that was handed out; `is_first`: the person's first one in this vote."""
    try:
        _count(asking, is_first, now)
    except cache_errors() as error:
        log.warning("traffic_not_counted", error=str(error))


def _read(asking: Asking, now: datetime) -> Traffic:
    slot, share = _slot(now)
    day = slot * TEN_MINUTES_S // DAY_S
    peaks = [_peak(asking.door, day - back) for back in range(1, DAYS + 1)]
    found = cache.get_many([*_keys(asking, slot), *_keys(asking, slot - 1), *peaks])

    def recent(name: str, of: str) -> int:
        now_, before = (found.get(_key(name, of, at), 0) for at in (slot, slot - 1))
        return int(now_ + before * (1 - share))

    own = recent("own", asking.citizen_id)
    if not asking.door:
        return Traffic(Door(), own)
    people, papers = recent("people", asking.door), recent("papers", asking.door)
    usual = median_low([found[key] for key in peaks if key in found] or [0])
    if people > NAT_CROWD:
        usual = max(usual, _remembered(asking.door))
    return Traffic(Door(people, papers, usual), own)


def _remembered(door: str) -> int:
    """Return what earlier votes say of a door that is busier than any stranger may be."""

    def look_up() -> int:
        return usual_crowds([door]).get(door, 0) // BUSIEST_SHARE

    return cache.get_or_set(f"integrity.remembered:{door}", look_up, HOUR_S) or 0


def _count(asking: Asking, is_first: bool, now: datetime) -> None:
    slot, _share = _slot(now)
    _add(_key("own", asking.citizen_id, slot))
    if not asking.door:
        return
    _add(_key("papers", asking.door, slot))
    if is_first:
        people = _add(_key("people", asking.door, slot))
        _raise_peak(_peak(asking.door, slot * TEN_MINUTES_S // DAY_S), people)


def _keys(asking: Asking, slot: int) -> tuple[str, ...]:
    return (
        _key("people", asking.door, slot),
        _key("papers", asking.door, slot),
        _key("own", asking.citizen_id, slot),
    )


def _key(name: str, of: str, slot: int) -> str:
    return f"integrity.{name}:{of}:{slot}"


def _peak(door: str, day: int) -> str:
    return f"integrity.peak:{door}:{day}"


def _slot(now: datetime) -> tuple[int, float]:
    """Return the number of these ten minutes, and how much of them has passed."""
    slot, passed = divmod(now.timestamp(), TEN_MINUTES_S)
    return int(slot), passed / TEN_MINUTES_S


def _add(key: str) -> int:
    cache.add(key, 0, timeout=2 * TEN_MINUTES_S)
    try:
        counted: int = cache.incr(key)
    except ValueError:  # it ended in this very moment
        return 1
    return counted


def _raise_peak(key: str, people: int) -> None:
    if people > cache.get(key, 0):
        cache.set(key, people, timeout=(DAYS + 1) * DAY_S)
