# SPDX-License-Identifier: Apache-2.0
"""From signals to a sum for each pair of ballot and candidate, and who keeps its company."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from . import facets
from .columns import HOUR
from .evidence import measure
from .facets import Ballots, Codes, Floats, dense
from .weights import (
    BIAS,
    KINDS,
    LIFT_CAP,
    LINE,
    MATTERS,
    RULE_OF,
    SOFT,
    SOFT_CAP,
    WEIGHTS,
    base,
)

KIND_BITS = {"phone": 1, "greeting": 2, "tempo": 4, "account": 8, "network": 16, "place": 32}
HARD = 1 | 2 | 4 | 8
CERTAIN = 15.0
LENT_PHONE = 1.5  # a helper's neighbours share phone, place, hour and favourite by nature
COMPANY_AT_MOST, STRANGER = 3.0, -6.0
COMPANY_WEIGHT = 0.5
# In what ballots resemble each other, by the rule that rests on it; the way of arriving has none.
RESEMBLANCE: MappingProxyType[str, Callable[[Ballots], Codes]] = MappingProxyType(
    {
        "same_haste": facets.haste,
        "same_standing": facets.standing,
        "same_phones": facets.phone_model,
        "same_greeting": facets.greeting,
        "from_afar": facets.place_and_operator,
        "": facets.arrival,
    }
)


@dataclass(slots=True)
class Scores:
    """Per pair: the log-odds, and what it is made of."""

    total: Floats
    parts: npt.NDArray[np.float32]  # pair × signal: weight times lift
    signals: tuple[str, ...]
    kinds: Codes  # bits of KIND_BITS that matter
    company: Floats

    @property
    def stands(self) -> npt.NDArray[np.bool_]:
        """Say which pairs are over the line, on facts of two kinds, one of them hard."""
        several = np.bitwise_count(self.kinds) >= 2
        return (self.total >= LINE) & several & ((self.kinds & HARD) > 0)


def score_pairs(ballots: Ballots, without: Collection[str] = ()) -> Scores:
    """Weigh the signals, then let certain neighbours speak for uncertain ones."""
    signals = tuple(WEIGHTS)
    parts = np.zeros((len(ballots.pair_row), len(signals)), np.float32)
    for name, lift in measure(ballots):
        if RULE_OF[base(name)] in without:
            continue
        parts[:, signals.index(name)] = np.minimum(lift, LIFT_CAP) * WEIGHTS[name]
    _cap_soft(parts, signals)
    mercy = np.where(ballots.lent[ballots.pair_row], LENT_PHONE, 0.0)
    scores = Scores(
        BIAS - mercy + parts.sum(axis=1, dtype=np.float64),
        parts,
        signals,
        _kinds(parts, signals),
        np.zeros(len(parts)),
    )
    if "company" not in without:
        scores.company = _company(ballots, scores, without)
    scores.total = np.round(scores.total + COMPANY_WEIGHT * scores.company, 6)
    return scores


def _cap_soft(parts: npt.NDArray[np.float32], signals: tuple[str, ...]) -> None:
    soft = [signals.index(name) for name in SOFT]
    total = parts[:, soft].sum(axis=1)
    parts[:, soft] *= (SOFT_CAP / np.maximum(total, SOFT_CAP))[:, None]


def _kinds(parts: npt.NDArray[np.float32], signals: tuple[str, ...]) -> Codes:
    found = np.zeros(len(parts), np.int64)
    for k, name in enumerate(signals):
        bits = sum(KIND_BITS[kind] for kind in KINDS[base(name)])
        found |= np.where(parts[:, k] >= MATTERS, bits, 0)
    return found


def _company(ballots: Ballots, scores: Scores, without: Collection[str]) -> Floats:
    """Return how much likelier a pair's traits are among the candidate's certain ones.

    It works both ways: an honest ballot that shares a phone with the attack, but came by another
    road from another place, is let go. Measured within four hours where enough are certain, else
    over the whole campaign; elsewhere nobody is judged by company.
    """
    whole = ballots.pair_candidate
    hours = dense((ballots.ts[ballots.pair_row] // (4 * HOUR)) * len(ballots.names) + whole)
    result = np.zeros(len(whole))
    traits = [make(ballots) for rule, make in RESEMBLANCE.items() if rule not in without]
    for window in (whole, hours):
        odds, struck = _resemblance(ballots, scores, window, traits)
        result = np.where(struck >= CERTAIN, odds, result)
    return np.clip(result, STRANGER, COMPANY_AT_MOST)


def _resemblance(
    ballots: Ballots, scores: Scores, window: Codes, traits: Sequence[Codes]
) -> tuple[Floats, Floats]:
    """Return naive Bayes odds over the traits, and how many are certain in the window."""
    row, weight = ballots.pair_row, ballots.weight[ballots.pair_row]
    sure = np.where(scores.stands, weight, 0.0)
    struck = np.bincount(window, sure)[window]
    others = np.bincount(window, weight)[window] - struck
    odds = np.log((struck + 0.5) / (others + 0.5))
    for trait in traits:
        code = trait[row]
        cell = dense(window * (int(code.max(initial=0)) + 1) + code)
        in_struck = np.bincount(cell, sure)[cell]
        in_all = np.bincount(cell, weight)[cell]
        odds += np.log((in_struck + 0.5) / (struck + 3.0)) - np.log(
            (in_all - in_struck + 0.5) / (others + 3.0)
        )
    return odds.astype(np.float64), struck.astype(np.float64)
