# SPDX-License-Identifier: Apache-2.0
"""A witness (C2SP tlog-witness v1.0.0): it cosigns only what continues what it has cosigned.

Its memory is a folder: `<hex SHA-256(origin)>/checkpoint`, the newest cosigned checkpoint.
"""

import fcntl
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from threading import Lock

from votelog._checkpoint import Checkpoint, open_checkpoint, parse_decimal, peek_checkpoint
from votelog._cosignature import Cosigner
from votelog._disk import Disk
from votelog._errors import Malformed, Rejected, VotelogError, WriteRefused
from votelog._note import Signature, VerifierKey, decode_base64, encode_base64, join_note
from votelog._reader import MAX_CHECKPOINT_BYTES
from votelog._tree import EMPTY_ROOT, HASH_SIZE, verify_consistency

MAX_PROOF_LINES = 63
MAX_REQUEST_BYTES = 1 << 16
TEXT = "text/plain; charset=utf-8"
SIZE_TEXT = "text/x.tlog.size"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer to add-checkpoint; `code` names a refusal for the witness's own record."""

    status: int
    body: bytes
    content_type: str = TEXT
    code: str = ""


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """A request to cosign `note`, given that the witness last cosigned size `old`."""

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """Return the request's body."""
        rows = [f"old {self.old}", *map(encode_base64, self.proof), "", ""]
        return "\n".join(rows).encode() + self.note


def parse_add_checkpoint(body: bytes) -> AddCheckpoint:
    """Take a request apart.

    Raises Malformed: request_malformed, number_malformed, base64_malformed.
    """
    head, divider, note = body.partition(b"\n\n")
    try:
        first, *rows = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("request_malformed", reason="its head is not ASCII") from error
    if not divider or not first.startswith("old "):
        raise Malformed("request_malformed", reason="it does not start with an old size")
    if len(rows) > MAX_PROOF_LINES:
        raise Malformed("request_malformed", reason="it has more than 63 proof lines")
    proof = tuple(decode_base64(row, what="hash") for row in rows)
    if any(len(one) != HASH_SIZE for one in proof):
        raise Malformed("request_malformed", reason="a hash is not 32 bytes")
    return AddCheckpoint(parse_decimal(first.removeprefix("old ")), proof, note)


class Witness:
    """Checks, remembers, cosigns; in this order."""

    def __init__(
        self,
        folder: Path,
        cosigner: Cosigner,
        logs: Iterable[VerifierKey] = (),
        *,
        disk: Disk,
        find_logs: Callable[[], Iterable[VerifierKey]] = tuple,
    ) -> None:
        """`find_logs` is asked again when a log comes that is not known yet."""
        self.cosigner = cosigner
        self._find_logs = find_logs
        self._logs = {log.name: log for log in [*logs, *find_logs()]}
        self._folder = folder
        self._disk = disk
        self._turn = Lock()  # check and store are one step
        disk.make_folder(folder)
        self._lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._lock)
            raise WriteRefused("log_locked", folder=str(folder)) from error

    def close(self) -> None:
        """Let another process witness from this folder."""
        with self._turn:
            if self._lock >= 0:
                os.close(self._lock)
            self._lock = -1

    def add_checkpoint(self, body: bytes, *, seconds: int) -> Reply:
        """Answer add-checkpoint at POSIX time `seconds`."""
        try:
            request = parse_add_checkpoint(body)
            origin = peek_checkpoint(request.note).origin
        except Malformed as error:
            return _refusal(400, error)
        log = self._log_of(origin)
        if log is None:
            return _refusal(404, Rejected("log_unknown", origin=origin))
        try:
            checkpoint, opened = open_checkpoint(request.note, log)
        except VotelogError as error:
            return _refusal(403, error)
        if request.old > checkpoint.size:
            return _refusal(400, Rejected("size_outside", old=request.old, new=checkpoint.size))
        with self._turn:
            return self._advance(request, checkpoint, opened.verified, seconds)

    def latest(self, name: str) -> bytes | None:
        """Return the newest cosigned checkpoint of hex SHA-256(origin), for the reading side."""
        if name not in {_folder_name(origin) for origin in self._logs}:
            return None
        try:
            return (self._folder / name / "checkpoint").read_bytes()
        except FileNotFoundError:
            return None

    def _log_of(self, origin: str) -> VerifierKey | None:
        """Return the key of a log; one that is known stays, whatever is found later."""
        if origin not in self._logs:
            for log in self._find_logs():
                self._logs.setdefault(log.name, log)
        return self._logs.get(origin)

    def _advance(
        self,
        request: AddCheckpoint,
        checkpoint: Checkpoint,
        signatures: Sequence[Signature],
        seconds: int,
    ) -> Reply:
        """Guarded by `_turn`."""
        known = self._last(checkpoint.origin)
        if request.old != known.size:
            return Reply(409, b"%d\n" % known.size, SIZE_TEXT, code="old_size_differs")
        try:
            verify_consistency(
                known.size, checkpoint.size, request.proof, known.root, checkpoint.root
            )
        except Rejected as error:
            return _refusal(422, error)
        cosignature = self.cosigner.cosign(checkpoint.text(), seconds=seconds)
        self._store(checkpoint.origin, join_note(checkpoint.text(), [*signatures, cosignature]))
        return Reply(200, cosignature.line().encode())

    def _last(self, origin: str) -> Checkpoint:
        """The newest checkpoint with our own signature on it, or the empty tree."""
        note = self.latest(_folder_name(origin))
        if note is None:
            return Checkpoint(origin, 0, EMPTY_ROOT)
        checkpoint, opened = open_checkpoint(
            note[: MAX_CHECKPOINT_BYTES + 1], self._logs[origin], [self.cosigner.verifier]
        )
        if not any(one.key_id == self.cosigner.verifier.key_id for one in opened.verified):
            raise Rejected("signature_missing", wanted=self.cosigner.name)
        return checkpoint

    def _store(self, origin: str, note: bytes) -> None:
        """Bring the checkpoint to stable storage before anybody hears of the cosignature."""
        folder = self._folder / _folder_name(origin)
        self._disk.make_folder(folder)
        aside = folder / "checkpoint.new"
        self._disk.write(aside, note)
        self._disk.rename(aside, folder / "checkpoint")
        self._disk.sync_folder(folder)


def _folder_name(origin: str) -> str:
    return sha256(origin.encode()).hexdigest()


def _refusal(status: int, error: VotelogError) -> Reply:
    return Reply(status, f"{error}\n".encode(), code=error.code)
