# SPDX-License-Identifier: Apache-2.0
"""How far people agree who judged the same things without seeing each other's view."""

from collections import Counter
from collections.abc import Iterable


def fleiss_kappa(items: Iterable[Counter[str]]) -> float | None:
    """Return Fleiss' kappa: 1 = agree always, 0 = as often as chance; None: it cannot be told.

    Each item counts its ratings by category. Items may have different numbers of raters; those
    with fewer than two say nothing (Fleiss, Psychol. Bull. 76, 1971; weighted by pairs of raters).
    """
    rated = [item for item in items if item.total() > 1]
    pairs = sum(n * (n - 1) for n in (item.total() for item in rated))
    if not pairs:
        return None
    agreeing = sum(many * (many - 1) for item in rated for many in item.values()) / pairs
    overall: Counter[str] = sum(rated, Counter())
    by_chance = sum((many / overall.total()) ** 2 for many in overall.values())
    if by_chance == 1:
        return None  # everybody always said the same: there is nothing to tell chance from
    return (agreeing - by_chance) / (1 - by_chance)
