# SPDX-License-Identifier: Apache-2.0
"""Signatures and encryption of the message push.

Written apart from the product's own, so that each proves the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import struct

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

_BLOCK = 32  # PKCS#7 over 32 bytes, twice the block of AES
_RANDOM = 16
_HEADER = _RANDOM + 4


class Undecipherable(ValueError):
    """The cipher text was not made with this key for this account."""


def sign(*parts: str) -> str:
    """Return the SHA-1 over the sorted parts, in hexadecimal."""
    joined = b"".join(sorted(part.encode() for part in parts))
    return hashlib.sha1(joined, usedforsecurity=False).hexdigest()


def is_signed(signature: str, *parts: str) -> bool:
    """Tell whether the signature belongs to the parts, in constant time."""
    return hmac.compare_digest(signature.encode(), sign(*parts).encode())


def decode_key(aes_key: str) -> bytes:
    """Return the 32 bytes behind an EncodingAESKey of 43 characters."""
    return base64.b64decode(aes_key + "=")


def encrypt(message: bytes, *, aes_key: str, appid: str, random: bytes | None = None) -> str:
    """Return the message sealed for the account, as base64."""
    key = decode_key(aes_key)
    prefix = random if random is not None else secrets.token_bytes(_RANDOM)
    plain = prefix + struct.pack(">I", len(message)) + message + appid.encode()
    fill = _BLOCK - len(plain) % _BLOCK
    cipher = Cipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(
        cipher.update(plain + bytes([fill]) * fill) + cipher.finalize()
    ).decode()


def decrypt(sealed: str, *, aes_key: str, appid: str) -> bytes:
    """Open a sealed message and check that it was meant for this account."""
    key = decode_key(aes_key)
    try:
        cipher_text = base64.b64decode(sealed, validate=True)
    except binascii.Error as error:
        raise Undecipherable("not base64") from error
    if not cipher_text or len(cipher_text) % 16:
        raise Undecipherable("not a whole number of blocks")
    cipher = Cipher(AES(key), CBC(key[:16])).decryptor()
    padded = cipher.update(cipher_text) + cipher.finalize()
    fill = padded[-1]
    if not 1 <= fill <= _BLOCK or padded[-fill:] != bytes([fill]) * fill:
        raise Undecipherable("padding")
    plain = padded[:-fill]
    if len(plain) < _HEADER:
        raise Undecipherable("too short")
    (length,) = struct.unpack(">I", plain[_RANDOM:_HEADER])
    if _HEADER + length > len(plain):
        raise Undecipherable("length")
    if plain[_HEADER + length :] != appid.encode():
        raise Undecipherable("another account")
    return plain[_HEADER : _HEADER + length]
