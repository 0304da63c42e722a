# SPDX-License-Identifier: Apache-2.0
"""The keys of the identity vaults, and how a single field is sealed with one.

    master key   from the environment (MINYI_VAULT_KEY); HKDF (RFC 5869) gives the wrapping key
    data key     random, one a campaign; in the database only wrapped
    tag key      random, one a campaign (`kt` of docs/protocol); sealed like a field

Sealed: nonce (12 bytes) ‖ ciphertext ‖ tag (16 bytes), by AES-256-GCM (NIST SP 800-38D) or SM4-GCM
(GB/T 32907; RFC 8998). The associated data says campaign, row and field, so that nothing sealed can
be put in another place. Nonces are random: with at most 2^32 fields a key they may be.
"""

import os
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, CipherAlgorithm, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

AES, SM4 = "AES-256-GCM", "SM4-GCM"
KEY_BYTES = {AES: 32, SM4: 16}
TAG_KEY_BYTES = 32
_NONCE, _TAG = 12, 16


class Unreadable(Exception):
    """Not what was sealed with this key in this place."""


class _MakeAlgorithm(Protocol):
    def __call__(self, key: bytes) -> CipherAlgorithm: ...


_ALGORITHMS: dict[str, _MakeAlgorithm] = {AES: algorithms.AES, SM4: algorithms.SM4}


@dataclass(frozen=True, slots=True)
class FieldKey:
    """A key with its cipher. `place` names campaign, row and field."""

    cipher: str
    key: bytes = field(repr=False)

    def seal(self, text: bytes, place: bytes) -> bytes:
        """Return the text as it may lie in the database."""
        nonce = os.urandom(_NONCE)
        made = Cipher(_ALGORITHMS[self.cipher](self.key), modes.GCM(nonce)).encryptor()
        made.authenticate_additional_data(place)
        return nonce + made.update(text) + made.finalize() + made.tag

    def open(self, sealed: bytes, place: bytes) -> bytes:
        """Return what was sealed in this very place; raise Unreadable."""
        nonce, text, tag = sealed[:_NONCE], sealed[_NONCE:-_TAG], sealed[-_TAG:]
        if len(nonce) < _NONCE or len(tag) < _TAG:
            raise Unreadable
        made = Cipher(_ALGORITHMS[self.cipher](self.key), modes.GCM(nonce, tag)).decryptor()
        made.authenticate_additional_data(place)
        try:
            return made.update(text) + made.finalize()
        except InvalidTag as error:
            raise Unreadable from error


def make_key(cipher: str) -> FieldKey:
    """Make a random key."""
    return FieldKey(cipher, os.urandom(KEY_BYTES[cipher]))


def wrapping_key(master: str, cipher: str) -> FieldKey:
    """Return the key under which data keys are wrapped."""
    info = f"minyi/vault/wrapping/v1/{cipher}".encode()
    hkdf = HKDF(algorithm=SHA256(), length=KEY_BYTES[cipher], salt=None, info=info)
    return FieldKey(cipher, hkdf.derive(master.encode()))


def name_of(master: str) -> str:
    """Return 8 hex digits that tell one master key from another and nothing about it."""
    hkdf = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"minyi/vault/name/v1")
    return sha256(hkdf.derive(master.encode())).hexdigest()[:8]


def place_of(campaign_id: int, row: str, field_name: str) -> bytes:
    """Return the associated data of a field; the row of a voter is the tag, of a key «keys»."""
    return f"minyi/vault/v1\n{campaign_id}\n{row}\n{field_name}".encode()
