# SPDX-License-Identifier: Apache-2.0
"""The witnesses' figures for Prometheus: read from the database when somebody asks, not more."""

import time

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.utils import timezone
from prometheus_client import Gauge

from minyi.ledger.queries.witnesses import measure_witnesses

FRESH_S = 5  # whoever asks more often gets the same figures

WITNESSES = Gauge("minyi_ledger_witnesses", "Witnesses of all logs, each log by itself", ["state"])
LATE_SECONDS = Gauge(
    "minyi_ledger_witness_late_seconds", "Since when the witness that fails longest has not signed"
)

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
        states, late = measure_witnesses(now=timezone.now())
    except DatabaseError:
        LATE_SECONDS.set(float("nan"))
        return
    for state, count in states.items():
        WITNESSES.labels(state).set(count)
    LATE_SECONDS.set(late)
