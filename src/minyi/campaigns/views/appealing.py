# SPDX-License-Identifier: Apache-2.0
"""Appealing when one's own ballot is held for review or struck out."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from minyi.campaigns.errors import NothingToAppeal, ReasonNeeded
from minyi.campaigns.queries.appeals import find_standing
from minyi.campaigns.queries.ledgers import find_own_proof, find_public_log
from minyi.campaigns.services import appeals, tickets

from . import frame
from .identity import ask_who, citizen_for, earlier_ballot, own_receipt


@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest, slug: str) -> HttpResponse:
    """Show why the ballot does not count, and take in what its voter says."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    citizen = citizen_for(request, campaign)
    if citizen is None:
        return ask_who(request, campaign, reason=_("申诉需要通过微信确认选票是您本人的。"))
    receipt = request.GET.get("receipt", "")
    own = (
        own_receipt(campaign, citizen, receipt)
        if receipt
        else earlier_ballot(campaign, citizen, now)
    )
    log = find_public_log(campaign=campaign, now=now) if own else None
    proof = find_own_proof(campaign=campaign, ballot=own, log=log) if own else None
    standing = find_standing(campaign=campaign, log=log, proof=proof)
    if own is None or standing is None or standing.state == "counted":
        raise NothingToAppeal
    is_blank = False
    if request.method == "POST":
        try:
            appeals.file_appeal(
                campaign_id=campaign.id,
                place=standing.place,
                voter_ref=tickets.voter_ref_for(campaign_id=campaign.id, session=citizen),
                statement=request.POST.get("statement", ""),
                now=now,
            )
        except ReasonNeeded:
            is_blank = True
        else:
            address = reverse("campaigns:ballot", args=[campaign.slug])
            response = HttpResponseRedirect(f"{address}?receipt={own.receipt}")
            response.status_code = 303
            return frame.private(response)
    page = frame.page(
        request,
        "campaigns/appeal.html",
        campaign,
        own=own,
        standing=standing,
        is_blank=is_blank,
        most=appeals.MOST,
    )
    page.status_code = 422 if is_blank else 200
    return frame.private(page)
