# SPDX-License-Identifier: Apache-2.0
"""`python -m benchmarks.integrity.fit`: how the weights in `engine/weights.py` came to be.

A logistic regression with non-negative weights over pairs of ballot and candidate, from worlds of
every shift and from development seeds only. Each attack counts alike, whatever its size; honest
pairs count tenfold too much against their true share (the groups give e² of the odds back). The
figures printed are rounded by hand into `weights.py`; the line is then set by quality on other
development seeds.
"""

import argparse
import sys

import numpy as np
import numpy.typing as npt
import polars as pl

from minyi.integrity.engine.evidence import measure
from minyi.integrity.engine.facets import Ballots
from minyi.integrity.engine.weights import LIFT_CAP, WEIGHTS

from . import simulate
from .measure import as_read
from .simulate import SHIFTS, Traffic

Array = npt.NDArray[np.float64]
HONEST_PER_CAMPAIGN = 15_000
HONEST_MASS, RIDGE, STEPS = 20.0, 0.0004, 600


def main() -> int:
    """Fit and print one weight per signal."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=[41, 42])
    parser.add_argument("--ballots", type=int, default=60_000)
    options = parser.parse_args()
    parts = [
        _sample(make(seed, n=options.ballots, shift=shift), seed)
        for seed in options.seeds
        for shift in SHIFTS.values()
        for make in (simulate.mixed,)
    ]
    lifts, brushed, mass = (np.concatenate(column) for column in zip(*parts, strict=True))
    bias, weights = fit(lifts, brushed, mass)
    print(f"BIAS {bias:.2f}")
    for name, weight in zip(WEIGHTS, weights, strict=True):
        print(f"{name:24} {weight:5.2f}   now {WEIGHTS[name]:.2f}")
    return 0


def _sample(traffic: Traffic, seed: int) -> tuple[Array, Array, Array]:
    """Return lifts, whether brushed, and how much each pair counts, of one campaign."""
    events, candidates = as_read(traffic)
    frame = events.sort("ts", "event_id")
    ballots = Ballots(frame, candidates)
    truth = frame.select("event_id").join(
        traffic.truth.with_columns(pl.col("event_id").cast(pl.String)), on="event_id", how="left"
    )
    names = np.array([int(name) for name in ballots.names])
    row = ballots.pair_row
    brushed = truth["level"].to_numpy()[row] > 0
    own = brushed & (truth["target"].to_numpy()[row] == names[ballots.pair_candidate])
    order = truth.select(pl.struct("crowd", "level", "target").rank("dense")).to_series()
    sizes = np.bincount(order.to_numpy()[row], own)
    honest = np.flatnonzero(~brushed)
    chosen = np.random.default_rng(seed).choice(
        honest, min(HONEST_PER_CAMPAIGN, len(honest)), replace=False
    )
    keep = np.concatenate([np.flatnonzero(own), np.sort(chosen)])
    lifts = np.zeros((len(keep), len(WEIGHTS)))
    for name, lift in measure(ballots):
        lifts[:, list(WEIGHTS).index(name)] = np.minimum(lift[keep], LIFT_CAP)
    mass = np.where(
        own[keep],
        1.0 / np.maximum(sizes[order.to_numpy()[row]][keep], 1),
        HONEST_MASS * 16 / len(chosen),
    )
    return lifts, own[keep].astype(float), mass


def fit(lifts: Array, brushed: Array, mass: Array) -> tuple[float, Array]:
    """Return bias and non-negative weights by projected gradient (Nesterov's momentum)."""
    mass = mass / mass.sum()
    bias, weights = -3.0, np.full(lifts.shape[1], 0.3)
    ahead_bias, ahead = bias, weights
    step = 4.0 / (1.0 + float((mass[:, None] * lifts**2).sum()))
    for k in range(1, STEPS + 1):
        error = mass * (1.0 / (1.0 + np.exp(-(ahead_bias + lifts @ ahead))) - brushed)
        new_bias = ahead_bias - step * float(error.sum())
        new = np.maximum(ahead - step * (lifts.T @ error + RIDGE * ahead), 0.0)
        momentum = k / (k + 3.0)
        ahead_bias = new_bias + momentum * (new_bias - bias)
        ahead = new + momentum * (new - weights)
        bias, weights = new_bias, new
    return bias, weights


if __name__ == "__main__":
    sys.exit(main())
