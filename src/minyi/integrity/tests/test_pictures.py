# SPDX-License-Identifier: Apache-2.0
"""A picture shows what sets ballots apart from everybody else's, and identifies nobody."""

import json
import random

import pytest

from minyi.integrity.pictures import Group, draw, hold_surest, label_of

from .given import DAY, MINUTE, NOON, given_voter

DOOR = "fd00:3f2a:9b1c:77e0::"


def given_rows(honest=2000, wall=200):
    """A public over two days, and a wall of phones behind one door within twenty minutes."""
    dice = random.Random(7)
    rows = [given_voter(dice, ip=f"fd00:{n % 97:04x}:1:1::") for n in range(honest)]
    for _ in range(wall):
        ts = NOON + DAY + dice.randrange(20 * MINUTE)
        rows.append(
            given_voter(
                dice, ts=ts, choices="3|5", ip=DOOR, model="M61", os="Android", osv="9",
                dwell_ms=2100, touch_n=1, first_seen=ts - 9_000, ref="osharer1",
            )
        )  # fmt: skip
    return [
        {"event_id": str(n), **{name: str(value) for name, value in row.items()}}
        for n, row in enumerate(rows)
    ]


@pytest.fixture(scope="module")
def drawn():
    rows = given_rows()
    members = frozenset(row["event_id"] for row in rows if row["model"] == "M61")
    group = Group("3", "same_phones", members, expected_honest=0.5)
    return group, draw(rows, [group])[0]


def test_the_timeline_sets_what_came_beside_what_was_to_be_expected(drawn):
    group, picture = drawn
    assert len(picture["timeline"]) <= 200
    burst = [one for one in picture["timeline"] if group.first_ms <= one[0] <= group.last_ms]
    assert sum(observed for _at, observed, _expected in burst) >= 190
    assert sum(expected for _at, _observed, expected in burst) < 20
    assert picture["expected"] < 20
    assert picture["precision"] == pytest.approx(1 - 0.5 / 200, abs=1e-4)


def test_traits_are_compared_with_everybody_else(drawn):
    traits = drawn[1]["traits"]
    assert traits["door"][0][:3] == ("网络 3f2a", 200, 1.0)
    assert traits["door"][0][3] == 0
    assert traits["model"][0][0] == "M61"
    assert traits["age"][0][0] == "到访前 15 秒内首次出现"
    assert traits["tempo"][0][0] == "2–3 秒，触摸 1 次"
    assert all(len(rows) <= 8 for rows in traits.values())


def test_the_graph_joins_the_door_to_the_phones_behind_it(drawn):
    graph = drawn[1]["graph"]
    nodes = {node: (kind, label) for node, kind, label, _size in graph["nodes"]}
    assert len(nodes) <= 60
    assert len(graph["edges"]) <= 200
    joined = {(nodes[a], nodes[b]): weight for a, b, weight in graph["edges"]}
    assert joined[("door", "网络 3f2a"), ("model", "M61")] == 200


def test_a_picture_identifies_nobody(drawn):
    told = json.dumps(drawn[1], ensure_ascii=False)
    assert DOOR not in told
    assert "9b1c" not in told
    assert "osharer1" not in told
    assert label_of(("sharer", "osharer1")).startswith("分享者 ")


def group(n, doubt, kept=""):
    members = frozenset(str(k) for k in range(n))
    return Group("1", "same_tempo", members, kept=kept, expected_honest=doubt)


@pytest.mark.parametrize(
    ("groups", "held"),
    [
        ([group(40, 0.4, "over_budget")], [True]),  # clear, and less than one ballot
        ([group(40, 0.4), group(40, 0.5, "over_budget")], [True, True]),
        ([group(40, 0.7), group(40, 0.5, "over_budget")], [True, False]),  # more than one
        ([group(20, 0.8, "over_budget")], [False]),  # not clear: four in a hundred
        ([group(40, 1.1), group(90, 0.1, "over_budget")], [True, False]),  # a large vote
        ([group(40, 0.1, "one_house"), group(40, 0.1, "one_chat")], [False, False]),
        ([group(8, 0.01, "too_few")], [False]),
        ([group(50, 0.9, "over_budget"), group(50, 0.2, "over_budget")], [False, True]),
    ],
)
def test_a_small_vote_holds_what_is_clear_and_less_than_one_honest_ballot(groups, held):
    hold_surest(groups)
    assert [not one.kept for one in groups] == held


def test_columns_nobody_collected_are_left_out():
    rows = [
        {"event_id": str(n), "ts": str(NOON + n * 1000), "choices": str(n % 3)} for n in range(50)
    ]
    picture = draw(rows, [Group("1", "same_tempo", frozenset({"1", "4", "7"}))])[0]
    assert picture["traits"] == {}
    assert picture["graph"] == {"nodes": [], "edges": []}
    assert picture["precision"] is None
