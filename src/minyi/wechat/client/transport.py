# SPDX-License-Identifier: Apache-2.0
"""How a call travels: token, body, time limit, repetition, and what the answer means (§§0, 2, 3).

Success is an absent or zero `errcode`. Pictures come as bytes; a refusal in their place begins
with «{». No address, token or secret leaves this module in an error or a log line.
"""

import asyncio
import json
import logging
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar

import httpx
import structlog
from pydantic import ValidationError

from ..capabilities import Ability, told_reason
from ..connection.kept import KeptValues
from ..connection.stops import stop_for
from ..queries import Account
from .answers import Answer
from .api_errors import (
    CREDENTIALS_WRONG,
    AccountFault,
    ApiError,
    Busy,
    NotOffered,
    NotPermitted,
    Reaction,
    TokenRefused,
    Unanswered,
    error_of,
)
from .seals import NO_SEAL, BadSeal, Seal

log = structlog.get_logger("minyi.wechat")

TIMEOUT = httpx.Timeout(3, connect=2)
FILE_TIMEOUT = httpx.Timeout(20, connect=2)
LONGEST_S = 8  # a whole answer, however slowly it drips
LONGEST_FILE_S = 60
_BUSY_PAUSES_S = (0.2, 0.5, 1.0)
_LARGEST_ANSWER = 32 * 1024 * 1024  # twenty drafts with their texts, or a video
_SECRET_PATHS = frozenset({"/cgi-bin/token", "/cgi-bin/stable_token"})

A = TypeVar("A", bound=Answer)
Body = Mapping[str, object]
Params = Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send; `description` goes with permanent videos."""

    name: str
    content: bytes = field(repr=False)
    media_type: str
    description: Body | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call before it has a token."""

    method: Literal["GET", "POST"]
    path: str
    params: Params = field(default_factory=dict, repr=False)
    body: Body | None = field(default=None, repr=False)
    upload: Upload | None = None
    takes_bytes: bool = False
    ability: Ability | None = None  # what the account needs for it

    @property
    def is_large(self) -> bool:
        return self.takes_bytes or self.upload is not None


