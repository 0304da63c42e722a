# SPDX-License-Identifier: Apache-2.0
"""Ballots received, counted, held and struck out, by reason: a fold over the public log."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from minyi.campaigns.models import Appeal, Ruling
from minyi.campaigns.reasons import reason_words
from minyi.ledger.queries.logs import tally

from .counts import CountsHidden, LogMark, published_counts
from .ledgers import find_public_log
from .public import PublicCampaign

RULINGS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Reason:
    """How many ballots one rule holds back now."""

    code: str
    words: str
    quarantined: int
    void: int


@dataclass(frozen=True, slots=True)
class ShownRuling:
    """A ruling as the public reads it: what, how many, why, on which evidence; no name."""

    kind: str
    words: str
    ballots: int
    reason: str
    evidence: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Appeals:
    """How many appeals there were and what became of them."""

    filed: int
    open: int
    upheld: int
    dismissed: int


@dataclass(frozen=True, slots=True)
class PublicCounts:
    """`raw` = `valid` + `quarantined` + `void`, all at the checkpoint `mark`.

    `mark` is None where the campaign has no log: every ballot counts there.
    """

    raw: int
    valid: int
    quarantined: int
    void: int
    reasons: tuple[Reason, ...]
    rulings: tuple[ShownRuling, ...]
    appeals: Appeals
    mark: LogMark | None
    as_of: datetime


def public_counts(*, campaign: PublicCampaign, now: datetime) -> PublicCounts | CountsHidden:
    """Return what everybody may know of how ballots were treated, or why nothing yet.

    While counts are hidden, or follow announced hours, the log is not public and neither is this.
    """
    counts = published_counts(campaign_id=campaign.id, now=now)
    if isinstance(counts, CountsHidden):
        return counts
    log = find_public_log(campaign=campaign, now=now)
    if log is None:
        if counts.next_at is not None:  # what was cast since the last announced hour is hidden
            return CountsHidden(campaign.count_mode, counts.next_at)
        none = Appeals(0, 0, 0, 0)
        return PublicCounts(counts.ballots, counts.ballots, 0, 0, (), (), none, None, counts.as_of)
    if not log.is_open:
        return CountsHidden(campaign.count_mode, log.opens_at)
    found = tally(log.folder)
    codes = sorted({*found.quarantined_by_rule, *found.void_by_rule})
    return PublicCounts(
        raw=found.ballots + found.quarantined + found.void,
        valid=found.ballots,
        quarantined=found.quarantined,
        void=found.void,
        reasons=tuple(
            Reason(
                code,
                reason_words(code),
                found.quarantined_by_rule.get(code, 0),
                found.void_by_rule.get(code, 0),
            )
            for code in codes
        ),
        rulings=_rulings(campaign.id),
        appeals=count_appeals(campaign.id),
        mark=LogMark(log.folder, found.size, found.root),
        as_of=now,
    )


def count_appeals(campaign_id: int) -> Appeals:
    """Return how many appeals a campaign has had, by outcome."""
    rows = Appeal.objects.filter(round__campaign_id=campaign_id).order_by()
    by_state = dict(rows.values_list("state").annotate(Count("pk")))
    upheld = by_state.pop(Appeal.State.UPHELD, 0)
    dismissed = by_state.pop(Appeal.State.DISMISSED, 0)
    still = sum(by_state.values())
    return Appeals(still + upheld + dismissed, still, upheld, dismissed)


def struck_by(*, round_id: int, user_id: int) -> list[tuple[int, int]]:
    """Return the ballots that this person has had held or struck out: ranges of places."""
    had_a_hand = Q(proposed_by_id=user_id) | Q(decided_by_id=user_id)
    kinds = (Ruling.Kind.QUARANTINE, Ruling.Kind.VOID)
    rows = Ruling.objects.filter(had_a_hand, round_id=round_id, kind__in=kinds)
    in_force = rows.filter(state=Ruling.State.IN_FORCE).values_list("ballots", flat=True)
    return [(low, high) for ballots in in_force for low, high in ballots]


def strikers_of(campaign_id: int) -> set[int]:
    """Return everybody who has had ballots of a campaign held or struck out."""
    kinds = (Ruling.Kind.QUARANTINE, Ruling.Kind.VOID)
    rows = Ruling.objects.filter(round__campaign_id=campaign_id, kind__in=kinds)
    in_force = rows.filter(state=Ruling.State.IN_FORCE).order_by()
    pairs = in_force.values_list("proposed_by_id", "decided_by_id").distinct()
    return {person for pair in pairs for person in pair if person is not None}


def is_among(place: int, ranges: Iterable[tuple[int, int]]) -> bool:
    """Tell whether a place in the log lies in one of these half-open ranges."""
    return any(low <= place < high for low, high in ranges)


def _rulings(campaign_id: int) -> tuple[ShownRuling, ...]:
    rows = Ruling.objects.filter(round__campaign_id=campaign_id, state=Ruling.State.IN_FORCE)
    latest = rows.select_related("evidence").order_by("-id")[:RULINGS_SHOWN]
    return tuple(
        ShownRuling(
            kind=row.kind,
            words=row.get_kind_display(),
            ballots=row.ballot_count,
            reason=reason_words(row.rule),
            evidence=row.evidence.sha256,
            at=row.decided_at or row.proposed_at,
        )
        for row in latest
    )
