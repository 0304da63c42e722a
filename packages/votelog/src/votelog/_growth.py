# SPDX-License-Identifier: Apache-2.0
"""A tree growing by one batch: new nodes, new peaks, and the proof of every new entry.

All siblings of a new leaf are either new themselves or a peak of the old tree, so that a
batch is proven without reading one tile (RFC 6962 §2.1.1).
"""

from collections.abc import Sequence

from votelog._note import encode_base64
from votelog._tree import CompactRange, node_hash


class Growth:
    """The complete subtrees that come into being when `leaves` follow the `old` tree."""

    def __init__(self, old: CompactRange, leaves: Sequence[bytes]) -> None:
        self.start = old.size
        self.end = old.size + len(leaves)
        self._rows: list[list[bytes]] = []  # by level; an old peak may stand in front
        self._firsts: list[int] = []  # index of each row's first node
        self._ragged: list[bytes | None] = []  # by level: MTH(D[(end >> l) << l : end])
        self._build(dict(zip(_levels(old.size), old.peaks, strict=True)), list(leaves))
        self._coded = [[encode_base64(node) for node in row] for row in self._rows]
        self._coded_ragged = [encode_base64(one) if one else "" for one in self._ragged]

    def node(self, level: int, index: int) -> bytes:
        """Return a complete subtree's root; it must be new or an old peak beside a new one."""
        return self._rows[level][index - self._firsts[level]]

    def grown(self) -> CompactRange:
        """Return the compact range of the tree with the batch in it."""
        size = self.end
        return CompactRange(
            size, (self.node(level, (size >> level) - 1) for level in _levels(size))
        )

    def coded_proof(self, index: int) -> list[str]:
        """Return PATH(index, D[end]) of a new entry, in base64."""
        proof = []
        for level, row in enumerate(self._coded):
            sibling = (index >> level) ^ 1
            complete = self.end >> level
            if sibling < complete:
                proof.append(row[sibling - self._firsts[level]])
            elif sibling == complete and self._coded_ragged[level]:
                proof.append(self._coded_ragged[level])
        return proof

    def coded_paths(self, newline: str) -> list[str]:
        """Return PATH(index, D[end]) of every new entry in base64, `newline` behind each hash.

        From the root down: what is above a node is written once and shared by all below it.
        """
        above, first_above = [""], 0
        for level in reversed(range(len(self._rows))):
            first = self.start >> level
            above = [
                self._coded_node(level, node ^ 1, newline) + above[(node >> 1) - first_above]
                for node in range(first, ((self.end - 1) >> level) + 1)
            ]
            first_above = first
        return above

    def _coded_node(self, level: int, node: int, newline: str) -> str:
        """Return a sibling in base64; '' where the tree has none."""
        complete = self.end >> level
        if node < complete:
            return self._coded[level][node - self._firsts[level]] + newline
        ragged = self._coded_ragged[level] if node == complete else ""
        return ragged and ragged + newline

    def _build(self, old_peaks: dict[int, bytes], row: list[bytes]) -> None:
        level, first = 0, self.start
        ragged: bytes | None = None
        while self.end >> level:
            if level in old_peaks:
                row.insert(0, old_peaks[level])
                first -= 1
            self._rows.append(row)
            self._firsts.append(first)
            self._ragged.append(ragged)
            if self.end >> level & 1:
                ragged = node_hash(row[-1], ragged) if ragged else row[-1]
            row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)]
            level, first = level + 1, first >> 1


def _levels(size: int) -> list[int]:
    """The levels of the peaks of a tree of `size`, largest first: its bits."""
    return [level for level in reversed(range(size.bit_length())) if size >> level & 1]
