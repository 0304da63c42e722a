# SPDX-License-Identifier: Apache-2.0
"""Checkpoints (C2SP tlog-checkpoint v1.0.0): origin, size and root as a signed note."""

from collections.abc import Iterable
from dataclasses import dataclass

from votelog._errors import Malformed, Rejected
from votelog._note import (
    Note,
    Signer,
    Verifier,
    decode_base64,
    encode_base64,
    open_note,
    sign_note,
    split_note,
)
from votelog._tree import EMPTY_ROOT, HASH_SIZE

MAX_SIZE = 1 << 62


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log; `extensions` are further lines that no monitor can audit."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def text(self) -> bytes:
        """Return the note text that is signed."""
        rows = [self.origin, str(self.size), encode_base64(self.root), *self.extensions]
        return "".join(f"{row}\n" for row in rows).encode()


def parse_checkpoint(text: bytes) -> Checkpoint:
    """Return the checkpoint in a note text, which must be the only way to write it."""
    rows = text.decode().split("\n")
    if len(rows) < 4 or rows.pop() or not all(rows):
        raise Malformed("checkpoint_malformed", reason="it has not three full lines")
    origin, size, coded, *extensions = rows
    head = decode_base64(coded, what="root")
    if len(head) != HASH_SIZE:
        raise Malformed("checkpoint_malformed", reason="the root is not 32 bytes")
    checkpoint = Checkpoint(origin, parse_decimal(size), head, tuple(extensions))
    if checkpoint.size == 0 and head != EMPTY_ROOT:
        raise Malformed("checkpoint_malformed", reason="an empty log has another root")
    return checkpoint


def parse_decimal(digits: str) -> int:
    """Return a number written without sign, spaces and leading zeros."""
    if not (digits.isascii() and digits.isdigit()) or (digits[0] == "0" and digits != "0"):
        raise Malformed("number_malformed", number=digits[:40])
    if len(digits) > 19 or int(digits) > MAX_SIZE:
        raise Malformed("number_malformed", number=digits[:40])
    return int(digits)


def sign_checkpoint(checkpoint: Checkpoint, signer: Signer) -> bytes:
    """Return the checkpoint signed by its log; the key's name must be the origin."""
    if signer.name != checkpoint.origin:
        raise Rejected("origin_differs", found=signer.name, wanted=checkpoint.origin)
    return sign_note(checkpoint.text(), [signer])


def open_checkpoint(
    note: bytes, log: Verifier, cosigners: Iterable[Verifier] = ()
) -> tuple[Checkpoint, Note]:
    """Return a checkpoint that `log` itself has signed, with the note it came in.

    Raises Malformed, and Rejected: signature_false, signature_missing, origin_differs.
    """
    opened = open_note(note, [log, *cosigners])
    if not any((s.name, s.key_id) == (log.name, log.key_id) for s in opened.verified):
        raise Rejected("signature_missing", wanted=log.name)
    checkpoint = parse_checkpoint(opened.text)
    if checkpoint.origin != log.name:
        raise Rejected("origin_differs", found=checkpoint.origin, wanted=log.name)
    return checkpoint, opened


def peek_checkpoint(note: bytes) -> Checkpoint:
    """Return the checkpoint of a note **without** checking any signature."""
    return parse_checkpoint(split_note(note)[0])
