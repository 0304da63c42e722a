# SPDX-License-Identifier: Apache-2.0
"""Measure every figure beside its floor, in one run, and say whether it is reached."""

import json
import os
import platform
import sqlite3
import subprocess
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.ballots.databases import (
    postgres_database,
    postgres_inserts_per_second,
    sqlite_database,
)
from benchmarks.ballots.load import Load, send_all
from benchmarks.ballots.servers import ROOT, granian
from benchmarks.ballots.voters import ballots_of_new_voters, double_ballots, empty_posts

RESULTS = ROOT / "benchmarks" / "results" / "ballots.json"
CONNECTIONS = 1024  # a crowd; each waits for its answer before it sends again
STORM = 60_000
REPEATS = 5  # floor and ballots alternate, so that a noisy neighbour disturbs both
OUR_APP = "ballotbox.app:app"
SATURATED = 0.85  # of a core: from here on the generator may be what is measured


@dataclass(frozen=True)
class Claim:
    """One line of the result: what was measured against what it must reach."""

    name: str
    measured: float
    unit: str
    floor: str
    target: float
    at_most: bool = False

    @property
    def passed(self) -> bool:
        return self.measured <= self.target if self.at_most else self.measured >= self.target


def main() -> None:
    """Run everything, print a table, write benchmarks/results/ballots.json."""
    claims, figures = measure()
    print_table(claims, figures)
    report = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": _commit(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "figures": figures,
        "claims": [asdict(claim) | {"passed": claim.passed} for claim in claims],
    }
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def measure() -> tuple[list[Claim], dict[str, float]]:
    """Return the claims and every bare figure behind them."""
    figures: dict[str, float] = {}
    ratio, sqlite_rate = _sqlite_against_floor(figures)
    claims = [Claim("SQLite, one worker", ratio, "x", "empty POST, same server", 0.35)]
    figures["sqlite_p99_ms_at_70_percent"] = p99 = _middle(
        [_p99_at(0.7 * sqlite_rate) for _ in range(REPEATS)]
    )
    claims.append(Claim("p99 at 70 % of that load", p99, "ms", "100 ms", 100, at_most=True))
    figures["naive_django_per_s"] = naive = _naive()
    claims.append(Claim("against plain Django", sqlite_rate / naive, "x", "5 x", 5))
    figures["duplicates"] = duplicates = _duplicates()
    claims.append(
        Claim("duplicates of 10,000 double casts", duplicates, "", "none", 0, at_most=True)
    )
    with postgres_database() as url:
        if url is None:
            print("PostgreSQL is not reachable: its claim is not measured.")
        else:
            claims.append(_postgres(url, sqlite_rate, figures))
    return claims, figures


def _sqlite_against_floor(figures: dict[str, float]) -> tuple[float, float]:
    """Return the middle ratio of neighbouring storms and the middle rate."""
    floors, rates, busy = [], [], 0.0
    for _ in range(REPEATS):
        with granian("benchmarks.ballots.empty_app:app") as port:
            send_all(port, empty_posts(5_000), connections=CONNECTIONS)
            empty = send_all(port, empty_posts(STORM), connections=CONNECTIONS)
        with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
            storm = _storm(port, STORM, rows_in=path)
        floors.append(empty.rate)
        rates.append(storm.rate)
        busy = max(busy, empty.busy, storm.busy)
    figures |= {"load_generator_busy": busy}
    figures |= {"empty_post_per_s": _middle(floors), "sqlite_per_s": _middle(rates)}
    ratios = [rate / floor for rate, floor in zip(rates, floors, strict=True)]
    return _middle(ratios), _middle(rates)


def _storm(port: int, count: int, *, rows_in: str | None = None) -> Load:
    send_all(port, ballots_of_new_voters(2_000), connections=CONNECTIONS)
    load = send_all(port, ballots_of_new_voters(count), connections=CONNECTIONS)
    _expect(load, {201: count})
    if rows_in is not None and _rows(rows_in) != count + 2_000:
        raise AssertionError("Not every acknowledged ballot is in the table.")
    return load


def _p99_at(rate: float) -> float:
    count = int(rate * 3)
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        send_all(port, ballots_of_new_voters(2_000), connections=256)
        load = send_all(port, ballots_of_new_voters(count), connections=CONNECTIONS, rate=rate)
        _expect(load, {201: count})
        return load.percentile_ms(0.99)


def _naive() -> float:
    target = "benchmarks.ballots.naive:app"
    with sqlite_database() as path, granian(target, NAIVE_DATABASE=path) as port:
        send_all(port, ballots_of_new_voters(200), connections=64)
        load = send_all(port, ballots_of_new_voters(4_000), connections=64)
        _expect(load, {201: 4_000})
        return load.rate


def _duplicates() -> int:
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        load = send_all(port, double_ballots(10_000), connections=CONNECTIONS)
        _expect(load, {201: 10_000, 409: 10_000})
        return _rows(path) - 10_000


def _postgres(url: str, sqlite_rate: float, figures: dict[str, float]) -> Claim:
    figures["psycopg_batched_inserts_per_s"] = inserts = postgres_inserts_per_second(url)
    rates = []
    for _ in range(REPEATS):
        with granian(OUR_APP, workers=2, DATABASE_URL=url) as port:
            rates.append(_storm(port, STORM // 2).rate)
    figures["postgres_two_workers_per_s"] = rate = _middle(rates)
    lower = min(1.3 * sqlite_rate, 0.8 * inserts)
    floor = "1.3 x SQLite" if lower < 0.8 * inserts else "0.8 x psycopg inserts"
    return Claim("PostgreSQL, two workers", rate, "ballots/s", floor, lower)


def print_table(claims: Sequence[Claim], figures: dict[str, float]) -> None:
    """Print the result as a Markdown table."""
    print("\n| claim | measured | must reach | floor | |\n|---|---|---|---|---|")
    for claim in claims:
        sign = "at most" if claim.at_most else "at least"
        print(
            f"| {claim.name} | {claim.measured:,.2f} {claim.unit} | {sign} {claim.target:,.2f}"
            f" | {claim.floor} | {'pass' if claim.passed else '**FAIL**'} |"
        )
    print(f"\n{os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}")
    for name, value in figures.items():
        print(f"{name}: {value:,.2f}")
    if figures["load_generator_busy"] > SATURATED:
        print("The load generator was saturated: the floor is higher than measured.")


def _expect(load: Load, statuses: dict[int, int]) -> None:
    if dict(load.statuses) != statuses:
        raise AssertionError(f"Expected {statuses}, got {dict(load.statuses)}.")


def _rows(path: str) -> int:
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM campaigns_ballot").fetchone()[0])
    finally:
        connection.close()


def _middle(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def _commit() -> str:
    asked = ["git", "rev-parse", "--short", "HEAD"]
    answer = subprocess.run(asked, cwd=Path(ROOT), capture_output=True, text=True, check=False)
    return answer.stdout.strip()
