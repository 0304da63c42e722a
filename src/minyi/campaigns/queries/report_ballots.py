# SPDX-License-Identifier: Apache-2.0
"""The ballots of a finished vote, gathered by hour, choice and state: what a report is made from.

Single ballots do not leave this module, so nothing later can tell who voted or in which order.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from minyi.campaigns.models import Ballot, Round
from minyi.core.clock import OFFICE_TIME
from minyi.ledger.queries.logs import StateName, read_ballots

from .counts import LogMark

Group = tuple[int, tuple[int, ...], StateName]  # hours since 1970, nominee numbers, state
_HOUR, _MINUTE = 3_600_000, 60_000


@dataclass(frozen=True, slots=True)
class BallotFacts:
    """How many ballots there are of each hour, choice and state; `busiest_minute` is (ms, ballots).

    What was read is named by `mark`, or by `upto_ballot` where the vote has no log.
    """

    groups: Mapping[Group, int]
    busiest_minute: tuple[int, int] | None
    mark: LogMark | None
    upto_ballot: int

    def ballots(self, state: StateName | None = None) -> int:
        """Return how many ballots there are in that state, or in all."""
        return sum(n for (_h, _c, is_), n in self.groups.items() if state in (None, is_))

    def by_hour(self, *, counted_only: bool = True) -> Counter[int]:
        """Return ballots by hours since 1970."""
        found: Counter[int] = Counter()
        for (hour, _choice, state), many in self.groups.items():
            if state == "counted" or not counted_only:
                found[hour] += many
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
        for (hour, choice, state), many in self.groups.items():
            if state not in states or hour in without_hours:
                continue
            if without_single and len(choice) == 1:
                continue
            ballots += many
            for number in choice:
                votes[number] += many
        return ballots, votes


def read_facts(paper: Round) -> BallotFacts:
    """Read every ballot of a vote, once. Who may see what comes of it is the caller's matter."""
    groups: Counter[Group] = Counter()
    minutes: Counter[int] = Counter()
    mark, upto = None, 0
    if paper.log:
        found = read_ballots(paper.log)
        mark = LogMark(paper.log, found.size, found.root)
        rows: Iterator[tuple[int, tuple[int, ...], StateName]] = (
            (ballot.t, tuple(int(label) for label in ballot.labels), ballot.state)
            for ballot in found.ballots
        )
    else:
        last = Ballot.objects.filter(round=paper).order_by("-id").values_list("id", flat=True)
        upto = last.first() or 0
        rows = _rows_of(paper, upto)
    for moment, choice, state in rows:
        groups[moment // _HOUR, choice, state] += 1
        if state == "counted":
            minutes[moment // _MINUTE] += 1
    top = max(minutes.items(), key=lambda pair: (pair[1], -pair[0]), default=None)
    return BallotFacts(groups, (top[0] * _MINUTE, top[1]) if top else None, mark, upto)


def hour_at(hour: int) -> datetime:
    """Return when an hour since 1970 begins, in the office's time."""
    return moment_at(hour * _HOUR)


def moment_at(ms: int) -> datetime:
    """Return a moment, given in milliseconds since 1970, in the office's time."""
    return datetime.fromtimestamp(ms / 1000, tz=OFFICE_TIME)


def hours_between(opens_at: datetime, closes_at: datetime) -> range:
    """Return the hours in which people could vote."""
    last = closes_at - timedelta(microseconds=1)
    return range(int(opens_at.timestamp()) // 3600, int(last.timestamp()) // 3600 + 1)


def _rows_of(paper: Round, upto: int) -> Iterator[tuple[int, tuple[int, ...], StateName]]:
    rows = Ballot.objects.filter(round=paper, id__lte=upto).order_by("id")
    for moment, picks in rows.values_list("cast_ms", "picks").iterator(chunk_size=5_000):
        yield moment, tuple(json.loads(picks)), "counted"
