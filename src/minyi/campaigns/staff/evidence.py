# SPDX-License-Identifier: Apache-2.0
"""争议证据包, on one click from the page of the result."""

from functools import partial

from django.contrib import messages
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from minyi.campaigns.services import evidence

from . import pages


@require_POST
def bundle(request, campaign_id):
    """Send the evidence of a campaign; the browser shows how far it is."""
    campaign = pages.campaign_for(request, campaign_id, "results.export")
    found = None
    with pages.explaining(partial(_tell, request)):
        found = evidence.make_bundle(
            campaign_id=campaign.pk, actor=request.user.actor, now=timezone.now()
        )
    if found is None:
        return redirect("result_page", campaign.pk)
    # An archive of millions of ballots is never in memory: it leaves piece by piece.
    response = StreamingHttpResponse(found.evidence.chunks(), content_type="application/zip")
    response["Content-Length"] = str(found.evidence.length)
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    response["Content-Encoding"] = "identity"  # it would not shrink, and its length is told
    response["Cache-Control"] = "private, no-store"
    return response


def _tell(request, refusal):
    messages.error(request, refusal.summary)


viewsets: list = []
urls = [path("results/<int:campaign_id>/evidence/", bundle, name="result_evidence")]
policies: list = []
