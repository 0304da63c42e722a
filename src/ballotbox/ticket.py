# SPDX-License-Identifier: Apache-2.0
"""Tickets: who may cast a ballot in which round, signed by Django and read by the ballot box.

    v1.<base64url JSON [round_id, voter_ref, expires_s, session, risk, language, work]>.<MAC>

The MAC, base64url too, is HMAC-SHA256 (RFC 2104) over everything before the last dot. A ticket
works only in the citizen session it was made for and only until it expires. `work` is empty, or
what the ballot must bring as well (ballotbox.work).
"""

import hmac
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Annotated

import msgspec

from ballotbox.refusals import Refused

if TYPE_CHECKING:
    from hashlib import _Hash as Hash

CITIZEN_COOKIE = "minyi_citizen"
LONGEST_TICKET = 512  # characters; a real one has about 160, or 210 with work


class Ticket(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True, gc=False):
    """The right to cast one ballot: `expires_s` in Unix seconds, `risk` 0 (none) to 100."""

    round_id: Annotated[int, msgspec.Meta(ge=1)]
    voter_ref: Annotated[str, msgspec.Meta(min_length=32, max_length=32)]
    expires_s: int
    session: str
    risk: Annotated[int, msgspec.Meta(ge=0, le=100)]
    language: str
    work: str = ""


_read_claims = msgspec.json.Decoder(Ticket).decode
_to_standard = bytes.maketrans(b"-_", b"+/")
_to_urlsafe = bytes.maketrans(b"+/", b"-_")


def session_for(cookie: str | bytes) -> str:
    """Return what a ticket remembers of a citizen cookie: 16 hex digits of its SHA-256."""
    raw = cookie.encode() if isinstance(cookie, str) else cookie
    return sha256(raw).hexdigest()[:16]


def issue_ticket(
    *,
    key: bytes,
    round_id: int,
    voter_ref: str,
    expires_s: int,
    session: str,
    risk: int = 0,
    language: str = "zh-hans",
    work: str = "",
) -> str:
    """Sign a ticket; `session` comes from `session_for`, `voter_ref` is 32 hex digits."""
    ticket = Ticket(round_id, voter_ref, expires_s, session, risk, language, work)
    claims = msgspec.json.encode(ticket)
    signed = b"v1." + _encode(claims)
    return (signed + b"." + _encode(hmac_of(key, signed))).decode()


def read_ticket(ticket: str, *, key: bytes) -> Ticket:
    """Return what a genuine ticket says; whether it still holds is `check_ticket`'s question."""
    if not ticket:
        raise Refused("ticket_missing")
    signed, _, mac = ticket.rpartition(".")
    if len(ticket) > LONGEST_TICKET or not ticket.isascii() or not signed.startswith("v1."):
        raise Refused("ticket_forged")
    signed_bytes = signed.encode()
    expected = _encode(hmac_of(key, signed_bytes))
    if not hmac.compare_digest(expected, mac.encode()):
        raise Refused("ticket_forged")
    try:
        return _read_claims(_decode(signed_bytes[3:]))
    except (Base64Error, msgspec.MsgspecError) as error:
        # Signed with our key and yet unreadable: made by another version of the product.
        raise Refused("ticket_forged") from error


def check_ticket(ticket: Ticket, *, now_s: float, session: str) -> None:
    """Refuse a ticket that has expired or belongs to another session."""
    if now_s >= ticket.expires_s:
        raise Refused("ticket_expired")
    if not hmac.compare_digest(session, ticket.session):
        raise Refused("ticket_other_session")


@lru_cache(maxsize=4)
def _keyed(key: bytes) -> "tuple[Hash, Hash]":
    """Return the two hashes of RFC 2104 §2 with the key already in them."""
    block = (sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    return sha256(bytes(b ^ 0x36 for b in block)), sha256(bytes(b ^ 0x5C for b in block))


def hmac_of(key: bytes, signed: bytes) -> bytes:
    """Return HMAC-SHA256 (RFC 2104)."""
    # Not hmac.digest: that lets go of the interpreter lock even for 100 bytes, and the event loop
    # then queues behind the server's own threads to get it back (measured: a third fewer ballots).
    inner, outer = _keyed(key)
    inner, outer = inner.copy(), outer.copy()
    inner.update(signed)
    outer.update(inner.digest())
    return outer.digest()


def _encode(raw: bytes) -> bytes:
    return b2a_base64(raw, newline=False).rstrip(b"=").translate(_to_urlsafe)


def _decode(text: bytes) -> bytes:
    return a2b_base64(text.translate(_to_standard) + b"=" * (-len(text) % 4))
