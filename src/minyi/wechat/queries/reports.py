# SPDX-License-Identifier: Apache-2.0
"""What WeChat reported of an account, and of a file it was asked to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from minyi.wechat.models import AccountNotice, MediaVerdict

MOST_NOTICES = 20


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice to the office; `needs_action` when the account will lose or has lost something."""

    name: str
    told_at: datetime
    expires_at: datetime | None
    reason: str
    needs_action: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of one examination: `suggest` is pass, review or risky; empty with an `error`."""

    suggest: str
    label: int | None
    error: int
    told_at: datetime


def list_notices(*, account_id: int) -> Sequence[Notice]:
    """Return the latest notices about an account, newest first."""
    kinds = AccountNotice.Kind
    good = {kinds.QUALIFIED, kinds.NAMED}
    rows = AccountNotice.objects.filter(account=account_id)[:MOST_NOTICES]
    return [
        Notice(
            str(row.get_kind_display()),
            row.told_at,
            row.expires_at,
            row.reason,
            row.kind not in good,
        )
        for row in rows
    ]


def find_verdict(*, account: str, trace_id: str) -> Verdict | None:
    """Return what WeChat found in a file; None while it is still looking (up to half an hour)."""
    row = MediaVerdict.objects.filter(account__slug=account, trace_id=trace_id).first()
    return Verdict(row.suggest, row.label, row.error, row.told_at) if row else None
