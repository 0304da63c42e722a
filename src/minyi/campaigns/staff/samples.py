# SPDX-License-Identifier: Apache-2.0
"""Blind samples: one ballot at a time, without what the engine thinks of it."""

from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin.viewsets.base import ViewSet

from minyi.campaigns.errors import SampleNotFound
from minyi.campaigns.models import BlindSample, Opinion
from minyi.campaigns.queries.blindsamples import false_positive_estimate, samples_for
from minyi.campaigns.queries.members import facts_of
from minyi.campaigns.queries.reviewers import agreement
from minyi.campaigns.services import opinions
from minyi.core.staff import AgencyPolicy

from . import pages
from .ballots import ICON
from .cluster_desk import Desk, by, room_of

KEYS = {Opinion.GENUINE: "1", Opinion.BRUSHED: "2", Opinion.UNSURE: "3"}


@require_safe
def index(request, campaign_id):
    """Show the next ballot this person may judge, and what the samples say so far."""
    campaign, paper, counts = room_of(request, campaign_id)
    desk = Desk(request, campaign)
    left = samples_for(campaign.pk, request.user.pk) if desk.may_rule else []
    sample = left[0] if left else None
    return pages.show(
        request,
        "blind_samples.html",
        title=_("盲审"),
        icon=ICON,
        trail=[(_("选票认定"), reverse("ballots:index")), (campaign.title, "")],
        campaign=campaign,
        room="samples",
        desk=desk,
        sample=sample,
        left=len(left),
        facts=facts_of(paper=paper, place=sample.place, shows_counts=counts is not None)
        if sample
        else None,
        verdicts=[(key, value.value, value.label) for value, key in KEYS.items()],
        estimate=false_positive_estimate(campaign.pk),
        agreement=agreement(campaign.pk),
    )


@require_POST
def judge(request, blind_sample_id):
    """Give one's verdict and go on to the next."""
    rows = BlindSample.objects.visible_to(request.user.actor).select_related("round")
    sample = rows.filter(pk=blind_sample_id).first()
    if sample is None:
        raise SampleNotFound
    act = {"sample_id": sample.pk, "opinion": request.POST.get("opinion", ""), **by(request)}
    pages.succeeded(request, lambda: opinions.judge_sample(**act), said=_("已记录，请看下一张。"))
    return redirect("blind_samples", sample.round.campaign_id)


viewsets: list[ViewSet] = []
urls = [
    path("ballots/<int:campaign_id>/samples/", index, name="blind_samples"),
    path("ballots/samples/<int:blind_sample_id>/judge/", judge, name="blind_judge"),
]
policies = [
    AgencyPolicy(
        BlindSample, grants={"view": "ballots.view"}, agency_path="round__campaign__agency_id"
    ),
]
