# SPDX-License-Identifier: Apache-2.0
"""Consents to subscription notices, as WeChat's events tell of them (wechat-api.md §1.6)."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from minyi.agencies.models import OfficialAccount
from minyi.wechat.models import Grant, MessageTemplate


@transaction.atomic
def note_grants(
    *,
    account: str,
    openid: str,
    accepted: Sequence[str] = (),
    withdrawn: Sequence[str] = (),
    now: datetime,
) -> None:
    """Count what a person accepted, and forget what they took back.

    `accepted`: template ids of subscribe_msg_popup_event answered «accept» («reject» there changes
    nothing: what was accepted before stays). `withdrawn`: ids of subscribe_msg_change_event. A
    template id may occur twice; each time is one more message.
    """
    row = OfficialAccount.objects.filter(slug=account).first()
    if row is None:
        return
    lasting = set(
        MessageTemplate.objects.filter(
            account=row, template_id__in=accepted, is_lasting=True
        ).values_list("template_id", flat=True)
    )
    for template_id in sorted(accepted):
        _accept(row.pk, openid, template_id, is_lasting=template_id in lasting, now=now)
    Grant.objects.filter(account=row, openid=openid, template_id__in=withdrawn).update(
        left=0, changed_at=now
    )


def end_grants(*, account_id: int, openid: str, now: datetime) -> None:
    """Forget every consent of a person who has left: they may give them anew."""
    Grant.objects.filter(account=account_id, openid=openid, left__gt=0).update(
        left=0, changed_at=now
    )


def _accept(
    account_id: int, openid: str, template_id: str, *, is_lasting: bool, now: datetime
) -> None:
    grant, is_new = Grant.objects.get_or_create(
        account_id=account_id,
        openid=openid,
        template_id=template_id,
        defaults={"is_lasting": is_lasting, "left": 1, "changed_at": now},
    )
    if not is_new:
        left = 1 if is_lasting else F("left") + 1
        Grant.objects.filter(pk=grant.pk).update(left=left, is_lasting=is_lasting, changed_at=now)
