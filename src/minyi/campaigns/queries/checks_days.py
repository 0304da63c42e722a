# SPDX-License-Identifier: Apache-2.0
"""The publicity check: every date in it says by which rule and from which day it was counted."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from minyi.campaigns.models import Stage
from minyi.core.models import Rule
from minyi.core.workdays import DueDate, add_workdays, count_workdays

from .checks import CheckItem, Subject, named, on_day, on_day_of_year

RULE = "award.publicity"
MOST_DAYS_NAMED = 10


def publicity(subject: Subject) -> CheckItem:
    """E-07: the result is shown for enough working days; fewer only with a reason."""
    campaign, rule = subject.campaign, subject.rules.get(RULE)
    stage = subject.stages.get("publicity")
    shown = _count(stage) if stage else None
    told = [_rule_words(rule), *_shown(stage, shown, campaign.publicity_days)]
    is_too_short = shown is None or len(shown.counted) < campaign.publicity_days
    if shown is not None and is_too_short:
        told.append(_("少于设定的 %d 个工作日。") % campaign.publicity_days)
    is_reduced = rule is not None and campaign.publicity_days < rule.amount
    if rule is not None and is_reduced:
        told.append(_reduced(campaign.publicity_days, rule.amount, campaign.publicity_reason))
    is_unexplained = is_reduced and not campaign.publicity_reason
    return CheckItem(
        "publicity",
        rule is not None and not is_too_short and not is_unexplained,
        subject.is_award,
        _("公示工作日"),
        "".join(told),
        _("延长“结果公示”环节；确需缩短的，填写理由并留存批准材料。"),
        subject.rule_source(RULE),
        "schedule",
    )


def _rule_words(rule: Rule | None) -> str:
    if rule is None:
        return _("规则库中没有现行的公示期规则（%s）。") % RULE
    return _("公示期规则（%(key)s，%(since)s起施行）：不少于 %(amount)d 个工作日。") % {
        "key": rule.key,
        "since": on_day(rule.valid_from),
        "amount": rule.amount,
    }


def _shown(stage: Stage | None, shown: DueDate | None, days: int) -> list[str]:
    """Say how the working days were counted, so that anybody can count again."""
    if stage is None or shown is None:
        return [_("日程中没有“结果公示”环节。")]
    opens = localtime(stage.opens_at).date()
    told = [
        _("公示自%(start)s至%(end)s，开始当日不计（民法典第二百零一条），共 %(count)d 个工作日")
        % {"start": on_day(opens), "end": on_day(shown.day), "count": len(shown.counted)}
        + (_("（%s）") % _days(shown.counted) if shown.counted else "")
        + (_("，休息日不计（%s）") % _days(shown.skipped) if shown.skipped else "")
        + _("。")
    ]
    if days:
        is_reached = len(shown.counted) >= days
        due = shown.counted[days - 1] if is_reached else add_workdays(start=opens, amount=days).day
        told.append(
            _("设定公示 %(days)d 个工作日，第 %(days)d 个工作日是%(due)s。")
            % {"days": days, "due": on_day(due)}
        )
    if shown.provisional:
        told.append(_("公示跨入放假安排尚未公布的年份，该年份暂按周一至周五计，公布后须复核。"))
    return told


def _count(stage: Stage) -> DueDate:
    # A stage that closes at midnight ends with the day before.
    last = localtime(stage.closes_at - timedelta(microseconds=1)).date()
    return count_workdays(start=localtime(stage.opens_at).date(), end=last)


def _reduced(days: int, amount: int, reason: str) -> str:
    told = _("设定的 %(days)d 个工作日少于规定的 %(amount)d 个") % {"days": days, "amount": amount}
    return told + (_("；理由：%s。") % reason if reason else _("，没有说明理由。"))


def _days(days: Sequence[date]) -> str:
    return named([on_day_of_year(day) for day in days], most=MOST_DAYS_NAMED)
