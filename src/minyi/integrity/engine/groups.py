# SPDX-License-Identifier: Apache-2.0
"""Ballots are struck in groups, never alone: gather them, protect look-alikes, keep the budget."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from . import facets
from .columns import HOUR
from .facets import Ballots, Codes, Floats
from .scoring import KIND_BITS, Scores
from .weights import BUDGET, MATTERS, MIN_GROUP, RULE_OF, base

Flags = npt.NDArray[np.bool_]

PAUSE_MS = 12 * HOUR  # a longer silence ends a group
WAVE_PAUSE_MS = 96 * HOUR  # … but accounts that return are one wave
MACHINE = KIND_BITS["greeting"] | KIND_BITS["network"]
# Like phones at a like pace, or from afar, are a wall and not a house.
WALLS = [KIND_BITS["phone"] | KIND_BITS[other] for other in ("tempo", "place")]
REASONS = 4
MOSTLY = 0.5  # a group of which more than this is beyond the budget stands as a whole
FEW_HANDS = 2.5  # fewer persons than this stand behind a helper's phone, however many ballots


@dataclass(frozen=True, slots=True)
class Group:
    """Ballots that stand or fall together. No name, address or account in it."""

    id: int
    candidate: str
    leading_rule: str
    size: int  # ballots
    persons: float
    from_ms: int
    to_ms: int
    expected_honest: float
    held: bool
    reason_not_held: str  # the code of the look-alike that protects it, or ''
    doors: int
    top_door_share: float
    top_sharer_share: float


@dataclass(slots=True)
class Decision:
    """Per ballot: in which group it is struck (-1: none), by which pair."""

    group: Codes
    member: Codes  # the same for groups that are left alone as well
    pair: Codes
    groups: list[Group]


def decide(ballots: Ballots, scores: Scores) -> Decision:
    """Choose the pair that speaks for each ballot, gather groups, and strike within the budget."""
    pair = _strongest_pair(ballots, scores)
    over = np.flatnonzero(scores.stands[pair])
    group = np.full(ballots.n, -1, np.int64)
    if not len(over):
        return Decision(group, group, pair, [])
    members = _members(ballots, scores, pair, over)
    members, kept = _within_budget(members, BUDGET * ballots.n)
    groups = _describe(ballots, scores, members, kept)
    number = members["group"].to_numpy()
    member = group.copy()
    member[over] = number
    held = np.array([group.held for group in groups])
    group[over] = np.where(held[number], number, -1)
    return Decision(group, member, pair, groups)


def _strongest_pair(ballots: Ballots, scores: Scores) -> Codes:
    rank = np.lexsort((ballots.pair_candidate, -scores.total, ballots.pair_row))
    rows = ballots.pair_row[rank]
    first = np.ones(len(rows), bool)
    first[1:] = rows[1:] != rows[:-1]
    result: Codes = rank[first]
    return result


def leading(scores: Scores, pairs: Codes) -> Codes:
    """Return the number of each pair's strongest signal."""
    result: Codes = scores.parts[pairs].argmax(axis=1).astype(np.int64)
    return result


def _runs(key: Codes, ts: Codes, pause: int) -> Codes:
    """Number the runs of equal keys without a long pause."""
    order = np.lexsort((ts, key))
    breaks = np.ones(len(key), bool)
    breaks[1:] = (np.diff(key[order]) != 0) | (np.diff(ts[order]) > pause)
    numbers = np.zeros(len(key), np.int64)
    numbers[order] = np.cumsum(breaks) - 1
    return numbers


def _members(ballots: Ballots, scores: Scores, pair: Codes, over: Codes) -> pl.DataFrame:
    """Return, for each ballot over the line, its group and what speaks for or against it."""
    chosen, ts, weight = pair[over], ballots.ts[over], ballots.weight[over]
    rules = sorted(set(RULE_OF.values()))
    rule_of_signal = np.array([rules.index(RULE_OF[base(name)]) for name in scores.signals])
    candidate, signal = ballots.pair_candidate[chosen], leading(scores, chosen)
    wave = _runs(candidate, ts, WAVE_PAUSE_MS)
    close = np.maximum(scores.company[chosen], 0.0)
    return pl.DataFrame({
        "group": _runs(candidate * len(rules) + rule_of_signal[signal], ts, PAUSE_MS),
        "ts": ts, "weight": weight, "candidate": candidate, "signal": signal,
        "wave": np.bincount(wave, weight)[wave],
        # The bias of the fit counted honest ballots tenfold: e² of the odds are given back. Who
        # keeps company counts it in full here: so the doubt agrees with worlds of known truth.
        "doubt": 1.0 / (1.0 + np.exp(scores.total[chosen] + 2.0 + 0.5 * close)),
        "machine": (scores.kinds[chosen] & MACHINE) > 0,
        "tempo": (scores.kinds[chosen] & KIND_BITS["tempo"]) > 0,
        "phone": (scores.kinds[chosen] & KIND_BITS["phone"]) > 0,
        "wall": np.any([(scores.kinds[chosen] & wall) == wall for wall in WALLS], axis=0),
        "hall": facets.data_centre(ballots)[over],
        "door": facets.exit_block(ballots)[over], "ref": ballots.text("ref")[over],
    })  # fmt: skip


