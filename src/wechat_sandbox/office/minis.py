# SPDX-License-Identifier: Apache-2.0
"""Mini programs: one-time codes, sessions, links, what was granted, and who used one when."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from typing import Any, Literal

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from wechat_sandbox.errors import ApiError

CODE_LIFE_S = 300
LOGINS_PER_MINUTE = 100  # of one citizen [R]
MAX_LASTING_CODES = 100_000  # of getwxacode and createwxaqrcode together, for ever
_BLOCK = 16

CodeUse = Literal["login", "phone"]
Suggest = Literal["pass", "review", "risky"]
LABELS = (100, 10001, 20001, 20002, 20003, 20006, 20008, 20012, 20013, 21000)


@dataclass(slots=True)
class _Code:
    use: CodeUse
    appid: str
    number: int
    expires_at: float
    used: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A short way into a mini program: a URL link, a scheme, a short link, a code's picture."""

    key: str
    appid: str
    kind: Literal["url_link", "scheme", "short", "code"]
    path: str
    query: str
    env_version: str
    created_at: int
    expires_at: float  # infinity for one that stays


@dataclass(frozen=True, slots=True)
class RiskyWord:
    """A word the content check of the sandbox finds."""

    word: str
    suggest: Suggest
    label: int


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the client part of a mini program gets of its user, for the server to open."""

    encrypted_data: str
    iv: str
    raw_data: str
    signature: str


@dataclass(slots=True)
class Minis:
    """The state of every mini program in the sandbox."""

    used_at: dict[tuple[str, int], float] = field(default_factory=dict)
    pages: dict[str, tuple[str, ...]] = field(default_factory=dict)  # appid → published pages
    ranks: dict[tuple[str, int], int] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    lasting_codes: dict[str, int] = field(default_factory=dict)  # appid → how many were made
    words: list[RiskyWord] = field(
        default_factory=lambda: [
            RiskyWord("示例违规", "risky", 21000),
            RiskyWord("示例广告", "review", 10001),
        ]
    )
    _codes: dict[str, _Code] = field(default_factory=dict)
    _sessions: dict[tuple[str, int], str] = field(default_factory=dict)
    _logins: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)

    def issue_code(self, use: CodeUse, appid: str, number: int, now: float) -> str:
        """Return a code that works once within five minutes, and note that the program is used."""
        self._codes = {
            known: kept
            for known, kept in self._codes.items()
            if kept.expires_at + CODE_LIFE_S > now
        }
        code = secrets.token_urlsafe(24)
        self._codes[code] = _Code(use, appid, number, now + CODE_LIFE_S)
        self.used_at[appid, number] = now
        return code

    def redeem_code(self, use: CodeUse, code: str, appid: str, now: float) -> int:
        """Spend a code and return whose it was; raises 40029 or 40163."""
        found = self._codes.get(code)
        if found is None or (found.use, found.appid) != (use, appid) or now >= found.expires_at:
            raise ApiError(40029)
        if found.used:
            raise ApiError(40163)
        found.used = True
        return found.number

    def session_key(self, appid: str, number: int) -> str:
        """Return the citizen's session key, begun when missing."""
        return self._sessions.get((appid, number)) or self.renew_session(appid, number)

    def renew_session(self, appid: str, number: int) -> str:
        """Replace the session key."""
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        self._sessions[appid, number] = key
        return key

    def is_session_signed(self, appid: str, number: int, signature: str) -> bool:
        """Tell whether the signature was made with the current key over nothing."""
        key = self._sessions.get((appid, number))
        if key is None:
            return False
        expected = hmac.new(key.encode(), b"", hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), signature.encode())

    def count_login(self, appid: str, number: int, now: float) -> None:
        """Count one login of a citizen; raises 45011 over the minute's limit."""
        minute, logins = int(now // 60), self._logins.get((appid, number), (0, 0))
        count = logins[1] + 1 if logins[0] == minute else 1
        if count > LOGINS_PER_MINUTE:
            raise ApiError(45011)
        self._logins[appid, number] = (minute, count)

    def count_lasting_code(self, appid: str) -> None:
        """Count one code of the kind that is limited for ever; raises 45029 over the limit."""
        made = self.lasting_codes.get(appid, 0)
        if made >= MAX_LASTING_CODES:
            raise ApiError(45029)
        self.lasting_codes[appid] = made + 1

    def judge_words(self, content: str) -> RiskyWord | None:
        """Return the worst word found in the content."""
        found = [one for one in self.words if one.word in content]
        return max(found, key=lambda one: one.suggest == "risky", default=None)


def seal_for_user(
    told: dict[str, Any], raw: dict[str, Any], *, session_key: str, iv: bytes | None = None
) -> Sealed:
    """Seal what a mini program may know of its user: AES-128-CBC, and SHA-1 over the open part."""
    iv = iv if iv is not None else secrets.token_bytes(_BLOCK)
    plain = _compact(told).encode()
    fill = _BLOCK - len(plain) % _BLOCK
    cipher = Cipher(AES(base64.b64decode(session_key)), CBC(iv)).encryptor()
    sealed = cipher.update(plain + bytes([fill]) * fill) + cipher.finalize()
    raw_data = _compact(raw)
    return Sealed(
        encrypted_data=base64.b64encode(sealed).decode(),
        iv=base64.b64encode(iv).decode(),
        raw_data=raw_data,
        signature=sign_raw(raw_data, session_key),
    )


def sign_raw(raw_data: str, session_key: str) -> str:
    """Return the SHA-1 that goes with rawData."""
    return hashlib.sha1((raw_data + session_key).encode(), usedforsecurity=False).hexdigest()


def _compact(told: dict[str, Any]) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))
