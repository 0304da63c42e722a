# SPDX-License-Identifier: Apache-2.0
"""Rulings on ballots and appeals: proposed by one person, confirmed by another."""

import re

from django.http import FileResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.campaigns.errors import (
    AppealNotFound,
    FileDestroyed,
    NoBallotsNamed,
    ReasonNeeded,
    RulingEvidenceHidden,
    RulingNotFound,
)
from minyi.campaigns.models import Appeal, EvidenceFile, Ruling
from minyi.campaigns.queries.adjudication import is_among, public_counts, struck_by
from minyi.campaigns.queries.counts import CountsHidden
from minyi.campaigns.queries.public import ORIGINAL, get_campaign
from minyi.campaigns.reasons import BY_HAND, reason_words
from minyi.campaigns.services import adjudication, appeals
from minyi.campaigns.services.uploads import clean_document, clean_picture
from minyi.core.staff import AgencyPolicy, Room

from . import pages

ICON = "tasks"
SHOWN = 100
VERBS = {
    "quarantine": adjudication.quarantine,
    "release": adjudication.release,
    "void": adjudication.propose_void,
    "restore": adjudication.propose_restore,
}
ONE = re.compile(r"(\d{1,12})(?:\s*[-–—]\s*(\d{1,12}))?")  # 12 or 12-30


@require_safe
def index(request):
    """List the campaigns that have a public log, with what waits in each."""
    campaigns = pages.own_campaigns(request, "ballots.view").filter(
        launched_at__isnull=False, cancelled_at__isnull=True, round__isnull=False
    )
    rows = [
        {
            "campaign": campaign,
            "clusters": campaign.round.clusters.count(),
            "proposals": campaign.round.rulings.filter(state=Ruling.State.PROPOSED).count(),
            "appeals": campaign.round.appeals.filter(decided_at=None).count(),
        }
        for campaign in campaigns.select_related("round").exclude(round__log="")
    ]
    return pages.show(request, "ballot_index.html", title=_("选票认定"), icon=ICON, rows=rows)


@require_safe
def desk(request, campaign_id):
    """Show rulings and appeals of a campaign; places in the log only once it is public."""
    return _desk(request, pages.campaign_for(request, campaign_id, "ballots.view"))


def _desk(request, campaign, said=None):
    """Show the desk; `said` is what was written into its form and could not be taken."""
    counts = find_counts(campaign, timezone.now())
    is_open = counts is not None
    actor, agency = request.user.actor, campaign.agency_id
    rulings = Ruling.objects.filter(round__campaign=campaign).select_related(
        "evidence", "proposed_by", "decided_by"
    )
    appeals_found = Appeal.objects.filter(round__campaign=campaign).select_related(
        "proposed_by", "decided_by"
    )
    paper = getattr(campaign, "round", None)
    struck = struck_by(round_id=paper.pk, user_id=request.user.pk) if paper else []
    return pages.show(
        request,
        "ballot_desk.html",
        title=_("选票认定"),
        icon=ICON,
        trail=[(_("选票认定"), reverse("ballots:index")), (campaign.title, "")],
        campaign=campaign,
        room="ballots",
        counts=counts,
        rulings=[_ruling(one, is_open, request.user.pk) for one in rulings[:SHOWN]],
        appeals=[_appeal(one, is_open, request.user.pk, struck) for one in appeals_found[:SHOWN]],
        kinds=Ruling.Kind.choices,
        rules=[(code, reason_words(code)) for code in BY_HAND],
        said=said,
        can={name: actor.can(f"ballots.{name}", agency) for name in ("rule", "confirm")},
    )


def find_counts(campaign, now):
    """Return what everybody may know of the ballots; None: nothing yet, for staff neither."""
    if not campaign.is_launched or not hasattr(campaign, "round"):
        return None
    public = get_campaign(slug=campaign.slug, language=ORIGINAL, now=now)
    counts = public_counts(campaign=public, now=now)
    return None if isinstance(counts, CountsHidden) else counts


@require_POST
def propose(request, campaign_id):
    """Rule on ballots named by their places, with an evidence file."""
    campaign = pages.campaign_for(request, campaign_id, "ballots.rule")
    verb = VERBS.get(request.POST.get("kind", ""))
    now = timezone.now()

    def rule():
        if verb is None or "evidence" not in request.FILES:
            raise NoBallotsNamed
        if request.POST.get("rule") not in BY_HAND:
            raise ReasonNeeded  # it stands in the public log for good: no words of one's own
        ranges = read_places(request.POST.get("places", ""))
        said = {} if verb is adjudication.release else {"reason": request.POST.get("reason", "")}
        verb(
            campaign_id=campaign.pk,
            ballots=ranges,
            rule=request.POST.get("rule", ""),
            evidence=_store(campaign, request.FILES["evidence"], now),
            actor=request.user.actor,
            now=now,
            **said,
        )

    words = _("已登记；认定无效、恢复有效和再次列入核查须另一人确认后生效。")
    if pages.succeeded(request, rule, said=words):
        return redirect("ballot_desk", campaign.pk)
    return _desk(request, campaign, said=request.POST)


@require_POST
def confirm(request, ruling_id):
    """Put a proposed ruling in force."""
    return _decide_ruling(request, ruling_id, adjudication.confirm, _("已确认并记入公开账本。"))


