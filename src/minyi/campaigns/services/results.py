# SPDX-License-Identifier: Apache-2.0
"""The result: computed after the vote, signed by a supervisor, published: three separate acts."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime

from minyi.campaigns import scoring
from minyi.campaigns.errors import (
    AppealsPromised,
    CampaignNotFound,
    ComplaintsOpen,
    DigestChanged,
    FaultsUnexplained,
    FiguresMissing,
    JuryEmpty,
    NobodyToRank,
    PublicityNotOver,
    ReasonNeeded,
    ResultNotFound,
    ResultPublished,
    ResultSigned,
    ResultUnsigned,
    ScoringNotOver,
    SignerComputed,
    SignerPublishes,
    SignerScored,
    VotingNotOver,
)
from minyi.campaigns.models import Campaign, Nominee, Result, ResultLine, Round
from minyi.campaigns.queries.counts import Counts, count_whole
from minyi.campaigns.queries.results import (
    document_of,
    gather_entries,
    jury_progress,
    weights_of,
    without_figures,
)
from minyi.campaigns.queries.supervision import count_open_complaints
from minyi.campaigns.scoring import Placed
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import NotAllowed
from minyi.core.words import listed

from . import manifests, publicity, resultlogs, roundlogs, screening
from .texts import tidy


@dataclass(frozen=True, slots=True)
class _Outcome:
    counts: Counts
    placed: list[Placed]
    digest: str


def compute_result(*, campaign_id: int, actor: Actor, now: datetime) -> Result:
    """Fold ballots, scores and figures into a result. May be done again until it is signed.

    The log is recounted as a stranger would: what breaks a rule there is kept for the signer.
    """
    with transaction.atomic():
        _outcome(_lock_unsigned(campaign_id, actor), now)  # nothing is missing, the log is closed
    proof = resultlogs.recount_for(campaign_id)  # takes its time, and holds nobody up
    with transaction.atomic():
        campaign = _lock_unsigned(campaign_id, actor)
        return _keep(campaign, _outcome(campaign, now), resultlogs.faults_in(proof), actor, now)


def _lock_unsigned(campaign_id: int, actor: Actor) -> Campaign:
    campaign = _lock_campaign(campaign_id, actor, "results.compute")
    if Result.objects.filter(campaign=campaign, signed_at__isnull=False).exists():
        raise ResultSigned
    return campaign


def _keep(
    campaign: Campaign, outcome: _Outcome, faults: list[list[object]], actor: Actor, now: datetime
) -> Result:
    earlier = Result.objects.filter(campaign=campaign).first()
    before = earlier.digest if earlier else ""
    result, _is_new = Result.objects.update_or_create(
        campaign=campaign,
        defaults={
            "upto_ballot": outcome.counts.upto_ballot,
            "ballots": outcome.counts.ballots,
            **_log_fields(outcome.counts),
            "faults": faults,
            "computed_at": now,
            "computed_by_id": int(actor.id),
            "digest": outcome.digest,
        },
    )
    result.lines.all().delete()
    ids = dict(campaign.nominees.values_list("number", "pk"))
    ResultLine.objects.bulk_create(
        ResultLine(
            result=result,
            nominee_id=ids[one.entry.number],
            rank=one.rank,
            is_selected=one.is_selected,
            votes=one.entry.votes,
            public_points=one.public_points,
            jury_points=one.entry.jury_points,
            figures_points=one.entry.figures_points,
            score=one.score,
        )
        for one in outcome.placed
    )
    found = {"before": before, "faults": len(faults)}
    _record(campaign, "computed", actor, now, digest=outcome.digest, **found)
    return result


@transaction.atomic
def sign_result(*, campaign_id: int, note: str, actor: Actor, now: datetime) -> Result:
    """Put the supervisor's name under the result, after computing it once more.

    Whoever computed it cannot sign it, and whoever signs it cannot publish it. The digest must
    still be the one that was computed. While complaints wait for an answer, or entries of the log
    break its rules, the note says why; the public reads it.
    """
    campaign = _lock_campaign(campaign_id, actor, "results.sign")
    result = _get_result(campaign)
    if result.signed_at is not None:
        raise ResultSigned
    if str(result.computed_by_id) == actor.id:
        raise SignerComputed
    if campaign.jurors.filter(user_id=actor.id).exists():
        raise SignerScored
    screening.check_looked(campaign_id=campaign.pk)
    open_complaints = count_open_complaints([campaign.pk]).get(campaign.pk, 0)
    if open_complaints and not tidy(note):
        raise ComplaintsOpen(open=open_complaints)
    if result.faults and not tidy(note):
        raise FaultsUnexplained(count=len(result.faults))
    if _outcome(campaign, now).digest != result.digest:
        raise DigestChanged
    publicity.check_ballots_decided(campaign.pk)
    result.signed_by_id = int(actor.id)
    result.signed_at = now
    result.signed_note = tidy(note)[:300]
    result.save(update_fields=["signed_by", "signed_at", "signed_note"])
    publicity.begin_version(result=result, now=now)
    _record(
        campaign,
        "signed",
        actor,
        now,
        digest=result.digest,
        note=result.signed_note,
        open_complaints=open_complaints,
        faults=len(result.faults),
    )
    return result


@transaction.atomic
def withdraw_signature(*, campaign_id: int, reason: str, actor: Actor, now: datetime) -> Result:
    """Take the signature back, so that an upheld objection can be put right before publication."""
    campaign = _lock_campaign(campaign_id, actor, "results.sign")
    result = _get_result(campaign)
    if result.signed_at is None:
        raise ResultUnsigned
    if not tidy(reason):
        raise ReasonNeeded
    take_back(result=result, reason=tidy(reason), actor=actor, now=now)
    return result


def take_back(*, result: Result, reason: str, actor: Actor, now: datetime) -> None:
    """Take the signature off an unpublished result; the caller holds the campaign's row.

    Raises ResultPublished.
    """
    if result.published_at is not None:
        raise ResultPublished
    result.signed_by = None
    result.signed_at = None
    result.signed_note = ""
    result.save(update_fields=["signed_by", "signed_at", "signed_note"])
    publicity.end_version(result=result, reason=reason, now=now)
    _record(result.campaign, "signature_withdrawn", actor, now, digest=result.digest, reason=reason)


def publish_result(*, campaign_id: int, actor: Actor, now: datetime) -> Result:
    """Make the signed result final and public. The first publication stands.

    It waits for the end of a publicity stage that was announced; an award must have one (E-01).
    What is published is what stood there: a signature that came late needs its own working days.
    And it is what anybody counts from the public log, or it is refused.
    """
    with transaction.atomic():
        result = _check_publishable(campaign_id, actor, now)
    if result.published_at is not None:
        return result
    proof = resultlogs.recount_for(campaign_id)  # takes its time, and holds nobody up
    with transaction.atomic():
        result = _check_publishable(campaign_id, actor, now)
        if result.published_at is not None:
            return result
        if proof is not None:
            resultlogs.put_result(result=result, proof=proof, now=now)
        result.published_at = now
        result.save(update_fields=["published_at", "log_size", "log_root"])
        publicity.make_record(result=result, now=now)
        _record(result.campaign, "published", actor, now, digest=result.digest)
    return result


def _check_publishable(campaign_id: int, actor: Actor, now: datetime) -> Result:
    """Return the result, locked; raise what keeps it from being published."""
    campaign = _lock_campaign(campaign_id, actor, "results.publish")
    result = _get_result(campaign)
    if result.published_at is not None:
        return result
    if result.signed_at is None:
        raise ResultUnsigned
    if str(result.signed_by_id) == actor.id:
        raise SignerPublishes
    stage = campaign.stages.filter(kind="publicity").first()
    if stage is None and campaign.type == Campaign.Type.AWARD:
        raise PublicityNotOver
    if stage is not None and now < stage.closes_at:
        raise PublicityNotOver
    paper = Round.objects.get(campaign=campaign)
    until = manifests.promised_until(paper)
    if _ms(now) < _ms(until):  # a final result ends the appeals
        raise AppealsPromised(until=date_format(localtime(until), "DATETIME_FORMAT"))
    if stage is not None:
        publicity.check_was_shown(result=result, stage=stage)
    publicity.check_settled(campaign.pk)
    if _outcome(campaign, now).digest != result.digest:
        raise DigestChanged
    return result


def _outcome(campaign: Campaign, now: datetime) -> _Outcome:
    """Compute from the rows as they are now, or raise what is missing."""
    paper = Round.objects.filter(campaign=campaign).first()
    voting = campaign.stages.filter(kind="voting").first()
    if paper is None or voting is None or now < voting.closes_at or _ms(now) < paper.closes_ms:
        raise VotingNotOver
    _check_parts(campaign)
    if paper.log:
        roundlogs.check_closed(paper=paper, now=now)
    counts = count_whole(paper=paper, as_of=now)
    placed = scoring.place(
        gather_entries(campaign, counts.votes),
        weights=weights_of(campaign),
        tie_rule=campaign.tie_rule,
        seats=campaign.seats,
    )
    document = document_of(campaign, ballots=counts.ballots, placed=placed)
    return _Outcome(counts, placed, scoring.digest_of(document))


def _log_fields(counts: Counts) -> dict[str, object]:
    mark = counts.mark
    return {"log_size": mark.size if mark else 0, "log_root": mark.root if mark else ""}


def _check_parts(campaign: Campaign) -> None:
    """Raise when somebody is missing from what is to be weighed."""
    if not campaign.nominees.filter(status=Nominee.Status.CANDIDATE).exists():
        raise NobodyToRank
    if campaign.jury_weight:
        progress = jury_progress(campaign)
        if not progress:
            raise JuryEmpty(weight=campaign.jury_weight)
        behind = [f"{one.name}（{one.done}/{one.due}）" for one in progress if one.missing]
        if behind:
            raise ScoringNotOver(missing=listed(behind))
    if campaign.figures_weight and (bare := without_figures(campaign)):
        raise FiguresMissing(weight=campaign.figures_weight, missing=listed(bare))


def _lock_campaign(campaign_id: int, actor: Actor, permission: str) -> Campaign:
    visible = Campaign.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    campaign: Campaign | None = visible.filter(pk=campaign_id).first()
    if campaign is None or not campaign.is_launched:
        raise CampaignNotFound
    actor.check(permission, campaign.agency_id)
    if actor.kind != "staff":
        raise NotAllowed  # a result bears the names of people
    return campaign


def _get_result(campaign: Campaign) -> Result:
    result: Result | None = Result.objects.filter(campaign=campaign).first()
    if result is None:
        raise ResultNotFound
    return result


def _record(campaign: Campaign, verb: str, actor: Actor, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=f"campaigns.result.{verb}",
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        **facts,
    )


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
