# SPDX-License-Identifier: Apache-2.0
"""The ballot box's own statements over Django's connection: jobs seal as the sequencer does.

In the caller's transaction, so that one sees what it has written and its locks hold to its end.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from ballotbox import schema
from ballotbox.store import LogRow, Unsealed


class DjangoStore:
    """The table of ballots as a sealer reads it (`ballotbox.store.SealStore`)."""

    def find_logs(self, since_ms: int) -> list[LogRow]:
        """Return the rounds with a log that ended later than that."""
        return [LogRow(*row) for row in _fetch(_statements().find_logs, since_ms=since_ms)]

    def unsealed(self, round_id: int, *, after: int, most: int) -> list[Unsealed]:
        """Return the ballots of a round behind that one."""
        rows = _fetch(_statements().unsealed, round_id=round_id, after=after, most=most)
        return [Unsealed(*row) for row in rows]

    @contextmanager
    def lease(self, round_id: int) -> Iterator[None]:
        """Keep other sealers of the round out, over all nodes, to the end of the transaction."""
        with transaction.atomic():
            if connection.vendor == "postgresql":
                _lock(schema.POSTGRES_SEAL_SPACE + round_id)
            yield


def wait_for_batches(round_id: int) -> None:
    """Wait until no batch of this round is under way; the next one sees the time after us.

    SQLite has one writer, and our transaction is it (BEGIN IMMEDIATE).
    """
    if connection.vendor == "postgresql":
        _lock(schema.POSTGRES_LOCK_SPACE + round_id)


def _lock(key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])


def _statements() -> schema.Statements:
    return schema.POSTGRES if connection.vendor == "postgresql" else schema.SQLITE


def _fetch(statement: str, **places: int) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, places)
        return list(cursor.fetchall())
