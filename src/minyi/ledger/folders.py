# SPDX-License-Identifier: Apache-2.0
"""Where the logs lie, and what lies beside a log without being part of it.

    <LEDGER_DIR>/<folder>/             the log (docs/protocol/log-format.md §5)
    <LEDGER_DIR>/<folder>/.writer/     the writer's own: key, journal, book of places; and
        vkey policy rules              served beside the log
        public_from                    milliseconds since 1970: nothing is served before
        cosigned/<size>                the checkpoint of that size with what witnesses signed
        cosigned/newest                the newest one that the quorum has cosigned

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


def read_note(folder: str, name: str = "checkpoint") -> bytes:
    """Return the newest checkpoint as the log signed it; empty before the log begins."""
    try:
        return FolderSource(path_of(folder)).read(name, LARGEST_CHECKPOINT)
    except Missing:
        return b""


def read_signed(folder: str, name: str) -> bytes:
    """Return a checkpoint as it is served: with every cosignature there is. Empty: not there.

    `name` is as in the log's address: `checkpoint`, `checkpoints/<size>` or `cosigned`. Witnesses
    sign copies beside the log, so that the log's one writer never has to wait for them.
    """
    if name == "cosigned":
        return _read(_cosigned(folder, "newest"))
    plain = _read(path_of(folder) / name)
    size = plain.split(b"\n", 2)[1:2]
    if not size or not size[0].isdigit():
        return plain
    signed = _read(_cosigned(folder, size[0].decode()))
    # A log that was put back from a backup may have another checkpoint of this size.
    return signed if signed.startswith(plain.rpartition(b"\n\n")[0]) and signed else plain


def write_cosigned(folder: str, name: str, note: bytes) -> None:
    """Keep a cosigned checkpoint; on return it is on stable storage."""
    _cosigned(folder, name).parent.mkdir(exist_ok=True)
    write_beside(folder, f"cosigned/{name}", note.decode())
    descriptor = os.open(_cosigned(folder, name).parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def read_public_from(folder: str) -> int | None:
    """Return since when the log is served, in milliseconds since 1970."""
    since = read_beside(folder, "public_from")
    return int(since) if since.isdecimal() else None


def read_entries(folder: str, start: int, stop: int) -> Iterator[bytes]:
    """Yield the entries [start, stop) as they are on disk. Nothing is proven."""
    source = FolderSource(path_of(folder))
    for number in range(start // BUNDLE, -(-stop // BUNDLE)):
        first = number * BUNDLE
        bundle = _read_bundle(source, number, tile_width(0, number, stop))
        yield from bundle[max(start - first, 0) : stop - first]


def read_entry(folder: str, index: int, size: int) -> bytes:
    """Return one entry of a log that was published at that size. Nothing is proven."""
    number, place = divmod(index, BUNDLE)
    source = FolderSource(path_of(folder))
    return _read_bundle(source, number, tile_width(0, number, size))[place]


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


def _cosigned(folder: str, name: str) -> Path:
    return path_of(folder) / ".writer" / "cosigned" / name


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


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
