# SPDX-License-Identifier: Apache-2.0
"""What the logs say: their head, and the count as a fold over their entries.

Folds are kept in memory and go on where they stopped, so that a board that looks every second
reads only what has come since. After a restart the first look reads the whole log.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Literal

import msgspec
from django.utils.timezone import localtime
from votelog import Checkpoint, peek_checkpoint

from minyi.ledger import folders
from minyi.ledger.fold import BALLOT_START, SEALED_START, Fold, Tally
from minyi.ledger.models import Log, LogEntry

__all__ = [
    "LogState",
    "LoggedBallot",
    "LoggedBallots",
    "Standing",
    "Tally",
    "find_log",
    "find_log_of",
    "index_of",
    "last_put",
    "read_ballots",
    "read_choices",
    "standing_of",
    "states_of",
    "tags_of",
    "tally",
    "tally_before",
]


StateName = Literal["none", "counted", "quarantined", "void"]
STATE_NAMES: tuple[StateName, ...] = ("none", "counted", "quarantined", "void")


@dataclass(frozen=True, slots=True)
class LogState:
    """A log and its newest checkpoint; before it begins `size` is 0 and `note` empty.

    `root` is base64 as it stands in the checkpoint. `witnesses` are the names of those who have
    signed beside the log itself; `published_at` is when the checkpoint came to its place.
    """

    folder: str
    origin: str
    vkey: str
    size: int
    root: str
    note: str
    published_at: datetime | None
    witnesses: tuple[str, ...]


def find_log(folder: str) -> LogState | None:
    """Return the log in that folder, or None.

    Its size tells the turnout: while counts are hidden nobody is shown it, staff included.
    """
    return _state_of(Log.objects.filter(folder=folder).first())


def find_log_of(round_id: int) -> LogState | None:
    """Return the log that holds the ballots of a round, or None."""
    return _state_of(Log.objects.filter(round_id=round_id).first())


def last_put(folder: str, kind: str) -> Mapping[str, object] | None:
    """Return the last entry of that type that we meant to write, written or not yet."""
    rows = LogEntry.objects.filter(log__folder=folder, kind=kind).order_by("-id")
    text = rows.values_list("text", flat=True).first()
    return msgspec.json.decode(text, type=dict[str, object]) if text else None


def index_of(folder: str, key: str) -> int | None:
    """Return where the entry put under that key stands; None: nowhere yet."""
    rows = LogEntry.objects.filter(log__folder=folder, key=key)
    index: int | None = rows.values_list("index", flat=True).first()
    return index


def act_sizes(folder: str) -> tuple[int, ...]:
    """Return the sizes at which the log stood after each of our acts, its first entry included."""
    rows = LogEntry.objects.filter(log__folder=folder, index__isnull=False)
    sizes = {index + 1 for index in rows.values_list("index", flat=True) if index is not None}
    closed_at = tally(folder).closed_at
    return tuple(sorted({1, *sizes} | ({closed_at + 1} if closed_at is not None else set())))


def tally(folder: str) -> Tally:
    """Count the log up to its newest checkpoint, which the answer names."""
    return _books_of(folder).newest()


def tally_before(folder: str, moment: datetime) -> Tally:
    """Count the log up to the first entry of that moment or later.

    A beginning of the log, as every count is. Times need not ascend in it: an earlier one behind
    that entry waits for the next moment, and nothing cast later is ever in. The answer names no
    checkpoint: that it is the newest would tell that nobody has voted since.
    """
    return _books_of(folder).before(round(moment.timestamp() * 1000))


@dataclass(frozen=True, slots=True)
class Standing:
    """How one ballot stands at the newest checkpoint; `rule` says why it does not count."""

    state: StateName
    rule: str


def standing_of(folder: str, index: int) -> Standing:
    """Return how the ballot at that place stands now; «none»: there is no ballot."""
    return _books_of(folder).standing(index)


def states_of(folder: str, ranges: Sequence[tuple[int, int]]) -> bytes:
    """Return the states (see `ledger.fold`) of the entries in half-open ranges, joined."""
    return _books_of(folder).states(ranges)


def tags_of(folder: str, ranges: Sequence[tuple[int, int]]) -> list[str]:
    """Return the pseudonyms on the ballots in half-open ranges of a log; other entries have none.

    Never to be shown beside anything that tells who somebody is.
    """
    size = tally(folder).size  # a tile has the width it has at a published size
    return [
        str(msgspec.json.decode(raw)["tag"])
        for low, high in ranges
        for raw in islice(folders.read_entries(folder, low, size), high - low)
        if raw.startswith((BALLOT_START, SEALED_START))
    ]


@dataclass(frozen=True, slots=True)
class LoggedBallot:
    """A ballot in the log: when (ms), for whom (labels), and how it stands."""

    t: int
    labels: tuple[str, ...]
    state: StateName


@dataclass(frozen=True, slots=True)
class LoggedBallots:
    """The ballots of a log up to the checkpoint of `size` entries; read them once."""

    size: int
    root: str
    ballots: Iterator[LoggedBallot]


def read_ballots(folder: str) -> LoggedBallots:
    """Return every ballot of a log, in its order, as it stands at the newest checkpoint.

    Who may see it is the caller's matter: nobody, while counts are hidden.
    """
    return _books_of(folder).ballots()


def read_choices(folder: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Return nonce and choice of every ballot of a log, in its order; empty: it is none.

    Sealed choices are empty until they have been opened.
    """
    return _books_of(folder).choices()


