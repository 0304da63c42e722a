# SPDX-License-Identifier: Apache-2.0
"""Sealing: what is in the table is brought into the campaign's public log, in the same order.

The log follows the table: after a commit every ballot behind the last sealed one is appended,
whoever committed it. So a crash between commit and seal leaves nothing behind that the next
batch, or the next start, does not bring in. Who seals holds a lease on the round (PostgreSQL) and
the lock of the log's folder; a second writer cannot fork the log (votelog: `LogWriter`).
"""

import hmac
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import msgspec
from votelog import (
    ChoiceSealer,
    FolderSource,
    LogReader,
    LogWriter,
    SealedChoice,
    VotelogError,
    policy_for,
)

from ballotbox.ballots import Ballot, StoredBallot
from ballotbox.logkeys import KeyUnusable, read_signer
from ballotbox.places import Place, PlaceBook
from ballotbox.rules import day_in_china
from ballotbox.store import LogRow, SealStore, StoreUnavailable, Unsealed

LARGEST_APPEND = 16_384
WAIT_S = 5.0
KEPT_FOR_MS = 90 * 86_400_000  # logs of votes that ended longer ago are not looked after
SEALED = "@"  # before picks that are stored sealed: "@<e>.<i>.<x>"
LABEL_DIGITS = 3  # of a nominee's number, so that labels sort like numbers

_read_numbers = msgspec.json.Decoder(tuple[int, ...]).decode


class _Manifest(msgspec.Struct):
    """What a writer needs of entry 0."""

    campaign: str
    candidates: list[str]
    ph: str
    seal: str = ""


_read_manifest = msgspec.json.Decoder(_Manifest).decode


_log = logging.getLogger("ballotbox")


class Proof(msgspec.Struct, frozen=True, gc=False):
    """Where a ballot stands in the log, and the tlog-proof of it."""

    index: int
    text: str

    def coded(self) -> "CodedProof":
        """Return it as it stands in an answer."""
        return CodedProof(self.index, msgspec.json.encode(self.text).decode())


class Unsealable(Exception):
    """Some rounds of a batch could not be sealed; `proofs` are those of the others."""

    def __init__(self, rounds: frozenset[int], proofs: "Mapping[int, CodedProof]") -> None:
        super().__init__(f"rounds {sorted(rounds)}")
        self.rounds = rounds
        self.proofs = proofs


class CodedProof(msgspec.Struct, frozen=True, gc=False):
    """A proof as it stands in an answer: the tlog-proof as a JSON string, quotation marks too."""

    index: int
    text: str


class LogSealer:
    """All logs this sequencer writes. `folder` holds one folder for each campaign."""

    def __init__(self, store: SealStore, *, folder: Path, key: bytes) -> None:
        self._store = store
        self._folder = folder
        self._key = key
        self._marks = hmac.digest(key, b"minyi/marks/v1", "sha256")
        self._logs: dict[int, RoundLog | None] = {}

    def recover(self) -> None:
        """Bring in what a crash left between table and log; call it before taking ballots."""
        self._look_for_logs()
        for log in self._logs.values():
            if log is not None and log.exists:
                try:
                    with self._store.lease(log.round_id):
                        log.catch_up()
                except StoreUnavailable as error:
                    # One damaged log stops its own vote; the others go on.
                    _log.error("log_not_recovered round=%d error=%s", log.round_id, error)

    def cover(self, ballots: Sequence[Ballot]) -> Sequence[Ballot]:
        """Seal the choices of those ballots whose round hides them, before they are stored."""
        hiding = {
            round_id: log
            for round_id in {ballot.round_id for ballot in ballots}
            if (log := self._log_of(round_id)) is not None and log.hides
        }
        if not hiding:
            return ballots
        return [
            hiding[ballot.round_id].cover(ballot, self._marks)
            if ballot.round_id in hiding
            else ballot
            for ballot in ballots
        ]

    def seal(self, ballots: Sequence[StoredBallot]) -> Mapping[int, CodedProof]:
        """Seal the rounds of a batch and return the proofs of its ballots by their ids."""
        proofs: dict[int, CodedProof] = {}
        failed: set[int] = set()
        for round_id in sorted({ballot.row.round_id for ballot in ballots}):
            wanted = [ballot.id for ballot in ballots if ballot.row.round_id == round_id]
            try:
                log = self._log_of(round_id)
                if log is not None:
                    with self._store.lease(round_id):
                        proofs.update(log.seal(wanted))
            except StoreUnavailable as error:
                _log.error("round_not_sealed round=%d error=%s", round_id, error)
                failed.add(round_id)
        if failed:
            raise Unsealable(frozenset(failed), proofs)
        return proofs

    def close(self) -> None:
        """Let go of every log."""
        for log in self._logs.values():
            if log is not None:
                log.close()

    def _log_of(self, round_id: int) -> "RoundLog | None":
        if round_id not in self._logs:
            self._look_for_logs(round_id)
            self._logs.setdefault(round_id, None)
        return self._logs[round_id]

    def _look_for_logs(self, round_id: int = 0) -> None:
        """Find the logs that have begun, and that of this round, whose first ballot has come.

        Not the others: until voting opens their entry 0 may be printed again.
        """
        since_ms = time.time_ns() // 1_000_000 - KEPT_FOR_MS
        for row in self._store.find_logs(since_ms):
            if self._logs.get(row.round_id) is None:
                log = RoundLog(self._store, self._folder, self._key, row)
                if log.exists or row.round_id == round_id:
                    self._logs[row.round_id] = log


