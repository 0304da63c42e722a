# SPDX-License-Identifier: Apache-2.0
"""Receipts (C2SP tlog-proof v1): an entry's place in a signed log, checked without the log.

In our receipts `extra` is the entry itself. Nobody signs `extra`; it is believed because
its hash is the leaf that the proof proves.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from votelog._checkpoint import Checkpoint, parse_decimal
from votelog._errors import Malformed, Rejected
from votelog._note import decode_base64, encode_base64
from votelog._policy import Policy
from votelog._tree import HASH_SIZE, leaf_hash, verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
JSON_NEWLINE = "\\n"
MAX_PROOF_HASHES = 63
MAX_RECEIPT_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Receipt:
    """A tlog-proof taken apart; nothing in it has been checked yet."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Return the receipt as a file."""
        return join_receipt(
            self.index, [encode_base64(one) for one in self.hashes], self.checkpoint, self.extra
        )


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry that is proven to be no. `index` of the log under `checkpoint`."""

    index: int
    entry: bytes
    checkpoint: Checkpoint
    note: bytes


def join_receipt(
    index: int, coded_hashes: Sequence[str], checkpoint: bytes, extra: bytes | None
) -> bytes:
    """Return a tlog-proof from hashes that are in base64 already (a batch shares most)."""
    rows = [HEADER]
    if extra is not None:
        rows.append(f"extra {encode_base64(extra)}")
    rows.append(f"index {index}")
    rows.extend(coded_hashes)
    return ("\n".join(rows) + "\n\n").encode() + checkpoint


def join_receipts_in_json(
    start: int, coded_paths: Sequence[str], checkpoint: bytes, extras: Sequence[bytes]
) -> list[str]:
    """Return the tlog-proofs of a batch as JSON strings in ASCII, ready to stand in an answer.

    Base64 and digits need no escaping; newlines are escaped already in `coded_paths`.
    """
    before = f'"{HEADER}{JSON_NEWLINE}extra '
    behind = JSON_NEWLINE + json.dumps(checkpoint.decode())[1:]
    return [
        f"{before}{encode_base64(extra)}{JSON_NEWLINE}index {index}{JSON_NEWLINE}{path}{behind}"
        for index, (path, extra) in enumerate(zip(coded_paths, extras, strict=True), start=start)
    ]


def parse_receipt(raw: bytes) -> Receipt:
    """Take a tlog-proof apart.

    Raises Malformed: receipt_malformed, base64_malformed, number_malformed.
    """
    if len(raw) > MAX_RECEIPT_BYTES:
        raise Malformed("receipt_malformed", reason="it is too long")
    head, divider, checkpoint = raw.partition(b"\n\n")
    if not divider:
        raise Malformed("receipt_malformed", reason="it has no checkpoint")
    try:
        rows = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise Malformed("receipt_malformed", reason="its head is not ASCII") from error
    if rows.pop(0) != HEADER:
        raise Malformed("receipt_malformed", reason="its first line is not tlog-proof v1")
    extra = None
    if rows and rows[0].startswith("extra "):
        extra = decode_base64(rows.pop(0).removeprefix("extra "), what="extra")
    if not rows or not rows[0].startswith("index "):
        raise Malformed("receipt_malformed", reason="it has no index line")
    index = parse_decimal(rows.pop(0).removeprefix("index "))
    hashes = tuple(decode_base64(row, what="hash") for row in rows)
    if len(hashes) > MAX_PROOF_HASHES or any(len(one) != HASH_SIZE for one in hashes):
        raise Malformed("receipt_malformed", reason="a hash is not 32 bytes, or there are too many")
    return Receipt(index, hashes, checkpoint, extra)


def verify_receipt(receipt: Receipt, policy: Policy, *, entry: bytes | None = None) -> ProvenEntry:
    """Check a receipt against what we trust; without `entry`, the entry is in `extra`.

    Raises Rejected: entry_absent, entry_differs, and whatever the policy or the proof refuse.
    """
    checkpoint, _ = policy.open(receipt.checkpoint)
    if entry is None:
        entry = receipt.extra
    if entry is None:
        raise Rejected("entry_absent", index=receipt.index)
    if receipt.extra is not None and receipt.extra != entry:
        raise Rejected("entry_differs", index=receipt.index)
    verify_inclusion(
        leaf_hash(entry), receipt.index, checkpoint.size, receipt.hashes, checkpoint.root
    )
    return ProvenEntry(receipt.index, entry, checkpoint, receipt.checkpoint)


def check_receipts_apart(proven: Sequence[ProvenEntry]) -> None:
    """Check that proven receipts are of different entries of one history.

    Two voters who were given the same place, or the same ballot, hold a clash; two heads of
    one size are a fork. Raises Rejected: receipt_clash, entry_repeated, two_histories.
    """
    places: dict[tuple[str, int], int] = {}
    entries: dict[tuple[str, bytes], int] = {}
    heads: dict[tuple[str, int], bytes] = {}
    for number, one in enumerate(proven, start=1):
        origin, size = one.checkpoint.origin, one.checkpoint.size
        if heads.setdefault((origin, size), one.checkpoint.root) != one.checkpoint.root:
            raise Rejected("two_histories", size=size)
        first = places.setdefault((origin, one.index), number)
        if first != number:
            raise Rejected("receipt_clash", first=first, second=number, index=one.index)
        first = entries.setdefault((origin, one.entry), number)
        if first != number:
            raise Rejected("entry_repeated", first=first, second=number)
