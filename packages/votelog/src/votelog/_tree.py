# SPDX-License-Identifier: Apache-2.0
"""The Merkle tree of RFC 6962 §2.1 (= RFC 9162 §2.1 with SHA-256).

Pure functions. Where hashes come from is the business of a `Nodes`: tiles on a disk, a
list in memory, the batch being written.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Protocol

from votelog._errors import Rejected

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


class Nodes(Protocol):
    """Gives the hashes of complete subtrees."""

    def node(self, level: int, index: int) -> bytes:
        """Return MTH(D[index * 2**level : (index + 1) * 2**level])."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry (RFC 6962 §2.1: 0x00 in front)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (RFC 6962 §2.1: 0x01 in front)."""
    return sha256(b"\x01" + left + right).digest()


class CompactRange:
    """The roots of the complete subtrees of D[0:size], largest first.

    Enough to go on growing a tree of any size: at most 64 hashes.
    """

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError("a compact range has one peak for each bit of its size")

    def copy(self) -> "CompactRange":
        """Return a range that grows on its own."""
        return CompactRange(self.size, self.peaks)

    def push(self, peak: bytes, level: int = 0) -> None:
        """Add the complete subtree of 2**level leaves that follows; size must be aligned to it."""
        if self.size & ((1 << level) - 1):
            raise ValueError("a subtree must start at a multiple of its width")
        self.peaks.append(peak)
        self.size += 1 << level
        for _ in range((self.size & -self.size).bit_length() - 1 - level):
            _fold(self.peaks)

    def root(self) -> bytes:
        """Return the tree head MTH(D[0:size])."""
        peaks = self.peaks[:]
        while len(peaks) > 1:
            _fold(peaks)
        return peaks[0] if peaks else EMPTY_ROOT


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the tree head over leaf hashes given in log order."""
    grown = CompactRange()
    for leaf in leaves:
        grown.push(leaf)
    return grown.root()


def peaks(size: int, nodes: Nodes) -> list[bytes]:
    """Return the roots of the complete subtrees of a tree of `size`, largest first."""
    return _complete_subtrees(0, size, nodes)


def inclusion_proof(index: int, size: int, nodes: Nodes) -> list[bytes]:
    """Return PATH(index, D[size]) of RFC 6962 §2.1.1, the leaf's sibling first."""
    if not 0 <= index < size:
        raise Rejected("index_outside", index=index, size=size)
    spans: list[tuple[int, int]] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    return [_span_root(*span, nodes) for span in reversed(spans)]


def consistency_proof(old: int, new: int, nodes: Nodes) -> list[bytes]:
    """Return PROOF(old, D[new]) of RFC 6962 §2.1.2; empty for old = 0 and old = new."""
    if not 0 <= old <= new:
        raise Rejected("size_outside", old=old, new=new)
    if old in (0, new):
        return []
    spans: list[tuple[int, int]] = []
    low, high = 0, new
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            spans.append((middle, high))
            high = middle
        else:
            spans.append((low, middle))
            low = middle
    if low:  # SUBPROOF with b = false: the verifier does not know this hash
        spans.append((low, high))
    return [_span_root(*span, nodes) for span in reversed(spans)]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], head: bytes
) -> None:
    """Check that `leaf` is at `index` of the tree of `size` under `head` (RFC 9162 §2.1.3.2).

    Raises Rejected: index_outside, proof_length (the length must be exact), proof_false.
    """
    if not 0 <= index < size:
        raise Rejected("index_outside", index=index, size=size)
    fn, sn, running = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise Rejected("proof_length", what="inclusion", length=len(proof))
        if fn & 1 or fn == sn:
            running = node_hash(sibling, running)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            running = node_hash(running, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Rejected("proof_length", what="inclusion", length=len(proof))
    if running != head:
        raise Rejected("proof_false", what="inclusion", index=index, size=size)


def verify_consistency(
    old: int, new: int, proof: Sequence[bytes], old_head: bytes, new_head: bytes
) -> None:
    """Check that the tree of size `old` is a prefix of that of size `new` (RFC 9162 §2.1.4.2).

    Raises Rejected: size_outside, proof_length, heads_differ (equal sizes), proof_false.
    """
    if not 0 <= old <= new:
        raise Rejected("size_outside", old=old, new=new)
    if old in (0, new):
        if proof:
            raise Rejected("proof_length", what="consistency", length=len(proof))
        if old_head != (EMPTY_ROOT if old == 0 else new_head):
            raise Rejected("heads_differ", size=old)
        return
    if not proof:
        raise Rejected("proof_length", what="consistency", length=0)
    path = list(proof)
    if old & (old - 1) == 0:  # a power of two: the old root is itself the first node
        path.insert(0, old_head)
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_running = new_running = path[0]
    for sibling in path[1:]:
        if sn == 0:
            raise Rejected("proof_length", what="consistency", length=len(proof))
        if fn & 1 or fn == sn:
            old_running = node_hash(sibling, old_running)
            new_running = node_hash(sibling, new_running)
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_running = node_hash(new_running, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Rejected("proof_length", what="consistency", length=len(proof))
    if (old_running, new_running) != (old_head, new_head):
        raise Rejected("proof_false", what="consistency", old=old, new=new)


def _split(width: int) -> int:
    """The largest power of two smaller than `width` > 1 (RFC 6962 §2.1)."""
    return 1 << ((width - 1).bit_length() - 1)


def _complete_subtrees(low: int, high: int, nodes: Nodes) -> list[bytes]:
    found = []
    while low < high:
        level = (high - low).bit_length() - 1
        if low:
            level = min(level, (low & -low).bit_length() - 1)
        found.append(nodes.node(level, low >> level))
        low += 1 << level
    return found


def _span_root(low: int, high: int, nodes: Nodes) -> bytes:
    parts = _complete_subtrees(low, high, nodes)
    while len(parts) > 1:
        _fold(parts)
    return parts[0]


def _fold(peaks: list[bytes]) -> None:
    right = peaks.pop()
    peaks[-1] = node_hash(peaks[-1], right)
