# SPDX-License-Identifier: Apache-2.0
"""The slow lane: what cannot be answered from memory, within a deadline WeChat never notices.

Done within 3.5 s it is the passive reply. Otherwise the answer is promised in the outbox, WeChat
gets its acknowledgement, and the answer follows (services.promises): once, or an excuse instead.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import structlog
from django.db import Error as DatabaseFault
from django.utils import timezone
from prometheus_client import Counter

from ..services.promises import answer_late, promise_answer
from .errands import Asked, Errands
from .inbox import Overloaded
from .messages import Reply

DEADLINE_S = 3.5
PROMISE_S = 1.0  # together below WeChat's five seconds
MOST_AT_ONCE = 200
DONE = Counter("minyi_wechat_errands", "Errands for citizens, by outcome.", ["outcome"])
log = structlog.get_logger("minyi.wechat")
T = TypeVar("T")


class SlowLane:
    """The errands under way in this process."""

    def __init__(
        self, errands: Errands, *, deadline_s: float = DEADLINE_S, most: int = MOST_AT_ONCE
    ) -> None:
        self._errands = errands
        self._deadline_s = deadline_s
        self._most = most
        self._tasks: set[asyncio.Task[Any]] = set()

    async def run(self, asked: Asked) -> "Outcome":
        """Run one errand; raises Overloaded, or what the database raised."""
        if len(self._tasks) >= self._most:
            raise Overloaded
        task = self._start(self._errands.by_name[asked.plan.errand](asked))
        await asyncio.wait({task}, timeout=self._deadline_s)
        if task.done():
            reply = task.result()
            DONE.labels("in_time").inc()
            return Outcome(reply, is_late=False)
        DONE.labels("late").inc()
        await self._promise(asked)
        self._start(self._send_later(asked, task))
        return Outcome(None, is_late=True)

    async def take(self, work: Coroutine[Any, Any, None]) -> None:
        """Run what must be done before WeChat may forget it; too slow is not done."""
        if len(self._tasks) >= self._most:
            work.close()
            raise Overloaded
        task = self._start(work)
        done, _pending = await asyncio.wait({task}, timeout=self._deadline_s)
        if not done:
            raise Overloaded
        task.result()

    def in_thread(self, work: Callable[..., None], *arguments: object) -> Coroutine[Any, Any, None]:
        """Return the work as a coroutine for `take`."""
        return self._errands.in_thread(work, *arguments)

    async def at_once(self, work: Callable[..., T], *arguments: object) -> T:
        """Run what takes no longer than a row takes to be read and written."""
        return await self._errands.at_once(work, *arguments)

    async def finish(self) -> None:
        """Wait for what is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _promise(self, asked: Asked) -> None:
        """Have it on the disk that an answer is owed; otherwise WeChat must send again."""
        work = self._errands.at_once(promise_answer, asked.account, asked.message, timezone.now())
        try:
            await asyncio.wait_for(work, PROMISE_S)
        except TimeoutError as error:
            raise Overloaded from error

    def _start(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send_later(self, asked: Asked, task: "asyncio.Task[Reply | None]") -> None:
        try:
            reply = await task
        except Exception as error:  # noqa: BLE001 - whatever failed, the citizen must hear of it
            log.error("errand_failed", errand=asked.plan.errand, error=type(error).__name__)
            reply = None
        try:
            await self._errands.at_once(
                answer_late, asked.account, asked.message, reply, timezone.now()
            )
        except DatabaseFault as error:
            log.error("late_answer_lost", error=type(error).__name__)  # the promise is kept


class Outcome:
    """What came of an errand: a reply, or the promise of one."""

    __slots__ = ("is_late", "reply")

    def __init__(self, reply: Reply | None, *, is_late: bool) -> None:
        self.reply = reply
        self.is_late = is_late
