# SPDX-License-Identifier: Apache-2.0
"""Anybody checks a certificate: by its QR code, or by typing what is printed under it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from minyi.campaigns.errors import CertificateNotFound, CertificateRevoked
from minyi.campaigns.queries.certificate_files import KINDS, draw_certificate
from minyi.campaigns.queries.certificates import get_certificate, read_code

from . import frame


@require_safe
def enter(request: HttpRequest) -> HttpResponse:
    """Ask for a code, and go to its certificate."""
    typed = request.GET.get("code", "")[:64]
    code = read_code(typed)
    if code:
        return HttpResponseRedirect(reverse("campaigns:certificate", args=[code]))
    page = render(
        request, "campaigns/certificate_enter.html", {"typed": typed, "is_wrong": bool(typed)}
    )
    return frame.for_one_reader(page)


@require_safe
def certificate(request: HttpRequest, code: str) -> HttpResponse:
    """Say whether the certificate stands, whose it is, and what it rests on."""
    found = get_certificate(code)
    if code != found.code:
        return HttpResponseRedirect(reverse("campaigns:certificate", args=[found.code]))
    campaign = frame.find(found.slug, timezone.now())
    page = frame.page(
        request, "campaigns/certificate.html", campaign, certificate=found, kinds=KINDS
    )
    page["X-Robots-Tag"] = "noindex"
    return page


@require_safe
def certificate_file(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Send a valid certificate as PDF or picture."""
    if kind not in KINDS:
        raise CertificateNotFound
    found = get_certificate(code)
    frame.find(found.slug, timezone.now())  # a campaign that was withdrawn shows nothing
    if not found.is_valid:
        raise CertificateRevoked
    file = draw_certificate(found, kind)
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'inline; filename="{file.filename}"'
    response["Cache-Control"] = "public, no-cache"  # it may be revoked
    response["X-Robots-Tag"] = "noindex"
    return response
