# SPDX-License-Identifier: Apache-2.0
"""Screening: every ten minutes, and once more after the close, the engine looks at all ballots.

It runs in a process of its own (Polars never enters ours) from the outbox, topic
`campaigns.screening`. What it finds is held for review, never struck out: that takes two people.
A ballot on which there has been a ruling is left to people for good. Where the table holds choices
sealed there is one look, after the opening.
"""

import json
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from minyi.campaigns.errors import ScreeningDue
from minyi.campaigns.models import Cluster, Round
from minyi.campaigns.queries.events import write_events
from minyi.core import outbox
from minyi.integrity.signals import codes_of
from minyi.ledger.queries.logs import tally
from minyi.ledger.queries.proofs import find_places

from . import clusters
from .clusters import Found
from .lookfolders import private_folder
from .roundlogs import CLOSE_AFTER, has_begun

TOPIC = "campaigns.screening"
EVERY = timedelta(minutes=10)
BETWEEN = timedelta(minutes=2)
LONGEST = timedelta(minutes=8)
OPTIONS = ("--candidates", "candidates.csv", "--out", "scores.csv", "--mode", "batch")
MOST_CLUSTERS = 200  # written down of one look: those held first, then the largest
FEWEST = 50  # with fewer ballots there is nothing to compare them with


def schedule(*, paper: Round, now: datetime) -> None:
    """Ask for the first look of a vote; the later ones follow from it."""
    outbox.send(
        topic=TOPIC,
        key=f"{paper.pk}:{paper.closes_ms}",
        payload={"round": paper.pk, "closes_ms": paper.closes_ms},
        now=now,
        order_key=str(paper.pk),
        due_at=_moment(paper.opens_ms, now) + EVERY,
    )


def look_at_once(*, paper: Round, now: datetime) -> None:
    """Ask for a look beside those every ten minutes, and for another when the burst is over.

    Of a burst that goes on there is one look in two minutes. Looks at one vote run one after the
    other (`order_key`).
    """
    turn = int(now.timestamp() // BETWEEN.total_seconds())
    for which in (turn, turn + 1):
        begins = datetime.fromtimestamp(which * BETWEEN.total_seconds(), tz=now.tzinfo)
        outbox.send(
            topic=TOPIC,
            key=f"{paper.pk}:burst:{which}",
            order_key=str(paper.pk),
            payload={"round": paper.pk, "closes_ms": paper.closes_ms, "once": True},
            now=now,
            due_at=max(now, begins),
        )


def schedule_opened(*, paper: Round, now: datetime) -> None:
    """Ask for the one look of a vote whose choices have just been opened."""
    outbox.send(
        topic=TOPIC,
        key=f"{paper.pk}:opened",
        order_key=str(paper.pk),
        payload={"round": paper.pk, "closes_ms": paper.closes_ms},
        now=now,
    )


def check_looked(*, campaign_id: int) -> None:
    """Raise ScreeningDue while opened choices wait for their look: its finds are held first.

    A look that failed for hours and was given up keeps nobody waiting.
    """
    for paper in Round.objects.filter(campaign_id=campaign_id):
        if outbox.is_waiting(topic=TOPIC, key=f"{paper.pk}:opened"):
            raise ScreeningDue


@outbox.consumer(TOPIC)
def screen_again(delivery: outbox.Delivery) -> None:
    """Look now, and again in ten minutes until the vote has been closed."""
    paper = Round.objects.filter(pk=int(str(delivery.payload["round"]))).first()
    if paper is None or paper.closes_ms != delivery.payload["closes_ms"]:
        return  # the vote's end was moved, which has asked for looks of its own
    screen(paper=paper, now=delivery.now)
    if delivery.payload.get("once") or delivery.key.endswith(":opened"):
        return
    last = _moment(paper.closes_ms, delivery.now) + 2 * CLOSE_AFTER
    if delivery.now < last:
        raise outbox.Later(min(delivery.now + EVERY, last), reason="the vote goes on")


def screen(*, paper: Round, now: datetime) -> int:
    """Have the engine score all ballots and hold what it finds; return how many it held."""
    if not settings.SCREENING or not has_begun(paper):
        return 0
    if paper.hides_choices and tally(paper.log).sealed:
        return 0
    with private_folder() as folder:
        if write_events(round_id=paper.pk, folder=folder) < FEWEST:
            return 0
        _run(folder, "minyi.config.cli", "integrity", "score", "events.csv", *_options(paper))
        _run(folder, "minyi.integrity.pictures", ".")
        found = _read_found(paper, folder)
    return clusters.record(paper=paper, found=found, now=now)


def _options(paper: Round) -> list[str]:
    """Return how the engine is to work: without the rules this vote does without."""
    silent = sorted(set(paper.campaign.silent_signals) & set(codes_of("screening")))
    return [*OPTIONS, *(["--without", ",".join(silent)] if silent else [])]


def _run(folder: Path, *command: str) -> None:
    subprocess.run(  # noqa: S603 - our own program on our own files
        [sys.executable, "-m", *command],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=LONGEST.total_seconds(),
    )


def _read_found(paper: Round, folder: Path) -> list[Found]:
    """Return the groups, the largest first, each ballot by its place in the log."""
    told = json.loads((folder / "scores.csv.groups.json").read_bytes())["settings"]
    groups = json.loads((folder / "clusters.json").read_bytes())
    groups = sorted(groups, key=lambda group: (bool(group["kept"]), -len(group["members"])))
    groups = groups[:MOST_CLUSTERS]
    ballots = {member for group in groups for member in group["members"]}
    places = find_places(round_id=paper.pk, ballot_ids=ballots)
    return [
        Found(
            source=Cluster.Source.BATCH,
            candidate=int(group["candidate"]),
            rules=group["rules"],
            places=frozenset(places[m] for m in group["members"] if m in places),
            first_ms=group["first_ms"],
            last_ms=group["last_ms"],
            picture=group["picture"],
            kept=group["kept"],
            settings=told,
        )
        for group in groups
    ]


def _moment(at_ms: int, like: datetime) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, tz=like.tzinfo)
