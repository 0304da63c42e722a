# SPDX-License-Identifier: Apache-2.0
"""The ballot box: what arrives together is committed together, and answered only afterwards.

Order of things, never otherwise: check, queue, commit with a flush to disk, seal, answer. A
ballot is acknowledged only when it would survive the loss of this process at that very moment.
"""

import asyncio
import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from ballotbox import metrics
from ballotbox.ballots import Ballot, StoredBallot
from ballotbox.refusals import Refused
from ballotbox.rounds import RoundCache
from ballotbox.rules import RoundSnapshot
from ballotbox.store import Outcome, Store

LARGEST_BATCH = 4096
LONGEST_GATHERING_S = 0.25
SEAL_S = 10.0
STOP_S = 15.0

log = logging.getLogger("ballotbox")


class Sealer(Protocol):
    """Writes committed ballots into the public log before their voters are answered."""

    async def seal(self, ballots: Sequence[StoredBallot]) -> None:
        """Seal a batch in the order of its ids, or raise; then nobody in it is answered.

        Must be idempotent by ballot id: a ballot whose seal failed comes again, marked as
        repeated, when its voter sends it again.
        """


class NoSeal:
    """Seals nothing, for as long as there is no ledger."""

    async def seal(self, ballots: Sequence[StoredBallot]) -> None:
        """Return at once."""


class BallotBox:
    """Takes ballots of one event loop. One thread commits, another reads rounds.

    While a batch is being committed the next one gathers, so a lone ballot waits for nobody
    and a crowd shares one flush to disk.
    """

    def __init__(self, *, store: Store, sealer: Sealer, queue_limit: int) -> None:
        self._store = store
        self._sealer = sealer
        self._queue_limit = queue_limit
        self._waiting: list[Ballot] = []
        self._voters: list[asyncio.Future[Outcome]] = []  # of the waiting ballots, in their order
        self._wanted = 1  # ballots that are worth a commit now
        self._gathering: asyncio.TimerHandle | None = None
        self._arrived = asyncio.Event()
        self._committer: asyncio.Task[None] | None = None
        self._starting: asyncio.Task[None] | None = None
        self._write_thread = ThreadPoolExecutor(1, thread_name_prefix="ballots-write")
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="ballots-read")
        self.rounds = RoundCache(self._load_round)

    @property
    def is_running(self) -> bool:
        """True while ballots are taken."""
        return self._committer is not None

    async def start(self) -> None:
        """Check the tables and begin to take ballots; starting twice is harmless.

        Raises SchemaMismatch or StoreUnavailable.
        """
        if self.is_running:
            return
        if self._starting is None:
            self._starting = asyncio.create_task(self._start())
        await asyncio.shield(self._starting)

    async def _start(self) -> None:
        try:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._write_thread, self._store.check_schema)
            self._committer = asyncio.create_task(self._commit_forever(), name="ballots-commit")
        finally:
            self._starting = None

    async def stop(self) -> None:
        """Refuse new ballots, commit and answer those that wait, close the database."""
        committer, self._committer = self._committer, None
        if committer is not None:
            self._arrived.set()
            await asyncio.wait({committer}, timeout=STOP_S)
            committer.cancel()
        self.rounds.close()
        self._write_thread.shutdown()
        self._read_thread.shutdown()
        self._store.close()

    def cast(self, ballot: Ballot) -> asyncio.Future[Outcome]:
        """Queue a ballot; the future tells what became of it once that is final."""
        if len(self._waiting) >= self._queue_limit or self._committer is None:
            raise Refused("overloaded")
        future: asyncio.Future[Outcome] = self._committer.get_loop().create_future()
        self._waiting.append(ballot)
        self._voters.append(future)
        if len(self._waiting) >= self._wanted:
            self._arrived.set()
        return future

    async def _commit_forever(self) -> None:
        while self._waiting or self.is_running:
            await self._arrived.wait()
            ballots, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
            voters, self._voters = self._voters[:LARGEST_BATCH], self._voters[LARGEST_BATCH:]
            metrics.WAITING.set(len(self._waiting))
            began = time.perf_counter()
            if ballots:
                await self._commit(ballots, voters)
            if self.is_running:
                self._gather(len(ballots), time.perf_counter() - began)

    def _gather(self, last_size: int, last_s: float) -> None:
        """Decide when to commit next: at once, or when a crowd has come back.

        Those just answered send again together. Committing the first few of them alone would
        spend a flush to disk on each handful, so half the last batch is awaited, though never
        longer than the last commit took. After a lone ballot nothing is awaited.
        """
        if self._gathering is not None:
            self._gathering.cancel()
        self._wanted = max(1, last_size // 2)
        if len(self._waiting) >= self._wanted:
            return
        self._arrived.clear()
        if self._wanted > 1:
            wait_s = min(last_s, LONGEST_GATHERING_S)
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(wait_s, self._stop_gathering)

    def _stop_gathering(self) -> None:
        self._wanted = 1
        if self._waiting:
            self._arrived.set()

    async def _commit(
        self, ballots: Sequence[Ballot], voters: Sequence[asyncio.Future[Outcome]]
    ) -> None:
        began = time.perf_counter()
        outcomes: Sequence[Outcome]
        try:
            loop = asyncio.get_running_loop()
            outcomes, stored = await loop.run_in_executor(
                self._write_thread, self._add_ballots, ballots
            )
            committed = time.perf_counter()
            if stored:
                async with asyncio.timeout(SEAL_S):
                    await self._sealer.seal(stored)
        except Exception as error:
            # Whatever went wrong, nobody may be told that the ballot counts; the voters send
            # again, and those already stored then get their receipt.
            log.exception("batch_failed size=%d error=%s", len(ballots), type(error).__name__)
            outcomes = [Refused("storage_unavailable")] * len(ballots)
        else:
            _count(stored, size=len(ballots), seconds=committed - began)
        for voter, outcome in zip(voters, outcomes, strict=True):
            if not voter.done():  # its request may have been given up
                voter.set_result(outcome)

    def _add_ballots(
        self, ballots: Sequence[Ballot]
    ) -> tuple[Sequence[Outcome], Sequence[StoredBallot]]:
        # Sorted out here and not in the loop: this thread has the batch in its cache.
        outcomes = self._store.add_ballots(ballots)
        return outcomes, [outcome for outcome in outcomes if isinstance(outcome, StoredBallot)]

    def _load_round(self, round_id: int) -> asyncio.Future[RoundSnapshot | None]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._read_thread, self._store.read_round, round_id)


def _count(stored: Sequence[StoredBallot], *, size: int, seconds: float) -> None:
    repeated = sum(ballot.repeated for ballot in stored)
    metrics.ACCEPTED.inc(len(stored) - repeated)
    metrics.REPEATED.inc(repeated)
    metrics.BATCH_SIZE.observe(size)
    metrics.COMMIT_SECONDS.observe(seconds)
    log.debug(
        "batch_committed size=%d stored=%d repeated=%d ms=%.1f",
        size,
        len(stored),
        repeated,
        seconds * 1000,
    )
