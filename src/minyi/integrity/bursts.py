# SPDX-License-Identifier: Apache-2.0
"""Bursts: more ballots for a candidate than its own past and everybody's present explain.

    find_bursts    from counts per ten seconds, which may be estimates from a sample
    describe       who it consists of, in facts and in words

A burst is no judgement: a hall that scans a code is one, and so is a chat group that votes for a
neighbour. `describe` says which of these it looks like. Standard library only; no state.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from statistics import median, quantiles

from .pictures import Row
from .signals import gettext_noop as _

WINDOW_MS = 10_000
LONG, SHORT = 12, 1  # windows looked at together: two minutes, ten seconds
HISTORY = 360  # windows, an hour
WARM_UP = 30  # windows before anything is said of a vote: five minutes
FEWEST_BEFORE = 50  # ballots in the hour before: with fewer nobody knows what is usual
FEWEST = 12  # ballots; fewer are no burst, as in the engine (weights.MIN_GROUP)
SIGMAS = 6.0
MAD_TO_SIGMA = 1.4826
SPARED = 0.1  # of the past: its highest blocks
SHOWN = 90  # windows of the timeline: a quarter of an hour

NEW_MS = 300_000


@dataclass(frozen=True, slots=True)
class Window:
    """Ten seconds of a vote. `scale`: how many ballots each counted one stands for."""

    start_ms: int
    ballots: int
    votes: Mapping[int, int]
    scale: int = 1


@dataclass(frozen=True, slots=True)
class Burst:
    """A candidate's ballots of `from_ms` to `to_ms` (exclusive), and how many were usual."""

    candidate: int
    from_ms: int
    to_ms: int
    observed: int
    expected: float
    timeline: tuple[tuple[int, int, float], ...]


def find_bursts(windows: Sequence[Window]) -> list[Burst]:
    """Return the bursts that the last of these windows, which follow on each other, belongs to."""
    windows = windows[-HISTORY:]
    if len(windows) < WARM_UP + LONG:
        return []
    if sum(window.ballots for window in windows[:-LONG]) < FEWEST_BEFORE:
        return []
    candidates = {number for window in windows[-LONG:] for number in window.votes}
    found = []
    for candidate in sorted(candidates):
        for span in (LONG, SHORT):
            burst = _find(windows, candidate, span)
            if burst is not None:
                found.append(burst)
                break
    return found


def _find(windows: Sequence[Window], candidate: int, span: int) -> Burst | None:
    own = [window.votes.get(candidate, 0) for window in windows]
    others = [window.ballots - votes for window, votes in zip(windows, own, strict=True)]
    observed = sum(own[-span:])
    if observed < FEWEST * windows[-1].scale:
        return None
    past = len(windows) - LONG
    usual = _Usual(own[:past], others[:past])
    now, scale = sum(others[-span:]), max(window.scale for window in windows[-span:])
    blocks = [own[at : at + span] for at in range(past % span, past, span)]
    expected = max(usual.share * now, median(map(sum, blocks)))
    # Chance of what comes now, and of the past that the share is taken from.
    chance = sqrt((expected + 1) * (1 + now / max(usual.others, 1)) * scale)
    spread = usual.unrest * sqrt(expected + 1)
    if observed - expected <= SIGMAS * max(spread, chance):
        return None
    shown = zip(windows[-SHOWN:], own[-SHOWN:], others[-SHOWN:], strict=True)
    return Burst(
        candidate,
        windows[-span].start_ms,
        windows[-1].start_ms + WINDOW_MS,
        observed,
        round(expected, 1),
        tuple((window.start_ms, got, round(usual.share * rest, 2)) for window, got, rest in shown),
    )


class _Usual:
    """What is usual for a candidate: its ballots per ballot of others, in blocks of two minutes.

    Blocks in which nobody voted say nothing; the highest are left out, an earlier burst is not the
    usual. `unrest`: how many times its chance error a block is usually off, by the median.
    """

    def __init__(self, own: Sequence[int], others: Sequence[int]) -> None:
        starts = range(0, len(own), LONG)
        sums = [(sum(own[at : at + LONG]), sum(others[at : at + LONG])) for at in starts]
        blocks = [block for block in sums if any(block)]
        share = _ratio(blocks)
        blocks.sort(key=lambda block: block[0] - share * block[1])
        kept = blocks[: len(blocks) - int(len(blocks) * SPARED)]
        self.share = _ratio(kept)
        self.others = sum(rest for _got, rest in kept)
        left = [(got - self.share * rest) / sqrt(self.share * rest + 1) for got, rest in kept] or [
            0.0
        ]
        middle = median(left)
        self.unrest = MAD_TO_SIGMA * median(abs(one - middle) for one in left)


def _ratio(blocks: Sequence[tuple[int, int]]) -> float:
    return sum(got for got, _rest in blocks) / max(sum(rest for _got, rest in blocks), 1)


# --- Who a burst consists of --------------------------------------------------------------------

