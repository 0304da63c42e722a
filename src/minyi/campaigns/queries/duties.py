# SPDX-License-Identifier: Apache-2.0
"""What waits for one member of staff: the same rules by which the desks let them act."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from django.db.models import Q, QuerySet

from minyi.campaigns.models import Appeal, Campaign, Objection, Ruling
from minyi.core.actors import Actor

from .adjudication import is_among, struck_by
from .supervision import count_open_complaints

Kind = Literal[
    "complaints",
    "objections",  # to take up, or to go on with as the one who handles them
    "proposals",  # objections on which another has proposed an answer
    "remedies",  # upheld objections that are not put right yet
    "appeals",  # to answer
    "answers",  # appeals on which another has proposed an answer
    "rulings",  # on ballots, proposed by another
]

Concern = Callable[[Objection, int], str]


@dataclass(frozen=True, slots=True)
class Duty:
    """So many of one kind wait in one campaign."""

    kind: Kind
    campaign_id: int
    title: str
    many: int


def read_duties(actor: Actor, *, concern_of: Concern) -> list[Duty]:
    """Return what waits for this person, by kind and campaign.

    `concern_of` says why a person keeps out of an objection (`services.objection_cases`). It is
    asked for each objection that waits, and the rulings for each vote with open appeals.
    """
    counts: dict[Kind, Counter[int]] = {
        "complaints": _complaints(actor),
        **_objections(actor, concern_of),
        **_appeals(actor),
        "rulings": _rulings(actor),
    }
    wanted = {campaign for found in counts.values() for campaign in found}
    titles = dict(Campaign.objects.filter(pk__in=wanted).values_list("pk", "title"))
    return [
        Duty(kind, campaign, titles[campaign], many)
        for kind, found in counts.items()
        for campaign, many in sorted(found.items())
    ]


def _agencies(actor: Actor, permission: str) -> set[int]:
    return {agency for agency, held in actor.grants if held == permission}


def _complaints(actor: Actor) -> Counter[int]:
    runs = _agencies(actor, "campaigns.edit")  # whoever runs votes does not read complaints on them
    agencies = _agencies(actor, "complaints.answer") - runs
    campaigns = Campaign.objects.filter(agency__in=agencies, launched_at__isnull=False)
    waiting = count_open_complaints(list(campaigns.values_list("pk", flat=True)))
    return Counter({campaign: many for campaign, many in waiting.items() if many})


def _objections(actor: Actor, concern_of: Concern) -> dict[Kind, Counter[int]]:
    me = int(actor.id)
    rows = Objection.objects.select_related("campaign", "nominee")
    at_work = rows.filter(campaign__agency__in=_agencies(actor, "objections.work"))
    deciding = rows.filter(campaign__agency__in=_agencies(actor, "objections.decide"))
    mine = Q(state=Objection.State.ACCEPTED, handler=me)
    proposed = deciding.filter(state=Objection.State.PROPOSED).exclude(proposed_by=me)
    upheld = at_work.filter(state=Objection.State.UPHELD, remedied_at=None).exclude(remedy="")
    waiting: dict[Kind, QuerySet[Objection]] = {
        "objections": at_work.filter(Q(state=Objection.State.FILED) | mine),
        "proposals": proposed,
        "remedies": upheld,
    }
    return {
        kind: Counter(one.campaign_id for one in found if not concern_of(one, me))
        for kind, found in waiting.items()
    }


def _appeals(actor: Actor) -> dict[Kind, Counter[int]]:
    me = int(actor.id)
    answers, decides = (_agencies(actor, f"ballots.{name}") for name in ("rule", "confirm"))
    of = "round__campaign__agency__in"
    filed = Q(**{of: answers}, state=Appeal.State.FILED)
    proposed = Q(**{of: decides}, state=Appeal.State.PROPOSED) & ~Q(proposed_by=me)
    rows = list(Appeal.objects.filter(filed | proposed).select_related("round"))
    struck = {at: struck_by(round_id=at, user_id=me) for at in {row.round_id for row in rows}}
    free = [row for row in rows if not is_among(row.place, struck[row.round_id])]
    return {
        "appeals": _of_appeals(row for row in free if row.state == Appeal.State.FILED),
        "answers": _of_appeals(row for row in free if row.state == Appeal.State.PROPOSED),
    }


def _of_appeals(rows: Iterable[Appeal]) -> Counter[int]:
    return Counter(row.round.campaign_id for row in rows)


def _rulings(actor: Actor) -> Counter[int]:
    rows = Ruling.objects.filter(
        round__campaign__agency__in=_agencies(actor, "ballots.confirm"),
        state=Ruling.State.PROPOSED,
    ).exclude(proposed_by=int(actor.id))
    return Counter(rows.order_by().values_list("round__campaign", flat=True))
