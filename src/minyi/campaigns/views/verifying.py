# SPDX-License-Identifier: Apache-2.0
"""Checking a vote: what the public log proves, and the proof of one's own ballot."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minyi.campaigns.errors import ProofNotFound
from minyi.campaigns.queries.ledgers import find_own_proof, find_public_log
from minyi.campaigns.services import manifests

from . import frame
from .identity import ask_who, citizen_for, own_receipt, qr_code


@require_safe
def verify(request: HttpRequest, slug: str) -> HttpResponse:
    """Say in plain words what can be checked and what not, and let everybody check."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    log = find_public_log(campaign=campaign, now=now)
    return frame.page(
        request,
        "campaigns/verify.html",
        campaign,
        log=log,
        address=manifests.address_of(log.folder) if log else "",
        qr=qr_code(manifests.verify_address_of(slug)),
        page_url=manifests.verify_address_of(slug),
    )


@require_safe
def own_proof(request: HttpRequest, slug: str) -> HttpResponse:
    """Hand out the proof of one's own ballot as a file, for whoever checks it elsewhere."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    citizen = citizen_for(request, campaign)
    if citizen is None:
        return ask_who(request, campaign, reason=_("查看本人的投票回执，需要通过微信确认身份。"))
    own = own_receipt(campaign, citizen, request.GET.get("receipt", ""))
    log = find_public_log(campaign=campaign, now=now)
    proof = find_own_proof(campaign=campaign, ballot=own, log=log) if own else None
    if proof is None:
        raise ProofNotFound
    response = HttpResponse(proof.text, content_type="text/plain; charset=utf-8")
    name = f"{slug}-{proof.index}.tlog-proof"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return frame.private(response)
