# SPDX-License-Identifier: Apache-2.0
"""How one voter's ballot stands, and their appeal; staff see the appeal and never the voter."""

from dataclasses import dataclass
from datetime import datetime

from ballotbox.sealing import Proof
from minyi.campaigns.models import Appeal
from minyi.campaigns.reasons import reason_words
from minyi.ledger.queries.logs import standing_of

from .ledgers import PublicLog
from .public import PublicCampaign


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
    """Whether the ballot counts, why not, and what became of the appeal."""

    place: int
    state: str
    reason: str
    appeal: OwnAppeal | None

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
    return OwnStanding(
        place=proof.index,
        state=standing.state,
        reason=reason_words(standing.rule) if standing.rule else "",
        appeal=_own(found) if found else None,
    )


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
