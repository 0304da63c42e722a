# SPDX-License-Identifier: Apache-2.0
"""A thin client of WeChat's API (wechat-api.md §§2, 4, 5). Async: threads use `line`."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from .api_errors import Busy, TokenRefused, Unanswered, error_of
from .kept import KeptValues
from .queries import Account

TIMEOUT = httpx.Timeout(3, connect=2)
_BUSY_PAUSES_S = (0.2, 0.5)
_LARGEST_ANSWER = 1024 * 1024

Answer = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class WebIdentity:
    """Whom WeChat's server says a login code belongs to."""

    openid: str
    unionid: str = ""
    is_snapshot: bool = False
    scope: str = field(default="snsapi_base")


class WeChatClient:
    """One account's voice at WeChat."""

    def __init__(
        self, account: Account, *, base_url: str, http: httpx.AsyncClient, kept: KeptValues
    ) -> None:
        self._account = account
        self._base_url = base_url
        self._http = http
        self._kept = kept
        self._token_key = f"wechat:{account.appid}:token"

    async def access_token(self) -> str:
        """Return the account's stable token."""
        return await self._kept.get(self._token_key, self._fetch_token)

    async def js_ticket(self) -> str:
        """Return the ticket that JS-SDK signatures are made with."""
        return await self._kept.get(f"wechat:{self._account.appid}:jsapi", self._fetch_ticket)

    async def exchange_code(self, code: str) -> WebIdentity:
        """Spend a login code; raises CodeRefused when it is wrong, used or expired."""
        path = "/sns/oauth2/access_token"
        answer = await self._ask(
            "GET",
            path,
            params={
                "appid": self._account.appid,
                "secret": self._account.secret,
                "code": code,
                "grant_type": "authorization_code",
            },
        )
        return WebIdentity(
            openid=_text(path, answer, "openid"),
            unionid=str(answer.get("unionid", "")),
            is_snapshot=answer.get("is_snapshotuser") == 1,
            scope=str(answer.get("scope", "")),
        )

    async def _fetch_token(self) -> tuple[str, int]:
        path = "/cgi-bin/stable_token"
        answer = await self._ask(
            "POST",
            path,
            body={
                "grant_type": "client_credential",
                "appid": self._account.appid,
                "secret": self._account.secret,
            },
        )
        return _text(path, answer, "access_token"), _seconds(path, answer)

    async def _fetch_ticket(self) -> tuple[str, int]:
        path = "/cgi-bin/ticket/getticket"
        answer = await self._ask_with_token("GET", path, params={"type": "jsapi"})
        return _text(path, answer, "ticket"), _seconds(path, answer)

    async def _ask_with_token(self, method: str, path: str, *, params: Mapping[str, str]) -> Answer:
        """Ask with the account's token; a refused token is fetched anew exactly once."""
        token = await self.access_token()
        try:
            return await self._ask(method, path, params={**params, "access_token": token})
        except TokenRefused:
            await self._kept.drop(self._token_key, token)
        token = await self.access_token()
        return await self._ask(method, path, params={**params, "access_token": token})

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Answer | None = None,
    ) -> Answer:
        """Ask once, and again after a pause when WeChat says it is busy."""
        for pause_s in _BUSY_PAUSES_S:
            try:
                return await self._ask_once(method, path, params, body)
            except Busy:
                await asyncio.sleep(pause_s)
        return await self._ask_once(method, path, params, body)

    async def _ask_once(
        self, method: str, path: str, params: Mapping[str, str] | None, body: Answer | None
    ) -> Answer:
        # WeChat refuses \u escapes (47002).
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        headers = {"Content-Type": "application/json"} if content else {}
        url = f"{self._base_url}{path}"
        try:
            response = await self._http.request(
                method, url, params=params, content=content, headers=headers
            )
        except httpx.HTTPError as error:
            # Not «from error»: it knows the address, and the address holds the secret.
            raise Unanswered(path, reason=type(error).__name__) from None
        return _read(path, response)


def _read(path: str, response: httpx.Response) -> Answer:
    if response.status_code != 200 or len(response.content) > _LARGEST_ANSWER:
        raise Unanswered(path, reason=f"HTTP {response.status_code}")
    try:
        # Whatever the content type says: /sns/* calls its JSON text/plain.
        answer = json.loads(response.content)
    except ValueError:
        raise Unanswered(path, reason="no JSON") from None
    if not isinstance(answer, dict):
        raise Unanswered(path, reason="no JSON object")
    code = answer.get("errcode", 0)
    if code != 0:
        raise error_of(path, code=int(code), message=str(answer.get("errmsg", "")))
    return answer


def _text(path: str, answer: Answer, name: str) -> str:
    value = answer.get(name)
    if not isinstance(value, str) or not value:
        raise Unanswered(path, reason=f"no {name}")
    return value


def _seconds(path: str, answer: Answer) -> int:
    value = answer.get("expires_in")
    if not isinstance(value, int):
        raise Unanswered(path, reason="no expires_in")
    return value
