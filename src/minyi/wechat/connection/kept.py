# SPDX-License-Identifier: Apache-2.0
"""Values WeChat lends for a while (access tokens, JS tickets), fetched once for everybody.

Within a process whoever asks during a fetch waits for that fetch. Between processes a shelf holds
the value, and a short lease names the one process that fetches. A refusal is kept there as well:
a wrong secret does not get right by asking again and again.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import uuid4

from ..client.api_errors import (
    CREDENTIALS_WRONG,
    AccountFault,
    ApiError,
    Unanswered,
    error_of,
    rest_until,
)
from .stops import Stop

Fetch = Callable[[], Awaitable[tuple[str, int]]]

LEASE_S = 12
FETCH_S = 9  # a fetch ends before its lease does
MOST_TRIES = 2  # of a secret that WeChat calls wrong; then only another secret is tried
# In its last five minutes WeChat hands out a successor while the old value still works (§2).
HANDOVER_S = 300
SHORTEST_S = 60
_LOOK_AGAIN_S = 0.05
_STOPS_REMEMBERED_S = 2
_REFUSAL_REMEMBERED_S = 2  # in the process; the shelf may know that it has been lifted


@dataclass(frozen=True, slots=True)
class Refusal:
    """WeChat's no to a fetch, and until when nobody asks again; no moment means for good."""

    path: str
    code: int
    message: str
    times: int
    until: datetime | None

    def is_in_force(self, now: datetime) -> bool:
        return self.until is None or now < self.until


@dataclass(frozen=True, slots=True)
class Kept:
    """What a shelf knows under one key."""

    value: str = field(default="", repr=False)
    fetched_at: datetime | None = None
    good_until: datetime | None = None
    lease_until: datetime | None = None
    refusal: Refusal | None = None

    def is_good(self, now: datetime) -> bool:
        return bool(self.value) and self.good_until is not None and now < self.good_until

    def is_leased(self, now: datetime) -> bool:
        return self.lease_until is not None and now < self.lease_until


class Shelf(Protocol):
    """Where values lie for all processes; every verb is one step that nobody can divide."""

    async def read(self, key: str) -> Kept: ...
    async def take_lease(self, key: str, holder: str, *, now: datetime, until: datetime) -> bool:
        """Take the lease if it is free; one of all who try at the same time gets it."""
        ...

    async def end_lease(self, key: str, holder: str) -> None: ...
    async def put(
        self, key: str, holder: str, value: str, *, now: datetime, good_until: datetime
    ) -> None:
        """Lay a value down and end the lease."""
        ...

    async def put_refusal(self, key: str, holder: str, refusal: Refusal) -> None:
        """Lay a refusal down and end the lease."""
        ...

    async def take_away(self, key: str, value: str, *, before: datetime) -> None:
        """Remove this very value unless it was fetched after that moment."""
        ...

    async def forget_refusal(self, key: str) -> None: ...
    async def stops(self, account: str) -> Sequence[Stop]:
        """Return what WeChat has stopped for the account of that slug."""
        ...

    async def put_stop(self, account: str, stop: Stop) -> None:
        """Write a stop down, in the place of the one of the same path and code."""
        ...

    async def forget_stops(self, account: str, *, path: str = "") -> None:
        """Lift the stops of one path, or all of them."""
        ...

    def close(self) -> None: ...


