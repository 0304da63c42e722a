# SPDX-License-Identifier: Apache-2.0
"""争议证据包, on one click from the page of the result."""

from functools import partial

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST

from minyi.campaigns.services import evidence

from . import pages

PIECE = 1 << 18  # bytes: an archive of millions of ballots is never in memory


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
    pieces = in_pieces(found.evidence.chunks())
    response = StreamingHttpResponse(
        _one_by_one(pieces) if isinstance(request, ASGIRequest) else pieces,
        content_type="application/zip",
    )
    response["Content-Length"] = str(found.evidence.length)
    response["Content-Disposition"] = f'attachment; filename="{found.filename}"'
    response["Content-Encoding"] = "identity"  # it would not shrink, and its length is told
    response["Cache-Control"] = "private, no-store"
    return response


def _tell(request, refusal):
    messages.error(request, f"{refusal.title}：{refusal.detail}{refusal.action}")


def in_pieces(chunks):
    """Yield the same bytes in pieces worth sending."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        if len(held) >= PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)


async def _one_by_one(pieces):
    """Read in a thread; the event loop, and the vote, do not wait for the disk."""
    take = sync_to_async(lambda: next(pieces, None), thread_sensitive=False)
    while (piece := await take()) is not None:
        yield piece


viewsets: list = []
urls = [path("results/<int:campaign_id>/evidence/", bundle, name="result_evidence")]
policies: list = []
