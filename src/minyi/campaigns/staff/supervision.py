# SPDX-License-Identifier: Apache-2.0
"""The supervisor's room 监督室: log, witnesses, vault, sample, complaints, signature of a vote."""

from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.campaigns.models import VoteComplaint, VoterSample
from minyi.campaigns.queries import supervision as queries
from minyi.campaigns.reasons import reason_words
from minyi.campaigns.services import complaints, supervision
from minyi.core.errors import DomainError
from minyi.core.staff import AgencyPolicy, Room
from minyi.ledger.queries.witnesses import read_witnesses

from . import pages

ICON = "view"
SEE = supervision.SEE
DEFAULT_SAMPLE = 50
STATE_BADGE = {
    "received": (gettext_lazy("待受理"), "stop"),
    "looking": (gettext_lazy("核查中"), "soon"),
    "answered": (gettext_lazy("已答复"), "done"),
}


@require_safe
def index(request):
    """List the votes of the supervisor's agencies with what waits in each."""
    campaigns = pages.own_campaigns(request, SEE).filter(launched_at__isnull=False)
    found = list(campaigns.select_related("agency", "result")[:100])
    waiting = queries.count_open_complaints([campaign.pk for campaign in found])
    rows = [
        {
            "campaign": campaign,
            "complaints": waiting.get(campaign.pk, 0),
            "state": _result_state(getattr(campaign, "result", None)),
        }
        for campaign in found
    ]
    return pages.show(request, "supervision_index.html", title=_("监督室"), icon=ICON, rows=rows)


@require_safe
def room(request, campaign_id):
    """Show one vote as its supervisor sees it."""
    campaign = pages.campaign_for(request, campaign_id, SEE)
    now = timezone.now()
    found = queries.read_room(campaign=campaign, now=now)
    tasks = (*found.checks, *found.samples)
    is_working = any(task.state in ("waiting", "running") for task in tasks)
    return pages.show(
        request,
        "supervision_room.html",
        title=_("监督室"),
        icon=ICON,
        trail=[(_("监督室"), reverse("supervision:index")), (campaign.title, "")],
        campaign=campaign,
        paper=getattr(campaign, "round", None),
        room=found,
        witnessing=read_witnesses(found.log.folder) if found.log else None,
        voids=_voids(found),
        is_working=is_working,
        may_read=_may_read(request.user.actor, campaign),
        complaints=_complaint_rows(request.user.actor, campaign),
        result=getattr(campaign, "result", None),
        state=_result_state(getattr(campaign, "result", None)),
        sample_size=DEFAULT_SAMPLE,
        least=supervision.LEAST_SAMPLE,
        most=supervision.MOST_SAMPLE,
        now=now,
    )


@require_POST
def check(request, campaign_id):
    """Ask for an audit of the log."""
    return _ask(request, campaign_id, supervision.ask_log_check, _("已开始核验，进度见下方。"))


@require_POST
def sample(request, campaign_id):
    """Draw a sample."""
    many = request.POST.get("many", "")
    many = int(many) if many.isascii() and many.isdecimal() and len(many) < 6 else 0
    said = _("抽查已写入公开账本，由账本此后的签名记录决定抽取哪些选票。")
    return _ask(request, campaign_id, supervision.ask_sample, said, many=many)


@require_safe
def drawn(request, campaign_id, sample_id):
    """List the ballots a sample drew, so that anybody can compare."""
    campaign = pages.campaign_for(request, campaign_id, SEE)
    drawn = VoterSample.objects.filter(campaign=campaign, pk=sample_id).exclude(note="")
    found = drawn.first()
    if found is None:
        raise Http404
    indices = supervision.draw_again(folder=campaign.round.log, note=found.note, many=found.many)
    return pages.show(
        request,
        "supervision_sample.html",
        title=_("抽查明细"),
        icon=ICON,
        trail=[
            (_("监督室"), reverse("supervision:index")),
            (campaign.title, reverse("supervision_room", args=[campaign.pk])),
        ],
        campaign=campaign,
        sample=found,
        indices=indices,
    )


