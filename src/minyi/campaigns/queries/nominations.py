# SPDX-License-Identifier: Apache-2.0
"""What reviewers need: the queue in numbers, what resembles a nomination, what comes next."""

from dataclasses import dataclass

from django.db.models import Count

from minyi.campaigns.likeness import Comparison, Likeness, Subject
from minyi.campaigns.models import Nomination, Nominee
from minyi.core.actors import Actor

LIKELY = 0.6  # below this, two office names are usually two offices
MOST = 6


@dataclass(frozen=True, slots=True)
class Suspect:
    """Something that may be the same as a nomination. Exactly one of the two ids is set."""

    nomination_id: int | None
    nominee_id: int | None
    name: str
    unit: str
    text: str
    status_words: str
    number: int | None
    likeness: float
    why: str


def find_duplicates(nomination: Nomination) -> list[Suspect]:
    """Return what resembles this nomination in its campaign, most alike first.

    `why` is a code: «name», «text» or «both». Decided-against and merged nominations are left
    out, and so is everything that shares the nominee.
    """
    comparison = Comparison(Subject(nomination.name, nomination.unit, nomination.reason))
    found = [*_like_nominations(nomination, comparison), *_like_nominees(nomination, comparison)]
    found.sort(key=lambda suspect: (-suspect.likeness, suspect.nomination_id or 0))
    return found[:MOST]


def queue_counts(*, actor: Actor, campaign_id: int | None = None) -> dict[str, int]:
    """Return how many nominations are in each status, for what this actor may see."""
    rows = Nomination.objects.visible_to(actor)
    if campaign_id is not None:
        rows = rows.filter(campaign_id=campaign_id)
    counted = dict(rows.order_by().values_list("status").annotate(n=Count("*")))
    return {status: counted.get(status, 0) for status in Nomination.Status.values}


def next_in_queue(nomination: Nomination) -> int | None:
    """Return the id of the oldest other nomination of the campaign that waits for review."""
    waiting = Nomination.objects.filter(
        campaign_id=nomination.campaign_id, status=Nomination.Status.SUBMITTED
    ).exclude(pk=nomination.pk)
    later = waiting.filter(pk__gt=nomination.pk).order_by("pk")
    found = later.values_list("pk", flat=True).first()
    return found or waiting.order_by("pk").values_list("pk", flat=True).first()


def _like_nominations(nomination: Nomination, comparison: Comparison) -> list[Suspect]:
    alive = (Nomination.Status.SUBMITTED, Nomination.Status.ACCEPTED)
    rows = Nomination.objects.filter(campaign_id=nomination.campaign_id, status__in=alive).exclude(
        pk=nomination.pk
    )
    found = []
    for pk, name, unit, reason, status in rows.values_list(
        "pk", "name", "unit", "reason", "status"
    ):
        likeness = comparison.with_(Subject(name, unit, reason))
        if likeness.score >= LIKELY:
            words = str(Nomination.Status(status).label)
            why = _why(likeness)
            found.append(Suspect(pk, None, name, unit, reason, words, None, likeness.score, why))
    return found


def _like_nominees(nomination: Nomination, comparison: Comparison) -> list[Suspect]:
    """Compare with candidates that no accepted nomination stands for: those are found above."""
    rows = Nominee.objects.filter(
        campaign_id=nomination.campaign_id, status=Nominee.Status.CANDIDATE
    ).exclude(nominations__status=Nomination.Status.ACCEPTED)
    found = []
    for nominee in rows:
        likeness = comparison.with_(Subject(nominee.name, nominee.unit, nominee.story))
        if likeness.score >= LIKELY:
            why = _why(likeness)
            found.append(
                Suspect(
                    nomination_id=None,
                    nominee_id=nominee.pk,
                    name=nominee.name,
                    unit=nominee.unit,
                    text=nominee.story,
                    status_words=nominee.get_status_display(),
                    number=nominee.number,
                    likeness=likeness.score,
                    why=why,
                )
            )
    return found


def _why(likeness: Likeness) -> str:
    if likeness.name >= LIKELY and likeness.text >= LIKELY:
        return "both"
    return "name" if likeness.name >= likeness.text else "text"