@dataclass(slots=True)
class _Books:
    """The folds of one log: one at its end, one that follows from announced hour to hour."""

    folder: str
    turn: threading.Lock = field(default_factory=threading.Lock)  # guards everything below
    head: Fold = field(default_factory=Fold)
    last: Tally | None = None
    behind: Fold = field(default_factory=Fold)
    behind_ms: int = 0
    kept: Tally | None = None

    def newest(self) -> Tally:
        with self.turn:
            return self._follow()

    def standing(self, index: int) -> Standing:
        with self.turn:
            self._follow()
            state = self.head.states(index, index + 1) or b"\0"
            return Standing(STATE_NAMES[state[0]], self.head.rule_of(index))

    def states(self, ranges: Sequence[tuple[int, int]]) -> bytes:
        with self.turn:
            self._follow()
            return b"".join(self.head.states(low, high) for low, high in ranges)

    def ballots(self) -> LoggedBallots:
        with self.turn:
            present = self._follow()
            states = self.head.states(0, present.size)
            places, choices = self.head.choices()
        entries = folders.read_entries(self.folder, 0, present.size)
        found = (
            LoggedBallot(_time_of(raw), choices[place], STATE_NAMES[state])
            for raw, state, place in zip(entries, states, places, strict=False)
            if state
        )
        return LoggedBallots(present.size, present.root, found)

    def choices(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        with self.turn:
            present = self._follow()
            places, choices = self.head.choices()
        entries = folders.read_entries(self.folder, 0, present.size)
        return (
            (_read_nonce(raw).n, choices[place])
            for raw, place in zip(entries, places, strict=False)
            if raw.startswith((BALLOT_START, SEALED_START))
        )

    def _follow(self) -> Tally:
        """Take in what has come since; the caller holds the turn."""
        checkpoint = _checkpoint_of(self.folder)
        if checkpoint is None:
            return Fold().tally("")
        root = _root_of(checkpoint)
        last = self.last
        if last is not None and (last.size, last.root) == (checkpoint.size, root):
            return last
        if checkpoint.size < self.head.size:
            self.head = Fold()  # another log lies in this place now
        for raw in folders.read_entries(self.folder, self.head.size, checkpoint.size):
            self.head.add(raw)
        self.last = self.head.tally(root)
        return self.last

    def before(self, moment_ms: int) -> Tally:
        with self.turn:
            checkpoint = _checkpoint_of(self.folder)
            if checkpoint is None:
                return Fold().tally("")
            if moment_ms < self.behind_ms or checkpoint.size < self.behind.size:
                self.behind, self.kept = Fold(), None
            if self.kept is not None and moment_ms == self.behind_ms:
                return self.kept
            for raw in folders.read_entries(self.folder, self.behind.size, checkpoint.size):
                if _time_of(raw) >= moment_ms:
                    self.kept = self.behind.tally("")
                    self.behind_ms = moment_ms
                    return self.kept
                self.behind.add(raw)
            self.behind_ms, self.kept = moment_ms, None
            return self.behind.tally("")


_books: dict[Path, _Books] = {}
_books_turn = threading.Lock()  # guards _books


def _books_of(folder: str) -> _Books:
    with _books_turn:
        return _books.setdefault(folders.path_of(folder), _Books(folder))


def _checkpoint_of(folder: str) -> Checkpoint | None:
    note = folders.read_note(folder)
    return peek_checkpoint(note) if note else None


def _root_of(checkpoint: Checkpoint) -> str:
    """Return the root as the checkpoint spells it."""
    return checkpoint.text().decode().split("\n")[2]


class _Moment(msgspec.Struct, gc=False):
    t: int = 0  # the manifest has none


class _Nonce(msgspec.Struct, gc=False):
    n: str


_read_nonce = msgspec.json.Decoder(_Nonce).decode
_read_moment = msgspec.json.Decoder(_Moment).decode


def _time_of(raw: bytes) -> int:
    return _read_moment(raw).t


def _state_of(log: Log | None) -> LogState | None:
    if log is None:
        return None
    note = folders.read_signed(log.folder, "checkpoint")
    head = peek_checkpoint(note) if note else None
    return LogState(
        folder=log.folder,
        origin=log.origin,
        vkey=log.vkey,
        size=head.size if head else 0,
        root=_root_of(head) if head else "",
        note=note.decode(),
        published_at=_published_at(log.folder) if head else None,
        witnesses=_signers_of(note, log.origin) if head else (),
    )


def _published_at(folder: str) -> datetime:
    changed = (folders.path_of(folder) / "checkpoint").stat().st_mtime
    return localtime(datetime.fromtimestamp(changed, UTC))


def _signers_of(note: bytes, origin: str) -> tuple[str, ...]:
    """Return who else has signed, as the note says; nobody's signature is checked here."""
    _text, _empty, signatures = note.decode().rpartition("\n\n")
    names = [line.split(" ")[1] for line in signatures.splitlines()]
    return tuple(name for name in names if name != origin)
