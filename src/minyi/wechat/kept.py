# SPDX-License-Identifier: Apache-2.0
"""Values WeChat lends for a while (access tokens, JS tickets), fetched once for everybody.

Within a process whoever asks during a fetch waits for that fetch. Between processes the shared
cache holds the value, and a short lease names the one process that fetches.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable

from django.core.cache.backends.base import BaseCache

from .api_errors import ApiError, Unanswered

Fetch = Callable[[], Awaitable[tuple[str, int]]]

LEASE_S = 12  # longer than a fetch may take
REFUSAL_REST_S = 30  # a wrong secret does not get right by asking again and again
# In its last five minutes WeChat hands out a successor while the old value still works (§2).
HANDOVER_S = 300
SHORTEST_S = 60
_LOOK_AGAIN_S = 0.05


class KeptValues:
    """The values of one process's line to WeChat; used on that line's event loop only."""

    def __init__(self, cache: BaseCache) -> None:
        self._cache = cache
        self._searches: dict[str, asyncio.Task[str]] = {}
        self._refusals: dict[str, tuple[ApiError, float]] = {}

    async def get(self, key: str, fetch: Fetch) -> str:
        """Return the value, from the cache or from WeChat."""
        search = self._searches.get(key)
        if search is None:
            search = asyncio.create_task(self._find_or_fetch(key, fetch))
            self._searches[key] = search
            search.add_done_callback(lambda _: self._searches.pop(key, None))
        return await asyncio.shield(search)

    async def drop(self, key: str, value: str) -> None:
        """Forget the value WeChat refused, unless a newer one has taken its place."""
        if await self._cache.aget(key) == value:
            await self._cache.adelete(key)

    async def _find_or_fetch(self, key: str, fetch: Fetch) -> str:
        lease = f"{key}:lease"
        until = time.monotonic() + LEASE_S
        while time.monotonic() < until:
            known: str | None = await self._cache.aget(key)
            if known is not None:
                return known
            self._check_not_refused(key)
            if await self._cache.aadd(lease, "1", LEASE_S):
                try:
                    # Another process may have finished between our look and our lease.
                    return await self._cache.aget(key) or await self._fetch(key, fetch)
                finally:
                    await self._cache.adelete(lease)
            await asyncio.sleep(_LOOK_AGAIN_S)
        raise Unanswered(key, reason="another process did not finish")

    async def _fetch(self, key: str, fetch: Fetch) -> str:
        try:
            value, life_s = await fetch()
        except ApiError as error:
            if error.needs_operator:
                self._refusals[key] = (error, time.monotonic() + REFUSAL_REST_S)
            raise
        # Spread over minutes, so that processes do not all come back at the same moment.
        spread = random.randrange(HANDOVER_S)  # noqa: S311
        await self._cache.aset(key, value, max(SHORTEST_S, life_s - HANDOVER_S - spread))
        return value

    def _check_not_refused(self, key: str) -> None:
        error, until = self._refusals.get(key, (None, 0.0))
        if error is not None and time.monotonic() < until:
            raise error
        self._refusals.pop(key, None)