VENUE, CASCADE, CHANNEL, MACHINE, UNCLEAR = "venue", "cascade", "channel", "machine", "unclear"
WORDS = {
    VENUE: _("像是现场扫码：同一网络、扫码进入，手机和停留时长各不相同"),
    CASCADE: _("像是群聊或朋友圈传播：经分享进入，手机和停留时长各不相同"),
    CHANNEL: _("像是公众号推送：经图文或菜单进入，手机和停留时长各不相同"),
    MACHINE: _("像是批量操作：手机型号与版本、停留时长高度一致"),
    UNCLEAR: _("看不出是哪一种，请人工查看"),
}
SHARED = {"group_share", "single_share", "timeline"}
CHANNELS = {"article", "menu"}


@dataclass(frozen=True, slots=True)
class Who:
    """The people of a burst. Shares are of its ballots, 0 to 1; None: not collected."""

    ballots: int
    newcomers: float | None  # first seen less than five minutes before
    phone: float | None  # the commonest model with its versions
    phone_elsewhere: float
    few_phones: float  # the share of phones that each are a twentieth, and rare elsewhere
    doors: int
    top_door: float
    door_people: int  # of that door in this burst
    door_usual: int | None  # the most people it brought on a day of an earlier vote
    ways: Mapping[str, float]
    dwell: tuple[int, int, int] | None  # quartiles, ms
    overlap: float  # also for another candidate who has a burst just now

    @property
    def looks_like(self) -> str:
        """What it resembles most; a guess for people, which decides nothing."""
        if self.is_alike:
            return MACHINE
        if self.ways.get("qr", 0) >= 0.5:
            return VENUE
        if sum(self.ways.get(way, 0) for way in SHARED) >= 0.5:
            return CASCADE
        if sum(self.ways.get(way, 0) for way in CHANNELS) >= 0.5:
            return CHANNEL
        return UNCLEAR

    @property
    def is_alike(self) -> bool:
        """Tell whether its phones, or its paces, are more alike than people's are."""
        low, middle, high = self.dwell or (0, 0, 0)
        return self.few_phones >= 0.5 or (middle > 0 and high - low < 0.15 * middle)


def describe(
    burst: Sequence[Row],
    elsewhere: Sequence[Row],
    *,
    usual_crowds: Mapping[str, int],
    other_bursts: set[int],
) -> Who:
    """Say who these ballots (event rows) are from, beside others of the same vote."""
    phones, usual_phones = _share_of(burst, _phone), _share_of(elsewhere, _phone)
    phone = max(phones, key=lambda one: (phones[one], one), default="")
    doors = Counter(row["ip"] for row in burst if row["ip"])
    door, people = doors.most_common(1)[0] if doors else ("", 0)
    dwell = [int(row["dwell_ms"]) for row in burst if row["dwell_ms"]]
    ages = [int(row["ts"]) - int(row["first_seen"]) for row in burst if row["first_seen"]]
    others = [row for row in burst if other_bursts & set(map(int, row["choices"].split("|")))]
    return Who(
        ballots=len(burst),
        newcomers=sum(age < NEW_MS for age in ages) / len(ages) if ages else None,
        phone=phones.get(phone),
        phone_elsewhere=usual_phones.get(phone, 0.0),
        few_phones=_few(phones, usual_phones),
        doors=len(doors),
        top_door=people / max(doors.total(), 1),
        door_people=people,
        door_usual=usual_crowds.get(door),
        ways=_share_of(burst, lambda row: row["src"]),
        dwell=_quartiles(dwell),
        overlap=len(others) / max(len(burst), 1),
    )


def facts_of(who: Who) -> dict[str, object]:
    """Return what a reviewer is told, in plain values: no network, no account."""
    return {
        "looks_like": who.looks_like,
        "words": WORDS[who.looks_like],
        "newcomers": _rounded(who.newcomers),
        "phone": _rounded(who.phone),
        "phone_elsewhere": _rounded(who.phone_elsewhere),
        "few_phones": _rounded(who.few_phones),
        "doors": who.doors,
        "top_door": _rounded(who.top_door),
        "door_people": who.door_people,
        "door_usual": who.door_usual,
        "ways": {way: _rounded(share) for way, share in who.ways.items()},
        "dwell_ms": who.dwell,
        "overlap": _rounded(who.overlap),
    }


def _phone(row: Row) -> str:
    return f"{row['model']}/{row['osv']}/{row['wxver']}" if row["model"] else ""


def _share_of(rows: Sequence[Row], trait: Callable[[Row], str]) -> dict[str, float]:
    values = Counter(filter(None, map(trait, rows)))
    return {value: count / values.total() for value, count in values.items()}


def _few(here: Mapping[str, float], elsewhere: Mapping[str, float]) -> float:
    """Return how much of a burst a few phones explain that others hardly have."""
    often = {phone: share for phone, share in here.items() if share >= 0.05}
    return sum(max(share - 3 * elsewhere.get(phone, 0), 0) for phone, share in often.items())


def _quartiles(values: Sequence[int]) -> tuple[int, int, int] | None:
    if len(values) < 4:
        return None
    low, middle, high = quantiles(values, n=4)
    return round(low), round(middle), round(high)


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 3)
