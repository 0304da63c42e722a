# SPDX-License-Identifier: Apache-2.0
"""The trustees of a campaign: a key before the launch, a rehearsal, the opening after the close.

Whoever sits at the console only enters what the trustees bring. The opening writes the key into
the public log; from then on everybody reads and counts the ballots, and so do we.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.db import transaction

from minyi.campaigns.errors import (
    BallotsSealed,
    CampaignNotFound,
    KeyFixed,
    KeyNotNeeded,
    NotLaunched,
    OpeningTooEarly,
    RehearsalTooLate,
)
from minyi.campaigns.models import Campaign, Round
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import NotAllowed
from minyi.core.words import listed
from minyi.ledger.queries.logs import tally
from minyi.ledger.queries.sealed import count_from_table
from minyi.ledger.services import logs, trustees
from minyi.ledger.services.trustees import HandedShare, Person

from . import roundlogs, screening

log = structlog.get_logger("minyi.ledger")
MAY = ("campaigns.launch", "voting.pause")  # organisers and supervisors


@dataclass(frozen=True, slots=True)
class Opening:
    """Who has opened the ballots, and the labels whose votes are not what our table says."""

    names: list[str]
    unlike: list[str]


@transaction.atomic
def make_key(
    *, campaign_id: int, people: Sequence[Person], actor: Actor, now: datetime
) -> list[HandedShare]:
    """Make the key of a campaign that has not been launched; earlier shares are void."""
    campaign = _lock(campaign_id, actor, "campaigns.launch")
    if campaign.launched_at is not None or campaign.cancelled_at is not None:
        raise KeyFixed
    if campaign.count_mode == Campaign.CountMode.LIVE:
        raise KeyNotNeeded
    handed = trustees.make_key(campaign_id=campaign_id, people=people, now=now)
    _record(campaign, "campaigns.key.made", [one.name for one in handed], actor, now)
    return handed


@transaction.atomic
def rehearse_opening(
    *, campaign_id: int, texts: Sequence[str], actor: Actor, now: datetime
) -> list[str]:
    """Let two shares open a test choice; return who has done it. Not once people vote."""
    campaign = _lock(campaign_id, actor, *MAY)
    paper = Round.objects.filter(campaign=campaign).first()
    if paper is not None and paper.opens_ms <= _ms(now):
        raise RehearsalTooLate
    names = trustees.rehearse(campaign_id=campaign_id, texts=texts, now=now)
    _record(campaign, "campaigns.key.rehearsed", names, actor, now)
    return names


@transaction.atomic
def reissue_shares(
    *, campaign_id: int, texts: Sequence[str], actor: Actor, now: datetime
) -> list[HandedShare]:
    """Make new shares from two, for one that was lost; while people vote, the log says so.

    Before the launch the new ones have to be rehearsed again.
    """
    campaign = _lock(campaign_id, actor, "campaigns.launch")
    is_launched = campaign.launched_at is not None
    handed = trustees.reissue(campaign_id=campaign_id, texts=texts, is_rehearsed=is_launched)
    _record(campaign, "campaigns.key.reissued", [one.name for one in handed], actor, now)
    paper = Round.objects.filter(campaign=campaign).first()
    if paper is not None:
        roundlogs.put_event(paper, "shares_reissued", now)
    return handed


def open_ballots(*, campaign_id: int, texts: Sequence[str], actor: Actor, now: datetime) -> Opening:
    """Publish the key of a vote that is over; opening twice is harmless.

    Not one transaction: what stands in the log stays there.
    """
    campaign = _find(campaign_id, actor, *MAY)
    paper = Round.objects.filter(campaign=campaign).first()
    if paper is None:
        raise NotLaunched
    if not paper.is_sealed:
        raise KeyNotNeeded
    if _ms(now) < paper.closes_ms:
        raise OpeningTooEarly
    key, names = trustees.combine(campaign_id=campaign_id, texts=texts)
    roundlogs.check_closed(paper=paper, now=now)
    index = logs.publish_key(folder=paper.log, key=key, now=now)
    if tally(paper.log).sealed:
        raise BallotsSealed
    unlike = _compare_with_table(paper)
    with transaction.atomic():
        trustees.note_opened(campaign_id=campaign_id, now=now)
        if paper.hides_choices:
            screening.schedule_opened(paper=paper, now=now)
        if index is not None:
            _record(campaign, "campaigns.ballots.opened", names, actor, now)
        if unlike:
            log.error("opened_ballots_unlike_table", campaign=campaign_id, labels=unlike)
            _record(campaign, "campaigns.ballots.unlike", unlike, actor, now)
    return Opening(names, unlike)


def _compare_with_table(paper: Round) -> list[str]:
    """Return the labels whose votes differ between the opened log and our table in clear."""
    if paper.hides_choices:
        return []
    opened = tally(paper.log).votes
    ours = count_from_table(folder=paper.log, round_id=paper.pk).votes
    return _differing(opened, ours)


def _differing(one: Mapping[str, int], other: Mapping[str, int]) -> list[str]:
    return [label for label in sorted(one) if one[label] != other.get(label)]


def _lock(campaign_id: int, actor: Actor, *permissions: str) -> Campaign:
    """Fetch and hold it: the key of entry 0 is never replaced while the launch reads it."""
    visible = Campaign.objects.visible_to(actor).select_for_update(of=("self",))
    return _checked(visible.filter(pk=campaign_id).first(), actor, *permissions)


def _find(campaign_id: int, actor: Actor, *permissions: str) -> Campaign:
    found = Campaign.objects.visible_to(actor).filter(pk=campaign_id).first()
    return _checked(found, actor, *permissions)


def _checked(campaign: Campaign | None, actor: Actor, *permissions: str) -> Campaign:
    if campaign is None:
        raise CampaignNotFound
    if not any(actor.can(permission, campaign.agency_id) for permission in permissions):
        raise NotAllowed
    return campaign


def _record(
    campaign: Campaign, act: str, names: Sequence[str], actor: Actor, now: datetime
) -> None:
    audit.record(
        actor=actor,
        act=act,
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        names=listed(names),
    )


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
