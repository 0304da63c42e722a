# SPDX-License-Identifier: Apache-2.0
"""Several workers at one outbox, on both databases; and a worker killed at work."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from ballotbox.tests.given import POSTGRES_URL, postgres_is_reachable

pytestmark = pytest.mark.once

AT_WORK = Path(__file__).with_name("outbox_at_work.py")
LEASE_S = 2
ADD = (
    "INSERT INTO core_outboxmessage (topic, key, payload, state, asked_at, due_at, attempts,"
    " leased_by, reason) VALUES ('race', {0}, {0}, 'waiting', {0}, {0}, 0, '', '')"
)


class Outbox:
    """An empty outbox of our own, and the workers at it."""

    def __init__(self, url: str, folder: Path, stack: ExitStack) -> None:
        self._url = url
        self._diary = folder / "diary.txt"
        self._stack = stack
        clean = {n: v for n, v in os.environ.items() if not n.startswith(("MINYI_", "REDIS"))}
        self._environment = {**clean, "DATABASE_URL": url}

    def migrate(self) -> None:
        command = [sys.executable, str(AT_WORK), "migrate"]
        subprocess.run(command, env=self._environment, check=True)

    def put(self, count: int, *, takes_s: float) -> None:
        now = datetime.now(UTC)
        rows = [(f"m{n}", json.dumps({"takes_s": takes_s})) for n in range(count)]
        if self._url.startswith("sqlite"):
            stamp = now.replace(tzinfo=None).isoformat(" ")
            path = self._url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
                connection.executemany(ADD.format("?"), [(*row, stamp, stamp) for row in rows])
            return
        with psycopg.connect(self._url) as connection, connection.cursor() as cursor:
            cursor.executemany(ADD.format("%s"), [(*row, now, now) for row in rows])

    def empty(self) -> None:
        if self._url.startswith("sqlite"):
            path = self._url.removeprefix("sqlite:///")
            with closing(sqlite3.connect(path, timeout=10)) as connection, connection:
                connection.execute("DELETE FROM core_outboxmessage")
            return
        with psycopg.connect(self._url) as connection:
            connection.execute("DELETE FROM core_outboxmessage")

    def start_worker(self, *, lease_s: float = LEASE_S) -> "subprocess.Popen[bytes]":
        command = [sys.executable, str(AT_WORK), str(self._diary), str(lease_s)]
        process = subprocess.Popen(command, env=self._environment)
        self._stack.callback(self._end, process)
        return process

    def words(self, word: str) -> list[tuple[str, int]]:
        """Which message by which process: every line of the diary that begins so."""
        if not self._diary.exists():
            return []
        lines = [line.split() for line in self._diary.read_text().splitlines()]
        return [(key, int(pid)) for said, key, pid in lines if said == word]

    def wait_for(self, word: str, count: int, *, limit_s: float = 40) -> float:
        """Wait until that many lines say so; return how long it took."""
        began = time.monotonic()
        while len(self.words(word)) < count:
            assert time.monotonic() - began < limit_s, self._diary.read_text()
            time.sleep(0.02)
        return time.monotonic() - began

    def _end(self, process: "subprocess.Popen[bytes]") -> None:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)]
)
def database(request, tmp_path_factory) -> Iterator[str]:
    """A database with the outbox in it, made once for all tests here."""
    folder = tmp_path_factory.mktemp("outbox")
    with ExitStack() as stack:
        if request.param == "sqlite":
            url = f"sqlite:///{folder / 'outbox.sqlite3'}"
        else:
            if not postgres_is_reachable():
                pytest.skip("no PostgreSQL reachable (DATABASE_URL_PG)")
            name = f"outbox_test_{os.getpid()}_{os.urandom(4).hex()}"
            _order(f"CREATE DATABASE {name}")
            stack.callback(_order, f"DROP DATABASE {name} WITH (FORCE)")
            url = urlsplit(POSTGRES_URL)._replace(path=f"/{name}").geturl()
        Outbox(url, folder, stack).migrate()
        yield url


@pytest.fixture
def outbox(database, tmp_path) -> Iterator[Outbox]:
    """Workers of this test alone at an outbox that is empty again afterwards."""
    with ExitStack() as stack:
        outbox = Outbox(database, tmp_path, stack)
        stack.callback(outbox.empty)  # after the workers have ended
        yield outbox


def _order(sql: str) -> None:
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(sql)


def begun(outbox: Outbox) -> Counter[str]:
    return Counter(key for key, _pid in outbox.words("begin"))


def test_two_workers_share_the_work_and_run_nothing_twice(outbox):
    for _ in range(2):
        outbox.start_worker()
    outbox.wait_for("ready", 2)
    outbox.put(60, takes_s=0.1)
    outbox.wait_for("end", 60)
    time.sleep(LEASE_S)  # whatever was still free would be taken now
    assert set(begun(outbox).values()) == {1}
    assert len({pid for _key, pid in outbox.words("end")}) == 2


def test_without_the_lease_they_do_run_things_twice(outbox):
    for _ in range(2):
        outbox.start_worker(lease_s=0)
    outbox.wait_for("ready", 2)
    outbox.put(4, takes_s=1.5)
    outbox.wait_for("end", 4)
    assert max(begun(outbox).values()) > 1


def test_work_longer_than_the_lease_stays_with_the_worker_that_is_alive(outbox):
    for _ in range(2):
        outbox.start_worker(lease_s=1)
    outbox.wait_for("ready", 2)
    outbox.put(1, takes_s=4)
    outbox.wait_for("end", 1)
    assert begun(outbox) == {"m0": 1}


def test_what_a_killed_worker_had_in_hand_is_done_by_another_after_the_lease(outbox):
    first = outbox.start_worker()
    outbox.put(1, takes_s=3)
    outbox.wait_for("begin", 1)
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = outbox.start_worker()
    outbox.wait_for("end", 1)
    assert [pid for _key, pid in outbox.words("begin")] == [first.pid, second.pid]
    assert [pid for _key, pid in outbox.words("end")] == [second.pid]


def test_a_worker_told_to_stop_finishes_what_it_has_in_hand(outbox):
    worker = outbox.start_worker()
    outbox.put(1, takes_s=2)
    outbox.wait_for("begin", 1)
    worker.terminate()
    assert worker.wait(20) == 0
    assert len(outbox.words("end")) == 1
