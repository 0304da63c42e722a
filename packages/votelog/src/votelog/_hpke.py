# SPDX-License-Identifier: Apache-2.0
"""HPKE, mode base (RFC 9180): X25519, HKDF-SHA256, ChaCha20-Poly1305; one exchange, many seals.

`cryptography` has single-shot HPKE, an exchange of 60 µs for each message; a context costs 2 µs.
A test holds the two together.
"""

import hmac
from hashlib import sha256

from votelog._errors import Unavailable

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
    from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
except ImportError:
    HAS_LIBRARY = False  # a log in the clear can be counted without it
else:
    HAS_LIBRARY = True

KEY_BYTES = 32
TAG_BYTES = 16
_NONCE_BYTES = 12
_KEM = b"KEM\x00\x20"
_SUITE = b"HPKE\x00\x20\x00\x01\x00\x03"


class Unopenable(Exception):
    """The ciphertext was not sealed for this key, or has been changed."""


class Context:
    """A key shared by one sender and one recipient; each `seq` is used for one message only."""

    def __init__(self, key: bytes, base_nonce: bytes) -> None:
        self._cipher = ChaCha20Poly1305(key)
        self._base = int.from_bytes(base_nonce, "big")

    def seal(self, seq: int, text: bytes) -> bytes:
        """Return the ciphertext, 16 bytes longer than the text."""
        return self._cipher.encrypt(self._nonce(seq), text, None)

    def open(self, seq: int, sealed: bytes) -> bytes:
        """Return the text.

        Raises Unopenable.
        """
        try:
            return self._cipher.decrypt(self._nonce(seq), sealed, None)
        except InvalidTag as error:
            raise Unopenable from error

    def _nonce(self, seq: int) -> bytes:
        return (self._base ^ seq).to_bytes(_NONCE_BYTES, "big")


def begin_sealing(public: bytes, info: bytes) -> tuple[bytes, Context]:
    """Return what the recipient needs to follow, 32 bytes, and the sender's context."""
    _check_library()
    ephemeral = X25519PrivateKey.generate()
    sent = _raw(ephemeral.public_key())
    exchanged = ephemeral.exchange(X25519PublicKey.from_public_bytes(public))
    return sent, _schedule(exchanged, sent + public, info)


def begin_opening(private: bytes, sent: bytes, info: bytes) -> Context:
    """Return the recipient's context.

    Raises Unopenable: no honest sender has made `sent`.
    """
    _check_library()
    key = X25519PrivateKey.from_private_bytes(private)
    try:
        exchanged = key.exchange(X25519PublicKey.from_public_bytes(sent))
    except ValueError as error:
        raise Unopenable from error
    return _schedule(exchanged, sent + _raw(key.public_key()), info)


def public_of(private: bytes) -> bytes:
    """Return the public key of a private key."""
    _check_library()
    return _raw(X25519PrivateKey.from_private_bytes(private).public_key())


def _raw(key: "X25519PublicKey") -> bytes:
    # The long way: a notary's machine may have a library from before `public_bytes_raw`.
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _check_library() -> None:
    if not HAS_LIBRARY:
        raise Unavailable("library_missing", library="cryptography")


def _schedule(exchanged: bytes, both_keys: bytes, info: bytes) -> Context:
    """RFC 9180 §4.1 and §5.1, mode 0: no psk."""
    eae = _extract(_KEM, b"", b"eae_prk", exchanged)
    shared = _expand(_KEM, eae, b"shared_secret", both_keys, KEY_BYTES)
    psk_id = _extract(_SUITE, b"", b"psk_id_hash", b"")
    context = b"\x00" + psk_id + _extract(_SUITE, b"", b"info_hash", info)
    secret = _extract(_SUITE, shared, b"secret", b"")
    key = _expand(_SUITE, secret, b"key", context, KEY_BYTES)
    return Context(key, _expand(_SUITE, secret, b"base_nonce", context, _NONCE_BYTES))


def _extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt, b"HPKE-v1" + suite + label + material, sha256)


def _expand(suite: bytes, key: bytes, label: bytes, info: bytes, length: int) -> bytes:
    """HKDF-Expand of at most one block (RFC 5869 §2.3)."""
    head = length.to_bytes(2, "big") + b"HPKE-v1" + suite
    return hmac.digest(key, head + label + info + b"\x01", sha256)[:length]
