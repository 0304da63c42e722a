# SPDX-License-Identifier: Apache-2.0
"""Clusters: what a look at a vote found is written down under a number that stays, and held.

A later look that finds the same again lets the cluster grow. Once people have given an opinion of
it, or ruled on a ballot of it, it stays as they saw it: what comes afterwards is another cluster.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from minyi.campaigns.models import Campaign, Cluster, EvidenceFile, Round, Ruling
from minyi.core.actors import SYSTEM
from minyi.integrity.signals import leading
from minyi.ledger.fold import COUNTED

from . import adjudication, blindsamples
from .adjudication import places_of, ranges_of

WATCHED = "watched"  # a burst: seen, described, not held


@dataclass(frozen=True, slots=True)
class Found:
    """One group as a look found it; `kept` says in a code why it is not to be held.

    `places` are places in the log, `picture` as `integrity.pictures` draws it, `settings` what the
    look worked with. Nothing here identifies a person.
    """

    source: Cluster.Source
    candidate: int
    rules: str
    places: frozenset[int]
    first_ms: int
    last_ms: int
    picture: Mapping[str, object]
    kept: str = ""
    settings: Mapping[str, object] | None = None

    @property
    def rule(self) -> str:
        """The leading rule, under which its ballots are held."""
        return leading(self.rules)


@transaction.atomic
def record(*, paper: Round, found: Sequence[Found], now: datetime) -> int:
    """Write down what one look found and hold what is to be held; return how many ballots are.

    Of one look no two groups are the same cluster. A ballot on which there has been a ruling is
    left to people for good.
    """
    # Two looks at once would give one number twice: the second waits here.
    Campaign.objects.select_for_update(no_key=True).get(pk=paper.campaign_id)
    book = _Book(paper)
    return sum(_record(book, one, now) for one in found)


class _Book:
    """The clusters of a vote while one look is written down."""

    def __init__(self, paper: Round) -> None:
        self.paper = paper
        # Locked, as by who gives an opinion: nobody speaks of a cluster that grows meanwhile.
        found = Cluster.objects.select_for_update(no_key=True).filter(round=paper)
        rows = list(found.order_by("number"))
        self.places = {row.pk: set(places_of(row.ballots)) for row in rows}
        # What was withdrawn is one person's act: it must not keep ballots from the engine.
        rulings = Ruling.objects.filter(round=paper).exclude(state=Ruling.State.WITHDRAWN)
        found_spans = rulings.values_list("by", "ballots")
        spans = [(by, places_of(ballots)) for by, ballots in found_spans]
        self.ruled = {place for _by, places in spans for place in places}
        self.judged = {place for by, places in spans if by == "office" for place in places}
        spoken = Cluster.objects.filter(round=paper, opinions__withdrawn_at=None)
        self.spoken = set(spoken.exclude(opinions=None).values_list("pk", flat=True))
        self.last_number = max((row.number for row in rows), default=0)
        self.free = {row.pk: row for row in rows}  # not yet found again in this look

    def is_settled(self, row: Cluster) -> bool:
        """Tell whether people have spoken about it: then it stays as they saw it."""
        return row.pk in self.spoken or not self.places[row.pk].isdisjoint(self.judged)

    def recognise(self, found: Found) -> Cluster | None:
        """Return the cluster that shares most ballots with it, or its rule at the same time."""
        rivals = [
            row
            for row in self.free.values()
            if (row.source, row.candidate) == (found.source, found.candidate)
            and row.first_ms <= found.last_ms
            and found.first_ms <= row.last_ms
            and not self.is_settled(row)
        ]
        shared = {row.pk: len(self.places[row.pk] & found.places) for row in rivals}
        alike = [row for row in rivals if shared[row.pk] or row.leading_rule == found.rule]
        best = max(alike, key=lambda row: shared[row.pk], default=None)
        return self.free.pop(best.pk) if best else None

    def of_settled(self, source: str) -> set[int]:
        """Return the ballots of the clusters that stay as they are."""
        rows = [row for row in self.free.values() if row.source == source and self.is_settled(row)]
        return {place for row in rows for place in self.places[row.pk]}


def _record(book: _Book, found: Found, now: datetime) -> int:
    fresh = found.places - book.of_settled(found.source)
    if not fresh:
        return 0
    row = book.recognise(found)
    if row is None:
        book.last_number += 1
        row = Cluster(
            round=book.paper,
            number=book.last_number,
            source=found.source,
            candidate=found.candidate,
            first_ms=found.first_ms,
            last_ms=found.last_ms,
            found_at=now,
        )
    before = book.places.get(row.pk, set())
    places = before | fresh
    row.rules, row.picture = found.rules[:200], dict(found.picture)
    row.ballots, row.ballot_count = ranges_of(places), len(places)
    row.first_ms = min(row.first_ms, found.first_ms)
    row.last_ms = max(row.last_ms, found.last_ms)
    ruling = None if found.kept else _hold(book, found, fresh, now)
    if ruling is not None:
        row.hold = row.hold or ruling
        book.ruled |= set(places_of(ruling.ballots))
    row.not_held = "" if row.hold else found.kept
    if ruling is not None:
        row.evidence = ruling.evidence
    elif found.kept != WATCHED and (row.evidence is None or places != before):
        row.evidence = _evidence(book, found, row.ballots, now)
    row.save()
    return ruling.ballot_count if ruling else 0


def _hold(book: _Book, found: Found, places: frozenset[int], now: datetime) -> Ruling | None:
    """Hold back what counts and was never ruled on."""
    log = book.paper.log
    held = adjudication.in_state(log, ranges_of(places - book.ruled), COUNTED)
    if not held:
        return None
    ruling = adjudication.quarantine(
        campaign_id=book.paper.campaign_id,
        ballots=held,
        rule=found.rule,
        evidence=_evidence(book, found, held, now).sha256,
        actor=SYSTEM,
        now=now,
    )
    blindsamples.schedule(ruling=ruling, now=now)
    return ruling


def _evidence(
    book: _Book, found: Found, ballots: adjudication.Ranges, now: datetime
) -> EvidenceFile:
    told = {
        "candidate": found.candidate,
        "rule": found.rule,
        "rules": found.rules.split("|"),
        "not_held": found.kept,
        "ballots": ballots,
        "first_ms": found.first_ms,
        "last_ms": found.last_ms,
        "picture": found.picture,
        "engine": {"settings": found.settings},
    }
    digest = adjudication.store_evidence(
        campaign_id=book.paper.campaign_id,
        content=json.dumps(told, ensure_ascii=False, sort_keys=True).encode(),
        name=f"screening-{now:%Y%m%d-%H%M}-{found.candidate}-{found.rule}.json",
        now=now,
    )
    return EvidenceFile.objects.get(campaign_id=book.paper.campaign_id, sha256=digest)
