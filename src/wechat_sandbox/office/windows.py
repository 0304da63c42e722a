# SPDX-License-Identifier: Apache-2.0
"""How many customer-service messages an account may send after what a citizen did."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from wechat_sandbox.errors import ApiError

Trigger = Literal["message", "menu", "follow", "scan", "session"]

# How many, for how long: the rule since June 2023. "session" is a mini program's.
ALLOWANCES: dict[Trigger, tuple[int, int]] = {
    "message": (5, 48 * 3600),
    "menu": (3, 60),
    "follow": (3, 60),
    "scan": (3, 60),
    "session": (2, 60),
}


@dataclass(frozen=True, slots=True)
class Window:
    """What is left, and until when; nothing at first."""

    kind: Trigger | Literal[""] = ""
    at: float = 0.0
    left: int = 0
    expires_at: float = 0.0

    def after(self, trigger: Trigger, now: float) -> Window:
        """Return the window once the citizen did something.

        Allowances do not add up: the larger one stands, and of two equal ones the longer.
        """
        count, seconds = ALLOWANCES[trigger]
        fresh = Window(trigger, now, count, now + seconds)
        if now >= self.expires_at:
            return fresh
        return max(fresh, self, key=lambda window: (window.left, window.expires_at))

    def spend(self, now: float) -> Window:
        """Return the window after one message; raises 45015 or 45047."""
        if now >= self.expires_at:
            raise ApiError(45015)
        if self.left < 1:
            raise ApiError(45047)
        return Window(self.kind, self.at, self.left - 1, self.expires_at)
