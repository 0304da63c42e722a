# SPDX-License-Identifier: Apache-2.0
"""What WeChat lets an account do, by its kind and certification (wechat-api.md §§4, 7-9, 14).

The console greys out what is missing and says why; the client does not even ask. What WeChat has
not confirmed (what government accounts get in addition) is for the operator to say:

    WECHAT_ABILITIES = {"<slug, or * for all accounts>": {"oauth": true, "datacube": false}}
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from .connection.stops import Scope
from .models import AccountStop

Words = str | Promise

KIND_WORDS: dict[str, Words] = {"SVC": _("服务号"), "SUB": _("订阅号"), "MP": _("小程序")}
ALL_ACCOUNTS = "*"


class Ability(StrEnum):
    """Something WeChat grants to some accounts; the word is used in the settings."""

    MENU = "menu"
    CONDITIONAL_MENU = "conditional_menu"
    USERS = "users"
    TAGS = "tags"
    OAUTH = "oauth"
    JSSDK = "jssdk"
    QRCODE = "qrcode"
    CUSTOM_SEND = "custom_send"
    SERVICE_STAFF = "service_staff"
    TEMPLATE = "template"
    ONE_TIME_SUBSCRIBE = "one_time_subscribe"
    BIZSEND = "bizsend"
    NEWTMPL = "newtmpl"
    SUBSCRIBE_SEND = "subscribe_send"
    MASS_ALL = "mass_all"
    MASS_OPENID = "mass_openid"
    TEMPORARY_MEDIA = "temporary_media"
    MATERIALS = "materials"
    DRAFTS = "drafts"
    FREEPUBLISH = "freepublish"
    COMMENTS = "comments"
    DATACUBE = "datacube"
    SHORTEN = "shorten"
    MINI = "mini"
    PHONE_NUMBER = "phone_number"
    SAFETY = "safety"


class AccountKind(Protocol):
    """An account as far as its abilities go; rows of the register and frozen values both fit."""

    @property
    def slug(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def is_verified(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether an account may do something, and why not."""

    allowed: bool
    reason: Words = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """Which kinds of account have an ability: at once, or once they are certified (微信认证)."""

    name: Words
    at_once: frozenset[str] = frozenset()
    once_verified: frozenset[str] = frozenset()
    is_confirmed: bool = True  # by WeChat's own pages; the others are recalled (§17)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an account's table of abilities."""

    ability: Ability
    name: Words
    allowed: bool
    reason: Words
    is_confirmed: bool


def _rule(
    name: Words, at_once: str = "", once_verified: str = "", *, is_confirmed: bool = True
) -> Rule:
    kinds = frozenset(at_once.split()), frozenset(once_verified.split())
    return Rule(name, *kinds, is_confirmed=is_confirmed)


ABILITIES: Mapping[Ability, Rule] = {
    Ability.MENU: _rule(_("自定义菜单"), "SVC SUB"),
    Ability.CONDITIONAL_MENU: _rule(_("个性化菜单"), "", "SVC SUB"),
    Ability.USERS: _rule(_("粉丝列表"), "SVC", "SUB"),
    Ability.TAGS: _rule(_("粉丝标签"), "", "SVC SUB"),
    Ability.OAUTH: _rule(_("网页授权登录"), "", "SVC", is_confirmed=False),
    Ability.JSSDK: _rule(_("网页 JS-SDK"), "SVC SUB", is_confirmed=False),
    Ability.QRCODE: _rule(_("带参数二维码"), "", "SVC"),
    Ability.CUSTOM_SEND: _rule(_("客服消息"), "MP", "SVC SUB"),
    Ability.SERVICE_STAFF: _rule(_("客服账号"), "", "SVC SUB"),
    Ability.TEMPLATE: _rule(_("模板消息"), "", "SVC"),
    Ability.ONE_TIME_SUBSCRIBE: _rule(_("一次性订阅消息"), "", "SVC SUB", is_confirmed=False),
    Ability.BIZSEND: _rule(_("订阅通知"), "SVC"),
    Ability.NEWTMPL: _rule(_("订阅通知模板库"), "SVC MP"),
    Ability.SUBSCRIBE_SEND: _rule(_("小程序订阅消息"), "MP"),
    Ability.MASS_ALL: _rule(_("按全部粉丝或标签群发"), "", "SVC SUB"),
    Ability.MASS_OPENID: _rule(_("按粉丝名单群发"), "", "SVC"),
    Ability.TEMPORARY_MEDIA: _rule(_("临时素材"), "SVC SUB MP"),
    Ability.MATERIALS: _rule(_("永久素材"), "SVC SUB"),
    Ability.DRAFTS: _rule(_("草稿箱"), "SVC SUB"),
    # SUB: certified enterprises and organisations only; government offices are among them.
    Ability.FREEPUBLISH: _rule(_("发布文章"), "SVC", "SUB"),
    Ability.COMMENTS: _rule(_("留言管理"), "", "SVC SUB", is_confirmed=False),
    Ability.DATACUBE: _rule(_("数据统计"), "", "SVC SUB"),
    Ability.SHORTEN: _rule(_("短链"), "SVC SUB"),
    Ability.MINI: _rule(_("小程序登录与码"), "MP"),
    Ability.PHONE_NUMBER: _rule(_("小程序手机号验证"), "", "MP"),
    Ability.SAFETY: _rule(_("内容安全检测"), "MP"),
}


