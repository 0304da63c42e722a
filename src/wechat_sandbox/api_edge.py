# SPDX-License-Identifier: Apache-2.0
"""The wire conventions around every interface: always HTTP 200, a rid in each refusal."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
import secrets
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.faults import Fault
from wechat_sandbox.interfaces import INTERFACES
from wechat_sandbox.interfaces.base import Answer, Binary, Call, Interface, Upload
from wechat_sandbox.office.abilities import may
from wechat_sandbox.state import Sandbox

_UNCONFIRMED = {"awaited": 89503, "refused_for_a_day": 89506, "refused_for_an_hour": 89507}
MAX_BODY = 1024 * 1024
MAX_UPLOAD = 12 * 1024 * 1024
# Escapes are shown literally in titles: WeChat wants UTF-8 as it is.
_ESCAPE = re.compile(rb"\\u[0-9a-fA-F]{4}")


class Dropped(Response):
    """Promise a body and break off, as a line that goes dead does."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"512")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


@dataclass(slots=True)
class _Given:
    """What came in, as far as it could be read."""

    params: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)
    account: Account | None = None
    is_escaped: bool = False


async def answer_call(request: Request) -> Response:
    """Answer one API call in WeChat's manner and note it in the log."""
    sandbox: Sandbox = request.app.state.sandbox
    path = request.url.path
    interface = INTERFACES.get(path)
    if interface is None:
        return Response(status_code=404)
    started = time.perf_counter()
    fault = sandbox.faults.take(path)
    if fault is not None:
        await asyncio.sleep(fault.delay_ms / 1000)
    given = _Given()
    rid = _rid(sandbox)
    try:
        if fault is not None and fault.errcode is not None:
            raise ApiError(fault.errcode)
        await _read_params(request, interface, given)
        _check_caller(sandbox, interface, request, given)
        call = Call(given.account, given.params, sandbox.clock.now(), given.uploads)
        answer = interface.answer(sandbox, call)
    except ApiError as error:
        answer = {"errcode": error.code, "errmsg": f"{error.message} rid: {rid}", **error.facts}
    body = _body_of(answer)
    _note(sandbox, request, answer, given, started, fault, rid)
    took_ms = round((time.perf_counter() - started) * 1000)
    sandbox.rids.keep(rid, request, given.account, took_ms, body, sandbox.clock.now())
    return _wire(path, answer, body, fault)


async def _read_params(request: Request, interface: Interface, given: _Given) -> None:
    if interface.method not in ("ANY", request.method) or request.method not in ("GET", "POST"):
        raise ApiError(43001 if interface.method == "GET" else 43002)
    given.params = dict(request.query_params)
    if request.method == "GET":
        return
    is_upload = interface.body == "multipart"
    body = await _read_body(request, *((MAX_UPLOAD, 40006) if is_upload else (MAX_BODY, 47001)))
    if not body.strip():
        if interface.body == "optional":
            return
        raise ApiError(44002)
    if is_upload:
        await _read_parts(request, body, given)
    else:
        given.params = {**_read_object(body), **given.params}
        given.is_escaped = bool(_ESCAPE.search(body))


async def _read_body(request: Request, limit: int, error: int) -> bytes:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > limit:
            raise ApiError(error)
    return bytes(body)


def _read_object(body: bytes) -> dict[str, Any]:
    try:
        told = json.loads(body.decode())
    except (ValueError, RecursionError) as error:
        raise ApiError(47001) from error
    if not isinstance(told, dict):
        raise ApiError(47001)
    if _ESCAPE.search(body):
        _check_characters(told)
    return told


