# SPDX-License-Identifier: Apache-2.0
"""Where a look keeps its event log for minutes: a folder nobody else may read, and never for long.

A process that is killed cannot tidy up; but it lets go of its lock. Whoever looks next, which is
the same look tried again, sweeps every folder on which there is none.
"""

import fcntl
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings

PREFIX = "look-"


@contextmanager
def private_folder() -> Iterator[Path]:
    """Yield a new folder (0700) below the product's own; it is deleted in the end."""
    sweep()
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=_home()) as name:
        folder = Path(name)
        with _lock_of(folder).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield folder
            finally:
                _lock_of(folder).unlink()


def sweep() -> int:
    """Delete what killed looks have left; return how many folders."""
    return sum(_sweep(folder) for folder in _home().glob(f"{PREFIX}*") if folder.is_dir())


def _sweep(folder: Path) -> bool:
    try:
        with _lock_of(folder).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
            _lock_of(folder).unlink(missing_ok=True)
    except (BlockingIOError, FileNotFoundError):  # somebody looks, or is about to
        return False
    return True


def _lock_of(folder: Path) -> Path:
    """Return the lock's file: beside the folder, so that it outlives what it guards."""
    return folder.with_name(f"{folder.name}.lock")


def _home() -> Path:
    home = Path(settings.VAR_DIR) / "looks"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    return home