def may(account: AccountKind, ability: Ability) -> Answer:
    """Tell whether the account may do this, and if not, why."""
    answer = _by_rule(account, ability)
    if answer.allowed and ability.value in _refused_abilities(account.slug):
        return Answer(False, told_reason())
    return answer


def who_may(accounts: Sequence[AccountKind], ability: Ability) -> frozenset[str]:
    """Return the slugs of those who may do this, by one query for all of them."""
    stops = AccountStop.objects.filter(scope=Scope.ABILITY, ability=ability.value)
    refused = set(stops.values_list("account", flat=True))
    allowed = {one.slug for one in accounts if _by_rule(one, ability).allowed}
    return frozenset(allowed - refused)


def told_reason() -> Words:
    """Return the reason where WeChat itself refused an ability that our table allows."""
    return _("微信答复账号没有这项权限；开通之后，请在“公众号能力”页重新检查。")


def _refused_abilities(slug: str) -> frozenset[str]:
    """Return what WeChat refused to this account (48001), until somebody checks again."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        rows = AccountStop.objects.filter(account=slug, scope=Scope.ABILITY)
        return frozenset(rows.values_list("ability", flat=True))
    return frozenset()  # on the line to WeChat, whose transport knows the stops


def _by_rule(account: AccountKind, ability: Ability) -> Answer:
    rule = ABILITIES[ability]
    said = _said(account.slug, ability)
    if said is not None:
        return Answer(said, "" if said else _("本平台的设置停用了该账号的这项能力。"))
    if account.kind in rule.at_once or (account.is_verified and account.kind in rule.once_verified):
        return Answer(True)
    if account.kind in rule.once_verified:
        return Answer(False, _("账号尚未完成微信认证，认证后才能使用。"))
    kind = KIND_WORDS.get(account.kind, account.kind)
    sentence = _("{kind}没有这项能力，只有{others}可以使用。")
    return Answer(False, format_lazy(sentence, kind=kind, others=_names(rule)))


def rows_for(account: AccountKind) -> list[Row]:
    """Return every ability with what WeChat lets this account do."""
    rows = []
    refused = _refused_abilities(account.slug)
    for ability, rule in ABILITIES.items():
        answer = _by_rule(account, ability)
        if answer.allowed and ability.value in refused:
            answer = Answer(False, told_reason())
        rows.append(Row(ability, rule.name, answer.allowed, answer.reason, rule.is_confirmed))
    return rows


def _said(slug: str, ability: Ability) -> bool | None:
    """Return what the operator says about it, the account's own line before the common one."""
    for name in (slug, ALL_ACCOUNTS):
        word = settings.WECHAT_ABILITIES.get(name, {}).get(ability.value)
        if word is not None:
            return bool(word)
    return None


def _names(rule: Rule) -> Words:
    kinds = [
        format_lazy(_("已认证的{kind}"), kind=words) if kind in rule.once_verified else words
        for kind, words in KIND_WORDS.items()
        if kind in rule.at_once | rule.once_verified
    ]
    return format_lazy("、".join(["{}"] * len(kinds)), *kinds)