def _check_characters(told: dict[str, Any]) -> None:
    """Refuse half of a pair of surrogates, which only an escape can bring: it is no text."""
    try:
        json.dumps(told, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ApiError(40033) from error


async def _read_parts(request: Request, body: bytes, given: _Given) -> None:
    async def once() -> AsyncGenerator[bytes, None]:
        yield body

    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise ApiError(41005)
    try:
        form = await MultiPartParser(request.headers, once()).parse()
    except (MultiPartException, KeyError, ValueError) as error:
        raise ApiError(41005) from error
    for name, part in form.multi_items():
        if isinstance(part, UploadFile):
            media_type = part.content_type or "application/octet-stream"
            given.uploads[name] = Upload(part.filename or "", media_type, await part.read())
        else:
            given.params.setdefault(name, part)
    await form.close()


def _check_caller(sandbox: Sandbox, interface: Interface, request: Request, given: _Given) -> None:
    if interface.access in ("web", "open"):
        return
    if interface.access == "secret":
        account = _by_secret(sandbox, given.params)
    else:
        token = str(given.params.get("access_token", ""))
        account = sandbox.by_appid[sandbox.tokens.owner_of(token, sandbox.clock.now())]
    given.account = account
    address = request.client.host if request.client else ""
    # The web login is asked from anywhere; the interfaces of the account are not.
    guarded = not request.url.path.startswith("/sns/")
    if guarded and account.ip_whitelist and address not in account.ip_whitelist:
        raise ApiError(40164, f"{address}, not in whitelist")
    if guarded and account.ip_confirmation != "given":
        raise ApiError(_UNCONFIRMED[account.ip_confirmation], address)
    if interface.ability is not None and not may(account, interface.ability):
        raise ApiError(48001)
    sandbox.quotas.count_call(account, request.url.path, sandbox.clock.now())


def _by_secret(sandbox: Sandbox, params: dict[str, Any]) -> Account:
    if not params.get("appid"):
        raise ApiError(41002)
    account = sandbox.by_appid.get(str(params["appid"]))
    if account is None:
        raise ApiError(40013)
    # clear_quota/v2 calls it by another name.
    secret = str(params.get("secret") or params.get("appsecret") or "")
    if not secret:
        raise ApiError(41004)
    if not hmac.compare_digest(secret.encode(), account.secret.encode()):
        raise ApiError(40125)
    if account.secret_frozen:
        raise ApiError(40243)
    return account


def _body_of(answer: Answer) -> bytes:
    if isinstance(answer, Binary):
        return answer.body
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()


def _wire(path: str, answer: Answer, body: bytes, fault: Fault | None) -> Response:
    if fault is not None and fault.drop:
        return Dropped()
    status = 200
    if isinstance(answer, Binary):
        status = answer.status
        headers = {"content-type": answer.media_type, **answer.headers}
        if answer.filename:
            name = quote(answer.filename)
            headers["content-disposition"] = f"attachment; filename*=UTF-8''{name}"
    elif path.startswith("/sns/"):
        headers = {"content-type": "text/plain"}
    else:
        headers = {"content-type": "application/json; encoding=utf-8"}
    if fault is not None and fault.http_status is not None:
        status = fault.http_status
    return Response(body, status_code=status, headers=headers)


def _rid(sandbox: Sandbox) -> str:
    return f"{int(sandbox.clock.now()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def _note(
    sandbox: Sandbox,
    request: Request,
    answer: Answer,
    given: _Given,
    started: float,
    fault: Fault | None,
    rid: str,
) -> None:
    told = {} if isinstance(answer, Binary) else answer
    code = told.get("errcode", 0)
    sandbox.journal.write(
        at=sandbox.clock.now(),
        kind="api",
        outcome="ok" if code == 0 else "refused",
        subject=f"{request.method} {request.url.path}",
        result="ok" if code == 0 else str(code),
        account=given.account.slug if given.account else "",
        message=told.get("errmsg", "") if code else "",
        ordered_fault="yes" if fault is not None else "",
        escaped="yes" if given.is_escaped else "",
        took_ms=round((time.perf_counter() - started) * 1000, 1),
        rid=rid,
        request=json.dumps(given.params, ensure_ascii=False) if given.params else "",
        answer=json.dumps(told, ensure_ascii=False) if told else "",
    )
