# SPDX-License-Identifier: Apache-2.0
"""Appeals of voters whose ballots do not count: filed by place, decided by two people.

Two others than those who struck the ballot out. An appeal holds place, pseudonym and words, never
the person: who votes for whom stays unknown. The public log has a hash of the words, salted: short
ones could be found by trying. Upheld, the ballot counts again (`restore`, or `release`); a
signature that stood under the count is taken back first.
"""

import hashlib
import json
import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from minyi.campaigns.errors import (
    AlreadyAppealed,
    AppealDecided,
    AppealNotFound,
    AppealOfOwnRuling,
    AppealTooLate,
    CampaignNotFound,
    NothingToAppeal,
    ReasonNeeded,
    SecondPersonNeeded,
)
from minyi.campaigns.models import Appeal, Campaign, Result, Round
from minyi.campaigns.queries.adjudication import is_among, struck_by
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import NotAllowed
from minyi.ledger.queries.logs import standing_of
from minyi.ledger.services import logs

from . import adjudication, results
from .manifests import promised_until
from .texts import tidy

MOST = 500  # characters of a statement, and of an answer
SALT_BYTES = 16


@transaction.atomic
def file_appeal(
    *, campaign_id: int, place: int, voter_ref: str, statement: str, now: datetime
) -> Appeal:
    """Take in the appeal of the voter whose ballot stands at that place; the caller proved it."""
    campaign = Campaign.objects.public().filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    paper = Round.objects.get(campaign_id=campaign_id)
    _check_in_time(paper, now)
    words = tidy(statement)[:MOST]
    if not words:
        raise ReasonNeeded
    if not paper.log or standing_of(paper.log, place).state not in adjudication.BACK:
        raise NothingToAppeal
    earlier = Appeal.objects.filter(round=paper, place=place).first()
    if earlier is not None:
        raise AlreadyAppealed(number=earlier.number)
    last = Appeal.objects.filter(round=paper).aggregate(last=Max("number"))["last"] or 0
    appeal = Appeal.objects.create(
        round=paper,
        number=last + 1,
        place=place,
        voter_ref=voter_ref,
        statement=words,
        salt=secrets.token_hex(SALT_BYTES),
        filed_at=now,
    )
    entry = {
        "type": "appeal",
        "t": round(now.timestamp() * 1000),
        "ev": evidence_of(appeal),
    }
    logs.put(folder=paper.log, key=f"appeal:{appeal.number}", entry=entry, now=now)
    return appeal


@transaction.atomic
def propose_answer(
    *, appeal_id: int, is_well_founded: bool, answer: str, actor: Actor, now: datetime
) -> Appeal:
    """Say how the appeal should be decided and what the voter is told; another person decides."""
    appeal = _lock(appeal_id, actor, "ballots.rule", Appeal.State.FILED)
    words = tidy(answer)[:MOST]
    if not words:
        raise ReasonNeeded
    appeal.is_well_founded, appeal.answer = is_well_founded, words
    appeal.proposed_by_id, appeal.state = int(actor.id), Appeal.State.PROPOSED
    appeal.save(update_fields=["is_well_founded", "answer", "proposed_by", "state"])
    _record(appeal, "proposed", actor, now)
    return appeal


@transaction.atomic
def send_back(*, appeal_id: int, actor: Actor, now: datetime) -> Appeal:
    """Let it be looked into again."""
    appeal = _lock_proposed(appeal_id, actor)
    appeal.state, appeal.proposed_by = Appeal.State.FILED, None
    appeal.save(update_fields=["state", "proposed_by"])
    _record(appeal, "returned", actor, now)
    return appeal


