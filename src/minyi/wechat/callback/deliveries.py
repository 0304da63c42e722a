# SPDX-License-Identifier: Apache-2.0
"""Messages already answered: WeChat sends a message up to three times, a thief any number.

Kept in this process only: it spares the work. That nothing happens twice in another process, or
after a restart, is the database's business (`services.inbox`, `ballotbox`, `core.outbox`).
"""

from collections.abc import Callable
from typing import NamedTuple

from .messages import Reply

REPLY_S = 15  # WeChat gives up after three attempts of five seconds
REMEMBERED_S = 600  # as long as the same timestamp may pass: five minutes on either side of now
MOST_REMEMBERED = 20_000  # about 5 MB; the oldest go first


class Delivery(NamedTuple):
    """One answered message; `reply` is None where an acknowledgement was enough."""

    at: float
    reply: Reply | None


class Deliveries:
    """What was answered lately, oldest first."""

    def __init__(self, *, clock: Callable[[], float], most: int = MOST_REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._known: dict[bytes, Delivery] = {}

    def __len__(self) -> int:
        return len(self._known)

    def find(self, identity: bytes) -> Delivery | None:
        """Return how this message was answered before; the words are forgotten after 15 s."""
        known = self._known.get(identity)
        if known is None or self._clock() - known.at <= REPLY_S:
            return known
        return Delivery(known.at, None)

    def keep(self, identity: bytes, reply: Reply | None) -> None:
        """Remember the answer to a message."""
        now = self._clock()
        self._known[identity] = Delivery(now, reply)
        while len(self._known) > self._most or self._oldest().at < now - REMEMBERED_S:
            del self._known[next(iter(self._known))]

    def _oldest(self) -> Delivery:
        return next(iter(self._known.values()))
