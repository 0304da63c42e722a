# SPDX-License-Identifier: Apache-2.0
"""The seam of anti-fraud: frozen facts in, a verdict with reasons out. It knows no campaign.

Only protocol facts refuse. Everything else is a score that travels in the ballot ticket; from
STEP_UP on the voter's phone is asked for a proof of work (ADR 25). The virtual user of WeChat's
preview page never gets as far as this: the log-in gives it no session.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from .inline import MOST_PAPERS, STEP_UP, Facts, weigh

Outcome = Literal["admit", "step_up", "refuse"]


@dataclass(frozen=True, slots=True)
class Attempt:
    """What is known, at our edge, of somebody who wants to vote.

    `facts` is None for who writes in the chat: WeChat itself vouches for them.
    """

    channel: str
    subject: str
    is_known: bool  # there is such a citizen, who has not asked to be forgotten
    facts: Facts | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """`risk` runs from 0 (nothing known) to 100; reasons are codes, the weightiest first."""

    outcome: Outcome
    risk: int = 0
    reasons: tuple[str, ...] = ()


def judge(attempt: Attempt, *, silent: Collection[str] = ()) -> Verdict:
    """Refuse on protocol facts, weigh the rest; `silent`: signals that this vote does without."""
    if not attempt.subject:
        return Verdict("refuse", 100, ("no_identity",))
    if not attempt.is_known:
        return Verdict("refuse", 100, ("erased_citizen",))
    if attempt.facts is None:
        return Verdict("admit")
    if attempt.facts.own_papers >= MOST_PAPERS:
        return Verdict("refuse", 100, ("too_many_papers",))
    risk, reasons = weigh(attempt.facts, silent=silent)
    return Verdict("step_up" if risk >= STEP_UP else "admit", risk, reasons)
