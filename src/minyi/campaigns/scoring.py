# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of a result: votes, scores and figures in, points, ranks and a digest out.

Every part is rounded before it is weighted, so that anybody can redo the sum from what is shown:

    public  = votes / highest votes * 100
    jury    = mean over jurors of the sum over criteria of weight * points / 100
    score   = (public * w_public + jury * w_jury + figures * w_figures) / 100

Rounding is half-even to three places (GB/T 8170 rounds that way). Equal ranks share a number and
the next one is skipped: 1, 2, 2, 4.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

PLACES = Decimal("0.001")
ZERO = Decimal("0.000")
WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Weights:
    """Per cent; they add up to 100."""

    public: int
    jury: int
    figures: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one nominee. `criteria` maps criterion id to the jurors' mean points."""

    number: int
    name: str
    votes: int
    jury_points: Decimal
    figures_points: Decimal
    criteria: Mapping[int, Decimal]


@dataclass(frozen=True, slots=True)
class Placed:
    """One nominee with points and place."""

    entry: Entry
    public_points: Decimal
    score: Decimal
    rank: int
    is_selected: bool


def rounded(value: Decimal) -> Decimal:
    """Round half-even to three places."""
    return value.quantize(PLACES, rounding=ROUND_HALF_EVEN)


def mean(points: Sequence[int]) -> Decimal:
    """Return the mean, rounded; no points give zero."""
    return rounded(Decimal(sum(points)) / len(points)) if points else ZERO


def weighted_mean(scores: Iterable[Mapping[int, int]], weights: Mapping[int, int]) -> Decimal:
    """Return the mean over jurors of their points, weighted by criterion (per cent)."""
    sums = [sum(weights[key] * points[key] for key in weights) for points in scores]
    return rounded(Decimal(sum(sums)) / len(sums) / WHOLE) if sums else ZERO


def public_points(votes: int, highest: int) -> Decimal:
    """Return the share of the highest count, of 100; zero when nobody voted."""
    return rounded(Decimal(votes) * WHOLE / highest) if highest else ZERO


def place(entries: Sequence[Entry], *, weights: Weights, tie_rule: str, seats: int) -> list[Placed]:
    """Rank the entries; everybody who shares the rank at the cut is selected.

    `tie_rule` is «jury» or «public»: what decides between equal scores; or «shared»: nothing does.
    """
    highest = max((entry.votes for entry in entries), default=0)
    scored = [(_order(entry, weights, highest, tie_rule), entry) for entry in entries]
    scored.sort(key=lambda pair: ([-part for part in pair[0]], pair[1].number))
    placed: list[Placed] = []
    rank = 0
    for position, (order, entry) in enumerate(scored, start=1):
        if position == 1 or order != scored[position - 2][0]:
            rank = position
        points = public_points(entry.votes, highest)
        placed.append(Placed(entry, points, order[0], rank, rank <= seats))
    return placed


def _order(entry: Entry, weights: Weights, highest: int, tie_rule: str) -> list[Decimal]:
    """Return what decides: the score first, then what the tie rule names."""
    points = public_points(entry.votes, highest)
    score = rounded(
        (
            points * weights.public
            + entry.jury_points * weights.jury
            + entry.figures_points * weights.figures
        )
        / WHOLE
    )
    breaker: dict[str, list[Decimal]] = {
        "jury": [entry.jury_points],
        "public": [Decimal(entry.votes)],
        "shared": [],
    }
    return [score, *breaker[tie_rule]]


def digest_of(document: Mapping[str, object]) -> str:
    """Return the SHA-256, in hex, of the document as canonical JSON (keys sorted, no blanks)."""
    return hashlib.sha256(canonical(document)).hexdigest()


def canonical(document: Mapping[str, object]) -> bytes:
    """Return the one spelling of the document that is hashed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
