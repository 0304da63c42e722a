# SPDX-License-Identifier: Apache-2.0
"""What a single entry may do wrong without the log being in doubt: it is named, and counts not.

By the codes of docs/protocol/log-format.md §9. Every other code says that the log itself is not
what was signed.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from votelog import VotelogError

PLACES_SHOWN = 20

WORDS: dict[str, str | Promise] = {
    "ballot_after_close": _("截止以后的选票"),
    "ballot_ahead": _("认定了还不存在的选票"),
    "ballot_day_false": _("选票的日期与时间不符"),
    "ballot_outside_time": _("投票时间以外的选票"),
    "ballot_rules_differ": _("不按当时规则投出的选票"),
    "choice_copied": _("选择是从别的选票抄来的"),
    "choice_unopenable": _("选票打不开"),
    "close_repeated": _("重复截止"),
    "close_size_false": _("截止时的条数不符"),
    "count_differs": _("投票期间公布的票数与选票不一致"),
    "count_misplaced": _("投票期间公布的票数记在不该在的位置"),
    "key_before_close": _("截止以前公布了密钥"),
    "key_false": _("公布的密钥不是规则承诺的密钥"),
    "key_repeated": _("重复公布密钥"),
    "key_unwanted": _("公布了不需要的密钥"),
    "nonce_replayed": _("重复提交的选票"),
    "pick_unknown": _("选了不在候选之列的对象"),
    "picks_number": _("所选数量不合规则"),
    "picks_order": _("选择的写法不合规则"),
    "result_before_close": _("截止以前记入的结果"),
    "result_before_key": _("开封以前记入的结果"),
    "result_differs": _("记入的结果与选票不一致"),
    "result_stale": _("记入的结果已经过时"),
    "state_wrong": _("认定的选票不在可以这样认定的状态"),
    "tag_repeated": _("同一投票人重复的选票"),
}


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """An entry that breaks a rule, by its code and its place in the log."""

    code: str
    place: int


@dataclass(frozen=True, slots=True)
class FaultLine:
    """The faults of one kind; `places` are the first of them."""

    words: str
    number: int
    places: tuple[int, ...]

    @property
    def has_more(self) -> bool:
        return self.number > len(self.places)


def words_of(finding: VotelogError) -> str:
    """Return a finding as a person of the office reads it; of a damage, the verifier's sentence."""
    words = WORDS.get(finding.code)
    if words is None:
        return str(finding)
    return gettext("第 %(place)s 条：%(words)s") % {"place": finding.facts["index"], "words": words}


def by_kind(faults: Iterable[Fault]) -> list[FaultLine]:
    """Return faults as a person reads them, a line for each kind."""
    places: dict[str, list[int]] = defaultdict(list)
    for fault in sorted(faults):
        places[fault.code].append(fault.place)
    return [
        FaultLine(str(WORDS[code]), len(found), tuple(found[:PLACES_SHOWN]))
        for code, found in places.items()
    ]
