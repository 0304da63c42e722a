# SPDX-License-Identifier: Apache-2.0
"""WeChat's own customer service: staff accounts, who talks with whom, who waits."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from wechat_sandbox.errors import ApiError

MAX_STAFF = 100
MAX_PREFIX = 10
MAX_NICKNAME = 16
_PREFIX = re.compile(r"[A-Za-z0-9_]+")


@dataclass(slots=True)
class Staff:
    """A staff account."""

    account: str
    id: int
    nickname: str
    portrait: str = ""
    is_online: bool = True


@dataclass(frozen=True, slots=True)
class Session:
    """A staff member talks with a citizen: their messages no longer reach the server."""

    number: int
    staff: str
    since: int


@dataclass(frozen=True, slots=True)
class Record:
    """One message of the service's log, in WeChat's terms."""

    number: int
    staff: str
    opercode: int  # 2002 the staff wrote, 2003 the citizen
    text: str
    at: int


@dataclass(slots=True)
class ServiceDesk:
    """The customer service of one account."""

    original_id: str
    staff: dict[str, Staff] = field(default_factory=dict)
    sessions: dict[int, Session] = field(default_factory=dict)
    waiting: dict[int, int] = field(default_factory=dict)  # citizen → since
    records: list[Record] = field(default_factory=list)
    last_id: int = 1000

    def add(self, name: str, nickname: str) -> Staff:
        """Add a staff account `prefix@original id`; raises 61451 to 61456."""
        self._check_name(name)
        _check_nickname(nickname)
        if name in self.staff:
            raise ApiError(61453)
        if len(self.staff) >= MAX_STAFF:
            raise ApiError(61456)
        self.last_id += 1
        member = self.staff[name] = Staff(name, self.last_id, nickname)
        return member

    def get(self, name: str, error: int = 61452) -> Staff:
        """Return a staff account; raises `error` for an unknown one."""
        member = self.staff.get(name)
        if member is None:
            raise ApiError(error)
        return member

    def rename(self, name: str, nickname: str) -> None:
        """Give a staff account another nickname."""
        _check_nickname(nickname)
        self.get(name).nickname = nickname

    def remove(self, name: str) -> None:
        """Delete a staff account and end its sessions."""
        self.get(name)
        del self.staff[name]
        self.sessions = {n: one for n, one in self.sessions.items() if one.staff != name}

    def open(self, number: int, name: str, now: int) -> Session:
        """Begin a session; raises 65401, 65414 or 65415."""
        member = self.get(name, 65401)
        taken = self.sessions.get(number)
        if taken is not None and taken.staff != name:
            raise ApiError(65414)
        if not member.is_online:
            raise ApiError(65415)
        self.waiting.pop(number, None)
        return self.sessions.setdefault(number, Session(number, name, now))

    def close(self, number: int, name: str) -> None:
        """End a session; raises 65401 or 65413."""
        self.get(name, 65401)
        session = self.sessions.get(number)
        if session is None or session.staff != name:
            raise ApiError(65413)
        del self.sessions[number]

    def switch(self, number: int, name: str, now: int) -> Session:
        """Hand a citizen to another member; raises 65401, 65413 or 65415; returns the old one."""
        member = self.get(name, 65401)
        session = self.sessions.get(number)
        if session is None:
            raise ApiError(65413)
        if not member.is_online:
            raise ApiError(65415)
        self.sessions[number] = Session(number, name, now)
        return session

    def queue(self, number: int, now: int) -> None:
        """Let a citizen wait for a staff member."""
        if number not in self.sessions:
            self.waiting.setdefault(number, now)

    def leave(self, number: int) -> None:
        """Forget a citizen who no longer follows."""
        self.waiting.pop(number, None)
        self.sessions.pop(number, None)

    def note(self, number: int, staff: str, opercode: int, text: str, at: float) -> None:
        """Write one message down."""
        self.records.append(Record(number, staff, opercode, text, int(at)))
        del self.records[:-2_000]

    def _check_name(self, name: str) -> None:
        prefix, at, owner = name.partition("@")
        if not prefix or not at or not owner:
            raise ApiError(61452)
        if len(prefix) > MAX_PREFIX:
            raise ApiError(61454)
        if not _PREFIX.fullmatch(prefix):
            raise ApiError(61455)


def _check_nickname(nickname: str) -> None:
    if not 1 <= len(nickname) <= MAX_NICKNAME:
        raise ApiError(61451)
