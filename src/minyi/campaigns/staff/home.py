# SPDX-License-Identifier: Apache-2.0
"""The first screen of the console: the running campaigns and what is due in each."""

from django.urls import reverse
from django.utils import timezone
from wagtail.admin.ui.components import Component

from minyi.campaigns.models import Campaign
from minyi.campaigns.queries.checklist import launch_checklist
from minyi.campaigns.queries.overview import campaign_overview

from . import campaign_words as words
from .duties import duties_of

SHOWN = 6  # more than an office runs at once; the list has them all


class DuePanel(Component):
    """Cards of the latest campaigns of the actor's own agencies."""

    name = "due"
    order = 100
    template_name = "campaigns/staff/home_due.html"

    class Media:
        css = {"all": ["campaigns/staff.css"]}

    def get_context_data(self, parent_context):
        actor = parent_context["request"].user.actor
        rows = Campaign.objects.visible_to(actor).filter(cancelled_at__isnull=True)
        now = timezone.now()
        return {
            "scoring": _scoring(actor, now),
            "duties": duties_of(actor),
            "cards": [_card(campaign, now) for campaign in rows[:SHOWN]],
            "all_url": reverse("staff_campaigns:index"),
            "new_url": reverse("staff_campaigns:add"),
            "may_create": actor.can_anywhere("campaigns.edit"),
        }


def _scoring(actor, now):
    """Return the campaigns in which this person sits on the jury and may score now."""
    seats = Campaign.objects.public().filter(jurors__user_id=actor.id).prefetch_related("stages")
    return [
        {"title": campaign.title, "url": reverse("jury_scores", args=[campaign.pk])}
        for campaign in seats
        if any("score" in s.phase.features and s.is_open(now) for s in campaign.stages.all())
    ]


def _card(campaign, now):
    overview = campaign_overview(campaign=campaign, now=now)
    is_draft = overview.state == "draft"
    checks = launch_checklist(campaign_id=campaign.pk, now=now) if is_draft else []
    return {
        "title": campaign.title,
        "url": reverse("staff_campaigns:overview", args=[campaign.pk]),
        "state": words.STATES[overview.state],
        "stage": next((stage for stage in overview.stages if stage.state == "now"), None),
        "due": words.due_lines(campaign, overview, checks),
    }
