# SPDX-License-Identifier: Apache-2.0
"""The process behind `ProcessSequencer`: reads batches, writes outcomes, ends with its input."""

import gc
import logging
import os
from collections.abc import Sequence
from functools import partial

from ballotbox.ballots import Ballot, Receipt
from ballotbox.companion import Server
from ballotbox.refusals import Refused
from ballotbox.schema import SchemaMismatch
from ballotbox.sequencer import (
    Outcome,
    Sealer,
    Started,
    Turned,
    commit_and_seal,
    read_ballots,
    settled,
)
from ballotbox.settings import read_settings
from ballotbox.store import Store, StoreUnavailable
from ballotbox.stores import open_sealer, open_store

log = logging.getLogger("ballotbox")


def main() -> None:
    """Serve one ballot box until it closes our input."""
    server = Server()
    settings = read_settings(os.environ)
    store = open_store(settings.database_url)
    sealer = open_sealer(settings, store)
    try:
        store.check_schema()
        sealer.recover()
    except (SchemaMismatch, StoreUnavailable) as error:
        server.tell(Started(type(error).__name__, str(error)))
        return
    gc.freeze()
    gc.disable()  # ballots hold no cycles, and each batch is let go of whole
    server.tell(Started())
    try:
        server.answer(partial(_settle, store, sealer))
    finally:
        sealer.close()
        store.close()


def _settle(store: Store, sealer: Sealer, message: bytes) -> list[Receipt | Turned]:
    return settled(_outcomes(store, sealer, read_ballots(message)))


def _outcomes(store: Store, sealer: Sealer, ballots: Sequence[Ballot]) -> list[Outcome]:
    try:
        return commit_and_seal(store, sealer, ballots)
    except Exception as error:
        # Nobody may be told that the ballot counts; whatever it was, the next batch tries again.
        log.exception("batch_failed size=%d error=%s", len(ballots), error)
        return [Refused("storage_unavailable")] * len(ballots)


if __name__ == "__main__":
    main()
