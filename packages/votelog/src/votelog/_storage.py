# SPDX-License-Identifier: Apache-2.0
"""The files of a log and of its writer, and when they are on stable storage.

`publish` is stable at once. `place` is not: what is placed can be made again from the
journals, which stay until `settle` has brought it to stable storage.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from secrets import token_hex

from votelog._disk import Disk
from votelog._journal import decode_journal, encode_journal
from votelog._reader import MAX_CHECKPOINT_BYTES
from votelog._source import PRIVATE_FOLDER, FolderSource
from votelog._tiles import TILE_HEIGHT, bundle_path, tile_path, tile_spans

SETTLE_BATCHES = 64
SETTLE_ENTRIES = 16_384


class Storage:
    """The folder of a log, as its one writer sees it."""

    def __init__(self, folder: Path, disk: Disk) -> None:
        self.source = FolderSource(folder)
        self._folder = folder
        self._private = folder / PRIVATE_FOLDER
        self._disk = disk

    def remove_leftovers(self) -> None:
        """Remove what a crash left half written."""
        for left_over in (self._private / "tmp").iterdir():
            self._disk.remove(left_over)

    def read_note(self, path: str) -> bytes:
        """Return a checkpoint. Raises Missing: file_missing."""
        return self.source.read(path, MAX_CHECKPOINT_BYTES)

    def publish(self, path: str, content: bytes) -> None:
        """Put a file into the log at once; on return it is on stable storage under its name."""
        target = self._folder / path
        self._disk.make_folder(target.parent)
        aside = self._aside()
        self._disk.write(aside, content)
        self._disk.rename(aside, target)
        self._disk.sync_folder(target.parent)

    def place(self, path: str, content: bytes) -> None:
        """Put a file into the log at once; until it is settled a power cut may tear it."""
        target = self._folder / path
        self._disk.add_folder(target.parent)
        aside = self._aside()
        self._disk.write_soon(aside, content)
        self._disk.rename(aside, target)

    def link_journal(self, start: int, entries: list[bytes]) -> bool:
        """Write the journal of a batch; return whether its name was free.

        Its bytes are on stable storage, its name is so after `sync_journals`.
        """
        aside = self._aside()
        self._disk.write(aside, encode_journal(start, entries))
        try:
            self._disk.link(aside, self._journal(start))
        except FileExistsError:
            return False
        finally:
            self._disk.remove(aside)
        return True

    def sync_journals(self) -> None:
        """Bring the names of the journals to stable storage."""
        self._disk.sync_folder(self._private / "journal")

    def drop_journal(self, start: int) -> None:
        """Give a place free that nobody needs."""
        self._disk.remove(self._journal(start))

    def has_journal(self, start: int) -> bool:
        """Tell whether somebody has claimed the place before entry `start`."""
        return self._journal(start).exists()

    def read_journal(self, start: int) -> list[bytes]:
        """Return the batch that begins at `start`. Raises Malformed: journal_corrupt."""
        return decode_journal(self._journal(start).read_bytes(), start=start)

    def journals(self) -> list[int]:
        """Return the starts of the batches that are journalled."""
        return _numbers(self._private / "journal")

    def past_sizes(self) -> list[int]:
        """Return the sizes whose checkpoints are kept."""
        return _numbers(self._folder / "checkpoints")

    def has_past(self, size: int) -> bool:
        """Tell whether the checkpoint of a size is kept."""
        return (self._folder / "checkpoints" / str(size)).is_file()

    def settled(self) -> int | None:
        """Return the size up to which the log is on stable storage; None if nobody noted it."""
        return max(_numbers(self._private / "settled"), default=None)

    def is_due(self, size: int) -> bool:
        """Tell whether so much can be torn that it is time to settle."""
        starts = self.journals()
        return len(starts) >= SETTLE_BATCHES or (
            bool(starts) and size - starts[0] >= SETTLE_ENTRIES
        )

    def settle(self, size: int) -> None:
        """Bring the log of `size` to stable storage, note that, and let go of its journals."""
        if self.settled() != size or self.journals():
            self._sync(self._unsettled(size))
            self.note_settled(size)

    def settle_beside(self, size: int) -> Future[None]:
        """Begin to bring the log of `size` to stable storage; `note_settled` when it is there."""
        return self._disk.later(partial(self._sync, self._unsettled(size)))

    def note_settled(self, size: int) -> None:
        """Note that the log of `size` is on stable storage, and let go of its journals.

        The note is a name that only grows: should two writers settle at once, the larger holds.
        """
        marks = self._private / "settled"
        self._disk.write(marks / str(size), b"")
        self._disk.sync_folder(marks)
        settled = max(_numbers(marks))
        for older in _numbers(marks):
            if older < settled:
                self._disk.remove(marks / str(older))
        self.let_go(settled)

    def let_go(self, size: int) -> None:
        """Remove the journals before `size`, and first the partial tiles they account for.

        Partial tiles go when their full tile is on stable storage (tlog-tiles, Partial Tiles),
        not earlier: a batch is made again from the edge at which the first journal begins.
        """
        starts = [start for start in self.journals() if start < size]
        if not starts:
            return
        dropped = set()
        for path in _full_paths(starts[0], size):
            partials = self._folder / f"{path}.p"
            if partials.is_dir():
                for partial in partials.iterdir():
                    self._disk.remove(partial)
                self._disk.remove_folder(partials)
                dropped.add(partials.parent)
        for folder in sorted(dropped):
            self._disk.sync_folder(folder)
        for start in starts:
            self.drop_journal(start)

    def _unsettled(self, size: int) -> list[Path]:
        """Return every file placed since the last settling that stays in a log of `size`."""
        start = self.settled() or 0
        paths = list(_full_paths(start, size))
        for path in _edge_paths(size):
            names = (one.name for one in (self._folder / f"{path}.p").iterdir())
            paths += [f"{path}.p/{name}" for name in names]
        paths += [f"checkpoints/{past}" for past in self.journals() if start <= past < size]
        return [self._folder / path for path in [*paths, f"checkpoints/{size}"]]

    def _sync(self, files: list[Path]) -> None:
        self._disk.sync_files(files)
        for folder in self._folders_of(files):
            with suppress(FileNotFoundError):  # partial tiles that another writer has dropped
                self._disk.sync_folder(folder)

    def _folders_of(self, files: Iterable[Path]) -> list[Path]:
        """Return the folders of files up to the log's own, the deepest first."""
        folders = {folder for parent in {file.parent for file in files} for folder in _up(parent)}
        inside = [folder for folder in folders if folder.is_relative_to(self._folder)]
        return sorted(inside, key=lambda folder: (-len(folder.parts), folder))

    def _journal(self, start: int) -> Path:
        return self._private / "journal" / str(start)

    def _aside(self) -> Path:
        return self._private / "tmp" / token_hex(16)


def _full_paths(start: int, size: int) -> Iterator[str]:
    """Yield the full tiles and bundles that came into being between `start` and `size`."""
    for level, full, _ in tile_spans(size):
        for number in range(start >> TILE_HEIGHT * (level + 1), full):
            yield tile_path(level, number)
            if level == 0:
                yield bundle_path(number)


def _edge_paths(size: int) -> Iterator[str]:
    """Yield what the partial tiles and the partial bundle of `size` will be called when full."""
    for level, number, width in tile_spans(size):
        if width:
            yield tile_path(level, number)
            if level == 0:
                yield bundle_path(number)


def _up(folder: Path) -> Iterator[Path]:
    yield folder
    yield from folder.parents


def _numbers(folder: Path) -> list[int]:
    """Return the numbers that name the files of a folder, which need not be there."""
    if not folder.is_dir():
        return []
    return sorted(int(one.name) for one in folder.iterdir() if one.name.isdigit())