@require_POST
def turn_down(request, ruling_id):
    """Refuse a proposed ruling."""
    said = {"reason": request.POST.get("reason", "")}
    return _decide_ruling(request, ruling_id, adjudication.turn_down, _("已退回。"), **said)


@require_POST
def answer(request, appeal_id):
    """Say how an appeal should be decided."""
    said = {
        "is_well_founded": request.POST.get("outcome") == "upheld",
        "answer": request.POST.get("answer", ""),
    }
    return _decide_appeal(
        request, appeal_id, appeals.propose_answer, _("已提出，等待另一人复核。"), **said
    )


@require_POST
def send_back(request, appeal_id):
    """Let an appeal be looked into again."""
    return _decide_appeal(request, appeal_id, appeals.send_back, _("已退回重办。"))


@require_POST
def decide(request, appeal_id):
    """Decide an appeal as proposed."""
    return _decide_appeal(request, appeal_id, appeals.decide, _("已办结。"))


@require_safe
def evidence(request, evidence_id):
    """Send an evidence file as a download to whoever may see the rulings, once counts are shown."""
    actor = request.user.actor
    rows = EvidenceFile.objects.visible_to(actor).select_related("campaign")
    found = rows.filter(pk=evidence_id).first()
    if found is None:
        raise RulingNotFound
    actor.check("ballots.view", found.campaign.agency_id)
    if not found.file:
        raise FileDestroyed
    if find_counts(found.campaign, timezone.now()) is None:
        raise RulingEvidenceHidden
    response = FileResponse(found.file.open("rb"), as_attachment=True, filename=found.name)
    response["Content-Type"] = "application/octet-stream"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def read_places(text):
    """Return half-open ranges of what was written as «12-30, 45», or raise NoBallotsNamed."""
    ranges = []
    for part in re.split(r"[,，、\s]+", text.strip()):
        found = ONE.fullmatch(part)
        if not found:
            raise NoBallotsNamed
        first = int(found[1])
        ranges.append((first, int(found[2] or first) + 1))
    return sorted(ranges)


def _store(campaign, upload, now):
    is_document = upload.read(5) == b"%PDF-"
    clean = clean_document(upload) if is_document else clean_picture(upload)
    name = f"{campaign.slug}-evidence.{'pdf' if is_document else clean.name.rsplit('.', 1)[-1]}"
    return adjudication.store_evidence(
        campaign_id=campaign.pk, content=clean.read(), name=name, now=now
    )


def _decide_ruling(request, ruling_id, verb, said, **by_form):
    rows = Ruling.objects.visible_to(request.user.actor).select_related("round__campaign")
    ruling = rows.filter(pk=ruling_id).first()
    if ruling is None:
        raise RulingNotFound
    act = {"ruling_id": ruling.pk, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: verb(**act, **by_form), said=said)
    only = only_cluster(request)
    return redirect("cluster", only) if only else redirect("ballot_desk", ruling.round.campaign_id)


def only_cluster(request):
    """Return the cluster from whose page an act was sent; None: from elsewhere."""
    only = request.POST.get("only", "")
    return int(only) if only.isdecimal() and len(only) < 19 else None


def _decide_appeal(request, appeal_id, verb, said, **by_form):
    rows = Appeal.objects.visible_to(request.user.actor).select_related("round")
    appeal = rows.filter(pk=appeal_id).first()
    if appeal is None:
        raise AppealNotFound
    act = {"appeal_id": appeal.pk, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: verb(**act, **by_form), said=said)
    return redirect("ballot_desk", appeal.round.campaign_id)


def _ruling(row, is_open, user_id):
    shown = [f"{low}-{high - 1}" if high - low > 1 else str(low) for low, high in row.ballots]
    return {
        "row": row,
        "reason": reason_words(row.rule),
        "places": ", ".join(shown[:20]) + (" …" if len(shown) > 20 else "") if is_open else "",
        "waits": row.state == Ruling.State.PROPOSED,
        "is_own": row.proposed_by_id == user_id,
    }


def _appeal(row, is_open, user_id, struck):
    return {
        "row": row,
        "place": row.place if is_open else None,
        "is_own": row.proposed_by_id == user_id,
        "is_concerned": is_among(row.place, struck),
    }


class BallotRoom(Room):
    """The menu's way in."""

    name = "ballots"
    icon = ICON
    menu_label = gettext_lazy("选票认定")
    permissions = ("ballots.view",)

    def get_urlpatterns(self):
        return [path("", index, name="index")]


viewsets = [BallotRoom()]
urls = [
    path("ballots/<int:campaign_id>/", desk, name="ballot_desk"),
    path("ballots/<int:campaign_id>/rule/", propose, name="ballot_rule"),
    path("ballots/rulings/<int:ruling_id>/confirm/", confirm, name="ruling_confirm"),
    path("ballots/rulings/<int:ruling_id>/turn-down/", turn_down, name="ruling_turn_down"),
    path("ballots/appeals/<int:appeal_id>/answer/", answer, name="appeal_answer"),
    path("ballots/appeals/<int:appeal_id>/return/", send_back, name="appeal_return"),
    path("ballots/appeals/<int:appeal_id>/decide/", decide, name="appeal_decide"),
    path("ballots/evidence/<int:evidence_id>/", evidence, name="ballot_evidence"),
]
policies = [
    AgencyPolicy(Ruling, grants={"view": "ballots.view"}, agency_path="round__campaign__agency_id"),
]
