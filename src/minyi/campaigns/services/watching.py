# SPDX-License-Identifier: Apache-2.0
"""Watching: every ten seconds of a running vote, a light look at what has just come in.

A burst is written down as a cluster that is watched, never held, and asks for a look of the engine
at once instead of in ten minutes (topic `campaigns.watching`, ADR 24). What a look keeps is in
this process' memory and made again from the ballots of the last hour when another worker goes on.

However fast ballots come, a look reads at most `MOST` of them, evenly: counts are then estimates,
and a burst must stand out from their error too. Choices that the table holds sealed are not
watched: nobody here can read them.
"""

import json
import threading
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings

from minyi.campaigns.models import Ballot, Cluster, Round
from minyi.campaigns.queries.counts import last_ballot
from minyi.campaigns.queries.events import rows_of
from minyi.core import outbox
from minyi.core.clock import moment_at
from minyi.integrity.bursts import (
    HISTORY,
    WINDOW_MS,
    Burst,
    Window,
    describe,
    facts_of,
    find_bursts,
)
from minyi.integrity.pictures import Group, Row, draw
from minyi.integrity.queries.memory import usual_crowds
from minyi.ledger.queries.proofs import find_places

from . import clusters, screening
from .clusters import WATCHED, Found
from .roundlogs import has_begun

TOPIC = "campaigns.watching"
EVERY = timedelta(milliseconds=WINDOW_MS)
SETTLED_MS = 2_000  # a ballot is in the table by then
MOST = 5_000  # ballots read in one look
RECENT = 3_000  # ballots kept to compare a burst with
SHOWN = 400  # ballots of a burst that are described and written down
BURST = "burst"  # the rule of such a cluster (reasons.py)


@dataclass(slots=True)
class _Watch:
    """What a process knows of one vote; `upto_ms`: windows before it are counted."""

    upto_ms: int = 0
    windows: deque[Window] = field(default_factory=lambda: deque(maxlen=HISTORY))
    recent: deque[tuple[int, int, frozenset[int]]] = field(
        default_factory=lambda: deque(maxlen=RECENT)  # moment, ballot, picks
    )
    turn: threading.Lock = field(default_factory=threading.Lock)  # guards everything above


_watches: dict[int, _Watch] = {}


def schedule(*, paper: Round, now: datetime) -> None:
    """Ask for the first look of a vote; the later ones follow from it."""
    outbox.send(
        topic=TOPIC,
        key=f"{paper.pk}:{paper.closes_ms}",
        payload={"round": paper.pk, "closes_ms": paper.closes_ms},
        now=now,
        due_at=max(now, moment_at(paper.opens_ms)),
    )


@outbox.consumer(TOPIC)
def watch_again(delivery: outbox.Delivery) -> None:
    """Look now, and again in ten seconds until the vote is over."""
    paper = Round.objects.filter(pk=int(str(delivery.payload["round"]))).first()
    if paper is None or paper.closes_ms != delivery.payload["closes_ms"] or paper.hides_choices:
        return
    if delivery.now.timestamp() * 1000 >= paper.closes_ms + WINDOW_MS or not settings.SCREENING:
        _watches.pop(paper.pk, None)
        return
    watch(paper=paper, now=delivery.now)
    raise outbox.Later(delivery.now + EVERY, reason="the vote goes on")


def watch(*, paper: Round, now: datetime) -> list[Burst]:
    """Take in what has come, write bursts down and have the engine look; return them."""
    state = _watches.setdefault(paper.pk, _Watch())
    with state.turn:
        if not _take_in(state, paper, now) or not has_begun(paper):
            return []
        bursts = find_bursts(list(state.windows))
        if bursts:
            found = [_found(state, paper, burst, bursts) for burst in bursts]
            clusters.record(paper=paper, found=found, now=now)
            screening.look_at_once(paper=paper, now=now)
    return bursts


def _take_in(state: _Watch, paper: Round, now: datetime) -> bool:
    """Count the windows that have ended since the last look; tell whether anybody voted."""
    end = (round(now.timestamp() * 1000) - SETTLED_MS) // WINDOW_MS * WINDOW_MS
    oldest = max(end - HISTORY * WINDOW_MS, paper.opens_ms // WINDOW_MS * WINDOW_MS)
    begin = max(state.upto_ms, oldest)
    if begin >= end:
        return False
    ballots, scale = _sample(paper, begin, end)
    counts: dict[int, Counter[int]] = {}
    cast: Counter[int] = Counter()
    for ballot in ballots:
        window, picks = ballot.cast_ms // WINDOW_MS * WINDOW_MS, json.loads(ballot.picks)
        cast[window] += scale
        counts.setdefault(window, Counter()).update(dict.fromkeys(picks, scale))
        state.recent.append((ballot.cast_ms, ballot.pk, frozenset(picks)))
    for start in range(begin, end, WINDOW_MS):
        state.windows.append(Window(start, cast[start], counts.get(start, {}), scale))
    state.upto_ms = end
    return bool(ballots)


def _sample(paper: Round, begin: int, end: int) -> tuple[list[Ballot], int]:
    """Return ballots of that stretch, in their order, and how many each stands for."""
    # By ids, which grow with the moments as the counts by the hour have it: no index is by time.
    before = last_ballot(paper.pk, cast_before=moment_at(begin))
    high = last_ballot(paper.pk, cast_before=moment_at(end))
    rows = Ballot.objects.filter(round=paper, pk__gt=before, pk__lte=high)
    first = rows.order_by("pk").first() if before < high else None
    if first is None:
        return [], 1
    low = first.pk
    scale = (high - low) // MOST + 1
    if scale > 1:  # by single ids: to ask for the stretch as well would read all of it
        rows = Ballot.objects.filter(pk__in=range(low, high + 1, scale))
    wanted = rows.only("pk", "round_id", "picks", "cast_ms").order_by("pk")
    return [one for one in wanted if one.round_id == paper.pk and begin <= one.cast_ms < end], scale


def _found(state: _Watch, paper: Round, burst: Burst, bursts: Sequence[Burst]) -> Found:
    """Return a burst as it is written down: who it consists of, beside the ballots before it."""
    since = burst.from_ms
    own = [pk for at, pk, picks in state.recent if at >= since and burst.candidate in picks]
    before = [pk for at, pk, _picks in state.recent if at < since]
    here, elsewhere = _rows(paper, own[-SHOWN:]), _rows(paper, before[-SHOWN * 2 :])
    members = frozenset(row["event_id"] for row in here)
    group = Group(str(burst.candidate), BURST, members)
    who = describe(
        here,
        elsewhere,
        usual_crowds=usual_crowds({row["ip"] for row in here if row["ip"]}),
        other_bursts={other.candidate for other in bursts} - {burst.candidate},
    )
    facts = {
        "timeline": burst.timeline,
        "expected": burst.expected,
        "observed": burst.observed,
        "sampled": state.windows[-1].scale,
        "who": facts_of(who),
    }
    places = find_places(round_id=paper.pk, ballot_ids=set(map(int, members)))
    return Found(
        source=Cluster.Source.STREAM,
        candidate=burst.candidate,
        rules=BURST,
        places=frozenset(places.values()),
        first_ms=burst.from_ms,
        last_ms=burst.to_ms,
        picture=draw([*elsewhere, *here], [group])[0] | facts,
        kept=WATCHED,
    )


def _rows(paper: Round, ballot_ids: Sequence[int]) -> list[Row]:
    ballots = Ballot.objects.filter(round=paper, pk__in=ballot_ids).order_by("pk")
    return rows_of(round_id=paper.pk, ballots=list(ballots))
