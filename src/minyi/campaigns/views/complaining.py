# SPDX-License-Identifier: Apache-2.0
"""Complaining about the vote: a form for everybody, and a page that says how it stands.

The page opens by its code. It is nobody's but the writer's: no cache and no search engine has it.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from minyi.agencies.lockout import address_behind_proxies
from minyi.campaigns.forms import ComplaintForm
from minyi.campaigns.queries import supervision
from minyi.campaigns.services import complaints
from minyi.core.errors import DomainError

from . import frame
from .identity import citizen_for


@require_http_methods(["GET", "HEAD", "POST"])
def complain(request: HttpRequest, slug: str) -> HttpResponse:
    """Take a complaint; name and contact are not asked for."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    citizen = citizen_for(request, campaign)
    form = ComplaintForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            made = complaints.file_complaint(
                campaign_id=campaign.id,
                citizen_id=citizen.citizen_id if citizen and form.cleaned_data["notify"] else None,
                kind=form.cleaned_data["kind"],
                text=form.cleaned_data["text"],
                contact=form.cleaned_data["contact"],
                address=address_behind_proxies(request),
                now=now,
            )
        except DomainError as refusal:
            form.add_error(None, refusal.advice)
        else:
            url = reverse("campaigns:complaint", args=[slug, made.code])
            return HttpResponseRedirect(f"{url}?sent=1")
    own = (
        supervision.list_own_complaints(campaign_id=campaign.id, citizen_id=citizen.citizen_id)
        if citizen
        else []
    )
    page = frame.page(
        request, "campaigns/complain.html", campaign, form=form, own=own, is_known=bool(citizen)
    )
    return frame.private(page)


@require_safe
def complaint(request: HttpRequest, slug: str, code: str) -> HttpResponse:
    """Say how a complaint stands to whoever knows its code."""
    campaign = frame.find(slug, timezone.now())
    found = supervision.find_complaint(campaign_id=campaign.id, code=code)
    page = frame.page(
        request,
        "campaigns/complaint.html",
        campaign,
        complaint=found,
        is_sent="sent" in request.GET,
    )
    return frame.private(page)
