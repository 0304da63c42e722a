# SPDX-License-Identifier: Apache-2.0
"""Tiles and entry bundles (C2SP tlog-tiles v0.1.0): where the tree lies in files."""

from collections.abc import Iterable, Iterator, Sequence

from votelog._errors import Malformed
from votelog._tree import HASH_SIZE, node_hash

TILE_WIDTH = 256
TILE_HEIGHT = 8
MAX_ENTRY_BYTES = 65_535
MAX_TILE_BYTES = TILE_WIDTH * HASH_SIZE
MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES)


def tile_path(level: int, number: int, width: int = TILE_WIDTH) -> str:
    """Return `tile/<L>/<N>[.p/<W>]`."""
    return f"tile/{level}/{_number_path(number)}{_partial(width)}"


def bundle_path(number: int, width: int = TILE_WIDTH) -> str:
    """Return `tile/entries/<N>[.p/<W>]`."""
    return f"tile/entries/{_number_path(number)}{_partial(width)}"


def tile_spans(size: int) -> Iterator[tuple[int, int, int]]:
    """Yield (level, full tiles, width of the partial one) for each level of a tree of `size`."""
    level = 0
    while size:
        yield level, size >> TILE_HEIGHT, size & (TILE_WIDTH - 1)
        size >>= TILE_HEIGHT
        level += 1


def tile_width(level: int, number: int, size: int) -> int:
    """Return how many hashes tile `number` has in a tree of `size`; 0 if there is none."""
    hashes = size >> (TILE_HEIGHT * level)
    return max(0, min(TILE_WIDTH, hashes - number * TILE_WIDTH))


def split_tile(raw: bytes) -> list[bytes]:
    """Return the hashes of a tile whose length has been checked."""
    return [raw[at : at + HASH_SIZE] for at in range(0, len(raw), HASH_SIZE)]


def subtree_root(hashes: Sequence[bytes]) -> bytes:
    """Return the root over a power of two of neighbouring hashes."""
    row = list(hashes)
    while len(row) > 1:
        row = [node_hash(row[at], row[at + 1]) for at in range(0, len(row), 2)]
    return row[0]


def encode_bundle(entries: Iterable[bytes]) -> bytes:
    """Return entries each behind its length as a big-endian uint16."""
    return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)


def decode_bundle(raw: bytes, width: int, *, path: str) -> list[bytes]:
    """Return the `width` entries of a bundle, which must end with the last of them."""
    entries: list[bytes] = []
    at = 0
    for _ in range(width):
        start = at + 2
        at = start + int.from_bytes(raw[at:start], "big")
        if start > len(raw) or at > len(raw):
            raise Malformed("bundle_truncated", path=path, entries=len(entries), width=width)
        entries.append(raw[start:at])
    if at != len(raw):
        raise Malformed("bundle_too_long", path=path, width=width)
    return entries


def _number_path(number: int) -> str:
    """1234067 -> x001/x234/067 (tlog-tiles, Merkle Tree)."""
    path = f"{number % 1000:03d}"
    while number := number // 1000:
        path = f"x{number % 1000:03d}/{path}"
    return path


def _partial(width: int) -> str:
    return "" if width == TILE_WIDTH else f".p/{width}"
