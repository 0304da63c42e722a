# SPDX-License-Identifier: Apache-2.0
"""Post to the callback application as WeChat would."""

import asyncio
import atexit
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, TypeVar

import httpx

from minyi.wechat.callback.answering import find_answerer
from minyi.wechat.callback.app import CallbackApp
from minyi.wechat.callback.endpoints import Endpoints
from minyi.wechat.callback.errands import Errands
from minyi.wechat.callback.inbox import InboxWriter
from minyi.wechat.callback.reception import Reception
from minyi.wechat.callback.recorder import Record, ThreadRecorder
from minyi.wechat.callback.slow import DEADLINE_S, SlowLane
from minyi.wechat.services.inbox import Letter, Recorded, Says
from minyi.wechat.tests.given import given_endpoint, sealed_post

# One loop for all posts: a ballot box, like a server, lives on the loop it began on.
_loop = asyncio.new_event_loop()


@atexit.register
def _end_loop() -> None:
    for task in asyncio.all_tasks(_loop):
        task.cancel()  # what a test left unwritten
    _loop.run_until_complete(asyncio.sleep(0))
    _loop.close()


T = TypeVar("T")
CALLBACK = "http://minyi.example/wechat/sandbox/callback"


def written(letters: Sequence[Letter]) -> list[Recorded]:
    """A database that takes everything and knows nobody."""
    return [Recorded(True, Says.CALLED if letter.calls else Says.ANSWER) for letter in letters]


class Line:
    """One callback application that answers many posts; without `record` nothing is kept."""

    finishes = True  # what answers late, before the next post

    def __init__(
        self,
        *endpoints: tuple[str, object],
        record: Record = written,
        errands: Errands | None = None,
        deadline_s: float = DEADLINE_S,
        **options: object,
    ) -> None:
        known = dict(endpoints or [given_endpoint()])
        self._endpoints = Endpoints(lambda: known)
        self.writer = InboxWriter(ThreadRecorder(record))
        errands = errands or Errands(find_answerer=find_answerer)
        self.slow = SlowLane(errands, deadline_s=deadline_s)
        reception = Reception(writer=self.writer, slow=self.slow)
        self.app = CallbackApp(self._endpoints, reception, **options)

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
            answer = await self._request(method, url, body)
            if self.finishes:
                await self.slow.finish()
            return answer

        return self.run(send())

    async def hand_in(self, xml: bytes) -> httpx.Response:
        """Post a message beside others, from what runs on the one loop."""
        query, body = sealed_post(xml)
        return await self._request("POST", f"{CALLBACK}?{query}", body)

    async def _request(self, method: str, url: str, body: object) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app)
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.request(method, url, content=body)

    def close(self) -> None:
        """Have everything written down."""
        self.run(self.writer.close())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Let the one loop of all posts do something."""
        return _loop.run_until_complete(work)
