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
MOST_REMEMBERED = 20_000  # about 5 MB


class Delivery(NamedTuple):
    """One answered message; `reply` is None where an acknowledgement was enough."""

    at: float
    reply: Reply | None


class Deliveries:
    """What was answered lately, in two generations.

    When the younger is half of what may be remembered, or ten minutes old, the older is forgotten
    whole: to forget one by one is what a crowd has no time for.
    """

    def __init__(self, *, clock: Callable[[], float], most: int = MOST_REMEMBERED) -> None:
        self._clock = clock
        self._most = most
        self._younger: dict[bytes, Delivery] = {}
        self._older: dict[bytes, Delivery] = {}
        self._began_at = clock()

    def __len__(self) -> int:
        return len(self._younger) + len(self._older)

    def find(self, identity: bytes) -> Delivery | None:
        """Return how this message was answered before; the words are forgotten after 15 s."""
        known = self._younger.get(identity) or self._older.get(identity)
        if known is None or self._clock() - known.at <= REPLY_S:
            return known
        return Delivery(known.at, None)

    def keep(self, identity: bytes, reply: Reply | None) -> None:
        """Remember the answer to a message."""
        now = self._clock()
        if len(self._younger) >= self._most // 2 or now - self._began_at > REMEMBERED_S:
            self._older, self._younger, self._began_at = self._younger, {}, now
        self._younger[identity] = Delivery(now, reply)
