# SPDX-License-Identifier: Apache-2.0
"""Ballots in SQLite: write-ahead log, a flush to disk per batch, one statement per batch."""

import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import quote

import msgspec

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

BUSY_S = 5.0  # how long to wait for another writer of the same file
# Checkpoints stay at SQLite's own 1,000 pages: at 8,000 a storm ran a little faster, but every
# checkpoint held the batch behind it up for 0.1 s.
CACHE_KIB = 32_000

_json = msgspec.json.Encoder()
_read_ids = msgspec.json.Decoder(dict[str, int]).decode


class SqliteStore:
    """One connection writes, another reads rounds; each belongs to the thread that first uses it.

    The whole batch goes in as one JSON text: while SQLite works through it the interpreter lock
    is free, so that the event loop reads the next ballots meanwhile. A statement per ballot
    would ask for that lock thousands of times and wait for the loop each time.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._writing: _SqliteTransaction | None = None
        self._reading: sqlite3.Connection | None = None

    def check_schema(self) -> None:
        """Refuse a database without our columns."""
        connection = self._open()
        try:
            check_schema(
                lambda table: [
                    row[0] for row in connection.execute(schema.SQLITE.columns_of, {"table": table})
                ]
            )
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error
        finally:
            connection.close()

    def add_ballots(self, ballots: Sequence[Ballot]) -> list[Outcome]:
        """Commit a batch; call it from one thread only."""
        try:
            return commit_ballots(self._writer(), ballots)
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def read_round(self, round_id: int) -> RoundSnapshot | None:
        """Read one round; call it from one thread only."""
        try:
            if self._reading is None:
                self._reading = self._open()
            return _read_rounds(self._reading, [round_id]).get(round_id)
        except sqlite3.Error as error:
            raise StoreUnavailable(str(error)) from error

    def find_logs(self, since_ms: int) -> list[LogRow]:
        """Return the rounds with a log that ended later than that; on the writing thread."""
        rows = self._writer().connection.execute(schema.SQLITE.find_logs, {"since_ms": since_ms})
        return [LogRow(*row) for row in rows]

    def unsealed(self, round_id: int, *, after: int, most: int) -> list[Unsealed]:
        """Return the ballots of a round behind that one; on the writing thread."""
        places = {"round_id": round_id, "after": after, "most": most}
        return [
            Unsealed(*row)
            for row in self._writer().connection.execute(schema.SQLITE.unsealed, places)
        ]

    @contextmanager
    def lease(self, round_id: int) -> Iterator[None]:
        """Nothing to do: on one machine the lock of the log's folder is enough."""
        yield

    def close(self) -> None:
        """Close both connections, after their threads have ended."""
        if self._writing is not None:
            self._writing.connection.close()
        if self._reading is not None:
            self._reading.close()
        self._writing = self._reading = None

    def _writer(self) -> "_SqliteTransaction":
        if self._writing is None:
            self._writing = _SqliteTransaction(self._open())
        return self._writing

    def _open(self) -> sqlite3.Connection:
        try:
            connection = sqlite3.connect(
                f"file:{quote(self._path)}?mode=rw",  # a missing file is an error, not a new file
                uri=True,
                timeout=BUSY_S,
                isolation_level=None,
                check_same_thread=False,
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        except sqlite3.Error as error:
            raise StoreUnavailable(f"{self._path}: {error}") from error
        return connection


class _SqliteTransaction:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._last_ms = 0

    def begin(self, round_ids: Sequence[int]) -> tuple[int, dict[int, RoundSnapshot]]:
        self.connection.execute("BEGIN IMMEDIATE")
        # A clock that is set back must not give a later ballot an earlier time.
        self._last_ms = max(self._last_ms, time.time_ns() // 1_000_000)
        return self._last_ms, self.read_rounds(round_ids)

    def read_rounds(self, round_ids: Sequence[int]) -> dict[int, RoundSnapshot]:
        return _read_rounds(self.connection, round_ids)

    def add(self, rows: Sequence[Row], now_ms: int) -> dict[str, int]:
        (last_id,) = self.connection.execute(schema.SQLITE_LAST_ID).fetchone()
        places = {"ballots": _json.encode(rows).decode(), "now_ms": now_ms}
        self.connection.execute(schema.SQLITE.add_ballots, places)
        (added,) = self.connection.execute(
            schema.SQLITE_ADDED_SINCE, {"last_id": last_id}
        ).fetchone()
        self.connection.execute("COMMIT")
        return _read_ids(added)

    def find(self, rows: Sequence[Row]) -> dict[Place, Found]:
        places = {"ballots": _json.encode(rows).decode()}
        found = self.connection.execute(schema.SQLITE.find_ballots, places)
        return {row[:3]: Found(*row[3:]) for row in found}

    def find_nonces(self, rows: Sequence[Row]) -> set[Nonce]:
        places = {"ballots": _json.encode(rows).decode()}
        return set(self.connection.execute(schema.SQLITE.find_nonces, places))

    def end(self) -> None:
        if self.connection.in_transaction:
            self.connection.execute("ROLLBACK")


def _read_rounds(
    connection: sqlite3.Connection, round_ids: Sequence[int]
) -> dict[int, RoundSnapshot]:
    places = {"round_ids": _json.encode(round_ids).decode()}
    rows = connection.execute(schema.SQLITE.read_rounds, places)
    return {row[0]: snapshot_of(row) for row in rows}
