# SPDX-License-Identifier: Apache-2.0
"""One decision on many clusters of ballots; each gets a ruling of its own with its evidence.

    rule_on_clusters    hold, release (at once), propose to void or restore: one lot
    confirm_lot         another person puts in force what is still proposed of it
    turn_down_lot       another person refuses it, with the reason
    withdraw_lot        its proposer takes back what nobody has decided

Ballots in a state that takes no such act, or of which a proposal waits already, are left out and
counted.
"""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from minyi.campaigns.errors import (
    ClustersUnfit,
    NoClustersChosen,
    ReasonNeeded,
    RulingDecided,
    RulingNotFound,
)
from minyi.campaigns.models import Cluster, ClusterRuling, Round, Ruling
from minyi.core.actors import Actor
from minyi.ledger.fold import FROM
from minyi.ledger.queries.logs import states_of

from . import adjudication
from .adjudication import Ranges, places_of, ranges_of
from .texts import tidy

MOST_AT_ONCE = 200
BY_PEOPLE = "manual"  # what brings a ballot back is a person's judgement, not the engine's rule


@dataclass(frozen=True, slots=True)
class LotMade:
    """What an act on many clusters did. `skipped`: numbers of clusters of which nothing was fit."""

    lot: int
    clusters: int
    ballots: int
    left_out: int
    skipped: tuple[int, ...]
    is_proposed: bool


@dataclass(frozen=True, slots=True)
class LotDecided:
    """What became of a lot. `moved`: numbers of clusters whose ballots have moved meanwhile."""

    clusters: int
    ballots: int
    moved: tuple[int, ...] = ()


@transaction.atomic
def rule_on_clusters(
    *,
    campaign_id: int,
    cluster_ids: Collection[int],
    kind: Ruling.Kind,
    reason: str,
    actor: Actor,
    now: datetime,
) -> LotMade:
    """Rule on the ballots of several clusters in one act, with one reason."""
    reason = tidy(reason)
    if not reason:
        raise ReasonNeeded
    paper = adjudication.lock_paper(campaign_id, actor, "ballots.rule")
    rows = Cluster.objects.filter(round=paper, pk__in=cluster_ids).select_related("evidence")
    # Locked, as by who gives an opinion: none is given after the proposal.
    clusters = list(rows.select_for_update(of=("self",), no_key=True).order_by("number"))
    if not clusters or len(cluster_ids) > MOST_AT_ONCE:
        raise NoClustersChosen(most=MOST_AT_ONCE)
    taken = _awaiting(paper)
    made: list[ClusterRuling] = []
    for cluster in clusters:
        fit = _in_states(paper, cluster.ballots, kind) - taken
        if not fit:
            continue
        taken |= fit
        ruling = adjudication.rule_on(
            paper,
            kind,
            ranges_of(fit),
            cluster.leading_rule if kind in ("quarantine", "void") else BY_PEOPLE,
            _evidence_of(cluster, now),
            actor,
            now,
            reason,
        )
        lot = made[0].lot if made else ruling.pk
        made.append(_link(cluster, ruling, lot, left_out=cluster.ballot_count - len(fit)))
    if not made:
        raise ClustersUnfit(act=kind.label)
    return _told(clusters, made)


@transaction.atomic
def confirm_lot(*, lot: int, actor: Actor, now: datetime) -> LotDecided:
    """Put in force what is still proposed of a lot, as somebody else than its proposer.

    A ruling of which a ballot has moved since it was proposed stays as it is, and is named.
    """
    paper, rulings = _lock_lot(lot, actor, "ballots.confirm")
    done: list[Ruling] = []
    moved: list[int] = []
    for row in rulings:
        ranges = [(low, high) for low, high in row.ruling.ballots]
        if _in_states(paper, ranges, row.ruling.kind) == set(places_of(ranges)):
            adjudication.put_in_force(paper, row.ruling, actor, now)
            done.append(row.ruling)
        else:
            moved.append(row.cluster.number)
    return LotDecided(len(done), sum(one.ballot_count for one in done), tuple(moved))


