# SPDX-License-Identifier: Apache-2.0
"""Rulings on ballots: held for review, released, struck out, restored. Nothing is deleted.

    quarantine, release       one act, by the platform's rules or by staff
    quarantine once more      one person; confirm or turn_down by another
    propose_void/_restore     one person; confirm or turn_down by another
    withdraw                  one's own proposal, while nobody has decided it

Each names ballots by their places in the public log, the rule, and a stored evidence file whose
hash goes into the log. An act that names one ballot in another state than it must be in is
refused: in the log it would move none. Ballots under review for too long are released by the
worker (topic `campaigns.release`, term `ballots.release`).
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeAlias

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils.timezone import localtime

from minyi.campaigns.errors import (
    BallotsUnfit,
    CampaignNotFound,
    EvidenceUnknown,
    NoBallotsNamed,
    ProposalOfAnother,
    ReasonNeeded,
    ResultFixed,
    RulingDecided,
    RulingNotFound,
    SecondPersonNeeded,
)
from minyi.campaigns.models import Campaign, EvidenceFile, Result, Round, Ruling
from minyi.campaigns.queries.terms import RELEASE, term_of
from minyi.core import audit, outbox
from minyi.core.actors import SYSTEM, Actor
from minyi.core.errors import NotAllowed
from minyi.ledger import folders
from minyi.ledger.errors import LogNotBegun, LogNotFound
from minyi.ledger.fold import FROM, QUARANTINED
from minyi.ledger.queries.logs import standing_of, states_of
from minyi.ledger.services import logs

from .texts import tidy

Ranges: TypeAlias = Sequence[tuple[int, int]]  # half-open places in the log, ascending, apart

TOPIC = "campaigns.release"
UNDECIDED = "undecided"  # rule of the automatic release
# An entry has at most 2,048 bytes (log-format.md §6.1): 20 for two places of eight digits, and
# 360 for the longest rule.
RANGES_PER_ENTRY = 60
ACTS = {
    Ruling.Kind.QUARANTINE: "quarantined",
    Ruling.Kind.RELEASE: "released",
    Ruling.Kind.VOID: "voided",
    Ruling.Kind.RESTORE: "restored",
}

BACK = {"quarantined": Ruling.Kind.RELEASE, "void": Ruling.Kind.RESTORE}  # what undoes a state


def ranges_of(places: Iterable[int]) -> list[tuple[int, int]]:
    """Join places in the log into half-open ranges, ascending and apart."""
    ranges: list[tuple[int, int]] = []
    for place in sorted(set(places)):
        if ranges and ranges[-1][1] == place:
            ranges[-1] = (ranges[-1][0], place + 1)
        else:
            ranges.append((place, place + 1))
    return ranges


def places_of(ranges: Ranges) -> list[int]:
    """Take ranges apart into places, in their order."""
    return [place for low, high in ranges for place in range(low, high)]


def in_state(log: str, ranges: Ranges, state: int) -> list[tuple[int, int]]:
    """Keep of these ranges what is in that state (see `ledger.fold`) now."""
    found = zip(places_of(ranges), states_of(log, ranges), strict=True)
    return ranges_of(place for place, its in found if its == state)


def store_evidence(*, campaign_id: int, content: bytes, name: str, now: datetime) -> str:
    """Keep what a ruling will rest on; return its SHA-256 in hex. The same file is kept once."""
    digest = hashlib.sha256(content).hexdigest()
    kept = ContentFile(content, name=f"{digest}.bin")
    EvidenceFile.objects.get_or_create(
        campaign_id=campaign_id,
        sha256=digest,
        defaults={"name": name[-100:], "file": kept, "stored_at": now},
    )
    return digest


@transaction.atomic
def quarantine(
    *,
    campaign_id: int,
    ballots: Ranges,
    rule: str,
    evidence: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Ruling:
    """Hold counted ballots for review: they do not count until they are released.

    Once. Where a ballot counts again after a ruling this is a proposal, which another person
    confirms: nobody alone keeps a ballot out of the count. The platform does not propose.
    """
    paper = lock_paper(campaign_id, actor, "ballots.rule")
    return rule_on(paper, Ruling.Kind.QUARANTINE, ballots, rule, evidence, actor, now, reason)


@transaction.atomic
def release(
    *,
    campaign_id: int,
    ballots: Ranges,
    rule: str,
    evidence: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Ruling:
    """Let ballots that were held for review count again."""
    paper = lock_paper(campaign_id, actor, "ballots.rule")
    return rule_on(paper, Ruling.Kind.RELEASE, ballots, rule, evidence, actor, now, reason)


@transaction.atomic
def propose_void(
    *,
    campaign_id: int,
    ballots: Ranges,
    rule: str,
    evidence: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Ruling:
    """Propose to strike ballots out; another person confirms it."""
    paper = lock_paper(campaign_id, actor, "ballots.rule")
    return rule_on(paper, Ruling.Kind.VOID, ballots, rule, evidence, actor, now, reason)


@transaction.atomic
def propose_restore(
    *,
    campaign_id: int,
    ballots: Ranges,
    rule: str,
    evidence: str,
    reason: str = "",
    actor: Actor,
    now: datetime,
) -> Ruling:
    """Propose to let ballots count again that were struck out; another person confirms it."""
    paper = lock_paper(campaign_id, actor, "ballots.rule")
    return rule_on(paper, Ruling.Kind.RESTORE, ballots, rule, evidence, actor, now, reason)


def rule_on(
    paper: Round,
    kind: Ruling.Kind,
    ballots: Ranges,
    rule: str,
    evidence: str,
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> Ruling:
    """Rule on ballots of a paper that the caller has locked (`lock_paper`), once in its act.

    What the log says does not move before the caller's transaction ends: no ballot may be ruled
    on twice in it.
    """
    ruling = _rule(paper, kind, ballots, rule, evidence, actor, now, reason=reason)
    is_proposal = ruling.state == Ruling.State.PROPOSED
    if not is_proposal:
        _put(paper, ruling, now)
    _record(ruling, f"{kind}_proposed" if is_proposal else ACTS[kind], actor, now)
    return ruling


@transaction.atomic
def confirm(*, ruling_id: int, actor: Actor, now: datetime) -> Ruling:
    """Put a proposed ruling in force, as somebody else than its proposer."""
    ruling, paper = _lock_proposal(ruling_id, actor)
    put_in_force(paper, ruling, actor, now)
    return ruling


def put_in_force(paper: Round, ruling: Ruling, actor: Actor, now: datetime) -> None:
    """Put a proposed ruling in force on a paper that the caller has locked (`lock_paper`)."""
    _check_may_decide(ruling, actor)
    _check_states(paper, Ruling.Kind(ruling.kind), ruling.ballots)
    _decide(ruling, Ruling.State.IN_FORCE, actor, now)
    _put(paper, ruling, now)
    _record(ruling, ACTS[Ruling.Kind(ruling.kind)], actor, now)


@transaction.atomic
def turn_down(*, ruling_id: int, reason: str, actor: Actor, now: datetime) -> Ruling:
    """Refuse a proposed ruling, with the reason; the proposer's own stays beside it."""
    ruling, _paper = _lock_proposal(ruling_id, actor)
    reason = tidy(reason)
    if not reason:
        raise ReasonNeeded
    ruling.refusal = reason[:300]
    _decide(ruling, Ruling.State.TURNED_DOWN, actor, now)
    _record(ruling, "turned_down", actor, now, reason=ruling.refusal)
    return ruling


