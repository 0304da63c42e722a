# SPDX-License-Identifier: Apache-2.0
"""Ballots as values: as sent, as about to be stored, as stored; and the receipt between them."""

from hashlib import sha256

import msgspec

# A byte's low five bits in the letters of RFC 4648 §6.
_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 8


class Ballot(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A ballot whose ticket and picks have been checked; `picks` is JSON text such as [3,7].

    Where choices are kept sealed, `picks` is what is stored of them, and `mark` stands for them in
    the receipt: a hash of the picks themselves could be tried out. `conduct` comes from
    `request.read_conduct`.
    """

    round_id: int
    voter_ref: str
    nonce: str
    picks: str
    risk: int
    mark: str = ""
    conduct: str = ""


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A ballot on its way into the table, in the order the SQLite statements read it."""

    round_id: int
    voter_ref: str
    period: str
    picks: str
    nonce: str
    receipt: str
    risk: int
    conduct: str


class StoredBallot(msgspec.Struct, frozen=True, gc=False):
    """A ballot that is in the table for good; `repeated` when it had been there before."""

    id: int
    row: Row
    cast_ms: int
    repeated: bool


class Receipt(msgspec.Struct, frozen=True, array_like=True, tag=0, gc=False):
    """What the voter of a stored ballot is told."""

    receipt: str
    repeated: bool
    body: bytes  # the whole answer in JSON, made where there is time (answers.receipt_body)


def row_of(ballot: Ballot, period: str) -> Row:
    """Return the row of a ballot for the period in which it is committed."""
    picks = ballot.mark or ballot.picks
    receipt = receipt_for(ballot.round_id, ballot.voter_ref, period, ballot.nonce, picks)
    return Row(
        ballot.round_id,
        ballot.voter_ref,
        period,
        ballot.picks,
        ballot.nonce,
        receipt,
        ballot.risk,
        ballot.conduct,
    )


def receipt_for(round_id: int, voter_ref: str, period: str, nonce: str, picks: str) -> str:
    """Return 20 base32 letters, one for the low five bits of each of 20 bytes of SHA-256.

    It depends on the ballot alone. No counter and no clock goes in, so receipts tell neither the
    turnout nor the order of arrival; the voter's own nonce keeps two voters from being given the
    same receipt.
    """
    text = f"minyi receipt v1\n{round_id}\n{voter_ref}\n{period}\n{nonce}\n{picks}"
    return sha256(text.encode()).digest()[:20].translate(_BASE32).decode()
