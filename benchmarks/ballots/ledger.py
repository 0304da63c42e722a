# SPDX-License-Identifier: Apache-2.0
"""What the public log costs: the same storm without and with a proof in every answer."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from votelog import encode_canonical, peek_checkpoint

from ballotbox.logkeys import make_signer
from benchmarks.ballots.cpu import cpu_of_children
from benchmarks.ballots.databases import sqlite_database
from benchmarks.ballots.load import Load, send_all
from benchmarks.ballots.rows import (
    CONNECTIONS,
    OUR_APP,
    REPEATS,
    STORM,
    Row,
    expect,
    middle,
    rows_of,
)
from benchmarks.ballots.servers import granian
from benchmarks.ballots.voters import ballots_of_new_voters

SHARE_WITHOUT_LOG, LOGGED_LIMIT_MS = 0.7, 600
WARM_UP = 2_000
LEDGER_KEY = "benchmark-ledger-key-of-32-bytes"
_MANIFEST = {
    "type": "manifest",
    "v": 1,
    "campaign": "storm",
    "candidates": [f"{number:03d}" for number in range(1, 10)],
    "opens": 0,
    "closes": 9_999_999_999_999,
    "zone": 480,
    "ph": "a" * 64,
    "rules": "b" * 64,
    "rule": {"per": "campaign", "min": 1, "max": 3},
    "tag_key": "c" * 64,
    "policy": "d" * 64,
    "code": "benchmark",
    "screening": "0",
    "appeal": 9_999_999_999_999,
}


@dataclass(frozen=True)
class Pair:
    """Two neighbouring storms, and the CPU time of the server for a ballot of each, in µs."""

    plain: Load
    logged: Load
    plain_us: float
    logged_us: float

    @property
    def ratio(self) -> float:
        return self.logged.rate / self.plain.rate


def measure_ledger() -> tuple[list[Row], str]:
    """Return the rows of the log, and a sentence for the note."""
    pairs = sorted((_pair() for _ in range(REPEATS)), key=lambda pair: pair.ratio)
    pair = pairs[REPEATS // 2]
    plain_us = middle([one.plain_us for one in pairs])
    logged_us = middle([one.logged_us for one in pairs])
    share = Row(
        f"with the public log and a proof in every answer: at least {SHARE_WITHOUT_LOG:g} × "
        "the same ballot box without",
        f"{pair.logged.rate:,.0f} ballots/s",
        f"{pair.plain.rate:,.0f} /s",
        f"{pair.ratio:.2f} × ({pairs[0].ratio:.2f}–{pairs[-1].ratio:.2f})",
        pair.ratio >= SHARE_WITHOUT_LOG,
    )
    note = (
        f"With the public log the server spent {logged_us:.0f} µs of CPU on a ballot, without "
        f"{plain_us:.0f} µs (all threads and both processes, middle of {REPEATS} storms each); "
        f"load average then {os.getloadavg()[0]:.1f}."
    )
    return [share, _latency(0.7 * pair.logged.rate)], note


def _pair() -> Pair:
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        plain, plain_us = _storm(port)
        _expect_stored(path, STORM + WARM_UP)
    with _logged() as (path, log, port):
        logged, logged_us = _storm(port)
        _expect_stored(path, STORM + WARM_UP)
        if peek_checkpoint((log / "checkpoint").read_bytes()).size != STORM + WARM_UP + 1:
            raise AssertionError("Not every acknowledged ballot is in the log.")
    return Pair(plain, logged, plain_us, logged_us)


def _storm(port: int) -> tuple[Load, float]:
    send_all(port, ballots_of_new_voters(WARM_UP), connections=CONNECTIONS)
    ballots = ballots_of_new_voters(STORM)
    before = cpu_of_children(os.getpid())
    load = send_all(port, ballots, connections=CONNECTIONS)
    spent = cpu_of_children(os.getpid()) - before
    expect(load, {201: STORM})
    return load, spent / STORM * 1e6


def _latency(rate: float) -> Row:
    p99 = middle([_p99_at(rate) for _ in range(REPEATS)])
    return Row(
        f"with the public log: 99 of 100 answered within {LOGGED_LIMIT_MS} ms at 70 % of that load",
        f"{p99:.0f} ms at {rate:,.0f} ballots/s",
        f"at most {LOGGED_LIMIT_MS} ms",
        f"{p99 / LOGGED_LIMIT_MS:.2f}",
        p99 <= LOGGED_LIMIT_MS,
    )


def _p99_at(rate: float) -> float:
    count = int(rate * 3)
    with _logged() as (_path, _log, port):
        send_all(port, ballots_of_new_voters(WARM_UP), connections=256)
        load = send_all(port, ballots_of_new_voters(count), connections=CONNECTIONS, rate=rate)
        expect(load, {201: count})
        return load.percentile_ms(0.99)


@contextmanager
def _logged() -> Iterator[tuple[str, Path, int]]:
    """Serve a database whose round has a log; yield the file, the log's folder and the port."""
    with sqlite_database() as path:
        ledger = Path(path).parent / "ledger"
        make_signer(ledger / "storm", "127.0.0.1/ledger/storm", key=LEDGER_KEY.encode())
        connection = sqlite3.connect(path)
        with connection:
            connection.execute(
                "UPDATE campaigns_round SET log = 'storm', manifest = ?",
                (encode_canonical(_MANIFEST).decode(),),
            )
        connection.close()
        with granian(
            OUR_APP,
            DATABASE_URL=f"sqlite:///{path}",
            MINYI_LEDGER_DIR=str(ledger),
            MINYI_LEDGER_KEY=LEDGER_KEY,
        ) as port:
            yield path, ledger / "storm", port


def _expect_stored(path: str, count: int) -> None:
    if rows_of(path) != count:
        raise AssertionError("Not every acknowledged ballot is in the table.")
