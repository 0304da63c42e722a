# SPDX-License-Identifier: Apache-2.0
"""Archives with one way to write them: the same files in the same order are the same bytes.

Nothing is compressed (hashes do not shrink, and a browser can cut files out), no file has a date,
names are ASCII. Sizes are known before anything is written, so that a download shows how far it is.
"""

import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from zipfile import BadZipFile, ZipFile

from votelog._errors import Malformed, Missing, Unavailable

_LOCAL = struct.Struct("<4s5H3L2H")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_EXTRA_64 = struct.Struct("<2HQ")
_VERSION, _VERSION_64, _UNIX = 20, 45, 3 << 8
_FIRST_DAY = 1 << 5 | 1  # 1980-01-01, the oldest there is
_MODE = 0o100644 << 16
_MANY = 0xFFFF
_FAR = 0xFFFFFFFF


def zip_length(files: Iterable[tuple[str, int]]) -> int:
    """Return the length of the archive of files of these names and sizes."""
    offset = directory = count = 0
    for name, size in files:
        directory += _CENTRAL.size + len(name) + _EXTRA_64.size * (offset >= _FAR)
        offset += _LOCAL.size + len(name) + size
        count += 1
    is_large = count >= _MANY or offset >= _FAR
    return offset + directory + _END.size + (_END_64.size + _LOCATOR_64.size) * is_large


def zip_chunks(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield the archive of files, piece by piece."""
    directory: list[bytes] = []
    offset = 0
    for name, content in files:
        head = _local(name, content)
        directory.append(_central(name, content, offset))
        offset += len(head) + len(content)
        yield head
        yield content
    whole = b"".join(directory)
    yield whole
    yield _end(len(directory), len(whole), offset)


class ZipSource:
    """Files in an archive of ours (`votelog._source.Source`)."""

    read_ahead = 0

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._zip = ZipFile(path)
        except (BadZipFile, NotImplementedError, ValueError, struct.error) as error:
            raise Malformed("zip_malformed", reason="it is no archive") from error
        except OSError as error:
            raise Unavailable("log_unreachable", path=str(path), reason=error.strerror) from error

    def close(self) -> None:
        self._zip.close()

    def read(self, path: str, limit: int) -> bytes:
        try:
            found = self._zip.getinfo(path)
        except KeyError as error:
            raise Missing("file_missing", path=path) from error
        if found.file_size > limit:
            raise Malformed("file_too_long", path=path, limit=limit)
        try:
            return self._zip.read(found)
        except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, zlib.error) as e:
            raise Malformed("zip_malformed", reason=f"{path} cannot be read") from e

    def paths(self) -> list[str]:
        return sorted(self._zip.namelist())

    def check_form(self, limit: int) -> None:
        """Check that the archive is written in the one way there is.

        Raises Malformed: zip_malformed, file_too_long.
        """
        names = self._zip.namelist()
        if not all(name.isascii() for name in names):
            raise Malformed("zip_malformed", reason="a name is not ASCII")
        with self._path.open("rb") as file:
            for piece in zip_chunks((name, self.read(name, limit)) for name in names):
                if file.read(len(piece)) != piece:
                    raise Malformed("zip_malformed", reason="it is not written as it must be")
            if file.read(1):
                raise Malformed("zip_malformed", reason="something stands behind its end")


def _local(name: str, content: bytes) -> bytes:
    size, crc = len(content), zlib.crc32(content)
    coded = name.encode("ascii")
    fields = (_VERSION, 0, 0, 0, _FIRST_DAY, crc, size, size, len(coded), 0)
    return _LOCAL.pack(b"PK\x03\x04", *fields) + coded


def _central(name: str, content: bytes, offset: int) -> bytes:
    size, crc = len(content), zlib.crc32(content)
    coded = name.encode("ascii")
    extra = _EXTRA_64.pack(1, 8, offset) if offset >= _FAR else b""
    needed = _VERSION_64 if extra else _VERSION
    fields = (_UNIX | needed, needed, 0, 0, 0, _FIRST_DAY, crc, size, size)
    places = (len(coded), len(extra), 0, 0, 0, _MODE, min(offset, _FAR))
    return _CENTRAL.pack(b"PK\x01\x02", *fields, *places) + coded + extra


def _end(count: int, length: int, offset: int) -> bytes:
    end = b""
    if count >= _MANY or offset >= _FAR:
        made = (_UNIX | _VERSION_64, _VERSION_64, 0, 0)
        end = _END_64.pack(b"PK\x06\x06", _END_64.size - 12, *made, count, count, length, offset)
        end += _LOCATOR_64.pack(b"PK\x06\x07", 0, offset + length, 1)
    shown = min(count, _MANY)
    places = (0, 0, shown, shown, min(length, _FAR), min(offset, _FAR), 0)
    return end + _END.pack(b"PK\x05\x06", *places)
