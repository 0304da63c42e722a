# SPDX-License-Identifier: Apache-2.0
"""The ballot paper: printed from the campaign, stopped and started by the supervisor."""

import json
import secrets
from datetime import datetime

from django.db import transaction

from minyi.campaigns.errors import (
    BallotPaperFrozen,
    CampaignNotFound,
    NotLaunched,
    PaperTooShort,
    ReasonNeeded,
    VotingOver,
)
from minyi.campaigns.models import Campaign, Nominee, Round, Stage
from minyi.core import audit, outbox
from minyi.core.actors import Actor
from minyi.core.words import listed
from minyi.ledger.services import witnesses

from . import roundlogs, screening, vaultends, watching
from .texts import tidy


@transaction.atomic
def sync_round(*, campaign_id: int, now: datetime) -> Round | None:
    """Print the ballot paper, or bring it up to date with campaign, voting stage and candidates.

    None while there is nothing to print: a draft has no paper, so nobody can vote on it. Once
    voting has opened the paper may only lose candidates who withdrew, and close at another time.
    Where a public log is kept, its first entry is printed along with the paper.
    """
    campaign = Campaign.objects.select_for_update().filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    stage = campaign.stages.filter(kind="voting").first()
    if stage is None or not campaign.is_launched:
        return None
    paper = Round.objects.select_for_update().filter(campaign=campaign).first()
    if paper is None:
        paper = _print_paper(campaign, stage)
    elif _ms(now) < paper.opens_ms and not roundlogs.has_begun(paper):
        _reprint_paper(paper, campaign, stage)
    else:
        return _trim_paper(paper, stage, now)
    roundlogs.print_manifest(paper, campaign, stage, _candidates(campaign), now)
    vaultends.schedule_end(paper=paper, campaign=campaign, voting=stage, now=now)
    screening.schedule(paper=paper, now=now)
    watching.schedule(paper=paper, now=now)
    return paper


@transaction.atomic
def pause_voting(*, campaign_id: int, reason: str, actor: Actor, now: datetime) -> Round:
    """Stop the vote at once; citizens read the reason. Pausing twice keeps the first reason."""
    paper = _paper_for_supervisor(campaign_id, actor)
    reason = tidy(reason)[:200]  # what the column holds
    if not reason:
        raise ReasonNeeded
    if _ms(now) >= paper.closes_ms:
        raise VotingOver
    if paper.paused:
        return paper
    paper.paused = True
    paper.pause_reason = reason
    paper.save(update_fields=["paused", "pause_reason"])
    roundlogs.put_event(paper, "paused", now, reason=paper.pause_reason)
    _record(paper, "campaigns.voting.paused", actor, now, reason=paper.pause_reason)
    return paper


@transaction.atomic
def resume_voting(*, campaign_id: int, actor: Actor, now: datetime) -> Round:
    """Let the vote go on; resuming a running vote changes nothing."""
    paper = _paper_for_supervisor(campaign_id, actor)
    if not paper.campaign.is_launched:
        raise NotLaunched  # a cancelled campaign stays stopped
    if _ms(now) >= paper.closes_ms:
        raise VotingOver
    if not paper.paused:
        return paper
    reason, paper.pause_reason = paper.pause_reason, ""
    paper.paused = False
    paper.save(update_fields=["paused", "pause_reason"])
    roundlogs.put_event(paper, "resumed", now)
    _record(paper, "campaigns.voting.resumed", actor, now, paused_because=reason)
    return paper


@outbox.consumer(witnesses.CHANGED)
def print_again(delivery: outbox.Delivery) -> None:
    """Print the papers of votes to come again: the agency's witnesses have changed."""
    coming = Round.objects.filter(
        campaign__agency_id=int(str(delivery.payload["agency"])), opens_ms__gt=_ms(delivery.now)
    )
    for campaign_id in coming.values_list("campaign_id", flat=True):
        sync_round(campaign_id=campaign_id, now=delivery.now)


def stop_for_good(*, campaign: Campaign, reason: str, now: datetime) -> None:
    """Stop the vote of a cancelled campaign; the caller records the act."""
    paper = Round.objects.select_for_update().filter(campaign=campaign).first()
    if paper is None:
        return
    paper.paused = True
    paper.pause_reason = reason
    paper.save(update_fields=["paused", "pause_reason"])
    roundlogs.put_event(paper, "cancelled", now, reason=reason)


def _print_paper(campaign: Campaign, stage: Stage) -> Round:
    return Round.objects.create(
        campaign=campaign,
        order_seed=secrets.token_hex(16),
        **_rules_of(campaign, stage, _candidates(campaign)),
    )


def _reprint_paper(paper: Round, campaign: Campaign, stage: Stage) -> None:
    for field, value in _rules_of(campaign, stage, _candidates(campaign)).items():
        setattr(paper, field, value)
    paper.save()


def _trim_paper(paper: Round, stage: Stage, now: datetime) -> Round:
    printed = json.loads(paper.candidates)
    present = _candidates(paper.campaign)
    late = [number for number in present if number not in printed]
    if late:
        raise BallotPaperFrozen(numbers=listed(str(number) for number in late))
    left = [number for number in printed if number in present]
    # A rule nobody can keep would end the vote: ask for no more picks than there are candidates.
    min_picks = min(paper.min_picks, max(len(left), 1))
    if paper.log:
        _keep_rule(paper, min_picks, len(left), now)
        for number in sorted(set(printed) - set(left)):
            roundlogs.put_event(paper, "withdrawn", now, candidate=number)
        roundlogs.move_close(paper, _ms(stage.closes_at), now)
    else:
        paper.closes_ms = _ms(stage.closes_at)
    paper.candidates = _as_json(left)
    paper.min_picks = min_picks
    paper.save(update_fields=["candidates", "min_picks", "closes_ms"])
    screening.schedule(paper=paper, now=now)
    watching.schedule(paper=paper, now=now)
    return paper


def _keep_rule(paper: Round, min_picks: int, left: int, now: datetime) -> None:
    """Refuse to ask for fewer picks than the log's first entry: such ballots would not count."""
    loses = left != len(json.loads(paper.candidates))
    if loses and min_picks < paper.min_picks and _ms(now) < paper.closes_ms:
        raise PaperTooShort(min_picks=paper.min_picks, left=left)


def _rules_of(campaign: Campaign, stage: Stage, candidates: list[int]) -> dict[str, object]:
    return {
        "slug": campaign.slug,
        "opens_ms": _ms(stage.opens_at),
        "closes_ms": _ms(stage.closes_at),
        "min_picks": campaign.min_picks,
        "max_picks": campaign.max_picks,
        "frequency": campaign.frequency,
        "candidates": _as_json(candidates),
    }


def _candidates(campaign: Campaign) -> list[int]:
    candidates = campaign.nominees.filter(status=Nominee.Status.CANDIDATE)
    return list(candidates.order_by("number").values_list("number", flat=True))


def _paper_for_supervisor(campaign_id: int, actor: Actor) -> Round:
    campaign = Campaign.objects.visible_to(actor).filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    actor.check("voting.pause", campaign.agency_id)
    papers = Round.objects.select_for_update().select_related("campaign")
    paper = papers.filter(campaign=campaign).first()
    if paper is None:
        raise NotLaunched
    return paper


def _record(paper: Round, act: str, actor: Actor, now: datetime, **facts: object) -> None:
    campaign = paper.campaign
    audit.record(
        actor=actor, act=act, target=campaign, now=now, agency_id=campaign.agency_id, **facts
    )


def _as_json(numbers: list[int]) -> str:
    return json.dumps(numbers, separators=(",", ":"))


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
