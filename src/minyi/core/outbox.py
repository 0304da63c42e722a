# SPDX-License-Identifier: Apache-2.0
"""The one outbox: work that must happen after a transaction, exactly if that one commits.

    send(topic="wechat.outgoing", key="17", payload={"outgoing": 17}, now=now)

writes a row in the caller's transaction. A worker (`minyi worker`, `core.outbox_worker`) leases
it and calls the topic's consumer. A row is run **at least once**: again after its lease when the
worker died. A consumer therefore records by itself what must not happen twice. ADR 12.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, Min, Q

from .models import OutboxMessage

State = OutboxMessage.State

FIRST_PAUSE = timedelta(seconds=5)
LONGEST_PAUSE = timedelta(hours=1)
MOST_ATTEMPTS = 12  # with these pauses: given up after about three and a half hours


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as its consumer sees it; `attempt` counts from 1."""

    topic: str
    key: str
    payload: Mapping[str, object]
    attempt: int
    asked_at: datetime
    now: datetime


Consumer = Callable[[Delivery], None]


class Later(Exception):
    """Raised by a consumer: not now, but at that time. Does not count as a failure."""

    def __init__(self, at: datetime, *, reason: str) -> None:
        super().__init__(reason)
        self.at = at
        self.reason = reason


class GiveUp(Exception):
    """Raised by a consumer: trying again is useless; the message becomes a dead letter."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Again(Exception):
    """Raised by a consumer: this attempt failed; try again after a pause that grows."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_consumers: dict[str, Consumer] = {}


def consumer(topic: str) -> Callable[[Consumer], Consumer]:
    """Register a function as the one consumer of a topic. Import its module in AppConfig.ready."""

    def register(function: Consumer) -> Consumer:
        if topic in _consumers:
            raise ImproperlyConfigured(f"Two consumers of the outbox topic {topic!r}.")
        _consumers[topic] = function
        return function

    return register


Mourner = Callable[[Delivery, str], None]
_mourners: dict[str, Mourner] = {}


def when_given_up(topic: str) -> Callable[[Mourner], Mourner]:
    """Register what is told of a topic's dead letters, and why, as they are buried.

    It runs in the transaction of the burial; when it fails, the letter is buried all the same.
    """

    def register(function: Mourner) -> Mourner:
        if topic in _mourners:
            raise ImproperlyConfigured(f"Two mourners for the outbox topic {topic!r}.")
        _mourners[topic] = function
        return function

    return register


def find_mourner(topic: str) -> Mourner | None:
    """Return what is told of this topic's dead letters."""
    return _mourners.get(topic)


def consumers() -> Mapping[str, Consumer]:
    """Return every consumer under its topic."""
    return _consumers


def send(
    *,
    topic: str,
    key: str,
    payload: Mapping[str, object],
    now: datetime,
    due_at: datetime | None = None,
    order_key: str = "",
) -> None:
    """Put a message into the outbox, in the caller's transaction.

    `key` is unique in its topic: sent twice is once, and the first payload stands. Messages of a
    topic with the same `order_key` run one after the other, as they were sent; one that is put off
    or failed lets the next ones pass until it is due again.
    """
    message = OutboxMessage(
        topic=topic,
        key=key,
        order_key=order_key,
        payload=dict(payload),
        asked_at=now,
        due_at=due_at or now,
    )
    # ON CONFLICT DO NOTHING: a refused INSERT would end the caller's transaction on PostgreSQL.
    OutboxMessage.objects.bulk_create([message], ignore_conflicts=True)


def is_waiting(*, topic: str, key: str) -> bool:
    """Tell whether a message is still to be done: not sent, done and given up are no."""
    return OutboxMessage.objects.filter(topic=topic, key=key, state=State.WAITING).exists()


def send_again(*, topic: str, key: str, now: datetime) -> bool:
    """Bring a dead letter back to life; tell whether there was one."""
    dead = OutboxMessage.objects.filter(topic=topic, key=key, state=State.DEAD)
    changed = dead.update(state=State.WAITING, attempts=0, due_at=now, ended_at=None, reason="")
    return bool(changed)


def pause_after(attempt: int) -> timedelta:
    """Return how long to wait after the n-th failed attempt: doubled each time, up to an hour."""
    return min(FIRST_PAUSE * (1 << (attempt - 1)), LONGEST_PAUSE)


@dataclass(frozen=True, slots=True)
class Queue:
    """The outbox as operators look at it. `late_s`: how long the oldest due row has waited."""

    waiting: int
    due: int
    late_s: float
    dead: int


def measure_queue(*, now: datetime) -> Queue:
    """Count what waits, what is due, how late the oldest is, and the dead letters."""
    # Two queries, each on its own partial index: the done rows are many and of no interest here.
    waiting = OutboxMessage.objects.filter(state=State.WAITING).aggregate(
        all=Count("pk"),
        due=Count("pk", filter=Q(due_at__lte=now)),
        oldest=Min("due_at"),
    )
    dead = OutboxMessage.objects.filter(state=State.DEAD).count()
    oldest = waiting["oldest"]
    late_s = max(0.0, (now - oldest).total_seconds()) if oldest else 0.0
    return Queue(waiting["all"], waiting["due"], late_s, dead)
