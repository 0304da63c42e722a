# SPDX-License-Identifier: Apache-2.0
"""Ballots in PostgreSQL: one statement per batch, a lock per round until the commit."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg

from ballotbox import schema
from ballotbox.ballots import Ballot, Row
from ballotbox.rules import RoundSnapshot
from ballotbox.store import (
    Found,
    LogRow,
    Nonce,
    Outcome,
    Place,
    StoreUnavailable,
    Unsealed,
    check_schema,
    commit_ballots,
    snapshot_of,
)

CONNECT_S = 5
STATEMENT_MS = 10_000


class PostgresStore:
    """One connection writes, another reads rounds; a broken one is opened anew."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._writing: _PostgresTransaction | None = None
        self._reading: psycopg.Connection | None = None

    def check_schema(self) -> None:
        """Refuse a database without our columns."""
        try:
            with self._open() as connection:
                check_schema(
                    lambda table: [
                        row[0]
                        for row in connection.execute(schema.POSTGRES.columns_of, {"table": table})
                    ]
                )
        except psycopg.Error as error:
            raise StoreUnavailable(str(error)) from error

    def add_ballots(self, ballots: Sequence[Ballot]) -> list[Outcome]:
        """Commit a batch; call it from one thread only."""
        try:
            return commit_ballots(self._transaction(), ballots)
        except psycopg.Error as error:
            raise StoreUnavailable(str(error)) from error

    def read_round(self, round_id: int) -> RoundSnapshot | None:
        """Read one round; call it from one thread only."""
        try:
            if self._reading is None or self._reading.broken:
                self._reading = self._open()
                self._reading.autocommit = True
            return _read_rounds(self._reading, [round_id]).get(round_id)
        except psycopg.Error as error:
            raise StoreUnavailable(str(error)) from error

    def find_logs(self, since_ms: int) -> list[LogRow]:
        """Return the rounds with a log that ended later than that; on the writing thread."""
        with self._reading_for_seal() as connection:
            found = connection.execute(schema.POSTGRES.find_logs, {"since_ms": since_ms})
            return [LogRow(*row) for row in found]

    def unsealed(self, round_id: int, *, after: int, most: int) -> list[Unsealed]:
        """Return the ballots of a round behind that one; on the writing thread."""
        places = {"round_id": round_id, "after": after, "most": most}
        with self._reading_for_seal() as connection:
            found = connection.execute(schema.POSTGRES.unsealed, places)
            return [Unsealed(*row) for row in found]

    @contextmanager
    def lease(self, round_id: int) -> Iterator[None]:
        """Hold the round's seal, over all nodes; the server takes it back when we die."""
        place = {"key": schema.POSTGRES_SEAL_SPACE + round_id}
        with self._reading_for_seal() as connection:
            connection.execute("SELECT pg_advisory_lock(%(key)s)", place)
        try:
            yield
        finally:
            with self._reading_for_seal() as connection:
                connection.execute("SELECT pg_advisory_unlock(%(key)s)", place)

    @contextmanager
    def _reading_for_seal(self) -> Iterator[psycopg.Connection]:
        """Yield the writing connection between two batches, and leave no transaction open."""
        try:
            connection = self._transaction().connection
            with connection.transaction():
                yield connection
        except psycopg.Error as error:
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        """Close both connections, after their threads have ended."""
        if self._writing is not None:
            self._writing.connection.close()
        if self._reading is not None:
            self._reading.close()
        self._writing = self._reading = None

    def _transaction(self) -> "_PostgresTransaction":
        if self._writing is None or self._writing.connection.broken:
            self._writing = _PostgresTransaction(self._open())
        return self._writing

    def _open(self) -> psycopg.Connection:
        connection = psycopg.connect(
            self._url, connect_timeout=CONNECT_S, application_name="ballotbox"
        )
        connection.execute(f"SET statement_timeout = {STATEMENT_MS}")
        # A plan is kept from when the vote began: it must still do with a million ballots.
        for other_than_an_index in ("enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
            connection.execute(f"SET {other_than_an_index} = off")
        # An answer promises that the ballot is on disk, whatever the server's default says.
        connection.execute(
            "SELECT set_config('synchronous_commit', 'on', false)"
            " WHERE current_setting('synchronous_commit') IN ('off', 'local')"
        )
        connection.commit()
        return connection


class _PostgresTransaction:
    def __init__(self, connection: psycopg.Connection) -> None:
        self.connection = connection
        self._last_ms = 0

    def begin(self, round_ids: Sequence[int]) -> tuple[int, dict[int, RoundSnapshot]]:
        # In the order of their numbers, so that two processes cannot wait for each other.
        keys = [schema.POSTGRES_LOCK_SPACE + round_id for round_id in round_ids]
        with self.connection.pipeline():  # one journey for all three
            self.connection.execute(schema.POSTGRES_LOCK_ROUNDS, {"keys": keys})
            # The database's clock, after the lock: one clock for all processes.
            clock = self.connection.execute(schema.POSTGRES_NOW_MS)
            rounds = _read_rounds(self.connection, round_ids)
            (now_ms,) = clock.fetchone() or (0,)
        self._last_ms = max(self._last_ms, now_ms)
        return self._last_ms, rounds

    def read_rounds(self, round_ids: Sequence[int]) -> dict[int, RoundSnapshot]:
        return _read_rounds(self.connection, round_ids)

    def add(self, rows: Sequence[Row], now_ms: int) -> dict[str, int]:
        places = _arrays_of(rows) | {"now_ms": now_ms}
        with self.connection.pipeline():  # the locks are held for no journey of ours
            added = self.connection.execute(schema.POSTGRES.add_ballots, places)
            self.connection.commit()
        return dict(added.fetchall())

    def find(self, rows: Sequence[Row]) -> dict[Place, Found]:
        found = self.connection.execute(schema.POSTGRES.find_ballots, _arrays_of(rows))
        return {row[:3]: Found(*row[3:]) for row in found}

    def find_nonces(self, rows: Sequence[Row]) -> set[Nonce]:
        found = self.connection.execute(schema.POSTGRES.find_nonces, _arrays_of(rows))
        return set(found.fetchall())

    def end(self) -> None:
        if not self.connection.broken:
            self.connection.rollback()


def _arrays_of(rows: Sequence[Row]) -> dict[str, object]:
    """Return the columns as array literals, much faster than a list adapted item by item.

    Safe to write by hand: the box lets through only digits, hex, base32 and commas in brackets.
    """
    return {
        "round_id": "{" + ",".join([str(row.round_id) for row in rows]) + "}",
        "voter_ref": "{" + ",".join([row.voter_ref for row in rows]) + "}",
        "period": '{"' + '","'.join([row.period for row in rows]) + '"}',
        "picks": '{"' + '","'.join([row.picks for row in rows]) + '"}',
        "nonce": "{" + ",".join([row.nonce for row in rows]) + "}",
        "receipt": "{" + ",".join([row.receipt for row in rows]) + "}",
        "risk": "{" + ",".join([str(row.risk) for row in rows]) + "}",
        "conduct": '{"' + '","'.join([row.conduct for row in rows]) + '"}',
    }


def _read_rounds(
    connection: psycopg.Connection, round_ids: Sequence[int]
) -> dict[int, RoundSnapshot]:
    rows = connection.execute(schema.POSTGRES.read_rounds, {"round_ids": list(round_ids)})
    return {row[0]: snapshot_of(row) for row in rows}
