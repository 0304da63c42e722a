# SPDX-License-Identifier: Apache-2.0
"""Objecting to a result in publicity, and what became of one's own objections."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minyi.campaigns.errors import ObjectionNotFound, UploadTooLarge, WrongStage
from minyi.campaigns.notices import OBJECTION_DECIDED
from minyi.campaigns.objection_form import ObjectionForm
from minyi.campaigns.queries import cards
from minyi.campaigns.queries.objections import list_objections
from minyi.campaigns.queries.public import PublicCampaign
from minyi.campaigns.queries.publicity import publicity_of
from minyi.campaigns.services import objections
from minyi.citizens.notices import find_offer
from minyi.citizens.session import CitizenSession
from minyi.core.errors import DomainError

from . import frame
from .identity import ask_who, citizen_for

LARGEST_MB = 45  # three pictures and a document, each within its own limit
MIB = 1024 * 1024


@require_http_methods(["GET", "HEAD", "POST"])
@csrf_exempt  # only until the size is known: the check itself would read the whole body
def file(request: HttpRequest, slug: str) -> HttpResponse:
    """Refuse what is far too large before reading it."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > LARGEST_MB * MIB:
        raise UploadTooLarge(limit_mb=LARGEST_MB)
    response: HttpResponse = _file(request, slug)
    return response


@csrf_protect
def _file(request: HttpRequest, slug: str) -> HttpResponse:
    now = timezone.now()
    campaign = frame.find(slug, now)
    if "object" not in campaign.features:
        if request.method == "POST":
            raise WrongStage
        found = publicity_of(campaign_id=campaign.id, now=now)
        return frame.page(request, "campaigns/object_closed.html", campaign, publicity=found)
    citizen = citizen_for(request, campaign)
    if citizen is None:
        return ask_who(request, campaign, reason=_("提出异议需要通过微信确认身份，便于查看答复。"))
    if request.method == "POST":
        return _receive(request, campaign, citizen)
    form = ObjectionForm(
        nominees=_nominees(campaign), initial={"nominee": request.GET.get("nominee")}
    )
    return frame.private(frame.page(request, "campaigns/object.html", campaign, form=form))


@require_safe
def mine(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the citizen's own objections, each step and the answer."""
    campaign = frame.find(slug, timezone.now())
    citizen = citizen_for(request, campaign)
    if citizen is None:
        return ask_who(request, campaign, reason=_("查看本人的异议，需要通过微信确认身份。"))
    found = list_objections(campaign_id=campaign.id, citizen_id=citizen.citizen_id)
    waits = any(one.is_open for one in found)
    page = frame.page(
        request,
        "campaigns/my_objections.html",
        campaign,
        objections=found,
        is_sent="sent" in request.GET,
        offer=find_offer(
            channel=citizen.channel,
            account=citizen.account,
            subject=citizen.subject,
            purpose=OBJECTION_DECIDED.key,
        )
        if waits
        else None,
    )
    return frame.private(page)


@require_POST
def withdraw(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Take one's own objection back."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    citizen = citizen_for(request, campaign)
    if citizen is None:
        raise ObjectionNotFound
    objections.withdraw_objection(
        campaign_id=campaign.id, number=number, citizen_id=citizen.citizen_id, now=now
    )
    return _to_mine(campaign)


def _receive(
    request: HttpRequest, campaign: PublicCampaign, citizen: CitizenSession
) -> HttpResponse:
    form = ObjectionForm(request.POST, request.FILES, nominees=_nominees(campaign))
    status = 422
    if form.is_valid():
        try:
            objections.file_objection(
                campaign_id=campaign.id,
                citizen_id=citizen.citizen_id,
                content=form.content(),
                files=form.proofs(),
                now=timezone.now(),
            )
        except DomainError as refusal:
            form.show_refusal(refusal)
            status = refusal.status
        else:
            return _to_mine(campaign, "?sent=1")
    page = frame.page(request, "campaigns/object.html", campaign, form=form)
    page.status_code = status
    return frame.private(page)


def _to_mine(campaign: PublicCampaign, query: str = "") -> HttpResponse:
    address = reverse("campaigns:my_objections", args=[campaign.slug]) + query
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return frame.private(response)


def _nominees(campaign: PublicCampaign) -> list[tuple[int, str]]:
    found = cards.list_cards(campaign=campaign, language=frame.reading_language())
    by_number = sorted(found, key=lambda card: card.number)
    return [
        (card.number, _("%(number)d 号 %(name)s") % {"number": card.number, "name": card.name})
        for card in by_number
    ]
