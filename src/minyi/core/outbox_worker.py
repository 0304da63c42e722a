# SPDX-License-Identifier: Apache-2.0
"""The worker of the outbox: lease due rows, run their consumers, write down how it went.

Any number of workers on any number of nodes may run. One row is leased to one worker at a time:
PostgreSQL skips rows another transaction is leasing, SQLite has one writer (BEGIN IMMEDIATE). A
live worker renews its leases; a killed one does not, and its rows are free again afterwards.
"""

import os
import random
import secrets
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from datetime import datetime, timedelta

import structlog
from django.db import Error as DatabaseFault
from django.db import close_old_connections, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from . import outbox
from .logs import describe
from .models import OutboxMessage
from .outbox import Again, Delivery, GiveUp, Later

State = OutboxMessage.State

LEASE = timedelta(seconds=60)
LOOK_AGAIN_S = 0.5
# Rows in hand at one time: WeChat answers in tenths of a second, so about 20 per second.
AT_ONCE = 4
KEEP_DONE = timedelta(days=400)  # as long as a key must not be used twice
SWEEP_S = 3600

log = structlog.get_logger("minyi.outbox")


class Worker:
    """One worker process. `run` returns after `stop`; `run_due` is for tests and for `--once`."""

    def __init__(
        self,
        *,
        lease: timedelta = LEASE,
        at_once: int = AT_ONCE,
        clock: Callable[[], datetime] = timezone.now,
        consumers: Mapping[str, outbox.Consumer] | None = None,
    ) -> None:
        self.name = f"{socket.gethostname()[:40]}:{os.getpid()}:{secrets.token_hex(4)}"
        self._lease = lease
        self._at_once = at_once
        self._clock = clock
        self._consumers = outbox.consumers() if consumers is None else consumers
        self._stopping = threading.Event()
        self._in_hand: dict[Future[None], OutboxMessage] = {}
        self._renewed_at = self._swept_at = time.monotonic()

    def run(self) -> None:
        """Work until told to stop, then finish what is in hand under leases that are kept."""
        with ThreadPoolExecutor(self._at_once, thread_name_prefix="outbox") as pool:
            while self._in_hand or not self._stopping.is_set():
                try:
                    self._round(pool)
                except DatabaseFault as error:
                    # The database is away or busy: leases keep everybody honest meanwhile.
                    log.error("outbox_round_failed", error=type(error).__name__)
                    connection.close()
                    time.sleep(LOOK_AGAIN_S * 4)
        connection.close()

    def stop(self) -> None:
        """Ask the worker to end; safe in a signal handler."""
        self._stopping.set()

    def run_due(self) -> int:
        """Run everything that is due now, one by one; return how many rows were run."""
        count = 0
        while found := self.lease_due(1):
            self._run(found[0])
            count += 1
        return count

    def lease_due(self, most: int) -> list[OutboxMessage]:
        """Take up to `most` rows that are due and free, oldest first."""
        # First without a lock: an idle worker must not stand in the way of SQLite's one writer.
        if not self._free(self._clock()).exists():
            return []
        with transaction.atomic():
            now = self._clock()
            rows = list(
                self._free(now).select_for_update(skip_locked=True).order_by("due_at", "id")[:most]
            )
            for row in rows:
                row.attempts += 1
                row.leased_by = self.name
                row.lease_until = now + self._lease
                row.save(update_fields=["attempts", "leased_by", "lease_until"])
        return rows

    def sweep(self) -> None:
        """Forget what was done long ago."""
        self._swept_at = time.monotonic()
        old = self._clock() - KEEP_DONE
        OutboxMessage.objects.filter(state=State.DONE, ended_at__lt=old).delete()

    def _free(self, now: datetime) -> "QuerySet[OutboxMessage]":
        free = Q(lease_until__isnull=True) | Q(lease_until__lte=now)
        return OutboxMessage.objects.filter(
            free,
            Q(order_key="") | ~Exists(_earlier(now)),
            state=State.WAITING,
            due_at__lte=now,
            topic__in=list(self._consumers),
        )

    def _round(self, pool: ThreadPoolExecutor) -> None:
        for done in [future for future in self._in_hand if future.done()]:
            del self._in_hand[done]
            done.result()
        room = 0 if self._stopping.is_set() else self._at_once - len(self._in_hand)
        leased = self.lease_due(room) if room else []
        for row in leased:
            self._in_hand[pool.submit(self._run_in_thread, row)] = row
        self._renew()
        if time.monotonic() - self._swept_at >= SWEEP_S:
            self.sweep()
        if self._in_hand:
            wait_for(self._in_hand, timeout=LOOK_AGAIN_S, return_when="FIRST_COMPLETED")
        elif not leased:
            self._stopping.wait(LOOK_AGAIN_S)

    def _renew(self) -> None:
        """Keep the leases of what is still running."""
        if time.monotonic() - self._renewed_at < self._lease.total_seconds() / 3:
            return
        self._renewed_at = time.monotonic()
        if self._in_hand:
            held = [row.pk for row in self._in_hand.values()]
            mine = OutboxMessage.objects.filter(pk__in=held, leased_by=self.name)
            mine.update(lease_until=self._clock() + self._lease)

    def _run_in_thread(self, row: OutboxMessage) -> None:
        try:
            self._run(row)
        except DatabaseFault as error:
            # Could not write down how it went: the row comes back after its lease.
            log.error("outbox_not_written", message=str(row), error=type(error).__name__)
        finally:
            close_old_connections()

    def _run(self, row: OutboxMessage) -> None:
        if row.attempts > outbox.MOST_ATTEMPTS:
            self._bury(row, "the worker died each time it ran this")
            return
        try:
            self._consumers[row.topic](self._delivery(row))
        except Later as later:
            # It ran well: what failed before is over. A message that comes back every ten seconds
            # of a vote would else be buried by twelve faults in all its weeks.
            self._put_back(row, later.at, later.reason, attempts=0)
        except GiveUp as end:
            self._bury(row, end.reason)
        except Again as failure:
            self._failed(row, failure.reason)
        except Exception as error:  # one consumer's bug must not stop the others
            log.exception("outbox_consumer_failed", message=str(row), attempt=row.attempts)
            self._failed(row, describe(error))
        else:
            # Done rows stay for their key alone; what they carried is no longer needed.
            self._close(row, state=State.DONE, ended_at=self._clock(), payload={}, reason="")

    def _failed(self, row: OutboxMessage, reason: str) -> None:
        if row.attempts >= outbox.MOST_ATTEMPTS:
            self._bury(row, reason)
            return
        pause = outbox.pause_after(row.attempts)
        pause += pause * random.random() / 4  # noqa: S311 - so that they do not all come at once
        self._put_back(row, self._clock() + pause, reason, attempts=row.attempts)

    def _put_back(self, row: OutboxMessage, at: datetime, reason: str, *, attempts: int) -> None:
        self._close(row, due_at=at, reason=reason[:300], attempts=attempts)

    def _bury(self, row: OutboxMessage, reason: str) -> None:
        log.error("outbox_dead_letter", message=str(row), reason=reason)
        with transaction.atomic():
            ended = {"state": State.DEAD, "ended_at": self._clock(), "reason": reason[:300]}
            if self._close(row, **ended):
                self._mourn(row, reason)

    def _mourn(self, row: OutboxMessage, reason: str) -> None:
        mourner = outbox.find_mourner(row.topic)
        if mourner is None:
            return
        try:
            with transaction.atomic():
                mourner(self._delivery(row), reason)
        except Exception as error:  # as with consumers
            log.exception("outbox_mourner_failed", message=str(row), error=type(error).__name__)

    def _delivery(self, row: OutboxMessage) -> Delivery:
        return Delivery(
            topic=row.topic,
            key=row.key,
            payload=row.payload,
            attempt=row.attempts,
            asked_at=row.asked_at,
            now=self._clock(),
        )

    def _close(self, row: OutboxMessage, **changed: object) -> bool:
        """Write down how it went, unless the lease has passed to somebody else."""
        mine = OutboxMessage.objects.filter(
            pk=row.pk, leased_by=self.name, attempts=row.attempts, state=State.WAITING
        )
        is_mine = bool(mine.update(lease_until=None, leased_by="", **changed))
        if not is_mine:
            log.warning("outbox_lease_lost", message=str(row))
        return is_mine


def _earlier(now: datetime) -> "QuerySet[OutboxMessage]":
    """Return what the row must wait for: the same order key, sent before, and due or in hand."""
    return OutboxMessage.objects.filter(
        topic=OuterRef("topic"),
        order_key=OuterRef("order_key"),
        id__lt=OuterRef("id"),
        state=State.WAITING,
        due_at__lte=now,
    )
