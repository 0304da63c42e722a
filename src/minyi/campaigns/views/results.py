# SPDX-License-Identifier: Apache-2.0
"""The result: proposed while it is open to objections, final once it is published."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minyi.campaigns.queries.awards import get_record
from minyi.campaigns.queries.exports import KINDS, export_result
from minyi.campaigns.queries.ledgers import log_notice
from minyi.campaigns.queries.publicity import publicity_of
from minyi.campaigns.queries.results import public_result
from minyi.campaigns.services.manifests import verify_address_of

from . import frame
from .identity import qr_code


@require_safe
def result(request: HttpRequest, slug: str) -> HttpResponse:
    """Show formula, table, chart, ties, signature and digest."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    if not campaign.has_result:
        shown = publicity_of(campaign_id=campaign.id, now=now)
        return frame.page(request, "campaigns/result_later.html", campaign, publicity=shown)
    found = public_result(campaign_id=campaign.id, now=now)
    chart = [
        {"key": str(line.number), "label": line.name, "values": [float(line.score)]}
        for line in found.lines
    ]
    return frame.page(
        request,
        "campaigns/result.html",
        campaign,
        result=found,
        publicity=publicity_of(campaign_id=campaign.id, now=now),
        chart=chart,
        columns=[_("综合得分")],
        kinds=KINDS,
        notice=log_notice(mark=found.mark, verify_url=verify_address_of(slug)),
        qr=qr_code(verify_address_of(slug)),
    )


@require_safe
def record(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the record of a selection that is final."""
    campaign = frame.find(slug, timezone.now())
    found = get_record(campaign_id=campaign.id)
    return frame.page(request, "campaigns/record.html", campaign, record=found)


@require_safe
def download(request: HttpRequest, slug: str, kind: str) -> HttpResponse:
    """Send the public result as a file with its code book."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    file = export_result(public_result(campaign_id=campaign.id, now=now), kind)
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.filename}"'
    response["Cache-Control"] = "public, no-cache"
    patch_vary_headers(response, ["Cookie"])  # the names of its columns follow the language
    return response
