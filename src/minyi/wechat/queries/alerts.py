# SPDX-License-Identifier: Apache-2.0
"""What WeChat holds against an account, and what a person can do about it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from minyi.agencies.models import OfficialAccount
from minyi.core.errors import Words

from ..capabilities import ABILITIES, Ability
from ..client.api_errors import error_of
from ..models import AccountStop
from ..refusals import words_for

_BASICS = _("请登录公众平台，在“设置与开发—基本配置”里处理，然后在本页重新检查。")
_WHAT_TO_DO: dict[int, Words] = {
    40164: _("请在公众平台的“IP 白名单”中加入平台服务器的 IP，然后在本页重新检查。"),
    40243: _("请管理员在公众平台解冻 AppSecret，然后在本页重新检查。"),
    40125: _("请在公众平台核对 AppSecret，由平台管理员更新配置。"),
    40001: _("请在公众平台核对 AppSecret，由平台管理员更新配置。"),
    40013: _("请核对登记的 AppID。"),
    40048: _("请在公众平台登记本平台的域名。"),
    63002: _("请在公众平台的“JS 接口安全域名”中登记本平台的域名。"),
    89503: _("公众号管理员的微信会收到确认请求，请管理员同意本平台的 IP，然后在本页重新检查。"),
    89506: _("公众号管理员拒绝了本平台的 IP，24 小时内不再请求；请先与管理员联系。"),
    89507: _("公众号管理员拒绝了本平台的 IP，1 小时内不再请求；请先与管理员联系。"),
    45009: _("零点（北京时间）以后自动恢复；急需时可由管理员在公众平台清零调用次数，再重新检查。"),
    45028: _("群发次数恢复以前，只能发布、不能群发。"),
    48001: _("请在公众平台的“接口权限”中核对；开通之后，在本页重新检查。"),
    48004: _("请登录公众平台查看通知，按要求整改或者申诉。"),
    50002: _("请登录公众平台查看通知，按要求整改或者申诉。"),
    50007: _("请登录公众平台查看通知，按要求整改或者申诉。"),
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that WeChat holds against the account."""

    code: int
    words: str
    advice: Words
    what: Words  # the ability or the interface it is about
    address: str  # the IP that is missing in the whitelist (40164)
    rid: str
    since: datetime
    last_at: datetime
    until: datetime | None


def list_alerts(account: OfficialAccount, *, now: datetime) -> list[Alert]:
    """Return what a person has to know or mend, the latest first."""
    rows = standing_alerts(now).filter(account=account.slug)
    return [_alert_of(row) for row in rows.order_by("-last_at", "code")]


def standing_alerts(now: datetime) -> QuerySet[AccountStop]:
    """Return what stands against any account: a spent quota comes back by itself."""
    rows = AccountStop.objects.filter(Q(is_alert=True) | Q(scope="ability"))
    return rows.exclude(scope="path", until__lte=now)


def _alert_of(row: AccountStop) -> Alert:
    error = error_of(row.path, code=row.code, message=row.message)
    return Alert(
        row.code,
        words_for(error),
        _WHAT_TO_DO.get(row.code, _BASICS),
        ABILITIES[Ability(row.ability)].name if row.ability in set(Ability) else row.path,
        error.address,
        row.rid,
        row.since,
        row.last_at,
        row.until,
    )
