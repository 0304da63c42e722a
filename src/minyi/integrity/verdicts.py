# SPDX-License-Identifier: Apache-2.0
"""The seam of anti-fraud: frozen facts in, a verdict with reasons out. It knows no campaign.

Today it refuses protocol facts only and scores nothing; the score travels in the ballot ticket
so that later signals need no other road. The virtual user of WeChat's preview page never gets as
far as this: the log-in gives it no session.
"""

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["admit", "refuse"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known, at our edge, of somebody who wants to vote."""

    channel: str
    subject: str
    is_erased: bool  # the citizen asked to be forgotten, or there is no such citizen any more


@dataclass(frozen=True, slots=True)
class Verdict:
    """`risk` runs from 0 (nothing known) to 100; reasons are codes."""

    outcome: Outcome
    risk: int = 0
    reasons: tuple[str, ...] = ()


def judge(attempt: Attempt) -> Verdict:
    """Judge one attempt on protocol facts."""
    if not attempt.subject:
        return Verdict("refuse", 100, ("no_identity",))
    if attempt.is_erased:
        return Verdict("refuse", 100, ("erased_citizen",))
    return Verdict("admit")
