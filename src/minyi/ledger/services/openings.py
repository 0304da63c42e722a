# SPDX-License-Identifier: Apache-2.0
"""Opening the vault: one person asks, another allows, both are on record, and the public knows.

A look is for named ballots, a stated purpose and some hours. Only the two see what it shows, and
each time they look is an act of its own on the audit trail.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.clock import office_time
from minyi.core.errors import NotAllowed
from minyi.ledger.errors import (
    BallotsNeeded,
    HoursOutOfRange,
    OpeningDecided,
    OpeningNotAllowed,
    OpeningNotFound,
    OpeningOver,
    PurposeNeeded,
    SamePersonOpens,
)
from minyi.ledger.models import VaultOpening

from . import vaults
from .vaults import Person

ASK, ALLOW = "vault.ask", "vault.allow"
LEAST_PURPOSE = 10  # characters
MOST_BALLOTS = 50
MOST_HOURS = 72

State = VaultOpening.State


@dataclass(frozen=True, slots=True)
class NamedBallot:
    """A ballot as it was named (by receipt, or by its place in the log) and its tag."""

    name: str
    tag: str


@dataclass(frozen=True, slots=True)
class Opened:
    """A named ballot and who cast it; None: the vault has no row for it."""

    name: str
    person: Person | None


@transaction.atomic
def ask(
    *,
    campaign_id: int,
    agency_id: int,
    ballots: Sequence[NamedBallot],
    purpose: str,
    hours: int,
    actor: Actor,
    now: datetime,
) -> VaultOpening:
    """Ask to be shown who cast these ballots."""
    actor.check(ASK, agency_id)
    _check_is_a_person(actor)
    if not 1 <= len(ballots) <= MOST_BALLOTS:
        raise BallotsNeeded(most=MOST_BALLOTS)
    purpose = " ".join(purpose.split())[:300]
    if len(purpose) < LEAST_PURPOSE:
        raise PurposeNeeded(least=LEAST_PURPOSE)
    if not 1 <= hours <= MOST_HOURS:
        raise HoursOutOfRange(most=MOST_HOURS)
    opening = VaultOpening.objects.create(
        vault_id=vaults.vault_id_of(campaign_id),
        agency_id=agency_id,
        ballots=[[one.name, one.tag] for one in ballots],
        purpose=purpose,
        hours=hours,
        asked_by_id=int(actor.id),
        asked_at=now,
    )
    _record(opening, "asked", actor, now, purpose=purpose)
    return opening


@transaction.atomic
def allow(*, opening_id: int, folder: str, note: str, actor: Actor, now: datetime) -> VaultOpening:
    """Allow it, as another person than the one who asked; the public log of that folder says so.

    The log says that and how many ballots, not which and not whose.
    """
    opening = _lock_waiting(opening_id, actor)
    vaults.vault_id_of(opening.vault.campaign_id)
    opening.until = now + timedelta(hours=opening.hours)
    _decide(opening, State.ALLOWED, note, actor, now)
    if folder:
        vaults.put_event(
            folder=folder,
            what="vault_opened",
            key=f"vault_opened:{opening.pk}",
            now=now,
            ballots=len(opening.ballots),
            hours=opening.hours,
        )
    _record(opening, "allowed", actor, now, note=opening.note, until=office_time(opening.until))
    return opening


@transaction.atomic
def refuse(*, opening_id: int, note: str, actor: Actor, now: datetime) -> VaultOpening:
    """Do not allow it, and say why."""
    opening = _lock_waiting(opening_id, actor)
    _decide(opening, State.REFUSED, note, actor, now)
    _record(opening, "refused", actor, now, note=opening.note)
    return opening


@transaction.atomic
def look(*, opening_id: int, actor: Actor, now: datetime) -> list[Opened]:
    """Show who cast the named ballots, to the two who opened the vault and while it is open."""
    opening = _find(opening_id, actor)
    if opening.state != State.ALLOWED or opening.until is None:
        raise OpeningNotAllowed
    if actor.id not in {str(opening.asked_by_id), str(opening.decided_by_id)}:
        raise NotAllowed
    if now >= opening.until:
        raise OpeningOver(until=office_time(opening.until))
    tags = [tag for _name, tag in opening.ballots]
    people = vaults.find_people(campaign_id=opening.vault.campaign_id, tags=tags)
    _record(opening, "looked", actor, now)
    return [Opened(name, people.get(tag)) for name, tag in opening.ballots]


def _lock_waiting(opening_id: int, actor: Actor) -> VaultOpening:
    opening = _find(opening_id, actor, lock=True)
    actor.check(ALLOW, opening.agency_id)
    _check_is_a_person(actor)
    if opening.state != State.WAITING:
        raise OpeningDecided
    if str(opening.asked_by_id) == actor.id:
        raise SamePersonOpens
    return opening


def _find(opening_id: int, actor: Actor, *, lock: bool = False) -> VaultOpening:
    rows = VaultOpening.objects.visible_to(actor).select_related("vault")
    if lock:
        rows = rows.select_for_update(of=("self",))
    found: VaultOpening | None = rows.filter(pk=opening_id).first()
    if found is None:
        raise OpeningNotFound
    return found


def _decide(
    opening: VaultOpening, state: VaultOpening.State, note: str, actor: Actor, now: datetime
) -> None:
    opening.state = state
    opening.decided_by_id = int(actor.id)
    opening.decided_at = now
    opening.note = " ".join(note.split())[:300]
    opening.save()


def _check_is_a_person(actor: Actor) -> None:
    if actor.kind != "staff":
        raise NotAllowed


def _record(opening: VaultOpening, verb: str, actor: Actor, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=f"ledger.vault.{verb}",
        target=opening,
        now=now,
        agency_id=opening.agency_id,
        campaign=opening.vault.campaign_id,
        ballots=len(opening.ballots),
        **facts,
    )
