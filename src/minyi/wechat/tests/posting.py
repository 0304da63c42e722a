# SPDX-License-Identifier: Apache-2.0
"""Post to the callback application as WeChat would."""

import asyncio
from collections.abc import AsyncIterator

import httpx

from minyi.wechat.callback import CallbackApp
from minyi.wechat.desks import Desks
from minyi.wechat.tests.given import given_desk

CALLBACK = "http://minyi.example/wechat/sandbox/callback"


class Line:
    """One callback application that answers many posts."""

    def __init__(self, *desks: tuple[str, object], **options: object) -> None:
        known = dict(desks or [given_desk()])
        self._desks = Desks(lambda: known)
        self.app = CallbackApp(self._desks, **options)

    def post(self, query: str, body: bytes, url: str = CALLBACK) -> httpx.Response:
        return self._send("POST", f"{url}?{query}", body)

    def get(self, query: str, url: str = CALLBACK) -> httpx.Response:
        return self._send("GET", f"{url}?{query}")

    def send(self, method: str, url: str = CALLBACK) -> httpx.Response:
        return self._send(method, url)

    def post_in_pieces(self, query: str, pieces: list[bytes], pause_s: float = 0) -> httpx.Response:
        async def stream() -> AsyncIterator[bytes]:
            for piece in pieces:
                yield piece
                await asyncio.sleep(pause_s)

        return self._send("POST", f"{CALLBACK}?{query}", stream())

    def _send(self, method: str, url: str, body: object = None) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.request(method, url, content=body)

        return asyncio.run(send())