@transaction.atomic
def decide(*, appeal_id: int, actor: Actor, now: datetime) -> Appeal:
    """Decide as proposed, as another person; upheld, the ballot counts again."""
    appeal = _lock_proposed(appeal_id, actor)
    proposer = appeal.proposed_by_id
    if appeal.is_well_founded and proposer is not None:
        _let_count(appeal, proposer, actor, now)
    is_upheld = bool(appeal.is_well_founded)
    appeal.state = Appeal.State.UPHELD if is_upheld else Appeal.State.DISMISSED
    appeal.decided_by_id, appeal.decided_at = int(actor.id), now
    appeal.save(update_fields=["state", "decided_by", "decided_at"])
    _record(appeal, str(appeal.state), actor, now)
    entry = {
        "type": "event",
        "t": round(now.timestamp() * 1000),
        "what": f"appeal_{appeal.state}",
        "appeal": appeal.number,
    }
    key = f"appeal:{appeal.number}:{appeal.state}"
    logs.put(folder=appeal.round.log, key=key, entry=entry, now=now)
    return appeal


def evidence_of(appeal: Appeal) -> str:
    """Return what the log holds of an appeal's words: docs/protocol/log-format.md §6.2."""
    return hashlib.sha256(bytes.fromhex(appeal.salt) + appeal.statement.encode()).hexdigest()


def _let_count(appeal: Appeal, proposer: int, actor: Actor, now: datetime) -> None:
    campaign_id = appeal.round.campaign_id
    signed = Result.objects.filter(campaign_id=campaign_id, signed_at__isnull=False).first()
    if signed is not None:
        reason = _("选票申诉第 %d 号成立，重新汇总后再签字") % appeal.number
        results.take_back(result=signed, reason=reason, actor=actor, now=now)
    facts = {
        "appeal": appeal.number,
        "salt": appeal.salt,  # the hash of this stands in the log as well
        "statement": appeal.statement,
        "answer": appeal.answer,
    }
    evidence = adjudication.store_evidence(
        campaign_id=campaign_id,
        content=json.dumps(facts, ensure_ascii=False, sort_keys=True).encode(),
        name=f"appeal-{appeal.number}.json",
        now=now,
    )
    adjudication.rule_on_appeal(
        campaign_id=campaign_id,
        place=appeal.place,
        evidence=evidence,
        proposed_by_id=proposer,
        actor=actor,
        now=now,
    )


def _check_in_time(paper: Round, now: datetime) -> None:
    """Raise after the deadline that stands in entry 0 of the log, or once the result is final."""
    if Result.objects.filter(campaign_id=paper.campaign_id, published_at__isnull=False).exists():
        raise AppealTooLate
    until = promised_until(paper)
    stage = paper.campaign.stages.filter(kind="publicity").first()
    if stage is not None:
        until = max(until, stage.closes_at)  # it may have been prolonged
    if now >= until:
        raise AppealTooLate


def _lock(appeal_id: int, actor: Actor, permission: str, state: str) -> Appeal:
    """Fetch and lock, the campaign first: one order everywhere."""
    visible = Appeal.objects.visible_to(actor)
    campaign_id = visible.filter(pk=appeal_id).values_list("round__campaign_id", flat=True).first()
    if campaign_id is None:
        raise AppealNotFound
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    appeal: Appeal = Appeal.objects.select_related("round__campaign").get(pk=appeal_id)
    actor.check(permission, appeal.round.campaign.agency_id)
    if actor.kind != "staff":
        raise NotAllowed
    if appeal.state != state:
        raise AppealDecided(state=appeal.get_state_display())
    if is_among(appeal.place, struck_by(round_id=appeal.round_id, user_id=int(actor.id))):
        raise AppealOfOwnRuling
    return appeal


def _lock_proposed(appeal_id: int, actor: Actor) -> Appeal:
    appeal = _lock(appeal_id, actor, "ballots.confirm", Appeal.State.PROPOSED)
    if str(appeal.proposed_by_id) == actor.id:
        raise SecondPersonNeeded
    return appeal


def _record(appeal: Appeal, verb: str, actor: Actor, now: datetime) -> None:
    audit.record(
        actor=actor,
        act=f"campaigns.appeal.{verb}",
        target=appeal,
        now=now,
        agency_id=appeal.round.campaign.agency_id,
        campaign=appeal.round.campaign_id,
        number=appeal.number,
    )
