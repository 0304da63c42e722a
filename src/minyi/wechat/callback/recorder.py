# SPDX-License-Identifier: Apache-2.0
"""Whoever writes a batch of letters down, and says what became of each.

That is a process of its own (`recording`): beside the event loop the writing would take the
interpreter lock from it a third of the time (ADR 21). A thread serves until that process is ready,
should it not start, and the tests.
"""

import asyncio
import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import msgspec
import structlog
from django.db import DataError, IntegrityError, connection
from django.db import Error as DatabaseFault

from ballotbox.companion import Companion, Ended
from minyi.agencies.models import OfficialAccount

from ..services.inbox import Letter, Recorded, record_letters

BATCH_S = 10.0  # whoever waits has given up by then: a process that hangs is replaced
START_AGAIN_S = 5.0  # a process that ends at once must not be all we do

Record = Callable[[Sequence[Letter]], Sequence[Recorded]]
Outcomes = Sequence[Recorded | None]  # by letter; None: this one cannot be written

log = structlog.get_logger("minyi.wechat")
read_letters = msgspec.msgpack.Decoder(list[Letter]).decode
_read_outcomes: Callable[[bytes], Outcomes | None] = msgspec.msgpack.Decoder(
    list[Recorded | None] | None
).decode


class NotWritten(Exception):
    """The database did not take it; WeChat must send it again."""


class Recorder(Protocol):
    """Takes one batch at a time."""

    async def record(self, letters: Sequence[Letter]) -> Outcomes:
        """Write a batch to the disk; raises NotWritten when nothing of it is certain."""

    async def stop(self) -> None:
        """Let go of everything; a later batch begins anew."""


def account_ids() -> dict[str, int]:
    """Return the ids of the accounts by slug."""
    return dict(OfficialAccount.objects.values_list("slug", "pk"))


def record_batch(letters: Sequence[Letter]) -> Sequence[Recorded]:
    """Write a batch over a connection that stays open as long as it works."""
    try:
        return record_letters(letters, account_ids=account_ids())
    except DatabaseFault:
        connection.close()
        raise


def write_down(record: Record, letters: Sequence[Letter]) -> Outcomes:
    """Write a batch; where one letter cannot be written, all the others still are."""
    try:
        return record(letters)
    except DatabaseFault as error:
        if not isinstance(error, DataError | IntegrityError):
            # The database is away or busy: the same batch may go in later.
            log.error("letters_not_written", error=type(error).__name__, size=len(letters))
            raise NotWritten from error
        failed: Exception = error
    except Exception as error:  # noqa: BLE001 - a fault of ours must not stop the others
        failed = error
    if len(letters) == 1:
        log.error("letter_not_written", error=type(failed).__name__, exc_info=failed)
        return [None]
    return [outcome for letter in letters for outcome in write_down(record, [letter])]


def _let_go() -> None:
    connection.close()  # the proxy must be asked in the thread whose connection it is


class ThreadRecorder:
    """A thread of this process."""

    def __init__(self, record: Record = record_batch) -> None:
        self._record = record
        self._thread: ThreadPoolExecutor | None = None

    async def record(self, letters: Sequence[Letter]) -> Outcomes:
        """Write a batch."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, write_down, self._record, letters)

    async def stop(self) -> None:
        """End the thread and its connection."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.get_running_loop().run_in_executor(thread, _let_go)
            thread.shutdown()


class ProcessRecorder:
    """A process of its own, started by the first batch.

    When it dies nobody in its batch is acknowledged, and the next batch starts another.
    """

    def __init__(self, module: str = "minyi.wechat.callback.recording") -> None:
        self._companion = Companion(module, os.environ)
        self._meanwhile = ThreadRecorder()
        self._start: asyncio.Task[None] | None = None
        self._started_at = float("-inf")

    async def record(self, letters: Sequence[Letter]) -> Outcomes:
        """Write a batch."""
        if not self._is_ready():
            return await self._meanwhile.record(letters)
        try:
            async with asyncio.timeout(BATCH_S):
                self._companion.send(letters)
                outcomes = _read_outcomes(await self._companion.receive())
        except (Ended, TimeoutError, msgspec.MsgspecError) as error:
            log.error("recorder_failed", error=type(error).__name__, size=len(letters))
            raise NotWritten from error
        if outcomes is None:
            raise NotWritten
        return outcomes

    async def stop(self) -> None:
        """End process and thread."""
        if self._start is not None:
            self._start.cancel()  # one that is still loading is killed
            await asyncio.wait({self._start})
        self._started_at = float("-inf")
        await self._companion.stop()
        await self._meanwhile.stop()

    def _is_ready(self) -> bool:
        """Tell whether the process takes a batch; where there is none, have one started."""
        if self._start is not None and not self._start.done():
            return False
        if self._companion.pid is None and time.monotonic() - self._started_at > START_AGAIN_S:
            self._started_at = time.monotonic()
            self._start = asyncio.ensure_future(self._start_one())
            return False
        return self._companion.pid is not None

    async def _start_one(self) -> None:
        try:
            await self._companion.start()
        except Ended as error:
            log.error("recorder_not_started", error=str(error))
        else:
            await self._meanwhile.stop()
