# SPDX-License-Identifier: Apache-2.0
"""Certificates: issued for a final result, checked by anybody, revoked with a reason."""

import secrets
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from minyi.campaigns.errors import (
    AwardMissing,
    CampaignNotFound,
    CertificateNotFound,
    CertificateRevoked,
    CharactersMissing,
    NobodyToCertify,
    ReasonNeeded,
    ResultNotFinal,
)
from minyi.campaigns.models import Campaign, Certificate, Result
from minyi.campaigns.queries.certificates import (
    ALPHABET,
    CODE_LENGTH,
    lines_to_certify,
    may_certify,
)
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.ui.typeset.text import printable

from .texts import tidy

LONGEST_AWARD = 40


@transaction.atomic
def issue_certificates(
    *, campaign_id: int, award: str = "", actor: Actor, now: datetime
) -> list[Certificate]:
    """Issue a certificate to every selected nominee that holds no valid one.

    `award` is the title an award campaign gives; an evaluation gives none, whatever is said.
    """
    campaign = _lock_campaign(campaign_id, actor)
    actor.check("certificates.issue", campaign.agency_id)
    result = Result.objects.select_related("campaign").filter(campaign=campaign).first()
    if result is None or not may_certify(result):
        raise ResultNotFinal
    title = tidy(award) if campaign.type == Campaign.Type.AWARD else ""
    if campaign.type == Campaign.Type.AWARD and not 0 < len(title) <= LONGEST_AWARD:
        raise AwardMissing(limit=LONGEST_AWARD)
    lines = lines_to_certify(result)
    if not lines:
        raise NobodyToCertify
    _check_printable([campaign.title, campaign.agency.name, title])
    _check_printable([f"{line.nominee.name}{line.nominee.unit}" for line in lines])
    last = campaign.certificates.aggregate(last=Max("serial"))["last"] or 0
    issued = [
        Certificate.objects.create(
            campaign=campaign,
            nominee=line.nominee,
            code=make_code(),
            serial=serial,
            recipient=printable(line.nominee.name),
            unit=printable(line.nominee.unit),
            award=title,
            issued_at=now,
            issued_by_id=int(actor.id),
        )
        for serial, line in enumerate(lines, start=last + 1)
    ]
    audit.record(
        actor=actor,
        act="campaigns.certificates.issued",
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        award=title,
        numbers=[certificate.number for certificate in issued],
    )
    return issued


@transaction.atomic
def revoke_certificate(
    *, certificate_id: int, reason: str, actor: Actor, now: datetime
) -> Certificate:
    """Take a certificate back, with a reason that everybody who checks it reads."""
    visible = Certificate.objects.visible_to(actor).select_for_update(of=("self",))
    found = visible.select_related("campaign").filter(pk=certificate_id).first()
    if found is None:
        raise CertificateNotFound
    certificate: Certificate = found
    actor.check("certificates.revoke", certificate.campaign.agency_id)
    if certificate.revoked_at is not None:
        raise CertificateRevoked
    if not tidy(reason):
        raise ReasonNeeded
    certificate.revoked_at, certificate.revoked_by_id = now, int(actor.id)
    certificate.revoked_reason = tidy(reason)[:200]
    certificate.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    audit.record(
        actor=actor,
        act="campaigns.certificate.revoked",
        target=certificate,
        now=now,
        agency_id=certificate.campaign.agency_id,
        reason=certificate.revoked_reason,
    )
    return certificate


def make_code() -> str:
    """Return 80 random bits as sixteen letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _n in range(CODE_LENGTH))


def _lock_campaign(campaign_id: int, actor: Actor) -> Campaign:
    visible = Campaign.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    campaign: Campaign | None = visible.select_related("agency").filter(pk=campaign_id).first()
    if campaign is None or not campaign.is_launched:
        raise CampaignNotFound
    return campaign


def _check_printable(texts: list[str]) -> None:
    # Here and not above: the fonts are read for it, which no other act needs.
    from minyi.ui.typeset.fonts import missing_characters

    if missing := missing_characters("".join(texts)):
        raise CharactersMissing(characters=missing)
