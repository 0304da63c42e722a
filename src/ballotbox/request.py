# SPDX-License-Identifier: Apache-2.0
"""Reading a ballot off the wire: headers, a bounded body, JSON or form fields."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Annotated, Any
from urllib.parse import parse_qsl

import msgspec

from ballotbox.refusals import Refused
from ballotbox.ticket import CITIZEN_COOKIE

LARGEST_BODY = 16 * 1024
MOST_FIELDS = 1024
BODY_S = 10

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
RawHeaders = Iterable[tuple[bytes, bytes]]

Number = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]

_COOKIE = CITIZEN_COOKIE.encode() + b"="
_JSON = b"application/json"
_FORM = b"application/x-www-form-urlencoded"
_is_nonce = re.compile("[0-9a-f]{32}").fullmatch
_is_number = re.compile("[0-9]{1,9}").fullmatch
_is_conduct = re.compile("[0-9]{1,9},[0-9]{1,5},[0-9]{1,5}").fullmatch


class Submission(msgspec.Struct, gc=False):
    """A ballot as sent; nothing in it has been checked but its form."""

    ticket: str = ""
    nonce: str = ""
    picks: list[Number] = []
    round: Number | None = None
    conduct: str = ""
    work: str = ""


class Envelope(msgspec.Struct, frozen=True, gc=False):
    """What the headers say about a submission."""

    is_form: bool
    cookie: bytes
    length: int  # of the body; LARGEST_BODY + 1 when the sender does not say


_decode_submission = msgspec.json.Decoder(Submission).decode


def read_envelope(raw_headers: RawHeaders) -> Envelope:
    """Read the headers; refuse by them what need not be read any further."""
    headers = dict(raw_headers)
    media_type = headers.get(b"content-type", b"")
    if media_type != _JSON:
        media_type = media_type.partition(b";")[0].strip().lower()
        if media_type not in (_JSON, _FORM):
            raise Refused("unsupported_media_type")
    announced = headers.get(b"content-length", b"")
    length = int(announced) if announced.isdigit() else LARGEST_BODY + 1
    if announced and length > LARGEST_BODY:
        raise too_large()
    cookie = _citizen_cookie(headers.get(b"cookie", b""))
    if not cookie:  # HTTP/2 may send each cookie in a header of its own (RFC 9113 §8.2.3)
        found = (_citizen_cookie(value) for name, value in raw_headers if name == b"cookie")
        cookie = next(filter(None, found), b"")
    return Envelope(media_type == _FORM, cookie, length)


def _citizen_cookie(header: bytes) -> bytes:
    for part in header.split(b";"):
        cookie = part.strip()
        if cookie.startswith(_COOKIE):
            return cookie[len(_COOKIE) :]
    return b""


class BodyReader:
    """Reads bodies that are small and come in time.

    One sweep a second looks after everybody: a timer per request costs 7 µs, a tenth of a ballot.
    """

    def __init__(self) -> None:
        self._since: dict[asyncio.Task[Any] | None, int] = {}  # number of sweeps when it began
        self._sweeps = 0
        self._late: set[asyncio.Task[Any] | None] = set()
        self._sweeping = False

    async def read(self, receive: Receive, length: int) -> bytes:
        """Return the whole body, at most LARGEST_BODY bytes within BODY_S seconds.

        A body that has its announced length is not asked for its end: that second call would
        cost as much as checking the ballot.
        """
        task = asyncio.current_task()
        self._since[task] = self._sweeps
        if not self._sweeping:
            self._sweep()
        try:
            message = await receive()
            body: bytes = message.get("body", b"")
            while message.get("more_body", False) and len(body) < length:
                message = await receive()
                body += message.get("body", b"")
        except asyncio.CancelledError as error:
            if task is None or task not in self._late:
                raise
            self._late.discard(task)
            task.uncancel()
            raise Refused("too_slow", seconds=BODY_S) from error
        finally:
            del self._since[task]
        if len(body) > LARGEST_BODY:
            raise too_large()
        return body

    def _sweep(self) -> None:
        for task, since in self._since.items():  # in the order in which they began
            if self._sweeps - since <= BODY_S:
                break
            if task is not None and task not in self._late:
                self._late.add(task)
                task.cancel()
        self._sweeps += 1
        self._sweeping = bool(self._since)
        if self._sweeping:
            asyncio.get_running_loop().call_later(1.0, self._sweep)


def too_large() -> Refused:
    """Return the refusal of a body over the limit."""
    return Refused("too_large", limit_kib=LARGEST_BODY // 1024)


def read_json(body: bytes) -> Submission:
    """Take a JSON body apart; unknown names in it are ignored."""
    try:
        return _decode_submission(body)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Refused("malformed") from error


def read_form(body: bytes) -> Submission:
    """Take a form body apart: `ticket`, `nonce`, `round` and one `pick` for each nominee."""
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError as error:  # bytes that are no text, or too many fields
        raise Refused("malformed") from error
    fields = dict(pairs)
    return Submission(
        ticket=fields.get("ticket", ""),
        nonce=fields.get("nonce", ""),
        picks=[_read_number(value) for name, value in pairs if name == "pick"],
        round=_read_number(fields["round"]) if "round" in fields else None,
        conduct=fields.get("conduct", ""),
        work=fields.get("work", ""),
    )


def _read_number(text: str) -> int:
    if not _is_number(text):
        raise Refused("malformed")
    return int(text)


def check_nonce(nonce: str) -> str:
    """Return the nonce in lower case when it is 32 hex digits."""
    if _is_nonce(nonce):
        return nonce
    lower = nonce.lower()
    if not _is_nonce(lower):
        raise Refused("nonce_malformed")
    return lower


def read_conduct(text: str) -> str:
    """Return «milliseconds on the page,touches,pages seen» as sent, or nothing if it is not that.

    It is the browser's claim about itself, so a false one is never a reason to refuse a ballot.
    """
    return text if text and _is_conduct(text) else ""