class Transport:
    """One account's way to WeChat."""

    def __init__(
        self,
        account: Account,
        *,
        base_url: str,
        http: httpx.AsyncClient,
        kept: KeptValues,
        seal: Seal = NO_SEAL,
    ) -> None:
        self.account = account
        self._base_url = base_url
        self._http = http
        self._kept = kept
        self._seal = seal

    async def access_token(self) -> str:
        """Return the account's stable token."""
        return await self._kept.get(self._token_key, self._fetch_token)

    async def js_ticket(self) -> str:
        """Return the ticket that JS-SDK signatures are made with."""
        return await self._kept.get(f"{self.account.appid}:jsapi", self._fetch_ticket)

    async def forget_refusal(self) -> None:
        """Let the account ask for its token again after somebody has mended its settings."""
        await self._kept.forget_refusal(self._token_key)
        await self._kept.forget_stops(self.account.slug)

    async def ask(self, call: Call, kind: type[A]) -> A:
        """Ask with the account's token."""
        return _understood(call.path, await self._with_token(call), kind)

    async def fetch(self, call: Call) -> bytes:
        """Ask with the account's token for a picture or another file."""
        return await self._with_token(call)

    async def ask_bare(self, call: Call, kind: type[A]) -> A:
        """Ask without a token: with the secret, or with a token of the web login."""
        try:
            return _understood(call.path, await self._patiently(call), kind)
        except AccountFault as error:
            # What else is refused here concerns one citizen's code, and stops nobody.
            await self._react(call, error)
            raise

    @property
    def _token_key(self) -> str:
        # With the secret's mark in it: a corrected secret is a new beginning.
        return f"{self.account.appid}:token:{self._kept.mark_of(self.account.secret)}"

    async def _fetch_token(self) -> tuple[str, int]:
        call = Call(
            "POST",
            "/cgi-bin/stable_token",
            body={
                "grant_type": "client_credential",
                "appid": self.account.appid,
                "secret": self.account.secret,
            },
        )
        token = _understood(call.path, await self._minding_stops(call), _Token)
        return token.access_token, token.expires_in

    async def _fetch_ticket(self) -> tuple[str, int]:
        call = Call("GET", "/cgi-bin/ticket/getticket", params={"type": "jsapi"})
        ticket = await self.ask(call, _Ticket)
        return ticket.ticket, ticket.expires_in

    async def _with_token(self, call: Call) -> bytes:
        """Ask with the account's token; a refused token is fetched anew exactly once."""
        await self._check_stopped(call)
        token = await self.access_token()
        asked_at = self._kept.now()
        try:
            return await self._minding_stops(call, token)
        except TokenRefused:
            await self._kept.drop(self._token_key, token, before=asked_at)
        return await self._minding_stops(call, await self.access_token())

    async def _check_stopped(self, call: Call) -> None:
        """Raise what WeChat said where it would say it again."""
        ability = call.ability.value if call.ability else ""
        now = self._kept.now()
        for stop in await self._kept.stops(self.account.slug):
            if not stop.covers(call.path, ability, now):
                continue
            error = error_of(call.path, code=stop.code, message=stop.message)
            if isinstance(error, NotPermitted):
                raise NotOffered(call.path, reason=str(told_reason()))
            error.rid = stop.rid
            raise error

    async def _minding_stops(self, call: Call, token: str = "") -> bytes:
        """Ask, and let all processes know what the answer stops or sets free."""
        try:
            content = await self._patiently(call, token)
        except ApiError as error:
            await self._react(call, error)
            raise
        if any(stop.path == call.path for stop in await self._kept.stops(self.account.slug)):
            await self._kept.forget_stops(self.account.slug, path=call.path)
        return content

    async def _react(self, call: Call, error: ApiError) -> None:
        ability = call.ability.value if call.ability else ""
        stop = stop_for(error, ability=ability, now=self._kept.now())
        if stop is not None:
            await self._kept.put_stop(self.account.slug, stop)
        facts = {"account": self.account.slug, "path": error.path, "code": error.code}
        facts |= {"message": error.message, "rid": error.rid}
        if stop is not None and stop.is_alert:
            log.error("wechat_account_alert", address=error.address, **facts)
        elif error.reaction is Reaction.MEND_CODE:
            log.error("wechat_refused_our_call", **facts)
        elif error.reaction is Reaction.TELL_LOG:
            log.warning("wechat_unknown_refusal", **facts)

    async def _patiently(self, call: Call, token: str = "") -> bytes:
        """Ask once, and again after a pause when WeChat says it is busy."""
        for pause_s in _BUSY_PAUSES_S:
            try:
                return await self._once(call, token)
            except Busy:
                await asyncio.sleep(pause_s * random.uniform(0.8, 1.2))  # noqa: S311
        return await self._once(call, token)

    async def _once(self, call: Call, token: str) -> bytes:
        failed = ""
        content = b""
        try:
            async with asyncio.timeout(LONGEST_FILE_S if call.is_large else LONGEST_S):
                content = await self._exchange(call, token)
        except httpx.HTTPError as error:
            failed = type(error).__name__
        except TimeoutError:
            failed = "too slow"
        except BadSeal as error:
            failed = f"seal: {error}"
        if failed:
            # Raised out here so that no error of httpx, which knows the address and its secrets,
            # hangs on to ours.
            raise Unanswered(call.path, reason=failed)
        _check_answer(call, content)
        return content

    async def _exchange(self, call: Call, token: str) -> bytes:
        url = f"{self._base_url}{call.path}"
        request = self._request(url, call, token)
        response = await self._http.send(request, stream=True)
        try:
            if response.status_code != 200:
                raise Unanswered(call.path, reason=f"HTTP {response.status_code}")
            content = await _read(call.path, response)
        finally:
            await response.aclose()
        if self._is_sealed(call):
            return self._seal.open(url=url, headers=response.headers, content=content)
        return content

    def _is_sealed(self, call: Call) -> bool:
        return call.body is not None and self._seal.covers(call.path)

    def _request(self, url: str, call: Call, token: str) -> httpx.Request:
        params = {**call.params, "access_token": token} if token else dict(call.params)
        timeout = FILE_TIMEOUT if call.is_large else TIMEOUT
        if call.upload is not None:
            media = (call.upload.name, call.upload.content, call.upload.media_type)
            fields = (
                {"description": _json(call.upload.description).decode()}
                if call.upload.description
                else {}
            )
            return self._http.build_request(
                call.method,
                url,
                params=params,
                files={"media": media},
                data=fields,
                timeout=timeout,
            )
        content, headers = None, {}
        if call.body is not None:
            content, headers = _json(call.body), {"Content-Type": "application/json"}
            if self._is_sealed(call):
                sealed = self._seal.seal(
                    url=url, params=call.params, body=call.body, now=int(time.time())
                )
                params = {"access_token": token} if token else {}
                content, headers = sealed.content, {**headers, **sealed.headers}
        return self._http.build_request(
            call.method, url, params=params, content=content, headers=headers, timeout=timeout
        )


