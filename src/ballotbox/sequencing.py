# SPDX-License-Identifier: Apache-2.0
"""The process behind `ProcessSequencer`: reads batches, writes outcomes, ends with its input."""

import fcntl
import gc
import logging
import os
import sys
from contextlib import suppress
from typing import BinaryIO

from ballotbox.refusals import Refused
from ballotbox.schema import SchemaMismatch
from ballotbox.sequencer import (
    LENGTH,
    PIPE_BYTES,
    Outcome,
    Sealer,
    Started,
    commit_and_seal,
    framed,
    read_ballots,
    settled,
)
from ballotbox.settings import read_settings
from ballotbox.store import Store, StoreUnavailable
from ballotbox.stores import open_sealer, open_store

log = logging.getLogger("ballotbox")


def main() -> None:
    """Serve one ballot box until it closes our input."""
    given, told = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    _widen(told)
    os.dup2(2, 1)  # whoever prints must not disturb the conversation
    settings = read_settings(os.environ)
    store = open_store(settings.database_url)
    sealer = open_sealer(settings, store)
    try:
        store.check_schema()
        sealer.recover()
    except (SchemaMismatch, StoreUnavailable) as error:
        _tell(told, Started(type(error).__name__, str(error)))
        return
    gc.freeze()
    gc.disable()  # ballots hold no cycles, and each batch is let go of whole
    _tell(told, Started())
    try:
        while (message := _hear(given)) is not None:
            _tell(told, settled(_outcomes(store, sealer, message)))
    finally:
        sealer.close()
        store.close()


def _outcomes(store: Store, sealer: Sealer, message: bytes) -> list[Outcome]:
    ballots = read_ballots(message)
    try:
        return commit_and_seal(store, sealer, ballots)
    except Exception as error:
        # Nobody may be told that the ballot counts; whatever it was, the next batch tries again.
        log.exception("batch_failed size=%d error=%s", len(ballots), error)
        return [Refused("storage_unavailable")] * len(ballots)


def _hear(given: BinaryIO) -> bytes | None:
    head = given.read(LENGTH)
    length = int.from_bytes(head, "big")
    message = given.read(length)
    return message if len(head) == LENGTH and len(message) == length else None


def _widen(told: BinaryIO) -> None:
    """Let a whole batch of answers stand in the pipe, where the system allows it."""
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):
            fcntl.fcntl(told, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _tell(told: BinaryIO, message: object) -> None:
    told.write(framed(message))
    told.flush()


if __name__ == "__main__":
    main()
