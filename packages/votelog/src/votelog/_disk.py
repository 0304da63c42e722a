# SPDX-License-Identifier: Apache-2.0
"""The file operations of the writer, one at a time, so that tests can fail after each."""

import os
from contextlib import suppress
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

    def sync_folder(self, path: Path) -> None:
        """Bring the names in a folder to stable storage."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
