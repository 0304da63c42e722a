# SPDX-License-Identifier: Apache-2.0
"""The public logs as files: /ledger/<folder>/… over LEDGER_DIR (ADR 15).

No session, no database and no template: a file is named by a pattern, read and sent. Anyone may
read from anywhere (CORS), and everything may be kept by caches: tiles for ever, the checkpoint
for a second. Before a log is public it looks as if it were not there.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from django.utils import timezone

from minyi.ledger import folders

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_ADDRESS = re.compile(r"/ledger/([A-Za-z0-9_-]+)/(.+)")
_TILE = re.compile(
    r"tile/(entries|[0-9]{1,2})/(x[0-9]{3}/)*[0-9]{3}(\.p/[1-9][0-9]{0,2})?", re.ASCII
)
_PAST = re.compile(r"checkpoints/(0|[1-9][0-9]{0,18})", re.ASCII)
_TEXT, _OCTETS = b"text/plain; charset=utf-8", b"application/octet-stream"
FOR_EVER = b"public, max-age=31536000, immutable"
A_SECOND = b"no-cache, max-age=1"
A_MINUTE = b"public, max-age=60"
NOT_FOUND = "没有找到 / not found\n"
NOT_YET = "账本在票数可以公布时公开 / this log is served once its counts are public\n"
ONLY_READ = "只能读取 / read only\n"
_EVERYWHERE = [
    (b"access-control-allow-origin", b"*"),
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; sandbox"),
]


@dataclass(frozen=True, slots=True)
class File:
    """A file that may be sent."""

    content: bytes
    kind: bytes
    caching: bytes


async def room(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer one request for a file of a log."""
    if scope["method"] not in ("GET", "HEAD"):
        await _say(send, 405, ONLY_READ, [(b"allow", b"GET, HEAD")])
        return
    now_ms = int(timezone.now().timestamp() * 1000)
    # A thread: a disk that must fetch an old tile may not hold up the event loop, and the vote.
    found = await asyncio.to_thread(find_file, scope["path"], now_ms)
    if isinstance(found, str):
        await _say(send, 404, found, [(b"cache-control", b"no-store")])
        return
    etag = b'"%s"' % sha256(found.content).hexdigest()[:32].encode()
    headers = [
        (b"content-type", found.kind),
        (b"cache-control", found.caching),
        (b"etag", etag),
        *_EVERYWHERE,
    ]
    if etag in dict(scope["headers"]).get(b"if-none-match", b""):
        await _send(send, 304, headers, b"")
        return
    length = (b"content-length", b"%d" % len(found.content))
    is_head = scope["method"] == "HEAD"
    await _send(send, 200, [*headers, length], b"" if is_head else found.content)


def find_file(path: str, now_ms: int) -> File | str:
    """Return the file at an address, or the sentence that says why there is none."""
    address = _ADDRESS.fullmatch(path)
    if address is None:
        return NOT_FOUND
    folder, name = address.groups()
    if name in folders.BESIDE:
        return _read(folders.path_of(folder) / ".writer" / name, _TEXT, A_MINUTE)
    served = _serve_of(name)
    if served is None:
        return NOT_FOUND
    if not _is_public(folder, now_ms):
        return NOT_YET
    if served[0] == _TEXT:
        note = folders.read_signed(folder, name)
        return File(note, *served) if note else NOT_FOUND
    return _read(folders.path_of(folder) / name, *served)


def _serve_of(name: str) -> tuple[bytes, bytes] | None:
    """Return type and caching of a file of a log; None: it is none."""
    if name in ("checkpoint", "cosigned"):
        return _TEXT, A_SECOND
    if _PAST.fullmatch(name):
        return _TEXT, A_MINUTE  # witnesses may still sign it
    return (_OCTETS, FOR_EVER) if _TILE.fullmatch(name) else None


def _is_public(folder: str, now_ms: int) -> bool:
    since = folders.read_public_from(folder)
    return since is not None and since <= now_ms


def _read(path: Path, kind: bytes, caching: bytes) -> File | str:
    try:
        return File(path.read_bytes(), kind, caching)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
        return NOT_FOUND


async def _say(send: Send, status: int, words: str, headers: list[tuple[bytes, bytes]]) -> None:
    await _send(send, status, [(b"content-type", _TEXT), *_EVERYWHERE, *headers], words.encode())


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
