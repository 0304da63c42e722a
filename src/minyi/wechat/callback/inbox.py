# SPDX-License-Identifier: Apache-2.0
"""The inbox's writer: letters from the event loop, written in batches.

    note(letter)   what the robot has answered: written soon, in large batches
    keep(letter)   what a person must see, and who follows, leaves or scans: written before WeChat
                   is told that it arrived

Group commit: whoever waits gathers others for 20 ms, then one transaction holds them all. When the
queue is full both verbs refuse, the callback answers 503, and WeChat sends again.

What can be lost, and only this: letters that `note` took and no batch holds yet, which is a quarter
of a second of them, or more while the database is away. kill -9 loses them unseen; a stop while the
database is away says in the log how many; so does a letter no database takes. Each is the record of
something the robot has answered already (with the window it opened), or of an errand done.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import structlog
from prometheus_client import Counter, Gauge

from ..services.inbox import Letter, Recorded
from .recorder import NotWritten, Outcomes, Recorder

GATHER_S = 0.02  # those who wait for the disk gather this long; with the commit well below 50 ms
NOTE_S = 0.25  # what nobody waits for may gather longer: larger batches cost less
MOST_WAITING = 20_000
LARGEST_BATCH = 2_000
AGAIN_S = 0.5
CLOSING_S = 5.0

RECORDED = Counter("minyi_wechat_recorded", "Letters of citizens written to the inbox.")
WAITING = Gauge("minyi_wechat_unwritten", "Letters of citizens not yet written.")

log = structlog.get_logger("minyi.wechat")
Waiter = asyncio.Future[Recorded]


class Overloaded(Exception):
    """Letters come faster than they can be written."""


class InboxWriter:
    """Gathers letters and has them recorded, one batch at a time; used on one event loop."""

    def __init__(self, recorder: Recorder, *, most: int = MOST_WAITING) -> None:
        self._recorder = recorder
        self._most = most
        self._letters: list[Letter] = []
        self._waiters: list[Waiter | None] = []  # of the letters, in their order
        self._urgent = asyncio.Event()
        self._closing = False
        self._work: asyncio.Task[None] | None = None

    def note(self, letter: Letter) -> None:
        """Write it soon."""
        self._put(letter, None)

    def keep(self, letter: Letter) -> Waiter:
        """Write it at once; the future is done when it lies on the disk."""
        waiter: Waiter = asyncio.get_running_loop().create_future()
        self._put(letter, waiter)
        self._urgent.set()
        return waiter

    async def close(self) -> None:
        """Write what waits and end; a later letter begins anew."""
        self._closing = True
        self._urgent.set()
        try:
            async with asyncio.timeout(CLOSING_S):
                await self._write_rest()
        except TimeoutError:
            log.error("letters_lost", size=len(self._letters))
        await self._recorder.stop()
        self._closing = False

    def _put(self, letter: Letter, waiter: Waiter | None) -> None:
        if len(self._letters) >= self._most:
            raise Overloaded
        self._letters.append(letter)
        self._waiters.append(waiter)
        if len(self._letters) == LARGEST_BATCH:
            self._urgent.set()
        if self._work is None or self._work.done():
            self._work = asyncio.ensure_future(self._write_all())

    async def _write_rest(self) -> None:
        if self._work is not None:
            await asyncio.wait({self._work})
        await self._write_all()  # nothing, unless that task was ended from outside

    async def _write_all(self) -> None:
        while self._letters:
            await self._gather()
            await self._write_batch()

    async def _gather(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(NOTE_S):
                await self._urgent.wait()
            if not self._closing:
                await asyncio.sleep(GATHER_S)

    async def _write_batch(self) -> None:
        letters, self._letters = self._letters[:LARGEST_BATCH], self._letters[LARGEST_BATCH:]
        waiters, self._waiters = self._waiters[:LARGEST_BATCH], self._waiters[LARGEST_BATCH:]
        if not self._letters and not self._closing:
            self._urgent.clear()
        WAITING.set(len(self._letters))
        try:
            outcomes = await self._recorder.record(letters)
        except NotWritten:
            await self._give_back(letters, waiters)
            return
        RECORDED.inc(len(letters))
        _tell(waiters, outcomes)

    async def _give_back(self, letters: list[Letter], waiters: list[Waiter | None]) -> None:
        """Tell those who wait that it failed, and try the rest again in a moment."""
        _tell(waiters, [None] * len(waiters))
        noted = [letter for letter, waiter in zip(letters, waiters, strict=True) if waiter is None]
        if self._closing:
            log.error("letters_lost", size=len(noted))
            return
        self._letters[:0] = noted
        self._waiters[:0] = [None] * len(noted)
        await asyncio.sleep(AGAIN_S)


def _tell(waiters: Sequence[Waiter | None], outcomes: Outcomes) -> None:
    for waiter, outcome in zip(waiters, outcomes, strict=True):
        if waiter is None or waiter.done():  # nobody waits, or the request was given up
            continue
        if outcome is None:
            waiter.set_exception(NotWritten())
        else:
            waiter.set_result(outcome)
