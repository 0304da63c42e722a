# SPDX-License-Identifier: Apache-2.0
"""The file operations of the writer, one at a time, so that tests can fail after each."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path


class Disk:
    """File operations that are on stable storage when they return, where that is said."""

    def write(self, path: Path, content: bytes) -> None:
        """Write a file anew; its bytes are on stable storage, its name may not be."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def write_soon(self, path: Path, content: bytes) -> None:
        """Write a file anew; it is not on stable storage before `sync_files`."""
        with path.open("wb") as file:
            file.write(content)

    def sync_files(self, paths: Sequence[Path]) -> None:
        """Bring the bytes of files to stable storage; those that have gone are passed over."""
        for work in (_begin_writing, os.fsync):  # all are under way before one is waited for
            for path in paths:
                with suppress(FileNotFoundError), _opened(path, os.O_RDONLY) as descriptor:
                    work(descriptor)

    def rename(self, path: Path, target: Path) -> None:
        """Put a file in the place of another at once."""
        os.replace(path, target)

    def link(self, path: Path, target: Path) -> None:
        """Give a file a second name, which must be free; raises FileExistsError."""
        os.link(path, target)

    def remove(self, path: Path) -> None:
        """Remove a file if it is there."""
        with suppress(FileNotFoundError):
            path.unlink()

    def remove_folder(self, path: Path) -> None:
        """Remove an empty folder if it is there."""
        with suppress(FileNotFoundError):
            path.rmdir()

    def make_folder(self, path: Path) -> None:
        """Make a folder and those above it; its name is on stable storage."""
        if path.is_dir():
            return
        self.make_folder(path.parent)
        with suppress(FileExistsError):
            path.mkdir()
        self.sync_folder(path.parent)

    def add_folder(self, path: Path) -> None:
        """Make a folder and those above it; its name is not yet on stable storage."""
        if not path.is_dir():
            path.mkdir(parents=True, exist_ok=True)

    def sync_folder(self, path: Path) -> None:
        """Bring the names in a folder to stable storage."""
        with _opened(path, os.O_RDONLY | os.O_DIRECTORY) as descriptor:
            os.fsync(descriptor)

    def later(self, work: Callable[[], None]) -> Future[None]:
        """Begin something that is waited for elsewhere."""
        thread = ThreadPoolExecutor(1, thread_name_prefix="log-settle")
        try:
            return thread.submit(work)
        finally:
            thread.shutdown(wait=False)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    descriptor = os.open(path, flags)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _begin_writing(descriptor: int) -> None:
    """Ask the system to write a file out soon, where it can be asked."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
