# SPDX-License-Identifier: Apache-2.0
"""WeChat's message signatures and encryption (wechat-api.md §1.2 and §1.3).

signature     = SHA-1 over the sorted parts, in hexadecimal
plain text    = 16 random bytes ‖ length (uint32, big-endian) ‖ message ‖ appid
cipher text   = AES-256-CBC, IV = first 16 bytes of the key, PKCS#7 over 32-byte blocks
"""

import hmac
import os
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterator
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

KEY_LENGTH = 43  # characters of an EncodingAESKey: 32 bytes of base64 without its padding
_PAD_BLOCK = 32
_AES_BLOCK = 16
_RANDOM = 16
_HEADER = _RANDOM + 4


class BadKey(ValueError):
    """The EncodingAESKey is not 43 characters of base64."""


class Malformed(ValueError):
    """What should be a cipher text is not one: no base64, or no whole number of blocks."""


class Undecipherable(ValueError):
    """The cipher text was not made with this key for this account."""


def sign(*parts: bytes) -> str:
    """Return the SHA-1 over the parts in byte order, in hexadecimal."""
    return sha1(b"".join(sorted(parts)), usedforsecurity=False).hexdigest()


def is_signed(signature: str, *parts: bytes) -> bool:
    """Tell, in constant time, whether the signature belongs to the parts."""
    return hmac.compare_digest(sign(*parts).encode(), signature.encode())


class MessageCrypt:
    """Seal and open the messages of one account; not to be shared between threads."""

    __slots__ = ("_appid", "_decryptor", "_encryptor", "_iv", "_last_block", "_prefixes", "_to_iv")

    def __init__(self, *, aes_key: str, appid: str) -> None:
        self._appid = appid.encode()
        key = decode_key(aes_key)
        # One context for all messages: making one takes eight times as long as using it. What CBC
        # carries from one message to the next is its last cipher block, so each begins with a
        # block more that makes this the IV again: the IV itself when opening; when sealing what
        # enciphers to it, which is its deciphered form XOR the block before.
        self._iv = key[:_AES_BLOCK]
        self._decryptor = Cipher(AES(key), CBC(self._iv)).decryptor()
        self._encryptor = Cipher(AES(key), CBC(self._iv)).encryptor()
        undone = Cipher(AES(key), CBC(bytes(_AES_BLOCK))).decryptor().update(self._iv)
        self._to_iv = int.from_bytes(undone)
        self._last_block = self._iv
        self._prefixes = _random_prefixes()

    def decrypt(self, sealed: bytes) -> bytes:
        """Return the message inside; check its signature before you call this.

        Without that check first, the padding errors would answer an attacker's questions.
        """
        try:
            cipher_text = a2b_base64(sealed, strict_mode=True)
        except Base64Error as error:
            raise Malformed from error
        if not cipher_text or len(cipher_text) % _AES_BLOCK:
            raise Malformed
        padded = self._decryptor.update(self._iv + cipher_text)[_AES_BLOCK:]
        fill = padded[-1]
        if not 1 <= fill <= _PAD_BLOCK or padded[-fill:] != bytes((fill,)) * fill:
            raise Undecipherable
        plain = padded[:-fill]
        end = _HEADER + int.from_bytes(plain[_RANDOM:_HEADER])
        # The length must leave exactly our appid behind the message.
        if len(plain) < _HEADER or plain[end:] != self._appid:
            raise Undecipherable
        return plain[_HEADER:end]

    def encrypt(self, message: bytes, *, random: bytes | None = None) -> bytes:
        """Return the message sealed for this account, as base64; `random` is 16 bytes."""
        prefix = next(self._prefixes) if random is None else random
        plain = b"".join((prefix, len(message).to_bytes(4), message, self._appid))
        fill = _PAD_BLOCK - len(plain) % _PAD_BLOCK
        first = (self._to_iv ^ int.from_bytes(self._last_block)).to_bytes(_AES_BLOCK)
        cipher_text = self._encryptor.update(first + plain + bytes((fill,)) * fill)[_AES_BLOCK:]
        self._last_block = cipher_text[-_AES_BLOCK:]
        return b2a_base64(cipher_text, newline=False)


def _random_prefixes() -> Iterator[bytes]:
    # Drawn in bulk: os.urandom lets go of the interpreter lock, and the event loop then queues
    # behind the server's own threads to get it back.
    while True:
        drawn = os.urandom(256 * _RANDOM)
        for place in range(0, len(drawn), _RANDOM):
            yield drawn[place : place + _RANDOM]


def decode_key(aes_key: str) -> bytes:
    """Return the 32 bytes behind an EncodingAESKey; spare bits of its last letter are ignored."""
    try:
        key = a2b_base64(f"{aes_key}=".encode("ascii"), strict_mode=False)
    except (Base64Error, UnicodeEncodeError) as error:
        raise BadKey from error
    if len(aes_key) != KEY_LENGTH or len(key) != 32:
        raise BadKey
    return key
