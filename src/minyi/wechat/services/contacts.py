# SPDX-License-Identifier: Apache-2.0
"""Contacts: who they are to us, and what we forget when they ask for it."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from minyi.agencies.models import OfficialAccount
from minyi.integrity.services.memory import forget_account
from minyi.wechat.models import Contact


def know_citizen(*, account: str, openid: str, citizen_id: UUID, now: datetime) -> None:
    """Write down which person a contact is."""
    contacts = Contact.objects.filter(account__slug=account, openid=openid)
    known = contacts.values_list("citizen_id", flat=True).first()
    if known == citizen_id:
        return
    if contacts.update(citizen_id=citizen_id):
        return
    row = OfficialAccount.objects.get(slug=account)
    Contact.objects.get_or_create(
        account=row, openid=openid, defaults={"citizen_id": citizen_id, "last_seen_at": now}
    )


@transaction.atomic
def erase_profile(*, account: str, openid: str, now: datetime) -> None:
    """Forget what makes a contact a profile: the person has taken their consent back.

    What was said stays: it is the office's record, and holds no profile. The openid stays as long
    as the person follows; it is how WeChat delivers. Earlier votes are forgotten (ADR 24).
    """
    forget_account(f"wechat:{account}:{openid}")
    Contact.objects.filter(account__slug=account, openid=openid).update(
        remark="", tags=[], scene="", citizen_id=None, revoked_at=now
    )
