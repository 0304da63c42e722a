# SPDX-License-Identifier: Apache-2.0
"""Shares of a campaign's key as three people hold them: any two open the ballots (ADR 16).

A share is 25 bytes in ten groups of four letters (RFC 4648 §6), to be typed, scanned or sent:

    key (4) ‖ issue (1) ‖ place (1) ‖ share (16) ‖ check (3)

The check finds a slip of the finger; key (the first bytes of SHA-256 of the public key) and
issue find a share of another vote, or an older one.
The sharing is Shamir's over GF(2^128), from pycryptodomex.
"""

import base64
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from Cryptodome.Protocol.SecretSharing import Shamir
from votelog import public_of

TRUSTEES = 3
NEEDED = 2
GROUP = 4  # letters
MOST_ISSUES = 255  # one byte of a share
_SEED_BYTES = 16
_SHARE_BYTES = 25
_LETTERS = _SHARE_BYTES * 8 // 5
_LOOKALIKES = str.maketrans({"0": "O", "1": "I", "8": "B"})  # no share has these digits


class Unreadable(Exception):
    """The text is no share, or was written down wrongly."""


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one trustee; `place` counts from 1, `key` says whose key it is a part of."""

    key: bytes
    issue: int
    place: int
    secret: bytes

    @property
    def text(self) -> str:
        """The share as it is written: XXXX-XXXX-…"""
        head = self.key + bytes([self.issue, self.place]) + self.secret
        letters = base64.b32encode(head + _check(head)).decode()
        return "-".join(letters[at : at + GROUP] for at in range(0, _LETTERS, GROUP))

    @property
    def digest(self) -> str:
        """What is kept of it: 128 bits cannot be guessed from their hash."""
        return sha256(b"minyi share v1\n" + self.text.encode()).hexdigest()


def make_seed() -> bytes:
    """Return a new secret to be shared; it is never stored."""
    return secrets.token_bytes(_SEED_BYTES)


def private_key_of(seed: bytes) -> bytes:
    """Return the private key (X25519) that a seed stands for."""
    return sha256(b"minyi campaign key v1\n" + seed).digest()


def split(seed: bytes, *, issue: int) -> list[Share]:
    """Split a seed anew; shares of two issues do not fit together."""
    key = key_mark(public_of(private_key_of(seed)))
    parts = Shamir.split(NEEDED, TRUSTEES, seed, ssss=False)
    return [Share(key, issue, place, part) for place, part in parts]


def combine(shares: Sequence[Share]) -> bytes:
    """Return the seed of two shares of one issue; of others, some seed or other."""
    seed: bytes = Shamir.combine([(share.place, share.secret) for share in shares], ssss=False)
    return seed


def parse(text: str) -> Share:
    """Read a share as somebody has typed it: small letters, spaces and lookalikes are forgiven.

    Raises Unreadable.
    """
    letters = "".join(text.split()).replace("-", "").upper().translate(_LOOKALIKES)
    try:
        raw = base64.b32decode(letters)
    except ValueError as error:
        raise Unreadable from error
    head, check = raw[:-3], raw[-3:]
    if len(raw) != _SHARE_BYTES or check != _check(head):
        raise Unreadable
    return Share(key=raw[:4], issue=raw[4], place=raw[5], secret=raw[6:22])


def key_mark(public: bytes) -> bytes:
    """Return the four bytes that name a key in its shares."""
    return sha256(public).digest()[:4]


def _check(head: bytes) -> bytes:
    return sha256(b"minyi share check\n" + head).digest()[:3]
