# SPDX-License-Identifier: Apache-2.0
"""The words of the campaign console: states, checklist lines, what is due, the trail."""

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from wagtail.coreutils import safe_snake_case

from minyi.campaigns.queries.counts import CountsHidden
from minyi.core.acts import words_for
from minyi.core.words import listed

# state → (word, kind of badge)
STATES = {
    "draft": (gettext_lazy("草稿"), "soon"),
    "soon": (gettext_lazy("已发布，未开始"), "soon"),
    "running": (gettext_lazy("进行中"), "open"),
    "paused": (gettext_lazy("投票已暂停"), "stop"),
    "over": (gettext_lazy("已结束"), "done"),
    "cancelled": (gettext_lazy("已撤销"), "done"),
}
# The headings of the form's tabs; Wagtail makes the anchors from them.
TABS = {
    "basics": gettext_lazy("基本信息"),
    "schedule": gettext_lazy("日程"),
    "rules": gettext_lazy("投票规则"),
    "weights": gettext_lazy("标准与权重"),
    "compliance": gettext_lazy("合规材料"),
    "texts": gettext_lazy("多语言文本"),
}


def check_line(item, campaign):
    """Turn a checklist item into what `ui/staff/_checklist.html` shows."""
    if item.is_met:
        return {
            "title": item.title,
            "state": "passed",
            "reason": item.finding,
            "source": item.rule,
        }
    return {
        "title": item.title,
        "state": "blocked" if item.is_blocking else "warn",
        "reason": f"{item.finding}{item.what_to_do}",
        "source": item.rule,
        "url": mend_url(item.place, campaign),
    }


def mend_url(place, campaign):
    """Return where a finding is mended."""
    if place == "agency":
        return reverse("agencies:edit", args=[campaign.agency_id])
    if place == "account":
        return reverse("accounts:edit", args=[campaign.account_id])
    if place == "trustees":
        return reverse("staff_campaigns:trustees", args=[campaign.pk])
    if place in {"nominees", "jury"}:
        return f"{reverse(f'{place}:index')}?campaign={campaign.pk}"
    return f"{reverse('staff_campaigns:edit', args=[campaign.pk])}#tab-{tab_anchor(place)}"


def tab_anchor(place):
    """Return the anchor Wagtail gives the tab of that heading in the reader's language."""
    return safe_snake_case(str(TABS[place]))


def due_lines(campaign, overview, checks):
    """Say what is due now, the most pressing first."""
    if overview.state == "cancelled":
        return [_("活动已撤销，没有待办事项。")]
    if overview.state == "draft":
        return [_due_of_a_draft(checks)]
    lines = []
    if overview.state == "paused":
        lines.append(_("投票已暂停：%s") % overview.pause_reason)
    if overview.figures.waiting:
        lines.append(_("%d 条推荐等待审核。") % overview.figures.waiting)
    now = next((stage for stage in overview.stages if stage.state == "now"), None)
    soon = next((stage for stage in overview.stages if stage.state == "soon"), None)
    voting = next((stage for stage in overview.stages if stage.kind == "voting"), None)
    if voting and voting.state == "done":
        lines += _due_of_a_result(overview)
    if overview.figures.bare and not overview.is_computed:
        lines.append(_due_of_figures(overview.figures.bare, voting))
    if now:
        lines.append(_("“%(stage)s”至%(until)s结束。") % _at(now, now.closes_at))
    if soon:
        lines.append(_("“%(stage)s”于%(until)s自动开始。") % _at(soon, soon.opens_at))
    return lines or [_("各环节均已结束。")]


def act_line(act):
    """Turn an entry of the trail into words."""
    return {
        "at": act.at,
        "who": act.who,
        "what": words_for(act.act),
        "reason": act.reason,
    }


def next_count(hidden):
    """Say when a hidden count will be published."""
    if hidden.is_sealed:
        return _("等待受托人开封")
    if hidden.next_at is None:
        return _("投票尚未开始")
    return _("%s 公布") % f"{localtime(hidden.next_at):%m-%d %H:%M}"


def _due_of_a_draft(checks):
    blocked = [item.title for item in checks if item.is_blocking and not item.is_met]
    if not blocked:
        return _("检查已全部通过，可以发布。")
    return _("还有 %(count)d 项检查未通过：%(titles)s。") % {
        "count": len(blocked),
        "titles": listed(blocked),
    }


def _due_of_a_result(overview):
    if overview.is_published:
        return [_("结果已公布。")]
    if overview.is_signed:
        return [_("监督人员已签字，等待公布结果。")]
    if overview.is_computed:
        return [_("结果已汇总，等待监督人员签字。")]
    if isinstance(overview.figures.counts, CountsHidden) and overview.figures.counts.is_sealed:
        return [_("投票已结束，等待两名受托人开封选票。")]
    return [_("投票已结束，等待汇总结果。")]


def _due_of_figures(bare, voting):
    """Warn while there is time: the figures freeze when voting closes."""
    if voting and voting.state == "done":
        return _("%d 个候选对象还没有业务数据，须由监督人员写明理由后补录。") % bare
    return _("%d 个候选对象还没有业务数据，请在投票结束前录入，投票结束后即锁定。") % bare


def _at(stage, moment):
    local = localtime(moment)
    return {
        "stage": stage.name,
        "until": _("%(month)d月%(day)d日 %(time)s")
        % {"month": local.month, "day": local.day, "time": f"{local:%H:%M}"},
    }
