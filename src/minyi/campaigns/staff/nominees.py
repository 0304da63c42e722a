# SPDX-License-Identifier: Apache-2.0
"""Candidates: the list, their pages, withdrawal, and the office's own figures."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_filters import ModelChoiceFilter
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton

from minyi.campaigns.models import Nominee
from minyi.campaigns.queries.exports import csv_bytes
from minyi.campaigns.services import figures, nominees
from minyi.campaigns.services.stages import has_voting_opened
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy

from . import nominee_files, pages
from .nominations import own_campaign_choices
from .review_forms import FiguresFileForm, FiguresForm, NomineeForm, ReasonForm

ICON = "user"
EDIT = "nominees.edit"
LATE_FIGURES = "figures.change_late"


class NomineeFilters(WagtailFilterSet):
    campaign = ModelChoiceFilter(
        label=gettext_lazy("活动"), queryset=own_campaign_choices, empty_label=gettext_lazy("全部")
    )

    class Meta:
        model = Nominee
        fields = ["status", "campaign"]


class NomineeIndex(generic.IndexView):
    def get_base_queryset(self):
        return super().get_base_queryset().select_related("campaign", "category")

    def get_header_buttons(self):
        chosen = self.request.GET.get("campaign", "")
        campaigns = pages.own_campaigns(self.request, EDIT)
        campaign = campaigns.filter(pk=chosen).first() if chosen.isdecimal() else campaigns.first()
        if campaign is None:
            return super().get_header_buttons()
        return [
            *super().get_header_buttons(),
            HeaderButton(
                _("新增候选对象"), reverse("nominee_add", args=[campaign.pk]), icon_name="plus"
            ),
            HeaderButton(
                _("业务数据"), reverse("nominee_figures", args=[campaign.pk]), icon_name="table"
            ),
        ]


class NomineeViewSet(AgencyModelViewSet):
    model = Nominee
    name = "nominees"
    icon = ICON
    menu_label = gettext_lazy("候选对象")
    menu_order = MENU_ORDER["nominees"]
    add_to_admin_menu = True
    index_view_class = NomineeIndex
    filterset_class = NomineeFilters
    search_fields = ["name", "unit", "merits"]
    ordering = ["-campaign_id", "number"]
    list_display = [
        Column("number", label=gettext_lazy("编号"), width="5em", sort_key="number"),
        TitleColumn(
            "name",
            label=gettext_lazy("名称"),
            get_url=lambda row: reverse("nominee_edit", args=[row.pk]),
        ),
        "unit",
        Column("category", label=gettext_lazy("类别")),
        Column("get_card_display", label=gettext_lazy("展示形式")),
        StatusTagColumn(
            "get_status_display",
            label=gettext_lazy("状态"),
            primary=lambda row: row.status == Nominee.Status.CANDIDATE,
        ),
        Column("campaign", label=gettext_lazy("活动")),
    ]

    def get_form_class(self, for_update=False):
        return None


@require_http_methods(["GET", "HEAD", "POST"])
def add(request, campaign_id):
    """Add a candidate by hand."""
    campaign = pages.campaign_for(request, campaign_id, EDIT)
    form = NomineeForm(request.POST or None, campaign=campaign)
    if request.method == "POST" and form.is_valid():
        with pages.explaining_on(form):
            nominee = nominees.add_nominee(
                campaign_id=campaign.pk,
                content=form.content(),
                actor=request.user.actor,
                now=timezone.now(),
            )
            messages.success(request, _("已新增，编号 %(number)d。") % {"number": nominee.number})
            return redirect("nominee_edit", nominee.pk)
    return pages.show(
        request,
        "nominee_add.html",
        title=_("新增候选对象"),
        icon=ICON,
        trail=_trail(campaign),
        status=422 if form.errors or form.non_field_errors() else 200,
        campaign=campaign,
        form=form,
        is_fixed=has_voting_opened(campaign, timezone.now()),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, nominee_id):
    """Show and change a candidate's page."""
    nominee = pages.nominee_for(request, nominee_id)
    campaign = nominee.campaign
    form = NomineeForm(
        request.POST or None, initial=NomineeForm.initial_from(nominee), campaign=campaign
    )
    is_fixed = has_voting_opened(campaign, timezone.now())
    if is_fixed:
        form.fix_ballot_fields()
    if request.method == "POST" and form.is_valid():
        with pages.explaining_on(form):
            nominees.edit_nominee(
                nominee_id=nominee.pk,
                changed=form.changed_content(),
                actor=request.user.actor,
                now=timezone.now(),
            )
            messages.success(request, _("已保存。"))
            return redirect("nominee_edit", nominee.pk)
    return pages.show(
        request,
        "nominee_edit.html",
        title=f"{nominee.number}. {nominee.name}",
        icon=ICON,
        trail=_trail(campaign),
        status=422 if form.errors else 200,
        nominee=nominee,
        campaign=campaign,
        form=form,
        **nominee_files.context_of(nominee),
        figures_form=FiguresForm(
            initial={"points": nominee.figures, "source": nominee.figures_source}
        ),
        reason_form=ReasonForm(),
        can_edit=request.user.actor.can(EDIT, campaign.agency_id),
        can_withdraw=request.user.actor.can(
            "nominees.withdraw_in_vote" if is_fixed else EDIT, campaign.agency_id
        ),
        is_fixed=is_fixed,
        **_figures_context(request, campaign),
        nominations=nominee.nominations.order_by("id"),
    )


