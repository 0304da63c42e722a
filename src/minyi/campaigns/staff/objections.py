# SPDX-License-Identifier: Apache-2.0
"""The desk for objections: take up, look into, propose, decide by another person, put right."""

from django.contrib import messages
from django.http import FileResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe
from django_filters import ModelChoiceFilter, MultipleChoiceFilter
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn, TitleColumn
from wagtail.admin.views import generic

from minyi.agencies.models import User
from minyi.campaigns.errors import FileDestroyed, ObjectionNotFound
from minyi.campaigns.models import Objection, ObjectionFile
from minyi.campaigns.queries.objections import all_steps
from minyi.campaigns.services import objection_cases
from minyi.core.staff import MENU_ORDER, AgencyModelViewSet, AgencyPolicy

from . import pages
from .nominations import FILE_TYPES, own_campaign_choices

ICON = "warning"
BADGES = {"filed": "stop", "accepted": "soon", "proposed": "soon", "upheld": "open"}


class ObjectionFilters(WagtailFilterSet):
    state = MultipleChoiceFilter(label=gettext_lazy("状态"), choices=Objection.State.choices)
    campaign = ModelChoiceFilter(
        label=gettext_lazy("活动"), queryset=own_campaign_choices, empty_label=gettext_lazy("全部")
    )

    class Meta:
        model = Objection
        fields = ["state", "campaign"]


class ObjectionIndex(generic.IndexView):
    def get_base_queryset(self):
        return super().get_base_queryset().select_related("campaign", "nominee", "handler")


class ObjectionViewSet(AgencyModelViewSet):
    model = Objection
    name = "objections"
    icon = ICON
    menu_label = gettext_lazy("异议办理")
    menu_order = MENU_ORDER["objections"]
    add_to_admin_menu = True
    index_view_class = ObjectionIndex
    filterset_class = ObjectionFilters
    list_display = [
        TitleColumn(
            "__str__",
            label=gettext_lazy("编号"),
            width="11%",
            get_url=lambda row: reverse("objection_desk", args=[row.pk]),
        ),
        Column("get_about_display", label=gettext_lazy("事项")),
        Column("nominee", label=gettext_lazy("候选对象")),
        Column("campaign", label=gettext_lazy("活动")),
        StatusTagColumn(
            "get_state_display",
            label=gettext_lazy("状态"),
            primary=lambda row: row.is_open,
        ),
        Column("handler", label=gettext_lazy("承办人")),
        Column(
            "due_on",
            label=gettext_lazy("办理期限"),
            accessor=lambda row: date_format(row.due_on, "MONTH_DAY_FORMAT"),
        ),
        DateColumn("filed_at", label=gettext_lazy("提交时间")),
    ]

    def get_form_class(self, for_update=False):
        return None


@require_safe
def desk(request, objection_id):
    """Show one objection with its proofs, its steps, and what this person may do now."""
    return _page(request, _objection(request, objection_id))


@require_POST
def accept(request, objection_id):
    """Take it up."""
    return _act(request, objection_id, objection_cases.accept, _("已受理，由您承办。"))


@require_POST
def decline(request, objection_id):
    """Not take it up."""
    said = {"reason": request.POST.get("reason", "")}
    return _act(request, objection_id, objection_cases.decline, _("已答复不予受理。"), **said)


@require_POST
def assign(request, objection_id):
    """Give it to somebody."""
    chosen = request.POST.get("handler", "")
    said = {"handler_id": int(chosen) if chosen.isdecimal() and len(chosen) < 19 else 0}
    return _act(request, objection_id, objection_cases.assign, _("已指定承办人。"), **said)


@require_POST
def note(request, objection_id):
    """Write down what was found."""
    said = {
        "text": request.POST.get("text", ""),
        "is_internal": request.POST.get("is_internal") == "1",
    }
    return _act(request, objection_id, objection_cases.note, _("已记录。"), **said)


@require_POST
def propose(request, objection_id):
    """Say how it should be decided."""
    said = {
        "is_well_founded": request.POST.get("outcome") == "upheld",
        "remedy": request.POST.get("remedy", ""),
        "answer": request.POST.get("answer", ""),
    }
    return _act(
        request, objection_id, objection_cases.propose, _("已提出，等待另一人复核。"), **said
    )


@require_POST
def send_back(request, objection_id):
    """Let it be looked into again."""
    said = {"reason": request.POST.get("reason", "")}
    return _act(request, objection_id, objection_cases.send_back, _("已退回重办。"), **said)


@require_POST
def decide(request, objection_id):
    """Decide as proposed."""
    return _act(request, objection_id, objection_cases.decide, _("已办结，并已答复异议人。"))


@require_POST
def remedied(request, objection_id):
    """Note that it has been put right."""
    said = {"text": request.POST.get("text", "")}
    return _act(request, objection_id, objection_cases.mark_remedied, _("已登记更正完成。"), **said)


