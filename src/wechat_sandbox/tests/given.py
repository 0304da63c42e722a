# SPDX-License-Identifier: Apache-2.0
"""Builders for the sandbox's tests: a sandbox, a client on it, and the outside world."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx

from wechat_sandbox.accounts import Account, sample_account
from wechat_sandbox.app import create_app
from wechat_sandbox.clock import Clock
from wechat_sandbox.settings import Settings

PRODUCT = "http://127.0.0.1:8000"
SANDBOX = "http://127.0.0.1:8010"
START = 1_795_000_000.0
ACCOUNT = sample_account(PRODUCT)
SECRET = {"appid": ACCOUNT.appid, "secret": ACCOUNT.secret}

Answering = Callable[[httpx.Request], Awaitable[httpx.Response]]


def given_clock() -> Clock:
    return Clock(lambda: START)


def given_account(**changes: Any) -> Account:
    return replace(ACCOUNT, **changes)


def given_client(
    *accounts: Account,
    product: Answering | None = None,
    callback_timeout_s: float = 5.0,
    client_address: str = "127.0.0.1",
) -> httpx.AsyncClient:
    """Return a client on a fresh sandbox; `product` answers its callbacks."""
    app = create_app(
        Settings(product_url=PRODUCT, sandbox_url=SANDBOX, accounts=accounts or (ACCOUNT,)),
        clock=given_clock(),
        transport=httpx.MockTransport(product) if product else None,
        callback_timeout_s=callback_timeout_s,
    )
    transport = httpx.ASGITransport(app=app, client=(client_address, 40000))
    return httpx.AsyncClient(transport=transport, base_url=SANDBOX)


async def order(client: httpx.AsyncClient, name: str, /, **asked: Any) -> dict[str, Any]:
    """Give an order to the control plane and return its answer."""
    answer = await client.post(f"/_sim/{name}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def advance(client: httpx.AsyncClient, seconds: float) -> None:
    await order(client, "clock", advance_s=seconds)


async def call(client: httpx.AsyncClient, path: str, **params: Any) -> dict[str, Any]:
    """Call an interface with GET and return its JSON."""
    answer = await client.get(path, params=params)
    assert answer.status_code == 200
    return answer.json()


async def legacy_token(client: httpx.AsyncClient) -> str:
    answer = await call(client, "/cgi-bin/token", grant_type="client_credential", **SECRET)
    return answer["access_token"]


async def stable_token(client: httpx.AsyncClient, *, force: bool = False) -> dict[str, Any]:
    asked = {"grant_type": "client_credential", "force_refresh": force, **SECRET}
    return (await client.post("/cgi-bin/stable_token", json=asked)).json()


async def errcode_of_token(client: httpx.AsyncClient, token: str) -> int:
    """Return the error code an interface gives for this token, 0 when it works."""
    answer = await call(client, "/cgi-bin/getcallbackip", access_token=token)
    return answer.get("errcode", 0)


def authorize_url(
    *,
    scope: str = "snsapi_base",
    back: str = f"{PRODUCT}/wechat/sandbox/oauth?next=%2Fc%2F",
    **changes: str,
) -> str:
    query = {
        "appid": ACCOUNT.appid,
        "redirect_uri": back,
        "response_type": "code",
        "scope": scope,
        "state": "abc123",
    } | changes
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in query.items())
    return f"{SANDBOX}/connect/oauth2/authorize?{pairs}#wechat_redirect"


async def code_for(client: httpx.AsyncClient, citizen: int, **changes: Any) -> str:
    """Let a citizen allow a login and return the code the site receives."""
    decision = changes.pop("decision", "allow")
    url = authorize_url(**changes)
    answer = await order(client, "oauth", citizen=citizen, url=url, decision=decision)
    return parse_qs(urlsplit(answer["redirect"]).query)["code"][0]


async def redeem(client: httpx.AsyncClient, code: str) -> dict[str, Any]:
    return await call(
        client, "/sns/oauth2/access_token", code=code, grant_type="authorization_code", **SECRET
    )
