# SPDX-License-Identifier: Apache-2.0
"""The journal: a batch on stable storage before anything of it is in the log.

`.writer/journal/<start>` is made by an exclusive link. Whoever makes it has claimed the
place after entry `start` - 1; it is given free only when the checkpoint has passed it.
"""

from hashlib import sha256

from votelog._errors import Malformed
from votelog._tiles import decode_bundle, encode_bundle

_MAGIC = b"votelog journal 1\n"
_DIGEST = 32


def encode_journal(start: int, entries: list[bytes]) -> bytes:
    """Return magic, start, number of entries, entries, and the digest of all of it."""
    body = (
        _MAGIC + start.to_bytes(8, "big") + len(entries).to_bytes(4, "big") + encode_bundle(entries)
    )
    return body + sha256(body).digest()


def decode_journal(raw: bytes, *, start: int) -> list[bytes]:
    """Return the entries of a journal.

    Raises Malformed: journal_corrupt. A torn journal cannot be: it is linked when complete.
    """
    body, digest = raw[:-_DIGEST], raw[-_DIGEST:]
    at = len(_MAGIC)
    if sha256(body).digest() != digest or body[:at] != _MAGIC:
        raise Malformed("journal_corrupt", start=start)
    if int.from_bytes(body[at : at + 8], "big") != start:
        raise Malformed("journal_corrupt", start=start)
    width = int.from_bytes(body[at + 8 : at + 12], "big")
    return decode_bundle(body[at + 12 :], width, path=f"journal/{start}")
