# SPDX-License-Identifier: Apache-2.0
"""`/wechat/<account>/callback`: what WeChat posts, answered at once (wechat-api.md §1).

Raw ASGI: no ORM, no session, no template between a citizen and the answer.

    GET    verification of the address: signature, then echostr back
    POST   plain mode: `signature` vouches for the sender, the body is readable
           compatible and secure mode: `msg_signature` vouches for the body, which is sealed

The compatible mode's readable twin is never used: nothing vouches for it.
"""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

from prometheus_client import Counter

from ..conversation.planning import Lane, plan_for
from .answering import find_answerer
from .crypto import Malformed, Undecipherable, is_signed, sign
from .deliveries import Deliveries
from .endpoints import Endpoint, Endpoints, NoEndpointsYet, load_endpoints
from .errands import Errands
from .inbox import InboxWriter
from .messages import (
    Message,
    NotAMessage,
    Reply,
    find_sealed,
    read_message,
    write_envelope,
    write_reply,
)
from .patience import Patience
from .reception import Reception, Unwilling
from .recorder import ProcessRecorder
from .slow import SlowLane

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

LARGEST_BODY = 64 * 1024
LONGEST_QUERY = 2048
BODY_S = 1.5  # at least; at most twice that (see patience.py)
FRESH_S = 300
ACKNOWLEDGED = b"success"

ANSWERED = Counter("minyi_wechat_callbacks", "Callbacks from WeChat, by outcome.", ["outcome"])
_replied, _acknowledged, _repeated, _verified = (
    ANSWERED.labels(outcome) for outcome in ("replied", "acknowledged", "repeated", "verified")
)

_REFUSALS = {
    "not_from_wechat": (
        403,
        "签名、时间戳或密文不符，未作任何处理。请核对公众平台与本平台的 Token、EncodingAESKey、"
        "AppID 和服务器时间。",
    ),
    "malformed": (400, "无法识别的消息，未作任何处理。请按公众平台的消息格式发送 XML。"),
    "too_large": (413, "消息超过 64 KiB，未作任何处理。"),
    "too_slow": (408, "消息没有在 3 秒内收完，未作任何处理。请重新发送。"),
    "method_not_allowed": (405, "此地址只接受 GET 和 POST。"),
    "account_not_found": (404, "本平台没有登记这个公众号。请核对服务器地址。"),
    "account_not_ready": (503, "公众号的 Token 或 EncodingAESKey 尚未配置。请联系管理员。"),
    "unavailable": (503, "暂时无法服务，请稍后重试。"),
}


class Answer(NamedTuple):
    """What goes back."""

    status: int
    headers: Headers
    body: bytes


