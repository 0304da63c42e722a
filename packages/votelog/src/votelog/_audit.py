# SPDX-License-Identifier: Apache-2.0
"""Audit a whole log: every entry and every tile is recomputed and compared.

One pass in log order and little memory. Two heads are grown side by side, one from the
entries and one from the level-0 tiles. The one that equals the signed root tells the
truth, and each file that disagrees with it is named.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

from votelog._checkpoint import Checkpoint, open_checkpoint
from votelog._errors import Malformed, Missing, Rejected, VotelogError
from votelog._names import FileName, parse_file_name
from votelog._note import VerifierKey
from votelog._reader import (
    MAX_CHECKPOINT_BYTES,
    LogReader,
    read_bundle,
    read_past_checkpoint,
    read_tile,
)
from votelog._tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    bundle_path,
    split_tile,
    subtree_root,
    tile_path,
    tile_width,
)
from votelog._tree import HASH_SIZE, CompactRange, leaf_hash

MAX_FINDINGS = 1000
_UNKNOWN = bytes(HASH_SIZE)  # stands for a leaf that neither bundle nor tile gives
Truth = Literal["entries", "tiles"]
_Fetched = tuple[int, list[bytes] | None, list[bytes] | None]  # number, entries, hashes


@dataclass(frozen=True, slots=True)
class _Difference:
    """A file that disagrees with what the entries or the level-0 tiles make of it."""

    path: str
    index: int  # of the first entry that differs; in tiles, of the first hash
    is_bundle: bool
    against: frozenset[Truth]
    found: bytes  # digest of what the file holds
    wanted: bytes  # digest of what it should hold


class _Level:
    """The tile being filled at one level above the leaves, as each side computes it."""

    def __init__(self) -> None:
        self.number = 0
        self.by_entries: list[bytes] = []
        self.by_tiles: list[bytes] = []


class Audit:
    """One walk through a log. Iterate `bundles` to its end, then read `findings`."""

    def __init__(self, reader: LogReader, log: VerifierKey, *, older: Iterable[bytes] = ()) -> None:
        self.findings: list[VotelogError] = []
        self._reader = reader
        self._log = log
        self._size = reader.size
        self._by_entries = CompactRange()
        self._by_tiles = CompactRange()
        self._levels: defaultdict[int, _Level] = defaultdict(_Level)
        self._differences: list[_Difference] = []
        self._is_complete = True
        self._stale: defaultdict[tuple[int | None, int], list[int]] = defaultdict(list)
        self._past: list[Checkpoint] = []
        self._forks: list[VotelogError] = []
        for note in older:
            self._remember(note, "the given checkpoint", None)
        self._sort_files()
        self._past.sort(key=lambda past: past.size, reverse=True)

    def bundles(self) -> Iterator[tuple[int, list[bytes] | None]]:
        """Yield (index of the first, entries) of each bundle; None where it cannot be read."""
        for number, entries, tile in self._fetched(range(-(-self._size // TILE_WIDTH))):
            self._compare_bundle(number, entries, tile)
            yield number * TILE_WIDTH, entries
        for level in list(self._levels):
            self._close_level(level)
        self._conclude()

    def run(self) -> list[VotelogError]:
        """Walk to the end and return the findings; an empty list is a clean log."""
        for _ in self.bundles():
            pass
        return self.findings

    def _fetched(self, numbers: range) -> Iterator[_Fetched]:
        """Read in order; from a distant source, some requests are under way at once."""
        ahead = self._reader.source.read_ahead
        if ahead == 0:
            yield from map(self._fetch, numbers)
            return
        with ThreadPoolExecutor(ahead) as pool:
            waiting: deque[Future[_Fetched]] = deque()
            for number in numbers:
                waiting.append(pool.submit(self._fetch, number))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()

    def _fetch(self, number: int) -> _Fetched:
        width = tile_width(0, number, self._size)
        return number, self._stored_bundle(number, width), self._stored_tile(0, number, width)

    def _compare_bundle(
        self, number: int, entries: list[bytes] | None, tile: list[bytes] | None
    ) -> None:
        width = tile_width(0, number, self._size)
        leaves = None if entries is None else [leaf_hash(entry) for entry in entries]
        by_entries = leaves or tile or [_UNKNOWN] * width
        by_tiles = tile or by_entries
        self._is_complete = self._is_complete and (leaves or tile) is not None
        if by_entries != by_tiles:
            first = number * TILE_WIDTH
            self._compare(bundle_path(number, width), by_entries, by_entries, by_tiles, first)
            self._compare(tile_path(0, number, width), by_tiles, by_entries, by_tiles)
        self._compare_stale(number, by_entries, by_tiles)
        self._check_past(by_entries)
        self._grow(by_entries, by_tiles)

    def _grow(self, by_entries: list[bytes], by_tiles: list[bytes]) -> None:
        if len(by_entries) < TILE_WIDTH:
            for one, other in zip(by_entries, by_tiles, strict=True):
                self._by_entries.push(one)
                self._by_tiles.push(other)
            return
        head = subtree_root(by_entries)
        other_head = head if by_tiles == by_entries else subtree_root(by_tiles)
        self._by_entries.push(head, TILE_HEIGHT)
        self._by_tiles.push(other_head, TILE_HEIGHT)
        self._climb(1, head, other_head)

    def _climb(self, level: int, by_entries: bytes, by_tiles: bytes) -> None:
        above = self._levels[level]
        above.by_entries.append(by_entries)
        above.by_tiles.append(by_tiles)
        if len(above.by_entries) == TILE_WIDTH:
            heads = subtree_root(above.by_entries), subtree_root(above.by_tiles)
            self._close_level(level)
            self._climb(level + 1, *heads)

    def _close_level(self, level: int) -> None:
        """Compare the tile that is full, or the last one of its level."""
        mine = self._levels[level]
        width = len(mine.by_entries)
        if not width:
            return
        stored = self._stored_tile(level, mine.number, width)
        if stored is not None:
            path = tile_path(level, mine.number, width)
            self._compare(path, stored, mine.by_entries, mine.by_tiles)
        for stale in self._stale.pop((level, mine.number), []):
            self._compare_stale_tile(level, mine.number, stale, mine.by_entries, mine.by_tiles)
        mine.number += 1
        mine.by_entries, mine.by_tiles = [], []

    def _compare(
        self,
        path: str,
        found: Sequence[bytes],
        by_entries: Sequence[bytes],
        by_tiles: Sequence[bytes],
        first_entry: int | None = None,
    ) -> None:
        """Note a file that differs from either side; only bundles have a first entry."""
        sides: list[tuple[Truth, Sequence[bytes]]] = [("entries", by_entries), ("tiles", by_tiles)]
        against = {side: wanted for side, wanted in sides if wanted != found}
        if not against or len(self._differences) >= MAX_FINDINGS:
            return
        wanted = next(iter(against.values()))
        pairs = enumerate(zip(found, wanted, strict=True), start=first_entry or 0)
        self._differences.append(
            _Difference(
                path=path,
                index=next(index for index, (one, other) in pairs if one != other),
                is_bundle=first_entry is not None,
                against=frozenset(against),
                found=_digest(found),
                wanted=_digest(wanted),
            )
        )

    def _compare_stale(self, number: int, by_entries: list[bytes], by_tiles: list[bytes]) -> None:
        for width in self._stale.pop((0, number), []):
            self._compare_stale_tile(0, number, width, by_entries, by_tiles)
        for width in self._stale.pop((None, number), []):
            entries = self._stored_bundle(number, width)
            if entries is not None:
                leaves = [leaf_hash(entry) for entry in entries]
                path = bundle_path(number, width)
                first = number * TILE_WIDTH
                self._compare(path, leaves, by_entries[:width], by_tiles[:width], first)

    def _compare_stale_tile(
        self, level: int, number: int, width: int, by_entries: list[bytes], by_tiles: list[bytes]
    ) -> None:
        stored = self._stored_tile(level, number, width)
        if stored is not None:
            path = tile_path(level, number, width)
            self._compare(path, stored, by_entries[:width], by_tiles[:width])

    def _stored_tile(self, level: int, number: int, width: int) -> list[bytes] | None:
        try:
            return split_tile(read_tile(self._reader.source, level, number, width))
        except (Missing, Malformed) as error:
            self._find(error)
            return None

    def _stored_bundle(self, number: int, width: int) -> list[bytes] | None:
        try:
            return read_bundle(self._reader.source, number, width)
        except (Missing, Malformed) as error:
            self._find(error)
            return None

    def _find(self, error: VotelogError) -> None:
        if len(self.findings) < MAX_FINDINGS:
            self.findings.append(error)

    # Past checkpoints: each must be the head of a prefix of this very log.

    def _remember(self, note: bytes, path: str, named: int | None) -> None:
        try:
            past, _ = open_checkpoint(note, self._log)
        except VotelogError as error:
            self._find(Rejected("past_checkpoint_false", path=path, reason=str(error)))
            return
        if named is not None and past.size != named:
            self._find(Rejected("past_checkpoint_misplaced", path=path, size=past.size))
            return
        self._past.append(past)

    def _check_past(self, leaves: list[bytes]) -> None:
        """Compare the heads of all past sizes that end inside this bundle."""
        end = self._by_entries.size + len(leaves)
        grown = self._by_entries.copy()
        while self._past and self._past[-1].size <= end:
            past = self._past.pop()
            start = self._by_entries.size
            while grown.size < past.size:
                grown.push(leaves[grown.size - start])
            if grown.root() != past.root:
                self._forks.append(Rejected("two_histories", size=past.size))

    def _check_rolled_back(self) -> None:
        """What was signed beyond this size is evidence, unless the log has just grown."""
        if not self._past:
            return
        now = self._reader.source.read("checkpoint", MAX_CHECKPOINT_BYTES)
        newest, _ = open_checkpoint(now, self._log)
        for past in reversed(self._past):
            if past.size > newest.size:
                self._find(Rejected("rolled_back", old=past.size, new=newest.size))

    def _sort_files(self) -> None:
        """Note each file of a folder: past checkpoints, left-over partial tiles, strays."""
        for path in self._reader.source.paths() or []:
            name = parse_file_name(path)
            if name is None:
                self._find(Rejected("stray_file", path=path))
            elif name.kind == "past":
                note = read_past_checkpoint(self._reader.source, name.number)
                self._remember(note, path, name.number)
            elif name.kind == "cosigned":
                self._remember(self._reader.source.read(path, MAX_CHECKPOINT_BYTES), path, None)
            elif name.kind in ("tile", "bundle") and self._is_stale(name):
                level = name.level if name.kind == "tile" else None
                self._stale[level, name.number].append(name.width)

    def _is_stale(self, name: FileName) -> bool:
        """Tell partial tiles of smaller trees; files ahead of the checkpoint are not its matter."""
        return name.width < tile_width(name.level, name.number, self._size)

    def _conclude(self) -> None:
        truth: Truth | None = None
        if self._by_entries.root() == self._reader.checkpoint.root:
            truth = "entries"
            self.findings.extend(self._forks)
        elif self._by_tiles.root() == self._reader.checkpoint.root:
            truth = "tiles"
        self._name_differences(truth)
        if truth is None and self._is_complete:
            self._find(Rejected("head_differs", size=self._size))
        self._check_rolled_back()

    def _name_differences(self, truth: Truth | None) -> None:
        wrong = [one for one in self._differences if truth is None or truth in one.against]
        if not self._is_complete:  # what lies above a hole cannot be compared
            wrong = [one for one in wrong if one.path.startswith(("tile/0/", "tile/entries/"))]
        homes = {one.wanted: one.path for one in wrong}
        for one in wrong:
            home = homes.get(one.found)
            if truth is None:
                self._find(Rejected("files_disagree", path=one.path, index=one.index))
            elif home is not None:
                self._find(Rejected("file_swapped", path=one.path, other=home))
            elif one.is_bundle:
                self._find(Rejected("entry_changed", path=one.path, index=one.index))
            else:
                self._find(Rejected("tile_changed", path=one.path))


def _digest(hashes: Sequence[bytes]) -> bytes:
    return sha256(b"".join(hashes)).digest()
