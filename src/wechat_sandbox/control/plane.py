# SPDX-License-Identifier: Apache-2.0
"""The control plane `/_sim/*`: what tests, a crowd and a developer's scripts ask for.

Only this machine may ask, and only with JSON, which no foreign web page can send unasked.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from wechat_sandbox import people
from wechat_sandbox.api_edge import MAX_BODY
from wechat_sandbox.clock import china_time
from wechat_sandbox.control import accounts, acts, jobs
from wechat_sandbox.control.base import (
    Asked,
    BadOrder,
    Order,
    View,
    read_account,
    read_citizen,
    read_whole,
)
from wechat_sandbox.errors import AuthorizeRefused
from wechat_sandbox.faults import Fault
from wechat_sandbox.interfaces import INTERFACES
from wechat_sandbox.phone.authorize import decide_address, read_decision
from wechat_sandbox.phone.browsing import Visit, visit
from wechat_sandbox.state import Sandbox

_LOOPBACK = frozenset({"127.0.0.1", "::1", "::ffff:127.0.0.1", "localhost"})
_MAX_LISTED = 1_000
_MAX_ADVANCE_S = 366 * 86_400


def control_routes() -> list[Route]:
    """Return the routes of the control plane."""
    orders: dict[str, Order] = {
        **acts.ORDERS,
        "verify": _verify,
        "open": _open,
        "click": _click,
        "oauth": _oauth,
        "clock": _advance,
        "faults": _order_fault,
        "faults/clear": _clear_faults,
        **jobs.ORDERS,
        **accounts.ORDERS,
    }
    views: dict[str, View] = {
        "log": _log,
        "state": _state,
        "citizens": _citizens,
        "chat": _chat,
        **acts.VIEWS,
        **jobs.VIEWS,
        **accounts.VIEWS,
    }
    routes = [
        Route(f"/_sim/{name}", _ordered(order), methods=["POST"]) for name, order in orders.items()
    ]
    return routes + [Route(f"/_sim/{name}", _viewed(view)) for name, view in views.items()]


def _ordered(
    order: Callable[[Sandbox, Asked], Awaitable[Asked]],
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            _check_neighbour(request)
            return JSONResponse(await order(request.app.state.sandbox, await _read_json(request)))
        except BadOrder as error:
            return _refusal(error)

    return endpoint


def _viewed(view: Callable[[Sandbox, Asked], Asked]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        try:
            _check_neighbour(request)
            return JSONResponse(view(request.app.state.sandbox, dict(request.query_params)))
        except BadOrder as error:
            return _refusal(error)

    return endpoint


async def _verify(sandbox: Sandbox, asked: Asked) -> Asked:
    return {"fault": await sandbox.sender.verify(read_account(sandbox, asked))}


async def _open(sandbox: Sandbox, asked: Asked) -> Asked:
    return asdict(await _visited(sandbox, str(asked.get("url", "")), asked))


async def _click(sandbox: Sandbox, asked: Asked) -> Asked:
    account, number = read_account(sandbox, asked), read_citizen(asked)
    links = sandbox.chat_of(account, number).links()
    place = asked.get("link", 0)
    if not isinstance(place, int) or not 0 <= place < len(links):
        raise BadOrder("no_such_link", f"The newest message has {len(links)} links; count from 0.")
    return asdict(await _visited(sandbox, links[place], asked))


async def _oauth(sandbox: Sandbox, asked: Asked) -> Asked:
    try:
        redirect = decide_address(
            sandbox,
            str(asked.get("url", "")),
            read_citizen(asked),
            read_decision(str(asked.get("decision", "allow"))),
        )
    except AuthorizeRefused as error:
        raise BadOrder(
            "authorize_refused", f"WeChat would show error {error.code} for this address."
        ) from error
    except ValueError as error:
        raise BadOrder("bad_decision", "decision: allow, deny or snapshot.") from error
    return {"redirect": redirect}


async def _advance(sandbox: Sandbox, asked: Asked) -> Asked:
    seconds = asked.get("advance_s", 0)
    # Written so that NaN, which JSON readers let through, is refused too.
    if not isinstance(seconds, int | float) or not 0 <= seconds <= _MAX_ADVANCE_S:
        raise BadOrder("bad_seconds", f"advance_s: 0 to {_MAX_ADVANCE_S} seconds.")
    sandbox.clock.advance(seconds)
    return _clock_state(sandbox)


async def _order_fault(sandbox: Sandbox, asked: Asked) -> Asked:
    fault = _read_fault(asked)
    sandbox.faults.order(fault)
    return {"waiting": [asdict(one) for one in sandbox.faults.waiting()]}


async def _clear_faults(sandbox: Sandbox, asked: Asked) -> Asked:
    sandbox.faults.clear()
    return {"waiting": []}


def _log(sandbox: Sandbox, asked: Asked) -> Asked:
    entries = sandbox.journal.since(read_whole(asked.get("after", 0), "after"))
    kind = asked.get("kind")
    return {
        "last": sandbox.journal.last,
        "entries": [
            {**asdict(entry), "facts": dict(entry.facts)}
            for entry in entries
            if kind in (None, entry.kind)
        ],
    }


def _state(sandbox: Sandbox, asked: Asked) -> Asked:
    settings = sandbox.settings
    return {
        "product_url": settings.product_url,
        "sandbox_url": settings.sandbox_url,
        "clock": _clock_state(sandbox),
        "accounts": [
            {
                "slug": account.slug,
                "appid": account.appid,
                "name": account.name,
                "mode": account.mode,
                "callback_url": account.callback_url,
                "followers": sum(1 for appid, _ in sandbox.follows if appid == account.appid),
            }
            for account in sandbox.accounts
        ],
        "calls_today": sandbox.quotas.used_today(sandbox.clock.now()),
        "faults": [asdict(fault) for fault in sandbox.faults.waiting()],
    }


def _citizens(sandbox: Sandbox, asked: Asked) -> Asked:
    first = read_whole(asked.get("first", 1), "first")
    count = read_whole(asked.get("count", people.HAND_MADE), "count")
    if first < 1 or not 0 <= count <= _MAX_LISTED:
        raise BadOrder("bad_range", f"first: from 1; count: at most {_MAX_LISTED}.")
    numbers = range(first, min(first + count, people.MAX_CITIZENS + 1))
    return {"citizens": [_described(sandbox, number) for number in numbers]}


def _chat(sandbox: Sandbox, asked: Asked) -> Asked:
    account, number = read_account(sandbox, asked), read_citizen(asked)
    chat = sandbox.chat_of(account, number)
    return {
        "following": sandbox.follow_of(account, number).subscribed,
        "waiting": chat.waiting,
        "bubbles": [asdict(bubble) for bubble in chat.bubbles],
    }


def _described(sandbox: Sandbox, number: int) -> Asked:
    person = people.citizen(number)
    return {
        "number": number,
        "name": person.name,
        "age": person.age,
        "calling": person.calling,
        "openids": {
            account.slug: people.openid_of(account.appid, number) for account in sandbox.accounts
        },
    }


async def _visited(sandbox: Sandbox, url: str, asked: Asked) -> Visit:
    if not url.startswith(("http://", "https://")):
        raise BadOrder("bad_url", "url: an http or https address.")
    try:
        return await visit(
            sandbox, url, read_citizen(asked), read_decision(str(asked.get("decision", "allow")))
        )
    except ValueError as error:
        raise BadOrder("bad_decision", "decision: allow, deny or snapshot.") from error


def _read_fault(asked: Asked) -> Fault:
    if unknown := set(asked) - {field.name for field in fields(Fault)}:
        raise BadOrder("bad_fault", f"Unknown: {', '.join(sorted(unknown))}.")
    path, drop = asked.get("path"), asked.get("drop", False)
    if path not in INTERFACES:
        raise BadOrder("unknown_path", f"path: one of {', '.join(INTERFACES)}.")
    times = read_whole(asked.get("times", 1), "times")
    delay_ms = read_whole(asked.get("delay_ms", 0), "delay_ms")
    if times < 1 or not 0 <= delay_ms <= 60_000 or not isinstance(drop, bool):
        raise BadOrder("bad_fault", "times: at least 1; delay_ms: 0 to 60000; drop: true or false.")
    errcode, http_status = asked.get("errcode"), asked.get("http_status")
    if http_status is not None and not 200 <= read_whole(http_status, "http_status") <= 599:
        raise BadOrder("bad_fault", "http_status: 200 to 599.")
    return Fault(
        path=path,
        times=times,
        errcode=None if errcode is None else read_whole(errcode, "errcode"),
        delay_ms=delay_ms,
        http_status=http_status,
        drop=drop,
    )


def _clock_state(sandbox: Sandbox) -> Asked:
    now = sandbox.clock.now()
    return {
        "now": now,
        "china": china_time(now).isoformat(timespec="seconds"),
        "ahead_s": sandbox.clock.ahead,
    }


def _check_neighbour(request: Request) -> None:
    if request.client is None or request.client.host not in _LOOPBACK:
        raise BadOrder("not_from_here", "The control plane answers this machine only.")


async def _read_json(request: Request) -> Asked:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise BadOrder("not_json", "Send a JSON object with Content-Type application/json.")
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > MAX_BODY:
            raise BadOrder("too_large", f"At most {MAX_BODY} bytes.")
    try:
        asked = json.loads(body or b"{}")
        json.dumps(asked, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (ValueError, RecursionError) as error:
        raise BadOrder("not_json", "Send a JSON object.") from error
    if not isinstance(asked, dict):
        raise BadOrder("not_json", "Send a JSON object.")
    return asked


def _refusal(error: BadOrder) -> Response:
    status = 403 if error.code == "not_from_here" else 400
    return JSONResponse({"code": error.code, "detail": error.sentence}, status_code=status)
