# SPDX-License-Identifier: Apache-2.0
"""What one citizen may see of their own: that they voted, and what became of their nominations.

Never what they picked: whoever can look it up can be made to show it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from ballotbox.rules import day_in_china
from minyi.campaigns.models import Ballot, Campaign, Nomination


@dataclass(frozen=True, slots=True)
class OwnBallot:
    """That a ballot was received; not what is on it."""

    id: int
    receipt: str
    cast_at: datetime


@dataclass(frozen=True, slots=True)
class OwnNomination:
    """A nomination and how far it has come."""

    name: str
    unit: str
    status: str
    status_words: str
    reason: str
    sent_at: datetime
    decided_at: datetime | None
    nominee_number: int | None


def find_ballot(
    *, round_id: int, voter_ref: str, frequency: str, now: datetime
) -> OwnBallot | None:
    """Return the voter's ballot of the present period (today, or the whole campaign), if any."""
    is_daily = frequency == Campaign.Frequency.DAY
    period = day_in_china(int(now.timestamp() * 1000)) if is_daily else ""
    return _ballot(voter_ref, round_id=round_id, period=period)


def find_receipt(*, round_id: int, voter_ref: str, receipt: str) -> OwnBallot | None:
    """Return the voter's ballot with that receipt; the receipt of somebody else is none."""
    return _ballot(voter_ref, round_id=round_id, receipt=receipt)


def list_nominations(*, campaign_id: int, citizen_id: str) -> list[OwnNomination]:
    """Return the citizen's own nominations, newest first."""
    rows = (
        Nomination.objects.filter(campaign_id=campaign_id, by_citizen_id=UUID(citizen_id))
        .select_related("nominee")
        .order_by("-id")
    )
    return [
        OwnNomination(
            name=row.name,
            unit=row.unit,
            status=row.status,
            status_words=row.get_status_display(),
            reason=row.status_reason,
            sent_at=row.sent_at,
            decided_at=row.decided_at,
            nominee_number=row.nominee.number if row.nominee else None,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class NominationAnywhere:
    """A nomination in any campaign, and how far it has come."""

    campaign: str
    slug: str
    name: str
    status_words: str
    reason: str
    sent_at: datetime
    decided_at: datetime | None


def list_all_nominations(*, citizen_id: str) -> list[NominationAnywhere]:
    """Return the citizen's nominations in the public campaigns, newest first."""
    rows = (
        Nomination.objects.filter(
            by_citizen_id=UUID(citizen_id), campaign__in=Campaign.objects.public()
        )
        .select_related("campaign")
        .order_by("-id")
    )
    return [
        NominationAnywhere(
            campaign=row.campaign.title,
            slug=row.campaign.slug,
            name=row.name,
            status_words=row.get_status_display(),
            reason=row.status_reason,
            sent_at=row.sent_at,
            decided_at=row.decided_at,
        )
        for row in rows
    ]


def _ballot(voter_ref: str, **identifying: object) -> OwnBallot | None:
    if not voter_ref:  # the vault is destroyed: whose ballot it was, nobody can tell any more
        return None
    found = (
        Ballot.objects.filter(voter_ref=voter_ref, **identifying)
        .order_by("-id")
        .values_list("id", "receipt", "cast_ms")
        .first()
    )
    if found is None:
        return None
    ballot_id, receipt, cast_ms = found
    return OwnBallot(ballot_id, receipt, datetime.fromtimestamp(cast_ms / 1000, tz=UTC))
