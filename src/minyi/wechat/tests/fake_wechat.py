# SPDX-License-Identifier: Apache-2.0
"""A WeChat that answers what a test tells it to, and remembers what it was asked."""

import json
from collections.abc import Callable
from typing import Any

import httpx

from minyi.wechat.client import WeChatClient
from minyi.wechat.connection.line import Line
from minyi.wechat.connection.shelves import MemoryShelf
from minyi.wechat.queries import Account

APPID = "wx5a4d1e9c0b7f2e63"
SECRET = "a-secret-that-nobody-may-see"
TOKEN = "99_a-token-that-nobody-may-see"
URL = "https://api.weixin.example"

Reply = dict[str, Any] | bytes | httpx.Response | Exception


class FakeWeChat:
    """Hands out tokens by itself; everything else in the order it was told, then `{}`."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.tokens = 0
        self.dead_token = ""
        self._replies: list[Reply] = []

    def will(self, *replies: Reply) -> None:
        self._replies.extend(replies)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        if request.url.path == "/cgi-bin/stable_token":
            self.tokens += 1
            return self._answer({"access_token": f"{TOKEN}{self.tokens}", "expires_in": 7200})
        self.requests.append(request)
        if self.dead_token and request.url.params.get("access_token") == self.dead_token:
            return self._answer({"errcode": 42001, "errmsg": "access_token expired"})
        return self._answer(self._replies.pop(0) if self._replies else {})

    @staticmethod
    def _answer(reply: Reply) -> httpx.Response:
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, httpx.Response):
            return reply
        if isinstance(reply, bytes):
            return httpx.Response(200, content=reply)
        # As /sns/* does it, whatever is inside.
        text = json.dumps(reply, ensure_ascii=False)
        return httpx.Response(200, text=text, headers={"Content-Type": "text/plain"})

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]

    @property
    def body(self) -> dict[str, Any]:
        """What the last call carried."""
        return json.loads(self.last.content)

    @property
    def asked(self) -> str:
        return f"{self.last.method} {self.last.url.path}"

    @property
    def query(self) -> dict[str, str]:
        """The last call's parameters without its token."""
        return {k: v for k, v in self.last.url.params.items() if k != "access_token"}


class FakeLine:
    """A line to the fake, for one account."""

    def __init__(self, wechat: FakeWeChat, account: Account, **options: Any) -> None:
        self.account = account
        transport = httpx.MockTransport(wechat)
        self.line = Line(base_url=URL, transport=transport, shelf=MemoryShelf(), **options)

    def __call__(self, ask: Callable[[WeChatClient], Any]) -> Any:
        return self.line.call(self.account, ask)


def an_account(kind: str = "SVC", *, is_verified: bool = True) -> Account:
    return Account(
        slug="office",
        name="青禾政务服务（示例）",
        kind=kind,
        is_verified=is_verified,
        appid=APPID,
        original_id="gh_5a4d1e9c0b7f",
        mode="secure",
        secret=SECRET,
    )