@transaction.atomic
def withdraw(*, ruling_id: int, actor: Actor, now: datetime) -> Ruling:
    """Take one's own proposal back while nobody has decided it."""
    ruling = _find_ruling(ruling_id, actor)
    lock_paper(ruling.round.campaign_id, actor, "ballots.rule")
    ruling.refresh_from_db(fields=["state"])
    _check_is_proposed(ruling)
    if str(ruling.proposed_by_id) != actor.id:
        raise ProposalOfAnother
    ruling.state, ruling.decided_at = Ruling.State.WITHDRAWN, now
    ruling.save(update_fields=["state", "decided_at"])
    _record(ruling, "withdrawn", actor, now)
    return ruling


def rule_on_appeal(
    *, campaign_id: int, place: int, evidence: str, proposed_by_id: int, actor: Actor, now: datetime
) -> Ruling | None:
    """Let one ballot count again, as its appeal was decided; None: it counts already.

    Call it in the transaction of the decision, whose two people are those of the ruling.
    """
    paper = lock_paper(campaign_id, actor, "ballots.confirm")
    kind = BACK.get(standing_of(paper.log, place).state)
    if kind is None:
        return None
    ruling = _rule(paper, kind, [(place, place + 1)], "appeal", evidence, actor, now)
    ruling.proposed_by_id = proposed_by_id
    _decide(ruling, Ruling.State.IN_FORCE, actor, now)
    _put(paper, ruling, now)
    _record(ruling, ACTS[kind], actor, now)
    return ruling


