# SPDX-License-Identifier: Apache-2.0
"""Public nomination: a form, and what became of what one sent in."""

from datetime import datetime

from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_safe

from minyi.campaigns.errors import NominationNotFound, UploadTooLarge, WrongStage
from minyi.campaigns.forms import Kept, NominationForm, kind_of
from minyi.campaigns.models import StagedFile
from minyi.campaigns.notices import NOMINATION_DECIDED
from minyi.campaigns.queries import own
from minyi.campaigns.queries.public import PublicCampaign
from minyi.campaigns.services import nominations, staging
from minyi.citizens.notices import Offer, find_offer
from minyi.citizens.session import CitizenSession
from minyi.core.errors import DomainError, Invalid

from . import frame
from .identity import ask_who, citizen_for

LARGEST_MB = 90  # three pictures and a video, each within its own limit
MIB = 1024 * 1024
TYPES = {"jpg": "jpeg", "png": "png", "webp": "webp"}


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
    found = own.list_nominations(campaign_id=campaign.id, citizen_id=citizen.citizen_id)
    page = frame.page(
        request,
        "campaigns/my_nominations.html",
        campaign,
        nominations=found,
        is_sent="sent" in request.GET,
        offer=_offer(citizen) if any(one.decided_at is None for one in found) else None,
    )
    return frame.private(page)


def _offer(citizen: CitizenSession) -> Offer | None:
    """Return the notice of a decision this citizen can ask for."""
    return find_offer(
        channel=citizen.channel,
        account=citizen.account,
        subject=citizen.subject,
        purpose=NOMINATION_DECIDED.key,
    )


@require_safe
def kept_file(request: HttpRequest, slug: str, token: str) -> HttpResponseBase:
    """Show a picture to the one who chose it, while the form is being put right."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    citizen = citizen_for(request, campaign)
    staged = _staged(campaign, citizen, token, now) if citizen else None
    if not staged or staged.kind != "picture":
        raise NominationNotFound
    ending = str(staged.file.name).rsplit(".", 1)[-1]
    response = FileResponse(staged.file.open("rb"), content_type=f"image/{TYPES[ending]}")
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
    return response


def _receive(
    request: HttpRequest, campaign: PublicCampaign, citizen: CitizenSession
) -> HttpResponse:
    now = timezone.now()
    form = NominationForm(campaign, request.POST, request.FILES)
    for name, token in form.kept_tokens().items():
        if staged := _staged(campaign, citizen, token, now):
            form.kept[name] = _kept(campaign, staged)
    status = 422
    if form.is_valid():
        try:
            nominations.submit_nomination(
                campaign_id=campaign.id,
                citizen_id=citizen.citizen_id,
                content=form.content(),
                files=form.new_files(),
                now=now,
            )
        except DomainError as refusal:
            form.show_refusal(refusal)
            status = refusal.status
        else:
            staging.drop_staged(campaign_id=campaign.id, citizen_id=citizen.citizen_id)
            done = HttpResponseRedirect(
                reverse("campaigns:my_nominations", args=[campaign.slug]) + "?sent=1"
            )
            done.status_code = 303
            return frame.private(done)
        finally:
            form.close_kept()
    _keep_files(form, campaign, citizen, now)
    page = frame.page(request, "campaigns/nominate.html", campaign, form=form)
    page.status_code = status
    return frame.private(page)


def _keep_files(
    form: NominationForm, campaign: PublicCampaign, citizen: CitizenSession, now: datetime
) -> None:
    """Keep the chosen files for the next attempt; what is no picture is said beside its field."""
    for name, upload in form.fresh_files().items():
        try:
            staged = staging.stage_file(
                campaign_id=campaign.id,
                citizen_id=citizen.citizen_id,
                kind=kind_of(name),
                upload=upload,
                now=now,
            )
        except Invalid as refusal:
            form.add_error(name, refusal.advice)
        else:
            form.kept[name] = _kept(campaign, staged)


def _staged(
    campaign: PublicCampaign, citizen: CitizenSession, token: str, now: datetime
) -> StagedFile | None:
    return staging.find_staged(
        token=token, campaign_id=campaign.id, citizen_id=citizen.citizen_id, now=now
    )


def _kept(campaign: PublicCampaign, staged: StagedFile) -> Kept:
    token = staging.token_for(staged)
    address = reverse("campaigns:kept_file", args=[campaign.slug, token])
    return Kept(token, staged.name, address, staged.file)
