# SPDX-License-Identifier: Apache-2.0
"""Score one campaign's event log from beginning to end."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl

from .facets import Ballots
from .groups import Decision, Group, decide, reasons
from .moments import TICK_MS, decided_ts
from .pictures import draw
from .scoring import Scores, score_pairs

Mode = Literal["stream", "batch"]


@dataclass(frozen=True, slots=True)
class Scored:
    """What the engine found: the answer per ballot, the groups, and the evidence per ballot."""

    ballots: pl.DataFrame  # event_id, score, quarantine, decided_ts, rules
    groups: list[Group]
    pictures: list[dict[str, Any]]  # group by group: score, rules, timeline, traits, members
    evidence: pl.DataFrame  # event_id, group, candidate, company, one column per signal
    unlisted: list[str]  # candidates in the log that the list does not know
    without: list[str]  # rules that were left out


def score(
    events: pl.DataFrame,
    candidates: pl.DataFrame,
    *,
    mode: Mode = "stream",
    without: Collection[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> Scored:
    """Score every ballot; equal files give equal answers.

    `stream` dates each decision to the 10-second tick at which it could have been made, `batch` to
    the close. What is struck is the same in both. `without`: rules, by code, that this vote does
    without; nothing they rest on counts.
    """
    ordered = events.with_row_index("place").sort("ts", "event_id")
    place = ordered["place"].to_numpy()
    progress("reading traits")
    ballots = Ballots(ordered, candidates)
    progress("weighing signals")
    scores = score_pairs(ballots, without)
    progress("gathering groups")
    decision = decide(ballots, scores)
    moments = decided_ts(ballots, scores, decision)
    if mode == "batch":
        moments = np.full(ballots.n, (int(ballots.ts.max()) // TICK_MS + 1) * TICK_MS)
    answer = _answer(ballots, scores, decision).with_columns(
        pl.Series("decided_ts", moments), pl.Series("place", place)
    )
    columns = ["event_id", "score", "quarantine", "decided_ts", "rules"]
    return Scored(
        answer.sort("place").select(columns),
        decision.groups,
        draw(ballots, scores, decision),
        _evidence(ballots, scores, decision),
        ballots.unlisted,
        sorted(without),
    )


def _answer(ballots: Ballots, scores: Scores, decision: Decision) -> pl.DataFrame:
    struck = decision.group >= 0
    words = np.full(ballots.n, "", object)
    words[struck] = reasons(scores, decision.pair[struck])
    return pl.DataFrame(
        {
            "event_id": ballots.frame["event_id"],
            "score": np.round(scores.total[decision.pair], 4),
            "quarantine": struck.astype(np.int8),
            "rules": pl.Series(words.tolist(), dtype=pl.String),
        }
    )


def _evidence(ballots: Ballots, scores: Scores, decision: Decision) -> pl.DataFrame:
    """Keep, for each struck ballot, what the sum is made of. No names, addresses or accounts."""
    struck = np.flatnonzero(decision.group >= 0)
    pairs = decision.pair[struck]
    names = np.array(ballots.names, object)
    return pl.DataFrame(
        {
            "event_id": ballots.frame["event_id"].gather(struck),
            "group": decision.group[struck],
            "candidate": pl.Series(names[ballots.pair_candidate[pairs]].tolist(), dtype=pl.String),
            "company": scores.company[pairs].astype(np.float32),
        }
        | {name: scores.parts[pairs, k] for k, name in enumerate(scores.signals)}
    )
