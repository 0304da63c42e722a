# SPDX-License-Identifier: Apache-2.0
"""The furniture of our own console pages: frame, fence by row, acts that explain a refusal."""

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from minyi.campaigns.errors import CampaignNotFound
from minyi.campaigns.models import Campaign
from minyi.core.errors import DomainError, NotAllowed, NotFound


def show(request, template, *, title, icon, trail=(), status=200, **context):
    """Render a page in the console's frame. `trail` holds (label, url) pairs above this page."""
    steps = [(_("首页"), reverse("wagtailadmin_home")), *trail, (title, "")]
    furniture = {
        "header_title": title,
        "page_title": title,
        "header_icon": icon,
        "breadcrumbs_items": [{"label": label, "url": url} for label, url in steps],
    }
    return render(request, f"campaigns/staff/{template}", {**furniture, **context}, status=status)


def campaign_for(request, campaign_id, *permissions):
    """Return a campaign of the actor's own agencies on which they hold one of the permissions."""
    actor = request.user.actor
    rows = Campaign.objects.visible_to(actor).select_related("agency")
    campaign = rows.filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    if not any(actor.can(permission, campaign.agency_id) for permission in permissions):
        raise NotAllowed
    return campaign


def own_campaigns(request, *permissions):
    """Return the campaigns on which the actor holds one of the permissions, newest first."""
    actor = request.user.actor
    rows = Campaign.objects.visible_to(actor).select_related("agency").order_by("-id")
    if actor.is_operator:
        return rows
    agencies = {agency for agency, held in actor.grants if held in permissions}
    return rows.filter(agency__in=agencies)


def succeeded(request, act, *, said):
    """Run a staff act and tell the person what was done, or what stood against it.

    What the person may not see or do at all is not explained here but refused by the middleware.
    """
    try:
        act()
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        messages.error(request, f"{refusal.title}：{refusal.detail}{refusal.action}")
        return False
    messages.success(request, said)
    return True


def explain(form, refusal):
    """Put a refusal where the person fills in the form."""
    form.add_error(None, f"{refusal.detail}{refusal.action}")
