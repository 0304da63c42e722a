# SPDX-License-Identifier: Apache-2.0
"""The later half of media_check_async: fetch the file, wait, tell the verdict by event."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import httpx

from wechat_sandbox.accounts import Account
from wechat_sandbox.press.jobs import Job, MediaCheck
from wechat_sandbox.press.queueing import decide, enqueue, tell
from wechat_sandbox.push.envelope import Fields
from wechat_sandbox.push.sender import Delivery
from wechat_sandbox.state import Sandbox

MAX_BYTES = 10 * 1024 * 1024
DOWNLOAD_FAILED = -1008
_TIMEOUT_S = 5.0


def examine(sandbox: Sandbox, account: Account, check: MediaCheck) -> None:
    """Queue an examination."""
    sandbox.jobs.checks[check.trace_id] = check
    due_at = sandbox.jobs.due_at("media_check", sandbox.clock.now())
    job = Job(
        kind="media_check",
        key=check.trace_id,
        appid=account.appid,
        title=check.url[:80],
        due_at=due_at,
        finish=lambda: _conclude(sandbox, account, check),
    )
    enqueue(sandbox, job)


def set_verdict(
    sandbox: Sandbox, check: MediaCheck, *, suggest: str, label: int
) -> Coroutine[Any, Any, Delivery] | None:
    """End an examination with this verdict now; None when it has ended."""
    check.suggest, check.label = suggest, label
    return decide(sandbox, "media_check", check.trace_id)


async def _conclude(sandbox: Sandbox, account: Account, check: MediaCheck) -> Delivery:
    is_fetched = await _is_fetchable(sandbox, check.url)
    suggest, label = check.suggest or "pass", check.label or 100
    check.suggest, check.label = suggest, label
    event: Fields = {
        "Event": "wxa_media_check",
        "appid": account.appid,
        "trace_id": check.trace_id,
        "version": 2,
        "errcode": 0 if is_fetched else DOWNLOAD_FAILED,
        "errmsg": "ok" if is_fetched else "download error",
    }
    if is_fetched:
        verdict: Fields = {"suggest": suggest, "label": label}
        event["result"] = verdict
        event["detail"] = [{"strategy": "content_model", "errcode": 0, **verdict, "prob": 90}]
    return await tell(sandbox, account, event)


async def _is_fetchable(sandbox: Sandbox, url: str) -> bool:
    """Tell whether the file can be had and is not too large."""
    try:
        async with (
            asyncio.timeout(_TIMEOUT_S),
            sandbox.sender.visitor("", _TIMEOUT_S) as client,
            client.stream("GET", url, follow_redirects=True) as response,
        ):
            length = 0
            async for piece in response.aiter_bytes():
                length += len(piece)
                if length > MAX_BYTES:
                    return False
            return response.status_code == 200 and length > 0
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError):
        return False