@require_POST
def withdraw(request, nominee_id):
    """Take a candidate off the ballot paper."""
    nominee = pages.nominee_for(request, nominee_id)
    pages.succeeded(
        request,
        lambda: nominees.withdraw_nominee(
            nominee_id=nominee.pk,
            reason=request.POST.get("reason", ""),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("已办理退出，原因对外公开。"),
    )
    return redirect("nominee_edit", nominee.pk)


@require_POST
def set_figures(request, nominee_id):
    """Enter the figures of one candidate."""
    nominee = pages.nominee_for(request, nominee_id)
    form = FiguresForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("业务数据得分须为 0 至 100 的数字，最多两位小数；没有保存。"))
        return redirect("nominee_edit", nominee.pk)
    pages.succeeded(
        request,
        lambda: figures.set_figures(
            nominee_id=nominee.pk,
            points=form.cleaned_data["points"],
            source=form.cleaned_data["source"],
            reason=request.POST.get("reason", ""),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("业务数据已保存。"),
    )
    return redirect("nominee_edit", nominee.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def import_figures(request, campaign_id):
    """Show the figures of a campaign and take a table of them."""
    campaign = pages.campaign_for(request, campaign_id, EDIT, LATE_FIGURES)
    form = FiguresFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        content = form.cleaned_data["table"].read(figures.FILE_BYTES + 1)
        with pages.explaining_on(form):
            lines = figures.import_figures(
                campaign_id=campaign.pk,
                content=content,
                reason=request.POST.get("reason", ""),
                actor=request.user.actor,
                now=timezone.now(),
            )
            messages.success(request, _("已导入 %(lines)d 行。") % {"lines": lines})
            return redirect("nominee_figures", campaign.pk)
    return pages.show(
        request,
        "nominee_figures.html",
        title=_("业务数据"),
        icon=ICON,
        trail=_trail(campaign),
        status=422 if form.errors else 200,
        campaign=campaign,
        form=form,
        **_figures_context(request, campaign),
        nominees=campaign.nominees.filter(status=Nominee.Status.CANDIDATE).order_by("number"),
    )


@require_safe
def figures_template(request, campaign_id):
    """Send the table to fill in, with numbers and names in place."""
    campaign = pages.campaign_for(request, campaign_id, EDIT, LATE_FIGURES)
    candidates = campaign.nominees.filter(status=Nominee.Status.CANDIDATE).order_by("number")
    rows = [[n.number, n.name, str(n.figures or ""), n.figures_source] for n in candidates]
    response = HttpResponse(csv_bytes(figures.COLUMNS, rows), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="{campaign.slug}-figures.csv"'
    return response


def _figures_context(request, campaign):
    """Return who may change the figures now, and the reason it takes once voting is over."""
    is_late = nominees.has_voting_closed(campaign, timezone.now())
    needed = LATE_FIGURES if is_late else EDIT
    return {
        "can_set_figures": request.user.actor.can(needed, campaign.agency_id),
        "late_form": ReasonForm(auto_id="late_%s") if is_late else None,
    }


def _trail(campaign):
    listing = reverse("nominees:index")
    return [(_("候选对象"), listing), (campaign.title, f"{listing}?campaign={campaign.pk}")]


viewsets = [NomineeViewSet()]
urls = [
    path("nominees/add/<int:campaign_id>/", add, name="nominee_add"),
    path("nominees/figures/<int:campaign_id>/", import_figures, name="nominee_figures"),
    path(
        "nominees/figures/<int:campaign_id>/template.csv",
        figures_template,
        name="nominee_figures_template",
    ),
    path("nominees/<int:nominee_id>/page/", edit, name="nominee_edit"),
    *nominee_files.urls,
    path("nominees/<int:nominee_id>/withdraw/", withdraw, name="nominee_withdraw"),
    path("nominees/<int:nominee_id>/figures/", set_figures, name="nominee_set_figures"),
]
policies = [
    AgencyPolicy(Nominee, grants={"view": "campaigns.view"}, agency_path="campaign__agency_id"),
]
