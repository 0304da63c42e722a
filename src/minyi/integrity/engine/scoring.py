# SPDX-License-Identifier: Apache-2.0
"""From signals to a sum for each pair of ballot and candidate, and who keeps its company."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

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
    SOLE,
    WEIGHTS,
    base,
)

KIND_BITS = {
    kind: 1 << k
    for k, kind in enumerate((
        "phone", "greeting", "tempo", "account", "standing", "network", "doors", "place",
        "arrival", "company", "sole",
    ))
}  # fmt: skip
HARD = sum(KIND_BITS[kind] for kind in ("phone", "greeting", "tempo", "account", "company"))
HIRED = KIND_BITS["standing"] | KIND_BITS["place"]
CERTAIN = 15.0
LENT_PHONE = 1.5  # a helper's neighbours share phone, place, hour and favourite by nature
COMPANY_AT_MOST, STRANGER = 5.0, -4.0
LET_GO = -3.0  # so unlike the candidate's certain ballots that the likeness must be chance
COMPANY_WEIGHT = 0.5
NOBODY_CERTAIN = 0.0  # the line where there is no company to judge by
ALIKE = 3.0  # from here on the company counts as a kind of fact
ROUNDS = 2
# In what ballots resemble each other, by the rule that rests on it; the hour has none.
RESEMBLANCE: tuple[tuple[str, Callable[[Ballots], Codes]], ...] = (
    ("same_haste", facets.haste),
    ("same_standing", facets.standing),
    ("same_phones", facets.phone_model),
    ("same_phones", facets.phone_build),
    ("same_greeting", facets.greeting),
    ("from_afar", facets.place_and_operator),
    ("same_arrival", facets.arrival),
    ("account_lot", facets.lot),
    ("", lambda ballots: ballots.ts // HOUR),
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
    def certain(self) -> npt.NDArray[np.bool_]:
        """Say which pairs are over the line, on facts of two kinds, one of them hard.

        Accounts of one standing from afar make up for a hard fact if there is a third kind.
        """
        kinds = np.bitwise_count(self.kinds)
        hard = (self.kinds & HARD) > 0
        hired = ((self.kinds & HIRED) == HIRED) & (kinds >= 3)
        result: npt.NDArray[np.bool_] = (self.total >= LINE) & (kinds >= 2) & (hard | hired)
        return result

    @property
    def stands(self) -> npt.NDArray[np.bool_]:
        """Say which certain pairs stand once their company has been heard.

        A stranger to the candidate's other certain ballots is let go; where there are none to
        compare with, the line is higher.
        """
        alone = (self.company == 0) & (self.total < NOBODY_CERTAIN)
        result: npt.NDArray[np.bool_] = self.certain & ~alone & (self.company > LET_GO)
        return result


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
        habits = [make(ballots) for rule, make in RESEMBLANCE if rule not in without]
        _keep_company(ballots, scores, habits)
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
        if name in SOLE:
            found |= np.where(parts[:, k] >= SOLE[name] * WEIGHTS[name], KIND_BITS["sole"], 0)
    return found


def _keep_company(ballots: Ballots, scores: Scores, habits: Sequence[Codes]) -> None:
    """Add how much likelier a pair's traits are among the candidate's certain ones.

    It works both ways: an honest ballot that shares a phone with the attack, but came by another
    road from another place, is let go. Measured within four hours where enough are certain, else
    over the whole campaign; elsewhere nobody is judged by company.
    """
    alone, kinds = scores.total, scores.kinds
    row, whole = ballots.pair_row, ballots.pair_candidate
    hours = dense((ballots.ts[row] // (4 * HOUR)) * len(ballots.names) + whole)
    traits = [dense(habit[row]) for habit in habits]
    windows = [(window, [_cells(window, trait) for trait in traits]) for window in (whole, hours)]
    for _ in range(ROUNDS):
        odds = np.zeros(len(whole))
        sure = np.where(scores.certain, ballots.weight[row], 0.0)
        for window, cells in windows:
            found, struck = _resemblance(window, cells, sure, ballots.weight[row])
            odds = np.where(struck >= CERTAIN, found, odds)
        scores.company = np.clip(odds, STRANGER, COMPANY_AT_MOST)
        scores.total = np.round(alone + COMPANY_WEIGHT * scores.company, 6)
        scores.kinds = kinds | np.where(scores.company >= ALIKE, KIND_BITS["company"], 0)


def _cells(window: Codes, trait: Codes) -> npt.NDArray[np.int32]:
    return dense(window * (int(trait.max(initial=0)) + 1) + trait).astype(np.int32)


def _resemblance(
    window: Codes, cells: Sequence[npt.NDArray[np.int32]], sure: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    """Return naive Bayes odds, nobody speaking for themselves, and how many are certain."""
    plain = weight - sure
    struck = np.bincount(window, sure)[window] - sure
    others = np.bincount(window, plain)[window] - plain
    doubt = 1.0 / (np.minimum(struck, others) + 1.0)  # a share smaller than this says nothing
    odds = np.log((struck + 1.0) / (others + 1.0))
    for cell in cells:
        in_struck = (np.bincount(cell, sure)[cell] - sure) / (struck + 1.0)
        in_others = (np.bincount(cell, plain)[cell] - plain) / (others + 1.0)
        odds += np.log((in_struck + doubt) / (in_others + doubt))
    return odds.astype(np.float64), struck.astype(np.float64)
