# SPDX-License-Identifier: Apache-2.0
"""The seals of the settings: which accounts encrypt and sign their calls, and with what.

    WECHAT_SEALS = {"<slug>": {
        "appid": "wx…", "key_number": "…", "key": "<base64>", "cipher": "AES" or "SM4",
        "signature": "RSA", "SM2" or "package.module.make_signer",
        "private_key": "…", "wechat_key": "…", "certificate_number": "…"}}

With RSA the keys are PEM (WeChat's may be a certificate), with SM2 hexadecimal; a signer of the
operator's own, such as one that speaks to a signing machine, gets both texts as they are.
"""

from base64 import b64decode
from collections.abc import Mapping
from typing import Literal, cast

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import (
    load_pem_private_key,
    load_pem_public_key,
)
from cryptography.x509 import load_pem_x509_certificate
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ..client import sm2
from ..client.seals import GcmSeal, RsaSigner, Seal, Signer

_KEY_BYTES = {"AES": 32, "SM4": 16}


class _Setting(BaseModel):
    """One account's line in the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    appid: str = Field(min_length=1)
    key_number: str = Field(min_length=1)
    key: str = Field(repr=False)
    cipher: Literal["AES", "SM4"] = "AES"
    signature: str = "RSA"
    private_key: str = Field(repr=False)
    wechat_key: str
    certificate_number: str = ""


def seals_from(settings: Mapping[str, object]) -> dict[str, Seal]:
    """Return the seal of each account; raises ImproperlyConfigured without naming a key."""
    return {slug: _seal(slug, line) for slug, line in settings.items()}


def _seal(slug: str, line: object) -> Seal:
    try:
        setting = _Setting.model_validate(line)
        key = b64decode(setting.key, validate=True)
        signer = _signer(setting)
    except ValidationError as error:
        wrong = ", ".join(".".join(map(str, fault["loc"])) for fault in error.errors())
        raise ImproperlyConfigured(f"WECHAT_SEALS: {slug}: {wrong}") from None
    except (ValueError, TypeError, ImportError) as error:
        raise ImproperlyConfigured(f"WECHAT_SEALS: {slug}: {type(error).__name__}") from None
    if len(key) != _KEY_BYTES[setting.cipher]:
        needed = _KEY_BYTES[setting.cipher]
        raise ImproperlyConfigured(f"WECHAT_SEALS: {slug}: the key has not {needed} bytes")
    return GcmSeal(
        setting.appid,
        setting.key_number,
        key,
        signer,
        certificate_number=setting.certificate_number,
        uses_sm4=setting.cipher == "SM4",
    )


def _signer(setting: _Setting) -> Signer:
    match setting.signature:
        case "RSA":
            own = load_pem_private_key(setting.private_key.encode(), None)
            if not isinstance(own, RSAPrivateKey):
                raise ValueError("no RSA key")
            return RsaSigner(own, _rsa_of(setting.wechat_key.encode()))
        case "SM2":
            return sm2.make_signer(setting.private_key, setting.wechat_key)
        case path:
            return cast(Signer, import_string(path)(setting.private_key, setting.wechat_key))


def _rsa_of(pem: bytes) -> RSAPublicKey:
    is_certificate = b"BEGIN CERTIFICATE" in pem
    key = (
        load_pem_x509_certificate(pem).public_key() if is_certificate else load_pem_public_key(pem)
    )
    if not isinstance(key, RSAPublicKey):
        raise ValueError("no RSA key")
    return key
