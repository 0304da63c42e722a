# SPDX-License-Identifier: Apache-2.0
"""Objections as the office deals with them: investigated, decided by a second person, put right.

    filed → accepted → proposed → upheld | dismissed        declined, withdrawn on the way

While one is open, or an upheld one is not put right, the result cannot become final. Who is
objected to neither investigates nor decides. Who objected is seen by its handler alone, for a
stated purpose, and the supervisor sees that it was seen.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from minyi.agencies.models import User
from minyi.campaigns.contacts import Contact, unseal_contact
from minyi.campaigns.errors import (
    ConcernedPerson,
    HandlerOnly,
    HandlerUnfit,
    ObjectionNotFound,
    ObjectionStateWrong,
    ReasonNeeded,
    RemedyMissing,
    RemedyNotDone,
    SecondPersonNeeded,
)
from minyi.campaigns.models import (
    Campaign,
    Nominee,
    Objection,
    Result,
    Ruling,
)
from minyi.campaigns.notices import tell_objector
from minyi.campaigns.queries.adjudication import strikers_of
from minyi.campaigns.queries.publicity import RECOMPUTED
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry

from . import results
from .objections import check_state, tell_log, write_step
from .texts import tidy

ANSWER_LENGTH = 500  # characters


@transaction.atomic
def accept(*, objection_id: int, actor: Actor, now: datetime) -> Objection:
    """Take the objection up; who does so handles it until somebody else is assigned."""
    objection = _lock(objection_id, actor, "objections.work")
    check_state(objection, Objection.State.FILED)
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
    check_state(objection, Objection.State.FILED)
    _check_not_concerned(objection, int(actor.id))
    objection.answer = _reason(reason)
    _close(objection, Objection.State.DECLINED, actor, now)
    return objection


@transaction.atomic
def assign(*, objection_id: int, handler_id: int, actor: Actor, now: datetime) -> Objection:
    """Give the objection to somebody who may handle it and has nothing to do with its matter."""
    objection = _lock(objection_id, actor, "objections.decide")
    check_state(objection, Objection.State.FILED, Objection.State.ACCEPTED)
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
    check_state(objection, Objection.State.ACCEPTED)
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
    check_state(objection, Objection.State.ACCEPTED)
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
    check_state(objection, Objection.State.UPHELD)
    _check_not_concerned(objection, int(actor.id))
    if objection.remedied_at is not None or not objection.remedy:
        raise ObjectionStateWrong(state=objection.get_state_display())
    if not _is_done(objection):
        raise RemedyNotDone(remedy=objection.get_remedy_display())
    objection.remedied_at = now
    objection.save(update_fields=["remedied_at"])
    _done(objection, "remedied", actor, now, text=_reason(text))
    tell_log(objection, "objection_remedied", now)
    return objection


@transaction.atomic
def open_contact(*, objection_id: int, purpose: str, actor: Actor, now: datetime) -> Contact:
    """Return who objects, to the handler, while it is open and for a stated purpose.

    Each look stands with its purpose on the trail and in the supervisor's room (ADR 19).
    """
    objection = _lock(objection_id, actor, "objections.contact")
    check_state(objection, *Objection.OPEN)
    if not objection.contact:
        raise ObjectionNotFound
    if str(objection.handler_id) != actor.id:
        raise HandlerOnly
    _check_not_concerned(objection, int(actor.id))
    said = _reason(purpose)
    _done(objection, "looked_up", actor, now, text=said, is_internal=True, purpose=said)
    return unseal_contact(objection.contact, campaign_id=objection.campaign_id)


def concern_of(objection: Objection, user_id: int) -> str:
    """Return why this person must keep out of it; empty if nothing stands against them."""
    return concerns_of(objection).get(user_id, "")


def concerns_of(objection: Objection) -> dict[int, str]:
    """Return who must keep out of it, and why, in as many queries whoever asks.

    Who once computed or signed the result stays concerned, whoever did so since.
    """
    campaign, nominee = objection.campaign, objection.nominee
    match objection.about:
        case Objection.About.JURY:
            jurors = campaign.jurors.values_list("user_id", flat=True)
            return dict.fromkeys(jurors, _("担任评审专家"))
        case Objection.About.NOMINEE if nominee is not None:
            accepted = nominee.nominations.exclude(decided_by=None)
            admitted = {*accepted.values_list("decided_by_id", flat=True)}
            admitted |= _who_did("campaigns.nominee.added", nominee)
            return dict.fromkeys(admitted, _("审核、添加候选对象"))
        case Objection.About.COUNT | Objection.About.PROCESS:
            return {
                **dict.fromkeys(strikers_of(campaign.pk), _("认定选票")),
                **dict.fromkeys(_who_did("campaigns.result.signed", campaign), _("签署结果")),
                **dict.fromkeys(_who_did("campaigns.result.computed", campaign), _("汇总结果")),
            }
        case _:
            return {}


def _who_did(act: str, target: Model) -> set[int]:
    """Return the people of the office who have done this, as the trail says."""
    label = f"{target._meta.label_lower}:{target.pk}"
    acts = AuditEntry.objects.filter(act=act, target=label, actor_kind="staff")
    return {int(actor_id) for actor_id in acts.values_list("actor_id", flat=True)}


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
    check_state(objection, Objection.State.PROPOSED)
    if str(objection.proposed_by_id) == actor.id:
        raise SecondPersonNeeded
    _check_not_concerned(objection, int(actor.id))
    return objection


def _check_not_concerned(objection: Objection, user_id: int) -> None:
    if why := concern_of(objection, user_id):
        raise ConcernedPerson(why=why)


def _close(objection: Objection, state: Objection.State, actor: Actor, now: datetime) -> None:
    objection.state, objection.decided_at = state, now
    objection.decided_by_id = int(actor.id)
    objection.save(update_fields=["state", "decided_at", "decided_by", "answer"])
    _done(objection, str(state), actor, now, text=objection.answer)
    tell_log(objection, f"objection_{state}", now)
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
    write_step(objection, verb, int(actor.id), now, text=text, is_internal=is_internal)
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
