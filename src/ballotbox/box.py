# SPDX-License-Identifier: Apache-2.0
"""The ballot box: what arrives together is committed together, and answered only afterwards.

Order of things, never otherwise: check, queue, commit with a flush to disk, seal, answer. A
ballot is acknowledged only when it would survive the loss of this process at that very moment.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ballotbox import metrics
from ballotbox.ballots import Ballot, Receipt
from ballotbox.refusals import Refused
from ballotbox.rounds import RoundCache
from ballotbox.rules import RoundSnapshot
from ballotbox.sequencer import Outcome, Sequencer
from ballotbox.store import Store

LARGEST_BATCH = 4096
LONGEST_GATHERING_S = 0.25
BATCH_S = 10.0
STOP_S = 15.0

log = logging.getLogger("ballotbox")

Voter = asyncio.Future[Outcome]


class BallotBox:
    """Takes ballots of one event loop. The sequencer commits, a thread reads rounds.

    While a batch is being committed the next one gathers, so a lone ballot waits for nobody
    and a crowd shares one flush to disk.
    """

    def __init__(self, *, store: Store, sequencer: Sequencer, queue_limit: int) -> None:
        self._store = store
        self._sequencer = sequencer
        self._queue_limit = queue_limit
        self._waiting: list[Ballot] = []
        self._voters: list[Voter] = []  # of the waiting ballots, in their order
        self._wanted = 1  # ballots that are worth a commit now
        self._gathering: asyncio.TimerHandle | None = None
        self._batch: asyncio.Task[None] | None = None  # with the sequencer
        self._loop: asyncio.AbstractEventLoop | None = None  # while ballots are taken
        self._starting: asyncio.Task[None] | None = None
        self._read_thread = ThreadPoolExecutor(1, thread_name_prefix="ballots-read")
        self.rounds = RoundCache(self._load_round)

    @property
    def is_running(self) -> bool:
        """True while ballots are taken."""
        return self._loop is not None

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
            await self._sequencer.start()
            self._loop = asyncio.get_running_loop()
        finally:
            self._starting = None

    async def stop(self) -> None:
        """Refuse new ballots, commit and answer those that wait, close the database."""
        self._loop = None
        if self._batch is None:
            self._commit_waiting()
        deadline = time.monotonic() + STOP_S
        while self._batch is not None and time.monotonic() < deadline:
            await asyncio.wait({self._batch}, timeout=STOP_S)
        if self._batch is not None:
            self._batch.cancel()
        await self._sequencer.stop()
        self.rounds.close()
        self._read_thread.shutdown()
        self._store.close()

    def cast(self, ballot: Ballot) -> Voter:
        """Queue a ballot; the future tells what became of it once that is final."""
        if len(self._waiting) >= self._queue_limit or self._loop is None:
            raise Refused("overloaded")
        voter: Voter = self._loop.create_future()
        self._waiting.append(ballot)
        self._voters.append(voter)
        if self._batch is None and len(self._waiting) >= self._wanted:
            self._commit_waiting()
        return voter

    def _commit_waiting(self) -> None:
        """Hand what waits to the sequencer, at once.

        Not by way of a task: a task begins behind everything the loop has on its list, and when
        that is half a crowd, the disk rests until the other half has been read in as well.
        """
        ballots, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
        voters, self._voters = self._voters[:LARGEST_BATCH], self._voters[LARGEST_BATCH:]
        metrics.WAITING.set(len(self._waiting))
        if ballots:
            outcomes = self._sequencer.submit(ballots)
            self._batch = asyncio.create_task(self._finish(outcomes, voters), name="ballots-batch")

    async def _finish(
        self, submitted: Awaitable[Sequence[Outcome]], voters: Sequence[Voter]
    ) -> None:
        began = time.perf_counter()
        try:
            async with asyncio.timeout(BATCH_S):
                outcomes = await submitted
        except Exception as error:
            # Whatever went wrong, nobody may be told that the ballot counts; the voters send
            # again, and those already stored then get their receipt.
            log.exception("batch_failed size=%d error=%s", len(voters), type(error).__name__)
            outcomes = [Refused("storage_unavailable")] * len(voters)
        took_s = time.perf_counter() - began
        self._batch = None
        self._gather(len(voters), took_s)
        for voter, outcome in zip(voters, outcomes, strict=True):
            if not voter.done():  # its request may have been given up
                voter.set_result(outcome)
        _count(outcomes, seconds=took_s)

    def _gather(self, last_size: int, last_s: float) -> None:
        """Decide when to commit next: at once, or when a crowd has come back.

        Those just answered send again together. Committing the first few of them alone would
        spend a flush to disk on each handful, so half the last batch is awaited, though never
        longer than the last commit took. After a lone ballot nothing is awaited.
        """
        if self._gathering is not None:
            self._gathering.cancel()
        self._wanted = max(1, last_size // 2) if self.is_running else 1
        if len(self._waiting) >= self._wanted:
            self._commit_waiting()
        elif self._wanted > 1:
            wait_s = min(last_s, LONGEST_GATHERING_S)
            loop = asyncio.get_running_loop()
            self._gathering = loop.call_later(wait_s, self._stop_gathering)

    def _stop_gathering(self) -> None:
        self._wanted = 1
        if self._batch is None:
            self._commit_waiting()

    def _load_round(self, round_id: int) -> asyncio.Future[RoundSnapshot | None]:
        loop = asyncio.get_running_loop()
        return loop.run_in_executor(self._read_thread, self._store.read_round, round_id)


def _count(outcomes: Sequence[Outcome], *, seconds: float) -> None:
    stored = [outcome for outcome in outcomes if isinstance(outcome, Receipt)]
    repeated = sum(receipt.repeated for receipt in stored)
    metrics.ACCEPTED.inc(len(stored) - repeated)
    metrics.REPEATED.inc(repeated)
    metrics.BATCH_SIZE.observe(len(outcomes))
    metrics.COMMIT_SECONDS.observe(seconds)
    log.debug(
        "batch_committed size=%d stored=%d repeated=%d ms=%.1f",
        len(outcomes),
        len(stored),
        repeated,
        seconds * 1000,
    )
