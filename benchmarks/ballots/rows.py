# SPDX-License-Identifier: Apache-2.0
"""What all measurements share: how a result reads, how much is sent, what must hold."""

import sqlite3
from dataclasses import dataclass

from benchmarks.ballots.load import Load

CONNECTIONS = 1024  # a crowd; each waits for its answer before it sends again
STORM = 60_000
REPEATS = 5  # floor and ballots alternate, so that a noisy neighbour disturbs both
OUR_APP = "ballotbox.app:app"


@dataclass(frozen=True)
class Row:
    """One line of the result: what was measured beside what it is compared with."""

    claim: str
    measured: str
    floor: str
    ratio: str
    met: bool


def expect(load: Load, statuses: dict[int, int]) -> None:
    """Fail unless exactly these answers came back."""
    if dict(load.statuses) != statuses:
        raise AssertionError(f"Expected {statuses}, got {dict(load.statuses)}.")


def rows_of(path: str) -> int:
    """Return the number of stored ballots."""
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute("SELECT count(*) FROM campaigns_ballot").fetchone()[0])
    finally:
        connection.close()


def middle(values: list[float]) -> float:
    """Return the median."""
    return sorted(values)[len(values) // 2]
