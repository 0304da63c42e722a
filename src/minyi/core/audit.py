# SPDX-License-Identifier: Apache-2.0
"""The one audit trail: every staff act ends here, in the transaction that did it."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime

import structlog
from django.db import connection, models, transaction

from .actors import Actor
from .acts import check_named
from .models import AuditEntry

GENESIS = "0" * 64
_CHAIN_LOCK = 0x6D696E7969  # «minyi»: one writer of the chain at a time on PostgreSQL


@transaction.atomic
def record(
    *,
    actor: Actor,
    act: str,
    target: models.Model,
    now: datetime,
    agency_id: int | None = None,
    **facts: object,
) -> AuditEntry:
    """Append one act to the trail.

    Call it inside the transaction of the act itself: both happen, or neither. `act` reads
    `app.noun.verb`. Facts must hold no personal data of citizens.
    """
    check_named(act)
    _lock_chain()
    last = AuditEntry.objects.order_by("-id").values_list("digest", flat=True).first()
    entry = AuditEntry(
        at=now,
        act=act,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_name=actor.name,
        agency_id=agency_id,
        target=f"{target._meta.label_lower}:{target.pk}",
        target_name=str(target)[:120],
        facts=json.loads(json.dumps(facts, default=str, ensure_ascii=False)),
        request_id=structlog.contextvars.get_contextvars().get("request_id", ""),
        previous=last or GENESIS,
    )
    entry.digest = digest_of(entry)
    entry.save()
    return entry


def digest_of(entry: AuditEntry) -> str:
    """Return the SHA-256, in hex, over the entry's content and the digest before it."""
    content: Mapping[str, object] = {
        "at": int(entry.at.timestamp() * 1_000_000),
        "act": entry.act,
        "actor": [entry.actor_kind, entry.actor_id, entry.actor_name],
        "agency": entry.agency_id,
        "target": [entry.target, entry.target_name],
        "facts": entry.facts,
        "request": entry.request_id,
        "previous": entry.previous,
    }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def find_break() -> AuditEntry | None:
    """Return the first entry that does not follow from the one before it, or None."""
    previous = GENESIS
    entries: Iterator[AuditEntry] = AuditEntry.objects.order_by("id").iterator()
    for entry in entries:
        if entry.previous != previous or entry.digest != digest_of(entry):
            return entry
        previous = entry.digest
    return None


def _lock_chain() -> None:
    """Let one transaction at a time read the last digest; SQLite's write lock does it already."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CHAIN_LOCK])
