# SPDX-License-Identifier: Apache-2.0
"""How to reach who objects or complains, sealed in the table: a copy of it tells nobody."""

import json
import secrets
from base64 import b64decode, b64encode
from dataclasses import asdict, dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12  # NIST SP 800-38D §8.2.2: random, 96 bits


@dataclass(frozen=True, slots=True)
class Contact:
    """Whom to ask. Neither part is ever written to a log or to the trail."""

    name: str
    phone: str


def seal_contact(contact: Contact, *, campaign_id: int) -> str:
    """Return the contact sealed with AES-256-GCM, bound to its campaign, as base64."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    plain = json.dumps(asdict(contact), ensure_ascii=False).encode()
    sealed = AESGCM(_key()).encrypt(nonce, plain, _bound_to(campaign_id))
    return b64encode(nonce + sealed).decode()


def unseal_contact(text: str, *, campaign_id: int) -> Contact:
    """Return what was sealed; raises InvalidTag where text or campaign are not as they were."""
    raw = b64decode(text)
    plain = AESGCM(_key()).decrypt(raw[:NONCE_BYTES], raw[NONCE_BYTES:], _bound_to(campaign_id))
    return Contact(**json.loads(plain))


def _bound_to(campaign_id: int) -> bytes:
    return f"minyi/objection-contact/{campaign_id}".encode()


def _key() -> bytes:
    derive = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"minyi/objection-contact/v1")
    return derive.derive(settings.SECRET_KEY.encode())
