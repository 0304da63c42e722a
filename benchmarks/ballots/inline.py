# SPDX-License-Identifier: Apache-2.0
"""What the inline part costs: ballots that bring a proof of work, and the score itself."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.ballots.cpu import cpu_of_children
from benchmarks.ballots.databases import sqlite_database
from benchmarks.ballots.load import send_all
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
from benchmarks.ballots.voters import ballots_of_new_voters, ballots_with_work

SHARE_WITH_WORK = 0.9
SCORE_LIMIT_MS = 1.0
WARM_UP = 2_000
ATTEMPTS = 5_000
BUSY = 400  # people of one door in ten minutes: its history is asked for as well


def measure_inline() -> list[Row]:
    """Return the rows of the inline part."""
    pairs = sorted((_pair() for _ in range(REPEATS)), key=_ratio)
    plain, worked = pairs[REPEATS // 2]
    plain_us, worked_us = (middle([pair[k].cpu_us for pair in pairs]) for k in (0, 1))
    share = Row(
        f"every ballot with a score and a proof of work: at least {SHARE_WITH_WORK:g} × "
        "the same ballot box without",
        f"{worked.rate:,.0f} ballots/s, {worked_us:.0f} µs of CPU each",
        f"{plain.rate:,.0f} /s, {plain_us:.0f} µs",
        f"{_ratio((plain, worked)):.2f} × ({_ratio(pairs[0]):.2f}–{_ratio(pairs[-1]):.2f})",
        _ratio((plain, worked)) >= SHARE_WITH_WORK,
    )
    return [share, _score()]


@dataclass(frozen=True)
class Storm:
    """Ballots answered a second, and the server's CPU time for one, of all its processes."""

    rate: float
    cpu_us: float


def _ratio(pair: tuple[Storm, Storm]) -> float:
    plain, worked = pair
    return worked.rate / plain.rate


def _pair() -> tuple[Storm, Storm]:
    return _storm(ballots_of_new_voters), _storm(ballots_with_work)


def _storm(make: Callable[[int], list[bytes]]) -> Storm:
    with sqlite_database() as path, granian(OUR_APP, DATABASE_URL=f"sqlite:///{path}") as port:
        send_all(port, make(WARM_UP), connections=CONNECTIONS)
        requests = make(STORM // 2)
        before = cpu_of_children(os.getpid())
        load = send_all(port, requests, connections=CONNECTIONS)
        cpu_s = cpu_of_children(os.getpid()) - before
        expect(load, {201: STORM // 2})
        if rows_of(path) != STORM // 2 + WARM_UP:
            raise AssertionError("Not every acknowledged ballot is in the table.")
    return Storm(load.rate, cpu_s / (STORM // 2) * 1e6)


def _score() -> Row:
    """Time what the score adds to a paper: memory, counters, facts, judgement.

    In CPU time of the thread: what a shared machine does meanwhile is no cost of ours. That a
    citizen is known is looked up with or without a score.
    """
    with tempfile.TemporaryDirectory() as folder:
        middle_ms, late_ms = _time_scores(Path(folder))
    return Row(
        f"the score of one paper by a busy door, with its look-ups: within {SCORE_LIMIT_MS:g} ms",
        f"{middle_ms:.2f} ms of CPU (99 of 100 within {late_ms:.2f} ms)",
        f"at most {SCORE_LIMIT_MS:g} ms",
        f"{middle_ms / SCORE_LIMIT_MS:.2f}",
        middle_ms <= SCORE_LIMIT_MS,
    )


def _time_scores(folder: Path) -> tuple[float, float]:
    os.environ["DJANGO_SETTINGS_MODULE"] = "minyi.config.settings.dev"
    os.environ["MINYI_VAR_DIR"] = str(folder)
    import django

    django.setup()
    from django.db import connection

    from minyi.integrity.models import KnownDoor, KnownVoter

    with connection.schema_editor() as tables:
        for model in (KnownDoor, KnownVoter):
            tables.create_model(model)
    now = datetime.now(UTC)
    times = [_time_one(f"citizen-{number}", now) for number in range(ATTEMPTS)]
    times = sorted(times[BUSY:])
    return statistics.median(times), times[int(len(times) * 0.99)]


def _time_one(citizen_id: str, now: datetime) -> float:
    from minyi.integrity.browsers import door_of
    from minyi.integrity.queries.memory import recall
    from minyi.integrity.services.doors import Asking, count_paper
    from minyi.integrity.services.facts import gather_facts
    from minyi.integrity.services.visits import Circumstances
    from minyi.integrity.verdicts import Attempt, judge

    began = time.thread_time()
    seen = Circumstances("203.0.113.9", "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50")
    asking = Asking(door_of(seen.address), citizen_id)
    past = recall(f"wechat:account:{citizen_id}")
    facts = gather_facts(seen=seen, asking=asking, known_since=now, struck=past.struck, now=now)
    judge(Attempt("wechat", citizen_id, is_known=True, facts=facts))
    count_paper(asking, is_first=True, now=now)
    return (time.thread_time() - began) * 1000
