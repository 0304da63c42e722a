# SPDX-License-Identifier: Apache-2.0
"""The review desk: the clusters of a campaign, one decision for many of them, undo."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import QueryDict
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.viewsets.base import ViewSet

from minyi.campaigns.errors import NoClustersChosen, RulingNotFound
from minyi.campaigns.models import ClusterRuling, Ruling
from minyi.campaigns.queries.clusters import list_clusters
from minyi.campaigns.queries.reviewers import agreement, workloads
from minyi.campaigns.services import lots
from minyi.core.staff import AgencyPolicy
from minyi.core.words import listed, sentences

from . import pages
from .ballots import ICON, only_cluster
from .cluster_desk import BADGES, Desk, FilterForm, by, room_of

PER_PAGE = 50


@require_safe
def index(request, campaign_id):
    """List the clusters of a campaign, with what waits and who has done how much."""
    campaign, paper, counts = room_of(request, campaign_id)
    lines = list_clusters(paper=paper, shows_counts=counts is not None) if paper else []
    desk = Desk(request, campaign)
    form = FilterForm(request.GET, lines=lines)
    found = form.chosen(lines, desk)
    page = Paginator(found, PER_PAGE).get_page(request.GET.get("p"))
    kept = request.GET.copy()
    kept.pop("p", None)
    return pages.show(
        request,
        "cluster_list.html",
        title=_("选票群"),
        icon=ICON,
        trail=[(_("选票认定"), reverse("ballots:index")), (campaign.title, "")],
        campaign=campaign,
        room="clusters",
        shows_counts=counts is not None,
        form=form,
        query=kept.urlencode(),
        page=page,
        rows=[{"line": line, "badge": BADGES[line.state]} for line in page],
        has_any=bool(lines),
        figures=_figures(lines, desk),
        lots=_lots(lines, desk),
        desk=desk,
        kinds=[(kind.value, kind.label) for kind in Ruling.Kind],
        workloads=workloads(campaign.pk),
        agreement=agreement(campaign.pk),
        most=lots.MOST_AT_ONCE,
        now=timezone.now(),
    )


@require_POST
def decide(request, campaign_id):
    """Rule on the chosen clusters in one act, with one reason."""
    campaign, paper, counts = room_of(request, campaign_id)
    request.user.actor.check("ballots.rule", campaign.agency_id)
    back = request.POST.get("query", "")
    made = []

    def rule():
        if paper is None or request.POST.get("kind") not in Ruling.Kind.values:
            raise NoClustersChosen(most=lots.MOST_AT_ONCE)
        made.append(
            lots.rule_on_clusters(
                campaign_id=campaign.pk,
                cluster_ids=_chosen(request, campaign, paper, counts),
                kind=Ruling.Kind(request.POST["kind"]),
                reason=request.POST.get("reason", ""),
                **by(request),
            )
        )

    with pages.explaining(lambda refusal: messages.error(request, refusal.summary)):
        rule()
        messages.success(request, _told(made[0]))
    only = only_cluster(request)
    if only:
        return redirect("cluster", only)
    return redirect(f"{reverse('cluster_list', args=[campaign.pk])}?{back}")


@require_POST
def confirm(request, lot):
    """Put in force what waits of a lot."""
    return _decide_lot(
        request,
        lot,
        lots.confirm_lot,
        _("已确认 %(clusters)d 群、%(ballots)d 张选票，记入公开账本。"),
    )


@require_POST
def turn_down(request, lot):
    """Refuse what waits of a lot."""
    said = {"reason": request.POST.get("reason", "")}
    return _decide_lot(request, lot, lots.turn_down_lot, _("已退回 %(clusters)d 群。"), **said)


@require_POST
def withdraw(request, lot):
    """Take back what waits of one's own lot."""
    return _decide_lot(request, lot, lots.withdraw_lot, _("已撤回 %(clusters)d 群的认定意见。"))


def _decide_lot(request, lot, verb, said, **by_form):
    row = (
        ClusterRuling.objects.filter(
            lot=lot, ruling__in=Ruling.objects.visible_to(request.user.actor)
        )
        .select_related("cluster__round")
        .first()
    )
    if row is None:
        raise RulingNotFound
    with pages.explaining(lambda refusal: messages.error(request, refusal.summary)):
        done = verb(lot=lot, **by(request), **by_form)
        if done.clusters:
            messages.success(request, said % {"clusters": done.clusters, "ballots": done.ballots})
        if done.moved:
            numbers = listed(done.moved)
            messages.warning(
                request,
                _("第 %s 号选票群中有选票的状态已经变化，没有生效；请退回后按现状重新提出。")
                % numbers,
            )
    return redirect("cluster_list", row.cluster.round.campaign_id)


def _chosen(request, campaign, paper, counts):
    """Return the ids ticked, or all that the filter of the list finds."""
    if request.POST.get("all") != "1":
        return [
            int(pk) for pk in request.POST.getlist("cluster") if pk.isdecimal() and len(pk) < 19
        ]
    lines = list_clusters(paper=paper, shows_counts=counts is not None)
    form = FilterForm(QueryDict(request.POST.get("query", "")), lines=lines)
    return [line.id for line in form.chosen(lines, Desk(request, campaign))]


def _told(made):
    """Say what a decision on many clusters did."""
    said = [
        (
            _("已提出：%(clusters)d 群、%(ballots)d 张选票，须另一人确认后生效。")
            if made.is_proposed
            else _("已办理：%(clusters)d 群、%(ballots)d 张选票，记入公开账本。")
        )
        % {"clusters": made.clusters, "ballots": made.ballots}
    ]
    if made.left_out:
        said.append(_("%d 张选票的状态不适用或者已有认定待确认，未列入。") % made.left_out)
    if made.skipped:
        said.append(_("第 %s 号没有适用的选票，未列入。") % listed(made.skipped))
    return sentences(said)


def _figures(lines, desk):
    """Return the counts above the list."""
    today = localtime(timezone.now()).date()
    decided = {
        line.id
        for line in lines
        for act in line.acts
        if act.state == Ruling.State.IN_FORCE
        and localtime(act.decided_at or act.proposed_at).date() == today
    }
    figures = [
        (_("待处理"), sum(line.is_open for line in lines)),
        (_("待我提意见"), sum(desk.may_speak(line) and line.is_open for line in lines)),
        (_("待我确认"), sum(desk.is_for(line, "confirm") for line in lines)),
        (_("今日已认定"), len(decided)),
    ]
    return [{"label": label, "value": value, "unit": _("群")} for label, value in figures]


def _lots(lines, desk):
    """Return what waits for a second person, act by act."""
    found: dict[int, dict] = {}
    for line in lines:
        act = line.proposal
        if act is not None:
            lot = found.setdefault(act.lot, {"act": act, "lines": [], "ballots": 0})
            lot["lines"].append(line)
            lot["ballots"] += act.ballots
    for lot in found.values():
        lot["is_own"] = lot["act"].proposed_by_id == desk.user_id
    return [found[number] for number in sorted(found)]


viewsets: list[ViewSet] = []
urls = [
    path("ballots/<int:campaign_id>/clusters/", index, name="cluster_list"),
    path("ballots/<int:campaign_id>/clusters/decide/", decide, name="cluster_decide"),
    path("ballots/lots/<int:lot>/confirm/", confirm, name="lot_confirm"),
    path("ballots/lots/<int:lot>/turn-down/", turn_down, name="lot_turn_down"),
    path("ballots/lots/<int:lot>/withdraw/", withdraw, name="lot_withdraw"),
]
policies: list[AgencyPolicy] = []
