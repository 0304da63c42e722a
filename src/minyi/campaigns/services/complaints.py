# SPDX-License-Identifier: Apache-2.0
"""Complaints about the vote 对投票的投诉: sent by anybody, read and answered by supervisors alone.

They may name the people who run the vote. So neither these nor the platform's operators read them,
the audit trail holds none of their words, and what is mailed says only that there is one.
"""

import hashlib
import secrets
from datetime import datetime
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.core.mail import send_mail
from django.db import transaction
from django.utils.translation import gettext as _

from minyi.campaigns.contacts import Contact, seal_contact, unseal_contact
from minyi.campaigns.errors import (
    CampaignNotFound,
    ComplaintAnswered,
    ComplaintNotFound,
    ComplaintsNotForOrganisers,
    FieldMissing,
    FieldTooLong,
    FieldTooShort,
    TooManyComplaints,
)
from minyi.campaigns.models import Campaign, VoteComplaint
from minyi.campaigns.notices import tell_complainant
from minyi.core import audit, outbox
from minyi.core.actors import Actor
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.ledger.services import vaults

from .texts import tidy

TOPIC = "campaigns.complaint"
ANSWER: Final = "complaints.answer"
LEAST_TEXT, MOST_TEXT, MOST_CONTACT = 10, 2_000, 100
MOST_FROM_ONE = 5  # a campaign and a person; a campaign, an address and a day for those unknown
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike
CODE_LENGTH = 16  # 80 bits
_DAY_S = 86_400

State, Kind, Outcome = VoteComplaint.State, VoteComplaint.Kind, VoteComplaint.Outcome


def check_may_read(actor: Actor, campaign: Campaign) -> None:
    """Let in supervisors of the campaign's agency who have no hand in running the vote."""
    # Not `actor.can`: operators of the platform do everything else, not this.
    if (campaign.agency_id, ANSWER) not in actor.grants:
        raise NotAllowed
    if (campaign.agency_id, "campaigns.edit") in actor.grants:
        raise ComplaintsNotForOrganisers


@transaction.atomic
def file_complaint(
    *,
    campaign_id: int,
    kind: str,
    text: str,
    contact: str,
    citizen_id: str | None,
    address: str,
    now: datetime,
) -> VoteComplaint:
    """Keep what somebody says about the vote; nobody needs a name to say it.

    `address` is where it comes from; it only counts how often, and is not kept.
    """
    campaign = Campaign.objects.public().filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    if kind not in Kind.values:
        raise FieldMissing(label=_("反映事项"))
    text, contact = _checked(text.strip()), tidy(contact)
    if len(contact) > MOST_CONTACT:
        raise FieldTooLong(label=_("联系方式"), limit=MOST_CONTACT, length=len(contact))
    _check_not_too_many(campaign, citizen_id, address)
    complaint = VoteComplaint.objects.create(
        campaign=campaign,
        code="".join(secrets.choice(_CODE_LETTERS) for _place in range(CODE_LENGTH)),
        kind=kind,
        text=text,
        contact=_sealed(contact, campaign.pk),
        citizen_id=citizen_id,
        sent_at=now,
    )
    outbox.send(topic=TOPIC, key=str(complaint.pk), payload={"complaint": complaint.pk}, now=now)
    return complaint


@transaction.atomic
def read_complaint(*, complaint_id: int, actor: Actor, now: datetime) -> VoteComplaint:
    """Return a complaint to a supervisor; the first time each of them reads it is on record."""
    complaint = _find(complaint_id, actor)
    target = f"{complaint._meta.label_lower}:{complaint.pk}"
    act = "campaigns.complaint.read"
    if not AuditEntry.objects.filter(act=act, target=target, actor_id=actor.id).exists():
        _record(complaint, "read", actor, now)
    return complaint


@transaction.atomic
def take_complaint(*, complaint_id: int, actor: Actor, now: datetime) -> VoteComplaint:
    """Begin to look into it; taking it twice is harmless."""
    complaint = _find(complaint_id, actor, lock=True)
    if complaint.state == State.ANSWERED:
        raise ComplaintAnswered
    if complaint.state == State.RECEIVED:
        complaint.state = State.LOOKING
        complaint.save(update_fields=["state"])
        _record(complaint, "taken", actor, now)
    return complaint


