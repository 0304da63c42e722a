# SPDX-License-Identifier: Apache-2.0
"""Campaigns in the staff console: list, drafting from a template, form, overview, acts."""

from collections.abc import Sequence
from typing import cast

import django_filters
from django.core.exceptions import PermissionDenied
from django.db.models import Max, Min, Q
from django.urls import path, reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic

from minyi.agencies.models import Agency
from minyi.campaigns.blueprints import BLUEPRINTS
from minyi.campaigns.errors import EditedMeanwhile
from minyi.campaigns.models import Campaign, Round
from minyi.campaigns.queries.edits import Edit
from minyi.campaigns.queries.overview import campaign_state
from minyi.campaigns.services import campaigns
from minyi.campaigns.services.stages import has_voting_opened
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy
from minyi.core.words import listed

from . import campaign_form, campaign_key, campaign_pages, pages
from .campaign_words import STATES

STATE_CHOICES = [
    ("draft", _("草稿")),
    ("running", _("已发布")),
    ("over", _("已结束")),
    ("cancelled", _("已撤销")),
]


class CampaignFilters(WagtailFilterSet):
    state = django_filters.ChoiceFilter(
        label=_("状态"), choices=STATE_CHOICES, method="keep_state", empty_label=_("全部")
    )

    class Meta:
        model = Campaign
        fields = ["type"]

    def keep_state(self, rows, _name, state):
        is_over = Q(pk__in=_over(timezone.now()))
        launched = Q(launched_at__isnull=False, cancelled_at__isnull=True)
        wanted = {
            "draft": Q(launched_at__isnull=True, cancelled_at__isnull=True),
            "running": launched & ~is_over,
            "over": launched & is_over,
            "cancelled": Q(cancelled_at__isnull=False),
        }
        return rows.filter(wanted[state])


def _over(now):
    ends = Campaign.objects.annotate(ends=Max("stages__closes_at"))
    return ends.filter(ends__lte=now).values("pk")


class CampaignIndexView(generic.IndexView):
    add_item_label = _("新建活动")

    def get_base_queryset(self):
        return (
            super()
            .get_base_queryset()
            .select_related("agency", "round")
            .prefetch_related("stages")
            .annotate(first=Min("stages__opens_at"), last=Max("stages__closes_at"))
        )


class DraftView(generic.CreateView):
    """Choose a template and a name; everything else follows in the form."""

    template_name = "campaigns/staff/campaign_draft.html"
    page_title = _("新建活动")
    form_class = campaign_form.DraftForm
    submit_button_label = _("创建草稿")

    def get_form_kwargs(self):
        kwargs = super().get_form_kwargs()
        del kwargs["instance"]
        return {**kwargs, "agencies": self._agencies()}

    def get_context_data(self, **kwargs):
        return super().get_context_data(blueprints=BLUEPRINTS.values(), **kwargs)

    def form_valid(self, form):
        with pages.explaining_on(form, "title"):
            return super().form_valid(form)
        return self.form_invalid(form)

    def save_instance(self):
        said = self.form.cleaned_data
        return campaigns.draft_campaign(
            agency_id=self.form.chosen_agency.pk,
            blueprint=said["blueprint"],
            title=said["title"],
            actor=self.request.user.actor,
            now=timezone.now(),
        )

    def get_success_url(self):
        return reverse("staff_campaigns:edit", args=[self.object.pk])

    def get_success_message(self, instance):
        return _("“%s”的草稿已创建，请逐项完善。") % instance.title

    def get_success_buttons(self):
        return []

    def _agencies(self):
        actor = self.request.user.actor
        mine = Agency.objects.visible_to(actor)
        allowed = [row.pk for row in mine if actor.can("campaigns.edit", row.pk)]
        if not allowed:
            raise PermissionDenied
        return mine.filter(pk__in=allowed)


