# SPDX-License-Identifier: Apache-2.0
"""The pages around one campaign: overview, the acts that need a confirmation, the QR code."""

import io

import segno
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from minyi.campaigns.models import Campaign
from minyi.campaigns.queries.checklist import launch_checklist
from minyi.campaigns.queries.counts import Counts
from minyi.campaigns.queries.overview import campaign_overview, recent_acts
from minyi.campaigns.services import campaigns, rounds
from minyi.core.errors import DomainError

from . import campaign_words as words
from . import pages


class CampaignPage(PermissionCheckedMixin, WagtailAdminTemplateMixin, View):
    """One campaign of the actor's own agencies; `needs` is the permission asked for there."""

    model = Campaign
    any_permission_required = ["view"]
    permission_required = None
    needs = "campaigns.view"
    header_icon = "clipboard-list"

    def dispatch(self, request, *args, **kwargs):
        self.object = self.get_object()
        if not request.user.actor.can(self.needs, self.object.agency_id):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get_object(self):
        rows = Campaign.objects.visible_to(self.request.user.actor)
        rows = rows.select_related("agency__region", "account", "cover", "approval_document")
        return get_object_or_404(rows, pk=self.kwargs["pk"])

    def get_page_title(self):
        return self.object.title

    def get_breadcrumbs_items(self):
        return [
            *self.breadcrumbs_items,
            {"url": reverse("staff_campaigns:index"), "label": _("评选活动")},
            {"url": "", "label": self.object.title},
        ]

    @property
    def overview_url(self):
        return reverse("staff_campaigns:overview", args=[self.object.pk])


class OverviewView(CampaignPage):
    """The heart of the console: where the campaign stands and what is due."""

    template_name = "campaigns/staff/campaign_overview.html"

    def get(self, request, **kwargs):
        now = timezone.now()
        campaign = self.object
        overview = campaign_overview(campaign=campaign, now=now)
        checks = launch_checklist(campaign_id=campaign.pk, now=now)
        context = self.get_context_data(
            campaign=campaign,
            overview=overview,
            state=words.STATES[overview.state],
            stats=_stats(overview.figures),
            checks=[words.check_line(item, campaign) for item in _open_ones_first(checks)],
            blocked=sum(item.is_blocking and not item.is_met for item in checks),
            warned=sum(not item.is_blocking and not item.is_met for item in checks),
            due=words.due_lines(campaign, overview, checks),
            acts=[words.act_line(act) for act in recent_acts(campaign=campaign)],
            modules=_modules(campaign),
            address=citizen_address(campaign),
            buttons=self._buttons(overview),
            can_edit=self._can("campaigns.edit") and campaign.cancelled_at is None,
        )
        return self.render_to_response(context)

    def _can(self, permission):
        return self.request.user.actor.can(permission, self.object.agency_id)

    def _buttons(self, overview):
        """Return (url name, label, is serious) for what this actor may do now."""
        offers = []
        if self._can("campaigns.launch") and overview.state == "draft":
            offers.append(("launch", _("发布活动"), False))
        if self._can("voting.pause") and overview.state in {"running", "soon"}:
            offers.append(("pause", _("暂停投票"), True))
        if self._can("voting.pause") and overview.state == "paused":
            offers.append(("resume", _("恢复投票"), False))
        is_final = overview.is_published or overview.state == "cancelled"
        if self._can("campaigns.launch") and not is_final:
            offers.append(("cancel", _("撤销活动"), True))
        return [
            {
                "url": reverse(f"staff_campaigns:{name}", args=[self.object.pk]),
                "label": label,
                "is_serious": is_serious,
            }
            for name, label, is_serious in offers
        ]


class ConfirmView(CampaignPage):
    """Ask once more, then act by POST; a refusal is shown on the same page and changes nothing."""

    template_name = "campaigns/staff/campaign_confirm.html"
    question = ""
    consequence = ""
    button = ""
    done = ""
    asks_reason = False
    is_serious = False
    obstacles = ()  # checklist lines that must be mended first; with any, nothing can be confirmed

    def get(self, request, **kwargs):
        return self.render_to_response(self.get_context_data(campaign=self.object))

    def post(self, request, **kwargs):
        reason = request.POST.get("reason", "")[:200]
        refusals: list[DomainError] = []
        with pages.explaining(refusals.append):
            self.act(reason)
            messages.success(request, self.done)
            return HttpResponseRedirect(self.overview_url)
        [refusal] = refusals
        context = self.get_context_data(campaign=self.object, refusal=refusal, reason=reason)
        return self.render_to_response(context, status=refusal.status)

    def act(self, reason):
        raise NotImplementedError

    def facts(self):
        return {
            "campaign_id": self.object.pk,
            "actor": self.request.user.actor,
            "now": timezone.now(),
        }


