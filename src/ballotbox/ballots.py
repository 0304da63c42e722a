# SPDX-License-Identifier: Apache-2.0
"""Ballots as values: as sent, as about to be stored, as stored; and the receipt between them."""

from hashlib import sha256

import msgspec

_BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # RFC 4648 §6
_BASE32_PAIRS = [first + second for first in _BASE32 for second in _BASE32]


class Ballot(msgspec.Struct, frozen=True, gc=False):
    """A ballot whose ticket and picks have been checked; `picks` is JSON text such as [3,7]."""

    round_id: int
    voter_ref: str
    nonce: str
    picks: str
    risk: int


class Row(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A ballot on its way into the table, in the order the SQLite statements read it."""

    round_id: int
    voter_ref: str
    period: str
    picks: str
    nonce: str
    receipt: str
    risk: int


class StoredBallot(msgspec.Struct, frozen=True, gc=False):
    """A ballot that is in the table for good; `repeated` when it had been there before."""

    id: int
    row: Row
    cast_ms: int
    repeated: bool


def row_of(ballot: Ballot, period: str) -> Row:
    """Return the row of a ballot for the period in which it is committed."""
    receipt = receipt_for(ballot.round_id, ballot.voter_ref, period, ballot.nonce, ballot.picks)
    return Row(
        ballot.round_id, ballot.voter_ref, period, ballot.picks, ballot.nonce, receipt, ballot.risk
    )


def receipt_for(round_id: int, voter_ref: str, period: str, nonce: str, picks: str) -> str:
    """Return 20 characters of base32 (100 bits) that depend on the ballot alone.

    No counter and no clock goes in, so receipts tell neither the turnout nor the order of
    arrival; the voter's own nonce keeps two voters from being given the same receipt.
    """
    text = f"minyi receipt v1\n{round_id}\n{voter_ref}\n{period}\n{nonce}\n{picks}"
    bits = int.from_bytes(sha256(text.encode()).digest()[:13], "big") >> 4
    # base64.b32encode is pure Python and twice as slow.
    return "".join([_BASE32_PAIRS[bits >> shift & 1023] for shift in range(90, -1, -10)])
