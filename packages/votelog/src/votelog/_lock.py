# SPDX-License-Identifier: Apache-2.0
"""The lock of a log: one process writes at a time."""

import fcntl
import time
from pathlib import Path

from votelog._errors import WriteRefused

_ASK_AGAIN_S = 0.002


def take_lock(lock: int, folder: Path, wait_s: float) -> None:
    """Take the lock of a log; another writer's turn is short, so ask again and again."""
    deadline = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise WriteRefused("log_locked", folder=str(folder)) from error
            time.sleep(_ASK_AGAIN_S)
        else:
            return
