# SPDX-License-Identifier: Apache-2.0
"""The jury: organisers seat it and watch its progress; each juror sees only their own points."""

from dataclasses import dataclass

from django.apps import apps
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.campaigns.errors import JurorNotFound
from minyi.campaigns.models import Juror, JuryScore, Nominee
from minyi.campaigns.queries.results import jury_progress
from minyi.campaigns.services import jury
from minyi.campaigns.services.stages import has_voting_opened
from minyi.core.staff import AgencyPolicy, Room

from . import pages
from .review_forms import ReasonForm, SeatForm

ICON = "pick"
CHANGE = ("campaigns.jury", "jury.change_late")  # before and after voting has opened
SEE = ("campaigns.jury", "results.sign", "results.compute")


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One line of a juror's grid: the nominee, and per criterion (criterion, points or None)."""

    nominee: Nominee
    cells: list
    is_done: bool


@require_safe
def index(request):
    """Show the person's own tasks, and to organisers every jury of their agency."""
    chosen = request.GET.get("campaign", "")
    now = timezone.now()
    overseen = pages.own_campaigns(request, *SEE)
    if chosen.isdecimal() and overseen.filter(pk=chosen).exists():
        return redirect("jury_campaign", int(chosen))
    seats = Juror.objects.filter(user_id=request.user.pk).select_related("campaign__agency")
    tasks = []
    for seat in seats.order_by("-campaign_id"):
        mine = next(p for p in jury_progress(seat.campaign) if p.juror_id == seat.pk)
        is_open = jury.is_scoring_open(seat.campaign, now)
        tasks.append({"campaign": seat.campaign, "progress": mine, "is_open": is_open})
    return pages.show(
        request,
        "jury_index.html",
        title=_("专家评审"),
        icon=ICON,
        tasks=tasks,
        campaigns=overseen.filter(jury_weight__gt=0),
    )


@require_safe
def campaign_jury(request, campaign_id):
    """Show who sits on a jury and how far they are; points stay with the jurors."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    return _jury_page(request, campaign, _seat_form(campaign))


@require_POST
def seat(request, campaign_id):
    """Put somebody on the jury."""
    campaign = pages.campaign_for(request, campaign_id, *CHANGE)
    form = _seat_form(campaign, request.POST)
    if not form.is_valid():
        return _jury_page(request, campaign, form, status=422)
    pages.succeeded(
        request,
        lambda: jury.seat_juror(
            campaign_id=campaign.pk,
            user_id=form.cleaned_data["user_id"],
            seat=form.cleaned_data["seat"],
            reason=request.POST.get("reason", ""),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("已加入评审组。"),
    )
    return redirect("jury_campaign", campaign.pk)


@require_POST
def unseat(request, juror_id):
    """Take somebody off the jury."""
    juror = Juror.objects.visible_to(request.user.actor).filter(pk=juror_id).first()
    if juror is None:
        raise JurorNotFound
    campaign = pages.campaign_for(request, juror.campaign_id, *CHANGE)
    pages.succeeded(
        request,
        lambda: jury.unseat_juror(
            juror_id=juror_id,
            reason=request.POST.get("reason", ""),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("已移出评审组。"),
    )
    return redirect("jury_campaign", campaign.pk)


@require_safe
def scores(request, campaign_id):
    """Show a juror the grid of nominees and criteria with their own points."""
    juror = jury.get_seat(campaign_id=campaign_id, actor=request.user.actor)
    campaign = juror.campaign
    criteria = list(campaign.criteria.all())
    rows = _rows(juror, criteria)
    return pages.show(
        request,
        "jury_scores.html",
        title=_("评分"),
        icon=ICON,
        trail=[(_("专家评审"), reverse("jury:index"))],
        campaign=campaign,
        juror=juror,
        criteria=criteria,
        rows=rows,
        done=sum(row.is_done for row in rows),
        is_open=campaign.is_launched and jury.is_scoring_open(campaign, timezone.now()),
        closes_at=max(
            (s.closes_at for s in campaign.stages.all() if "score" in s.phase.features),
            default=None,
        ),
    )


@require_POST
def give(request, campaign_id, nominee_id):
    """Keep a juror's points for one nominee."""
    points = {}
    for name, text in request.POST.items():
        key = name.removeprefix("criterion_")
        is_criterion = key != name and key.isdecimal() and len(key) < 19
        if is_criterion and text.isdecimal() and len(text) < 4:
            points[int(key)] = int(text)
    done = pages.succeeded(
        request,
        lambda: jury.give_scores(
            campaign_id=campaign_id,
            nominee_id=nominee_id,
            points=points,
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("评分已保存。"),
    )
    mark = f"#nominee-{nominee_id}" if not done else ""
    return redirect(f"{reverse('jury_scores', args=[campaign_id])}{mark}")


def _jury_page(request, campaign, form, status=200):
    actor = request.user.actor
    is_late = has_voting_opened(campaign, timezone.now())
    return pages.show(
        request,
        "jury_campaign.html",
        title=_("评审组"),
        icon=ICON,
        trail=[(_("专家评审"), reverse("jury:index"))],
        status=status,
        campaign=campaign,
        progress=jury_progress(campaign),
        form=form,
        late_form=ReasonForm() if is_late else None,
        can_seat=actor.can(CHANGE[is_late], campaign.agency_id),
        is_seated=Juror.objects.filter(campaign=campaign, user_id=request.user.pk).exists(),
    )


def _seat_form(campaign, posted=None):
    """Offer the people who hold a post in the office today, those seated left out."""
    posts = apps.get_model("agencies", "Post").objects.current(timezone.localdate())
    seated = set(campaign.jurors.values_list("user_id", flat=True))
    people: dict[int, str] = {}
    for post in posts.filter(agency_id=campaign.agency_id).select_related("user"):
        if post.user_id not in seated:
            people.setdefault(post.user_id, f"{post.user}（{post.get_role_display()}）")
    return SeatForm(posted, people=list(people.items()))


def _rows(juror, criteria):
    given = {
        (nominee_id, criterion_id): points
        for nominee_id, criterion_id, points in JuryScore.objects.filter(juror=juror).values_list(
            "nominee_id", "criterion_id", "points"
        )
    }
    candidates = juror.campaign.nominees.filter(status=Nominee.Status.CANDIDATE)
    rows = []
    for nominee in candidates.select_related("category").order_by("number"):
        cells = [(criterion, given.get((nominee.pk, criterion.pk))) for criterion in criteria]
        is_done = all(points is not None for _criterion, points in cells)
        rows.append(ScoreRow(nominee, cells, is_done))
    return rows


class JuryRoom(Room):
    """The menu's way in. A juror may come from another agency, so the seat is the fence here."""

    name = "jury"
    icon = ICON
    menu_label = gettext_lazy("专家评审")

    def get_urlpatterns(self):
        return [path("", index, name="index")]


viewsets = [JuryRoom()]
urls = [
    path("jury/<int:campaign_id>/", campaign_jury, name="jury_campaign"),
    path("jury/<int:campaign_id>/seat/", seat, name="jury_seat"),
    path("jury/seats/<int:juror_id>/unseat/", unseat, name="jury_unseat"),
    path("jury/<int:campaign_id>/scores/", scores, name="jury_scores"),
    path("jury/<int:campaign_id>/scores/<int:nominee_id>/", give, name="jury_give"),
]
policies = [
    AgencyPolicy(Juror, grants={"view": "campaigns.jury"}, agency_path="campaign__agency_id"),
]
