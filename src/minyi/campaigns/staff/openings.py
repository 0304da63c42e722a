# SPDX-License-Identifier: Apache-2.0
"""Looking into the identity vault 身份查阅: asked for by one, allowed by another, both look."""

from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minyi.campaigns.models import Campaign, Round
from minyi.campaigns.queries.supervision import find_tags
from minyi.core.staff import Room
from minyi.ledger.errors import OpeningNotFound
from minyi.ledger.queries.vaults import destroyed_of, find_opening, list_openings, read_vault
from minyi.ledger.services import openings
from minyi.ledger.services.openings import NamedBallot

from . import pages

ICON = "lock"
SEE = (openings.ASK, openings.ALLOW)
DEFAULT_HOURS = 24
BADGE = {"waiting": "soon", "allowed": "open", "refused": "stop"}


@require_safe
def index(request):
    """List the looks of the person's agencies, and the votes whose vault is still there."""
    campaigns = pages.own_campaigns(request, *SEE).filter(launched_at__isnull=False)
    titles = dict(campaigns.values_list("pk", "title"))
    rows = [
        {"line": line, "title": titles[line.campaign_id], "badge": BADGE[line.state]}
        for line in list_openings(request.user.actor)
        if line.campaign_id in titles
    ]
    ended = destroyed_of(list(titles))
    return pages.show(
        request,
        "opening_index.html",
        title=_("身份查阅"),
        icon=ICON,
        rows=rows,
        campaigns=[one for one in campaigns[:100] if one.pk not in ended],
        now=timezone.now(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request, campaign_id):
    """Ask for a look into the vault of one vote."""
    campaign = pages.campaign_for(request, campaign_id, openings.ASK)
    said = {name: request.POST.get(name, "") for name in ("ballots", "purpose", "hours")}
    if request.method == "POST":
        made = []
        pages.succeeded(
            request,
            lambda: made.append(_ask(request, campaign, said)),
            said=_("已提出申请，须由另一位监督人员批准。"),
        )
        if made:
            return redirect("opening", made[0].pk)
    return pages.show(
        request,
        "opening_ask.html",
        title=_("申请查阅身份"),
        icon=ICON,
        trail=[(_("身份查阅"), reverse("vault:index")), (campaign.title, "")],
        campaign=campaign,
        vault=read_vault(campaign.pk),
        said=said | {"hours": said["hours"] or DEFAULT_HOURS},
        most_ballots=openings.MOST_BALLOTS,
        most_hours=openings.MOST_HOURS,
        least_purpose=openings.LEAST_PURPOSE,
    )


@require_safe
def opening(request, opening_id):
    """Show one look: what was asked and decided, never what it shows."""
    return _show(request, _line_for(request, opening_id))


@require_POST
def allow(request, opening_id):
    """Allow it."""
    return _decide(request, opening_id, is_allowed=True)


@require_POST
def refuse(request, opening_id):
    """Do not allow it."""
    return _decide(request, opening_id, is_allowed=False)


@require_POST
@never_cache
def look(request, opening_id):
    """Look. By POST: each look is an act, and no page is left to go back to."""
    line = _line_for(request, opening_id)
    found = []
    pages.succeeded(
        request,
        lambda: found.extend(
            openings.look(opening_id=opening_id, actor=request.user.actor, now=timezone.now())
        ),
        said=_("本次查阅已留痕。"),
    )
    response = _show(request, line, people=found)
    response["Cache-Control"] = "no-store, private"
    return response


def _ask(request, campaign, said):
    now = timezone.now()
    names = list(dict.fromkeys(said["ballots"].replace("，", " ").replace(",", " ").split()))
    tags = find_tags(campaign_id=campaign.pk, names=names[: openings.MOST_BALLOTS + 1], now=now)
    hours = said["hours"]
    return openings.ask(
        campaign_id=campaign.pk,
        agency_id=campaign.agency_id,
        ballots=[NamedBallot(name, tag) for name, tag in tags.items()],
        purpose=said["purpose"],
        hours=int(hours) if hours.isascii() and hours.isdecimal() and len(hours) < 5 else 0,
        actor=request.user.actor,
        now=now,
    )


def _decide(request, opening_id, *, is_allowed):
    line = _line_for(request, opening_id)
    act = {
        "opening_id": opening_id,
        "note": request.POST.get("note", ""),
        "actor": request.user.actor,
        "now": timezone.now(),
    }
    if is_allowed:
        folder = Round.objects.get(campaign_id=line.campaign_id).log
        verb, said = (lambda: openings.allow(**act, folder=folder)), _("已批准，并写入公开账本。")
    else:
        verb, said = (lambda: openings.refuse(**act)), _("已驳回。")
    pages.succeeded(request, verb, said=said)
    return redirect("opening", opening_id)


def _line_for(request, opening_id):
    line = find_opening(opening_id, request.user.actor)
    if line is None:
        raise OpeningNotFound
    pages.campaign_for(request, line.campaign_id, *SEE)
    return line


def _show(request, line, people=None):
    campaign = Campaign.objects.get(pk=line.campaign_id)
    actor, now = request.user.actor, timezone.now()
    is_one_of_two = actor.id in {str(line.asked_by_id), str(line.decided_by_id)}
    return pages.show(
        request,
        "opening.html",
        title=_("身份查阅"),
        icon=ICON,
        trail=[(_("身份查阅"), reverse("vault:index")), (campaign.title, "")],
        campaign=campaign,
        line=line,
        badge=BADGE[line.state],
        vault=read_vault(campaign.pk),
        may_decide=line.state == "waiting"
        and actor.can(openings.ALLOW, campaign.agency_id)
        and actor.id != str(line.asked_by_id),
        is_own=actor.id == str(line.asked_by_id),
        may_look=is_one_of_two and line.is_open(now),
        is_over=line.state == "allowed" and not line.is_open(now),
        people=people,
    )


class VaultRoom(Room):
    """The menu's way in."""

    name = "vault"
    icon = ICON
    menu_label = gettext_lazy("身份查阅")
    permissions = SEE

    def get_urlpatterns(self):
        return [path("", index, name="index")]


viewsets = [VaultRoom()]
urls = [
    path("vault/<int:campaign_id>/ask/", ask, name="opening_ask"),
    path("vault/openings/<int:opening_id>/", opening, name="opening"),
    path("vault/openings/<int:opening_id>/allow/", allow, name="opening_allow"),
    path("vault/openings/<int:opening_id>/refuse/", refuse, name="opening_refuse"),
    path("vault/openings/<int:opening_id>/look/", look, name="opening_look"),
]
policies: list = []
