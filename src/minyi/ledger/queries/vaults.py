# SPDX-License-Identifier: Apache-2.0
"""What may be known of an identity vault without opening it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from minyi.core.actors import Actor
from minyi.ledger.models import Vault, VaultOpening

State = VaultOpening.State


@dataclass(frozen=True, slots=True)
class OpeningLine:
    """A look into the vault: asked for, allowed or refused, and until when; never what it shows."""

    id: int
    campaign_id: int
    state: str
    state_words: str
    ballots: tuple[str, ...]  # as they were named
    purpose: str
    hours: int
    asked_by_id: int
    asked_by: str
    asked_at: datetime
    decided_by_id: int | None
    decided_by: str
    decided_at: datetime | None
    note: str
    until: datetime | None

    def is_open(self, now: datetime) -> bool:
        return self.state == State.ALLOWED and self.until is not None and now < self.until


@dataclass(frozen=True, slots=True)
class VaultState:
    """A campaign's vault; `cipher` is empty before it is made."""

    cipher: str
    destroyed_at: datetime | None
    openings: Sequence[OpeningLine]

    def is_in_use(self, now: datetime) -> bool:
        """Tell whether a look is waiting to be allowed, or under way."""
        return any(one.state == State.WAITING or one.is_open(now) for one in self.openings)


def read_vault(campaign_id: int) -> VaultState:
    """Return the state of a campaign's vault."""
    vault = Vault.objects.filter(campaign_id=campaign_id).first()
    if vault is None:
        return VaultState("", None, ())
    rows = vault.openings.select_related("vault", "asked_by", "decided_by")
    return VaultState(vault.cipher, vault.destroyed_at, tuple(_line(row) for row in rows))


def destroyed_of(campaign_ids: Sequence[int]) -> frozenset[int]:
    """Return those of these campaigns whose vault is destroyed."""
    rows = Vault.objects.filter(campaign_id__in=campaign_ids, destroyed_at__isnull=False)
    return frozenset(rows.values_list("campaign_id", flat=True))


def list_openings(actor: Actor) -> list[OpeningLine]:
    """Return the looks of the actor's agencies, newest first."""
    rows = VaultOpening.objects.visible_to(actor)
    return [_line(row) for row in rows.select_related("vault", "asked_by", "decided_by")[:200]]


def find_opening(opening_id: int, actor: Actor) -> OpeningLine | None:
    """Return one look of the actor's agencies."""
    rows = VaultOpening.objects.visible_to(actor).select_related("vault", "asked_by", "decided_by")
    row = rows.filter(pk=opening_id).first()
    return _line(row) if row else None


def _line(row: VaultOpening) -> OpeningLine:
    return OpeningLine(
        id=row.pk,
        campaign_id=row.vault.campaign_id,
        state=row.state,
        state_words=row.get_state_display(),
        ballots=tuple(name for name, _tag in row.ballots),
        purpose=row.purpose,
        hours=row.hours,
        asked_by_id=row.asked_by_id,
        asked_by=str(row.asked_by),
        asked_at=row.asked_at,
        decided_by_id=row.decided_by_id,
        decided_by=str(row.decided_by) if row.decided_by else "",
        decided_at=row.decided_at,
        note=row.note,
        until=row.until,
    )
