# SPDX-License-Identifier: Apache-2.0
"""SM2 signatures with SM3, by `gmssl` where it is installed; `cryptography` has no SM2."""

import secrets
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.core.exceptions import ImproperlyConfigured

_SIZE = 64  # hexadecimal signs of a number on the curve


@dataclass(frozen=True, slots=True)
class Sm2Signer:
    """Our private key and WeChat's public one; signatures in DER, identity 1234567812345678 [R]."""

    own: Any = field(repr=False)
    wechat: Any = field(repr=False)
    order: int = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        # Ours to choose: gmssl takes it from a generator that can be foretold, and whoever
        # foretells it has the private key.
        nonce = 1 + secrets.randbelow(self.order - 1)
        return bytes.fromhex(self.own.sign_with_sm3(message, f"{nonce:0{_SIZE}x}"))

    def is_signed(self, signature: bytes, message: bytes) -> bool:
        try:
            return bool(self.wechat.verify_with_sm3(signature.hex(), message))
        except (ValueError, IndexError, TypeError):  # no DER, or not two numbers
            return False


def make_signer(private_key: str, wechat_key: str) -> Sm2Signer:
    """Return a signer for hexadecimal keys: 64 signs of ours, 128 of WeChat's (after «04»)."""
    try:
        sm2: Any = import_module("gmssl.sm2")
    except ImportError as error:
        raise ImproperlyConfigured(
            "WECHAT_SEALS: SM2 needs the package gmssl, or a signer of your own (dotted path)"
        ) from error
    theirs = wechat_key[2:] if len(wechat_key) == 2 * _SIZE + 2 else wechat_key
    if len(private_key) != _SIZE or len(theirs) != 2 * _SIZE:
        raise ImproperlyConfigured("WECHAT_SEALS: SM2 keys have 64 and 128 hexadecimal signs")
    bytes.fromhex(private_key + theirs)  # raises ValueError for anything else
    own = sm2.CryptSM2(private_key=private_key, public_key="", asn1=True)
    wechat = sm2.CryptSM2(private_key="", public_key="", asn1=True)
    # Not by the constructor: it strips every leading 0 and 4, those of the key as well.
    own.public_key = own._kg(int(private_key, 16), own.ecc_table["g"])
    wechat.public_key = theirs
    return Sm2Signer(own, wechat, int(own.ecc_table["n"], 16))
