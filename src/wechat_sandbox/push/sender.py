# SPDX-License-Identifier: Apache-2.0
"""Send messages and events to an account's server, three times at most."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from wechat_sandbox.accounts import Account
from wechat_sandbox.clock import Clock
from wechat_sandbox.journal import Journal, Outcome
from wechat_sandbox.push.envelope import (
    Fields,
    Query,
    address_letter,
    sign_query,
    write_letter,
    write_xml,
)
from wechat_sandbox.push.replies import BadReply, Reply, read_reply
from wechat_sandbox.push.signature_check import explain_echo

ATTEMPTS = 3
TIMEOUT_S = 5.0
_MAX_REPLY_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a message fared: the reply, or the code of what went wrong."""

    attempts: int
    reply: Reply | None
    fault: str = ""


class Unreached(Exception):
    """One attempt brought no usable HTTP answer; another follows."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Sender:
    """Post callbacks and read what comes back."""

    def __init__(
        self,
        *,
        clock: Clock,
        journal: Journal,
        transport: httpx.AsyncBaseTransport | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._clock = clock
        self._journal = journal
        self._transport = transport
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    async def deliver(self, account: Account, *, openid: str, fields: Fields) -> Delivery:
        """Send one message until it is answered; the body is the same in every attempt."""
        fault = ""
        letter = write_letter(account, fields)
        for attempt in range(1, ATTEMPTS + 1):
            query = address_letter(
                account, letter, openid=openid, timestamp=int(self._clock.wall())
            )
            started = time.perf_counter()
            try:
                body = await self._in_time(
                    "POST", account.callback_url, query, letter.body, letter.content_type
                )
                reply = read_reply(
                    body, account=account, openid=openid, asked=str(fields["MsgType"])
                )
            except Unreached as error:
                fault = error.code
                self._note(account, fields, attempt, started, "fault", fault, query=query)
            except BadReply as error:
                # It did answer: asking again would bring the same.
                shown = body.decode(errors="replace")
                self._note(
                    account, fields, attempt, started, "fault", error.code, shown, why=error.why
                )
                return Delivery(attempt, None, error.code)
            else:
                self._note(account, fields, attempt, started, "ok", reply.kind or "ack", reply.text)
                return Delivery(attempt, reply)
        return Delivery(ATTEMPTS, None, fault)

    async def verify(self, account: Account) -> str:
        """Ask the server to prove that it knows the token; return "" or what was wrong.

        The back office does this once, when the callback address is saved.
        """
        echo = str(secrets.randbelow(9 * 10**18) + 10**18)
        _, query = sign_query(account, timestamp=int(self._clock.wall()))
        started = time.perf_counter()
        fault, answer = "", b""
        asked = (*query, ("echostr", echo))
        try:
            answer = await self._in_time("GET", account.callback_url, asked, b"")
        except Unreached as error:
            fault = error.code
        else:
            fault = "" if answer == echo.encode() else "wrong_echo"
        self._journal.write(
            at=self._clock.now(),
            kind="callback",
            outcome="fault" if fault else "ok",
            subject="verify",
            result=fault or "ok",
            account=account.slug,
            took_ms=round((time.perf_counter() - started) * 1000),
            query=urlencode(asked) if fault else "",
            replied=answer.decode(errors="replace")[:200] if fault else "",
            why=explain_echo(answer, echo) if fault == "wrong_echo" else "",
        )
        return fault

    def visitor(self, user_agent: str, timeout_s: float) -> httpx.AsyncClient:
        """Return a fresh browser-like client on the same network, without cookies."""
        return httpx.AsyncClient(
            transport=self._transport,
            timeout=timeout_s,
            trust_env=False,
            headers={"User-Agent": user_agent},
        )

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _in_time(
        self, method: str, url: str, query: Query, body: bytes, content_type: str = "text/xml"
    ) -> bytes:
        try:
            async with asyncio.timeout(self._timeout_s):
                return await self._ask(method, url, query, body, content_type)
        except TimeoutError as error:
            raise Unreached("timeout") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreached("no_connection") from error

    async def _ask(
        self, method: str, url: str, query: Query, body: bytes, content_type: str
    ) -> bytes:
        if self._client is None:
            self._client = httpx.AsyncClient(
                transport=self._transport, timeout=self._timeout_s, trust_env=False
            )
        headers = {"Content-Type": content_type, "User-Agent": "Mozilla/4.0", "Pragma": "no-cache"}
        request = self._client.build_request(
            method, url, params=query, content=body, headers=headers
        )
        response = await self._client.send(request, stream=True)
        try:
            if response.status_code != 200:
                raise Unreached(f"http_{response.status_code}")
            answer = b""
            async for piece in response.aiter_bytes():
                answer += piece
                if len(answer) > _MAX_REPLY_BYTES:
                    raise Unreached("reply_too_long")
            return answer
        finally:
            await response.aclose()

    def _note(
        self,
        account: Account,
        fields: Fields,
        attempt: int,
        started: float,
        outcome: Outcome,
        result: str,
        text: str = "",
        *,
        query: Query = (),
        why: str = "",
    ) -> None:
        kind = str(fields.get("Event") or fields["MsgType"])
        self._journal.write(
            at=self._clock.now(),
            kind="callback",
            outcome=outcome,
            subject=kind,
            result=result,
            account=account.slug,
            mode=account.mode,
            attempt=f"{attempt}/{ATTEMPTS}",
            took_ms=round((time.perf_counter() - started) * 1000),
            msg_id=fields.get("MsgId", ""),
            sent=str(fields.get("Content", "") or fields.get("EventKey", ""))[:200],
            replied=text[:200],
            why=why,
            query=urlencode(query),
            request=write_xml(fields),
        )
