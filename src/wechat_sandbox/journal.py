# SPDX-License-Identifier: Apache-2.0
"""The log a developer reads beside the phone: what was called, what came back.

Facts are written by the callers as plain words and numbers; secrets, tokens and codes are
never given to it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import structlog

Kind = Literal["api", "callback", "oauth"]
Outcome = Literal["ok", "refused", "fault"]

_KEPT = 2_000
_log = structlog.get_logger("wechat_sandbox")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log; `facts` are shown when the line is opened."""

    number: int
    at: float
    kind: Kind
    outcome: Outcome
    subject: str
    result: str
    facts: tuple[tuple[str, str], ...] = ()


class Journal:
    """Keep the newest two thousand entries."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=_KEPT)
        self._last = 0

    def write(
        self, *, at: float, kind: Kind, outcome: Outcome, subject: str, result: str, **facts: object
    ) -> None:
        """Add an entry and send it to the process log."""
        self._last += 1
        told = tuple((name, str(value)) for name, value in facts.items() if value not in ("", None))
        self._entries.append(Entry(self._last, at, kind, outcome, subject, result, told))
        report = _log.info if outcome == "ok" else _log.warning
        report(subject, kind=kind, outcome=outcome, result=result, **dict(told))

    @property
    def last(self) -> int:
        """Return the number of the newest entry."""
        return self._last

    def since(self, number: int) -> Iterable[Entry]:
        """Return the entries after this number, oldest first."""
        return [entry for entry in self._entries if entry.number > number]
