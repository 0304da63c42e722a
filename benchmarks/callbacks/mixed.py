# SPDX-License-Identifier: Apache-2.0
"""Both rooms at once: citizens write to the account while others cast their ballots."""

import multiprocessing
import sqlite3
from contextlib import closing

from benchmarks.ballots.load import Load, send_all
from benchmarks.ballots.voters import ballots_of_new_voters
from benchmarks.callbacks.messages import sealed_texts

BALLOTS_PER_S, MESSAGES_PER_S, SECONDS = 2_000, 500, 15
ONE_IN = 10  # messages that no keyword fits: a person must see them, so they wait for the disk
_ROUND = """
INSERT INTO campaigns_round
       (id, campaign_id, slug, opens_ms, closes_ms, paused, pause_reason, min_picks, max_picks,
        frequency, candidates, order_seed)
VALUES (1, 1, 'storm', 0, 9999999999999, 0, '', 1, 3, 'campaign', '[1, 2, 3, 4, 5, 6, 7, 8, 9]', '')
"""


def open_round(path: str) -> None:
    """Put a round into the product's database; it needs no campaign around it."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(_ROUND)


def both_rooms(port: int) -> tuple[Load, Load]:
    """Send messages and ballots at fixed rates, side by side; return (messages, ballots)."""
    count = MESSAGES_PER_S * SECONDS
    known = iter(sealed_texts(count))
    unknown = iter(sealed_texts(count // ONE_IN + 1, words="你们几点上班"))
    messages = [next(unknown if place % ONE_IN == 0 else known) for place in range(count)]
    ballots = ballots_of_new_voters(BALLOTS_PER_S * SECONDS)
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    voters = context.Process(target=_vote, args=(port, ballots, results))
    voters.start()
    load = send_all(port, messages, connections=64, rate=MESSAGES_PER_S)
    cast = results.get()
    voters.join()
    return load, cast


def _vote(port: int, ballots: list[bytes], results: "multiprocessing.SimpleQueue[Load]") -> None:
    results.put(send_all(port, ballots, connections=1024, rate=BALLOTS_PER_S))
