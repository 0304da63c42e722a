# SPDX-License-Identifier: Apache-2.0
"""This process's line to WeChat: one event loop in a thread of its own.

Views run in many threads. Here they share one pool of connections and one fetch of each token.
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import TimeoutError as TooSlow
from functools import cache as once
from typing import Any, TypeVar

import httpx
from django.conf import settings
from django.core.cache import cache

from minyi.core.outages import cache_errors

from .api_errors import Unanswered
from .client import TIMEOUT, WebIdentity, WeChatClient
from .kept import KeptValues
from .queries import Account

PATIENCE_S = 10

T = TypeVar("T")


class Line:
    """The loop, its connections and the values they share."""

    def __init__(self, *, base_url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._base_url = base_url
        self._loop = asyncio.new_event_loop()
        # No proxy from the environment and no redirects: we call WeChat and nobody else.
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, transport=transport)
        self._kept = KeptValues(cache)
        self._thread = threading.Thread(target=self._run, name="wechat-line", daemon=True)
        self._thread.start()

    def exchange_code(self, account: Account, code: str) -> WebIdentity:
        """Ask WeChat whom a login code belongs to."""
        return self._wait_for(self._client(account).exchange_code(code))

    def access_token(self, account: Account) -> str:
        """Return the account's stable token."""
        return self._wait_for(self._client(account).access_token())

    def js_ticket(self, account: Account) -> str:
        """Return the account's JS ticket."""
        return self._wait_for(self._client(account).js_ticket())

    def hang_up(self) -> None:
        """Close the connections and end the loop."""
        self._wait_for(self._http.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def _client(self, account: Account) -> WeChatClient:
        return WeChatClient(account, base_url=self._base_url, http=self._http, kept=self._kept)

    def _wait_for(self, answer: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(answer, self._loop)
        try:
            return future.result(PATIENCE_S)
        except TooSlow:
            future.cancel()
            raise Unanswered("wechat", reason="too slow") from None
        except cache_errors() as error:
            raise Unanswered("shared cache", reason=type(error).__name__) from error


@once
def the_line() -> Line:
    """Return the line to the WeChat named in the settings; opened by the first who asks."""
    return Line(base_url=settings.WECHAT_API_URL)
