# SPDX-License-Identifier: Apache-2.0
"""When a streaming engine, looking every ten seconds, would have struck each ballot.

The counts a signal rests on grow with the group. For each group we find the share of its members
that already carries the sum over the line, and with it the moment; whoever comes later is struck at
the next tick. Neighbours judged by their company wait for the ten-minute round. The shares of
traits among everybody else are those of the whole file: they move slowly.
"""

import numpy as np
import numpy.typing as npt

from .columns import MINUTE
from .facets import Ballots, Codes, Floats
from .groups import Decision
from .scoring import COMPANY_WEIGHT, Scores
from .weights import BIAS, LINE, MIN_GROUP, WEIGHTS

TICK_MS = 10_000
ROUND_MS = 10 * MINUTE
STEPS = np.linspace(0.02, 1.0, 50)


def decided_ts(ballots: Ballots, scores: Scores, decision: Decision) -> Codes:
    """Return per ballot the moment of its decision; unstruck ballots: the tick after their own."""
    result = _after(ballots.ts, TICK_MS)
    weight = np.array([WEIGHTS[name] for name in scores.signals])
    struck = np.flatnonzero(decision.group >= 0)
    struck = struck[np.lexsort((ballots.ts[struck], decision.group[struck]))]
    numbers = decision.group[struck]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    for members in np.split(struck, starts[1:]) if len(struck) else []:
        parts = scores.parts[decision.pair[members]]
        needed = _share_needed(parts, weight)
        persons = np.cumsum(ballots.weight[members])
        at = int(np.searchsorted(persons, max(MIN_GROUP, needed * persons[-1]) - 1e-9))
        known = ballots.ts[members[min(at, len(members) - 1)]]
        moment = _after(np.maximum(ballots.ts[members], known), TICK_MS)
        company = (
            scores.total[decision.pair[members]]
            - COMPANY_WEIGHT * scores.company[decision.pair[members]]
            < LINE
        )
        result[members] = np.where(company, _after(moment, ROUND_MS), moment)
    return result


def _share_needed(parts: npt.NDArray[np.float32], weight: Floats) -> float:
    """Return the share of the group at which half its members are over the line."""
    lifts = parts / weight
    for share in STEPS:
        then = np.maximum(lifts + np.log(share), 0.0) * weight
        if np.median(BIAS + then.sum(axis=1)) >= LINE:
            return float(share)
    return 1.0


def _after(ts: Codes, step: int) -> Codes:
    result: Codes = (ts // step + 1) * step
    return result
