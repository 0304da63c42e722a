# SPDX-License-Identifier: Apache-2.0
"""The jury: who sits on it, and what each juror gives. A juror sees and changes only their own."""

from collections.abc import Mapping
from datetime import datetime

from django.apps import apps
from django.db import transaction
from django.utils.timezone import localtime

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    AlreadySeated,
    CampaignNotFound,
    JurorHasScored,
    JurorNotFound,
    JuryFrozen,
    NomineeNotFound,
    NoPost,
    ReasonNeeded,
    ScoresIncomplete,
    SupervisorCannotScore,
    WrongStage,
)
from minyi.campaigns.models import Campaign, Juror, JuryScore, Nominee
from minyi.core import audit
from minyi.core.actors import Actor

from .nominees import check_result_is_open
from .stages import has_voting_opened
from .texts import tidy

HIGHEST = 100


@transaction.atomic
def seat_juror(
    *,
    campaign_id: int,
    user_id: int,
    seat: str = "",
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Juror:
    """Put somebody on the jury. They need a post somewhere: without one nobody can log in.

    Once voting has opened: by a supervisor, with a `reason`.
    """
    campaign: Campaign | None = Campaign.objects.visible_to(actor).filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    _check_may_change(campaign, reason, actor, now)
    check_result_is_open(campaign.pk)
    posts = apps.get_model("agencies", "Post").objects.current(localtime(now).date())
    held = posts.filter(user_id=user_id)
    if not held.exists():
        raise NoPost
    if held.filter(agency_id=campaign.agency_id, role=Role.SUPERVISOR).exists():
        raise SupervisorCannotScore
    juror, is_new = Juror.objects.get_or_create(
        campaign=campaign, user_id=user_id, defaults={"seat": tidy(seat)[:60]}
    )
    if not is_new:
        raise AlreadySeated
    audit.record(
        actor=actor,
        act="campaigns.juror.seated",
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        user=user_id,
        name=str(juror.user),
        seat=juror.seat,
        reason=tidy(reason)[:200],
    )
    return juror


@transaction.atomic
def unseat_juror(*, juror_id: int, reason: str, actor: Actor, now: datetime) -> None:
    """Take somebody off the jury: before they score, or when time ran out on them half-way.

    Unfinished scores go with them; their number stays in the audit trail. Once voting has opened
    it is a supervisor who does it.
    """
    rows = Juror.objects.visible_to(actor).select_related("campaign")
    juror: Juror | None = rows.filter(pk=juror_id).first()
    if juror is None:
        raise JurorNotFound
    campaign = juror.campaign
    _check_may_change(campaign, reason, actor, now)
    check_result_is_open(campaign.pk)
    if not tidy(reason):
        raise ReasonNeeded
    given = juror.scores.count()
    if given and (is_scoring_open(campaign, now) or given >= _scores_due(campaign)):
        raise JurorHasScored
    juror.scores.all().delete()
    audit.record(
        actor=actor,
        act="campaigns.juror.unseated",
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        user=juror.user_id,
        name=str(juror.user),
        reason=tidy(reason)[:200],
        unfinished_scores=given,
    )
    juror.delete()


@transaction.atomic
def give_scores(
    *,
    campaign_id: int,
    nominee_id: int,
    points: Mapping[int, int],
    actor: Actor,
    now: datetime,
) -> None:
    """Keep what the acting juror gives one nominee: 0 to 100 on every criterion (by id).

    A juror may change their mind while a scoring stage is open; the last word counts.
    """
    juror = get_seat(campaign_id=campaign_id, actor=actor)
    campaign = juror.campaign
    if not campaign.is_launched or not is_scoring_open(campaign, now):
        raise WrongStage
    check_result_is_open(campaign.pk)
    candidates = campaign.nominees.filter(status=Nominee.Status.CANDIDATE)
    nominee = candidates.filter(pk=nominee_id).first()
    if nominee is None:
        raise NomineeNotFound
    due = set(campaign.criteria.values_list("pk", flat=True))
    if set(points) != due or not all(0 <= given <= HIGHEST for given in points.values()):
        raise ScoresIncomplete
    for criterion_id, given in points.items():
        JuryScore.objects.update_or_create(
            juror=juror,
            nominee=nominee,
            criterion_id=criterion_id,
            defaults={"points": given, "scored_at": now},
        )
    audit.record(
        actor=actor,
        act="campaigns.juror.scored",
        target=nominee,
        now=now,
        agency_id=campaign.agency_id,
        number=nominee.number,  # the points stay out: the trail has more readers than the jury
    )


def get_seat(*, campaign_id: int, actor: Actor) -> Juror:
    """Return the acting person's seat on this jury, whichever agency they come from."""
    if actor.kind != "staff":
        raise JurorNotFound
    rows = Juror.objects.select_related("campaign", "campaign__agency", "user")
    juror: Juror | None = rows.filter(campaign_id=campaign_id, user_id=int(actor.id)).first()
    if juror is None:
        raise JurorNotFound
    return juror


def is_scoring_open(campaign: Campaign, now: datetime) -> bool:
    """Tell whether a stage in which jurors score is open."""
    return any("score" in stage.phase.features for stage in campaign.stages.open_at(now))


def _check_may_change(campaign: Campaign, reason: str, actor: Actor, now: datetime) -> None:
    """Raise when the jury stays as it is: who knows counts could choose the jurors to fit."""
    if not has_voting_opened(campaign, now):
        actor.check("campaigns.jury", campaign.agency_id)
    elif not actor.can("jury.change_late", campaign.agency_id):
        raise JuryFrozen
    elif not tidy(reason):
        raise ReasonNeeded


def _scores_due(campaign: Campaign) -> int:
    candidates = campaign.nominees.filter(status=Nominee.Status.CANDIDATE)
    return int(candidates.count() * campaign.criteria.count())
