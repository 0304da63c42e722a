# SPDX-License-Identifier: Apache-2.0
"""Write a log into a folder, safe against a crash at any byte and against a second writer.

A batch goes: journal (claims its place) → bundles and tiles → checkpoint → answer. Only the
journal and the checkpoint are brought to stable storage before the answer. All else can be
made again, byte for byte: trees and Ed25519 signatures know one result. So journals stay
until a settling (every so many batches, at close) has brought the files of their batches to
stable storage; the size that is settled is noted under `.writer/settled`. After a crash the
writer plays all journals from that size on; it must come out at exactly the signed
checkpoint. One journal behind the checkpoint is a batch nobody was answered: it is
committed now.

Three locks keep one history: `.writer/lock` (flock) lets one process in; the journal's
exclusive name lets one batch follow entry n; and the checkpoint is replaced only if it
still is the one this writer wrote. The last two keep one history even where the first is
lost (a deleted lock file, a file system without flock); at worst a stalled writer puts an
older checkpoint back, and then every writer refuses to go on (`log_rolled_back`).
"""

import fcntl
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from types import TracebackType

from votelog._checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from votelog._disk import Disk
from votelog._edge import Edge, load_edge
from votelog._errors import Rejected, VotelogError, WriteRefused
from votelog._growth import Growth
from votelog._lock import take_lock
from votelog._note import Signature, Signer, Verifier, join_note, open_note, split_note
from votelog._sealed import Sealed
from votelog._source import PRIVATE_FOLDER
from votelog._storage import Storage
from votelog._tiles import MAX_ENTRY_BYTES
from votelog._tree import EMPTY_ROOT, leaf_hash

MAX_BATCH = 65_536


@dataclass(frozen=True, slots=True)
class _Grown:
    """A batch as it will stand in the log; nothing of it is on disk."""

    growth: Growth
    note: bytes
    files: list[tuple[str, bytes]]


