# SPDX-License-Identifier: Apache-2.0
"""Work that WeChat queues and finishes later, by event: publishing, mass sending, media checks."""

from __future__ import annotations

import math
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from wechat_sandbox.push.sender import Delivery

JobKind = Literal["publish", "mass", "media_check"]
JOB_KINDS: tuple[JobKind, ...] = get_args(JobKind)

# How long WeChat takes in the sandbox, in seconds; None: until a developer decides.
DELAYS: dict[JobKind, float | None] = {"publish": 2.0, "mass": 3.0, "media_check": 2.0}

PublishStatus = Literal[0, 1, 2, 3, 4, 5, 6]
PUBLISHING: PublishStatus = 1
MassState = Literal["SENDING", "SEND_SUCCESS", "SEND_FAIL", "DELETE"]

SUCCESS = "send success"
ADMIN_REFUSED, ADMIN_SILENT = "err(40001)", "err(40002)"


@dataclass(frozen=True, slots=True)
class Job:
    """Something that waits: `finish` changes the state at once and returns the event's delivery."""

    kind: JobKind
    key: str
    appid: str
    title: str
    due_at: float
    finish: Callable[[], Coroutine[Any, Any, Delivery]]


@dataclass(slots=True)
class Publish:
    """One order to publish a draft."""

    publish_id: str
    appid: str
    draft_id: str
    articles: list[dict[str, Any]]
    msg_data_id: int
    created_at: int
    status: PublishStatus = PUBLISHING
    article_id: str = ""
    fail_idx: tuple[int, ...] = ()


@dataclass(slots=True)
class Counts:
    """How a mass message fared; sent and error make up what was left after the filters."""

    total: int = 0
    filtered: int = 0
    sent: int = 0
    error: int = 0


@dataclass(slots=True)
class Mass:
    """One mass message."""

    msg_id: int
    appid: str
    kind: str
    content: dict[str, Any]
    recipients: tuple[int, ...]  # citizens, before the filters
    is_to_all: bool
    created_at: int
    articles: list[dict[str, Any]] = field(default_factory=list)
    msg_data_id: int = 0
    client_id: str = ""
    state: MassState = "SENDING"
    status: str = ""
    counts: Counts = field(default_factory=Counts)
    is_unconfirmed: bool = False  # an administrator has to agree first
    article_id: str = ""


@dataclass(slots=True)
class MediaCheck:
    """One picture or recording under examination."""

    trace_id: str
    appid: str
    openid: str
    url: str
    created_at: int
    suggest: str = ""
    label: int = 0


class Jobs:
    """Keep the queue and everything that went through it."""

    def __init__(self) -> None:
        self.delays: dict[JobKind, float | None] = dict(DELAYS)
        self.publishes: dict[str, Publish] = {}
        self.masses: dict[int, Mass] = {}
        self.checks: dict[str, MediaCheck] = {}
        self.speeds: dict[str, int] = {}  # appid → mass speed
        # How often a follower of a service account got a mass message in a month.
        self.received: dict[tuple[str, int, str], int] = {}
        self.is_watched = False  # somebody looks at the clock for the queue
        self._waiting: dict[tuple[JobKind, str], Job] = {}
        self._last = 0

    def due_at(self, kind: JobKind, now: float) -> float:
        """Return when a job that begins now is finished; infinity when somebody has to decide."""
        delay = self.delays[kind]
        return math.inf if delay is None else now + delay

    def add(self, job: Job) -> None:
        """Put a job into the queue."""
        self._waiting[job.kind, job.key] = job

    def take(self, kind: JobKind, key: str) -> Job | None:
        """Take a job out of the queue, whether due or not."""
        return self._waiting.pop((kind, key), None)

    def take_due(self, now: float) -> list[Job]:
        """Take the jobs out whose time has come, the earliest first."""
        due = [job for job in self.waiting() if job.due_at <= now]
        for job in due:
            del self._waiting[job.kind, job.key]
        return due

    def waiting(self) -> list[Job]:
        """Return the jobs still in the queue, the earliest first."""
        return sorted(self._waiting.values(), key=lambda job: job.due_at)

    def next_number(self) -> int:
        """Return a number as WeChat gives them to messages, never twice."""
        self._last += 1
        return 2_247_483_647 + self._last

    def of_day(self, appid: str, day_of: Callable[[float], str], now: float) -> list[Mass]:
        """Return the account's mass messages of the current day."""
        today = day_of(now)
        return [
            mass
            for mass in self.masses.values()
            if mass.appid == appid and day_of(mass.created_at) == today
        ]
