# SPDX-License-Identifier: Apache-2.0
"""Objections as citizens make them: filed during publicity, with proof, and taken back.

What the office does with one is in `objection_cases`. Of each the public log has the number and
the outcome, never who it was.
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

from minyi.campaigns.contacts import Contact, seal_contact
from minyi.campaigns.errors import (
    AnonymousNeedsEvidence,
    CampaignNotFound,
    CandidateNotFound,
    ContactIncomplete,
    FieldMissing,
    FieldTooLong,
    FieldTooShort,
    ObjectionNotFound,
    ObjectionStateWrong,
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
)
from minyi.campaigns.queries.terms import ANSWER, term_of
from minyi.core.workdays import add_workdays

from . import publicity
from .texts import tidy
from .uploads import Upload, clean_document, clean_picture

OPEN_PER_CITIZEN = 2  # enough for two matters, too few to hold a result up for ever
FILES = 4
STATEMENT = (20, 2_000)  # characters
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
            write_step(objection, "filed", None, now)
            tell_log(objection, "objection_filed", now)
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
    check_state(objection, *Objection.OPEN)
    objection.state, objection.decided_at = Objection.State.WITHDRAWN, now
    objection.save(update_fields=["state", "decided_at"])
    write_step(objection, "withdrawn", None, now)
    tell_log(objection, "objection_withdrawn", now)
    return objection


def check_state(objection: Objection, *states: str) -> None:
    if objection.state not in states:
        raise ObjectionStateWrong(state=objection.get_state_display())


def write_step(
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


def tell_log(objection: Objection, what: str, now: datetime) -> None:
    number = objection.number
    publicity.put_event(
        objection.campaign_id, what, f"objection:{number}:{what}", now, objection=number
    )


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