@outbox.consumer(TOPIC)
def release_undecided(delivery: outbox.Delivery) -> None:
    """Release what is still under review of one ruling, its term being over."""
    rows = Ruling.objects.select_related("round", "evidence")
    ruling = rows.filter(pk=int(str(delivery.payload["ruling"]))).first()
    if ruling is None:
        raise outbox.GiveUp("no such ruling")
    left = _still_held_by(ruling)
    if left:
        release(
            campaign_id=ruling.round.campaign_id,
            ballots=left,
            rule=UNDECIDED,
            evidence=ruling.evidence.sha256,
            actor=SYSTEM,
            now=delivery.now,
        )


def _still_held_by(ruling: Ruling) -> list[tuple[int, int]]:
    """Keep of a ruling's ballots what is under review, but not what a later one holds anew.

    That has a term of its own, which two people have begun.
    """
    rows = Ruling.objects.filter(round=ruling.round, kind=Ruling.Kind.QUARANTINE)
    since = ruling.decided_at or ruling.proposed_at
    later = rows.filter(state=Ruling.State.IN_FORCE, decided_at__gt=since)
    anew = {place for one in later for place in places_of(one.ballots)}
    held = in_state(ruling.round.log, ruling.ballots, QUARANTINED)
    return ranges_of(place for place in places_of(held) if place not in anew)


def _rule(
    paper: Round,
    kind: Ruling.Kind,
    ballots: Ranges,
    rule: str,
    evidence: str,
    actor: Actor,
    now: datetime,
    *,
    reason: str = "",
) -> Ruling:
    """Write a ruling down: in force at once, or proposed where a second person is needed."""
    _check_ranges(ballots)
    kept = EvidenceFile.objects.filter(campaign_id=paper.campaign_id, sha256=evidence).first()
    if kept is None:
        raise EvidenceUnknown
    if not tidy(rule):
        raise ReasonNeeded
    _check_states(paper, kind, ballots)
    needs_second = _needs_second(paper, kind, ballots)
    if needs_second:
        _check_is_a_person(actor)
    return Ruling.objects.create(
        round=paper,
        kind=kind,
        ballots=[list(one) for one in ballots],
        ballot_count=sum(high - low for low, high in ballots),
        rule=tidy(rule)[:120],
        evidence=kept,
        by="office" if actor.kind == "staff" else "platform",
        state=Ruling.State.PROPOSED if needs_second else Ruling.State.IN_FORCE,
        proposed_by_id=int(actor.id) if actor.kind == "staff" else None,
        proposed_at=now,
        reason=tidy(reason)[:300],
    )


def _decide(ruling: Ruling, state: Ruling.State, actor: Actor, now: datetime) -> None:
    ruling.state, ruling.decided_by_id, ruling.decided_at = state, int(actor.id), now
    ruling.save()


def _put(paper: Round, ruling: Ruling, now: datetime) -> None:
    """Put a ruling into the log, in as many entries as its ranges need.

    What is held now is released when the term is over and nobody has decided.
    """
    for part, start in enumerate(range(0, len(ruling.ballots), RANGES_PER_ENTRY)):
        entry = {
            "type": str(ruling.kind),
            "t": round(now.timestamp() * 1000),
            "ballots": ruling.ballots[start : start + RANGES_PER_ENTRY],
            "rule": ruling.rule,
            "ev": ruling.evidence.sha256,
            "by": ruling.by,
        }
        logs.put(folder=paper.log, key=f"ruling:{ruling.pk}:{part}", entry=entry, now=now)
    if ruling.kind == Ruling.Kind.QUARANTINE:
        region = paper.campaign.agency.region.code
        days = term_of(RELEASE, region_code=region, on=localtime(now).date())
        outbox.send(
            topic=TOPIC,
            key=str(ruling.pk),
            payload={"ruling": ruling.pk},
            now=now,
            due_at=now + timedelta(days=days),
        )