@require_safe
def complaint(request, complaint_id):
    """Show a complaint to a supervisor; that they read it is on record."""
    found = complaints.read_complaint(
        complaint_id=complaint_id, actor=request.user.actor, now=timezone.now()
    )
    return _show_complaint(request, found)


@require_POST
def take(request, complaint_id):
    """Begin to look into a complaint."""
    act = {"complaint_id": complaint_id, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: complaints.take_complaint(**act), said=_("已受理。"))
    return redirect("supervision_complaint", complaint_id)


@require_POST
def answer(request, complaint_id):
    """Answer a complaint; what was written stays in the form where it cannot be taken."""
    said = {"outcome": request.POST.get("outcome", ""), "answer": request.POST.get("answer", "")}
    act = {"complaint_id": complaint_id, "actor": request.user.actor, "now": timezone.now()}
    done = pages.succeeded(
        request,
        lambda: complaints.answer_complaint(**act, **said),
        said=_("已答复，投诉人可以看到。"),
    )
    if done:
        return redirect("supervision_complaint", complaint_id)
    return _show_complaint(request, complaints.read_complaint(**act), **said)


def _show_complaint(request, found, outcome="", answer=""):
    campaign = found.campaign
    return pages.show(
        request,
        "supervision_complaint.html",
        title=_("对投票的投诉"),
        icon=ICON,
        trail=[
            (_("监督室"), reverse("supervision:index")),
            (campaign.title, reverse("supervision_room", args=[campaign.pk])),
        ],
        campaign=campaign,
        complaint=found,
        contact=complaints.contact_of(found),
        badge=STATE_BADGE[found.state],
        outcomes=VoteComplaint.Outcome.choices,
        outcome=outcome,
        answer=answer,
        least=complaints.LEAST_TEXT,
        most=complaints.MOST_TEXT,
    )


def _ask(request, campaign_id, verb, said, **more):
    campaign = pages.campaign_for(request, campaign_id, SEE)
    act = {"campaign_id": campaign.pk, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: verb(**act, **more), said=said)
    return redirect("supervision_room", campaign.pk)


def _may_read(actor, campaign):
    try:
        complaints.check_may_read(actor, campaign)
    except DomainError:
        return False
    return True


def _complaint_rows(actor, campaign):
    if not _may_read(actor, campaign):
        return []
    rows = VoteComplaint.objects.visible_to(actor).filter(campaign=campaign)
    return [{"row": row, "badge": STATE_BADGE[row.state]} for row in rows[:50]]


def _voids(found):
    """Return (rule in words, ballots) of what was struck out."""
    tally = found.log.tally if found.log else None
    rules = tally.void_by_rule.items() if tally else []
    return [(reason_words(rule), ballots) for rule, ballots in rules]


def _result_state(found):
    """Return (words, kind of badge)."""
    if found is None:
        return _("未汇总"), "done"
    if found.published_at:
        return _("已公布"), "open"
    return (_("已签字"), "open") if found.signed_at else (_("待监督签字"), "soon")


class SupervisionRoom(Room):
    """The menu's way in, for supervisors."""

    name = "supervision"
    icon = ICON
    menu_label = gettext_lazy("监督室")
    permissions = (SEE,)

    def get_urlpatterns(self):
        return [path("", index, name="index")]


viewsets = [SupervisionRoom()]
urls = [
    path("supervision/<int:campaign_id>/", room, name="supervision_room"),
    path("supervision/<int:campaign_id>/check/", check, name="supervision_check"),
    path("supervision/<int:campaign_id>/sample/", sample, name="supervision_sample"),
    path("supervision/<int:campaign_id>/sample/<int:sample_id>/", drawn, name="supervision_drawn"),
    path("supervision/complaints/<int:complaint_id>/", complaint, name="supervision_complaint"),
    path("supervision/complaints/<int:complaint_id>/take/", take, name="complaint_take"),
    path("supervision/complaints/<int:complaint_id>/answer/", answer, name="complaint_answer"),
]
policies = [
    AgencyPolicy(
        VoteComplaint, grants={"view": complaints.ANSWER}, agency_path="campaign__agency_id"
    ),
]