class _Token(Answer):
    access_token: str
    expires_in: int


class _Ticket(Answer):
    ticket: str
    expires_in: int


def _json(body: Body) -> bytes:
    # WeChat refuses \u escapes (47002) or shows them to citizens.
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


async def _read(path: str, response: httpx.Response) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > _LARGEST_ANSWER:
            raise Unanswered(path, reason="too large")
        pieces.append(piece)
    return b"".join(pieces)


def _check_answer(call: Call, content: bytes) -> None:
    if call.takes_bytes and not content.startswith(b"{"):
        if not content:
            raise Unanswered(call.path, reason="empty")
        return
    answer = _parse(call.path, content)
    code = answer.get("errcode", 0)
    if not isinstance(code, int):
        raise Unanswered(call.path, reason="errcode is no number")
    if code == 0:
        return
    message = str(answer.get("errmsg", ""))
    if call.path in _SECRET_PATHS and code in CREDENTIALS_WRONG:
        # From here 40001 speaks of the secret, not of a token (§3).
        raise AccountFault(call.path, code=code, message=message)
    raise _with_facts(error_of(call.path, code=code, message=message), answer)


def _with_facts(error: ApiError, answer: Mapping[str, object]) -> ApiError:
    error.facts = {name: value for name, value in answer.items() if name not in _SAID}
    return error


_SAID = frozenset({"errcode", "errmsg"})


def _parse(path: str, content: bytes) -> Mapping[str, object]:
    # Whatever the content type says: /sns/* calls its JSON text/plain.
    try:
        answer = json.loads(content)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise Unanswered(path, reason="no JSON object")
    return answer


def _understood(path: str, content: bytes, kind: type[A]) -> A:
    unexpected = ""
    try:
        return kind.model_validate(_parse(path, content))
    except ValidationError as error:
        # The names alone: the values may be a token.
        places = (".".join(map(str, fault["loc"])) for fault in error.errors())
        unexpected = ", ".join(sorted(set(places)))
    raise Unanswered(path, reason=f"unexpected {unexpected}")


class _WithoutQuery(logging.Filter):
    """Takes the query out of the addresses that httpx logs: it holds tokens and secrets."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                part.copy_with(query=None) if isinstance(part, httpx.URL) else part
                for part in record.args
            )
        return True


def silence_addresses() -> None:
    """Make sure that no log level brings an address with its secrets into the log."""
    logger = logging.getLogger("httpx")
    if not any(isinstance(known, _WithoutQuery) for known in logger.filters):
        logger.addFilter(_WithoutQuery())
