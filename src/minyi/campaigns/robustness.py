# SPDX-License-Identifier: Apache-2.0
"""Would the selection be another one? The arithmetic of the result, with something left out.

A selection is the set of nominees within the seats; a change of ranks inside it is none. All
functions take the entries the result was computed from and change votes alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from .scoring import Entry, Placed, Weights, place

Votes = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """How entries become a selection."""

    weights: Weights
    tie_rule: str
    seats: int


@dataclass(frozen=True, slots=True)
class Shift:
    """The fewest ballots that change the selection, and who it takes: in for whom, out of whom.

    `ballots` is None where no number of ballots does it. `nominee` is the number of whoever
    comes in or falls out; None likewise.
    """

    ballots: int | None
    nominee: int | None


def place_with(entries: Sequence[Entry], votes: Votes, rule: Rule) -> list[Placed]:
    """Place the entries with other votes; a nominee without any has none."""
    changed = [replace(entry, votes=votes.get(entry.number, 0)) for entry in entries]
    return place(changed, weights=rule.weights, tie_rule=rule.tie_rule, seats=rule.seats)


def selected(placed: Sequence[Placed]) -> frozenset[int]:
    """Return the numbers of the selected."""
    return frozenset(one.entry.number for one in placed if one.is_selected)


def fewest_added(entries: Sequence[Entry], rule: Rule, most: int) -> Shift:
    """Return how many more ballots, all for one nominee, change the selection; up to `most`."""
    start = _Start.of(entries, rule)
    outside = start.votes.keys() - start.selected
    return _least([Shift(_fewest(partial(start.differs, who, 1), most), who) for who in outside])


def fewest_removed(entries: Sequence[Entry], rule: Rule) -> Shift:
    """Return how many ballots fewer for one selected nominee change the selection."""
    start = _Start.of(entries, rule)
    return _least(
        [
            Shift(_fewest(partial(start.differs, who, -1), start.votes[who]), who)
            for who in start.selected
        ]
    )


@dataclass(frozen=True, slots=True)
class _Start:
    """What there is before anything is changed."""

    entries: Sequence[Entry]
    rule: Rule
    votes: Votes
    selected: frozenset[int]

    @classmethod
    def of(cls, entries: Sequence[Entry], rule: Rule) -> "_Start":
        votes = {entry.number: entry.votes for entry in entries}
        return cls(entries, rule, votes, selected(place_with(entries, votes, rule)))

    def differs(self, who: int, sign: int, ballots: int) -> bool:
        """Tell whether so many ballots more or fewer for one nominee change the selection."""
        moved = {**self.votes, who: self.votes[who] + sign * ballots}
        return selected(place_with(self.entries, moved, self.rule)) != self.selected


def _fewest(is_enough: Callable[[int], bool], most: int) -> int | None:
    """Return the least n in 1..most that is enough; more of it never is less so."""
    if most < 1 or not is_enough(most):
        return None
    low, high = 0, most  # `low` is not enough, `high` is
    while high - low > 1:
        middle = (low + high) // 2
        if is_enough(middle):
            high = middle
        else:
            low = middle
    return high


def _least(shifts: Sequence[Shift]) -> Shift:
    found = [one for one in shifts if one.ballots is not None]
    return min(
        found, key=lambda one: (one.ballots or 0, one.nominee or 0), default=Shift(None, None)
    )
