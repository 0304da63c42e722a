# SPDX-License-Identifier: Apache-2.0
"""The review queue: one nomination after the other, likely duplicates beside it."""

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_filters import ModelChoiceFilter
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import HeaderButton

from minyi.campaigns.errors import NominationNotFound
from minyi.campaigns.models import Campaign, Nomination, NominationFile, Nominee
from minyi.campaigns.queries.nominations import find_duplicates, next_in_queue, queue_counts
from minyi.campaigns.services import nominations
from minyi.campaigns.services.nominations import AcceptedFile
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy

from . import pages
from .review_forms import AcceptForm, ReasonForm

ICON = "form"
STATUS_BADGES = {"submitted": "soon", "accepted": "open", "rejected": "stop", "merged": "done"}
FILE_TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "mp4": "video/mp4"}


def own_campaign_choices(request):
    """Return what a campaign filter may offer: nothing of other agencies."""
    return Campaign.objects.visible_to(request.user.actor)


class NominationFilters(WagtailFilterSet):
    campaign = ModelChoiceFilter(
        label=gettext_lazy("活动"), queryset=own_campaign_choices, empty_label=gettext_lazy("全部")
    )

    class Meta:
        model = Nomination
        fields = ["status", "campaign"]


class NominationIndex(generic.IndexView):
    def get_base_queryset(self):
        return super().get_base_queryset().select_related("campaign", "category", "nominee")

    def get_header_buttons(self):
        return [
            *super().get_header_buttons(),
            HeaderButton(_("开始审核"), reverse("nomination_next"), icon_name="check"),
        ]


class NominationViewSet(AgencyModelViewSet):
    model = Nomination
    name = "nominations"
    icon = ICON
    menu_label = gettext_lazy("推荐审核")
    menu_order = MENU_ORDER["nominations"]
    add_to_admin_menu = True
    index_view_class = NominationIndex
    filterset_class = NominationFilters
    search_fields = ["name", "unit", "reason"]
    list_display = [
        TitleColumn(
            "name",
            label=gettext_lazy("名称"),
            get_url=lambda row: reverse("nomination_review", args=[row.pk]),
        ),
        "unit",
        Column("category", label=gettext_lazy("类别")),
        Column("campaign", label=gettext_lazy("活动")),
        StatusTagColumn(
            "get_status_display",
            label=gettext_lazy("状态"),
            primary=lambda row: row.status == Nomination.Status.SUBMITTED,
        ),
        DateColumn("sent_at", label=gettext_lazy("提交时间")),
    ]

    def get_form_class(self, for_update=False):
        return None


@require_safe
def review(request, nomination_id):
    """Show one nomination with its files, what it resembles, and what can be decided."""
    nomination = _nomination(request, nomination_id)
    return _review_page(request, nomination, _accept_form(nomination))


@require_http_methods(["POST"])
def accept(request, nomination_id):
    """Make a nominee of it, or say what is still wrong."""
    nomination = _nomination(request, nomination_id)
    form = _accept_form(nomination, request.POST)
    if form.is_valid():
        said = form.cleaned_data
        with pages.explaining_on(form):
            nominee = nominations.accept_nomination(
                nomination_id=nomination.pk,
                content=form.content(),
                pictures=[AcceptedFile(pk, words) for pk, words in form.used_pictures()],
                video=_accepted(said.get("video"), said.get("video_caption")),
                reason=said["reason"],
                actor=request.user.actor,
                now=timezone.now(),
            )
            messages.success(
                request,
                _("已通过：%(name)s，编号 %(number)d。")
                % {"name": nominee.name, "number": nominee.number},
            )
            return _on_to_next(nomination)
    messages.error(request, _("没有办理，请修改“通过”一栏中标出的内容。"))
    return _review_page(request, nomination, form, status=422)


