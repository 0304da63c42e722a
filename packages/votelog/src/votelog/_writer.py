# SPDX-License-Identifier: Apache-2.0
"""Write a log into a folder, safe against a crash at any byte and against a second writer.

A batch goes: journal (claims its place) → bundles and tiles → checkpoint → answer. Each
file is written aside, brought to stable storage and renamed; folders are synced before
the next step. Until the checkpoint is renamed nothing that a reader believes has changed;
from the journal on, the batch can be made again, byte for byte.

Three locks keep one history: `.writer/lock` (flock) lets one process in; the journal's
exclusive name lets one batch follow entry n; and the checkpoint is replaced only if it
still is the one this writer wrote. The last two keep one history even where the first is
lost (a deleted lock file, a file system without flock); at worst a stalled writer puts an
older checkpoint back, and then every writer refuses to go on (`log_rolled_back`).
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from threading import Lock
from types import TracebackType

from votelog._checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from votelog._disk import Disk
from votelog._edge import Edge, load_edge
from votelog._errors import Rejected, WriteRefused
from votelog._growth import Growth
from votelog._journal import decode_journal, encode_journal
from votelog._note import Signature, Signer, Verifier, join_note, open_note, split_note
from votelog._proof import join_receipt
from votelog._reader import MAX_CHECKPOINT_BYTES
from votelog._source import PRIVATE_FOLDER, FolderSource
from votelog._tiles import MAX_ENTRY_BYTES
from votelog._tree import EMPTY_ROOT, leaf_hash

MAX_BATCH = 65_536


class Sealed:
    """A batch that is in the log: entries [start, end) under a published checkpoint."""

    def __init__(self, growth: Growth, entries: list[bytes], note: bytes) -> None:
        self.start = growth.start
        self.end = growth.end
        self.note = note
        self._growth = growth
        self._entries = entries

    def receipt(self, index: int) -> bytes:
        """Return the receipt of entry `index`, the entry itself in it."""
        if not self.start <= index < self.end:
            raise Rejected("index_outside", index=index, size=self.end)
        entry = self._entries[index - self.start]
        return join_receipt(index, self._growth.coded_proof(index), self.note, entry)


class LogWriter:
    """The one writer of a log. Its methods may be called from any thread, one at a time runs."""

    def __init__(self, folder: Path, signer: Signer, disk: Disk, lock: int) -> None:
        self._folder = folder
        self._private = folder / PRIVATE_FOLDER
        self._signer = signer
        self._disk = disk
        self._lock = lock  # descriptor of .writer/lock; its flock lives as long as it is open
        self._turn = Lock()  # guards everything below
        self._is_broken = False
        self._note = b""
        self._edge = Edge(0, [], [])
        self.recovered = range(0)  # entries of a batch that a crash had left in the journal

    @classmethod
    def create(cls, folder: Path, signer: Signer, *, disk: Disk | None = None) -> "LogWriter":
        """Begin a new, empty log in a folder that holds none.

        Raises WriteRefused: log_exists, log_locked.
        """
        writer = cls._enter(folder, signer, disk or Disk())
        try:
            if (folder / "checkpoint").exists() or (folder / "tile").exists():
                raise WriteRefused("log_exists", folder=str(folder))
            head = Checkpoint(signer.name, 0, EMPTY_ROOT)
            writer._publish(sign_checkpoint(head, signer), 0)
        except BaseException:
            writer.close()
            raise
        return writer

    @classmethod
    def open(cls, folder: Path, signer: Signer, *, disk: Disk | None = None) -> "LogWriter":
        """Go on with a log, after finishing what a crash may have left half done.

        Raises WriteRefused: log_absent, log_locked, log_rolled_back, journal_ahead;
        Malformed and Rejected where the log on disk does not prove its own checkpoint.
        """
        if not (folder / "checkpoint").is_file():
            raise WriteRefused("log_absent", folder=str(folder))
        writer = cls._enter(folder, signer, disk or Disk())
        try:
            writer._recover()
        except BaseException:
            writer.close()
            raise
        return writer

    @classmethod
    def _enter(cls, folder: Path, signer: Signer, disk: Disk) -> "LogWriter":
        private = folder / PRIVATE_FOLDER
        for part in ("journal", "tmp"):
            disk.make_folder(private / part)
        lock = os.open(private / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(lock)
            raise WriteRefused("log_locked", folder=str(folder)) from error
        for left_over in (private / "tmp").iterdir():
            disk.remove(left_over)
        return cls(folder, signer, disk, lock)

    def __enter__(self) -> "LogWriter":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def size(self) -> int:
        return self._edge.size

    @property
    def note(self) -> bytes:
        """The newest checkpoint, as published."""
        return self._note

    def close(self) -> None:
        """Let another writer in."""
        with self._turn:
            if self._lock >= 0:
                os.close(self._lock)
            self._lock = -1
            self._is_broken = True

    def append(self, entries: Sequence[bytes]) -> Sealed:
        """Seal a batch; on return it is on stable storage under a published checkpoint.

        Raises WriteRefused. batch_size and entry_too_long change nothing. After
        checkpoint_moved, place_claimed or writer_broken this writer is of no more use: open
        the log again; a batch that failed half-way is then either in `recovered` or nowhere.
        """
        if not 1 <= len(entries) <= MAX_BATCH:
            raise WriteRefused("batch_size", entries=len(entries), limit=MAX_BATCH)
        for index, entry in enumerate(entries, start=self.size):
            if len(entry) > MAX_ENTRY_BYTES:
                raise WriteRefused(
                    "entry_too_long", index=index, length=len(entry), limit=MAX_ENTRY_BYTES
                )
        with self._turn:
            self._check_whole()
            with self._changing():
                self._claim(list(entries))
                return self._commit(list(entries))

    def add_cosignatures(
        self, size: int, lines: Sequence[Signature], cosigners: Sequence[Verifier]
    ) -> bytes:
        """Add witnesses' cosignatures to the checkpoint published at `size`; return it.

        The log may have grown while they were asked. Only signatures that hold under a key of
        `cosigners` are taken. Raises Missing: file_missing; Rejected: signature_false,
        signature_missing.
        """
        with self._turn:
            self._check_whole()
            is_newest = size == self.size
            published = self._note if is_newest else self._read(f"checkpoints/{size}")
            text, present = split_note(published)
            opened = open_note(join_note(text, lines), cosigners)
            fresh = [line for line in opened.verified if line not in present]
            note = join_note(text, [*present, *fresh])
            with self._changing():
                if is_newest:
                    self._check_unmoved()
                    self._publish(note, size)
                else:
                    self._disk.sync_folder(self._place(f"checkpoints/{size}", note))
            return note

    def _check_whole(self) -> None:
        if self._is_broken:
            raise WriteRefused("writer_broken", reason="it was closed or failed before")

    @contextmanager
    def _changing(self) -> Iterator[None]:
        """Keep the writer broken unless the change goes through to its end."""
        self._is_broken = True
        try:
            yield
        except OSError as error:
            reason = error.strerror or str(error)
            raise WriteRefused("writer_broken", reason=reason) from error
        self._is_broken = False

    def _claim(self, entries: list[bytes]) -> None:
        """Write the journal; the place is ours if its name is new and nobody has gone on."""
        self._check_unmoved()
        place = self._journal(self.size)
        aside = self._write_aside(encode_journal(self.size, entries))
        try:
            self._disk.link(aside, place)
        except FileExistsError as error:
            raise WriteRefused("place_claimed", size=self.size) from error
        finally:
            self._disk.remove(aside)
        try:
            self._check_unmoved()
        except WriteRefused:
            self._disk.remove(place)  # it is behind the checkpoint: nobody needs it
            raise
        self._disk.sync_folder(place.parent)

    def _commit(self, entries: list[bytes]) -> Sealed:
        """Bring a journalled batch into the log. Running it twice changes nothing."""
        start = self.size
        leaves = [leaf_hash(entry) for entry in entries]
        growth = Growth(self._edge.range(), leaves)
        paths = []
        folders = set()
        for path, content in self._edge.files_of(growth, leaves, entries):
            folders.add(self._place(path, content))
            paths.append(path)
        for folder in sorted(folders):
            self._disk.sync_folder(folder)
        head = Checkpoint(self._signer.name, growth.end, growth.grown().root())
        note = sign_checkpoint(head, self._signer)
        self._check_unmoved()
        self._publish(note, growth.end)
        if not self._journal(start).exists():  # another writer has finished our batch for us
            raise WriteRefused("checkpoint_moved", size=self.size)
        self._disk.remove(self._journal(start))
        self._drop_partials(paths)
        return Sealed(growth, entries, note)

    def _publish(self, note: bytes, size: int) -> None:
        self._disk.sync_folder(self._place("checkpoint", note))
        self._note = note
        self._disk.sync_folder(self._place(f"checkpoints/{size}", note))

    def _check_unmoved(self) -> None:
        """Compare the checkpoint on disk with the one this writer knows."""
        if self._read("checkpoint") != self._note:
            raise WriteRefused("checkpoint_moved", size=self.size)

    def _drop_partials(self, paths: list[str]) -> None:
        """Remove partial tiles whose full tile is published (tlog-tiles, Partial Tiles)."""
        for path in paths:
            partials = self._folder / f"{path}.p"
            if partials.is_dir():
                for partial in partials.iterdir():
                    self._disk.remove(partial)
                self._disk.remove_folder(partials)

    def _place(self, path: str, content: bytes) -> Path:
        """Put a file into the log at once; return its folder, whose names are not yet synced."""
        target = self._folder / path
        self._disk.make_folder(target.parent)
        self._disk.rename(self._write_aside(content), target)
        return target.parent

    def _write_aside(self, content: bytes) -> Path:
        aside = self._private / "tmp" / token_hex(16)
        self._disk.write(aside, content)
        return aside

    def _journal(self, start: int) -> Path:
        return self._private / "journal" / str(start)

    def _read(self, path: str) -> bytes:
        return FolderSource(self._folder).read(path, MAX_CHECKPOINT_BYTES)

    def _recover(self) -> None:
        self._note = self._read("checkpoint")
        head, _ = open_checkpoint(self._note, self._signer.verifier)
        self._refuse_rolled_back(head)
        self._edge = load_edge(FolderSource(self._folder), head.size)
        self._edge.check(head.root)
        if not (self._folder / "checkpoints" / str(head.size)).is_file():
            self._publish(self._note, head.size)
        for journal in sorted((self._private / "journal").iterdir(), key=lambda one: int(one.name)):
            start = int(journal.name)
            if start < head.size:
                self._disk.remove(journal)
            elif start == head.size:
                self._commit(decode_journal(journal.read_bytes(), start=start))
                self.recovered = range(start, self.size)
            else:
                raise WriteRefused("journal_ahead", start=start, size=head.size)

    def _refuse_rolled_back(self, head: Checkpoint) -> None:
        """Refuse to sign a second history over a checkpoint that was put back by hand."""
        past = self._folder / "checkpoints"
        if not past.is_dir():
            return
        newest = max((int(one.name) for one in past.iterdir() if one.name.isdigit()), default=0)
        if newest > head.size:
            raise WriteRefused("log_rolled_back", old=newest, new=head.size)
