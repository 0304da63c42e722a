# SPDX-License-Identifier: Apache-2.0
"""WeChat's optional encryption and signature of API calls (wechat-api.md §0, headers Wechatmp-*).

sealed body = {iv, data, authtag}: AES-256-GCM or SM4-GCM over the JSON of parameters and body with
              `_n`, `_appid`, `_timestamp`; associated data = url|appid|timestamp|key number
signature   = over url LF appid LF timestamp LF sealed body: RSA-PSS with SHA-256, or SM2 with SM3

`cryptography` has no SM2: a `Signer` for it is to be plugged in by whoever has a library for it.
"""

import json
import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256

_IV = 12
_TAG = 16
_SALT = 32
# The interfaces WeChat says it seals; the others would refuse a sealed body.
SEALED_PATHS = frozenset(
    {
        "/cgi-bin/stable_token",
        "/cgi-bin/clear_quota",
        "/cgi-bin/openapi/quota/get",
        "/cgi-bin/openapi/rid/get",
        "/cgi-bin/message/custom/send",
        "/wxa/getwxacodeunlimit",
        "/wxa/getuserriskrank",
        "/wxa/msg_sec_check",
        "/wxa/media_check_async",
        "/wxa/business/getuserphonenumber",
    }
)


class BadSeal(Exception):
    """An answer was not sealed by WeChat for us; it is not read."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed body and the headers that go with it."""

    content: bytes
    headers: Mapping[str, str]


class Seal(Protocol):
    """Seals calls and opens their answers."""

    def covers(self, path: str) -> bool:
        """Tell whether calls of this interface are sealed."""
        ...

    def seal(
        self,
        *,
        url: str,
        params: Mapping[str, str | int],
        body: Mapping[str, object],
        now: int,
    ) -> Sealed:
        """Return the call sealed; `url` has no query, `params` no token."""
        ...

    def open(self, *, url: str, headers: Mapping[str, str], content: bytes) -> bytes:
        """Return the answer inside; raises BadSeal."""
        ...


class NoSeal:
    """What most accounts use: HTTPS alone."""

    def covers(self, path: str) -> bool:
        return False

    def seal(
        self,
        *,
        url: str,
        params: Mapping[str, str | int],
        body: Mapping[str, object],
        now: int,
    ) -> Sealed:
        raise NotImplementedError

    def open(self, *, url: str, headers: Mapping[str, str], content: bytes) -> bytes:
        raise NotImplementedError


NO_SEAL = NoSeal()


class Signer(Protocol):
    """Signs for us and checks WeChat's signatures; RSA here, SM2 where there is a library."""

    def sign(self, message: bytes) -> bytes: ...
    def is_signed(self, signature: bytes, message: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class RsaSigner:
    """RSA-PSS with SHA-256: our private key, and the public key of WeChat's certificate."""

    own: RSAPrivateKey = field(repr=False)
    wechat: RSAPublicKey = field(repr=False)

    def sign(self, message: bytes) -> bytes:
        return self.own.sign(message, PSS(MGF1(SHA256()), _SALT), SHA256())

    def is_signed(self, signature: bytes, message: bytes) -> bool:
        try:
            self.wechat.verify(signature, message, PSS(MGF1(SHA256()), _SALT), SHA256())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class GcmSeal:
    """One account's key with WeChat: 32 bytes for AES-256, 16 bytes for SM4."""

    appid: str
    key_number: str  # «sn» of the symmetric key in WeChat's console
    key: bytes = field(repr=False)
    signer: Signer = field(repr=False)
    certificate_number: str = ""  # of WeChat's certificate; empty: whichever signs correctly
    uses_sm4: bool = False
    paths: frozenset[str] = SEALED_PATHS

    def covers(self, path: str) -> bool:
        return path in self.paths

    def seal(
        self,
        *,
        url: str,
        params: Mapping[str, str | int],
        body: Mapping[str, object],
        now: int,
    ) -> Sealed:
        whole = {
            **params,
            **body,
            "_n": b64encode(os.urandom(16)).decode().rstrip("="),
            "_appid": self.appid,
            "_timestamp": now,
        }
        iv = os.urandom(_IV)
        encryptor = Cipher(self._algorithm(), GCM(iv)).encryptor()
        encryptor.authenticate_additional_data(self._bound_to(url, str(now)))
        plain = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
        cipher_text = encryptor.update(plain) + encryptor.finalize()
        content = json.dumps(
            {"iv": _base64(iv), "data": _base64(cipher_text), "authtag": _base64(encryptor.tag)}
        ).encode()
        signature = self.signer.sign(self._signed_text(url, str(now), content))
        headers = {
            "Wechatmp-Appid": self.appid,
            "Wechatmp-TimeStamp": str(now),
            "Wechatmp-Signature": _base64(signature),
        }
        return Sealed(content, headers)

    def open(self, *, url: str, headers: Mapping[str, str], content: bytes) -> bytes:
        if not headers.get("Wechatmp-Signature") and _is_refusal(content):
            return content  # a refusal before WeChat opened our seal comes bare
        stamp = headers.get("Wechatmp-TimeStamp", "")
        if headers.get("Wechatmp-Appid") != self.appid:
            raise BadSeal("appid")
        message = self._signed_text(url, stamp, content)
        if not any(self.signer.is_signed(sign, message) for sign in self._signatures(headers)):
            raise BadSeal("signature")
        try:
            parts = json.loads(content)
            iv, data, tag = (b64decode(parts[name]) for name in ("iv", "data", "authtag"))
            if len(iv) != _IV or len(tag) != _TAG:
                raise BadSeal("lengths")
            decryptor = Cipher(self._algorithm(), GCM(iv, tag)).decryptor()
            decryptor.authenticate_additional_data(self._bound_to(url, stamp))
            return decryptor.update(data) + decryptor.finalize()
        except (ValueError, TypeError, KeyError, Base64Error, InvalidTag) as error:
            raise BadSeal("content") from error

    def _algorithm(self) -> AES | SM4:
        return SM4(self.key) if self.uses_sm4 else AES(self.key)

    def _bound_to(self, url: str, stamp: str) -> bytes:
        return f"{url}|{self.appid}|{stamp}|{self.key_number}".encode()

    def _signed_text(self, url: str, stamp: str, content: bytes) -> bytes:
        return f"{url}\n{self.appid}\n{stamp}\n".encode() + content

    def _signatures(self, headers: Mapping[str, str]) -> list[bytes]:
        """Return the signatures to try: while certificates change, WeChat signs with both."""
        found = []
        for suffix in ("", "-Deprecated"):
            number = headers.get(f"Wechatmp-Serial{suffix}", "")
            if self.certificate_number and number != self.certificate_number:
                continue
            try:
                found.append(b64decode(headers.get(f"Wechatmp-Signature{suffix}", "")))
            except Base64Error:
                continue
        return [signature for signature in found if signature]


def _is_refusal(content: bytes) -> bool:
    try:
        answer = json.loads(content)
    except ValueError:
        return False
    return isinstance(answer, dict) and answer.get("errcode", 0) != 0


def _base64(value: bytes) -> str:
    return b64encode(value).decode()