@transaction.atomic
def answer_complaint(
    *, complaint_id: int, outcome: str, answer: str, actor: Actor, now: datetime
) -> VoteComplaint:
    """Answer it for good; the complainant reads outcome and answer on their page."""
    complaint = _find(complaint_id, actor, lock=True)
    if complaint.state == State.ANSWERED:
        raise ComplaintAnswered
    if outcome not in Outcome.values:
        raise FieldMissing(label=_("核查结论"))
    complaint.answer = _checked(answer.strip(), label=_("答复"))
    complaint.outcome, complaint.state = outcome, State.ANSWERED
    complaint.answered_by_id, complaint.answered_at = int(actor.id), now
    complaint.save()
    _record(complaint, "answered", actor, now, outcome=outcome)
    tell_complainant(complaint, now=now)
    if vaults.is_destroyed(complaint.campaign_id):  # nobody comes back for who it was
        complaint.contact, complaint.citizen = "", None
        complaint.save(update_fields=["contact", "citizen"])
    return complaint


@outbox.consumer(TOPIC)
def mail_supervisors(delivery: outbox.Delivery) -> None:
    """Tell the agency's supervision address that there is a complaint, and nothing of it."""
    rows = VoteComplaint.objects.select_related("campaign__agency")
    campaign = rows.get(pk=int(str(delivery.payload["complaint"]))).campaign
    if not campaign.agency.supervision_email:
        return
    try:
        send_mail(
            _("有一件对投票的投诉待办理"),
            _("“%(title)s”收到一件对投票的投诉。请登录工作台，在监督室办理：%(url)s")
            % {"title": campaign.title, "url": f"{settings.PUBLIC_URL}/staff/supervision/"},
            None,
            [campaign.agency.supervision_email],
        )
    except OSError as error:
        raise outbox.Again(str(error)) from error


def contact_of(complaint: VoteComplaint) -> str:
    """Return how to reach the complainant; empty where they left nothing."""
    if not complaint.contact:
        return ""
    return unseal_contact(complaint.contact, campaign_id=complaint.campaign_id).phone


def _sealed(contact: str, campaign_id: int) -> str:
    return seal_contact(Contact("", contact), campaign_id=campaign_id) if contact else ""


def _checked(text: str, label: str = "") -> str:
    label = label or _("具体情况")
    if len(text) < LEAST_TEXT:
        raise FieldTooShort(label=label, limit=LEAST_TEXT)
    if len(text) > MOST_TEXT:
        raise FieldTooLong(label=label, limit=MOST_TEXT, length=len(text))
    return text


def _check_not_too_many(campaign: Campaign, citizen_id: str | None, address: str) -> None:
    if citizen_id is not None:
        sent = campaign.complaints.filter(citizen_id=citizen_id).count()
    else:
        mark = hashlib.sha256(f"{settings.SECRET_KEY}\n{address}".encode()).hexdigest()[:32]
        key = f"complaints:{campaign.pk}:{mark}"
        cache.add(key, 0, timeout=_DAY_S)
        sent = cache.incr(key) - 1
    if sent >= MOST_FROM_ONE:
        raise TooManyComplaints(limit=MOST_FROM_ONE)


def _find(complaint_id: int, actor: Actor, *, lock: bool = False) -> VoteComplaint:
    rows = VoteComplaint.objects.visible_to(actor).select_related("campaign__account")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: VoteComplaint | None = rows.filter(pk=complaint_id).first()
    if found is None:
        raise ComplaintNotFound
    check_may_read(actor, found.campaign)
    return found


def _record(
    complaint: VoteComplaint, verb: str, actor: Actor, now: datetime, **facts: object
) -> None:
    audit.record(
        actor=actor,
        act=f"campaigns.complaint.{verb}",
        target=complaint,
        now=now,
        agency_id=complaint.campaign.agency_id,
        **facts,
    )
