# SPDX-License-Identifier: Apache-2.0
"""Screening: every ten minutes, and once more after the close, the engine looks at all ballots.

It runs in a process of its own (Polars never enters ours) from the outbox, topic
`campaigns.screening`. What it finds is held for review, never struck out: that takes two people.
A ballot on which there has been a ruling is left to people for good. Where the table holds choices
sealed there is one look, after the opening.
"""

import csv
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from minyi.campaigns.models import Round, Ruling
from minyi.campaigns.queries.events import write_events
from minyi.core import outbox
from minyi.core.actors import SYSTEM
from minyi.ledger.fold import COUNTED
from minyi.ledger.queries.logs import tally
from minyi.ledger.queries.proofs import find_places

from . import adjudication
from .roundlogs import CLOSE_AFTER, has_begun

TOPIC = "campaigns.screening"
EVERY = timedelta(minutes=10)
LONGEST = timedelta(minutes=8)
FEWEST = 50  # with fewer ballots there is nothing to compare them with


def schedule(*, paper: Round, now: datetime) -> None:
    """Ask for the first look of a vote; the later ones follow from it."""
    outbox.send(
        topic=TOPIC,
        key=f"{paper.pk}:{paper.closes_ms}",
        payload={"round": paper.pk, "closes_ms": paper.closes_ms},
        now=now,
        due_at=_moment(paper.opens_ms, now) + EVERY,
    )


def schedule_opened(*, paper: Round, now: datetime) -> None:
    """Ask for the one look of a vote whose choices have just been opened."""
    outbox.send(
        topic=TOPIC,
        key=f"{paper.pk}:opened",
        payload={"round": paper.pk, "closes_ms": paper.closes_ms},
        now=now,
    )


@outbox.consumer(TOPIC)
def screen_again(delivery: outbox.Delivery) -> None:
    """Look now, and again in ten minutes until the vote has been closed."""
    paper = Round.objects.filter(pk=int(str(delivery.payload["round"]))).first()
    if paper is None or paper.closes_ms != delivery.payload["closes_ms"]:
        return  # the vote's end was moved, which has asked for looks of its own
    screen(paper=paper, now=delivery.now)
    last = _moment(paper.closes_ms, delivery.now) + 2 * CLOSE_AFTER
    if delivery.now < last:
        raise outbox.Later(min(delivery.now + EVERY, last), reason="the vote goes on")


def screen(*, paper: Round, now: datetime) -> int:
    """Have the engine score all ballots and hold what it finds; return how many it held."""
    if not settings.SCREENING or not has_begun(paper):
        return 0
    if paper.hides_choices and tally(paper.log).sealed:
        return 0
    with tempfile.TemporaryDirectory(prefix="screening-") as name:
        folder = Path(name)
        if write_events(round_id=paper.pk, folder=folder) < FEWEST:
            return 0
        _run_engine(folder)
        found = _read_found(folder)
        groups = (folder / "scores.csv.groups.json").read_bytes()
    return sum(_hold(paper, rule, ballots, groups, now) for rule, ballots in found.items())


def _run_engine(folder: Path) -> None:
    command = [sys.executable, "-m", "minyi.config.cli", "integrity", "score", "events.csv"]
    options = ["--candidates", "candidates.csv", "--out", "scores.csv", "--mode", "batch"]
    subprocess.run(  # noqa: S603 - our own program on our own files
        [*command, *options],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=LONGEST.total_seconds(),
    )


def _read_found(folder: Path) -> dict[str, list[int]]:
    """Return the ballots' rows by the leading rule."""
    found: dict[str, list[int]] = defaultdict(list)
    with (folder / "scores.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["quarantine"] == "1":
                found[row["rules"].split("|")[0]].append(int(row["event_id"]))
    return found


def _hold(paper: Round, rule: str, ballots: list[int], groups: bytes, now: datetime) -> int:
    places = find_places(round_id=paper.pk, ballot_ids=ballots).values()
    free = adjudication.ranges_of(set(places) - _ruled(paper))
    held = adjudication.in_state(paper.log, free, COUNTED)
    if not held:
        return 0
    evidence = {"rule": rule, "ballots": held, "engine": json.loads(groups)}
    digest = adjudication.store_evidence(
        campaign_id=paper.campaign_id,
        content=json.dumps(evidence, ensure_ascii=False, sort_keys=True).encode(),
        name=f"screening-{now:%Y%m%d-%H%M}-{rule}.json",
        now=now,
    )
    ruling = adjudication.quarantine(
        campaign_id=paper.campaign_id,
        ballots=held,
        rule=rule,
        evidence=digest,
        actor=SYSTEM,
        now=now,
    )
    return ruling.ballot_count


def _ruled(paper: Round) -> set[int]:
    """Return the places on which there has been a ruling: what people released stays released."""
    spans = Ruling.objects.filter(round=paper).values_list("ballots", flat=True)
    return {place for span in spans for place in adjudication.places_of(span)}


def _moment(at_ms: int, like: datetime) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, tz=like.tzinfo)
