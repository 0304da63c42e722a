# SPDX-License-Identifier: Apache-2.0
"""Whoever brings ballots into their final order: commits a batch, seals it, says what became of it.

That is a process of its own. In a thread beside the event loop it would ask for the interpreter
lock twenty times a batch and wait up to 2 ms each time, while the loop waits for it (ADR 14). A
thread serves tests that bring a sealer of their own.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import msgspec

from ballotbox.answers import receipt_body
from ballotbox.ballots import Ballot, Receipt, StoredBallot
from ballotbox.companion import Companion, Ended
from ballotbox.refusals import Refused
from ballotbox.schema import SchemaMismatch
from ballotbox.sealing import CodedProof, Unsealable
from ballotbox.settings import Settings, environ_of
from ballotbox.store import Store, StoreUnavailable

Outcome = Receipt | Refused

FAULTS = {kind.__name__: kind for kind in (SchemaMismatch, StoreUnavailable)}

_UNPROVEN = CodedProof(-1, "")

log = logging.getLogger("ballotbox")


class Sealer(Protocol):
    """Writes committed ballots into the public log before their voters are answered."""

    def cover(self, ballots: Sequence[Ballot]) -> Sequence[Ballot]:
        """Return the ballots as they may be stored: with sealed picks where choices are hidden."""

    def recover(self) -> None:
        """Bring in what a crash left between table and log; called before the first batch."""

    def seal(self, ballots: Sequence[StoredBallot]) -> Mapping[int, CodedProof]:
        """Seal a batch, or raise; then nobody in it is answered. Return proofs by ballot id.

        Must be idempotent by ballot id: a ballot whose seal failed comes again, marked as
        repeated, when its voter sends it again.
        """

    def close(self) -> None: ...


class NoSeal:
    """Seals nothing."""

    def cover(self, ballots: Sequence[Ballot]) -> Sequence[Ballot]:
        """Return the ballots as they are."""
        return ballots

    def recover(self) -> None:
        """Nothing to bring in."""

    def seal(self, ballots: Sequence[StoredBallot]) -> Mapping[int, CodedProof]:
        """Return no proof."""
        return {}

    def close(self) -> None:
        """Nothing to let go of."""


class Sequencer(Protocol):
    """Takes one batch at a time."""

    async def start(self) -> None:
        """Be ready; raises SchemaMismatch or StoreUnavailable."""

    def submit(self, ballots: Sequence[Ballot]) -> Awaitable[Sequence[Outcome]]:
        """Begin at once; the outcomes come when they are final. Raises when nothing is certain."""

    async def stop(self) -> None:
        """End; no batch may be under way."""


def commit_and_seal(store: Store, sealer: Sealer, ballots: Sequence[Ballot]) -> list[Outcome]:
    """Store a batch, seal what is in the table, and return what the voters may be told."""
    outcomes = store.add_ballots(sealer.cover(ballots))
    stored = [outcome for outcome in outcomes if isinstance(outcome, StoredBallot)]
    unsealed: frozenset[int] = frozenset()
    try:
        proofs = sealer.seal(stored) if stored else {}
    except Unsealable as error:
        unsealed, proofs = error.rounds, error.proofs
    return [
        _told(outcome, ballot.picks, proofs, unsealed)
        for ballot, outcome in zip(ballots, outcomes, strict=True)
    ]


def _told(
    outcome: StoredBallot | Refused,
    picks: str,
    proofs: Mapping[int, CodedProof],
    unsealed: frozenset[int],
) -> Outcome:
    if isinstance(outcome, Refused):
        return outcome
    if outcome.row.round_id in unsealed:
        return Refused("storage_unavailable")
    return _receipt_of(outcome, picks, proofs.get(outcome.id, _UNPROVEN))


def _receipt_of(ballot: StoredBallot, picks: str, proof: CodedProof) -> Receipt:
    body = receipt_body(ballot, picks=picks, index=proof.index, proof=proof.text)
    return Receipt(ballot.row.receipt, ballot.repeated, body)


class ThreadSequencer:
    """A thread of this process."""

    def __init__(self, store: Store, sealer: Sealer) -> None:
        self._store = store
        self._sealer = sealer
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ballots-write")

    async def start(self) -> None:
        """Check the tables, and finish what a crash left."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self._store.check_schema)
        await loop.run_in_executor(self._thread, self._sealer.recover)

    def submit(self, ballots: Sequence[Ballot]) -> Awaitable[Sequence[Outcome]]:
        """Begin at once."""
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(
            self._thread, commit_and_seal, self._store, self._sealer, ballots
        )

    async def stop(self) -> None:
        """End the thread."""
        self._thread.shutdown()
        self._sealer.close()


class ProcessSequencer:
    """A process of its own (`ballotbox.sequencing`).

    When it dies nobody in its batch is answered; the next batch starts another.
    """

    def __init__(self, settings: Settings) -> None:
        self._companion = Companion("ballotbox.sequencing", os.environ | environ_of(settings))

    async def start(self) -> None:
        """Start it and wait until it has checked the tables."""
        try:
            started = _read_started(await self._companion.start())
        except Ended as error:
            raise StoreUnavailable(str(error)) from error
        if started.fault:
            await self.stop()
            raise FAULTS[started.fault](started.message)

    def submit(self, ballots: Sequence[Ballot]) -> Awaitable[Sequence[Outcome]]:
        """Begin at once, or after a new process has started in the place of one that died."""
        if self._companion.pid is None:
            return self._restart_and_submit(ballots)
        self._companion.send(ballots)
        return self._outcomes()

    async def stop(self) -> None:
        """Have it end."""
        await self._companion.stop()

    async def _restart_and_submit(self, ballots: Sequence[Ballot]) -> Sequence[Outcome]:
        log.error("sequencer_ended restarting=yes")
        await self.start()
        self._companion.send(ballots)
        return await self._outcomes()

    async def _outcomes(self) -> Sequence[Outcome]:
        try:
            return [_outcome_of(told) for told in _read_settled(await self._companion.receive())]
        except Ended as error:
            raise StoreUnavailable(str(error)) from error


class Turned(msgspec.Struct, frozen=True, array_like=True, tag=1, gc=False):
    """A refusal on its way between the processes."""

    code: str
    facts: Mapping[str, object]


class Started(msgspec.Struct, frozen=True, array_like=True):
    """The first message of the new process; empty when it is ready."""

    fault: str = ""
    message: str = ""


read_ballots = msgspec.msgpack.Decoder(list[Ballot]).decode
_read_settled = msgspec.msgpack.Decoder(list[Receipt | Turned]).decode
_read_started = msgspec.msgpack.Decoder(Started).decode


def settled(outcomes: Sequence[Outcome]) -> list[Receipt | Turned]:
    """Return outcomes as they travel."""
    return [
        Turned(outcome.code, outcome.facts) if isinstance(outcome, Refused) else outcome
        for outcome in outcomes
    ]


def _outcome_of(told: Receipt | Turned) -> Outcome:
    return Refused(told.code, **told.facts) if isinstance(told, Turned) else told
