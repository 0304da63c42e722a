# SPDX-License-Identifier: Apache-2.0
"""How ballots were treated: received, counted, held, struck out, and why."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minyi.campaigns.queries.adjudication import public_counts
from minyi.campaigns.queries.counts import CountsHidden

from . import frame


@require_safe
def counts(request: HttpRequest, slug: str) -> HttpResponse:
    """Show ballots by what became of them, at a named checkpoint of the public log."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    found = public_counts(campaign=campaign, now=now)
    if isinstance(found, CountsHidden):
        return frame.page(request, "campaigns/board_hidden.html", campaign, hidden=found)
    chart = [
        {
            "key": reason.code,
            "label": reason.words,
            "values": [reason.void + reason.quarantined, reason.void, reason.quarantined],
        }
        for reason in found.reasons
    ]
    return frame.page(
        request,
        "campaigns/counts.html",
        campaign,
        counts=found,
        chart=chart,
        columns=[_("不计票合计"), _("认定无效"), _("核查中")],  # the bars draw the first,
    )
