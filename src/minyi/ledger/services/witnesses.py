# SPDX-License-Identifier: Apache-2.0
"""Witnesses outside: named before a vote opens, sent every checkpoint, and never waited for.

    name_witnesses   writes the policy file; entry 0 has its hash, so it stays as it is
    ask_witnesses    sends a log's newest checkpoint to those who lack it, keeps what they sign

The worker looks every LOOK at all logs (topic `ledger.witness`, the message called `tick`), and at
once after a close, a result or another act. A witness that is down is asked again after a pause
that grows; one that refuses is shown with its reason. Neither stops anything. ADR 18.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from ipaddress import IPv6Address, ip_address

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from votelog import (
    FolderSource,
    Rejected,
    Signature,
    Unavailable,
    VotelogError,
    cosigned_at,
    join_note,
    parse_cosigner_vkey,
    parse_policy,
    peek_checkpoint,
    request_cosignature,
    split_note,
)

from minyi.core import outbox
from minyi.core.clock import OFFICE_TIME
from minyi.ledger import folders
from minyi.ledger.models import Log, LogWitness, Witness
from minyi.ledger.queries.witnesses import quorum_of

TOPIC = "ledger.witness"
TICK = "tick"
CHANGED = "ledger.witnesses_changed"
LOOK = timedelta(seconds=15)
EVERY = timedelta(seconds=60)  # how often one witness is sent a growing log
LONGEST_PAUSE = timedelta(minutes=10)
LEASE = timedelta(seconds=45)  # longer than one witness can keep us
TIMEOUT_S = 5.0
AT_ONCE = 8  # witnesses asked at one time

State = LogWitness.State
log = structlog.get_logger("minyi.ledger")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What came of asking one witness."""

    row: LogWitness
    line: Signature | None
    state: str
    refusal: str = ""


@transaction.atomic
def name_witnesses(*, folder: str, url: str, agency_id: int, now: datetime) -> str:
    """Name the witnesses of a log that has not begun; return its policy file.

    More than half of them are the quorum: two histories would then need one witness that has
    signed both. Those are named whose time is now; called again, it names them anew.
    """
    row = Log.objects.get(folder=folder)
    chosen = list(_serving(Witness.objects.filter(agency_id=agency_id), _day(now)))
    row.witnesses.exclude(witness__in=chosen).delete()
    for witness in chosen:
        LogWitness.objects.get_or_create(log=row, witness=witness, defaults={"next_at": now})
    if chosen:
        outbox.send(topic=TOPIC, key=TICK, payload={}, now=now)
        outbox.send_again(topic=TOPIC, key=TICK, now=now)
    return policy_text(vkey=row.vkey, url=url, witnesses=chosen)


def announce_change(*, agency_id: int, now: datetime) -> None:
    """Tell, in the caller's transaction, that the witnesses of an agency have changed.

    Votes that have not opened print their policy again (`campaigns.services.rounds`).
    """
    outbox.send(
        topic=CHANGED,
        key=f"{agency_id}:{now.timestamp()}",
        payload={"agency": agency_id},
        now=now,
    )


def policy_text(*, vkey: str, url: str, witnesses: Sequence[Witness]) -> str:
    """Return a policy file (C2SP tlog-policy); it names no addresses of witnesses."""
    rows = [f"log {vkey} {url}"]
    names = []
    for number, witness in enumerate(witnesses, start=1):
        names.append(f"w{number}")
        rows += [f"# {witness.organisation}", f"witness w{number} {witness.vkey}"]
    if not names:
        return "\n".join([*rows, "quorum none", ""])
    group = f"group witnesses {quorum_of(len(names))} {' '.join(names)}"
    return "\n".join([*rows, group, "quorum witnesses", ""])


def ask_soon(*, row: Log, size: int, now: datetime) -> None:
    """Have the witnesses of a log asked now, in the caller's transaction: something was decided."""
    if row.witnesses.exists():
        payload = {"folder": row.folder}
        outbox.send(topic=TOPIC, key=f"{row.pk}:{size}", payload=payload, now=now)


def ask_witnesses(*, folder: str, now: datetime, at_once: bool = False) -> None:
    """Send a log's newest checkpoint to each of its witnesses that lacks it; keep what they sign.

    `at_once` asks also those whose turn is later.
    """
    note = _note_to_show(folder, now)
    if not note:
        return
    rows = _to_ask(now).filter(log__folder=folder)
    if not at_once:
        rows = rows.filter(next_at__lte=now)
    size = peek_checkpoint(note).size
    lacking = [row for row in rows if row.size < size and _claim(row, now)]
    if not lacking:
        _rest(folder, now)
        return
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="witness") as pool:
        answers = list(pool.map(lambda row: _ask(row, note), lacking))
    for answer in filter(None, answers):
        _keep(answer, note, now)


@outbox.consumer(TOPIC)
def ask_later(delivery: outbox.Delivery) -> None:
    """Ask for one log, or, as the tick, for all whose turn it is; the tick comes back for ever."""
    folder = str(delivery.payload.get("folder", ""))
    if folder:
        ask_witnesses(folder=folder, now=delivery.now, at_once=True)
        return
    due = _to_ask(delivery.now).filter(next_at__lte=delivery.now)
    for found in due.order_by().values_list("log__folder", flat=True).distinct():
        ask_witnesses(folder=found, now=delivery.now)
    raise outbox.Later(delivery.now + LOOK, reason="asks again and again")


