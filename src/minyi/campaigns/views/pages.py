# SPDX-License-Identifier: Apache-2.0
"""Reading pages: open to every browser, whoever reads."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from minyi.campaigns.queries import cards, public
from minyi.campaigns.queries.certificates import find_certificate_of

from . import frame
from .identity import citizen_for, earlier_ballot


@require_safe
def campaigns(request: HttpRequest) -> HttpResponse:
    """List all campaigns: what is open now, what comes, what is over."""
    found = public.list_campaigns(language=frame.reading_language(), now=timezone.now())
    groups = {state: [card for card in found if card.state == state] for state in STATES}
    return frame.for_one_reader(render(request, "campaigns/list.html", {"groups": groups}))


STATES = ("open", "soon", "done")


@require_safe
def home(request: HttpRequest, slug: str) -> HttpResponse:
    """Show a campaign: what it is for, when, by which rules, and what one can do now."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    earlier = earlier_ballot(campaign, citizen_for(request, campaign), now)
    cover = public.find_cover(campaign_id=campaign.id)
    page = frame.page(request, "campaigns/home.html", campaign, cover=cover, earlier=earlier)
    return frame.private(page) if earlier else page


@require_safe
def nominee(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Show one nominee, merits first."""
    campaign = frame.find(slug, timezone.now())
    found = cards.get_nominee(campaign=campaign, number=number, language=frame.reading_language())
    certificate = find_certificate_of(campaign_id=campaign.id, number=number)
    return frame.page(
        request, "campaigns/nominee.html", campaign, nominee=found, certificate=certificate
    )
