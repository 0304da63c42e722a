# SPDX-License-Identifier: Apache-2.0
"""Whose shares open a campaign's ballots, and how far that is prepared."""

from dataclasses import dataclass
from datetime import datetime

from minyi.ledger.models import SealingKey


@dataclass(frozen=True, slots=True)
class TrusteeRow:
    """A trustee as everybody may know them."""

    place: int
    name: str
    office: str


@dataclass(frozen=True, slots=True)
class KeyState:
    """The key of a campaign: public half, X25519 in hex, and what has been done with its shares."""

    public: str
    issue: int
    made_at: datetime
    rehearsed_at: datetime | None
    opened_at: datetime | None
    trustees: tuple[TrusteeRow, ...]


def find_key(campaign_id: int) -> KeyState | None:
    """Return the state of a campaign's key, or None where none was made."""
    key = SealingKey.objects.filter(campaign_id=campaign_id).first()
    if key is None:
        return None
    return KeyState(
        public=key.public,
        issue=key.issue,
        made_at=key.made_at,
        rehearsed_at=key.rehearsed_at,
        opened_at=key.opened_at,
        trustees=tuple(TrusteeRow(one.place, one.name, one.office) for one in key.trustees.all()),
    )