def _to_ask(now: datetime) -> "QuerySet[LogWitness]":
    today = _day(now)
    rows = LogWitness.objects.select_related("log", "witness")
    return rows.filter(Q(witness__until=None) | Q(witness__until__gte=today))


def _serving(rows: "QuerySet[Witness]", today: date) -> "QuerySet[Witness]":
    return rows.filter(Q(until=None) | Q(until__gte=today), since__lte=today).order_by("id")


def _note_to_show(folder: str, now: datetime) -> bytes:
    """Return the newest checkpoint that outsiders may see; empty before the log begins.

    A size tells the turnout. While that is hidden, witnesses see entry 0, the rules, and no more.
    """
    since = folders.read_public_from(folder)
    if since is not None and since <= now.timestamp() * 1000:
        return folders.read_note(folder)
    return folders.read_note(folder, "checkpoints/1")


def _claim(row: LogWitness, now: datetime) -> bool:
    """Take the turn to ask this witness; False: another worker has it."""
    mine = LogWitness.objects.filter(pk=row.pk, next_at=row.next_at)
    return bool(mine.update(next_at=now + LEASE, asked_at=now))


def _ask(row: LogWitness, note: bytes) -> _Asked | None:
    """Ask one witness; runs in a thread and touches no database.

    None: another worker has shown it a newer checkpoint meanwhile, and keeps what it signed.
    """
    try:
        line = request_cosignature(
            url=row.witness.url,
            witness=parse_cosigner_vkey(row.witness.vkey),
            source=FolderSource(folders.path_of(row.log.folder)),
            checkpoint=peek_checkpoint(note),
            note=note,
            old=row.size,
            timeout_s=TIMEOUT_S,
            check_peer=_check_peer,
        )
    except Unavailable:
        return _Asked(row, None, State.DOWN)
    except VotelogError as refused:
        if refused.code == "rolled_back" and _holds(row.log.folder, refused.facts["old"]):
            return None
        code = str(refused.facts.get("status", refused.code))
        return _Asked(row, None, State.REFUSED, code)
    return _Asked(row, line, State.GOOD)


def _holds(folder: str, size: object) -> bool:
    """Tell whether the log is at least as long now as the witness has seen it."""
    return isinstance(size, int) and peek_checkpoint(folders.read_note(folder)).size >= size


def _check_peer(address: str) -> None:
    """Refuse to speak to ourselves: a witness is another machine. Private networks are fine."""
    if settings.WITNESSES_MAY_BE_LOCAL:
        return
    found = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    if found.is_loopback or found.is_link_local or found.is_multicast or found.is_unspecified:
        raise Rejected("witness_refused", status="local", words=address)


@transaction.atomic
def _keep(answer: _Asked, note: bytes, now: datetime) -> None:
    """Keep a cosignature, first in its file and then in the row; or how asking failed.

    Whoever dies in between is told by the witness where it stands (409), and asks again.
    """
    row = LogWitness.objects.select_for_update().get(pk=answer.row.pk)
    row.state, row.refusal = answer.state, answer.refusal
    if answer.line is None:
        row.failures += 1
        row.next_at = now + min(EVERY * (1 << min(row.failures - 1, 10)), LONGEST_PAUSE)
        facts = {"witness": row.witness_id, "state": row.state, "refusal": row.refusal}
        log.warning("witness_missing", folder=row.log.folder, **facts)
    else:
        Log.objects.select_for_update().get(pk=row.log_id)  # one at a time adds its line to a file
        size = _add_line(row.log, note, answer.line)
        row.size = max(row.size, size)
        row.cosigned_at = datetime.fromtimestamp(cosigned_at(answer.line.signature), UTC)
        row.failures = 0
        row.next_at = now + EVERY
    row.save(update_fields=["state", "refusal", "failures", "next_at", "size", "cosigned_at"])


def _add_line(row: Log, note: bytes, line: Signature) -> int:
    """Write the checkpoint with one more cosignature beside the log; return its size."""
    head = peek_checkpoint(note)
    text, plain = split_note(note)
    name = f"checkpoints/{head.size}"
    kept = folders.read_signed(row.folder, name)
    present = split_note(kept)[1] if kept.startswith(text) else plain
    others = [one for one in present if (one.name, one.key_id) != (line.name, line.key_id)]
    signed = join_note(text, [*others, line])
    folders.write_cosigned(row.folder, str(head.size), signed)
    newest = folders.read_signed(row.folder, "cosigned")
    if _has_quorum(row, signed) and (not newest or peek_checkpoint(newest).size <= head.size):
        folders.write_cosigned(row.folder, "newest", signed)
    return head.size


def _has_quorum(row: Log, note: bytes) -> bool:
    policy = parse_policy(folders.read_beside(row.folder, "policy").encode())
    try:
        policy.open(note)
    except Rejected:
        return False
    return True


def _rest(folder: str, now: datetime) -> None:
    """Nothing new: look again soon where the log still grows, and seldom where it has ended."""
    try:
        changed = (folders.path_of(folder) / "checkpoint").stat().st_mtime
    except FileNotFoundError:
        return
    quiet = timedelta(seconds=max(now.timestamp() - changed, 0)) / 10
    pause = max(LOOK, min(quiet, timedelta(hours=1)))
    LogWitness.objects.filter(log__folder=folder, next_at__lte=now).update(next_at=now + pause)


def _day(now: datetime) -> date:
    return now.astimezone(OFFICE_TIME).date()
