# SPDX-License-Identifier: Apache-2.0
"""Public nomination: a form, and what became of what one sent in."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from minyi.campaigns.errors import UploadTooLarge, WrongStage
from minyi.campaigns.forms import NominationForm
from minyi.campaigns.queries import own
from minyi.campaigns.queries.public import PublicCampaign
from minyi.campaigns.services import nominations
from minyi.citizens.session import CitizenSession
from minyi.core.errors import DomainError

from . import frame
from .identity import ask_who, citizen_for

LARGEST_MB = 90  # three pictures and a video, each within its own limit
MIB = 1024 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # only until the size is known: the check itself would read the whole body
def nominate(request: HttpRequest, slug: str) -> HttpResponse:
    """Refuse what is far too large before reading it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST_MB * MIB:
        raise UploadTooLarge(limit_mb=LARGEST_MB)
    response: HttpResponse = _nominate(request, slug)
    return response


@csrf_protect
def _nominate(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    campaign = frame.find(slug, now)
    if "nominate" not in campaign.features:
        if request.method == "POST":
            raise WrongStage
        stage = next((row for row in campaign.stages if row.kind == "nomination"), None)
        return frame.page(request, "campaigns/nominate_closed.html", campaign, stage=stage)
    citizen = citizen_for(request, campaign)
    if citizen is None:
        return ask_who(request, campaign, reason=_("推荐需要通过微信确认身份，便于查看审核进度。"))
    if request.method == "POST":
        return _receive(request, campaign, citizen)
    form = NominationForm(campaign)
    return frame.private(frame.page(request, "campaigns/nominate.html", campaign, form=form))


@require_safe
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the citizen's own nominations and how far each has come."""
    campaign = frame.find(slug, timezone.now())
    citizen = citizen_for(request, campaign)
    if citizen is None:
        return ask_who(request, campaign, reason=_("查看本人的推荐，需要通过微信确认身份。"))
    page = frame.page(
        request,
        "campaigns/my_nominations.html",
        campaign,
        nominations=own.list_nominations(campaign_id=campaign.id, citizen_id=citizen.citizen_id),
        is_sent="sent" in request.GET,
    )
    return frame.private(page)


def _receive(
    request: HttpRequest, campaign: PublicCampaign, citizen: CitizenSession
) -> HttpResponse:
    form = NominationForm(campaign, request.POST, request.FILES)
    status = 422
    if form.is_valid():
        try:
            nominations.submit_nomination(
                campaign_id=campaign.id,
                citizen_id=citizen.citizen_id,
                content=form.content(),
                files=form.new_files(),
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.show_refusal(refusal)
            status = refusal.status
        else:
            done = HttpResponseRedirect(
                reverse("campaigns:my_nominations", args=[campaign.slug]) + "?sent=1"
            )
            done.status_code = 303
            return frame.private(done)
    page = frame.page(request, "campaigns/nominate.html", campaign, form=form)
    page.status_code = status
    return frame.private(page)
