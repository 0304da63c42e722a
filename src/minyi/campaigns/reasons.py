# SPDX-License-Identifier: Apache-2.0
"""Why a ballot does not count, in a line the public understands. Codes stand in the public log.

The codes of the anti-brushing engine are those of `integrity.engine.rules`, which a web process
must not load.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from minyi.core.words import listed

REASONS: dict[str, str | Promise] = {
    "same_phones": _("选票集中来自少数机型"),
    "same_greeting": _("由同一软件批量发出"),
    "same_tempo": _("操作节奏几乎一致"),
    "same_haste": _("停留时长和触摸情况异常集中"),
    "account_lot": _("账号在同一时段成批首次出现"),
    "machine_hall": _("来自机房地址"),
    "same_standing": _("账号状况异常集中"),
    "same_phones_and_standing": _("同机型、同账号状况的选票异常集中"),
    "same_haste_and_standing": _("同节奏、同账号状况的选票异常集中"),
    "from_afar": _("外地选票异常集中"),
    "same_haste_and_place": _("同地区、同节奏的选票异常集中"),
    "company": _("与已认定的异常选票高度相似"),
    "manual": _("人工核查认定"),
    "objection": _("异议核查认定"),
    "appeal": _("申诉成立"),
    "undecided": _("逾期未作认定"),
}
BY_HAND = ("manual", "objection", *list(REASONS)[:11])  # what staff may name


def reason_words(codes: str) -> str:
    """Return what a rule, or several joined by «|», says; an unknown code stands for itself."""
    return listed(str(REASONS.get(code, code)) for code in codes.split("|"))