class LogWriter:
    """The one writer of a log. Its methods may be called from any thread, one at a time runs."""

    def __init__(self, folder: Path, signer: Signer, disk: Disk, lock: int) -> None:
        self._folder = folder
        self._signer = signer
        self._storage = Storage(folder, disk)
        self._lock = lock  # descriptor of .writer/lock; its flock lives as long as it is open
        self._turn = Lock()  # guards everything below
        self._is_broken = True  # until it knows what is in the folder
        self._note = b""
        self._edge = Edge(0, [], [])
        self._settling: tuple[int, Future[None] | None] = (0, None)  # up to which size; by whom
        self.recovered = range(0)  # entries of a batch that a crash had left in the journal

    @classmethod
    def create(
        cls, folder: Path, signer: Signer, *, disk: Disk | None = None, wait_s: float = 0
    ) -> "LogWriter":
        """Begin a new, empty log in a folder that holds none.

        Raises WriteRefused: log_exists, log_locked.
        """
        writer = cls._enter(folder, signer, disk or Disk(), wait_s)
        try:
            if (folder / "checkpoint").exists() or (folder / "tile").exists():
                raise WriteRefused("log_exists", folder=str(folder))
            head = Checkpoint(signer.name, 0, EMPTY_ROOT)
            writer._publish(sign_checkpoint(head, signer))
            writer._storage.publish("checkpoints/0", writer.note)
            writer._storage.settle(0)
            writer._is_broken = False
        except BaseException:
            writer.close()
            raise
        return writer

    @classmethod
    def open(
        cls, folder: Path, signer: Signer, *, disk: Disk | None = None, wait_s: float = 0
    ) -> "LogWriter":
        """Go on with a log, after finishing what a crash may have left half done.

        Raises WriteRefused: log_absent, log_locked, log_rolled_back, journal_ahead;
        Malformed and Rejected where the log on disk does not prove its own checkpoint.
        """
        if not (folder / "checkpoint").is_file():
            raise WriteRefused("log_absent", folder=str(folder))
        writer = cls._enter(folder, signer, disk or Disk(), wait_s)
        try:
            writer._recover()
        except BaseException:
            writer.close()
            raise
        return writer

    @classmethod
    def _enter(cls, folder: Path, signer: Signer, disk: Disk, wait_s: float) -> "LogWriter":
        private = folder / PRIVATE_FOLDER
        for part in ("journal", "tmp", "settled"):
            disk.make_folder(private / part)
        lock = os.open(private / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            take_lock(lock, folder, wait_s)
            writer = cls(folder, signer, disk, lock)
            writer._storage.remove_leftovers()
        except BaseException:
            os.close(lock)
            raise
        return writer

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

    @contextmanager
    def turn(self, *, wait_s: float = 5.0) -> Iterator["LogWriter"]:
        """Take turns with other writers: hold the log inside, let them write outside.

        Call `rest` once before the first turn. What others wrote meanwhile is read in, and
        what a crash of theirs left half done is finished. Raises what `open` raises.
        """
        take_lock(self._lock, self._folder, wait_s)
        try:
            if self._is_broken:
                self._recover()
            elif self._storage.read_note("checkpoint") != self._note:
                self._follow()
            elif self._storage.has_journal(self.size):
                self._recover()
            yield self
        finally:
            self.rest()

    def rest(self) -> None:
        """Let others write until the next turn."""
        fcntl.flock(self._lock, fcntl.LOCK_UN)

    def close(self) -> None:
        """Settle what can be settled and let another writer in."""
        with self._turn:
            if self._lock < 0:
                return
            try:
                if not self._is_broken:
                    self._settle_last()
            finally:
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
                self._check_unmoved()
                self._settle_meanwhile()
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
            path = f"checkpoints/{size}"
            published = self._note if is_newest else self._storage.read_note(path)
            text, present = split_note(published)
            opened = open_note(join_note(text, lines), cosigners)
            fresh = [line for line in opened.verified if line not in present]
            note = join_note(text, [*present, *fresh])
            with self._changing():
                if is_newest:
                    self._check_unmoved()
                    self._publish(note)
                self._storage.publish(path, note)
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

    def _settle_meanwhile(self) -> None:
        """Let the next batches be written while files go to stable storage, then note it."""
        size, settling = self._settling
        if settling is not None and settling.done():
            settling.result()
            self._storage.note_settled(size)
            self._settling = (0, None)
        elif settling is None and self._storage.is_due(self.size):
            self._settling = (self.size, self._storage.settle_beside(self.size))

    def _settle_last(self) -> None:
        """Settle before closing, unless another writer is at work: then it will."""
        with suppress(VotelogError, OSError):
            take_lock(self._lock, self._folder, 0)
            self._check_unmoved()
            self._storage.settle(self.size)

    def _claim(self, entries: list[bytes]) -> None:
        """Write the journal; the place is ours if its name is new and nobody has gone on."""
        if not self._storage.link_journal(self.size, entries):
            raise WriteRefused("place_claimed", size=self.size)
        try:
            self._check_unmoved()
        except WriteRefused:
            self._storage.drop_journal(self.size)  # it is behind the checkpoint
            raise
        self._storage.sync_journals()

    def _commit(self, entries: list[bytes]) -> Sealed:
        """Bring a journalled batch into the log. Running it twice changes nothing."""
        start = self.size
        grown = self._grow(entries)
        self._place(grown)
        self._check_unmoved()
        self._publish(grown.note)
        storage = self._storage
        if storage.has_journal(self.size) or not storage.has_journal(start):
            # Another writer has finished our batch and gone on; ours is an older checkpoint.
            raise WriteRefused("checkpoint_moved", size=self.size)
        storage.place(f"checkpoints/{self.size}", grown.note)
        return Sealed(grown.growth, entries, grown.note)

    def _grow(self, entries: list[bytes]) -> _Grown:
        """Move the edge behind a batch."""
        leaves = [leaf_hash(entry) for entry in entries]
        growth = Growth(self._edge.range(), leaves)
        files = list(self._edge.files_of(growth, leaves, entries))
        head = Checkpoint(self._signer.name, growth.end, growth.grown().root())
        return _Grown(growth, sign_checkpoint(head, self._signer), files)

    def _place(self, grown: _Grown) -> None:
        for path, content in grown.files:
            self._storage.place(path, content)

    def _publish(self, note: bytes) -> None:
        self._storage.publish("checkpoint", note)
        self._note = note

    def _check_unmoved(self) -> None:
        """Compare the checkpoint on disk with the one this writer knows."""
        if self._storage.read_note("checkpoint") != self._note:
            raise WriteRefused("checkpoint_moved", size=self.size)

    def _follow(self) -> None:
        """Read in what another living writer has written meanwhile.

        This process has lived through it, so no power cut has torn a file; it is enough to look
        at the edge. Whatever is not as it should be is left to the recovery.
        """
        self._is_broken = True
        note = self._storage.read_note("checkpoint")
        head, _ = open_checkpoint(note, self._signer.verifier)
        edge = self._find_edge(head)
        if edge is None:
            self._recover()
            return
        self._note, self._edge = note, edge
        self._is_broken = False

    def _find_edge(self, head: Checkpoint) -> Edge | None:
        """Return the edge at a checkpoint behind which nothing has been begun."""
        storage = self._storage
        is_behind = head.size < max(self.size, storage.settled() or 0)
        if is_behind or storage.has_journal(head.size) or not storage.has_past(head.size):
            return None
        try:
            edge = load_edge(storage.source, head.size)
            edge.check(head.root)
        except VotelogError:
            return None
        return edge

    def _recover(self) -> None:
        """Play the journals from the settled size on; finish a batch that was begun."""
        self._is_broken = True
        self._note = self._storage.read_note("checkpoint")
        head, _ = open_checkpoint(self._note, self._signer.verifier)
        settled = self._storage.settled()
        if settled is None:  # nothing has been placed since the log was created
            settled = head.size
        self._refuse_rolled_back(head, settled)
        self._storage.let_go(settled)
        self._edge = load_edge(self._storage.source, settled)
        self._edge.check(self._root_at(settled, head))
        self._replay(head)
        if self._storage.has_journal(head.size):
            self._commit(self._storage.read_journal(head.size))
            self.recovered = range(head.size, self.size)
        self._storage.settle(self.size)
        self._is_broken = False

    def _replay(self, head: Checkpoint) -> None:
        """Make the batches up to the checkpoint again; nothing is written unless they lead there.

        Raises WriteRefused: journal_ahead. Raises Rejected: head_differs.
        """
        batches = []
        for start in self._storage.journals():
            if start != (self.size if start < head.size else head.size):
                raise WriteRefused("journal_ahead", start=start, size=self.size)
            if start < head.size:
                batches.append(self._grow(self._storage.read_journal(start)))
        if self.size != head.size or self._edge.range().root() != head.root:
            raise Rejected("head_differs", size=head.size)
        for grown in batches:
            self._place(grown)
            self._place_past(grown.growth.end, grown.note)
        self._place_past(head.size, self._note)

    def _place_past(self, size: int, note: bytes) -> None:
        """Place a past checkpoint unless it is there, perhaps with cosignatures by now."""
        path = f"checkpoints/{size}"
        with suppress(VotelogError):
            present, _ = open_checkpoint(self._storage.read_note(path), self._signer.verifier)
            if present.text() == split_note(note)[0]:
                return
        self._storage.place(path, note)

    def _root_at(self, size: int, head: Checkpoint) -> bytes:
        """Return the root that was signed at a settled size."""
        if size == head.size:
            return head.root
        past, _ = open_checkpoint(
            self._storage.read_note(f"checkpoints/{size}"), self._signer.verifier
        )
        if past.size != size:
            raise Rejected("head_differs", size=size)
        return past.root

    def _refuse_rolled_back(self, head: Checkpoint, settled: int) -> None:
        """Refuse to sign a second history over a checkpoint that was put back by hand."""
        newest = max([settled, *self._storage.past_sizes()])
        if newest > head.size:
            raise WriteRefused("log_rolled_back", old=newest, new=head.size)
