# SPDX-License-Identifier: Apache-2.0
"""How much more often a trait stands on one candidate's ballots than on everybody else's.

Null: the trait's share among the other candidates, leaving out the two in whom it is commonest
(an attack often has two buyers), one where candidates are few. All logarithms are natural.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from .facets import ROOM, Codes, Floats

FEW_BALLOTS = 30


@dataclass(frozen=True, slots=True)
class Pool:
    """Pairs of ballot and candidate."""

    candidate: Codes
    weight: Floats  # how much of an independent person the ballot is

    @property
    def left_out(self) -> int:
        """How many candidates a reference can spare."""
        known = int((np.bincount(self.candidate) >= FEW_BALLOTS).sum())
        return 2 if known >= 8 else 1 if known >= 3 else 0


def reference_share(trait: Codes, pool: Pool) -> Floats:
    """Return, pair by pair, the robust share of its trait among other candidates' ballots."""
    spared = pool.left_out
    cells = (
        pl.LazyFrame({"c": pool.candidate, "t": trait, "w": pool.weight})
        .group_by("c", "t")
        .agg(pl.col("w").sum())
        .sort("t", "c")
        .with_columns(total=pl.col("w").sum().over("c"), grand=pl.lit(float(pool.weight.sum())))
        .with_columns(
            rank=(pl.col("w") / pl.col("total").sqrt().clip(1))
            .rank("ordinal", descending=True)
            .over("t")
        )
        .group_by("t")
        .agg(
            rest=pl.col("w").filter(pl.col("rank") > spared).sum(),
            left_out=pl.col("total").filter(pl.col("rank") <= spared).sum(),
            grand=pl.col("grand").first(),
        )
        .with_columns(share=pl.col("rest") / (pl.col("grand") - pl.col("left_out")).clip(1.0))
        .collect()
    )
    shares = np.zeros(int(trait.max(initial=0)) + 1)
    shares[cells["t"].to_numpy()] = cells["share"].to_numpy()
    result: Floats = shares[trait]
    return result


def members(trait: Codes, window: Codes, *weights: Floats) -> list[Floats]:
    """Return, pair by pair and for each kind of weight, how much shares its trait in its window."""
    cell = window * (int(trait.max(initial=0)) + 1) + trait
    if int(cell.max(initial=0)) < ROOM * len(cell):
        return [np.bincount(cell, weight)[cell] for weight in weights]
    frame = pl.DataFrame({"cell": cell} | {str(k): weight for k, weight in enumerate(weights)})
    sums = frame.select(pl.exclude("cell").sum().over("cell"))
    return [sums[str(k)].to_numpy() for k in range(len(weights))]


def sure_lift(found: Floats, expected: Floats) -> Floats:
    """Return the log-lift that three standard errors of bad luck would still leave, from 0."""
    sure = found - 3.0 * np.sqrt(found)
    lift = np.zeros(len(found))
    more = np.flatnonzero(sure > expected)
    lift[more] = np.log((sure[more] + 1.0) / (expected[more] + 1.0))
    return lift
