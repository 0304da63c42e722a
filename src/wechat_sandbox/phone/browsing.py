# SPDX-License-Identifier: Apache-2.0
"""Open a page as WeChat's browser would, without a browser."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urljoin

import httpx

from wechat_sandbox.addresses import parts_of
from wechat_sandbox.errors import AuthorizeRefused
from wechat_sandbox.phone.authorize import Decision, decide_address
from wechat_sandbox.state import Sandbox

USER_AGENT = (
    "Mozilla/5.0 (Linux; Android 14; Sample Phone) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/126.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.54 Language/zh_CN"
)
_MAX_STEPS = 10
_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Visit:
    """Where the phone ended up: `status` is 0 when the page could not be reached."""

    status: int
    url: str
    steps: tuple[str, ...]


async def visit(sandbox: Sandbox, url: str, number: int, decision: Decision) -> Visit:
    """Follow redirects from an address as this citizen, answering consent on the way."""
    steps: list[str] = []
    async with sandbox.sender.visitor(USER_AGENT, _TIMEOUT_S) as client:
        while len(steps) < _MAX_STEPS:
            steps.append(_without_secrets(url))
            if parts_of(url).path == "/connect/oauth2/authorize":
                try:
                    url = decide_address(sandbox, url, number, decision)
                except AuthorizeRefused:
                    return Visit(400, steps[-1], tuple(steps))
                continue
            try:
                response = await client.get(url)
            except (httpx.HTTPError, httpx.InvalidURL):
                return Visit(0, steps[-1], tuple(steps))
            if not response.has_redirect_location:
                return Visit(response.status_code, steps[-1], tuple(steps))
            url = urljoin(url, response.headers["location"])
    return Visit(310, steps[-1], tuple(steps))


def _without_secrets(url: str) -> str:
    # Codes and states stay out of what is shown.
    return url.partition("?")[0]
