# SPDX-License-Identifier: Apache-2.0
"""The signals: for each pair of ballot and candidate, the sure log-lift of each trait."""

from collections.abc import Iterator

import numpy as np

from . import facets
from .columns import HOUR, MINUTE
from .weights import WEIGHTS
from .facets import Ballots, Codes, Floats, combine, dense
from .lifts import Pool, members, reference_share, sure_lift

DOOR = 12.0  # people one exit counts for, per candidate
SLOTS_MS = (20 * MINUTE, 4 * HOUR)
NOT_A_TRAIT_AT_ZERO = {"greeting", "lot", "hall", "greeting_standing"}


def trait_table(ballots: Ballots) -> Iterator[tuple[str, Codes]]:
    """Make the traits one after the other, per ballot."""
    model, haste = facets.phone_model(ballots), facets.haste(ballots)
    standing, tls = facets.standing(ballots), facets.greeting_on_system(ballots)
    yield "profile", facets.phone_profile(ballots)
    yield "model", model
    yield "greeting", tls
    yield "tempo", facets.tempo(ballots)
    yield "haste", haste
    yield "lot", facets.lot(ballots)
    yield "hall", facets.data_centre(ballots)
    yield "standing", standing
    yield "model_standing", combine(model, standing)
    yield "greeting_standing", np.where(tls == 0, 0, combine(tls, standing) + 1)
    yield "haste_standing", combine(haste, standing)


def measure(ballots: Ballots, clean: Floats) -> Iterator[tuple[str, Floats]]:
    """Yield name and sure log-lift per pair, the largest of the windows.

    A trait is measured over all ballots («house_…», where one door may explain it) and with every
    door counted as a handful of people, so that a school, an office or a hall makes no lift alone.
    """
    scale = _Scale(ballots, clean)
    for name, per_ballot in trait_table(ballots):
        trait = per_ballot[ballots.pair_row]
        yield from scale.lifts(name, trait)
        if name == "haste":
            yield from scale.lifts("haste_place", trait * 3 + scale.away)
    yield from scale.lifts("place", scale.away)


class _Scale:
    """The windows and weights in which every trait is weighed."""

    def __init__(self, ballots: Ballots, clean: Floats) -> None:
        row, candidate = ballots.pair_row, ballots.pair_candidate
        self.pool = Pool(candidate, candidate, ballots.weight[row], clean[row])
        door = combine(facets.exit_block(ballots)[row], candidate)
        crowd = np.bincount(door, self.pool.weight)[door]
        self.scattered = self.pool.weight * np.minimum(1.0, DOOR / crowd)
        self.windows = [candidate] + [
            dense((ballots.ts[row] // slot) * len(ballots.names) + candidate) for slot in SLOTS_MS
        ]
        self.away = _away(ballots)

    def lifts(self, name: str, trait: Codes) -> Iterator[tuple[str, Floats]]:
        """Weigh one trait both ways."""
        share = reference_share(trait, self.pool)
        for prefix, weight in (("house_", self.pool.weight), ("", self.scattered)):
            if prefix + name not in WEIGHTS:
                continue
            best = np.zeros(len(trait))
            for window in self.windows:
                found = members(trait, window, weight)
                expected = share * np.bincount(window, weight)[window]
                best = np.maximum(best, sure_lift(found, expected))
            yield prefix + name, np.where(trait == 0, 0.0, best) if name in NOT_A_TRAIT_AT_ZERO else best


def _away(ballots: Ballots) -> Codes:
    """Say, pair by pair, whether the ballot comes from outside the candidate's province."""
    home = ballots.home_province()[ballots.pair_candidate]
    here = ballots.text("province")[ballots.pair_row]
    return np.where((home == 0) | (here == 0), 2, (here != home).astype(np.int64))