class CampaignEditView(generic.EditView):
    template_name = "campaigns/staff/campaign_edit.html"
    success_message = _("“%(object)s”已保存。")
    error_message = _("没有保存，请按提示修改。")
    _edits: Sequence[Edit] = ()  # what others saved since this form was opened

    def get_form_kwargs(self):
        frozen = campaigns.frozen_fields(self.object, timezone.now())
        return {**super().get_form_kwargs(), "frozen": frozen}

    def get_context_data(self, **kwargs):
        campaign = self.object
        opened = has_voting_opened(campaign, timezone.now())
        return super().get_context_data(
            is_launched=campaign.launched_at is not None,
            has_voting_opened=opened,
            edits=self._edits,
            **kwargs,
        )

    def get_breadcrumbs_items(self):
        first, index, last = super().get_breadcrumbs_items()
        overview = {
            "url": reverse("staff_campaigns:overview", args=[self.object.pk]),
            "label": last["label"],
        }
        return [first, index, overview, {"url": "", "label": _("设置")}]

    def form_valid(self, form):
        with pages.explaining(self._refuse):
            return super().form_valid(form)
        self.produced_error_code = "validation_error"
        self.produced_error_message = self.get_error_message()
        return self.form_invalid(form)

    def _refuse(self, refusal):
        pages.explain(self.form, refusal)
        if isinstance(refusal, EditedMeanwhile):
            self._edits = cast(Sequence[Edit], refusal.facts["edits"])
            self.form.take_version(refusal.facts["version"])

    def save_instance(self):
        return campaigns.edit_campaign(
            campaign=self.object,
            actor=self.request.user.actor,
            now=timezone.now(),
            changed=self.form.changes(),
            reason=self.form.cleaned_data.get("reason", ""),
            seen=self.form.cleaned_data["version"],
        )

    def get_success_url(self):
        return reverse("staff_campaigns:overview", args=[self.object.pk])

    def get_success_buttons(self):
        return []


def _state(campaign):
    stages = list(campaign.stages.all())
    paper = getattr(campaign, "round", None)
    is_paused = isinstance(paper, Round) and paper.paused
    state = campaign_state(campaign, stages=stages, is_paused=is_paused, now=timezone.now())
    return STATES[state][0]


def _stage(campaign):
    now = timezone.now()
    return listed(str(stage) for stage in campaign.stages.all() if stage.is_open(now)) or "–"


def _dates(campaign):
    if campaign.first is None:
        return "–"
    first, last = localtime(campaign.first), localtime(campaign.last)
    return f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"


class CampaignViewSet(AgencyModelViewSet):
    model = Campaign
    name = "campaigns"
    url_namespace = "staff_campaigns"  # «campaigns» names the citizens' pages
    icon = "clipboard-list"
    add_to_admin_menu = True
    menu_label = _("评选活动")
    menu_order = MENU_ORDER["campaigns"]
    index_view_class = CampaignIndexView
    add_view_class = DraftView
    edit_view_class = CampaignEditView
    edit_handler = campaign_form.edit_handler
    filterset_class = CampaignFilters
    search_fields = ["title", "theme", "slug"]
    search_backend_name = None
    list_per_page = 30
    list_display = [
        TitleColumn("title", label=_("活动名称"), url_name="staff_campaigns:overview"),
        Column("get_type_display", label=_("活动类型")),
        StatusTagColumn("state", label=_("状态"), accessor=_state),
        Column("stage", label=_("当前环节"), accessor=_stage),
        Column("dates", label=_("起止日期"), accessor=_dates),
        Column("agency", label=_("主办单位"), accessor="agency.short_name"),
    ]
    # Nothing is deleted (a campaign is cancelled), and our own trail is the history.
    _absent = frozenset({"delete", "history", "history_results", "usage"})

    def get_common_view_kwargs(self, **kwargs):
        absent = {"delete_url_name": None, "history_url_name": None, "usage_url_name": None}
        return super().get_common_view_kwargs(**{**absent, **kwargs})

    def get_add_view_kwargs(self, **kwargs):
        return {**super().get_add_view_kwargs(**kwargs), "panel": None, **_DRAFT}

    def get_edit_view_kwargs(self, **kwargs):
        given = super().get_edit_view_kwargs(**kwargs)
        return {**given, "template_name": CampaignEditView.template_name}

    def get_urlpatterns(self):
        kept = [url for url in super().get_urlpatterns() if url.name not in self._absent]
        own = (
            ("overview", campaign_pages.OverviewView),
            ("launch", campaign_pages.LaunchView),
            ("pause", campaign_pages.PauseView),
            ("resume", campaign_pages.ResumeView),
            ("cancel", campaign_pages.CancelView),
            ("qr", campaign_pages.QrView),
            ("trustees", campaign_key.KeyView),
        )
        return kept + [
            path(f"{name}/<int:pk>/", self.construct_view(view), name=name) for name, view in own
        ]


_DRAFT = {"form_class": DraftView.form_class, "template_name": DraftView.template_name}

viewsets = [CampaignViewSet()]
urls: list = []
policies = [
    AgencyPolicy(
        Campaign,
        grants={
            "add": "campaigns.edit",
            "change": "campaigns.edit",
            "view": "campaigns.view",
        },
    ),
]
