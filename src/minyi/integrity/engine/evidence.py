# SPDX-License-Identifier: Apache-2.0
"""The signals: for each pair of ballot and candidate, the sure log-lift of each trait."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from . import facets
from .columns import HOUR, MINUTE
from .facets import Ballots, Codes, Floats, combine, dense
from .lifts import Pool, members, reference_share, sure_lift

DOOR = 12.0  # people one exit counts for, per candidate
SLOTS_MS = (20 * MINUTE, 4 * HOUR)


@dataclass(slots=True)
class Signals:
    """Per signal and pair: the lift, and which of its windows showed it."""

    lift: dict[str, Floats]


def trait_table(ballots: Ballots) -> Iterator[tuple[str, Codes]]:
    """Make the traits one after the other, per ballot."""
    model, haste = facets.phone_model(ballots), facets.haste(ballots)
    standing, arrival = facets.standing(ballots), facets.arrival(ballots)
    tls = facets.greeting_on_system(ballots)
    yield "profile", facets.phone_profile(ballots)
    yield "model", model
    yield "build", facets.phone_build(ballots)
    yield "dev", facets.fingerprint(ballots)
    yield "greeting", tls
    yield "tempo", facets.tempo(ballots)
    yield "haste", haste
    yield "lot", facets.lot(ballots)
    yield "hall", facets.data_centre(ballots)
    yield "standing", standing
    yield "arrival", arrival
    yield "model_haste", combine(model, haste)
    yield "model_standing", combine(model, standing)
    yield "greeting_standing", np.where(tls == 0, 0, combine(tls, standing) + 1)
    yield "haste_standing", combine(haste, standing)
    yield "haste_arrival", combine(haste, arrival)
    yield "manner", combine(haste, standing, arrival)


NOT_A_TRAIT_AT_ZERO = {"dev", "greeting", "lot", "hall", "greeting_standing"}
WITH_PLACE = {"place", "model_place", "haste_place", "standing_place", "arrival_place"}


def measure(ballots: Ballots, clean: Floats) -> Iterator[tuple[str, Floats]]:
    """Yield name and sure log-lift per pair, the largest of the windows.

    Each trait is measured twice: over all ballots («house_…» where one door may explain it), and
    with every door counted as a handful of people at most, so that a school, an office or a hall
    cannot make a lift by itself.
    """
    scale = _Scale(ballots, clean)
    away = scale.away
    n_away = int(away.max(initial=0)) + 1
    kept: dict[str, Codes] = {}
    for name, per_ballot in trait_table(ballots):
        trait = per_ballot[ballots.pair_row]
        yield from scale.lifts(name, trait)
        if name in {"model", "haste", "standing", "arrival"}:
            kept[name] = trait
    yield from scale.lifts("place", away)
    for name, trait in kept.items():
        yield from scale.lifts(f"{name}_place", trait * n_away + away)
    manner = combine(kept["haste"], kept["standing"], kept["arrival"])
    yield from scale.lifts("manner_place", manner * n_away + away)
    yield from _bursts(ballots, scale.pool)


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


def _bursts(ballots: Ballots, pool: Pool) -> Iterator[tuple[str, Floats]]:
    """More ballots than this candidate ever has in such a window, without a common sharer or door."""
    row = ballots.pair_row
    slot = SLOTS_MS[0]
    window = dense((ballots.ts[row] // slot) * len(ballots.names) + pool.candidate)
    crowd = np.bincount(window, pool.weight)[window]
    loose = pool.weight.copy()
    for bond in (facets.sharer(ballots), facets.exit_block(ballots)):
        code = bond[row]
        together = members(code, window, pool.weight)
        loose[(together > np.maximum(3, 0.05 * crowd)) & (code > 0)] = 0.0
    found = np.bincount(window, loose)[window]
    days = max(1.0, float(np.ptp(ballots.ts)) / slot)
    usual = np.bincount(pool.candidate, loose)[pool.candidate] / days
    yield "rush", np.where(loose > 0, sure_lift(found, 3.0 * usual), 0.0)