@require_POST
def contact(request, objection_id):
    """Show name and telephone once, for a stated purpose; the look is on the trail."""
    objection = _objection(request, objection_id)
    found = None
    with pages.explaining(lambda refusal: messages.error(request, refusal.summary)):
        found = objection_cases.open_contact(
            objection_id=objection.pk,
            purpose=request.POST.get("purpose", ""),
            actor=request.user.actor,
            now=timezone.now(),
        )
    response = _page(request, objection, contact=found)
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
def file(request, objection_file_id):
    """Send a proof to whoever may see the objection; documents as downloads, never as a page."""
    found = ObjectionFile.objects.select_related("objection").filter(pk=objection_file_id).first()
    if found is None:
        raise ObjectionNotFound
    _objection(request, found.objection_id)
    if not found.file:
        raise FileDestroyed
    ending = str(found.file.name).rsplit(".", 1)[-1]
    response = FileResponse(
        found.file.open("rb"),
        content_type=FILE_TYPES.get(ending, "application/octet-stream"),
        as_attachment=ending not in FILE_TYPES,
        filename=f"objection-{found.objection_id}-{found.pk}.{ending}",
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def _act(request, objection_id, verb, said, **said_by_form):
    objection = _objection(request, objection_id)
    act = {"objection_id": objection.pk, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: verb(**act, **said_by_form), said=said)
    return redirect("objection_desk", objection.pk)


def _objection(request, objection_id):
    actor = request.user.actor
    rows = Objection.objects.visible_to(actor).select_related(
        "campaign__agency", "nominee", "handler", "proposed_by", "decided_by"
    )
    objection = rows.filter(pk=objection_id).first()
    if objection is None:
        raise ObjectionNotFound
    actor.check("objections.view", objection.campaign.agency_id)
    return objection


def _page(request, objection, contact=None):
    actor, agency = request.user.actor, objection.campaign.agency_id
    can = {name: actor.can(f"objections.{name}", agency) for name in ("work", "decide", "contact")}
    is_upheld = objection.state == Objection.State.UPHELD
    return pages.show(
        request,
        "objection_desk.html",
        title=str(objection),
        icon=ICON,
        trail=[(_("异议办理"), reverse("objections:index"))],
        objection=objection,
        campaign=objection.campaign,
        badge=BADGES.get(objection.state, "done"),
        files=objection.files.order_by("id"),
        steps=all_steps(objection),
        can=can,
        concern=objection_cases.concern_of(objection, request.user.pk),
        may_call=objection.is_open
        and bool(objection.contact)
        and can["contact"]
        and objection.handler_id == request.user.pk,
        is_proposer=objection.proposed_by_id == request.user.pk,
        is_late=objection.is_open and localtime(timezone.now()).date() > objection.due_on,
        handlers=_handlers(objection) if can["decide"] else [],
        remedies=_remedies(objection),
        waits_for_remedy=is_upheld and objection.remedy and objection.remedied_at is None,
        contact=contact,
    )


def _handlers(objection):
    """Return who may be given this objection: (id, name) of those not concerned in it."""
    agency = objection.campaign.agency_id
    people = User.objects.filter(is_active=True, posts__agency_id=agency).distinct()
    concerned = objection_cases.concerns_of(objection)
    return [
        (person.pk, str(person))
        for person in people
        if person.actor.can("objections.work", agency) and person.pk not in concerned
    ]


def _remedies(objection):
    """Return the corrections that make sense for what is objected to."""
    kinds = Objection.Remedy
    left_out = set() if objection.nominee_id else {kinds.NOMINEE}
    return [(value, words) for value, words in kinds.choices if value not in left_out]


viewsets = [ObjectionViewSet()]
urls = [
    path("objections/files/<int:objection_file_id>/", file, name="objection_file"),
    path("objections/<int:objection_id>/desk/", desk, name="objection_desk"),
    path("objections/<int:objection_id>/accept/", accept, name="objection_accept"),
    path("objections/<int:objection_id>/decline/", decline, name="objection_decline"),
    path("objections/<int:objection_id>/assign/", assign, name="objection_assign"),
    path("objections/<int:objection_id>/note/", note, name="objection_note"),
    path("objections/<int:objection_id>/propose/", propose, name="objection_propose"),
    path("objections/<int:objection_id>/return/", send_back, name="objection_return"),
    path("objections/<int:objection_id>/decide/", decide, name="objection_decide"),
    path("objections/<int:objection_id>/remedied/", remedied, name="objection_remedied"),
    path("objections/<int:objection_id>/contact/", contact, name="objection_contact"),
]
policies = [
    AgencyPolicy(Objection, grants={"view": "objections.view"}, agency_path="campaign__agency_id"),
]
