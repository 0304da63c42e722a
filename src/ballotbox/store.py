# SPDX-License-Identifier: Apache-2.0
"""One batch, one transaction: the same story for every database.

Ids of one round grow in the order of commits (SQLite has one writer, PostgreSQL a lock per
round that is held until the commit), so whoever folds ballots by id never meets a late lower id.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import msgspec

from ballotbox.ballots import Ballot, Row, StoredBallot, row_of
from ballotbox.refusals import Refused
from ballotbox.rules import (
    DAY_MS,
    RoundSnapshot,
    check_round_is_open,
    minute_in_china,
    period_of,
)
from ballotbox.schema import COLUMNS, check_columns

Place = tuple[int, str, str]  # round, voter, period: where the database allows one ballot
Nonce = tuple[int, str]  # round, nonce
Outcome = StoredBallot | Refused
_read_numbers = msgspec.json.Decoder(frozenset[int]).decode


class StoreUnavailable(Exception):
    """The database did not do what was asked; nothing of the batch may be acknowledged."""


class Found(NamedTuple):
    """What the table already holds for a voter in a period."""

    id: int
    receipt: str
    cast_ms: int


class Unsealed(NamedTuple):
    """A ballot of the table that is not in the log yet."""

    id: int
    voter_ref: str
    picks: str
    nonce: str
    cast_ms: int


class LogRow(NamedTuple):
    """What a round says of its log: the folder's name, entry 0, and whether places are told.

    Not live: the log stays closed while the counts are hidden, and so does the voter's place in
    it. `hides`: the table holds choices only sealed.
    """

    round_id: int
    folder: str
    manifest: str
    live: bool = True
    hides: bool = False


class Transaction(Protocol):
    """The steps of one commit in the words of one database; used by one thread only."""

    def begin(self, round_ids: Sequence[int]) -> tuple[int, dict[int, RoundSnapshot]]:
        """Start writing, keep other writers out; return the time (Unix ms) and the rounds."""

    def read_rounds(self, round_ids: Sequence[int]) -> dict[int, RoundSnapshot]: ...

    def add(self, rows: Sequence[Row], now_ms: int) -> dict[str, int]:
        """Insert what window, pause and uniqueness allow, and commit; return id by receipt.

        Returns only after the flush to disk; from then on other writers are let in.
        """

    def find(self, rows: Sequence[Row]) -> dict[Place, Found]: ...

    def find_nonces(self, rows: Sequence[Row]) -> set[Nonce]:
        """Return which nonces of these rows the table holds."""

    def end(self) -> None:
        """Leave no transaction open; what has not been committed is undone."""


class SealStore(Protocol):
    """A database as a sealer reads it."""

    def find_logs(self, since_ms: int) -> list[LogRow]: ...

    def unsealed(self, round_id: int, *, after: int, most: int) -> list[Unsealed]: ...

    def lease(self, round_id: int) -> AbstractContextManager[None]:
        """Let one sealer of the round in at a time, over all nodes."""


class Store(SealStore, Protocol):
    """A database as the ballot box uses it: `add_ballots` and `read_round` on threads of their own.

    Both raise StoreUnavailable when the database fails.
    """

    def check_schema(self) -> None: ...

    def add_ballots(self, ballots: Sequence[Ballot]) -> list[Outcome]: ...

    def read_round(self, round_id: int) -> RoundSnapshot | None: ...

    def close(self) -> None: ...


def commit_ballots(tx: Transaction, ballots: Sequence[Ballot]) -> list[Outcome]:
    """Store a batch in one durable transaction and say for each ballot what became of it."""
    round_ids = sorted({ballot.round_id for ballot in ballots})
    try:
        now_ms, rounds = tx.begin(round_ids)
        periods = {id_: period_of(round_, now_ms=now_ms) for id_, round_ in rounds.items()}
        rows = [row_of(ballot, periods.get(ballot.round_id, "")) for ballot in ballots]
        if any(periods.values()):
            rows = _as_first_sent(tx, ballots, rows, rounds, now_ms=now_ms)
        ids = tx.add(rows, now_ms)
        # The first of several equal ballots in a batch takes the id, the others are repetitions.
        added = [ids.pop(row.receipt, None) for row in rows]
        left_over = [row for row, id_ in zip(rows, added, strict=True) if id_ is None]
        found: Mapping[Place, Found] = {}
        taken: Set[Nonce] = frozenset()
        if left_over:
            # After the commit, so that nobody waits for it: a stored ballot stays.
            found = tx.find(left_over)
            rounds = tx.read_rounds(round_ids)
            taken = tx.find_nonces([row for row in left_over if _place_of(row) not in found])
    finally:
        tx.end()
    return [
        _settle(row, found, taken, rounds, now_ms=now_ms)
        if id_ is None
        else StoredBallot(id_, row, now_ms, False)
        for row, id_ in zip(rows, added, strict=True)
    ]


def _as_first_sent(
    tx: Transaction,
    ballots: Sequence[Ballot],
    rows: Sequence[Row],
    rounds: Mapping[int, RoundSnapshot],
    *,
    now_ms: int,
) -> list[Row]:
    """Return the rows, those of ballots that were stored the day before with that day.

    A ballot whose answer got lost at midnight is sent again the next day. It is the same ballot
    still: the database then finds its place taken, and the vote of the new day stays unused.
    """
    days_before = {
        round_.id: period_of(round_, now_ms=now_ms - DAY_MS)
        for round_ in rounds.values()
        if round_.daily
    }
    earlier = {
        place: row_of(ballot, days_before[ballot.round_id])
        for place, ballot in enumerate(ballots)
        if ballot.round_id in days_before
    }
    stored = {found.receipt for found in tx.find(list(earlier.values())).values()}
    return [
        earlier[place] if place in earlier and earlier[place].receipt in stored else row
        for place, row in enumerate(rows)
    ]


def _settle(
    row: Row,
    found: Mapping[Place, Found],
    taken: Set[Nonce],
    rounds: Mapping[int, RoundSnapshot],
    *,
    now_ms: int,
) -> Outcome:
    """Say why a ballot was not added: sent again, voted before, round not open, nonce not new."""
    first = found.get(_place_of(row))
    if first is not None and first.receipt == row.receipt:
        return StoredBallot(first.id, row, first.cast_ms, True)
    if first is not None:
        code = "already_voted_today" if row.period else "already_voted"
        return Refused(code, cast_at=minute_in_china(first.cast_ms))
    if row.round_id not in rounds:
        return Refused("round_unknown")
    try:
        check_round_is_open(rounds[row.round_id], now_ms=now_ms)
    except Refused as refused:
        return refused
    if (row.round_id, row.nonce) in taken:
        return Refused("nonce_used")
    # Closed when the statement ran and open a moment later: sending it again will do.
    return Refused("storage_unavailable")


def _place_of(row: Row) -> Place:
    return row.round_id, row.voter_ref, row.period


def check_schema(find_columns: Callable[[str], Iterable[str]]) -> None:
    """Refuse to start on a database without the columns the statements name."""
    check_columns({table: list(find_columns(table)) for table in COLUMNS})


def snapshot_of(row: tuple[int, str, int, int, bool, int, int, str, str]) -> RoundSnapshot:
    """Return the snapshot of a row in the order of `schema.ROUND_COLUMNS`."""
    id_, slug, opens_ms, closes_ms, paused, min_picks, max_picks, frequency, candidates = row
    return RoundSnapshot(
        id=id_,
        slug=slug,
        opens_ms=opens_ms,
        closes_ms=closes_ms,
        paused=bool(paused),
        min_picks=min_picks,
        max_picks=max_picks,
        daily=frequency == "day",
        nominees=_read_numbers(candidates),
    )
