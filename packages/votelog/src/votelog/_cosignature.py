# SPDX-License-Identifier: Apache-2.0
"""Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519, type 0x04)."""

from dataclasses import dataclass

from votelog import _ed25519 as ed25519
from votelog._errors import Malformed
from votelog._note import (
    COSIGNATURE_V1,
    Signature,
    check_name,
    encode_vkey,
    key_id,
    split_vkey,
)

_TIME_BYTES = 8
_LATEST = (1 << 63) - 1  # tlog-cosignature: a timestamp must not exceed it


@dataclass(frozen=True, slots=True)
class CosignerKey:
    """The public key of a witness. One key per witness: the message does not bind the name."""

    name: str
    public_key: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, COSIGNATURE_V1, self.public_key)

    def verify(self, text: bytes, signature: bytes) -> bool:
        if len(signature) != _TIME_BYTES + 64:
            return False
        seconds = cosigned_at(signature)
        if seconds > _LATEST:
            return False
        return ed25519.holds(self.public_key, _message(text, seconds), signature[_TIME_BYTES:])

    def vkey(self) -> str:
        """Return the key in the vkey form that is published."""
        return encode_vkey(self.name, COSIGNATURE_V1, self.public_key)


class Cosigner:
    """The private key of a witness."""

    def __init__(self, name: str, seed: bytes) -> None:
        check_name(name)
        self.name = name
        self._key = ed25519.private_key(seed)
        self.verifier = CosignerKey(name, self._key.public_key().public_bytes_raw())

    def cosign(self, text: bytes, *, seconds: int) -> Signature:
        """Return the cosignature over a checkpoint text at POSIX time `seconds`."""
        signature = self._key.sign(_message(text, seconds))
        stamped = seconds.to_bytes(_TIME_BYTES, "big") + signature
        return Signature(self.name, self.verifier.key_id, stamped)


def parse_cosigner_vkey(vkey: str) -> CosignerKey:
    """Return the witness key (type 0x04) that a vkey describes."""
    name, kind, public_key = split_vkey(vkey)
    if kind != COSIGNATURE_V1:
        raise Malformed("key_type_unknown", vkey=vkey)
    return CosignerKey(name, public_key)


def cosigned_at(signature: bytes) -> int:
    """Return the POSIX second that a cosignature claims."""
    return int.from_bytes(signature[:_TIME_BYTES], "big")


def _message(text: bytes, seconds: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + text
