# SPDX-License-Identifier: Apache-2.0
"""The wire conventions around every interface: always HTTP 200, a rid in each refusal."""

from __future__ import annotations

import asyncio
import hmac
import json
import secrets
import time
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from wechat_sandbox.accounts import Account
from wechat_sandbox.api_calls import INTERFACES, Answer, Call, Interface
from wechat_sandbox.errors import ApiError
from wechat_sandbox.faults import Fault
from wechat_sandbox.state import Sandbox

MAX_BODY = 1024 * 1024


class Dropped(Response):
    """Promise a body and break off, as a line that goes dead does."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"512")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"{", "more_body": True})


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
    account: Account | None = None
    try:
        if fault is not None and fault.errcode is not None:
            raise ApiError(fault.errcode)
        params = await _read_params(request, interface)
        account = _caller(sandbox, interface, request, params)
        if account is not None:
            sandbox.quotas.count_call(account, path, sandbox.clock.now())
        answer = interface.answer(sandbox, Call(account, params, sandbox.clock.now()))
    except ApiError as error:
        answer = {"errcode": error.code, "errmsg": f"{error.message} rid: {_rid(sandbox)}"}
    _note(sandbox, request, answer, account, started, fault)
    return _wire(path, answer, fault)


async def _read_params(request: Request, interface: Interface) -> dict[str, Any]:
    if request.method != interface.method:
        raise ApiError(43001 if interface.method == "GET" else 43002)
    params: dict[str, Any] = dict(request.query_params)
    if interface.method == "GET":
        return params
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            raise ApiError(47001)
    if not body.strip():
        raise ApiError(44002)
    try:
        given = json.loads(body)
    except ValueError as error:
        raise ApiError(47001) from error
    if not isinstance(given, dict):
        raise ApiError(47001)
    return {**given, **params}


def _caller(
    sandbox: Sandbox, interface: Interface, request: Request, params: dict[str, Any]
) -> Account | None:
    if interface.access == "web":
        return None
    if interface.access == "secret":
        account = _by_secret(sandbox, params)
    else:
        owner = sandbox.tokens.owner_of(str(params.get("access_token", "")), sandbox.clock.now())
        account = sandbox.by_appid[owner]
    address = request.client.host if request.client else ""
    # The web login is asked from anywhere; the interfaces of the account are not.
    guarded = not request.url.path.startswith("/sns/")
    if guarded and account.ip_whitelist and address not in account.ip_whitelist:
        raise ApiError(40164, f"{address}, not in whitelist")
    return account


def _by_secret(sandbox: Sandbox, params: dict[str, Any]) -> Account:
    if not params.get("appid"):
        raise ApiError(41002)
    account = sandbox.by_appid.get(str(params["appid"]))
    if account is None:
        raise ApiError(40013)
    secret = str(params.get("secret", ""))
    if not secret:
        raise ApiError(41004)
    if not hmac.compare_digest(secret.encode(), account.secret.encode()):
        raise ApiError(40125)
    if account.secret_frozen:
        raise ApiError(40243)
    return account


def _wire(path: str, answer: Answer, fault: Fault | None) -> Response:
    if fault is not None and fault.drop:
        return Dropped()
    media = "text/plain" if path.startswith("/sns/") else "application/json; encoding=utf-8"
    status = 200
    if fault is not None and fault.http_status is not None:
        status = fault.http_status
    body = json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, status_code=status, headers={"content-type": media})


def _rid(sandbox: Sandbox) -> str:
    return f"{int(sandbox.clock.now()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(4)}"


def _note(
    sandbox: Sandbox,
    request: Request,
    answer: Answer,
    account: Account | None,
    started: float,
    fault: Fault | None,
) -> None:
    code = answer.get("errcode", 0)
    sandbox.journal.write(
        at=sandbox.clock.now(),
        kind="api",
        outcome="ok" if code == 0 else "refused",
        subject=f"{request.method} {request.url.path}",
        result="ok" if code == 0 else str(code),
        account=account.slug if account else "",
        message=answer.get("errmsg", "") if code else "",
        ordered_fault="yes" if fault is not None else "",
        took_ms=round((time.perf_counter() - started) * 1000, 1),
    )