def _within_budget(members: pl.DataFrame, budget: float) -> tuple[pl.DataFrame, list[str]]:
    """Take the surest members until the honest ballots expected among them use up `budget`.

    Returns the members with their final groups, and why each group is left alone ('' if it is not).
    A group that is only partly within the budget is cut in two: a sure part and an open one. When
    most of it is beyond, all of it stands: a few sure ones in a doubtful crowd are chance.
    """
    number, doubt = members["group"].to_numpy(), members["doubt"].to_numpy()
    kept = np.array(_look_alikes(members), object)
    open_to_us = kept[number] == ""
    order = np.lexsort((doubt, ~open_to_us))
    spent = np.cumsum(np.where(open_to_us, doubt, 0.0)[order])
    beyond = np.zeros(len(number), bool)
    beyond[order] = open_to_us[order] & (spent > budget)
    if not beyond.any():
        return members, kept.tolist()
    beyond |= open_to_us & (np.bincount(number, beyond)[number] > MOSTLY * facets.sizes(number))
    cut = facets.dense(number * 2 + beyond)
    first = np.unique(cut, return_index=True)[1]
    whole = np.where(beyond, "over_budget", kept[number])[first]
    return members.with_columns(group=pl.Series(cut)), whole.tolist()


def _look_alikes(members: pl.DataFrame) -> list[str]:
    number = members["group"].to_numpy()
    _, door_share = _commonest(number, members["door"].to_numpy())
    _, ref_share = _commonest(number, members["ref"].to_numpy())
    rows = (
        members.group_by("group")
        .agg(
            pl.col("weight").sum(),
            pl.col("wave").max(),
            pl.col("machine", "tempo", "phone", "hall", "wall").mean(),
        )
        .sort("group")
        .to_dicts()
    )
    return [_look_alike(row, door_share[k], ref_share[k]) for k, row in enumerate(rows)]


def _describe(
    ballots: Ballots, scores: Scores, members: pl.DataFrame, kept: list[str]
) -> list[Group]:
    number = members["group"].to_numpy()
    doors, door_share = _commonest(number, members["door"].to_numpy())
    _, ref_share = _commonest(number, members["ref"].to_numpy())
    rows = (
        members.group_by("group")
        .agg(
            pl.len(),
            pl.col("weight", "doubt").sum(),
            first=pl.col("ts").min(),
            last=pl.col("ts").max(),
            candidate=pl.col("candidate").first(),
            signal=pl.col("signal").mode().min(),
        )
        .sort("group")
        .to_dicts()
    )
    return [
        Group(
            id=k, candidate=ballots.names[row["candidate"]],
            leading_rule=RULE_OF[base(scores.signals[row["signal"]])],
            size=row["len"], persons=round(row["weight"], 1), from_ms=row["first"],
            to_ms=row["last"], expected_honest=round(row["doubt"], 9), held=not kept[k],
            reason_not_held=kept[k], doors=int(doors[k]),
            top_door_share=round(float(door_share[k]), 3),
            top_sharer_share=round(float(ref_share[k]), 3),
        )
        for k, row in enumerate(rows)
    ]  # fmt: skip


def _look_alike(row: dict[str, Any], door_share: float, ref_share: float) -> str:
    """Return why a group is left alone although its ballots are over the line."""
    if row["wave"] < MIN_GROUP or row["weight"] < FEW_HANDS:
        return "too_few"
    if row["machine"] >= 0.5 or (row["hall"] >= 0.5 and row["tempo"] >= 0.5):
        return ""
    if door_share >= 0.5 and row["wall"] < 0.5:
        return "one_house"  # a campus, an office, a hall, a hospital
    if ref_share >= 0.5 and row["tempo"] < 0.5 and row["phone"] < 0.5:
        return "one_chat"  # a group that follows one sharer
    return ""


def _commonest(group: Codes, value: Codes) -> tuple[Floats, Floats]:
    """Return per group the number of values and the share of the commonest; 0 is no value."""
    table = (
        pl.DataFrame({"g": group, "v": value})
        .group_by("g", "v")
        .len()
        .group_by("g")
        .agg(
            values=pl.len(),
            all=pl.col("len").sum(),
            top=pl.col("len").filter(pl.col("v") > 0).max().fill_null(0),
        )
        .sort("g")
    )
    return table["values"].to_numpy().astype(np.float64), (
        table["top"] / table["all"]
    ).to_numpy().astype(np.float64)


def reasons(scores: Scores, pairs: Codes) -> list[str]:
    """Return, pair by pair, the codes of its rules, the strongest first."""
    codes = np.array([RULE_OF[base(name)] for name in scores.signals])
    rules, place = np.unique(codes, return_inverse=True)
    sums = np.zeros((len(pairs), len(rules) + 1), np.float32)
    for k in range(len(scores.signals)):
        sums[:, place[k]] += scores.parts[pairs, k]
    sums[:, -1] = scores.company[pairs] * 0.5
    names = [*rules.tolist(), "company"]
    order = np.argsort(-sums, axis=1, kind="stable")[:, :REASONS]
    return [
        "|".join(names[k] for k in best if sums[row, k] >= MATTERS)
        for row, best in enumerate(order)
    ]
