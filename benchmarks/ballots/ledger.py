# SPDX-License-Identifier: Apache-2.0
"""What the public log costs: the same storm without and with a proof in every answer."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from votelog import encode_canonical, peek_checkpoint, public_of

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


_CAMPAIGN_KEY = bytes(range(32))


@dataclass(frozen=True)
class Storm:
    """What came back, and the CPU time of the server for a ballot, in µs."""

    load: Load
    cost_us: float


@dataclass(frozen=True)
class Round:
    """Three neighbouring storms: without a log, with one, with one whose choices are sealed."""

    plain: Storm
    logged: Storm
    sealed: Storm

    def ratio(self, kind: str) -> float:
        """Return the rate of `logged` or `sealed` as a share of the rate without a log."""
        storm: Storm = getattr(self, kind)
        return storm.load.rate / self.plain.load.rate


def measure_ledger() -> tuple[list[Row], str]:
    """Return the rows of the log, and a sentence for the note."""
    rounds = [_round() for _ in range(REPEATS)]
    shares = [
        _share(rounds, "logged", "with the public log and a proof in every answer"),
        _share(rounds, "sealed", "the same with every choice sealed before it is stored"),
    ]
    plain, logged, sealed = (
        middle([getattr(one, kind).cost_us for one in rounds])
        for kind in ("plain", "logged", "sealed")
    )
    against_clear = middle([one.ratio("sealed") / one.ratio("logged") for one in rounds])
    note = (
        f"With the public log the server spent {logged:.0f} µs of CPU on a ballot, without "
        f"{plain:.0f} µs, with sealed choices {sealed:.0f} µs (all threads and both processes, "
        f"middle of {REPEATS} storms each). Sealed votes ran at {against_clear:.2f} × the clear "
        f"ones; load average then {os.getloadavg()[0]:.1f}."
    )
    logged_rate = middle([one.logged.load.rate for one in rounds])
    return [*shares, _latency(0.7 * logged_rate)], note


def _share(rounds: list[Round], kind: str, words: str) -> Row:
    ordered = sorted(rounds, key=lambda one: one.ratio(kind))
    ratios = [one.ratio(kind) for one in ordered]
    chosen, ratio = ordered[REPEATS // 2], ratios[REPEATS // 2]
    storm: Storm = getattr(chosen, kind)
    return Row(
        f"{words}: at least {SHARE_WITHOUT_LOG:g} × the same ballot box without",
        f"{storm.load.rate:,.0f} ballots/s",
        f"{chosen.plain.load.rate:,.0f} /s",
        f"{ratio:.2f} × ({ratios[0]:.2f}–{ratios[-1]:.2f})",
        ratio >= SHARE_WITHOUT_LOG,
    )


def _round() -> Round:
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        plain = _storm(port)
        _expect_stored(path, STORM + WARM_UP)
    return Round(plain, _storm_into_log(seals=False), _storm_into_log(seals=True))


def _storm_into_log(*, seals: bool) -> Storm:
    with _logged(seals=seals) as (path, log, port):
        storm = _storm(port)
        _expect_stored(path, STORM + WARM_UP)
        if peek_checkpoint((log / "checkpoint").read_bytes()).size != STORM + WARM_UP + 1:
            raise AssertionError("Not every acknowledged ballot is in the log.")
        if seals != _is_sealed(path):
            raise AssertionError("The choices are not stored as they should be.")
    return storm


def _is_sealed(path: str) -> bool:
    connection = sqlite3.connect(path)
    try:
        (clear,) = connection.execute(
            "SELECT count(*) FROM campaigns_ballot WHERE picks LIKE '[%'"
        ).fetchone()
    finally:
        connection.close()
    return clear == 0


def _storm(port: int) -> Storm:
    send_all(port, ballots_of_new_voters(WARM_UP), connections=CONNECTIONS)
    ballots = ballots_of_new_voters(STORM)
    before = cpu_of_children(os.getpid())
    load = send_all(port, ballots, connections=CONNECTIONS)
    spent = cpu_of_children(os.getpid()) - before
    expect(load, {201: STORM})
    return Storm(load, spent / STORM * 1e6)


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
    with _logged(seals=False) as (_path, _log, port):
        send_all(port, ballots_of_new_voters(WARM_UP), connections=256)
        load = send_all(port, ballots_of_new_voters(count), connections=CONNECTIONS, rate=rate)
        expect(load, {201: count})
        return load.percentile_ms(0.99)


@contextmanager
def _logged(*, seals: bool) -> Iterator[tuple[str, Path, int]]:
    """Serve a database whose round has a log; yield the file, the log's folder and the port."""
    manifest = _MANIFEST | ({"seal": public_of(_CAMPAIGN_KEY).hex()} if seals else {})
    with sqlite_database() as path:
        ledger = Path(path).parent / "ledger"
        make_signer(ledger / "storm", "127.0.0.1/ledger/storm", key=LEDGER_KEY.encode())
        connection = sqlite3.connect(path)
        with connection:
            connection.execute(
                "UPDATE campaigns_round SET log = 'storm', manifest = ?, hides_choices = ?",
                (encode_canonical(manifest).decode(), seals),
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
