# SPDX-License-Identifier: Apache-2.0
"""How ballots were treated: received, counted, held, struck out and why, and how firm that is."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minyi.campaigns.queries.blindsamples import false_positive_estimate
from minyi.campaigns.queries.counts import CountsHidden
from minyi.campaigns.queries.fairness import Fairness, fair_count
from minyi.campaigns.queries.fairrules import fixed_rules

from . import frame


@require_safe
def counts(request: HttpRequest, slug: str) -> HttpResponse:
    """Show ballots by what became of them, at a named checkpoint of the public log."""
    now = timezone.now()
    campaign = frame.find(slug, now)
    found = fair_count(campaign=campaign, now=now)
    if isinstance(found, CountsHidden):
        return frame.page(request, "campaigns/board_hidden.html", campaign, hidden=found)
    return frame.page(
        request,
        "campaigns/counts.html",
        campaign,
        counts=found.counts,
        fairness=found.fairness,
        estimate=false_positive_estimate(campaign.id),
        rules=fixed_rules(campaign_id=campaign.id, now=now),
        by_reason=[
            {
                "key": reason.code,
                "label": reason.words,
                "values": [reason.void + reason.quarantined, reason.void, reason.quarantined],
            }
            for reason in found.counts.reasons
        ],
        reason_columns=[_("不计票合计"), _("认定无效"), _("核查中")],  # the bars draw the first
        by_time=_by_time(found.fairness),
        state_columns=[_("计票"), _("核查中"), _("认定无效")],
    )


def _by_time(fairness: Fairness | None) -> list[dict[str, object]]:
    if fairness is None:
        return []
    style = _("n月j日") if fairness.by_day else _("n月j日 G时")
    return [
        {
            "key": f"{span.at:%Y%m%d%H}",
            "label": date_format(span.at, style),
            "values": [span.counted, span.quarantined, span.void],
        }
        for span in fairness.spans
    ]