def _check_ranges(ballots: Ranges) -> None:
    ends = [place for one in ballots for place in one]
    if not ends or ends[0] < 1 or any(later <= earlier for earlier, later in pairwise(ends)):
        raise NoBallotsNamed


def _check_states(paper: Round, kind: Ruling.Kind, ballots: Ranges) -> None:
    """Raise BallotsUnfit unless every ballot is in a state this act takes ballots from."""
    count = sum(high - low for low, high in ballots)
    states = states_of(paper.log, ballots)
    fit = sum(state in FROM[str(kind.value)] for state in states)
    if fit != count:
        raise BallotsUnfit(count=count, unfit=count - fit, act=kind.label)


def _needs_second(paper: Round, kind: Ruling.Kind, ballots: Ranges) -> bool:
    """Tell whether another person must confirm it: all but a release and a ballot's first hold."""
    if kind == Ruling.Kind.RELEASE:
        return False
    if kind != Ruling.Kind.QUARANTINE:
        return True
    earlier = Ruling.objects.filter(round=paper, state=Ruling.State.IN_FORCE)
    named = set(places_of(ballots))  # never range by range: a hold may have 100,000 of them
    spans = earlier.values_list("ballots", flat=True)
    return any(not named.isdisjoint(places_of(span)) for span in spans)


def _check_is_a_person(actor: Actor) -> None:
    if actor.kind != "staff":
        raise NotAllowed  # the platform may hold a ballot back, once; the rest is for people


def lock_paper(campaign_id: int, actor: Actor, permission: str) -> Round:
    """Lock the campaign and bring its log up to date, so that states are what they will be.

    The count moves only while no supervisor's signature stands under it.
    """
    visible = Campaign.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    campaign: Campaign | None = visible.filter(pk=campaign_id).first()
    if campaign is None or not campaign.is_launched:
        raise CampaignNotFound
    actor.check(permission, campaign.agency_id)
    rows = Round.objects.select_related("campaign__agency__region")
    paper: Round | None = rows.filter(campaign=campaign).first()
    if paper is None or not paper.log:
        raise LogNotFound
    if not folders.has_begun(paper.log):
        raise LogNotBegun
    if Result.objects.filter(campaign=campaign, signed_at__isnull=False).exists():
        raise ResultFixed
    logs.write_waiting(folder=paper.log)
    return paper


def _lock_proposal(ruling_id: int, actor: Actor) -> tuple[Ruling, Round]:
    ruling = _find_ruling(ruling_id, actor)
    paper = lock_paper(ruling.round.campaign_id, actor, "ballots.confirm")
    ruling.refresh_from_db(fields=["state"])
    _check_may_decide(ruling, actor)
    return ruling, paper


def _find_ruling(ruling_id: int, actor: Actor) -> Ruling:
    visible = Ruling.objects.visible_to(actor).select_related("evidence", "round")
    ruling: Ruling | None = visible.filter(pk=ruling_id).first()
    if ruling is None:
        raise RulingNotFound
    return ruling


def _check_may_decide(ruling: Ruling, actor: Actor) -> None:
    _check_is_proposed(ruling)
    _check_is_a_person(actor)
    if str(ruling.proposed_by_id) == actor.id:
        raise SecondPersonNeeded


def _check_is_proposed(ruling: Ruling) -> None:
    if ruling.state != Ruling.State.PROPOSED:
        raise RulingDecided(state=ruling.get_state_display())


def _record(ruling: Ruling, verb: str, actor: Actor, now: datetime, **facts: object) -> None:
    campaign = ruling.round.campaign
    audit.record(
        actor=actor,
        act=f"campaigns.ballots.{verb}",
        target=ruling,
        now=now,
        agency_id=campaign.agency_id,
        campaign=campaign.pk,
        ballots=ruling.ballot_count,
        rule=ruling.rule,
        evidence=ruling.evidence.sha256,
        **facts,
    )
