# SPDX-License-Identifier: Apache-2.0
"""Compare what the engine says with what the simulator knows."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

from minyi.integrity.engine.engine import Scored, score

from .simulate import SHIFTS, Traffic

TOP = 10


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one campaign; shares from 0 to 1, lags in minutes, NaN where nothing can be measured."""

    recall: dict[tuple[str, int], tuple[int, int]]  # family, level -> caught, brushed
    honest_struck: float
    worst_group: float
    worst_name: str
    precision: float
    lag_median: float
    lag_p90: float
    wrong_before: int
    wrong_after: int
    victims_lost: float

    def macro_recall(self) -> float:
        """Return the mean over families of the share of ballots caught."""
        families: dict[str, list[int]] = {}
        for (family, _), (caught, brushed) in self.recall.items():
            sums = families.setdefault(family, [0, 0])
            sums[0] += caught
            sums[1] += brushed
        return float(np.mean([c / b for c, b in families.values()])) if families else float("nan")

    def caught(self) -> float:
        """Return the share of all brushed ballots caught."""
        caught = sum(c for c, _ in self.recall.values())
        brushed = sum(b for _, b in self.recall.values())
        return caught / brushed if brushed else float("nan")


def as_read(traffic: Traffic) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return log and list as the engine's reader would."""
    return (
        traffic.events.with_columns(pl.col("event_id").cast(pl.String)),
        traffic.candidates.select(pl.col("candidate").cast(pl.String), "city"),
    )


def run(traffic: Traffic) -> tuple[Scored, Figures]:
    """Score the traffic and measure the answer."""
    scored = score(*as_read(traffic))
    return scored, figures(traffic, scored)


def run_world(world: tuple[Callable[..., Traffic], int, str, int]) -> Figures:
    """Make traffic of a seed and a shift, score it, and measure the answer."""
    make, seed, title, ballots = world
    return run(make(seed, n=ballots, shift=SHIFTS[title]))[1]


def figures(traffic: Traffic, scored: Scored) -> Figures:
    truth = traffic.truth.with_columns(
        struck=scored.ballots["quarantine"] == 1,
        lag=(scored.ballots["decided_ts"] - traffic.events["ts"]) / 60_000,
        choices=traffic.events["choices"],
    )
    brushed, honest = truth.filter(pl.col("level") > 0), truth.filter(pl.col("level") == 0)
    groups = (
        honest.group_by("crowd").agg(pl.col("struck").mean()).sort("struck", "crowd").to_dicts()
    )
    caught = brushed.filter("struck")
    recall = {
        (row["crowd"], row["level"]): (row["caught"], row["n"])
        for row in brushed.group_by("crowd", "level")
        .agg(caught=pl.col("struck").sum(), n=pl.len()).sort("crowd", "level").to_dicts()
    }  # fmt: skip
    struck = truth.filter("struck")
    true_top = _top(honest)
    return Figures(
        recall=recall,
        honest_struck=_mean(honest["struck"]),
        worst_group=groups[-1]["struck"],
        worst_name=groups[-1]["crowd"],
        precision=_mean(struck["level"] > 0),
        lag_median=_quantile(caught["lag"], 0.5),
        lag_p90=_quantile(caught["lag"], 0.9),
        wrong_before=len(true_top - _top(truth)),
        wrong_after=len(true_top - _top(truth.filter(~pl.col("struck")))),
        victims_lost=_victims(brushed, honest),
    )


def _victims(brushed: pl.DataFrame, honest: pl.DataFrame) -> float:
    """Return the share of honest ballots for attacked candidates that were struck."""
    targets = brushed["target"].cast(pl.String).unique().to_list()
    own = honest.filter(
        pl.col("choices").str.split("|").list.set_intersection(targets).list.len() > 0
    )
    return _mean(own["struck"])


def _top(ballots: pl.DataFrame) -> set[str]:
    counts = (
        ballots.select(pl.col("choices").str.split("|"))
        .explode("choices")
        .group_by("choices")
        .len()
        .sort("len", "choices", descending=[True, False])
    )
    return set(counts["choices"].head(TOP).to_list())


def _mean(column: pl.Series) -> float:
    return float(column.mean()) if len(column) else float("nan")  # type: ignore[arg-type]


def _quantile(column: pl.Series, share: float) -> float:
    value = column.quantile(share)
    return float("nan") if value is None else float(value)
