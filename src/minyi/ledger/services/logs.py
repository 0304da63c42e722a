# SPDX-License-Identifier: Apache-2.0
"""The one way in for everything but ballots: our acts are written into the log, each once.

    open_log      makes key and folder when the campaign is launched; nothing is in the log yet
    catch_up      begins the log with its manifest, and brings in what the table of ballots holds
    put           promises an entry in the caller's transaction; it is written right after it
    append        writes an entry at once
    close_vote    writes the close, after every ballot
    publish_key   writes the key of sealed choices, after the close

An entry that was put is written when the transaction has ended, and by the worker (topic
`ledger.append`) should that fail. Lock order: transaction, lease of the round, folder.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

import structlog
import votelog
from django.conf import settings
from django.db import transaction
from votelog import LogWriter, Signer, VotelogError, encode_canonical

from ballotbox.logkeys import KeyUnusable, make_signer, read_signer
from ballotbox.sealing import WAIT_S, RoundLog
from ballotbox.store import LogRow, StoreUnavailable
from minyi.core import outbox
from minyi.ledger import folders
from minyi.ledger.errors import LogNotBegun, LogNotFound, LogUnwritable
from minyi.ledger.models import Log, LogEntry
from minyi.ledger.queries.logs import Tally, tally
from minyi.ledger.store import DjangoStore, wait_for_batches

from . import witnesses

TOPIC = "ledger.append"
COUNTING_CODE = ("_recount.py", "_opening.py", "_choices.py", "_hpke.py")
MOST_NAMES = 1_000  # under so many names a folder is tried before we give up

log = structlog.get_logger("minyi.ledger")


@transaction.atomic
def open_log(*, name: str, round_id: int, origin: Callable[[str], str], now: datetime) -> Log:
    """Make the log of a round: its key is known from now on, its first entry comes later.

    Its folder is called `name`, or `name-2` … where the files of another log lie there.
    `origin` gives the log's name in the world for a folder. Asked twice, the first stands.
    """
    found = Log.objects.filter(round_id=round_id).first()
    if found is not None:
        return found
    folder = _free_folder(name)
    with _told_as_unwritable():
        signer = _signer_of(folder, origin(folder))
    return Log.objects.create(
        folder=folder,
        round_id=round_id,
        origin=signer.name,
        vkey=signer.verifier.vkey(),
        opened_at=now,
    )


def catch_up(*, folder: str, manifest: str) -> None:
    """Begin the log with this manifest if need be, and bring in every ballot of the table."""
    row = _get(folder)
    store = DjangoStore()
    with _told_as_unwritable(), store.lease(row.round_id):
        found = RoundLog(store, *_place_and_key(), LogRow(row.round_id, folder, manifest))
        try:
            found.catch_up()
        finally:
            found.close()


@transaction.atomic
def put(*, folder: str, key: str, entry: Mapping[str, object], now: datetime) -> None:
    """Promise an entry, in the caller's transaction; put twice under one key is once."""
    row = _get(folder)
    _made, is_new = LogEntry.objects.get_or_create(
        log=row,
        key=key,
        defaults={
            "kind": str(entry["type"]),
            "text": encode_canonical(dict(entry)).decode(),
            "since": folders.read_size(folder),
            "at": now,
        },
    )
    if is_new:
        outbox.send(topic=TOPIC, key=f"{row.pk}:{key}", payload={"folder": folder}, now=now)
        transaction.on_commit(partial(_write_soon, folder), robust=True)


def write_waiting(*, folder: str) -> None:
    """Write every entry that was put and is not in the log yet; they wait for it to begin."""
    row = _get(folder)
    if not row.entries.filter(index=None).exists() or not folders.has_begun(folder):
        return
    with transaction.atomic(), DjangoStore().lease(row.round_id):
        waiting = list(row.entries.select_for_update().filter(index=None).order_by("id"))
        if not waiting:
            return  # somebody has written them while we waited for the lease
        with _writing(folder) as writer:
            for entry in waiting:
                found = _find(folder, entry.text.encode(), entry.since, writer.size)
                entry.index = _append(writer, entry.text.encode()) if found is None else found
                entry.save(update_fields=["index"])
            witnesses.ask_soon(row=row, size=writer.size, now=waiting[-1].at)


def append(*, folder: str, entry: Mapping[str, object], now: datetime) -> int:
    """Write an entry at once and return its index. It stays, whatever becomes of the caller.

    Raises LogNotBegun, LogUnwritable.
    """
    row = _get(folder)
    text = encode_canonical(dict(entry))
    with DjangoStore().lease(row.round_id), _writing(folder) as writer:
        index = _append(writer, text)
        witnesses.ask_soon(row=row, size=writer.size, now=now)
    log.info("ledger_appended", folder=folder, kind=entry["type"], index=index, at=now.isoformat())
    return index


