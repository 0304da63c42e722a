# SPDX-License-Identifier: Apache-2.0
"""A burst is what neither a candidate's past nor everybody's present explains; it is described."""

import json
import random

import pytest

from minyi.integrity.bursts import (
    WARM_UP,
    WINDOW_MS,
    Window,
    describe,
    facts_of,
    find_bursts,
)

from .given import NOON, Row, given_voter

DOOR = "fd00:3f2a:9b1c:77e0::"
RATES = {1: 4.0, 2: 2.0, 3: 1.0, 4: 0.3}


def given_windows(n=120, *, factor=1.0, seed=3, extra=None, scale=1):
    """Windows of a plain public; `extra` adds ballots for candidates to the last twelve."""
    dice = random.Random(seed)
    windows = []
    for k in range(n):
        votes = {c: _poisson(dice, rate * factor / scale) * scale for c, rate in RATES.items()}
        if k >= n - 12:
            for candidate, many in (extra or {}).items():
                votes[candidate] += many
        windows.append(Window(NOON + k * WINDOW_MS, sum(votes.values()), votes, scale))
    return windows


def _poisson(dice: random.Random, rate: float) -> int:
    count, left = 0, dice.expovariate(1.0)
    while left < rate:
        count, left = count + 1, left + dice.expovariate(1.0)
    return count


def test_a_sudden_rise_for_one_candidate_is_a_burst_with_its_expectation():
    (burst,) = find_bursts(given_windows(extra={3: 20}))
    assert burst.candidate == 3
    assert burst.observed > 200
    assert burst.expected < 20
    assert burst.to_ms == NOON + 120 * WINDOW_MS
    assert len(burst.timeline) == 90


def test_a_slow_delivery_shows_in_two_minutes_where_ten_seconds_show_nothing():
    (burst,) = find_bursts(given_windows(extra={4: 3}))
    assert (burst.candidate, burst.to_ms - burst.from_ms) == (4, 12 * WINDOW_MS)


@pytest.mark.parametrize("seed", range(20))
def test_plain_voting_has_no_bursts(seed):
    assert find_bursts(given_windows(360, seed=seed)) == []


@pytest.mark.parametrize("seed", range(5))
def test_a_push_that_brings_everybody_more_is_nobodys_burst(seed):
    windows = given_windows(120, seed=seed)[:-12]
    pushed = given_windows(12, factor=6, seed=seed + 50)
    start = windows[-1].start_ms + WINDOW_MS
    moved = [Window(start + k * WINDOW_MS, one.ballots, one.votes) for k, one in enumerate(pushed)]
    assert find_bursts([*windows, *moved]) == []


def test_nothing_is_said_in_the_first_minutes():
    assert find_bursts(given_windows(WARM_UP, extra={3: 50})) == []


def test_the_first_crowd_of_a_vote_is_nobodys_burst():
    quiet = [Window(NOON + k * WINDOW_MS, 0, {}) for k in range(60)]
    crowd = [
        Window(NOON + (60 + k) * WINDOW_MS, one.ballots, one.votes)
        for k, one in enumerate(given_windows(12, factor=9))
    ]
    assert find_bursts([*quiet, *crowd]) == []


def test_a_stormy_hour_does_not_hide_an_attack_in_the_quiet_after_it():
    stormy = given_windows(60, factor=20)
    quiet = [Window(NOON + (60 + k) * WINDOW_MS, 0, {}) for k in range(18)]
    attack = [Window(NOON + (78 + k) * WINDOW_MS, 16, {4: 16}) for k in range(12)]
    assert [burst.candidate for burst in find_bursts([*stormy, *quiet, *attack])] == [4]


@pytest.mark.parametrize("minutes", [2, 3, 5, 8])
def test_a_vote_that_wakes_up_has_no_bursts(minutes):
    quiet = [Window(NOON + k * WINDOW_MS, 0, {}) for k in range(300)]
    crowd = [
        Window(NOON + (300 + k) * WINDOW_MS, one.ballots, one.votes)
        for k, one in enumerate(given_windows(6 * minutes, factor=10))
    ]
    assert find_bursts([*quiet, *crowd]) == []


def test_an_estimate_must_stand_out_from_its_own_error():
    assert find_bursts(given_windows(scale=40, factor=100)) == []
    (burst,) = find_bursts(given_windows(scale=40, factor=100, extra={4: 400}))
    assert burst.candidate == 4


def test_a_candidate_nobody_chose_before_needs_a_dozen():
    windows = given_windows()
    last = windows[-1]
    windows[-1] = Window(last.start_ms, last.ballots + 11, {**last.votes, 9: 11})
    assert find_bursts(windows) == []
    windows[-1] = Window(last.start_ms, last.ballots + 40, {**last.votes, 9: 40})
    assert [burst.candidate for burst in find_bursts(windows)] == [9]


# --- Who ----------------------------------------------------------------------------------------


def rows(n: int, seed: int = 5, **changes: object) -> list[dict[str, str]]:
    dice = random.Random(seed)
    made: list[Row] = [given_voter(dice, **changes) for _ in range(n)]
    return [{name: str(value) for name, value in row.items()} for row in made]


def who(burst, usual=None, others=()):
    return describe(burst, rows(400, 9), usual_crowds=usual or {}, other_bursts=set(others))


def test_a_wall_of_phones_looks_like_a_machine():
    wall = rows(80, model="M61", os="Android", osv="9", wxver="8.0.30", dwell_ms=2100, src="direct")
    found = who(wall)
    assert found.looks_like == "machine"
    assert (found.phone, found.dwell) == (1.0, (2100, 2100, 2100))


def test_two_trades_at_once_look_like_a_machine_too():
    wall = rows(60, model="M61", os="Android", osv="9", wxver="8.0.30")
    assert who([*wall, *rows(40, 6, model="M62", osv="10", wxver="8.0.16"), *rows(60, 7)]).is_alike


def test_a_hall_that_scans_a_code_looks_like_what_it_is():
    found = who(rows(80, ip=DOOR, src="qr"), usual={DOOR: 255})
    assert found.looks_like == "venue"
    assert (found.top_door, found.door_people, found.door_usual) == (1.0, 80, 255)


def test_a_chat_group_and_a_push_look_like_what_they_are():
    assert who(rows(80, src="group_share")).looks_like == "cascade"
    assert who(rows(80, src="article")).looks_like == "channel"


def test_one_model_that_everybody_has_is_no_machine():
    common = rows(300, 9, model="M1", osv="12", wxver="8.0.40")
    found = describe(
        rows(80, model="M1", osv="12", wxver="8.0.40", src="menu"),
        common,
        usual_crowds={},
        other_bursts=set(),
    )
    assert found.looks_like == "channel"


def test_it_says_how_many_also_chose_another_candidate_with_a_burst():
    assert who(rows(40, choices="3|5"), others={5}).overlap == 1.0


def test_the_facts_identify_nobody():
    told = json.dumps(facts_of(who(rows(80, ip=DOOR, src="qr"))), ensure_ascii=False)
    assert "fd00" not in told
    assert "现场扫码" in told


def test_what_nobody_collected_is_said_to_be_unknown():
    bare = [{**row, "first_seen": "", "model": "", "dwell_ms": "", "ip": ""} for row in rows(20)]
    found = describe(bare, [], usual_crowds={}, other_bursts=set())
    assert (found.newcomers, found.phone, found.dwell, found.doors) == (None, None, None, 0)
