# SPDX-License-Identifier: Apache-2.0
"""The outbox's figures for Prometheus: read from the database when somebody asks, not more."""

import time

from asgiref.sync import sync_to_async
from django.db import Error as DatabaseFault
from django.utils import timezone
from prometheus_client import Gauge

from .outbox import measure_queue

FRESH_S = 5  # whoever asks more often gets the same figures

WAITING = Gauge("minyi_outbox_waiting", "Messages in the outbox that are not done")
DUE = Gauge("minyi_outbox_due", "Messages whose time has come")
LATE_SECONDS = Gauge("minyi_outbox_late_seconds", "How long the oldest due message has waited")
DEAD = Gauge("minyi_outbox_dead", "Messages given up; see `minyi worker --dead`")
_GAUGES = (WAITING, DUE, LATE_SECONDS, DEAD)

_read_at = float("-inf")


async def renew() -> None:
    """Bring the gauges up to date; when the database is away they say «not a number»."""
    global _read_at
    if time.monotonic() - _read_at < FRESH_S:
        return
    _read_at = time.monotonic()
    await sync_to_async(_read)()


def _read() -> None:
    try:
        queue = measure_queue(now=timezone.now())
    except DatabaseFault:
        values: tuple[float, ...] = (float("nan"),) * len(_GAUGES)
    else:
        values = (queue.waiting, queue.due, queue.late_s, queue.dead)
    for gauge, value in zip(_GAUGES, values, strict=True):
        gauge.set(value)