@transaction.atomic
def close_vote(*, folder: str, manifest: str, now: datetime) -> int:
    """Write the close after every ballot, once; return its index.

    The caller has made sure that voting is over: a batch under way is waited for, and the next
    one finds the round closed.
    """
    row = _get(folder)
    closed_at = tally(folder).closed_at
    if closed_at is not None:
        return closed_at
    wait_for_batches(row.round_id)
    catch_up(folder=folder, manifest=manifest)
    with DjangoStore().lease(row.round_id), _writing(folder) as writer:
        closed_at = tally(folder).closed_at  # nobody writes while we hold the folder
        if closed_at is not None:
            return closed_at
        entry = {
            "type": "close",
            "t": _ms(now),
            "size": writer.size,
            "tally_code": counting_code(),
        }
        index = _append(writer, encode_canonical(entry))
        witnesses.ask_soon(row=row, size=writer.size, now=now)
        return index


@transaction.atomic
def publish_key(*, folder: str, key: bytes, now: datetime) -> int | None:
    """Write the key of the sealed choices, once; None: they are open already.

    The caller has made sure that the vote is closed and that this is its key.
    """
    row = _get(folder)
    with DjangoStore().lease(row.round_id), _writing(folder) as writer:
        if not tally(folder).sealed:  # nobody writes while we hold the folder
            return None
        return _append(writer, encode_canonical({"type": "key", "t": _ms(now), "key": key.hex()}))


@transaction.atomic
def announce(*, folder: str, hour_ms: int, counted: Tally, now: datetime) -> None:
    """Write the count of an announced hour while choices are sealed, once for each hour."""
    row = _get(folder)
    with DjangoStore().lease(row.round_id), _writing(folder) as writer:
        state = tally(folder)
        if state.closed_at is not None or (state.announced and state.announced.hour >= hour_ms):
            return
        entry = {
            "type": "count",
            "t": _ms(now),
            "hour": hour_ms,
            "at": counted.size,
            "ballots": counted.ballots,
            "tally": dict(counted.votes),
        }
        _append(writer, encode_canonical(entry))


def counting_code() -> str:
    """Return the hash of the programme that counts: votelog's recount, to the byte."""
    sources = [Path(votelog.__file__).with_name(name) for name in COUNTING_CODE]
    return sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


@outbox.consumer(TOPIC)
def write_later(delivery: outbox.Delivery) -> None:
    """Write what was put, should it not have happened right after the transaction."""
    try:
        write_waiting(folder=str(delivery.payload["folder"]))
    except LogUnwritable as refused:
        raise outbox.Again(refused.detail) from refused


def _write_soon(folder: str) -> None:
    try:
        write_waiting(folder=folder)
    except LogUnwritable as refused:
        log.warning("ledger_entry_waits", folder=folder, reason=refused.detail)


def _get(folder: str) -> Log:
    found = Log.objects.filter(folder=folder).first()
    if found is None:
        raise LogNotFound
    return found


def _free_folder(name: str) -> str:
    """Return a folder of this name that holds no log; a log of an earlier life is left alone."""
    for number in range(1, MOST_NAMES):
        folder = name if number == 1 else f"{name[:54]}-{number}"
        if not folders.has_begun(folder) and not Log.objects.filter(folder=folder).exists():
            return folder
    raise LogUnwritable(reason=name)


def _signer_of(folder: str, origin: str) -> Signer:
    """Make the key of a log that has not begun; one left by a failed launch is used again."""
    path, key = folders.path_of(folder), settings.LEDGER_KEY.encode()
    try:
        return make_signer(path, origin, key=key)
    except FileExistsError:
        kept = read_signer(path, key)
        if kept.name == origin:
            return kept
        (path / ".writer" / "key").unlink()  # nothing has been signed with it
        return make_signer(path, origin, key=key)


@contextmanager
def _writing(folder: str) -> Iterator[LogWriter]:
    """Hold the folder of a log that has begun."""
    path = folders.path_of(folder)
    if folders.read_size(folder) == 0:
        raise LogNotBegun
    with _told_as_unwritable():
        signer = read_signer(path, settings.LEDGER_KEY.encode())
        with LogWriter.open(path, signer, wait_s=WAIT_S) as writer:
            yield writer


@contextmanager
def _told_as_unwritable() -> Iterator[None]:
    try:
        yield
    except (VotelogError, StoreUnavailable, KeyUnusable, OSError) as error:
        raise LogUnwritable(reason=str(error)) from error


def _append(writer: LogWriter, text: bytes) -> int:
    return writer.append([text]).start


def _find(folder: str, text: bytes, start: int, stop: int) -> int | None:
    """Return where these very bytes stand, should a crash have come after they were written."""
    entries = folders.read_entries(folder, start, stop)
    return next((index for index, raw in enumerate(entries, start) if raw == text), None)


def _place_and_key() -> tuple[Path, bytes]:
    return Path(settings.LEDGER_DIR), settings.LEDGER_KEY.encode()


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
