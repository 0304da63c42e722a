# SPDX-License-Identifier: Apache-2.0
"""A product and a sandbox on real ports, and people who use the phone in a browser."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Locator, Page

from wechat_sandbox.accounts import sample_account
from wechat_sandbox.app import create_app
from wechat_sandbox.settings import Settings
from wechat_sandbox.tests.fake_product import build_product
from wechat_sandbox.tests.given import SECRET
from wechat_sandbox.tests.live import free_port, served


@contextmanager
def served_world() -> Iterator[tuple[str, str]]:
    """Serve a product and a sandbox; yield their addresses."""
    product, sandbox = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    settings = Settings(
        product_url=product, sandbox_url=sandbox, accounts=(sample_account(product),)
    )
    ports = [int(address.rpartition(":")[2]) for address in (product, sandbox)]
    with served(build_product(product, sandbox), ports[0]), served(create_app(settings), ports[1]):
        yield product, sandbox


def given_page(chromium: Browser, size: dict[str, int], *, script: bool = True) -> Page:
    context = chromium.new_context(viewport=size, java_script_enabled=script, locale="zh-CN")
    context.set_default_timeout(30_000)  # only what fails waits so long
    page = context.new_page()
    # A page that breaks its own policy or throws is a failure wherever it happens.
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("console", lambda line: _no_breach(line.text))
    return page


def _no_breach(text: str) -> None:
    if "Content Security Policy" in text:
        pytest.fail(text)


def take_phone(page: Page, sandbox: str, name: str) -> None:
    page.goto(f"{sandbox}/people")
    page.get_by_role("button", name=name).locator("visible=true").first.click()
    page.wait_for_url(f"{sandbox}/")


def phone_of(page: Page) -> Locator:
    """Return the phone without the desk around it, whose log repeats the words."""
    return page.locator("#phone")


def follow(page: Page, sandbox: str) -> None:
    page.goto(f"{sandbox}/accounts/sandbox")
    page.get_by_role("button", name="关注公众号").click()
    page.wait_for_url(f"{sandbox}/chats/sandbox")


def call_api(sandbox: str, path: str, **asked: Any) -> dict[str, Any]:
    """Call an interface of the account as its server would, and return the answer."""
    body = json.dumps(asked, ensure_ascii=False).encode()
    return _asked(sandbox, path, content=body)


def upload_picture(sandbox: str, picture: bytes) -> str:
    """Put a picture into the account's library and return its media id."""
    told = _asked(
        sandbox,
        "/cgi-bin/material/add_material?type=image",
        files={"media": ("cover.png", picture, "image/png")},
    )
    return str(told["media_id"])


def _asked(sandbox: str, path: str, **request: Any) -> dict[str, Any]:
    with httpx.Client(base_url=sandbox, trust_env=False, timeout=10) as client:
        credential = {"grant_type": "client_credential", **SECRET}
        token = client.post("/cgi-bin/stable_token", json=credential).json()["access_token"]
        joint = "&" if "?" in path else "?"
        answer = client.post(f"{path}{joint}access_token={token}", **request).json()
    assert answer.get("errcode", 0) == 0, answer
    return dict(answer)


def give_order(sandbox: str, name: str, **asked: Any) -> dict[str, Any]:
    answer = httpx.post(f"{sandbox}/_sim/{name}", json=asked, trust_env=False, timeout=10)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def see(sandbox: str, name: str, **query: Any) -> dict[str, Any]:
    """Look at one of the control plane's views."""
    answer = httpx.get(f"{sandbox}/_sim/{name}", params=query, trust_env=False, timeout=10)
    return dict(answer.json())