class RoundLog:
    """The log of one campaign, and the book that says which ballots stand where."""

    def __init__(self, store: SealStore, folder: Path, key: bytes, row: LogRow) -> None:
        self.round_id = row.round_id
        self.hides = bool(row.hides)
        self._live = bool(row.live)
        self._store = store
        self._folder = folder / row.folder
        self._key = key
        self._manifest = row.manifest.encode()
        first = _read_manifest(self._manifest)
        self._phase = first.ph
        self._choices: ChoiceSealer | None = None
        if first.seal:
            self._choices = ChoiceSealer(
                campaign=first.campaign,
                candidates=first.candidates,
                public=bytes.fromhex(first.seal),
            )
        self._writer: LogWriter | None = None
        self._places = PlaceBook(self._folder / ".writer" / "places")

    @property
    def exists(self) -> bool:
        """True once the log has been begun."""
        return (self._folder / "checkpoint").exists()

    def cover(self, ballot: Ballot, marks: bytes) -> Ballot:
        """Return the ballot with its choice sealed; `marks` keys what stands for it in receipts.

        The same ballot sent again has the same mark, and so the same receipt.
        """
        text = f"{ballot.round_id}\n{ballot.voter_ref}\n{ballot.nonce}\n{ballot.picks}"
        mark = hmac.digest(marks, text.encode(), "sha256").hex()
        choice = self._sealed(ballot.picks, ballot.voter_ref, ballot.nonce)
        sealed = f"{SEALED}{choice.e}.{choice.i}.{choice.x}"
        return msgspec.structs.replace(ballot, picks=sealed, mark=mark)

    def seal(self, ids: Sequence[int]) -> Mapping[int, CodedProof]:
        """Bring the log up to the table and return the proofs of these ballots."""
        self._places.read()
        passed = self._places.last_id
        fresh = self.catch_up()
        if not self._live:
            for id_ in ids:
                if id_ <= passed:
                    self._find(id_)
            return {}
        return {id_: fresh[id_] if id_ in fresh else self._prove(id_).coded() for id_ in ids}

    def catch_up(self) -> dict[int, CodedProof]:
        """Append every ballot behind the last sealed one; return the proofs of the appended."""
        proofs: dict[int, CodedProof] = {}
        try:
            with self._turn() as writer:
                self._find_places(writer)
                more = True
                while more:
                    rows = self._store.unsealed(
                        self.round_id, after=self._places.last_id, most=LARGEST_APPEND
                    )
                    if rows:
                        self._check_is_open(writer)
                        proofs |= self._append(writer, rows)
                    more = len(rows) == LARGEST_APPEND
        except (VotelogError, KeyUnusable, OSError) as error:
            raise StoreUnavailable(f"log {self._folder.name}: {error}") from error
        return proofs

    def close(self) -> None:
        """Let go of the log."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    @contextmanager
    def _turn(self) -> Iterator[LogWriter]:
        if self._writer is None:
            signer = read_signer(self._folder, self._key)
            begin = LogWriter.open if self.exists else LogWriter.create
            writer = begin(self._folder, signer, wait_s=WAIT_S)
            try:
                self._check_is_of_one_moment(writer)
            except BaseException:
                writer.close()
                raise
            writer.rest()
            self._writer = writer
        with self._writer.turn(wait_s=WAIT_S) as writer:
            if writer.size == 0:
                writer.append([self._manifest])
            yield writer

    def _append(self, writer: LogWriter, rows: Sequence[Unsealed]) -> dict[int, CodedProof]:
        start = writer.size
        sealed = writer.append([self._entry_of(row) for row in rows])
        self._places.add(Place(rows[0].id, rows[-1].id, start, len(rows)))
        if not self._live:
            return {}
        receipts = enumerate(sealed.receipts_in_json(), start=start)
        return {row.id: CodedProof(*one) for row, one in zip(rows, receipts, strict=True)}

    def _entry_of(self, row: Unsealed) -> bytes:
        if self._choices is None:
            return entry_of(row, self._phase)
        if row.picks.startswith(SEALED):  # sealed before it was stored
            return sealed_entry_of(row, self._phase, _read_sealed(row.picks))
        return sealed_entry_of(row, self._phase, self._sealed(row.picks, row.voter_ref, row.nonce))

    def _sealed(self, picks: str, tag: str, nonce: str) -> SealedChoice:
        if self._choices is None:
            raise StoreUnavailable(f"log {self._folder.name}: no key to seal choices for")
        return self._choices.seal(_labels_of(picks), tag=tag, nonce=nonce)

    def _find_places(self, writer: LogWriter) -> None:
        """Read the entries the book does not know: other acts, and ballots before a crash.

        Ballots enter the log in the order of their ids, so the next unknown ballots of the table
        are the next ballots of the log; nonce for nonce, or the log is not of this table.
        """
        self._places.read()
        if self._places.size == writer.size:
            return
        reader = self._reader(writer.note)
        for index in range(self._places.size, writer.size):
            entry = msgspec.json.decode(reader.entry(index))
            if entry["type"] != "ballot":
                self._places.pass_over(index)
                continue
            rows = self._store.unsealed(self.round_id, after=self._places.last_id, most=1)
            self._check_is_ours(entry["n"], rows[0] if rows else None, index)
            self._places.add(Place(rows[0].id, rows[0].id, index, 1))

    def _prove(self, ballot_id: int) -> Proof:
        """Prove a ballot that was sealed earlier under the newest checkpoint."""
        index, reader = self._find(ballot_id)
        _entry, receipt = reader.prove(index)
        return Proof(index, receipt.encode().decode())

    def _find(self, ballot_id: int) -> tuple[int, LogReader]:
        """Return where a ballot stands that was sealed earlier, and who reads it there."""
        place = self._places.find(ballot_id)
        rows = self._store.unsealed(self.round_id, after=place.first_id - 1, most=place.count)
        found = ((nth, row) for nth, row in enumerate(rows) if row.id == ballot_id)
        nth, row = next(found, (place.count - 1, None))
        index = place.index + nth
        reader = self._reader((self._folder / "checkpoint").read_bytes())
        self._check_is_ours(msgspec.json.decode(reader.entry(index))["n"], row, index)
        return index, reader

    def _check_is_of_one_moment(self, writer: LogWriter) -> None:
        """Refuse a table that was put back behind the log, and a log behind its book."""
        self._places.read()
        if self._places.size > writer.size:
            raise StoreUnavailable(f"log {self._folder.name}: shorter than its book of places")
        newest = self._places.newest
        if newest is not None:
            rows = self._store.unsealed(self.round_id, after=newest.last_id - 1, most=1)
            index = newest.index + newest.count - 1
            entry = msgspec.json.decode(self._reader(writer.note).entry(index))
            self._check_is_ours(entry["n"], rows[0] if rows else None, index)

    def _check_is_open(self, writer: LogWriter) -> None:
        """Refuse ballots behind the close, where no count takes them.

        The office closes by its own clock, the table takes ballots by the database's.
        """
        newest = self._places.newest
        start = newest.index + newest.count if newest else 0
        if start == writer.size:
            return
        reader = self._reader(writer.note)
        for index in range(start, writer.size):
            if msgspec.json.decode(reader.entry(index))["type"] == "close":
                raise StoreUnavailable(f"log {self._folder.name}: closed at entry {index}")

    def _check_is_ours(self, nonce: str, row: Unsealed | None, index: int) -> None:
        """Refuse where table and log are not of one moment, as after a restore of either."""
        if row is None or row.nonce != nonce:
            raise StoreUnavailable(f"log {self._folder.name}: entry {index} is not our ballot")

    def _reader(self, note: bytes) -> LogReader:
        verifier = read_signer(self._folder, self._key).verifier
        return LogReader(FolderSource(self._folder), policy_for(verifier), note)


def entry_of(row: Unsealed, phase: str) -> bytes:
    """Return a ballot's canonical entry (docs/protocol/log-format.md §6.2).

    Written by hand in the order of its members: digits, hex and dates need no escaping.
    """
    return (
        f'{{"ch":{_labels(row.picks)},"day":"{_day(row.cast_ms)}","n":"{row.nonce}",'
        f'"ph":"{phase}","t":{row.cast_ms},"tag":"{row.voter_ref}","type":"ballot"}}'
    ).encode()


def sealed_entry_of(row: Unsealed, phase: str, choice: SealedChoice) -> bytes:
    """Return the canonical entry of a ballot whose choice is sealed (§6.4)."""
    return (
        f'{{"day":"{_day(row.cast_ms)}","e":"{choice.e}","i":{choice.i},"n":"{row.nonce}",'
        f'"ph":"{phase}","t":{row.cast_ms},"tag":"{row.voter_ref}","type":"ballot",'
        f'"x":"{choice.x}"}}'
    ).encode()


def _read_sealed(picks: str) -> SealedChoice:
    context, place, sealed = picks.removeprefix(SEALED).split(".")
    return SealedChoice(context, int(place), sealed)


def label_of(number: int) -> str:
    """Return the label under which a nominee stands in the log."""
    return f"{number:0{LABEL_DIGITS}d}"


@lru_cache(maxsize=4096)  # most voters of a campaign pick alike
def _labels_of(picks: str) -> tuple[str, ...]:
    return tuple(label_of(number) for number in _read_numbers(picks))


@lru_cache(maxsize=4096)
def _labels(picks: str) -> str:
    return "[" + ",".join(f'"{label}"' for label in _labels_of(picks)) + "]"


@lru_cache(maxsize=4096)  # a batch shares its moment
def _day(cast_ms: int) -> str:
    return day_in_china(cast_ms)
