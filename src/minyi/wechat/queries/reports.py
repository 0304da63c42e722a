# SPDX-License-Identifier: Apache-2.0
"""What WeChat reported of an account, and of a file it was asked to look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from minyi.core.errors import Words
from minyi.wechat.client.safety import Label
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

    @property
    def advice(self) -> Words:
        """Return what WeChat advises; it only advises, people decide."""
        return _ADVICE.get(self.suggest, _("没有检测成功"))

    @property
    def found(self) -> Words:
        """Return what WeChat found, in words."""
        return _FOUND.get(self.label or Label.FINE, _("其他"))


_ADVICE: Mapping[str, Words] = {
    "pass": _("未发现问题"),
    "review": _("建议人工查看"),
    "risky": _("认为有风险，建议人工查看"),
}
_FOUND: Mapping[int, Words] = {
    Label.FINE: "",
    Label.ADVERTISING: _("广告"),
    Label.POLITICS: _("时政"),
    Label.PORN: _("色情"),
    Label.ABUSE: _("辱骂"),
    Label.CRIME: _("违法犯罪"),
    Label.FRAUD: _("欺诈"),
    Label.VULGAR: _("低俗"),
    Label.COPYRIGHT: _("版权"),
}


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


def list_verdicts(*, account_id: int) -> Sequence[tuple[str, Verdict]]:
    """Return the latest verdicts on pictures and recordings with their numbers, newest first."""
    rows = MediaVerdict.objects.filter(account=account_id).order_by("-told_at", "-pk")
    return [
        (row.trace_id, Verdict(row.suggest, row.label, row.error, row.told_at))
        for row in rows[:MOST_NOTICES]
    ]


def find_verdict(*, account: str, trace_id: str) -> Verdict | None:
    """Return what WeChat found in a file; None while it is still looking (up to half an hour)."""
    row = MediaVerdict.objects.filter(account__slug=account, trace_id=trace_id).first()
    return Verdict(row.suggest, row.label, row.error, row.told_at) if row else None