@require_POST
def reject(request, nomination_id):
    """Turn it down with a reason."""
    nomination = _nomination(request, nomination_id)
    done = pages.succeeded(
        request,
        lambda: nominations.reject_nomination(
            nomination_id=nomination.pk,
            reason=request.POST.get("reason", ""),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("已退回，推荐人可以看到理由。"),
    )
    return _on_to_next(nomination) if done else redirect("nomination_review", nomination.pk)


@require_POST
def merge(request, nomination_id):
    """Treat it as one with another nomination, or count it towards a candidate."""
    nomination = _nomination(request, nomination_id)
    act = {"actor": request.user.actor, "now": timezone.now()}
    into, nominee = _number(request, "into"), _number(request, "nominee")

    def merge_it():
        if nominee:
            nominations.merge_into_nominee(nomination_id=nomination.pk, nominee_id=nominee, **act)
        else:
            nominations.merge_nominations(nomination_id=nomination.pk, into_id=into, **act)

    done = pages.succeeded(request, merge_it, said=_("已合并，两份材料都保留。"))
    return _on_to_next(nomination) if done else redirect("nomination_review", nomination.pk)


@require_POST
def unmerge(request, nomination_id):
    """Put a merged nomination back into the queue."""
    nomination = _nomination(request, nomination_id)
    pages.succeeded(
        request,
        lambda: nominations.unmerge_nomination(
            nomination_id=nomination.pk, actor=request.user.actor, now=timezone.now()
        ),
        said=_("已撤销合并，重新列入待审核。"),
    )
    return redirect("nomination_review", nomination.pk)


@require_safe
def next_one(request):
    """Open the oldest nomination that waits for this reviewer."""
    campaigns = pages.own_campaigns(request, "nominations.review", "nominations.view")
    waiting = Nomination.objects.filter(
        campaign__in=campaigns, status=Nomination.Status.SUBMITTED
    ).order_by("pk")
    first = waiting.values_list("pk", flat=True).first()
    if first is None:
        messages.success(request, _("没有待审核的推荐。"))
        return redirect("nominations:index")
    return redirect("nomination_review", first)


@require_safe
def file(request, file_id):
    """Send a private file to whoever may see the nomination; it never runs as a page of ours."""
    rows = NominationFile.objects.select_related("nomination__campaign")
    found = rows.filter(pk=file_id).first()
    if found is None:
        raise NominationNotFound
    _nomination(request, found.nomination_id)
    ending = str(found.file.name).rsplit(".", 1)[-1]
    response = FileResponse(
        found.file.open("rb"),
        content_type=FILE_TYPES.get(ending, "application/octet-stream"),
        as_attachment=ending not in FILE_TYPES,
        filename=f"nomination-{found.nomination_id}-{found.pk}.{ending}",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def _nomination(request, nomination_id):
    actor = request.user.actor
    rows = Nomination.objects.visible_to(actor).select_related(
        "campaign", "category", "decided_by", "merged_into", "nominee"
    )
    nomination = rows.filter(pk=nomination_id).first()
    if nomination is None:
        raise NominationNotFound
    actor.check("nominations.view", nomination.campaign.agency_id)
    return nomination


def _accept_form(nomination, posted=None):
    files = _files(nomination)
    pictures = [f for f in files if f.kind == NominationFile.Kind.PICTURE]
    initial = AcceptForm.initial_from(nominations.content_from(nomination))
    if pictures:
        initial["card"] = Nominee.Card.PICTURE
    return AcceptForm(
        posted,
        initial=initial,
        campaign=nomination.campaign,
        pictures=pictures,
        videos=[f for f in files if f.kind == NominationFile.Kind.VIDEO],
    )


def _files(nomination):
    family = [nomination.pk, *nomination.merged.values_list("pk", flat=True)]
    return list(NominationFile.objects.filter(nomination__in=family).order_by("id"))


def _review_page(request, nomination, form, status=200):
    campaign = nomination.campaign
    actor = request.user.actor
    is_waiting = nomination.status == Nomination.Status.SUBMITTED
    facts = [
        (criterion.name, nomination.evidence[str(criterion.pk)])
        for criterion in campaign.criteria.all()
        if str(criterion.pk) in nomination.evidence
    ]
    counts = queue_counts(actor=actor, campaign_id=campaign.pk)
    return pages.show(
        request,
        "nomination_review.html",
        title=nomination.name,
        icon=ICON,
        trail=[(_("推荐审核"), reverse("nominations:index"))],
        status=status,
        nomination=nomination,
        campaign=campaign,
        badge=STATUS_BADGES[nomination.status],
        facts=facts,
        files=_files(nomination),
        merged=nomination.merged.order_by("id"),
        suspects=find_duplicates(nomination) if is_waiting else [],
        form=form,
        reason_form=ReasonForm(),
        can_decide=is_waiting and actor.can("nominations.review", campaign.agency_id),
        can_unmerge=_can_unmerge(nomination, actor),
        waiting=counts["submitted"],
        reviewed=sum(counts.values()) - counts["submitted"],
        total=sum(counts.values()),
        next_id=next_in_queue(nomination),
    )


def _can_unmerge(nomination, actor):
    into = nomination.merged_into
    return (
        into is not None
        and into.status == Nomination.Status.SUBMITTED
        and actor.can("nominations.review", nomination.campaign.agency_id)
    )


def _accepted(file_id, words):
    return AcceptedFile(file_id, words or "") if file_id else None


def _number(request, name):
    text = request.POST.get(name, "")
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _on_to_next(nomination):
    following = next_in_queue(nomination)
    if following:
        return redirect("nomination_review", following)
    return redirect("nominations:index")


viewsets = [NominationViewSet()]
urls = [
    path("nominations/next/", next_one, name="nomination_next"),
    path("nominations/files/<int:file_id>/", file, name="nomination_file"),
    path("nominations/<int:nomination_id>/review/", review, name="nomination_review"),
    path("nominations/<int:nomination_id>/accept/", accept, name="nomination_accept"),
    path("nominations/<int:nomination_id>/reject/", reject, name="nomination_reject"),
    path("nominations/<int:nomination_id>/merge/", merge, name="nomination_merge"),
    path("nominations/<int:nomination_id>/unmerge/", unmerge, name="nomination_unmerge"),
]
policies = [
    AgencyPolicy(
        Nomination, grants={"view": "nominations.view"}, agency_path="campaign__agency_id"
    ),
]
