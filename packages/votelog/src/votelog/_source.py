# SPDX-License-Identifier: Apache-2.0
"""Where the files of a log come from: a folder or a web address."""

import zlib
from http.client import HTTPException
from pathlib import Path
from typing import Protocol
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from votelog._errors import Malformed, Missing, Unavailable

HTTP_TIMEOUT_S = 20.0
_GZIP_OVERHEAD = 4096  # what does not shrink grows a little
PRIVATE_FOLDER = ".writer"  # the writer's own; never served, never part of the log


class Source(Protocol):
    """Gives the files of a log by their path under its prefix."""

    @property
    def read_ahead(self) -> int:
        """Return how many reads may be under way at once; 0 where waiting is short."""

    def read(self, path: str, limit: int) -> bytes:
        """Return a file of at most `limit` bytes.

        Raises Missing: file_missing. Raises Malformed: file_too_long. Raises Unavailable.
        """

    def paths(self) -> list[str] | None:
        """Return every file there is, or None where that cannot be known."""


class FolderSource:
    """A log in a folder."""

    read_ahead = 0

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str, limit: int) -> bytes:
        try:
            with (self._folder / path).open("rb") as file:
                raw = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Missing("file_missing", path=path) from error
        except OSError as error:
            raise Unavailable("log_unreachable", path=path, reason=error.strerror) from error
        if len(raw) > limit:
            raise Malformed("file_too_long", path=path, limit=limit)
        return raw

    def paths(self) -> list[str]:
        found = (file for file in self._folder.rglob("*") if not file.is_dir())
        relative = (file.relative_to(self._folder) for file in found)
        return sorted(p.as_posix() for p in relative if p.parts[0] != PRIVATE_FOLDER)


class HttpSource:
    """A log at a web address."""

    read_ahead = 8

    def __init__(self, prefix: str, *, timeout_s: float = HTTP_TIMEOUT_S) -> None:
        if urlsplit(prefix).scheme not in ("http", "https"):
            raise Malformed("address_malformed", address=prefix)
        self._prefix = prefix.rstrip("/")
        self._timeout_s = timeout_s

    def read(self, path: str, limit: int) -> bytes:
        request = Request(  # noqa: S310 - the scheme is checked above
            f"{self._prefix}/{path}", headers={"Accept-Encoding": "gzip, identity"}
        )
        try:
            with urlopen(request, timeout=self._timeout_s) as reply:  # noqa: S310
                packed = reply.headers.get("Content-Encoding") == "gzip"
                raw: bytes = reply.read(limit + 1 + _GZIP_OVERHEAD * packed)
        except HTTPError as error:
            error.close()
            if error.code in (404, 410):
                raise Missing("file_missing", path=path) from error
            raise Unavailable("log_unreachable", path=path, reason=f"HTTP {error.code}") from error
        except (URLError, TimeoutError, OSError, HTTPException) as error:
            raise Unavailable("log_unreachable", path=path, reason=str(error)) from error
        if packed:
            raw = _unpack(raw, path, limit)
        if len(raw) > limit:
            raise Malformed("file_too_long", path=path, limit=limit)
        return raw

    def paths(self) -> None:
        return None


def open_source(place: str) -> Source:
    """Return the log at a web address or in a folder."""
    if "://" in place:
        return HttpSource(place)
    return FolderSource(Path(place))


def _unpack(raw: bytes, path: str, limit: int) -> bytes:
    """Unpack gzip, never to more than `limit` + 1 bytes."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        return unpacker.decompress(raw, limit + 1)
    except zlib.error as error:
        raise Malformed("gzip_malformed", path=path) from error
