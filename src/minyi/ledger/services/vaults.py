# SPDX-License-Identifier: Apache-2.0
"""The identity vault of a campaign: made with its ballot paper, fed by tickets, ended (ADR 17).

references   a person's tag, and other pseudonyms, by the campaign's own key
enrol        makes a tag and writes down who stands behind it, once
find_people  reads it again; only `openings` and the sample ask
read_people  reads it row by row; only its end asks, to remember how often accounts took part
destroy      ends keys and rows for good
rewrap       takes another master key
"""

import hashlib
import hmac
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils import timezone

from minyi.core import audit
from minyi.core.actors import SYSTEM
from minyi.core.clock import office_time
from minyi.ledger.errors import VaultDamaged, VaultDestroyed, VaultLocked
from minyi.ledger.models import Vault, VaultRow
from minyi.ledger.vaultkeys import (
    TAG_KEY_BYTES,
    FieldKey,
    Unreadable,
    make_key,
    name_of,
    place_of,
    wrapping_key,
)

from . import logs

TAG = "tag/v1"
REFERENCE_BYTES = 16
DELETED_AT_ONCE = 5_000
_KEYS_ROW = "keys"

log = structlog.get_logger("minyi.ledger")


@dataclass(frozen=True, slots=True)
class Person:
    """Who somebody is in one channel's account: what the tag is made of."""

    channel: str
    account: str
    subject: str

    def __str__(self) -> str:
        return f"{self.channel}:{self.account}:{self.subject}"


@dataclass(frozen=True, slots=True)
class _Keys:
    vault_id: int
    data: FieldKey
    tag: bytes = field(repr=False)


def references(*labels: str, campaign_id: int, person: Person) -> list[str]:
    """Return pseudonyms of this person in this campaign, one a label: 32 hex digits each.

    HMAC-SHA256(kt, label ‖ LF ‖ campaign ‖ LF ‖ person)[:16], docs/protocol/log-format.md §6.2.
    Raises VaultDestroyed, VaultLocked.
    """
    keys = _keys_of(campaign_id)
    return [_reference(keys, label, campaign_id, person) for label in labels]


def tag_of(*, campaign_id: int, person: Person) -> str:
    """Return what stands for this person on the ballots of this campaign."""
    return references(TAG, campaign_id=campaign_id, person=person)[0]


def tag_key_hash(campaign_id: int) -> str:
    """Return H(kt), which entry 0 of the public log holds."""
    return hashlib.sha256(_keys_of(campaign_id).tag).hexdigest()


def vault_id_of(campaign_id: int) -> int:
    """Return the number of a campaign's vault; raise VaultDestroyed."""
    return int(_vault_of(campaign_id).pk)


def is_destroyed(campaign_id: int) -> bool:
    """Tell whether nobody can know any more who stands behind the tags of this campaign."""
    return Vault.objects.filter(campaign_id=campaign_id, destroyed_at__isnull=False).exists()


def enrol(*, campaign_id: int, person: Person) -> tuple[str, bool]:
    """Return this person's tag, and whether it is the first time that it is asked for.

    Who stands behind it is written down then. Raises VaultDestroyed, VaultLocked.
    """
    keys = _keys_of(campaign_id)
    tag = _reference(keys, TAG, campaign_id, person)
    if VaultRow.objects.filter(vault_id=keys.vault_id, tag=tag).exists():
        return tag, False
    row = VaultRow(
        vault_id=keys.vault_id,
        tag=tag,
        **{
            name: keys.data.seal(getattr(person, name).encode(), place_of(campaign_id, tag, name))
            for name in Person.__slots__
        },
    )
    VaultRow.objects.bulk_create([row], ignore_conflicts=True)  # two pages at once: one row
    return tag, True


def find_people(*, campaign_id: int, tags: Iterable[str]) -> Mapping[str, Person]:
    """Return who stands behind these tags, as far as there are rows.

    Raises VaultDestroyed, VaultLocked; VaultDamaged where a row is not what was written there.
    """
    keys = _keys_of(campaign_id)
    rows = VaultRow.objects.filter(vault_id=keys.vault_id, tag__in=list(tags))
    return {row.tag: _read(row, campaign_id, keys) for row in rows}


def read_people(*, campaign_id: int, after: int, most: int) -> list[tuple[int, str, Person]]:
    """Return row, tag and person of the next rows after that one; only the vault's end asks.

    Raises VaultDestroyed, VaultLocked, VaultDamaged.
    """
    keys = _keys_of(campaign_id)
    rows = VaultRow.objects.filter(vault_id=keys.vault_id, pk__gt=after).order_by("pk")[:most]
    return [(row.pk, row.tag, _read(row, campaign_id, keys)) for row in rows]


