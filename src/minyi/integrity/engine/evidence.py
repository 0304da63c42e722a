# SPDX-License-Identifier: Apache-2.0
"""The signals: for each pair of ballot and candidate, the sure log-lift of each trait."""

from collections.abc import Iterator

import numpy as np

from . import facets
from .columns import HOUR, MINUTE
from .facets import Ballots, Codes, Floats, combine, dense
from .lifts import Pool, members, reference_share, sure_lift
from .weights import WEIGHTS

DOOR = 12.0  # people one exit counts for, per candidate
FEW = 20.0  # ballots' worth of belief that traits are independent
SLOTS_MS = (20 * MINUTE, 4 * HOUR)
NOT_A_TRAIT_AT_ZERO = {"greeting", "lot", "hall", "place", "odd", "wandering", "loyal"}


def trait_table(ballots: Ballots) -> Iterator[tuple[str, Codes]]:
    """Make the traits one after the other, per ballot."""
    yield "profile", facets.phone_profile(ballots)
    yield "model", facets.phone_model(ballots)
    yield "tempo", facets.tempo(ballots)
    yield "haste", facets.haste(ballots)
    yield "lot", facets.lot(ballots)
    yield "hall", facets.data_centre(ballots)
    yield "standing", facets.standing(ballots)
    yield "odd", facets.odd_phone(ballots)
    yield "wandering", facets.wandering(ballots)
    yield "arrival", facets.arrival(ballots)


def measure(ballots: Ballots) -> Iterator[tuple[str, Floats]]:
    """Yield name and sure log-lift per pair, the largest of the windows.

    A trait is measured over all ballots («house_…», where one door may explain it) and with every
    door counted as a handful of people, so that a school, an office or a hall makes no lift alone.
    """
    scale = _Scale(ballots)
    row = ballots.pair_row
    standing = facets.standing(ballots)[row]
    yield from scale.lifts("greeting", facets.greeting(ballots)[row], facets.system(ballots)[row])
    for name, per_ballot in trait_table(ballots):
        trait = per_ballot[row]
        yield from scale.lifts(name, trait)
        if name in {"model", "haste"}:
            yield from scale.lifts(f"{name}_standing", trait, standing)
        if name == "haste":
            yield from scale.lifts("haste_place", trait, scale.away)
    yield from scale.lifts("place", scale.away)
    yield from scale.lifts("loyal", facets.loyal_door(ballots))


class _Scale:
    """The windows and weights in which every trait is weighed."""

    def __init__(self, ballots: Ballots) -> None:
        row, candidate = ballots.pair_row, ballots.pair_candidate
        self.pool = Pool(candidate, ballots.weight[row])
        door = combine(facets.exit_block(ballots)[row], candidate)
        crowd = np.bincount(door, self.pool.weight)[door]
        self.scattered = self.pool.weight * np.minimum(1.0, DOOR / crowd)
        self.windows = [candidate] + [
            dense((ballots.ts[row] // slot) * len(ballots.names) + candidate) for slot in SLOTS_MS
        ]
        self.totals: dict[int, dict[str, Floats]] = {}
        self.away = _away(ballots)

    def lifts(
        self, name: str, trait: Codes, given: Codes | None = None
    ) -> Iterator[tuple[str, Floats]]:
        """Weigh one trait both ways; with `given`, among the ballots that share that other trait.

        Thus a wave of newcomers is no signal in «haste_standing»: the question there is whether
        these newcomers hurry more alike than newcomers do.
        """
        forms = [form for form in ("house_", "") if form + name in WEIGHTS]
        if not forms:
            return
        joint = trait if given is None else combine(trait, given)
        share = self._share(trait, joint, given)
        none = trait == 0 if name in NOT_A_TRAIT_AT_ZERO else np.zeros(len(trait), bool)
        weights = [self.pool.weight if form else self.scattered for form in forms]
        best = [np.zeros(len(trait)) for _ in forms]
        for k, window in enumerate(self.windows):
            found = members(joint, window, *weights)
            among = self._everybody(k, forms) if given is None else members(given, window, *weights)
            for one, mine, others in zip(best, found, among, strict=True):
                np.maximum(one, sure_lift(mine, share * others), out=one)
        for form, one in zip(forms, best, strict=True):
            yield form + name, np.where(none, 0.0, one)

    def _everybody(self, k: int, forms: list[str]) -> list[Floats]:
        """Return how much weight is in each pair's k-th window, whatever the trait."""
        if k not in self.totals:
            window = self.windows[k]
            house, plain = members(np.zeros_like(window), window, self.pool.weight, self.scattered)
            self.totals[k] = {"house_": house, "": plain}
        return [self.totals[k][form] for form in forms]

    def _share(self, trait: Codes, joint: Codes, given: Codes | None) -> Floats:
        if given is None:
            return reference_share(trait, self.pool)
        few = FEW / max(1.0, float(self.pool.weight.sum()))
        alone, base = reference_share(trait, self.pool), reference_share(given, self.pool)
        both = reference_share(joint, self.pool)
        result: Floats = (both + few * alone) / (base + few)
        return result


def _away(ballots: Ballots) -> Codes:
    """Say, pair by pair, whether the ballot comes from outside the candidate's province."""
    home = ballots.home_province()[ballots.pair_candidate]
    here = ballots.text("province")[ballots.pair_row]
    return np.where((home > 0) & (here > 0) & (here != home), 1, 0)
