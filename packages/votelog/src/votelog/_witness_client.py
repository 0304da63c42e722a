# SPDX-License-Identifier: Apache-2.0
"""Ask a witness to cosign (C2SP tlog-witness, add-checkpoint)."""

from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from votelog._checkpoint import Checkpoint, parse_decimal
from votelog._cosignature import CosignerKey
from votelog._errors import Malformed, Rejected, Unavailable
from votelog._note import Signature, join_note, open_note, parse_signature
from votelog._reader import TileNodes
from votelog._source import HTTP_TIMEOUT_S, Source
from votelog._tree import consistency_proof
from votelog._witness import AddCheckpoint

_MAX_REPLY_BYTES = 1 << 16


def request_cosignature(
    *,
    url: str,
    witness: CosignerKey,
    source: Source,
    checkpoint: Checkpoint,
    note: bytes,
    old: int = 0,
    timeout_s: float = HTTP_TIMEOUT_S,
) -> Signature:
    """Return the cosignature of the witness at `url` over a checkpoint of the log in `source`.

    `old` is the size it last cosigned, as far as we know; it says so itself if not.
    Raises Unavailable; Rejected: witness_refused with its status and words, rolled_back (it
    has seen a longer log), signature_false, signature_missing.
    """
    status, body = _ask(url, _request(source, checkpoint, note, old), timeout_s)
    if status == 409:
        old = parse_decimal(body.decode("ascii", "replace").removesuffix("\n"))
        status, body = _ask(url, _request(source, checkpoint, note, old), timeout_s)
    if status != 200:
        words = body.decode("utf-8", "replace").strip()[:200]
        raise Rejected("witness_refused", status=status, words=words)
    return _own_line(body, witness, checkpoint)


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


def _ask(url: str, body: bytes, timeout_s: float) -> tuple[int, bytes]:
    if urlsplit(url).scheme not in ("http", "https"):
        raise Malformed("address_malformed", address=url)
    request = Request(  # noqa: S310 - the scheme is checked above
        f"{url.rstrip('/')}/add-checkpoint", data=body, headers={"Content-Type": "text/plain"}
    )
    try:
        with urlopen(request, timeout=timeout_s) as reply:  # noqa: S310
            return reply.status, reply.read(_MAX_REPLY_BYTES)
    except HTTPError as error:
        with error:
            return error.code, error.read(_MAX_REPLY_BYTES)
    except (URLError, TimeoutError, OSError, HTTPException) as error:
        raise Unavailable("witness_unreachable", url=url, reason=str(error)) from error
