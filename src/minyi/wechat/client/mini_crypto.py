# SPDX-License-Identifier: Apache-2.0
"""What a mini program hands over sealed or signed with the session key (wechat-api.md §6).

encryptedData = AES-128-CBC, key = base64(session_key), PKCS#7; holds `watermark.appid`
signature     = SHA-1 over rawData ‖ session_key
"""

import hmac
import json
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Mapping
from datetime import datetime
from hashlib import sha1

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

_BLOCK = 16
OLDEST_S = 600  # a sealed text older than this is not fresh from the citizen's phone


class NotFromMiniProgram(ValueError):
    """The text was not sealed or signed with this session key for this mini program."""


def decrypt(
    *, sealed: str, iv: str, session_key: str, appid: str, now: datetime | None = None
) -> Mapping[str, object]:
    """Return what is inside; with `now`, refuse what was sealed more than ten minutes ago."""
    try:
        key, start, cipher_text = (
            b64decode(part, validate=True) for part in (session_key, iv, sealed)
        )
        if len(key) != _BLOCK or len(start) != _BLOCK:
            raise NotFromMiniProgram("key")
        decryptor = Cipher(AES(key), CBC(start)).decryptor()
        padded = decryptor.update(cipher_text) + decryptor.finalize()
        unpadder = PKCS7(_BLOCK * 8).unpadder()
        content: object = json.loads(unpadder.update(padded) + unpadder.finalize())
    except (ValueError, Base64Error) as error:
        raise NotFromMiniProgram("content") from error
    if not isinstance(content, dict):
        raise NotFromMiniProgram("content")
    mark = content.get("watermark")
    if not isinstance(mark, dict) or mark.get("appid") != appid:
        raise NotFromMiniProgram("watermark")
    if now is not None and not _is_fresh(mark.get("timestamp"), now):
        raise NotFromMiniProgram("too old")
    return content


def sign_raw(raw: str, session_key: str) -> str:
    """Return the signature a mini program sends with rawData."""
    return sha1(f"{raw}{session_key}".encode(), usedforsecurity=False).hexdigest()


def is_signed(raw: str, signature: str, session_key: str) -> bool:
    """Tell, in constant time, whether rawData comes from the holder of the session key."""
    return hmac.compare_digest(sign_raw(raw, session_key).encode(), signature.encode())


def _is_fresh(stamp: object, now: datetime) -> bool:
    return isinstance(stamp, int) and abs(now.timestamp() - stamp) <= OLDEST_S
