# SPDX-License-Identifier: Apache-2.0
"""What reviewers think of clusters and of blind samples, each without seeing the others' view."""

from datetime import datetime

from django.db import IntegrityError, transaction

from minyi.campaigns.errors import (
    ClusterNotFound,
    OpinionClosed,
    OpinionGiven,
    OpinionMissing,
    OpinionUnclear,
    SampleNotForYou,
    SampleNotFound,
)
from minyi.campaigns.models import (
    BlindSample,
    BlindVerdict,
    Cluster,
    ClusterOpinion,
    Opinion,
    Ruling,
)
from minyi.campaigns.queries.blindsamples import samples_for
from minyi.core import audit
from minyi.core.actors import Actor

from .texts import tidy


@transaction.atomic
def give_opinion(
    *, cluster_id: int, opinion: str, note: str, actor: Actor, now: datetime
) -> ClusterOpinion:
    """Say what one thinks of a cluster, while nobody has proposed or decided anything."""
    cluster = _find_cluster(cluster_id, actor)
    _check_known(opinion)
    if is_closed(cluster):
        raise OpinionClosed
    try:
        with transaction.atomic():
            given = ClusterOpinion.objects.create(
                cluster=cluster,
                reviewer_id=int(actor.id),
                opinion=opinion,
                note=tidy(note)[:300],
                given_at=now,
            )
    except IntegrityError:
        raise OpinionGiven from None
    _record(cluster, "opinion_given", actor, now, opinion=opinion)
    return given


@transaction.atomic
def withdraw_opinion(*, cluster_id: int, actor: Actor, now: datetime) -> None:
    """Take one's opinion of a cluster back; the row stays."""
    cluster = _find_cluster(cluster_id, actor)
    mine = ClusterOpinion.objects.filter(
        cluster=cluster, reviewer_id=int(actor.id), withdrawn_at=None
    )
    if is_closed(cluster):
        raise OpinionClosed
    if not mine.update(withdrawn_at=now):
        raise OpinionMissing
    _record(cluster, "opinion_withdrawn", actor, now)


def is_closed(cluster: Cluster) -> bool:
    """Tell whether somebody's proposal or ruling on the cluster stands: no opinion is blind now."""
    standing = (Ruling.State.PROPOSED, Ruling.State.IN_FORCE)
    return cluster.rulings.filter(ruling__state__in=standing).exists()


@transaction.atomic
def judge_sample(*, sample_id: int, opinion: str, actor: Actor, now: datetime) -> BlindVerdict:
    """Say what one thinks of a ballot, not knowing what the engine thinks of it; once."""
    sample = BlindSample.objects.visible_to(actor).filter(pk=sample_id).first()
    if sample is None:
        raise SampleNotFound
    campaign = sample.round.campaign
    actor.check("ballots.rule", campaign.agency_id)
    _check_known(opinion)
    # The sample's row is locked so that two presses of a button come in turn.
    BlindSample.objects.select_for_update(no_key=True).get(pk=sample.pk)
    if sample.pk not in {one.pk for one in samples_for(campaign.pk, int(actor.id))}:
        raise SampleNotForYou
    verdict = BlindVerdict.objects.create(
        sample=sample, reviewer_id=int(actor.id), opinion=opinion, given_at=now
    )
    audit.record(
        actor=actor,
        act="campaigns.samples.judged",
        target=sample,
        now=now,
        agency_id=campaign.agency_id,
        campaign=campaign.pk,
    )
    return verdict


def _find_cluster(cluster_id: int, actor: Actor) -> Cluster:
    """Return a cluster, locked so that opinions and proposals come in turn."""
    rows = Cluster.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    cluster: Cluster | None = rows.select_related("round__campaign").filter(pk=cluster_id).first()
    if cluster is None:
        raise ClusterNotFound
    actor.check("ballots.rule", cluster.round.campaign.agency_id)
    return cluster


def _check_known(opinion: str) -> None:
    if opinion not in Opinion.values:
        raise OpinionUnclear


def _record(cluster: Cluster, verb: str, actor: Actor, now: datetime, **facts: object) -> None:
    campaign = cluster.round.campaign
    audit.record(
        actor=actor,
        act=f"campaigns.clusters.{verb}",
        target=cluster,
        now=now,
        agency_id=campaign.agency_id,
        campaign=campaign.pk,
        cluster=cluster.number,
        **facts,
    )
