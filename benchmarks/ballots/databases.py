# SPDX-License-Identifier: Apache-2.0
"""Databases of the benchmark: scratch files, and a scratch schema that is dropped afterwards."""

import multiprocessing
import os
import sqlite3
import tempfile
import time
from base64 import b32encode
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import psycopg

from ballotbox.tests.tables import ONE_BALLOT, POSTGRES_TABLES, SQLITE_TABLES

POSTGRES_URL = os.environ.get("DATABASE_URL_PG", "postgresql://postgres@127.0.0.1:5432/")
SCHEMA = f"ballotbox_bench_{os.getpid()}"
INSERTERS, BATCHES, BATCH = 2, 20, 1_000
_INSERT = """
INSERT INTO campaigns_ballot
       (round_id, voter_ref, period, picks, nonce, receipt, risk, conduct, cast_ms)
VALUES (1, %s, '', '[3,7]', %s, %s, 0, '', %s)
"""
_ROUND = """
INSERT INTO campaigns_round
       (id, slug, opens_ms, closes_ms, paused, min_picks, max_picks, frequency, candidates)
VALUES (1, 'storm', 0, 9999999999999, false, 1, 3, 'campaign', '[1, 2, 3, 4, 5, 6, 7, 8, 9]')
"""


@contextmanager
def sqlite_database() -> Iterator[str]:
    """Yield the path of a fresh file; beside the checkout, so on a disk and not in memory."""
    with tempfile.TemporaryDirectory(prefix="ballots-", dir=Path(__file__).parent) as folder:
        path = f"{folder}/ballots.sqlite3"
        connection = sqlite3.connect(path)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SQLITE_TABLES + ONE_BALLOT)
        with connection:
            connection.execute(_ROUND)
        connection.close()
        yield path


@contextmanager
def postgres_database() -> Iterator[str | None]:
    """Yield a URL into a fresh schema, or None where no PostgreSQL answers."""
    try:
        connection = psycopg.connect(POSTGRES_URL, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        yield None
        return
    with connection:
        connection.execute(f"CREATE SCHEMA {SCHEMA}")
        try:
            connection.execute(f"SET search_path = {SCHEMA}")
            connection.execute(POSTGRES_TABLES + ONE_BALLOT)
            connection.execute(_ROUND)
            mark = "&" if "?" in POSTGRES_URL else "?"
            yield f"{POSTGRES_URL}{mark}options=-csearch_path%3D{SCHEMA}"
        finally:
            connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")


def empty_postgres(url: str) -> None:
    """Take all ballots out of the scratch schema."""
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE campaigns_ballot")


def postgres_inserts_per_second(url: str) -> float:
    """Return the floor: the same rows into the same table by psycopg alone, nobody answered.

    Two connections, each in a process of its own as our workers are; executemany, a commit for
    each batch. Table, constraints and indexes are the product's.
    """
    context = multiprocessing.get_context("fork")
    start, results = context.Barrier(INSERTERS), context.SimpleQueue()
    inserters = [
        context.Process(target=_insert, args=(url, start, results)) for _ in range(INSERTERS)
    ]
    for inserter in inserters:
        inserter.start()
    times = [results.get() for _ in inserters]
    for inserter in inserters:
        inserter.join()
    began, ended = min(began for began, _ in times), max(ended for _, ended in times)
    return INSERTERS * BATCHES * BATCH / (ended - began)


def _insert(url: str, start: Barrier, results: "SimpleQueue[tuple[float, float]]") -> None:
    batches = [[_row() for _ in range(BATCH)] for _ in range(BATCHES)]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        start.wait()
        began = time.perf_counter()
        for batch in batches:
            cursor.executemany(_INSERT, batch)
            connection.commit()
        results.put((began, time.perf_counter()))


def _row() -> tuple[object, ...]:
    receipt = b32encode(os.urandom(15)).decode()[:20]
    return (os.urandom(16).hex(), os.urandom(16).hex(), receipt, time.time_ns() // 1_000_000)
