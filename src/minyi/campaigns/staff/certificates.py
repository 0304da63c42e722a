# SPDX-License-Identifier: Apache-2.0
"""Certificates on the console: look at the draft, issue, download, revoke."""

from dataclasses import replace

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.campaigns.errors import CertificateNotFound, ResultNotFinal
from minyi.campaigns.models import Certificate, Result
from minyi.campaigns.queries import certificate_files
from minyi.campaigns.queries.certificates import (
    draft_certificate,
    lines_to_certify,
    list_certificates,
    may_certify,
    suggested_award,
)
from minyi.campaigns.services import certificates
from minyi.core.staff import AgencyPolicy, Room

from . import pages

ICON = "doc-full"
SEE = ("certificates.issue", "certificates.revoke", "results.export")


@require_safe
def index(request):
    """List the campaigns whose result is final, with how many certificates stand."""
    campaigns = pages.own_campaigns(request, *SEE).filter(
        launched_at__isnull=False, cancelled_at__isnull=True
    )
    rows = []
    for campaign in campaigns.select_related("agency", "result"):
        result = getattr(campaign, "result", None)
        valid = campaign.certificates.filter(revoked_at__isnull=True).count()
        rows.append({"campaign": campaign, "valid": valid, "is_final": may_certify(result)})
    return pages.show(request, "certificate_index.html", title=_("证书"), icon=ICON, rows=rows)


@require_safe
def certificates_of(request, campaign_id):
    """Show the certificates of a campaign and what may be done now."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    actor = request.user.actor
    result = _result_of(campaign)
    is_final = may_certify(result)
    return pages.show(
        request,
        "certificates.html",
        title=_("证书"),
        icon=ICON,
        trail=[(_("证书"), reverse("certificates:index")), (campaign.title, "")],
        campaign=campaign,
        is_final=is_final,
        lines=lines_to_certify(result) if is_final else [],
        issued=list_certificates(campaign_id=campaign.pk),
        award=suggested_award(campaign),
        can={
            name: actor.can(f"certificates.{name}", campaign.agency_id)
            for name in ("issue", "revoke")
        },
        kinds=certificate_files.KINDS,
    )


@require_safe
def preview(request, campaign_id):
    """Draw the first certificate that would be issued, with a code that is none."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    result = _result_of(campaign)
    if not may_certify(result):
        raise ResultNotFinal
    draft = draft_certificate(result, now=timezone.now())
    award = request.GET.get("award", "")[:40]
    if draft.award and award:
        draft = replace(draft, award=award)
    return _send(certificate_files.draw_certificate(draft, "png"), is_download=False)


@require_POST
def issue(request, campaign_id):
    """Issue to everybody selected who holds none."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    pages.succeeded(
        request,
        lambda: certificates.issue_certificates(
            campaign_id=campaign.pk,
            award=request.POST.get("award", ""),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("已颁发。候选对象的页面上可以查看和核验。"),
    )
    return redirect("certificates_of", campaign.pk)


@require_POST
def revoke(request, certificate_id):
    """Take one back, with a reason."""
    found = _certificate_for(request, certificate_id)
    pages.succeeded(
        request,
        lambda: certificates.revoke_certificate(
            certificate_id=found.pk,
            reason=request.POST.get("reason", ""),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("已撤销，核验页面即时显示。"),
    )
    return redirect("certificates_of", found.campaign_id)


@require_safe
def download(request, certificate_id, kind):
    """Send one certificate."""
    found = _certificate_for(request, certificate_id)
    shown = next(
        one for one in list_certificates(campaign_id=found.campaign_id) if one.id == found.pk
    )
    return _send(certificate_files.draw_certificate(shown, kind))


@require_safe
def download_all(request, campaign_id):
    """Send every valid certificate of a campaign in one archive."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    valid = [one for one in list_certificates(campaign_id=campaign.pk) if one.is_valid]
    if not valid:
        raise CertificateNotFound
    return _send(certificate_files.draw_all(valid, slug=campaign.slug))


def _result_of(campaign):
    return Result.objects.select_related("campaign").filter(campaign=campaign).first()


def _certificate_for(request, certificate_id):
    rows = Certificate.objects.visible_to(request.user.actor).select_related("campaign")
    found = rows.filter(pk=certificate_id).first()
    if found is None:
        raise CertificateNotFound
    pages.campaign_for(request, found.campaign_id, *SEE)
    return found


def _send(file, *, is_download=True):
    response = HttpResponse(file.content, content_type=file.content_type)
    kind = "attachment" if is_download else "inline"
    response["Content-Disposition"] = f'{kind}; filename="{file.filename}"'
    response["Cache-Control"] = "private, no-store"
    return response


class CertificateRoom(Room):
    """The menu's way in."""

    name = "certificates"
    icon = ICON
    menu_label = gettext_lazy("证书")
    permissions = SEE

    def get_urlpatterns(self):
        return [path("", index, name="index")]


viewsets = [CertificateRoom()]
urls = [
    path("certificates/<int:campaign_id>/", certificates_of, name="certificates_of"),
    path("certificates/<int:campaign_id>/issue/", issue, name="certificates_issue"),
    path("certificates/<int:campaign_id>/preview.png", preview, name="certificate_preview"),
    path("certificates/<int:campaign_id>/all.zip", download_all, name="certificates_zip"),
    path("certificates/one/<int:certificate_id>/revoke/", revoke, name="certificate_revoke"),
    path(
        "certificates/one/<int:certificate_id>/certificate.<str:kind>",
        download,
        name="certificate_download",
    ),
]
policies = [
    AgencyPolicy(Certificate, grants={"view": "results.export"}, agency_path="campaign__agency_id")
]
