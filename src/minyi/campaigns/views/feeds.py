# SPDX-License-Identifier: Apache-2.0
"""Server-sent events for many from one look: one poller per board while anybody listens."""

import asyncio
import contextvars
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import NamedTuple

import structlog
from django.db import DatabaseError

log = structlog.get_logger("minyi.feeds")


class State(NamedTuple):
    """`content` is one line of JSON; `mark` changes when something worth telling has changed."""

    mark: str
    content: str


Read = Callable[[str], Awaitable[State | None]]
HEARTBEAT = b": \n\n"  # a comment line: keeps proxies from closing a quiet connection


class Feed:
    """What the listeners of one board wait for. Lives on the event loop only, hence no lock."""

    def __init__(self) -> None:
        self.event = b""
        self.version = 0
        self.listeners = 0
        self.is_over = False
        self.bell = asyncio.Event()
        self.poller: asyncio.Task[None] | None = None

    def ring(self) -> None:
        """Wake everyone who waits."""
        bell, self.bell = self.bell, asyncio.Event()
        bell.set()


class Feeds:
    """The boards that are being followed in this process.

    `read` returns the present state, or None when there is nothing more to follow. A listener sees
    a change at most `poll_s` plus the time of one read after it happened.
    """

    def __init__(self, read: Read, *, poll_s: float, heartbeat_s: float, most: int) -> None:
        self._read = read
        self._poll_s = poll_s
        self._heartbeat_s = heartbeat_s
        self._most = most
        self._feeds: dict[str, Feed] = {}

    @property
    def is_full(self) -> bool:
        """Tell whether another listener would be one too many for this process."""
        return sum(feed.listeners for feed in self._feeds.values()) >= self._most

    async def listen(self, key: str) -> AsyncIterator[bytes]:
        """Yield each new state of that board as an event, heartbeats in between."""
        feed = self._join(key)
        seen = 0
        try:
            while True:
                if feed.version != seen:
                    seen = feed.version
                    yield feed.event
                    continue
                if feed.is_over:
                    return
                bell = feed.bell
                try:
                    async with asyncio.timeout(self._heartbeat_s):
                        await bell.wait()
                except TimeoutError:
                    yield HEARTBEAT
        finally:
            self._leave(key, feed)

    def _join(self, key: str) -> Feed:
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed()
            # A context of its own: the first listener's request must not outlive its connection.
            feed.poller = asyncio.get_running_loop().create_task(
                self._poll(key, feed), context=contextvars.Context()
            )
        feed.listeners += 1
        return feed

    def _leave(self, key: str, feed: Feed) -> None:
        feed.listeners -= 1
        if feed.listeners == 0:
            if feed.poller:
                feed.poller.cancel()
            self._forget(key, feed)

    def _forget(self, key: str, feed: Feed) -> None:
        if self._feeds.get(key) is feed:
            del self._feeds[key]

    async def _poll(self, key: str, feed: Feed) -> None:
        last = ""
        try:
            while (state := await self._read(key)) is not None:
                if state.mark != last:
                    last = state.mark
                    feed.event = f"data: {state.content}\n\n".encode()
                    feed.version += 1
                    feed.ring()
                await asyncio.sleep(self._poll_s)
        except DatabaseError as error:
            # The listeners are let go; their browsers come back or fall back to polling.
            log.warning("board_unreadable", board=key, error=str(error))
        finally:
            feed.is_over = True
            feed.ring()
            self._forget(key, feed)
