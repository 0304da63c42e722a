# SPDX-License-Identifier: Apache-2.0
"""Read a log and prove every answer up to its signed root.

No tile is believed because of where it lies. A proof is built from tiles and then
verified against the root that the log signed, from the leaf up, so that each hash in it
is bound to the root. (CVE-2026-56865: a reader that authenticates only the tiles it
thinks it has not seen yet can be fed all others.)
"""

from votelog._checkpoint import Checkpoint
from votelog._errors import Malformed, Missing, Rejected
from votelog._policy import Policy
from votelog._proof import Receipt
from votelog._source import Source
from votelog._tiles import (
    MAX_BUNDLE_BYTES,
    MAX_TILE_BYTES,
    TILE_HEIGHT,
    TILE_WIDTH,
    bundle_path,
    decode_bundle,
    split_tile,
    subtree_root,
    tile_path,
    tile_width,
)
from votelog._tree import (
    HASH_SIZE,
    CompactRange,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    peaks,
    verify_consistency,
    verify_inclusion,
)

MAX_CHECKPOINT_BYTES = 1 << 18
COSIGNED = "cosigned"  # the newest checkpoint that the quorum has cosigned, where there is one


class TileNodes:
    """The nodes of a tree as its tiles give them: **not proven** (see `LogReader`)."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._size = size
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def node(self, level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        number, first = divmod(index << height, TILE_WIDTH)
        hashes = self.tile(tile_level, number)[first : first + (1 << height)]
        return subtree_root(hashes)

    def tile(self, level: int, number: int) -> list[bytes]:
        """Return the hashes of a tile, as wide as it must be in this tree."""
        found = self._tiles.get((level, number))
        if found is None:
            width = tile_width(level, number, self._size)
            found = split_tile(read_tile(self._source, level, number, width))
            self._tiles[level, number] = found
        return found

    def tiles(self) -> list[tuple[int, int]]:
        """Return (level, number) of each tile read so far."""
        return list(self._tiles)


class LogReader:
    """A log at one checkpoint that the policy accepts."""

    def __init__(self, source: Source, policy: Policy, note: bytes) -> None:
        self.source = source
        self.note = note
        self.checkpoint, _ = policy.open(note)

    @property
    def size(self) -> int:
        return self.checkpoint.size

    def entry(self, index: int) -> bytes:
        """Return the entry at `index`, proven."""
        return self.prove(index)[0]

    def prove(self, index: int) -> tuple[bytes, Receipt]:
        """Return the entry at `index` and its receipt under this checkpoint.

        Raises Rejected: index_outside, entry_changed, tile_changed.
        """
        if not 0 <= index < self.size:
            raise Rejected("index_outside", index=index, size=self.size)
        nodes = TileNodes(self.source, self.size)
        number, place = divmod(index, TILE_WIDTH)
        width = tile_width(0, number, self.size)
        entry = read_bundle(self.source, number, width)[place]
        proof = inclusion_proof(index, self.size, nodes)
        stored = nodes.tile(0, number)[place]
        self._check_inclusion(stored, index, proof, nodes)
        if leaf_hash(entry) != stored:
            raise Rejected("entry_changed", path=bundle_path(number, width), index=index)
        return entry, Receipt(index, tuple(proof), self.note, entry)

    def consistency(self, old: Checkpoint) -> list[bytes]:
        """Return the proof that this log is the continuation of an older checkpoint.

        Raises Rejected: origin_differs, rolled_back, two_histories, tile_changed.
        """
        if old.origin != self.checkpoint.origin:
            raise Rejected("origin_differs", found=old.origin, wanted=self.checkpoint.origin)
        if old.size > self.size:
            raise Rejected("rolled_back", old=old.size, new=self.size)
        nodes = TileNodes(self.source, self.size)
        proof = consistency_proof(old.size, self.size, nodes)
        try:
            verify_consistency(old.size, self.size, proof, old.root, self.checkpoint.root)
        except Rejected as error:
            self._blame_tile(nodes)
            self._check_head(nodes)
            raise Rejected("two_histories", size=old.size) from error
        return proof

    def _check_inclusion(
        self, leaf: bytes, index: int, proof: list[bytes], nodes: TileNodes
    ) -> None:
        try:
            verify_inclusion(leaf, index, self.size, proof, self.checkpoint.root)
        except Rejected as error:
            self._blame_tile(nodes)
            self._check_head(nodes)
            raise Rejected("tile_changed", path=tile_path(0, index // TILE_WIDTH)) from error

    def _blame_tile(self, nodes: TileNodes) -> None:
        """Name the lowest tile that does not hash to its place in the tile above."""
        for level, number in sorted(nodes.tiles()):
            hashes = nodes.tile(level, number)
            if len(hashes) < TILE_WIDTH:
                continue
            above, place = divmod(number, TILE_WIDTH)
            if nodes.tile(level + 1, above)[place] != subtree_root(hashes):
                raise Rejected("tile_changed", path=tile_path(level, number))

    def _check_head(self, nodes: TileNodes) -> None:
        """Check that the tiles at the edge make the signed root."""
        if head_of(self.size, nodes) != self.checkpoint.root:
            raise Rejected("head_differs", size=self.size)


def open_log(source: Source, policy: Policy) -> LogReader:
    """Return the log at its newest checkpoint.

    While a log grows, witnesses are a moment behind it: where the quorum has not cosigned the
    newest checkpoint yet, this is the log at the newest one that it has (`cosigned`).
    """
    try:
        return LogReader(source, policy, source.read("checkpoint", MAX_CHECKPOINT_BYTES))
    except Rejected as refused:
        if refused.code != "quorum_missing":
            raise
        try:
            note = source.read(COSIGNED, MAX_CHECKPOINT_BYTES)
        except Missing:
            raise refused from None
        return LogReader(source, policy, note)


def head_of(size: int, nodes: TileNodes) -> bytes:
    """Return the root that the tiles at the right edge make."""
    return CompactRange(size, peaks(size, nodes)).root()


def read_tile(source: Source, level: int, number: int, width: int) -> bytes:
    """Return the first `width` hashes of a tile, from the full tile if the partial is gone."""
    path, stored, raw = _read_widest(
        source,
        [tile_path(level, number, width), tile_path(level, number)],
        width,
        limit=MAX_TILE_BYTES,
    )
    if len(raw) != stored * HASH_SIZE:
        wanted = stored * HASH_SIZE
        raise Malformed("tile_truncated", path=path, length=len(raw), wanted=wanted)
    return raw[: width * HASH_SIZE]


def read_bundle(source: Source, number: int, width: int) -> list[bytes]:
    """Return the first `width` entries of a bundle, from the full bundle if the partial is gone."""
    path, stored, raw = _read_widest(
        source,
        [bundle_path(number, width), bundle_path(number)],
        width,
        limit=MAX_BUNDLE_BYTES,
    )
    return decode_bundle(raw, stored, path=path)[:width]


def read_past_checkpoint(source: Source, size: int) -> bytes:
    """Return the checkpoint that the log published at `size`; nothing in it is proven."""
    return source.read(f"checkpoints/{size}", MAX_CHECKPOINT_BYTES)


def _read_widest(
    source: Source, paths: list[str], width: int, *, limit: int
) -> tuple[str, int, bytes]:
    """Read the partial file, else the full one (tlog-tiles, Partial Tiles)."""
    partial, full = paths
    try:
        return partial, width, source.read(partial, limit)
    except Missing:
        if partial == full:
            raise
        try:
            return full, TILE_WIDTH, source.read(full, limit)
        except Missing:
            pass
        raise
