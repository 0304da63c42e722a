# SPDX-License-Identifier: Apache-2.0
"""One cluster in pictures, each with its table; opinions of it, each given blind to the others'."""

from django.core.paginator import Paginator
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.viewsets.base import ViewSet

from minyi.campaigns.errors import RulingNotFound
from minyi.campaigns.models import Cluster, ClusterRuling, Opinion, Ruling
from minyi.campaigns.queries.burst_words import who_in_words
from minyi.campaigns.queries.cluster_pictures import draw_pictures, received_meanwhile
from minyi.campaigns.queries.clusters import get_cluster
from minyi.campaigns.queries.counts import CountsHidden, published_counts
from minyi.campaigns.queries.members import list_members
from minyi.campaigns.reasons import reason_words
from minyi.campaigns.services import adjudication, opinions
from minyi.core.staff import AgencyPolicy
from minyi.integrity.signals import SIGNALS

from . import pages
from .ballots import ICON
from .cluster_desk import BADGES, Desk, by, cluster_for, room_of

MEMBERS_PER_PAGE = 50


@require_safe
def cluster(request, cluster_id):
    """Show one cluster in pictures, each with its table."""
    row = cluster_for(request, cluster_id)
    campaign, paper, counts = room_of(request, row.round.campaign_id)
    shows = counts is not None
    line = get_cluster(cluster=row, shows_counts=shows)
    desk = Desk(request, campaign)
    said = row.opinions.select_related("reviewer").order_by("id")
    mine = next(
        (one for one in said if one.reviewer_id == desk.user_id and not one.withdrawn_at), None
    )
    members, page = _members(request, row, paper) if shows else ([], None)
    return pages.show(
        request,
        "cluster.html",
        title=str(row),
        icon=ICON,
        trail=[
            (_("选票认定"), reverse("ballots:index")),
            (campaign.title, reverse("cluster_list", args=[campaign.pk])),
        ],
        campaign=campaign,
        line=line,
        badge=BADGES[line.state],
        evidence=row.evidence,
        rules=[_rule(code) for code in row.rules.split("|")],
        pictures=draw_pictures(row.picture, shows_counts=shows),
        who=who_in_words(row.picture),
        received=received_meanwhile(row.picture, row.first_ms, row.last_ms),
        precision=row.picture.get("precision"),
        shows_counts=shows,
        timeline_columns=[_("实收"), _("预期")],
        race=_race(line, campaign) if shows else None,
        members=members,
        page=page,
        desk=desk,
        mine=mine,
        opinions=said if desk.may_read_opinions(line) else [],
        may_speak=desk.may_speak(line),
        may_unsay=mine is not None and not opinions.is_closed(row),
        opinion_choices=Opinion.choices,
        kinds=desk.kinds(line),
        others=_others(row),
        now=timezone.now(),
    )


@require_POST
def speak(request, cluster_id):
    """Give one's opinion of a cluster."""
    said = {"opinion": request.POST.get("opinion", ""), "note": request.POST.get("note", "")}
    act = {"cluster_id": cluster_for(request, cluster_id).pk, **by(request)}
    pages.succeeded(request, lambda: opinions.give_opinion(**act, **said), said=_("意见已记录。"))
    return redirect("cluster", cluster_id)


@require_POST
def unsay(request, cluster_id):
    """Take one's opinion back."""
    act = {"cluster_id": cluster_for(request, cluster_id).pk, **by(request)}
    pages.succeeded(
        request,
        lambda: opinions.withdraw_opinion(**act),
        said=_("意见已撤回，原意见仍留在记录中。"),
    )
    return redirect("cluster", cluster_id)


@require_POST
def withdraw_one(request, ruling_id):
    """Take one proposal back; what else was proposed with it goes on waiting."""
    found = ClusterRuling.objects.filter(
        ruling__in=Ruling.objects.visible_to(request.user.actor), ruling_id=ruling_id
    ).first()
    if found is None:
        raise RulingNotFound
    act = {"ruling_id": ruling_id, **by(request)}
    pages.succeeded(
        request, lambda: adjudication.withdraw(**act), said=_("已撤回这一群的认定意见。")
    )
    return redirect("cluster", found.cluster_id)


def _rule(code):
    """Return a rule in words, with whom it may hurt."""
    name = reason_words(code)
    if code == "burst":  # seen by the watch, no signal of the engine
        return {
            "name": name,
            "finding": _("同一候选对象的选票在短时间内远多于平时"),
            "may_hurt": _("现场扫码、群聊传播、公众号推送带来的人。突增本身不作为列入核查的依据。"),
        }
    signal = SIGNALS.get(code)
    return {
        "name": name,
        "finding": _(signal.finding) if signal and signal.finding else "",
        "may_hurt": _(signal.may_hurt) if signal else "",
    }


def _race(line, campaign):
    """Return how the candidate stands with and without these ballots, others left as they are.

    (words, votes, rank) three times: as it is, without any of them, with all of them.
    """
    counts = published_counts(campaign_id=campaign.pk, now=timezone.now())
    if isinstance(counts, CountsHidden):
        return []
    now = counts.votes.get(line.candidate, 0)
    others = [many for number, many in counts.votes.items() if number != line.candidate]
    rows = [
        (_("目前（核查中和无效的不计）"), now),
        (_("这群选票都不计"), now - line.counted),
        (_("这群选票都计"), now + line.held + line.void),
    ]
    return [(words, own, 1 + sum(many > own for many in others)) for words, own in rows]


def _others(row):
    """Return the rulings that touch ballots of the cluster without being on the cluster itself."""
    rulings = Ruling.objects.filter(round=row.round_id, of_cluster=None).exclude(pk=row.hold_id)
    places = set(adjudication.places_of(row.ballots))
    return [
        one
        for one in rulings.select_related("proposed_by", "decided_by")
        if one.state in (Ruling.State.PROPOSED, Ruling.State.IN_FORCE)
        and not places.isdisjoint(adjudication.places_of(one.ballots))
    ]


def _members(request, row, paper):
    places = adjudication.places_of(row.ballots)
    page = Paginator(places, MEMBERS_PER_PAGE).get_page(request.GET.get("p"))
    return list_members(paper=paper, places=list(page)), page


viewsets: list[ViewSet] = []
urls = [
    path("ballots/clusters/<int:cluster_id>/", cluster, name="cluster"),
    path("ballots/clusters/<int:cluster_id>/opinion/", speak, name="cluster_speak"),
    path("ballots/clusters/<int:cluster_id>/opinion/withdraw/", unsay, name="cluster_unsay"),
    path("ballots/rulings/<int:ruling_id>/withdraw/", withdraw_one, name="cluster_withdraw"),
]
policies = [
    AgencyPolicy(
        Cluster, grants={"view": "ballots.view"}, agency_path="round__campaign__agency_id"
    ),
]
