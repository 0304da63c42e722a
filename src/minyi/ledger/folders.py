# SPDX-License-Identifier: Apache-2.0
"""Where the logs lie, and what lies beside a log without being part of it.

    <LEDGER_DIR>/<folder>/             the log (docs/protocol/log-format.md §5)
    <LEDGER_DIR>/<folder>/.writer/     the writer's own: key, journal, book of places; and
        vkey policy rules              served beside the log
        public_from                    milliseconds since 1970: nothing is served before

The room that serves logs asks no database: what it needs to know is here.
"""

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from votelog import FolderSource, Missing, bundle_path, decode_bundle, peek_checkpoint, tile_width

BUNDLE = 256  # entries
LARGEST_BUNDLE = BUNDLE * (2 + 65_535)
LARGEST_CHECKPOINT = 1 << 18
BESIDE = ("vkey", "policy", "rules")


def path_of(folder: str) -> Path:
    """Return the folder of a log."""
    return Path(settings.LEDGER_DIR) / folder


def has_begun(folder: str) -> bool:
    """Tell whether the log has its first entry, or at least its first checkpoint."""
    return (path_of(folder) / "checkpoint").exists()


def read_size(folder: str) -> int:
    """Return how many entries the log has; 0 before it begins."""
    note = read_note(folder)
    return peek_checkpoint(note).size if note else 0


def read_note(folder: str) -> bytes:
    """Return the newest checkpoint as published; empty before the log begins."""
    try:
        return FolderSource(path_of(folder)).read("checkpoint", LARGEST_CHECKPOINT)
    except Missing:
        return b""


def read_entries(folder: str, start: int, stop: int) -> Iterator[bytes]:
    """Yield the entries [start, stop) as they are on disk. Nothing is proven."""
    source = FolderSource(path_of(folder))
    for number in range(start // BUNDLE, -(-stop // BUNDLE)):
        first = number * BUNDLE
        bundle = _read_bundle(source, number, tile_width(0, number, stop))
        yield from bundle[max(start - first, 0) : stop - first]


def write_beside(folder: str, name: str, text: str) -> None:
    """Put a small file beside the log at once: a reader finds the old one or the new one."""
    private = path_of(folder) / ".writer"
    private.mkdir(parents=True, exist_ok=True)
    aside = private / f"{name}.{secrets.token_hex(8)}"
    with aside.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(private / name)


def read_beside(folder: str, name: str) -> str:
    """Return a file beside the log; empty when there is none."""
    try:
        return (path_of(folder) / ".writer" / name).read_text()
    except FileNotFoundError:
        return ""


def _read_bundle(source: FolderSource, number: int, width: int) -> list[bytes]:
    """Read a bundle of that width, from the full one where the partial one has been cleared."""
    for wide in (width, BUNDLE):
        path = bundle_path(number, wide)
        try:
            return decode_bundle(source.read(path, LARGEST_BUNDLE), wide, path=path)[:width]
        except Missing:
            if wide == BUNDLE:
                raise
    raise AssertionError("the loop returns or raises")
