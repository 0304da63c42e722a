# SPDX-License-Identifier: Apache-2.0
"""Ask a witness to cosign (C2SP tlog-witness, add-checkpoint).

A witness is somebody else's machine: no redirect is followed, no proxy asked, no answer read
beyond its limit, and the whole of it ends in `timeout_s`.
"""

import socket
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from votelog._checkpoint import Checkpoint, parse_decimal
from votelog._cosignature import CosignerKey
from votelog._errors import Malformed, Rejected, Unavailable
from votelog._note import Signature, join_note, open_note, parse_signature
from votelog._reader import TileNodes
from votelog._source import HTTP_TIMEOUT_S, Source
from votelog._tree import consistency_proof
from votelog._witness import AddCheckpoint

_MAX_REPLY_BYTES = 1 << 16
CheckPeer = Callable[[str], None]


def request_cosignature(
    *,
    url: str,
    witness: CosignerKey,
    source: Source,
    checkpoint: Checkpoint,
    note: bytes,
    old: int = 0,
    timeout_s: float = HTTP_TIMEOUT_S,
    check_peer: CheckPeer | None = None,
) -> Signature:
    """Return the cosignature of the witness at `url` over a checkpoint of the log in `source`.

    `old` is the size it last cosigned, as far as we know; it says so itself if not. `check_peer`
    is given the address we are connected to, before anything is sent, and may raise.
    Raises Malformed: address_malformed. Raises Unavailable; Rejected: witness_refused with its
    status and words, rolled_back (it has seen a longer log), signature_false, signature_missing.
    """
    place = check_address(url)
    status, body = _ask(place, _request(source, checkpoint, note, old), timeout_s, check_peer)
    if status == 409:
        old = parse_decimal(body.decode("ascii", "replace").removesuffix("\n"))
        status, body = _ask(place, _request(source, checkpoint, note, old), timeout_s, check_peer)
    if status != 200:
        words = body.decode("utf-8", "replace").strip()[:200]
        raise Rejected("witness_refused", status=status, words=words)
    return _own_line(body, witness, checkpoint)


def check_address(url: str) -> SplitResult:
    """Return the parts of a witness's address: http or https, a host, nothing secret in it.

    Raises Malformed: address_malformed.
    """
    try:
        place = urlsplit(url)
        is_sound = place.scheme in ("http", "https") and bool(place.hostname) and place.port != 0
    except ValueError:
        is_sound = False
    if not is_sound or place.username is not None or place.query or place.fragment:
        raise Malformed("address_malformed", address=url)
    return place


def _request(source: Source, checkpoint: Checkpoint, note: bytes, old: int) -> bytes:
    if old > checkpoint.size:
        raise Rejected("rolled_back", old=old, new=checkpoint.size)
    proof = consistency_proof(old, checkpoint.size, TileNodes(source, checkpoint.size))
    return AddCheckpoint(old, tuple(proof), note).encode()


def _own_line(body: bytes, witness: CosignerKey, checkpoint: Checkpoint) -> Signature:
    try:
        lines = [parse_signature(row) for row in body.decode().removesuffix("\n").split("\n")]
    except UnicodeDecodeError as error:
        raise Malformed("note_malformed", reason="it is not UTF-8") from error
    return open_note(join_note(checkpoint.text(), lines), [witness]).verified[0]


def _ask(
    place: SplitResult, body: bytes, timeout_s: float, check_peer: CheckPeer | None
) -> tuple[int, bytes]:
    connect = HTTPSConnection if place.scheme == "https" else HTTPConnection
    connection = connect(place.hostname or "", place.port, timeout=timeout_s)
    try:
        connection.connect()
        if check_peer is not None:
            check_peer(connection.sock.getpeername()[0])
        # A time-out of sockets is for each read: an answer that drips would never end.
        watchdog = Timer(timeout_s, _hang_up, [connection.sock])
        watchdog.daemon = True
        watchdog.start()
        try:
            path = f"{place.path.rstrip('/')}/add-checkpoint"
            connection.request("POST", path, body, {"Content-Type": "text/plain"})
            reply = connection.getresponse()
            return reply.status, reply.read(_MAX_REPLY_BYTES)
        finally:
            watchdog.cancel()
    except (OSError, HTTPException, ValueError) as error:
        raise Unavailable("witness_unreachable", url=place.geturl(), reason=str(error)) from error
    finally:
        connection.close()


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):  # it has ended by itself
        line.shutdown(socket.SHUT_RDWR)
