# SPDX-License-Identifier: Apache-2.0
"""Measure every figure beside its floor, in one run, and say whether it is reached."""

import json
import os
import sys
from dataclasses import asdict, dataclass
from typing import Any

from benchmarks.ballots.databases import (
    empty_postgres,
    postgres_database,
    postgres_inserts_per_second,
    sqlite_database,
)
from benchmarks.ballots.inline import measure_inline
from benchmarks.ballots.ledger import measure_ledger
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
from benchmarks.ballots.servers import ROOT, granian
from benchmarks.ballots.voters import ballots_of_new_voters, double_ballots, empty_posts

RESULTS = ROOT / "benchmarks" / "results" / "ballots.json"
SHARE_OF_FLOOR, TIMES_NAIVE, LIMIT_MS = 0.35, 5.0, 100
TIMES_SQLITE, SHARE_OF_INSERTS = 1.3, 0.8
LEDGER_NOTE = "With the public log"  # how the sentence about it begins in the note
SATURATED = 0.85  # of a core: from here on the generator may be what is measured


def main() -> None:
    """Run everything, print it, write benchmarks/results/ballots.json.

    With the argument `ledger` only the rows of the public log are measured anew, with `inline`
    only those of the inline part.
    """
    if sys.argv[1:] == ["inline"]:
        result = json.loads(RESULTS.read_text(encoding="utf-8"))
        _publish(_renewed(result["rows"], measure_inline()), result["note"])
        return
    if sys.argv[1:] == ["ledger"]:
        result = json.loads(RESULTS.read_text(encoding="utf-8"))
        old_rows, note = result["rows"], result["note"].partition(LEDGER_NOTE)[0].rstrip()
    else:
        old_rows, note = _measure_without_log()
    rows, sentence = measure_ledger()
    _publish(
        _renewed(old_rows, [*rows, *measure_inline()]),
        f"{note} {LEDGER_NOTE}{sentence.removeprefix(LEDGER_NOTE)}",
    )


def _renewed(old: list[dict[str, Any]], rows: list[Row]) -> list[dict[str, Any]]:
    claims = {row.claim for row in rows}
    return [*(row for row in old if row["claim"] not in claims), *map(asdict, rows)]


