# SPDX-License-Identifier: Apache-2.0
"""Does an Ed25519 signature hold (RFC 8032)? With `cryptography`, or in plain Python without it.

Whoever is handed a log on a machine without network cannot install anything. The plain way takes
some milliseconds for a signature, of which a log has a handful; it only verifies.
"""

from functools import lru_cache
from hashlib import sha512

from votelog._errors import Unavailable

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )
except ImportError:
    HAS_LIBRARY = False
else:
    HAS_LIBRARY = True

_Point = tuple[int, int, int, int]  # extended homogeneous coordinates (RFC 8032 §5.1.4)
_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)
_NEUTRAL: _Point = (0, 1, 1, 0)


def holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Tell whether `signature`, 64 bytes, is of `public_key`, 32 bytes, over `message`."""
    if not HAS_LIBRARY:
        return holds_plainly(public_key, message, signature)
    try:
        _loaded(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def holds_plainly(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """The same in plain Python (RFC 8032 §5.1.7, without the cofactor, as libraries do)."""
    if len(public_key) != 32 or len(signature) != 64:
        return False
    key = _decompress(public_key)
    s = int.from_bytes(signature[32:], "little")
    if key is None or s >= _ORDER:
        return False
    digest = sha512(signature[:32] + public_key + message).digest()
    h = int.from_bytes(digest, "little") % _ORDER
    x, y, z, t = key
    minus_key = (-x % _P, y, z, -t % _P)
    return _compress(_add(_times(s, _BASE), _times(h, minus_key))) == signature[:32]


def private_key(seed: bytes) -> "Ed25519PrivateKey":
    """Return the private key of a seed of 32 bytes.

    Raises Unavailable: library_missing.
    """
    if not HAS_LIBRARY:
        raise Unavailable("library_missing", library="cryptography")
    return Ed25519PrivateKey.from_private_bytes(seed)


@lru_cache(maxsize=256)
def _loaded(public_key: bytes) -> "Ed25519PublicKey":
    return Ed25519PublicKey.from_public_bytes(public_key)


def _add(one: _Point, other: _Point) -> _Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _times(factor: int, point: _Point) -> _Point:
    total = _NEUTRAL
    while factor:
        if factor & 1:
            total = _add(total, point)
        point = _add(point, point)
        factor >>= 1
    return total


def _compress(point: _Point) -> bytes:
    inverse = pow(point[2], -1, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def _decompress(coded: bytes) -> _Point | None:
    number = int.from_bytes(coded, "little")
    sign, y = number >> 255, number & ((1 << 255) - 1)
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    x = pow(square, (_P + 3) // 8, _P)
    if (x * x - square) % _P:
        x = x * _ROOT_OF_MINUS_ONE % _P
    if y >= _P or (x * x - square) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


_BASE = _decompress((4 * pow(5, -1, _P) % _P).to_bytes(32, "little")) or _NEUTRAL
