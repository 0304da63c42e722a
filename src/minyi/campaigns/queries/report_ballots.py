# SPDX-License-Identifier: Apache-2.0
"""The ballots of a finished vote, gathered by hour and state: what a report is made from.

Single ballots do not leave this module, so nothing later can tell who voted or in which order.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from minyi.campaigns.models import Ballot, Round
from minyi.core.clock import moment_at
from minyi.ledger.queries.logs import StateName, read_ballots

from .counts import LogMark

_HOUR, _MINUTE = 3_600_000, 60_000


@dataclass(slots=True)
class Pile:
    """Ballots of one hour, one state, and with one pick or with more; `votes` by nominee number."""

    ballots: int = 0
    votes: Counter[int] = field(default_factory=Counter)


Key = tuple[int, StateName, bool]  # hours since 1970, state, is it a single pick


@dataclass(frozen=True, slots=True)
class BallotFacts:
    """The ballots in piles; `busiest_minute` is (ms, counted ballots), None without any.

    What was read is named by `mark`, or by `upto_ballot` where the vote has no log.
    """

    piles: Mapping[Key, Pile]
    busiest_minute: tuple[int, int] | None
    mark: LogMark | None
    upto_ballot: int

    def ballots(self, state: StateName | None = None) -> int:
        """Return how many ballots there are in that state, or in all."""
        return sum(
            pile.ballots for (_h, is_, _s), pile in self.piles.items() if state in (None, is_)
        )

    def by_hour(self, *, counted_only: bool = True) -> Counter[int]:
        """Return ballots by hours since 1970."""
        found: Counter[int] = Counter()
        for (hour, state, _single), pile in self.piles.items():
            if state == "counted" or not counted_only:
                found[hour] += pile.ballots
        return found

    def votes(
        self,
        *,
        states: tuple[StateName, ...] = ("counted",),
        without_hours: frozenset[int] = frozenset(),
        without_single: bool = False,
    ) -> tuple[int, Counter[int]]:
        """Return (ballots, votes by nominee number), with something left out."""
        ballots, votes = 0, Counter[int]()
        for (hour, state, is_single), pile in self.piles.items():
            if state not in states or hour in without_hours or (without_single and is_single):
                continue
            ballots += pile.ballots
            votes.update(pile.votes)
        return ballots, votes


def read_facts(paper: Round) -> BallotFacts:
    """Read every ballot of a vote, once. Who may see what comes of it is the caller's matter."""
    piles: defaultdict[Key, Pile] = defaultdict(Pile)
    minutes: Counter[int] = Counter()
    rows, mark, upto = _ballots_of(paper)
    for moment, choice, state in rows:
        pile = piles[moment // _HOUR, state, len(choice) == 1]
        pile.ballots += 1
        pile.votes.update(choice)
        if state == "counted":
            minutes[moment // _MINUTE] += 1
    top = max(minutes.items(), key=lambda pair: (pair[1], -pair[0]), default=None)
    return BallotFacts(dict(piles), (top[0] * _MINUTE, top[1]) if top else None, mark, upto)


def hour_at(hour: int) -> datetime:
    """Return when an hour since 1970 begins, in the office's time."""
    return moment_at(hour * _HOUR)


def hours_between(opens_at: datetime, closes_at: datetime) -> range:
    """Return the hours in which people could vote."""
    last = closes_at - timedelta(microseconds=1)
    return range(int(opens_at.timestamp()) // 3600, int(last.timestamp()) // 3600 + 1)


Row = tuple[int, tuple[int, ...], StateName]  # ms since 1970, nominee numbers, state


def _ballots_of(paper: Round) -> tuple[Iterator[Row], LogMark | None, int]:
    if paper.log:
        found = read_ballots(paper.log)
        rows = (
            (one.t, tuple([int(label) for label in one.labels]), one.state) for one in found.ballots
        )
        return rows, LogMark(paper.log, found.size, found.root), 0
    last = Ballot.objects.filter(round=paper).order_by("-id").values_list("id", flat=True).first()
    return _rows_of(paper, last or 0), None, last or 0


def _rows_of(paper: Round, upto: int) -> Iterator[Row]:
    rows = Ballot.objects.filter(round=paper, id__lte=upto).order_by("id")
    for moment, picks in rows.values_list("cast_ms", "picks").iterator(chunk_size=5_000):
        yield moment, tuple(json.loads(picks)), "counted"
