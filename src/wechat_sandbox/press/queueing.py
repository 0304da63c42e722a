# SPDX-License-Identifier: Apache-2.0
"""Let the queue run by the sandbox's clock, and tell accounts the outcome by event."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.delivering import begin
from wechat_sandbox.people import visitor_openid
from wechat_sandbox.press.jobs import Job, JobKind
from wechat_sandbox.push.envelope import Fields
from wechat_sandbox.push.sender import Delivery
from wechat_sandbox.state import Sandbox

_TICK_S = 0.2


def enqueue(sandbox: Sandbox, job: Job) -> None:
    """Queue a job; it ends when its time comes or when a developer decides."""
    sandbox.jobs.add(job)
    _note(sandbox, job, "queued")
    if not sandbox.jobs.is_watched:
        sandbox.jobs.is_watched = True
        task: asyncio.Task[object] = asyncio.ensure_future(_run(sandbox))
        sandbox.running.add(task)
        task.add_done_callback(sandbox.running.discard)


def settle(sandbox: Sandbox) -> list[asyncio.Task[Delivery]]:
    """Finish the jobs whose time has come; returns the deliveries of their events.

    Interfaces call it too, so that after the clock was pushed forward no answer is behind it.
    """
    due = sandbox.jobs.take_due(sandbox.clock.now())
    return [begin(sandbox, _finish(sandbox, job)) for job in due]


def decide(sandbox: Sandbox, kind: JobKind, key: str) -> Coroutine[Any, Any, Delivery] | None:
    """Finish one job now, due or not; None when it no longer waits."""
    job = sandbox.jobs.take(kind, key)
    return _finish(sandbox, job) if job is not None else None


def tell(sandbox: Sandbox, account: Account, event: Fields) -> Coroutine[Any, Any, Delivery]:
    """Send an event that no citizen caused; WeChat's own helper stands as its sender."""
    openid = visitor_openid(account.appid, 0)
    fields: Fields = {
        "ToUserName": account.original_id,
        "FromUserName": openid,
        "CreateTime": int(sandbox.clock.now()),
        "MsgType": "event",
        **event,
    }
    return sandbox.sender.deliver(account, openid=openid, fields=fields)


def _finish(sandbox: Sandbox, job: Job) -> Coroutine[Any, Any, Delivery]:
    delivery = job.finish()
    _note(sandbox, job, "finished")
    return delivery


async def _run(sandbox: Sandbox) -> None:
    # The clock can be pushed from outside: looking is simpler than being told.
    try:
        while sandbox.jobs.waiting():
            settle(sandbox)
            await asyncio.sleep(_TICK_S)
    finally:
        sandbox.jobs.is_watched = False


def _note(sandbox: Sandbox, job: Job, result: str) -> None:
    sandbox.journal.write(
        at=sandbox.clock.now(),
        kind="job",
        outcome="ok",
        subject=f"job_{job.kind}",
        result=f"job_{result}",
        account=sandbox.by_appid[job.appid].slug,
        job=job.key,
        title=job.title,
    )
