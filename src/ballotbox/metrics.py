# SPDX-License-Identifier: Apache-2.0
"""Counters for Prometheus, touched once per batch and once per refusal."""

from prometheus_client import Counter, Gauge, Histogram

ACCEPTED = Counter("minyi_ballots_accepted", "Ballots stored and answered")
REPEATED = Counter("minyi_ballots_repeated", "Ballots sent again and answered with their receipt")
REFUSED = Counter("minyi_ballots_refused", "Ballots refused", ["code"])
WAITING = Gauge("minyi_ballots_waiting", "Ballots waiting for a commit")
BATCH_SIZE = Histogram(
    "minyi_ballot_batch_size",
    "Ballots per commit",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
)
COMMIT_SECONDS = Histogram(
    "minyi_ballot_commit_seconds",
    "Time of one commit with its flush to disk",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