@transaction.atomic
def turn_down_lot(*, lot: int, reason: str, actor: Actor, now: datetime) -> LotDecided:
    """Refuse what is still proposed of a lot, with the reason."""
    _paper, rulings = _lock_lot(lot, actor, "ballots.confirm")
    for row in rulings:
        adjudication.turn_down(ruling_id=row.ruling_id, reason=reason, actor=actor, now=now)
    return LotDecided(len(rulings), sum(row.ruling.ballot_count for row in rulings))


@transaction.atomic
def withdraw_lot(*, lot: int, actor: Actor, now: datetime) -> LotDecided:
    """Take back what is still proposed of one's own lot."""
    _paper, rulings = _lock_lot(lot, actor, "ballots.rule")
    for row in rulings:
        adjudication.withdraw(ruling_id=row.ruling_id, actor=actor, now=now)
    return LotDecided(len(rulings), sum(row.ruling.ballot_count for row in rulings))


def _lock_lot(lot: int, actor: Actor, permission: str) -> tuple[Round, list[ClusterRuling]]:
    """Lock the paper of a lot; return what waits of it. Two who decide at once come in turn."""
    visible = Ruling.objects.visible_to(actor).filter(of_cluster__lot=lot)
    first = visible.select_related("round").first()
    if first is None:
        raise RulingNotFound
    paper = adjudication.lock_paper(first.round.campaign_id, actor, permission)
    rows = ClusterRuling.objects.filter(lot=lot, ruling__state=Ruling.State.PROPOSED)
    found = list(rows.select_related("cluster", "ruling__evidence", "ruling__round__campaign"))
    if not found:
        first.refresh_from_db(fields=["state"])
        raise RulingDecided(state=first.get_state_display())
    return paper, found


def _awaiting(paper: Round) -> set[int]:
    """Return the places of which a proposal waits for its second person."""
    spans = Ruling.objects.filter(round=paper, state=Ruling.State.PROPOSED)
    return {p for span in spans.values_list("ballots", flat=True) for p in places_of(span)}


def _in_states(paper: Round, ranges: Ranges, kind: str) -> set[int]:
    """Return those of these places whose ballot is in a state that takes the act."""
    states = states_of(paper.log, ranges)
    return {
        place
        for place, state in zip(places_of(ranges), states, strict=False)
        if state in FROM[str(kind)]
    }


def _evidence_of(cluster: Cluster, now: datetime) -> str:
    """Return the hash of the cluster's evidence; one that was never held gets its picture kept."""
    if cluster.evidence is not None:
        return cluster.evidence.sha256
    facts = {
        "cluster": cluster.number,
        "rules": cluster.rules,
        "ballots": cluster.ballots,
        "picture": cluster.picture,
    }
    return adjudication.store_evidence(
        campaign_id=cluster.round.campaign_id,
        content=json.dumps(facts, ensure_ascii=False, sort_keys=True).encode(),
        name=f"cluster-{cluster.number}.json",
        now=now,
    )


def _link(cluster: Cluster, ruling: Ruling, lot: int, *, left_out: int) -> ClusterRuling:
    return ClusterRuling.objects.create(
        cluster=cluster, ruling=ruling, lot=lot, left_out=max(0, left_out)
    )


def _told(clusters: Iterable[Cluster], made: list[ClusterRuling]) -> LotMade:
    done = {row.cluster_id for row in made}
    return LotMade(
        lot=made[0].lot,
        clusters=len(made),
        ballots=sum(row.ruling.ballot_count for row in made),
        left_out=sum(row.left_out for row in made),
        skipped=tuple(one.number for one in clusters if one.pk not in done),
        is_proposed=any(row.ruling.state == Ruling.State.PROPOSED for row in made),
    )
