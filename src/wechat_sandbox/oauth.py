# SPDX-License-Identifier: Apache-2.0
"""Web OAuth: what the authorize page checks, one-time codes, and web tokens."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlunsplit

from wechat_sandbox.accounts import Account
from wechat_sandbox.addresses import parts_of
from wechat_sandbox.errors import ApiError, AuthorizeRefused
from wechat_sandbox.office.abilities import may

Scope = Literal["snsapi_base", "snsapi_userinfo"]

CODE_LIFE_S = 300
ACCESS_LIFE_S = 7200
REFRESH_LIFE_S = 30 * 86_400
_STATE = re.compile(r"[a-zA-Z0-9]{0,128}")


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """What a page asks of the citizen, after every check."""

    account: Account
    redirect_uri: str
    scope: Scope
    state: str
    snapshot: bool


@dataclass(frozen=True, slots=True)
class Grant:
    """Who allowed what to which account."""

    appid: str
    number: int
    scope: Scope
    snapshot: bool


def read_authorize(query: Mapping[str, str], accounts: Mapping[str, Account]) -> AuthorizeRequest:
    """Check an authorize address as WeChat's page does; raises AuthorizeRefused."""
    if not query.get("appid"):
        raise AuthorizeRefused(10012)
    account = accounts.get(query["appid"])
    if account is None:
        raise AuthorizeRefused(10016)
    redirect_uri = query.get("redirect_uri", "")
    if not redirect_uri:
        raise AuthorizeRefused(10011)
    target = parts_of(redirect_uri)
    if target.scheme not in ("http", "https") or target.netloc not in account.oauth_domains:
        raise AuthorizeRefused(10003)
    scope = query.get("scope", "")
    if not scope:
        raise AuthorizeRefused(10010)
    if scope not in ("snsapi_base", "snsapi_userinfo") or not may(account, "oauth"):
        raise AuthorizeRefused(10005)
    if query.get("response_type") != "code":
        raise AuthorizeRefused(10004)
    state = query.get("state", "")
    if not _STATE.fullmatch(state):
        raise AuthorizeRefused(10013)
    return AuthorizeRequest(
        account=account,
        redirect_uri=redirect_uri,
        scope="snsapi_base" if scope == "snsapi_base" else "snsapi_userinfo",
        state=state,
        snapshot=query.get("forceSnapShot") == "true",
    )


def answer_address(request: AuthorizeRequest, code: str | None) -> str:
    """Return where the browser goes next; a citizen who denied comes back without code."""
    parts = parts_of(request.redirect_uri)
    query = parse_qsl(parts.query, keep_blank_values=True)
    if code is not None:
        query.append(("code", code))
    query.append(("state", request.state))
    return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode(query), ""))


@dataclass(slots=True)
class _Code:
    grant: Grant
    expires_at: float
    used: bool = False


class Grants:
    """Issue one-time codes and web tokens.

    Codes are remembered for ten minutes. Tokens carry their grant under a signature, so that
    a large crowd leaves nothing behind.
    """

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._codes: dict[str, _Code] = {}

    def issue_code(self, grant: Grant, now: float) -> str:
        """Return a code that works once within five minutes."""
        self._forget_codes(now)
        code = f"0{secrets.token_hex(2)[:2]}" + secrets.token_urlsafe(24)[:29]
        self._codes[code] = _Code(grant, now + CODE_LIFE_S)
        return code

    def redeem_code(self, code: str, appid: str, now: float) -> Grant:
        """Spend a code; raises 40029, 40163 or 42003."""
        found = self._codes.get(code)
        if found is None or found.grant.appid != appid:
            raise ApiError(40029)
        if found.used:
            raise ApiError(40163)
        if now >= found.expires_at:
            raise ApiError(42003)
        found.used = True
        return found.grant

    def access_token(self, grant: Grant, now: float) -> str:
        """Return a web token, which is good for two hours."""
        return self._sealed("access", grant, now + ACCESS_LIFE_S)

    def refresh_token(self, grant: Grant, now: float) -> str:
        """Return a refresh token, which is good for thirty days."""
        return self._sealed("refresh", grant, now + REFRESH_LIFE_S)

    def read_access(self, token: str, now: float) -> Grant:
        """Return the grant behind a web token; raises 41001, 40001 or 42001."""
        if not token:
            raise ApiError(41001)
        return self._opened("access", token, now, unknown=40001, expired=42001)

    def read_refresh(self, token: str, now: float) -> Grant:
        """Return the grant behind a refresh token; raises 41003, 40030 or 42002."""
        if not token:
            raise ApiError(41003)
        return self._opened("refresh", token, now, unknown=40030, expired=42002)

    def _forget_codes(self, now: float) -> None:
        # Codes are kept in the order they were issued, so only the front can be old.
        for code, kept in list(self._codes.items()):
            if kept.expires_at + CODE_LIFE_S > now:
                return
            del self._codes[code]

    def _sealed(self, use: str, grant: Grant, expires_at: float) -> str:
        told = [grant.appid, grant.number, grant.scope, grant.snapshot, int(expires_at)]
        fields = [*told, secrets.token_hex(8)]
        body = base64.urlsafe_b64encode(json.dumps(fields).encode()).rstrip(b"=")
        return f"{10 + body[-1] % 90}_{body.decode()}{self._seal(use, body)}"

    def _opened(self, use: str, token: str, now: float, *, unknown: int, expired: int) -> Grant:
        body, seal = token[3:-43].encode(), token[-43:]
        if not hmac.compare_digest(self._seal(use, body).encode(), seal.encode()):
            raise ApiError(unknown)
        try:
            fields = json.loads(base64.urlsafe_b64decode(body + b"=" * (-len(body) % 4)))
        except (binascii.Error, ValueError) as error:
            raise ApiError(unknown) from error
        appid, number, scope, snapshot, expires_at, _ = fields
        if now >= expires_at:
            raise ApiError(expired)
        return Grant(appid=appid, number=number, scope=scope, snapshot=snapshot)

    def _seal(self, use: str, body: bytes) -> str:
        mac = hmac.digest(self._key, use.encode() + b"." + body, hashlib.sha256)
        return base64.urlsafe_b64encode(mac).rstrip(b"=").decode()