def _measure_without_log() -> tuple[list[dict[str, Any]], str]:
    rows, busy = measure()
    note = (
        f"{CONNECTIONS} connections, each voter new, every ballot flushed to disk before its "
        f"answer; of {REPEATS} neighbouring pairs of floor and ballots the one with the middle "
        f"ratio counts. The load generator used {busy:.0%} of a core, the machine's load average "
        f"was {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )
    if busy > SATURATED:
        note += " The generator was saturated: the floor is higher than measured."
    return [asdict(row) for row in rows], note


def _publish(rows: list[dict[str, Any]], note: str) -> None:
    result = {"title": "Ballots", "rows": rows, "note": note}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        verdict = "met" if row["met"] else "NOT MET"
        measured = f"{row['measured']} against {row['floor']}: {row['ratio']}"
        print(f"{row['claim']}: {measured} ({verdict})")
    print(note)


def measure() -> tuple[list[Row], float]:
    """Return the rows and the share of a core the load generator used."""
    pairs = sorted((_floor_and_storm() for _ in range(REPEATS)), key=_ratio)
    empty, storm = pairs[REPEATS // 2]
    rate = storm.rate
    first = Row(
        f"SQLite, one worker: at least {SHARE_OF_FLOOR:g} × empty POSTs of the same server",
        f"{rate:,.0f} ballots/s",
        f"{empty.rate:,.0f} /s",
        f"{rate / empty.rate:.2f} × ({_ratio(pairs[0]):.2f}–{_ratio(pairs[-1]):.2f})",
        rate >= SHARE_OF_FLOOR * empty.rate,
    )
    rows = [first, _latency(0.7 * rate), _against_naive(rate), _duplicates()]
    with postgres_database() as url:
        if url is None:
            print("PostgreSQL is not reachable: its claim is not measured.")
        else:
            rows.append(_postgres(url))
    return rows, max(load.busy for pair in pairs for load in pair)


def _ratio(pair: tuple[Load, Load]) -> float:
    floor, measured = pair
    return measured.rate / floor.rate


def _floor_and_storm() -> tuple[Load, Load]:
    with granian("benchmarks.ballots.empty_app:app") as port:
        send_all(port, empty_posts(5_000), connections=CONNECTIONS)
        empty = send_all(port, empty_posts(STORM), connections=CONNECTIONS)
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        return empty, _storm(port, STORM, rows_in=path)


def _storm(port: int, count: int, *, rows_in: str | None = None) -> Load:
    send_all(port, ballots_of_new_voters(2_000), connections=CONNECTIONS)
    load = send_all(port, ballots_of_new_voters(count), connections=CONNECTIONS)
    expect(load, {201: count})
    if rows_in is not None and rows_of(rows_in) != count + 2_000:
        raise AssertionError("Not every acknowledged ballot is in the table.")
    return load


def _latency(rate: float) -> Row:
    p99 = middle([_p99_at(rate) for _ in range(REPEATS)])
    return Row(
        f"99 of 100 answered within {LIMIT_MS} ms at 70 % of that load",
        f"{p99:.0f} ms at {rate:,.0f} ballots/s",
        f"at most {LIMIT_MS} ms",
        f"{p99 / LIMIT_MS:.2f}",
        p99 <= LIMIT_MS,
    )


def _p99_at(rate: float) -> float:
    count = int(rate * 3)
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        send_all(port, ballots_of_new_voters(2_000), connections=256)
        load = send_all(port, ballots_of_new_voters(count), connections=CONNECTIONS, rate=rate)
        expect(load, {201: count})
        return load.percentile_ms(0.99)


def _against_naive(rate: float) -> Row:
    target = "benchmarks.ballots.naive:app"
    with sqlite_database() as path, granian(target, NAIVE_DATABASE=path) as port:
        send_all(port, ballots_of_new_voters(200), connections=64)
        load = send_all(port, ballots_of_new_voters(4_000), connections=64)
        expect(load, {201: 4_000})
    return Row(
        f"at least {TIMES_NAIVE:g} × a plain Django view with Model.objects.create()",
        f"{rate:,.0f} ballots/s",
        f"{load.rate:,.0f} /s",
        f"{rate / load.rate:.1f} ×",
        rate >= TIMES_NAIVE * load.rate,
    )


def _duplicates() -> Row:
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        load = send_all(port, double_ballots(10_000), connections=CONNECTIONS)
        expect(load, {201: 10_000, 409: 10_000})
        duplicates = rows_of(path) - 10_000
    claim = "duplicates left by 10,000 simultaneous double submissions"
    return Row(claim, str(duplicates), "none", "–", duplicates == 0)


@dataclass(frozen=True)
class Trio:
    """Neighbouring storms into SQLite and PostgreSQL, and the bare inserts; all per second."""

    sqlite: float
    inserts: float
    postgres: float

    @property
    def wanted(self) -> float:
        """The lower of the two things that are enough."""
        return min(TIMES_SQLITE * self.sqlite, SHARE_OF_INSERTS * self.inserts)


def _postgres(url: str) -> Row:
    trios = sorted((_trio(url) for _ in range(REPEATS)), key=lambda one: one.postgres / one.wanted)
    trio = trios[REPEATS // 2]
    by_sqlite = trio.wanted == TIMES_SQLITE * trio.sqlite
    words = (
        f"{TIMES_SQLITE:g} × {trio.sqlite:,.0f} on SQLite"
        if by_sqlite
        else f"{SHARE_OF_INSERTS:g} × {trio.inserts:,.0f} batched inserts/s"
    )
    return Row(
        f"PostgreSQL, two workers: at least {TIMES_SQLITE:g} × SQLite, or within 20 % of batched "
        "psycopg inserts over two connections, whichever is lower",
        f"{trio.postgres:,.0f} ballots/s",
        f"{trio.wanted:,.0f} /s ({words})",
        f"{trio.postgres / trio.sqlite:.2f} × SQLite, {trio.postgres / trio.inserts:.2f} × inserts",
        trio.postgres >= trio.wanted,
    )


def _trio(url: str) -> Trio:
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        embedded = _storm(port, STORM // 2, rows_in=path)
    empty_postgres(url)  # each of the three begins with an empty table
    inserts = postgres_inserts_per_second(url)
    empty_postgres(url)
    with granian(OUR_APP, workers=2, DATABASE_URL=url) as port:
        return Trio(embedded.rate, inserts, _storm(port, STORM // 2).rate)