class Refused(Exception):
    """The callback is turned away; `code` is a key of the table above."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CallbackApp:
    """The ASGI application around one set of endpoints."""

    def __init__(
        self,
        endpoints: Endpoints,
        reception: Reception,
        *,
        clock: Callable[[], float] = time.time,
        body_s: float = BODY_S,
    ) -> None:
        self._endpoints = endpoints
        self._reception = reception
        self._clock = clock
        self._deliveries = Deliveries(clock=clock)
        self._patience = Patience(body_s)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            status, headers, body = await self._answer(scope, receive)
        except Refused as refused:
            ANSWERED.labels(refused.code).inc()
            status, headers, body = _refusal(refused.code)
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": status, "headers": [length, *headers]})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> Answer:
        if scope["method"] not in ("POST", "GET"):
            raise Refused("method_not_allowed")
        account = scope["path"].removeprefix("/wechat/").removesuffix("/callback")
        endpoint = await self._endpoint(account)
        query = _read_query(scope["query_string"])
        now_s = int(self._clock())
        _check_fresh(query, now_s)
        if scope["method"] == "GET":
            _check_signed(query.get("signature", ""), endpoint, query)
            _verified.inc()
            return Answer(200, _TEXT, query.get("echostr", "").encode())
        message = _open_message(endpoint, query, await self._read_body(scope, receive))
        try:
            reply = await self._reply_to(account, endpoint, message)
        except Unwilling as error:
            raise Refused("unavailable") from error
        if reply is None:
            return Answer(200, _TEXT, ACKNOWLEDGED)
        words = write_reply(reply, answering=message, now_s=now_s)
        if endpoint.crypt is None:
            return Answer(200, _XML, words)
        sealed = endpoint.crypt.encrypt(words)
        nonce = query["nonce"]
        signature = sign(endpoint.token, str(now_s).encode(), nonce.encode(), sealed)
        return Answer(
            200,
            _XML,
            write_envelope(sealed=sealed, signature=signature, now_s=now_s, nonce=nonce),
        )

    async def close(self) -> None:
        """Finish what is under way; called when the server stops."""
        await self._reception.close()

    async def _endpoint(self, slug: str) -> Endpoint:
        try:
            endpoint = await self._endpoints.find(slug)
        except NoEndpointsYet as error:
            raise Refused("unavailable") from error
        if endpoint is None:
            raise Refused("account_not_found")
        if not endpoint.is_open:
            raise Refused("account_not_ready")
        return endpoint

    async def _read_body(self, scope: Scope, receive: Receive) -> bytes:
        """Return the body, if it comes in time and is not too long; no more than that is held."""
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value) > LARGEST_BODY):
                raise Refused("too_large")
        try:
            return await self._patience.wait_for(_read_pieces(receive))
        except TimeoutError as error:
            raise Refused("too_slow") from error

    async def _reply_to(self, account: str, endpoint: Endpoint, message: Message) -> Reply | None:
        """Answer a new message; a repeated one gets what it got before, and nothing happens."""
        known = self._deliveries.find(message.identity)
        if known is not None:
            _repeated.inc()
            return known.reply
        plan = plan_for(endpoint.book, message)
        if plan.lane is Lane.ANSWERED and message.sender not in endpoint.waited_for:
            reply = plan.reply
            self._reception.note(account, message, reply)
        else:
            reply = await self._reception.attend(account, endpoint, message, plan)
        self._deliveries.keep(message.identity, reply)
        (_replied if reply else _acknowledged).inc()
        return reply


def _read_query(raw: bytes) -> dict[str, str]:
    if len(raw) > LONGEST_QUERY:
        raise Refused("malformed")
    try:
        text = raw.decode("ascii")
        if "%" not in text and "+" not in text:
            # WeChat's own values need no unquoting; this takes 3 µs where parse_qsl takes 20.
            pairs = [pair.partition("=") for pair in text.split("&")]
            return {name: value for name, _equals, value in pairs}
        return dict(parse_qsl(text, errors="strict"))
    except ValueError as error:
        raise Refused("malformed") from error


def _check_fresh(query: dict[str, str], now_s: int) -> None:
    """WeChat's own server gives no replay window (§1.2): a signature of ours lasts five minutes."""
    stamp = query.get("timestamp", "")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) < 12):
        raise Refused("not_from_wechat")
    if abs(now_s - int(stamp)) > FRESH_S:
        raise Refused("not_from_wechat")


def _open_message(endpoint: Endpoint, query: dict[str, str], body: bytes) -> Message:
    """Return the message after checking that WeChat sent it, and to this account."""
    if endpoint.crypt is None:
        _check_signed(query.get("signature", ""), endpoint, query)
        return _read(body)
    try:
        sealed = find_sealed(body)
    except NotAMessage as error:
        raise Refused("malformed") from error
    _check_signed(query.get("msg_signature", ""), endpoint, query, sealed)
    try:
        plain = endpoint.crypt.decrypt(sealed)
    except Malformed as error:
        raise Refused("malformed") from error
    except Undecipherable as error:
        raise Refused("not_from_wechat") from error
    return _read(plain)


def _check_signed(
    signature: str, endpoint: Endpoint, query: dict[str, str], *sealed: bytes
) -> None:
    stamp, nonce = query["timestamp"].encode(), query.get("nonce", "").encode()
    if not nonce or not is_signed(signature, endpoint.token, stamp, nonce, *sealed):
        raise Refused("not_from_wechat")


def _read(plain: bytes) -> Message:
    try:
        return read_message(plain)
    except NotAMessage as error:
        raise Refused("malformed") from error


async def _read_pieces(receive: Receive) -> bytes:
    message = await receive()
    body: bytes = message.get("body", b"")
    while message.get("more_body", False) and len(body) <= LARGEST_BODY:
        message = await receive()
        body += message.get("body", b"")
    if len(body) > LARGEST_BODY:
        raise Refused("too_large")
    return body


_SAFE: Headers = [(b"x-content-type-options", b"nosniff"), (b"cache-control", b"no-store")]
_XML: Headers = [(b"content-type", b"application/xml; charset=utf-8"), *_SAFE]
_TEXT: Headers = [(b"content-type", b"text/plain; charset=utf-8"), *_SAFE]


def _refusal(code: str) -> Answer:
    status, sentence = _REFUSALS[code]
    headers = list(_TEXT)
    if code in ("too_large", "too_slow"):
        # The rest of the body is not read, so the connection cannot carry another request.
        headers.append((b"connection", b"close"))
    if code == "method_not_allowed":
        headers.append((b"allow", b"GET, POST"))
    if status == 503:
        headers.append((b"retry-after", b"2"))
    return Answer(status, headers, f"{code}: {sentence}\n".encode())


def make_app() -> CallbackApp:
    """Return the application of this process."""
    slow = SlowLane(Errands(find_answerer=find_answerer))
    return CallbackApp(
        Endpoints(load_endpoints), Reception(writer=InboxWriter(ProcessRecorder()), slow=slow)
    )


app = make_app()