class KeptValues:
    """The values of one process's line to WeChat; used on that line's event loop only."""

    def __init__(
        self, shelf: Shelf, *, clock: Callable[[], datetime], mark_of: Callable[[str], str]
    ) -> None:
        self._shelf = shelf
        self.now = clock
        self.mark_of = mark_of
        self._memory: dict[str, Kept] = {}
        self._remembered_until: dict[str, float] = {}
        self._searches: dict[str, asyncio.Task[str]] = {}
        self._stops: dict[str, tuple[float, Sequence[Stop]]] = {}

    async def get(self, key: str, fetch: Fetch) -> str:
        """Return the value: from memory, from the shelf or from WeChat."""
        known = self._memory.get(key)
        if known is not None and known.is_good(self.now()):
            return known.value
        search = self._searches.get(key)
        if search is None:
            search = asyncio.create_task(self._find_or_fetch(key, fetch))
            self._searches[key] = search
            search.add_done_callback(lambda _: self._searches.pop(key, None))
        return await asyncio.shield(search)

    async def drop(self, key: str, value: str, *, before: datetime) -> None:
        """Forget the value WeChat refused, unless a newer one has taken its place.

        `before` is when the refused call was sent: a value fetched since then is new even when it
        reads the same, which it does because the stable token changes every two hours only.
        """
        known = self._memory.get(key)
        if known is not None and known.value == value and _is_older(known, before):
            del self._memory[key]
        await self._shelf.take_away(key, value, before=before)

    async def forget_refusal(self, key: str) -> None:
        """Let the next who asks try again, whatever WeChat said before."""
        self._remembered_until.pop(key, None)
        self._memory.pop(key, None)
        await self._shelf.forget_refusal(key)

    async def stops(self, account: str) -> Sequence[Stop]:
        """Return what WeChat has stopped; other processes' news come within two seconds."""
        read_at, known = self._stops.get(account, (0.0, ()))
        if time.monotonic() - read_at >= _STOPS_REMEMBERED_S or not read_at:
            with suppress(Unanswered):  # without a database we go on with what we last knew
                known = await self._shelf.stops(account)
            self._stops[account] = (time.monotonic(), known)
        return known

    async def put_stop(self, account: str, stop: Stop) -> None:
        """Tell all processes that WeChat has stopped something."""
        with suppress(Unanswered):  # WeChat's own refusal is what the caller has to hear
            await self._shelf.put_stop(account, stop)
        self._stops.pop(account, None)

    async def forget_stops(self, account: str, *, path: str = "") -> None:
        """Lift the stops of one path, or all of them."""
        with suppress(Unanswered):  # they end by themselves, or by the next success
            await self._shelf.forget_stops(account, path=path)
        self._stops.pop(account, None)

    async def _find_or_fetch(self, key: str, fetch: Fetch) -> str:
        self._check_remembered(key)
        holder = uuid4().hex
        limit = time.monotonic() + LEASE_S
        while time.monotonic() < limit:
            kept = await self._read(key)
            if kept.is_good(self.now()):
                return kept.value
            if not kept.is_leased(self.now()) and await self._take_lease(key, holder):
                try:
                    return await self._fetch_alone(key, holder, fetch)
                finally:
                    await self._shelf.end_lease(key, holder)
            await asyncio.sleep(_LOOK_AGAIN_S)
        raise Unanswered(key.partition(":")[2], reason="another process did not finish")

    async def _take_lease(self, key: str, holder: str) -> bool:
        now = self.now()
        until = now + timedelta(seconds=LEASE_S)
        return await self._shelf.take_lease(key, holder, now=now, until=until)

    async def _read(self, key: str) -> Kept:
        """Read the shelf; raises the refusal that is in force there."""
        kept = await self._shelf.read(key)
        now = self.now()
        if kept.is_good(now):
            self._memory[key] = kept
        elif kept.refusal is not None and kept.refusal.is_in_force(now):
            self._memory[key] = kept
            self._remembered_until[key] = time.monotonic() + _REFUSAL_REMEMBERED_S
            raise _error(kept.refusal)
        return kept

    async def _fetch_alone(self, key: str, holder: str, fetch: Fetch) -> str:
        # Another process may have finished between our look and our lease.
        kept = await self._read(key)
        if kept.is_good(self.now()):
            return kept.value
        try:
            async with asyncio.timeout(FETCH_S):
                value, life_s = await fetch()
        except TimeoutError:
            raise Unanswered(key.partition(":")[2], reason="too slow") from None
        except ApiError as error:
            if error.needs_operator:
                refusal = _refusal(error, kept.refusal, now=self.now())
                await self._shelf.put_refusal(key, holder, refusal)
            raise
        # Spread over minutes, so that processes do not all come back at the same moment.
        spread = random.randrange(HANDOVER_S)  # noqa: S311
        now = self.now()
        good_until = now + timedelta(seconds=max(SHORTEST_S, life_s - HANDOVER_S - spread))
        self._memory[key] = Kept(value=value, fetched_at=now, good_until=good_until)
        await self._shelf.put(key, holder, value, now=now, good_until=good_until)
        return value

    def _check_remembered(self, key: str) -> None:
        known = self._memory.get(key)
        if known is None or known.refusal is None:
            return
        is_fresh = time.monotonic() < self._remembered_until.get(key, 0)
        if is_fresh and known.refusal.is_in_force(self.now()):
            raise _error(known.refusal)


def _is_older(kept: Kept, moment: datetime) -> bool:
    return kept.fetched_at is None or kept.fetched_at <= moment


def _refusal(error: ApiError, earlier: Refusal | None, *, now: datetime) -> Refusal:
    times = 1 + (earlier.times if earlier is not None and earlier.code == error.code else 0)
    is_final = error.code in CREDENTIALS_WRONG and times >= MOST_TRIES
    until = None if is_final else rest_until(error, now=now)
    told = f"{error.message} rid: {error.rid}" if error.rid else error.message
    return Refusal(error.path, error.code, told, times, until)


def _error(refusal: Refusal) -> ApiError:
    error = error_of(refusal.path, code=refusal.code, message=refusal.message)
    if refusal.code in CREDENTIALS_WRONG:
        return AccountFault(refusal.path, code=refusal.code, message=refusal.message)
    return error
