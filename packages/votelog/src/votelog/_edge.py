# SPDX-License-Identifier: Apache-2.0
"""The right edge of a log: what a writer must hold in memory to go on."""

from collections.abc import Iterator

from votelog._errors import Rejected
from votelog._growth import Growth
from votelog._reader import read_bundle, read_tile
from votelog._source import Source
from votelog._tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    bundle_path,
    encode_bundle,
    split_tile,
    subtree_root,
    tile_path,
    tile_spans,
)
from votelog._tree import CompactRange, leaf_hash


class Edge:
    """The partial tile of each level, the partial bundle, and the peaks they make."""

    def __init__(self, size: int, tiles: list[list[bytes]], bundle: list[bytes]) -> None:
        self.size = size
        self._tiles = tiles  # by level
        self._bundle = bundle

    def range(self) -> CompactRange:
        """Return the compact range of the tree; every peak lies in a partial tile."""
        peaks: list[bytes] = []
        for hashes in reversed(self._tiles):
            at = 0
            for height in reversed(range(TILE_HEIGHT)):
                if len(hashes) >> height & 1:
                    peaks.append(subtree_root(hashes[at : at + (1 << height)]))
                    at += 1 << height
        return CompactRange(self.size, peaks)

    def check(self, root: bytes) -> None:
        """Check that tiles make the signed root, and the bundle the tile above it.

        Raises Rejected: head_differs, entry_changed.
        """
        if self.range().root() != root:
            raise Rejected("head_differs", size=self.size)
        leaves = self._tiles[0] if self._tiles else []
        start = self.size - len(self._bundle)
        for place, (entry, leaf) in enumerate(zip(self._bundle, leaves, strict=True)):
            if leaf_hash(entry) != leaf:
                path = bundle_path(self.size // TILE_WIDTH, len(self._bundle))
                raise Rejected("entry_changed", path=path, index=start + place)

    def files_of(
        self, growth: Growth, leaves: list[bytes], entries: list[bytes]
    ) -> Iterator[tuple[str, bytes]]:
        """Move the edge behind a batch; yield (path, content) of each file that it brings."""
        yield from self._bundles_of(entries)
        added, level = leaves, 0
        while added:
            if level == len(self._tiles):
                self._tiles.append([])
            first = (self.size >> TILE_HEIGHT * level) // TILE_WIDTH
            row = self._tiles[level] + added
            full = len(row) // TILE_WIDTH
            for number in range(first, first + full):
                at = (number - first) * TILE_WIDTH
                yield tile_path(level, number), b"".join(row[at : at + TILE_WIDTH])
            rest = row[full * TILE_WIDTH :]
            if rest:
                yield tile_path(level, first + full, len(rest)), b"".join(rest)
            self._tiles[level] = rest
            level += 1
            height = TILE_HEIGHT * level
            added = [growth.node(height, number) for number in range(first, first + full)]
        self.size = growth.end

    def _bundles_of(self, entries: list[bytes]) -> Iterator[tuple[str, bytes]]:
        first = self.size // TILE_WIDTH
        row = self._bundle + entries
        full = len(row) // TILE_WIDTH
        for number in range(first, first + full):
            at = (number - first) * TILE_WIDTH
            yield bundle_path(number), encode_bundle(row[at : at + TILE_WIDTH])
        self._bundle = row[full * TILE_WIDTH :]
        if self._bundle:
            width = len(self._bundle)
            yield bundle_path(first + full, width), encode_bundle(self._bundle)


def load_edge(source: Source, size: int) -> Edge:
    """Read the right edge of a log of `size`; call `check` before trusting it."""
    tiles = []
    bundle: list[bytes] = []
    for level, number, width in tile_spans(size):
        raw = read_tile(source, level, number, width) if width else b""
        tiles.append(split_tile(raw))
        if level == 0 and width:
            bundle = read_bundle(source, number, width)
    return Edge(size, tiles, bundle)
