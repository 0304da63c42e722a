# SPDX-License-Identifier: Apache-2.0
"""The log a developer reads beside the phone: what was called, what came back.

Facts are written by the callers as plain words and numbers. Secrets, tokens and codes should not
be given to it; what slips into a request or an answer is masked here.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

import structlog

Kind = Literal["api", "callback", "oauth", "job"]
Outcome = Literal["ok", "refused", "fault"]

KINDS: tuple[Kind, ...] = ("api", "callback", "oauth", "job")
OUTCOMES: tuple[Outcome, ...] = ("ok", "refused", "fault")
# Shown in a block of their own, and too long for the process log.
LONG_FACTS = ("request", "answer")

_KEPT = 2_000
_LONGEST = 4_000
_SECRET_NAMES = (
    "access_token|refresh_token|app_?secret|secret|session_key|ticket|code|js_code|aes_key"  # noqa: S105
)
_SECRET_IN_JSON = re.compile(rf'("(?:{_SECRET_NAMES})"\s*:\s*")[^"]+(")')
_SECRET_IN_QUERY = re.compile(rf"\b((?:{_SECRET_NAMES})=)[^&\s\"]+")
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

    def fact(self, name: str) -> str:
        """Return a fact's words, empty when it was not told."""
        return dict(self.facts).get(name, "")

    def mentions(self, words: str) -> bool:
        """Tell whether the words stand anywhere in this line, whatever their case."""
        told = (self.subject, self.result, *(value for _, value in self.facts))
        return any(words.casefold() in one.casefold() for one in told)


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
        told = tuple(
            (name, mask_secrets(str(value))[:_LONGEST])
            for name, value in facts.items()
            if value not in ("", None)
        )
        self._entries.append(Entry(self._last, at, kind, outcome, subject, result, told))
        report = _log.info if outcome == "ok" else _log.warning
        short = {name: value for name, value in told if name not in LONG_FACTS}
        report(subject, kind=kind, outcome=outcome, result=result, **short)

    @property
    def last(self) -> int:
        """Return the number of the newest entry."""
        return self._last

    def since(self, number: int) -> Iterable[Entry]:
        """Return the entries after this number, oldest first."""
        return [entry for entry in self._entries if entry.number > number]

    def find(
        self, *, kind: str = "", outcome: str = "", account: str = "", words: str = ""
    ) -> list[Entry]:
        """Return the entries that fit every filter given, newest first."""
        return [
            entry
            for entry in reversed(self._entries)
            if kind in ("", entry.kind)
            and outcome in ("", entry.outcome)
            and account in ("", entry.fact("account"))
            and (not words or entry.mentions(words))
        ]


def mask_secrets(text: str) -> str:
    """Return the text without the values of secrets, tokens and codes."""
    masked = _SECRET_IN_JSON.sub(r"\1***\2", text)
    return _SECRET_IN_QUERY.sub(r"\1***", masked)