def destroy(*, campaign_id: int, folder: str, now: datetime) -> None:
    """End keys and rows of a vault, and say so in the log of that folder (blank: it has none).

    The keys go first, in one transaction with the entry; from then on the rows are noise, and are
    deleted bit by bit. Called again it goes on where it stopped.
    """
    overwrite_deleted(connection)
    with transaction.atomic():
        vault = Vault.objects.select_for_update().filter(campaign_id=campaign_id).first()
        if vault is None:
            return
        if vault.destroyed_at is None:
            voters = vault.rows.count()
            vault.data_key, vault.tag_key, vault.master = b"", b"", ""
            vault.destroyed_at = now
            vault.save()
            if folder:
                put_event(folder=folder, what="vault_destroyed", now=now)
            audit.record(
                actor=SYSTEM, act="ledger.vault.destroyed", target=vault, now=now, voters=voters
            )
    while ids := list(vault.rows.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        VaultRow.objects.filter(pk__in=ids).delete()
    log.info("vault_destroyed", campaign=campaign_id)


def put_event(*, folder: str, what: str, now: datetime, key: str = "", **facts: object) -> None:
    """Put on public record that something happened to the vault; never who it was about."""
    entry = {"type": "event", "t": round(now.timestamp() * 1000), "what": what, **facts}
    logs.put(folder=folder, key=key or what, entry=entry, now=now)


def rewrap() -> int:
    """Wrap every data key with the present master key; return how many had another.

    The one they had must be in the settings too (VAULT_KEY_OLD). No row is touched.
    Raises VaultLocked: a vault is wrapped by neither; then nothing is changed.
    """
    with transaction.atomic():
        others = Vault.objects.select_for_update().filter(destroyed_at__isnull=True)
        vaults = list(others.exclude(master=name_of(settings.VAULT_KEY)))
        for vault in vaults:
            _wrap(vault, _unwrap(vault))
            vault.save(update_fields=["data_key", "master"])
    return len(vaults)


def _reference(keys: _Keys, label: str, campaign_id: int, person: Person) -> str:
    message = f"{label}\n{campaign_id}\n{person}".encode()
    return hmac.new(keys.tag, message, hashlib.sha256).digest()[:REFERENCE_BYTES].hex()


def _keys_of(campaign_id: int) -> _Keys:
    """Return the keys of a campaign's vault, made on first use.

    Read each time and kept nowhere: destroyed means forgotten by every process at once.
    """
    vault = _vault_of(campaign_id)
    data = _unwrap(vault)
    place = place_of(campaign_id, _KEYS_ROW, "tag_key")
    try:
        return _Keys(vault.pk, data, data.open(bytes(vault.tag_key), place))
    except Unreadable as error:
        raise VaultDamaged from error


def _vault_of(campaign_id: int) -> Vault:
    found = Vault.objects.filter(campaign_id=campaign_id).first()
    if found is None:
        made = _make_vault(campaign_id)
        Vault.objects.bulk_create([made], ignore_conflicts=True)
        found = Vault.objects.get(campaign_id=campaign_id)  # ours, or that of another process
    if found.destroyed_at is not None:
        raise VaultDestroyed(at=office_time(found.destroyed_at))
    return found


def _make_vault(campaign_id: int) -> Vault:
    data = make_key(settings.VAULT_CIPHER)
    vault = Vault(campaign_id=campaign_id, cipher=data.cipher, made_at=timezone.now())
    _wrap(vault, data)
    place = place_of(campaign_id, _KEYS_ROW, "tag_key")
    vault.tag_key = data.seal(os.urandom(TAG_KEY_BYTES), place)
    return vault


def _wrap(vault: Vault, data: FieldKey) -> None:
    place = place_of(vault.campaign_id, _KEYS_ROW, "data_key")
    vault.data_key = wrapping_key(settings.VAULT_KEY, vault.cipher).seal(data.key, place)
    vault.master = name_of(settings.VAULT_KEY)


def _unwrap(vault: Vault) -> FieldKey:
    place = place_of(vault.campaign_id, _KEYS_ROW, "data_key")
    for master in filter(None, (settings.VAULT_KEY, settings.VAULT_KEY_OLD)):
        if name_of(master) == vault.master:
            try:
                opened = wrapping_key(master, vault.cipher).open(bytes(vault.data_key), place)
            except Unreadable as error:
                raise VaultDamaged from error
            return FieldKey(vault.cipher, opened)
    raise VaultLocked


def _read(row: VaultRow, campaign_id: int, keys: _Keys) -> Person:
    try:
        fields = {
            name: keys.data.open(bytes(getattr(row, name)), place_of(campaign_id, row.tag, name))
            for name in Person.__slots__
        }
    except Unreadable as error:
        raise VaultDamaged from error
    return Person(**{name: text.decode() for name, text in fields.items()})


def overwrite_deleted(database: BaseDatabaseWrapper) -> None:
    """Let SQLite overwrite what it deletes; PostgreSQL frees it with the next VACUUM."""
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def empty_journal(database: BaseDatabaseWrapper) -> bool:
    """Cut SQLite's write-ahead log off, where pages as they were still lie.

    False: somebody reads just now. It must not wait long: nobody else can write meanwhile.
    """
    if database.vendor != "sqlite" or database.in_atomic_block:
        return True
    with database.cursor() as cursor:
        (patience,) = cursor.execute("PRAGMA busy_timeout").fetchone()
        cursor.execute("PRAGMA busy_timeout = 500")
        try:
            is_busy, *_pages = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {int(patience)}")
    return not is_busy
