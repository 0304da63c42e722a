# SPDX-License-Identifier: Apache-2.0
"""This process's line to WeChat: one event loop in a thread of its own.

Views run in many threads. Here they share one pool of connections and one fetch of each token.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from concurrent.futures import TimeoutError as TooSlow
from functools import cache as once
from typing import Any, TypeVar

import httpx
from django.conf import settings
from django.utils import timezone

from ..client import TIMEOUT, WebIdentity, WeChatClient
from ..client.api_errors import Unanswered
from ..client.seals import NO_SEAL, Seal
from ..client.transport import silence_addresses
from ..client.wechat_client import MP_URL
from ..queries import Account
from .kept import KeptValues, Shelf
from .sealing import seals_from
from .shelves import DatabaseShelf, mark_of

PATIENCE_S = 10

T = TypeVar("T")


class Line:
    """The loop, its connections and the values they share."""

    def __init__(
        self,
        *,
        base_url: str,
        mp_url: str = MP_URL,
        transport: httpx.AsyncBaseTransport | None = None,
        shelf: Shelf | None = None,
        seals: Mapping[str, Seal] | None = None,
    ) -> None:
        silence_addresses()
        self._base_url = base_url
        self._mp_url = mp_url
        self._seals = seals or {}  # of the accounts that seal their calls, by slug
        self._loop = asyncio.new_event_loop()
        # No proxy from the environment and no redirects: we call WeChat and nobody else.
        self._http = httpx.AsyncClient(timeout=TIMEOUT, trust_env=False, transport=transport)
        self._shelf = shelf or DatabaseShelf()
        self._kept = KeptValues(self._shelf, clock=timezone.now, mark_of=mark_of)
        self._thread = threading.Thread(target=self._run, name="wechat-line", daemon=True)
        self._thread.start()

    def call(
        self,
        account: Account,
        ask: Callable[[WeChatClient], Awaitable[T]],
        *,
        patience_s: float | None = None,
    ) -> T:
        """Ask WeChat for this account and wait for the answer.

        `the_line().call(account, lambda client: client.menus.current())`. Raises ApiError,
        Unanswered, and BeyondLimits for what WeChat would refuse anyway.
        """

        async def asking() -> T:
            return await ask(self._client(account))

        return self._wait_for(asking(), patience_s)

    def exchange_code(self, account: Account, code: str) -> WebIdentity:
        """Ask WeChat whom a login code belongs to."""
        return self.call(account, lambda client: client.exchange_code(code))

    def access_token(self, account: Account) -> str:
        """Return the account's stable token."""
        return self.call(account, lambda client: client.access_token())

    def js_ticket(self, account: Account) -> str:
        """Return the account's JS ticket."""
        return self.call(account, lambda client: client.js_ticket())

    def hang_up(self) -> None:
        """Close the connections and end the loop."""
        self._wait_for(self._http.aclose())
        self._shelf.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE_S)

    def _run(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    def _client(self, account: Account) -> WeChatClient:
        return WeChatClient(
            account,
            base_url=self._base_url,
            mp_url=self._mp_url,
            http=self._http,
            kept=self._kept,
            seal=self._seals.get(account.slug, NO_SEAL),
        )

    def _wait_for(self, answer: Coroutine[Any, Any, T], patience_s: float | None = None) -> T:
        future = asyncio.run_coroutine_threadsafe(answer, self._loop)
        try:
            return future.result(PATIENCE_S if patience_s is None else patience_s)
        except TooSlow:
            future.cancel()
            raise Unanswered("wechat", reason="too slow") from None


@once
def the_line() -> Line:
    """Return the line to the WeChat named in the settings; opened by the first who asks."""
    return Line(
        base_url=settings.WECHAT_API_URL,
        mp_url=settings.WECHAT_MP_URL,
        seals=seals_from(settings.WECHAT_SEALS),
    )
