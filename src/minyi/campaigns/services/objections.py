# SPDX-License-Identifier: Apache-2.0
"""Objections: filed by citizens during publicity, investigated, decided by a second person.

    filed → accepted → proposed → upheld | dismissed        declined, withdrawn on the way

While one is open, or an upheld one is not put right, the result cannot become final. Who is
objected to neither investigates nor decides. Of each the public log has the number and the
outcome, never who it was.
"""

import hashlib
import re
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from minyi.agencies.models import User
from minyi.campaigns.contacts import Contact, seal_contact, unseal_contact
from minyi.campaigns.errors import (
    AnonymousNeedsEvidence,
    CampaignNotFound,
    CandidateNotFound,
    ConcernedPerson,
    ContactIncomplete,
    FieldMissing,
    FieldTooLong,
    FieldTooShort,
    HandlerUnfit,
    ObjectionNotFound,
    ObjectionStateWrong,
    ReasonNeeded,
    RemedyMissing,
    RemedyNotDone,
    SecondPersonNeeded,
    TooManyObjections,
    TooManyProofs,
    WrongStage,
)
from minyi.campaigns.models import (
    Campaign,
    Nominee,
    Objection,
    ObjectionFile,
    ObjectionStep,
    Result,
    Ruling,
)
from minyi.campaigns.notices import tell_objector
from minyi.campaigns.queries.publicity import RECOMPUTED
from minyi.campaigns.queries.terms import ANSWER, term_of
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import NotAllowed
from minyi.core.workdays import add_workdays

from . import publicity, results
from .texts import tidy
from .uploads import Upload, clean_document, clean_picture

OPEN_PER_CITIZEN = 2  # enough for two matters, too few to hold a result up for ever
FILES = 4
STATEMENT = (20, 2_000)  # characters
ANSWER_LENGTH = 500
PHONE = re.compile(r"\+?[\d\- ]{6,20}")


