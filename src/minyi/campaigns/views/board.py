# SPDX-License-Identifier: Apache-2.0
"""The board: a page, server-sent events, and polling for those whom events do not reach.

All three show what `queries.counts` lets out, and nothing else depends on a count: no header, no
order, no length and no timing differs while counts are hidden.
"""

import hashlib
import json
from dataclasses import asdict

from asgiref.sync import sync_to_async
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minyi.campaigns.queries.board import Board, board_of, live_board
from minyi.campaigns.queries.counts import CountsHidden

from . import frame
from .feeds import Feeds, State

SHARED_FOR_S = 1  # a crowd that polls costs one count a second
POLL_S = 1.0
HEARTBEAT_S = 15.0
LISTENERS = 300  # per process; each holds a connection and an idle thread
COME_BACK_S = 5


@require_safe
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """Show the counts that are public now, or when they will be."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    found = board_of(campaign_id=campaign.id, now=now)
    if isinstance(found, CountsHidden):
        return frame.page(request, "campaigns/board_hidden.html", campaign, hidden=found)
    ranked = sorted(found.rows, key=lambda row: (-row.votes, row.number))
    chart = [
        {"key": str(row.number), "label": _label(row.name, row.is_withdrawn), "values": [row.votes]}
        for row in ranked
    ]
    return frame.page(
        request,
        "campaigns/board.html",
        campaign,
        board=found,
        chart=chart,
        columns=[_("票数")],
        is_live=campaign.moves_by_the_second,
    )


@require_safe
def rows(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Return the board as JSON, counted at most once a second for everybody together."""
    mark, content = _shared(slug)
    response = HttpResponse(content, content_type="application/json")
    response["ETag"] = f'"{mark}"'
    response["Cache-Control"] = f"public, max-age={SHARED_FOR_S}"
    return get_conditional_response(request, etag=response["ETag"], response=response) or response


@require_safe
async def events(request: HttpRequest, slug: str) -> HttpResponseBase:
    """Follow the board while it is live; 204 tells the browser that there is nothing to follow."""
    if await sync_to_async(_read_live)(slug) is None:
        await sync_to_async(frame.find)(slug, timezone.now())  # an unknown campaign is a 404
        return HttpResponse(status=204, headers={"Cache-Control": "no-store"})
    if feeds.is_full:
        return HttpResponse(
            status=503, headers={"Retry-After": str(COME_BACK_S), "Cache-Control": "no-store"}
        )
    headers = {
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        # Compression would hold events back until its buffer is full.
        "Content-Encoding": "identity",
    }
    if request.method == "HEAD":
        return HttpResponse(content_type="text/event-stream", headers=headers)
    return StreamingHttpResponse(
        feeds.listen(slug), content_type="text/event-stream", headers=headers
    )


def _shared(slug: str) -> State:
    key = f"board:{slug}"
    found: State | None = cache.get(key)
    if found is None:
        now = timezone.now()
        found = _state(board_of(campaign_id=frame.find(slug, now).id, now=now))
        cache.set(key, found, SHARED_FOR_S)
    return found


def _poll_live(slug: str) -> State | None:
    try:
        return _read_live(slug)
    finally:
        connection.close()  # the poller's thread belongs to no request that would do it


def _read_live(slug: str) -> State | None:
    found = live_board(slug=slug, now=timezone.now())
    return _state(found) if found else None


def _state(found: Board | CountsHidden) -> State:
    next_at = localtime(found.next_at).isoformat() if found.next_at else None
    if isinstance(found, CountsHidden):
        told: dict[str, object] = {"hidden": True, "mode": found.mode, "next_at": next_at}
        when = {}
    else:
        rows = [
            {"key": str(row.number), "label": row.name, "value": row.votes} for row in found.rows
        ]
        told = {"total": found.ballots, "rows": rows, "next_at": next_at}
        when = {"as_of": localtime(found.as_of).isoformat(timespec="seconds")}
        if found.mark:
            told["log"] = asdict(found.mark)
    mark = hashlib.sha256(_json(told).encode()).hexdigest()[:20]
    return State(mark, _json({**told, **when}))


def _json(content: dict[str, object]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))


def _label(name: str, is_withdrawn: bool) -> str:
    return name + _("（已退出）") if is_withdrawn else name


feeds = Feeds(sync_to_async(_poll_live), poll_s=POLL_S, heartbeat_s=HEARTBEAT_S, most=LISTENERS)