class LaunchView(ConfirmView):
    needs = "campaigns.launch"

    @property
    def question(self):
        return _("发布“%s”？") % self.object.title

    @property
    def consequence(self):
        return _("发布后活动向社会公开，名称、类型和合规材料不再改动；投票开始后规则不再改动。")

    @property
    def button(self):
        return _("确认发布")

    @property
    def done(self):
        return _("活动已发布。")

    @cached_property
    def obstacles(self):
        items = launch_checklist(campaign_id=self.object.pk, now=timezone.now())
        blocking = [item for item in items if item.is_blocking and not item.is_met]
        return [words.check_line(item, self.object) for item in blocking]

    def act(self, reason):
        campaigns.launch_campaign(**self.facts())


class PauseView(ConfirmView):
    needs = "voting.pause"
    asks_reason = True
    is_serious = True

    @property
    def question(self):
        return _("暂停“%s”的投票？") % self.object.title

    @property
    def consequence(self):
        return _("立即生效：新的选票不再接收，已接收的选票不受影响。公众将看到您填写的原因。")

    @property
    def button(self):
        return _("确认暂停")

    @property
    def done(self):
        return _("投票已暂停。")

    def act(self, reason):
        rounds.pause_voting(reason=reason, **self.facts())


class ResumeView(ConfirmView):
    needs = "voting.pause"

    @property
    def question(self):
        return _("恢复“%s”的投票？") % self.object.title

    @property
    def consequence(self):
        return _("立即生效：在投票时间内可以继续投票。投票结束时间不因暂停而顺延。")

    @property
    def button(self):
        return _("确认恢复")

    @property
    def done(self):
        return _("投票已恢复。")

    def act(self, reason):
        rounds.resume_voting(**self.facts())


class CancelView(ConfirmView):
    needs = "campaigns.launch"
    asks_reason = True
    is_serious = True

    @property
    def question(self):
        return _("撤销“%s”？") % self.object.title

    @property
    def consequence(self):
        return _("撤销后活动不再公开，投票停止，不能恢复；已有记录保留备查。")

    @property
    def button(self):
        return _("确认撤销")

    @property
    def done(self):
        return _("活动已撤销。")

    def act(self, reason):
        campaigns.cancel_campaign(reason=reason, **self.facts())


class QrView(CampaignPage):
    """The citizens' address as a QR code (SVG)."""

    def get(self, request, **kwargs):
        picture = io.BytesIO()
        code = segno.make(citizen_address(self.object), error="m")
        code.save(picture, kind="svg", scale=6, border=2, xmldecl=False)
        return HttpResponse(picture.getvalue(), content_type="image/svg+xml")


def citizen_address(campaign):
    """Return where citizens find the campaign."""
    return f"{settings.PUBLIC_URL}/c/{campaign.slug}/"


def _open_ones_first(checks):
    return sorted(checks, key=lambda item: (item.is_met, not item.is_blocking))


def _stats(figures):
    counts = figures.counts
    if isinstance(counts, Counts):
        ballots = {"label": _("已公布选票"), "value": counts.ballots, "unit": _("张")}
    else:
        ballots = {"label": _("选票"), "value": _("未公布"), "note": words.next_count(counts)}
    return [
        {"label": _("待审核推荐"), "value": figures.waiting, "unit": _("条")},
        {"label": _("收到推荐"), "value": figures.nominations, "unit": _("条")},
        {"label": _("候选对象"), "value": figures.candidates, "unit": _("个")},
        {"label": _("评审专家"), "value": figures.jurors, "unit": _("人")},
        ballots,
    ]


def _modules(campaign):
    """Return links to the lists of the other modules, kept to this campaign."""
    names = (
        ("nominations", _("推荐与审核"), _("逐条审核公众推荐，合并重复")),
        ("nominees", _("候选对象"), _("编辑事迹、图片和视频，办理退出")),
        ("jury", _("专家评审"), _("确定评审专家，查看评分进度")),
        ("results", _("结果与公布"), _("汇总、监督签字、公布、导出")),
    )
    links = []
    for name, label, note in names:
        try:
            url = reverse(f"{name}:index")
        except NoReverseMatch:
            continue
        links.append({"url": f"{url}?campaign={campaign.pk}", "label": label, "note": note})
    if campaign.count_mode != Campaign.CountMode.LIVE:
        links.append(
            {
                "url": reverse("staff_campaigns:trustees", args=[campaign.pk]),
                "label": _("选票密钥和受托人"),
                "note": _("生成密钥，演练开封，投票结束后开封"),
            }
        )
    return links
