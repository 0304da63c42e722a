# SPDX-License-Identifier: Apache-2.0
"""A thin client of WeChat's API (wechat-api.md §§2-10, 12). Async: threads use `connection.line`.

`WeChatClient(account, …)` has a group of calls for each part of the API. What the account may not
do is refused here (`NotOffered`), what breaks a documented limit as well (`errors.BeyondLimits`).
"""

from collections.abc import AsyncIterator
from typing import TypeVar

from .login import WebIdentity
from .transport import TIMEOUT
from .wechat_client import WeChatClient

__all__ = ["TIMEOUT", "WeChatClient", "WebIdentity", "collect"]

T = TypeVar("T")


async def collect(found: AsyncIterator[T]) -> list[T]:
    """Return what comes page by page as one list, for callers who wait for all of it."""
    return [one async for one in found]
