# SPDX-License-Identifier: Apache-2.0
"""The furniture of our own console pages: frame, fence by row, acts that explain a refusal."""

from contextlib import contextmanager

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from minyi.campaigns.errors import CampaignInvalid, CampaignNotFound, NomineeNotFound
from minyi.campaigns.models import Campaign, Nominee
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


def nominee_for(request, nominee_id):
    """Return a candidate of the actor's own agencies."""
    actor = request.user.actor
    rows = Nominee.objects.visible_to(actor).select_related("campaign", "category")
    nominee = rows.filter(pk=nominee_id).first()
    if nominee is None:
        raise NomineeNotFound
    actor.check("campaigns.view", nominee.campaign.agency_id)
    return nominee


def own_campaigns(request, *permissions):
    """Return the campaigns on which the actor holds one of the permissions, newest first."""
    actor = request.user.actor
    rows = Campaign.objects.visible_to(actor).select_related("agency").order_by("-id")
    if actor.is_operator:
        return rows
    agencies = {agency for agency, held in actor.grants if held in permissions}
    return rows.filter(agency__in=agencies)


@contextmanager
def explaining(tell):
    """Run a staff act in this block; what stands against it goes to `tell` and ends the block.

    What the person may not see or do at all is not explained here but refused by the middleware.
    """
    try:
        yield
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        tell(refusal)


def explaining_on(form, field=None):
    """Run a staff act in this block; what stands against it is shown where the form is filled in.

    `field` is what a refusal that names no fields of its own is about; by default the whole form.
    """
    return explaining(lambda refusal: explain(form, refusal, field))


def explain(form, refusal, field=None):
    """Put a refusal where the person fills in the form: beside its fields where it names them."""
    problems = refusal.facts.get("problems") if isinstance(refusal, CampaignInvalid) else None
    whole = {field: [refusal.advice]}
    for name, lines in (problems or whole).items():
        for line in lines:
            form.add_error(name if name in form.fields else None, line)


def succeeded(request, act, *, said):
    """Run a staff act and tell the person what was done, or what stood against it."""
    refusals: list[DomainError] = []
    with explaining(refusals.append):
        act()
        messages.success(request, said)
    for refusal in refusals:
        messages.error(request, refusal.summary)
    return not refusals
