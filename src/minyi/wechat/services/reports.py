# SPDX-License-Identifier: Apache-2.0
"""What WeChat reports about the account itself, and about files it was asked to look at."""

from datetime import datetime

from django.db import transaction

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.models import AccountNotice, MediaVerdict

WECHAT = Actor(kind="system", id="wechat", name="微信")  # it may do nothing; it only tells


@transaction.atomic
def note_account_notice(
    *,
    account: str,
    kind: str,
    identity: str,
    told_at: datetime,
    expires_at: datetime | None,
    reason: str,
    now: datetime,
) -> None:
    """Write down what WeChat told the office about its account; told again it is known already."""
    row = OfficialAccount.objects.filter(slug=account).first()
    if row is None:
        return
    notice, is_new = AccountNotice.objects.get_or_create(
        identity=identity,
        defaults={
            "account": row,
            "kind": kind,
            "told_at": told_at,
            "expires_at": expires_at,
            "reason": reason[:300],
        },
    )
    if is_new:
        audit.record(
            actor=WECHAT,
            act="wechat.account.notified",
            target=row,
            now=now,
            agency_id=row.agency_id,
            notice=kind,
            expires_at=expires_at,
            reason=notice.reason,
        )


@transaction.atomic
def note_media_verdict(
    *, account: str, trace_id: str, suggest: str, label: int | None, error: int, now: datetime
) -> None:
    """Keep the verdict for whoever asked (`queries.reports.find_verdict`); the first stands."""
    row = OfficialAccount.objects.filter(slug=account).first()
    if row is None or not trace_id:
        return
    MediaVerdict.objects.get_or_create(
        account=row,
        trace_id=trace_id[:128],
        defaults={"suggest": suggest[:16], "label": label, "error": error, "told_at": now},
    )
