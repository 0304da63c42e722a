# SPDX-License-Identifier: Apache-2.0
"""Snapshots of rounds, so that no ballot asks the database about its round."""

import asyncio
import logging
import time
from collections.abc import Callable

from ballotbox.refusals import Refused
from ballotbox.rules import RoundSnapshot
from ballotbox.store import StoreUnavailable

FRESH_S = 1.0  # younger: used as it is; older: used while a new one is fetched
STALE_S = 1.8  # older: not used. A pause must bite within two seconds, also after a quiet hour
LOAD_S = 5.0

log = logging.getLogger("ballotbox")


class RoundCache:
    """Round snapshots of one event loop; each round is read at most about once a second.

    The statement that stores ballots checks window and pause again, whatever a snapshot says.
    Picks are checked against the snapshot alone: for at most STALE_S after a nominee withdrew or
    the rules changed, a ballot is still taken by the rules its voter was shown. A result ranks
    only who is a candidate then, so such a vote raises nobody.
    """

    def __init__(self, load: Callable[[int], asyncio.Future[RoundSnapshot | None]]) -> None:
        self._load = load
        self._known: dict[int, tuple[float, RoundSnapshot | None]] = {}
        self._loading: dict[int, asyncio.Task[None]] = {}

    def find_fresh(self, round_id: int) -> RoundSnapshot | None:
        """Return the snapshot at hand when it may be used, and have an ageing one renewed."""
        read_at, round_ = self._known.get(round_id, (0.0, None))
        age = time.monotonic() - read_at
        if age > STALE_S:
            return None
        if age > FRESH_S:
            self._renew(round_id)
        return round_

    async def get(self, round_id: int) -> RoundSnapshot:
        """Return a snapshot younger than STALE_S, waiting for the database when needed."""
        round_ = self.find_fresh(round_id)
        if round_ is not None:
            return round_
        read_at, _ = self._known.get(round_id, (0.0, None))
        if time.monotonic() - read_at > STALE_S:
            await asyncio.wait({self._renew(round_id)}, timeout=LOAD_S)
        read_at, round_ = self._known.get(round_id, (0.0, None))
        if time.monotonic() - read_at > STALE_S:
            raise Refused("storage_unavailable")
        if round_ is None:
            raise Refused("round_unknown")
        return round_

    def close(self) -> None:
        """Give up what is being fetched."""
        for task in self._loading.values():
            task.cancel()

    def _renew(self, round_id: int) -> asyncio.Task[None]:
        task = self._loading.get(round_id)
        if task is None:
            task = asyncio.create_task(self._read(round_id))
            self._loading[round_id] = task
        return task

    async def _read(self, round_id: int) -> None:
        asked_at = time.monotonic()  # what changes while the answer travels is not in it
        try:
            self._known[round_id] = (asked_at, await self._load(round_id))
        except StoreUnavailable as error:
            log.error("round_unreadable round=%d error=%s", round_id, error)
        finally:
            del self._loading[round_id]
