# SPDX-License-Identifier: Apache-2.0
"""Work that WeChat finishes later, as the control room shows it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from wechat_sandbox.press.jobs import Job
from wechat_sandbox.press.queueing import settle
from wechat_sandbox.state import Sandbox


@dataclass(frozen=True, slots=True)
class Decision:
    """One way a developer may end a job now: the word on the button, the order, its body."""

    word: str
    order: str
    asked: dict[str, object]


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job that waits, and what may be decided; `due_at` is None when somebody has to."""

    kind: str
    key: str
    account: str
    title: str
    due_at: float | None
    decisions: tuple[Decision, ...]


def waiting_jobs(sandbox: Sandbox) -> list[JobLine]:
    """Return the jobs that wait, the one due first first."""
    settle(sandbox)
    return [
        JobLine(
            kind=job.kind,
            key=job.key,
            account=sandbox.by_appid[job.appid].slug,
            title=job.title,
            due_at=None if math.isinf(job.due_at) else job.due_at,
            decisions=_decisions(sandbox, job),
        )
        for job in sandbox.jobs.waiting()
    ]


def _decisions(sandbox: Sandbox, job: Job) -> tuple[Decision, ...]:
    if job.kind == "publish":
        named: dict[str, object] = {"publish_id": job.key}
        return (
            Decision("approve", "publish/approve", named),
            Decision("reject", "publish/reject", named),
        )
    if job.kind == "mass":
        message: dict[str, object] = {"msg_id": int(job.key)}
        if sandbox.jobs.masses[int(job.key)].is_unconfirmed:
            return (
                Decision("confirm", "mass/confirm", message),
                Decision("reject", "mass/confirm", {**message, "decision": "refuse"}),
            )
        return (
            Decision("approve", "mass/result", message),
            Decision("reject", "mass/result", {**message, "status": "send fail"}),
        )
    traced: dict[str, object] = {"trace_id": job.key}
    return (
        Decision("approve", "check/result", {**traced, "suggest": "pass", "label": 100}),
        Decision("reject", "check/result", {**traced, "suggest": "risky", "label": 20002}),
    )