@dataclass(frozen=True, slots=True)
class ObjectionContent:
    """What a citizen writes. No contact: the objection is anonymous to the office."""

    about: str
    statement: str
    nominee: int | None = None  # its number
    contact: Contact | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A file as it came from the browser."""

    kind: Literal["picture", "document"]
    content: Upload


def file_objection(
    *,
    campaign_id: int,
    citizen_id: str,
    content: ObjectionContent,
    files: Sequence[Proof] = (),
    now: datetime,
) -> Objection:
    """Take an objection in while the result is open to objections, and give it a number."""
    campaign = _open_campaign(campaign_id, now)
    statement = _checked_text(content.statement, _("事实和理由"), *STATEMENT)
    nominee = _nominee_of(campaign, content)
    sealed = _sealed(campaign, content.contact, has_files=bool(files))
    if len(files) > FILES:
        raise TooManyProofs(most=FILES)
    with ExitStack() as opened:
        # Decoding takes seconds: it happens before the transaction, not inside it.
        kept = [(one.kind, opened.enter_context(_clean(one))) for one in files]
        with transaction.atomic():
            Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
            _check_not_final(campaign)  # it may have become so while files were looked through
            _check_own_objections(campaign, citizen_id)
            objection = Objection.objects.create(
                campaign=campaign,
                number=_next_number(campaign),
                by_citizen_id=citizen_id,
                about=content.about,
                nominee=nominee,
                statement=statement,
                is_named=content.contact is not None,
                contact=sealed,
                filed_at=now,
                due_on=_due_on(campaign, now),
            )
            for kind, clean in kept:
                _keep(objection, kind, clean)
            _step(objection, "filed", None, now)
            _tell_log(objection, "objection_filed", now)
    return objection


@transaction.atomic
def withdraw_objection(
    *, campaign_id: int, number: int, citizen_id: str, now: datetime
) -> Objection:
    """Let the objector take an open objection back."""
    own = Objection.objects.select_for_update(of=("self",), no_key=True)
    objection: Objection | None = own.filter(
        campaign_id=campaign_id, number=number, by_citizen_id=citizen_id
    ).first()
    if objection is None:
        raise ObjectionNotFound
    _check_state(objection, *Objection.OPEN)
    objection.state, objection.decided_at = Objection.State.WITHDRAWN, now
    objection.save(update_fields=["state", "decided_at"])
    _step(objection, "withdrawn", None, now)
    _tell_log(objection, "objection_withdrawn", now)
    return objection


@transaction.atomic
def accept(*, objection_id: int, actor: Actor, now: datetime) -> Objection:
    """Take the objection up; who does so handles it until somebody else is assigned."""
    objection = _lock(objection_id, actor, "objections.work")
    _check_state(objection, Objection.State.FILED)
    _check_not_concerned(objection, int(actor.id))
    objection.state = Objection.State.ACCEPTED
    objection.handler_id = int(actor.id)
    objection.save(update_fields=["state", "handler"])
    _done(objection, "accepted", actor, now)
    return objection


@transaction.atomic
def decline(*, objection_id: int, reason: str, actor: Actor, now: datetime) -> Objection:
    """Not take it up, with a reason the objector reads; not for those who handle objections."""
    objection = _lock(objection_id, actor, "objections.decide")
    _check_state(objection, Objection.State.FILED)
    _check_not_concerned(objection, int(actor.id))
    objection.answer = _reason(reason)
    _close(objection, Objection.State.DECLINED, actor, now)
    return objection


@transaction.atomic
def assign(*, objection_id: int, handler_id: int, actor: Actor, now: datetime) -> Objection:
    """Give the objection to somebody who may handle it and has nothing to do with its matter."""
    objection = _lock(objection_id, actor, "objections.decide")
    _check_state(objection, Objection.State.FILED, Objection.State.ACCEPTED)
    handler = User.objects.filter(pk=handler_id, is_active=True).first()
    agency = objection.campaign.agency_id
    if handler is None or not handler.actor.can("objections.work", agency):
        raise HandlerUnfit
    if concern_of(objection, handler.pk):
        raise HandlerUnfit
    objection.handler = handler
    objection.state = Objection.State.ACCEPTED
    objection.save(update_fields=["handler", "state"])
    _done(objection, "assigned", actor, now, is_internal=True, handler=handler.pk)
    return objection


@transaction.atomic
def note(
    *, objection_id: int, text: str, is_internal: bool, actor: Actor, now: datetime
) -> Objection:
    """Write down what was found; the objector reads it unless it is internal."""
    objection = _lock(objection_id, actor, "objections.work")
    _check_state(objection, Objection.State.ACCEPTED)
    _check_not_concerned(objection, int(actor.id))
    _done(objection, "noted", actor, now, text=_reason(text), is_internal=is_internal)
    return objection


@transaction.atomic
def propose(
    *,
    objection_id: int,
    is_well_founded: bool,
    remedy: str,
    answer: str,
    actor: Actor,
    now: datetime,
) -> Objection:
    """Say how it should be decided and what the objector is told; another person decides."""
    objection = _lock(objection_id, actor, "objections.work")
    _check_state(objection, Objection.State.ACCEPTED)
    _check_not_concerned(objection, int(actor.id))
    if is_well_founded and remedy not in Objection.Remedy.values:
        raise RemedyMissing
    if is_well_founded and remedy == Objection.Remedy.NOMINEE and objection.nominee_id is None:
        raise RemedyMissing
    objection.is_well_founded = is_well_founded
    objection.remedy = remedy if is_well_founded else ""
    objection.answer = _reason(answer)
    objection.proposed_by_id = int(actor.id)
    objection.state = Objection.State.PROPOSED
    objection.save(
        update_fields=["is_well_founded", "remedy", "answer", "proposed_by", "state"],
    )
    _done(objection, "proposed", actor, now, is_internal=True)
    return objection


@transaction.atomic
def send_back(*, objection_id: int, reason: str, actor: Actor, now: datetime) -> Objection:
    """Let it be looked into again, with the reason."""
    objection = _lock_proposed(objection_id, actor)
    reason = _reason(reason)
    objection.state, objection.proposed_by = Objection.State.ACCEPTED, None
    objection.save(update_fields=["state", "proposed_by"])
    _done(objection, "returned", actor, now, text=reason, is_internal=True)
    return objection


@transaction.atomic
def decide(*, objection_id: int, actor: Actor, now: datetime) -> Objection:
    """Decide as proposed, as another person. Upheld with another result: the signature goes."""
    objection = _lock_proposed(objection_id, actor)
    if not objection.is_well_founded:
        _close(objection, Objection.State.DISMISSED, actor, now)
        return objection
    _close(objection, Objection.State.UPHELD, actor, now)
    if objection.remedy in RECOMPUTED:
        result = Result.objects.filter(campaign=objection.campaign, signed_at__isnull=False).first()
        if result is not None:
            reason = _("异议第 %d 号成立，更正后重新签字") % objection.number
            results.take_back(result=result, reason=reason, actor=actor, now=now)
    return objection


@transaction.atomic
def mark_remedied(*, objection_id: int, text: str, actor: Actor, now: datetime) -> Objection:
    """Note that an upheld objection has been put right, which is checked as far as rows tell."""
    objection = _lock(objection_id, actor, "objections.work")
    _check_state(objection, Objection.State.UPHELD)
    if objection.remedied_at is not None or not objection.remedy:
        raise ObjectionStateWrong(state=objection.get_state_display())
    if not _is_done(objection):
        raise RemedyNotDone(remedy=objection.get_remedy_display())
    objection.remedied_at = now
    objection.save(update_fields=["remedied_at"])
    _done(objection, "remedied", actor, now, text=_reason(text))
    _tell_log(objection, "objection_remedied", now)
    return objection


@transaction.atomic
def open_contact(*, objection_id: int, purpose: str, actor: Actor, now: datetime) -> Contact:
    """Return who objects, for a stated purpose; each look is on the trail and in the steps."""
    objection = _lock(objection_id, actor, "objections.contact")
    if not objection.contact:
        raise ObjectionNotFound
    _check_not_concerned(objection, int(actor.id))
    _done(objection, "looked_up", actor, now, text=_reason(purpose), is_internal=True)
    return unseal_contact(objection.contact, campaign_id=objection.campaign_id)


def concern_of(objection: Objection, user_id: int) -> str:
    """Return why this person must keep out of it; empty if nothing stands against them."""
    campaign, about = objection.campaign, objection.about
    if about == Objection.About.JURY and campaign.jurors.filter(user_id=user_id).exists():
        return _("担任评审专家")
    if about in (Objection.About.COUNT, Objection.About.PROCESS):
        result = Result.objects.filter(campaign=campaign).first()
        if result is not None and user_id == result.computed_by_id:
            return _("汇总结果")
        if result is not None and user_id == result.signed_by_id:
            return _("签署结果")
    return ""


def _is_done(objection: Objection) -> bool:
    if objection.remedy not in RECOMPUTED:
        return True
    decided_at = objection.decided_at
    result = Result.objects.filter(campaign=objection.campaign).first()
    if result is None or decided_at is None or result.computed_at <= decided_at:
        return False
    if objection.remedy == Objection.Remedy.NOMINEE:
        nominee = objection.nominee
        return nominee is not None and nominee.status == Nominee.Status.WITHDRAWN
    if objection.remedy == Objection.Remedy.BALLOTS:
        rulings = Ruling.objects.filter(round__campaign=objection.campaign)
        struck = rulings.filter(kind=Ruling.Kind.VOID, state=Ruling.State.IN_FORCE)
        return struck.filter(decided_at__gte=decided_at).exists()
    return True


def _open_campaign(campaign_id: int, now: datetime) -> Campaign:
    campaign: Campaign | None = Campaign.objects.public().filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    stages = campaign.stages.open_at(now)
    if not any("object" in stage.phase.features for stage in stages):
        raise WrongStage
    return campaign


def _check_not_final(campaign: Campaign) -> None:
    if Result.objects.filter(campaign=campaign, published_at__isnull=False).exists():
        raise WrongStage


def _nominee_of(campaign: Campaign, content: ObjectionContent) -> Nominee | None:
    if content.about not in Objection.About.values:
        raise FieldMissing(label=_("事项"))
    if content.about != Objection.About.NOMINEE:
        return None
    nominee: Nominee | None = campaign.nominees.filter(number=content.nominee).first()
    if nominee is None:
        raise CandidateNotFound
    return nominee


def _sealed(campaign: Campaign, contact: Contact | None, *, has_files: bool) -> str:
    if contact is None:
        if not has_files:
            raise AnonymousNeedsEvidence
        return ""
    plain = Contact(tidy(contact.name)[:60], tidy(contact.phone))
    if not plain.name or not PHONE.fullmatch(plain.phone):
        raise ContactIncomplete
    return seal_contact(plain, campaign_id=campaign.pk)


def _check_own_objections(campaign: Campaign, citizen_id: str) -> None:
    own = campaign.objections.filter(by_citizen_id=citizen_id, state__in=Objection.OPEN)
    if own.count() >= OPEN_PER_CITIZEN:
        raise TooManyObjections(limit=OPEN_PER_CITIZEN)


def _next_number(campaign: Campaign) -> int:
    return int(campaign.objections.aggregate(last=Max("number"))["last"] or 0) + 1


def _due_on(campaign: Campaign, now: datetime) -> date:
    today = localtime(now).date()
    days = term_of(ANSWER, region_code=campaign.agency.region.code, on=today)
    return add_workdays(start=today, amount=days).day


def _clean(proof: Proof) -> Upload:
    clean = clean_picture if proof.kind == "picture" else clean_document
    return clean(proof.content)


def _keep(objection: Objection, kind: str, clean: Upload) -> None:
    digest = hashlib.sha256(clean.read()).hexdigest()
    clean.seek(0)
    ObjectionFile.objects.create(objection=objection, kind=kind, file=clean, sha256=digest)


def _checked_text(text: str, label: str, least: int, most: int) -> str:
    plain = tidy(text)
    if not plain:
        raise FieldMissing(label=label)
    if len(plain) < least:
        raise FieldTooShort(label=label, limit=least)
    if len(plain) > most:
        raise FieldTooLong(label=label, limit=most, length=len(plain))
    return plain


def _reason(text: str) -> str:
    plain = tidy(text)
    if not plain:
        raise ReasonNeeded
    return plain[:ANSWER_LENGTH]


def _lock(objection_id: int, actor: Actor, permission: str) -> Objection:
    """Fetch and lock, the campaign first: one order everywhere."""
    visible = Objection.objects.visible_to(actor)
    campaign_id = visible.filter(pk=objection_id).values_list("campaign_id", flat=True).first()
    if campaign_id is None:
        raise ObjectionNotFound
    Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)
    locked = Objection.objects.select_for_update(of=("self",), no_key=True)
    objection: Objection = locked.select_related("campaign__account").get(pk=objection_id)
    actor.check(permission, objection.campaign.agency_id)
    if actor.kind != "staff":
        raise NotAllowed  # what is decided bears somebody's name
    return objection


def _lock_proposed(objection_id: int, actor: Actor) -> Objection:
    objection = _lock(objection_id, actor, "objections.decide")
    _check_state(objection, Objection.State.PROPOSED)
    if str(objection.proposed_by_id) == actor.id:
        raise SecondPersonNeeded
    _check_not_concerned(objection, int(actor.id))
    return objection


def _check_state(objection: Objection, *states: str) -> None:
    if objection.state not in states:
        raise ObjectionStateWrong(state=objection.get_state_display())


def _check_not_concerned(objection: Objection, user_id: int) -> None:
    if why := concern_of(objection, user_id):
        raise ConcernedPerson(why=why)


def _close(objection: Objection, state: Objection.State, actor: Actor, now: datetime) -> None:
    objection.state, objection.decided_at = state, now
    objection.decided_by_id = int(actor.id)
    objection.save(update_fields=["state", "decided_at", "decided_by", "answer"])
    _done(objection, str(state), actor, now, text=objection.answer)
    _tell_log(objection, f"objection_{state}", now)
    tell_objector(objection, now=now)


def _done(
    objection: Objection,
    verb: str,
    actor: Actor,
    now: datetime,
    *,
    text: str = "",
    is_internal: bool = False,
    **facts: object,
) -> None:
    """Write down a step of the office: for the objector, and on the trail without the text."""
    _step(objection, verb, int(actor.id), now, text=text, is_internal=is_internal)
    audit.record(
        actor=actor,
        act=f"campaigns.objection.{verb}",
        target=objection,
        now=now,
        agency_id=objection.campaign.agency_id,
        campaign=objection.campaign_id,
        number=objection.number,
        **facts,
    )


def _step(
    objection: Objection,
    verb: str,
    user_id: int | None,
    now: datetime,
    *,
    text: str = "",
    is_internal: bool = False,
) -> None:
    ObjectionStep.objects.create(
        objection=objection, verb=verb, text=text, is_internal=is_internal, by_id=user_id, at=now
    )


def _tell_log(objection: Objection, what: str, now: datetime) -> None:
    number = objection.number
    publicity.put_event(
        objection.campaign_id, what, f"objection:{number}:{what}", now, objection=number
    )
