# SPDX-License-Identifier: Apache-2.0
"""How one voter's ballot stands, and their appeal; staff see the appeal and never the voter."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.timezone import localtime

from ballotbox.sealing import Proof
from minyi.campaigns.models import Appeal, Ruling
from minyi.campaigns.reasons import reason_words
from minyi.ledger.queries.logs import standing_of

from .ledgers import PublicLog
from .public import PublicCampaign
from .terms import RELEASE, term_of


@dataclass(frozen=True, slots=True)
class OwnAppeal:
    """An appeal as its voter reads it."""

    number: int
    state: str
    state_words: str
    answer: str
    filed_at: datetime
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class OwnStanding:
    """Whether the ballot counts, why not, and what became of the appeal.

    `counts_again_at`: when a held ballot counts again by itself. `returned_at`: when one that
    counts was let go by a ruling; None where nobody ever held it.
    """

    place: int
    state: str
    reason: str
    appeal: OwnAppeal | None
    counts_again_at: datetime | None = None
    returned_at: datetime | None = None

    @property
    def may_appeal(self) -> bool:
        return self.state in ("quarantined", "void") and self.appeal is None


def find_standing(
    *, campaign: PublicCampaign, log: PublicLog | None, proof: Proof | None
) -> OwnStanding | None:
    """Return how the voter's own ballot stands, once its log may be read."""
    if log is None or proof is None or campaign.voting is None:
        return None
    standing = standing_of(log.folder, proof.index)
    rows = Appeal.objects.filter(round_id=campaign.voting.round_id, place=proof.index)
    found = rows.order_by("-id").first()
    ruling = _last_ruling(campaign.voting.round_id, proof.index)
    return OwnStanding(
        place=proof.index,
        state=standing.state,
        reason=reason_words(standing.rule) if standing.rule else "",
        appeal=_own(found) if found else None,
        counts_again_at=_counts_again_at(ruling)
        if ruling and standing.state == "quarantined"
        else None,
        returned_at=_returned_at(ruling) if ruling and standing.state == "counted" else None,
    )


def _last_ruling(round_id: int, place: int) -> Ruling | None:
    """Return the newest ruling in force on the ballot at that place."""
    rows = Ruling.objects.filter(round=round_id, state=Ruling.State.IN_FORCE)
    newest = rows.select_related("round__campaign__agency__region").order_by("-id")
    return next(
        (one for one in newest if any(low <= place < high for low, high in one.ballots)), None
    )


def _counts_again_at(ruling: Ruling) -> datetime | None:
    if ruling.kind != Ruling.Kind.QUARANTINE:
        return None  # in force and not yet in the log, which is what the voter sees
    held_at = ruling.decided_at or ruling.proposed_at
    region = ruling.round.campaign.agency.region.code
    days = term_of(RELEASE, region_code=region, on=localtime(held_at).date())
    return held_at + timedelta(days=days)


def _returned_at(ruling: Ruling) -> datetime | None:
    is_back = ruling.kind in (Ruling.Kind.RELEASE, Ruling.Kind.RESTORE)
    return (ruling.decided_at or ruling.proposed_at) if is_back else None


def _own(row: Appeal) -> OwnAppeal:
    is_decided = row.decided_at is not None
    return OwnAppeal(
        number=row.number,
        state=row.state,
        state_words=row.get_state_display(),
        answer=row.answer if is_decided else "",
        filed_at=row.filed_at,
        decided_at=row.decided_at,
    )
