# SPDX-License-Identifier: Apache-2.0
"""Each signal on a hand-made attack, and beside it the honest people who look like it."""

import random

import numpy as np
import polars as pl
import pytest

from minyi.integrity.engine.engine import score
from minyi.integrity.engine.rules import KEPT, RULES
from minyi.integrity.engine.scoring import KIND_BITS, Scores
from minyi.integrity.engine.weights import BUDGET, RULE_OF

from .given import (
    DAY,
    HOUR,
    MINUTE,
    NOON,
    Row,
    given_candidates,
    given_log,
    given_public,
    given_scored,
    given_voter,
    struck_share,
)

pytestmark = pytest.mark.once


def number_of(openid: object) -> int:
    return int(str(openid)[1:])


SEEN_NOW = {"first_seen": lambda row: row["ts"] - row["dwell_ms"], "prior_n": 0, "follow_ts": -1}
HASTY = {"dwell_ms": lambda row: 2000 + number_of(row["openid"]) % 150, "touch_n": 1, "pv": 1}


def a_crowd(n: int, *, within: int, seed: int = 7, **changes: object) -> list[Row]:
    dice = random.Random(seed)
    start = NOON + DAY
    return [
        given_voter(dice, **({"choices": "3", "ts": start + dice.randrange(within)} | changes))
        for _ in range(n)
    ]


def spread_exits(row: Row) -> str:
    number = number_of(row["openid"])
    return f"{number % 200 + 1}.{number // 7 % 250}.{number // 31 % 250}.{number % 250}"


BRISK = {"dwell_ms": lambda row: 6000 + number_of(row["openid"]) % 6000, "touch_n": 3}
COMMONEST = {"model": "M1", "os": "iOS", "osv": "12", "tls": "tTrue0", "dev": "i1"}


def one_phone_kind() -> dict[str, object]:
    return {"model": "M51", "os": "Android", "osv": "11", "wxver": "8.0.33", "tls": "tFalse2"}


def test_a_script_with_a_greeting_of_its_own_is_caught():
    script = a_crowd(400, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    scored = given_scored(given_public(), script)
    assert struck_share(scored, 1) > 0.95
    assert struck_share(scored, 0) <= 0.0005


def test_an_office_behind_a_firewall_is_left_alone():
    office = a_crowd(400, within=3 * HOUR, tls="tFirewall", ip="58.20.1.9", src="group_share")
    assert struck_share(given_scored(given_public(), office), 1) == 0


def test_a_wall_of_like_phones_is_caught():
    wall = a_crowd(400, within=2 * HOUR, ip=spread_exits, **one_phone_kind(), **HASTY)
    assert struck_share(given_scored(given_public(), wall), 1) > 0.95


def test_a_rule_the_vote_does_without_is_no_reason_and_nothing_else_rests_on_its_facts():
    wall = a_crowd(400, within=2 * HOUR, ip=spread_exits, **one_phone_kind())
    log, candidates = given_log(given_public(), wall), given_candidates()
    phones = {"same_phones", "same_phones_and_standing", "same_greeting"}
    found = score(log, candidates).ballots.filter(pl.col("quarantine") == 1)
    assert found.height > 300
    assert all(phones & set(rules.split("|")) for rules in found["rules"].to_list())
    silent = score(log, candidates, without=phones)
    assert silent.ballots["quarantine"].sum() == 0
    assert silent.without == sorted(phones)


def test_a_vote_may_do_without_company():
    wall = a_crowd(400, within=2 * HOUR, ip=spread_exits, **one_phone_kind(), **HASTY)
    log, candidates = given_log(given_public(), wall), given_candidates()
    assert score(log, candidates).evidence["company"].abs().max() > 0
    assert score(log, candidates, without=["company"]).evidence["company"].abs().max() == 0


def test_phones_handed_out_by_an_employer_are_left_alone():
    hospital = a_crowd(300, within=5 * HOUR, ip="58.20.1.9", isp="CT", **one_phone_kind())
    assert struck_share(given_scored(given_public(), hospital), 1) == 0


def test_accounts_bought_in_lots_are_caught():
    lots = [NOON - 40 * DAY, NOON - 60 * DAY]
    aged = a_crowd(
        400, within=6 * HOUR, ip=spread_exits, prior_n=2,
        first_seen=lambda row: lots[number_of(row["openid"]) % 2] + number_of(row["openid"]) % HOUR,
        follow_ts=lambda row: NOON - 39 * DAY, **HASTY,
    )  # fmt: skip
    assert struck_share(given_scored(given_public(), aged), 1) > 0.9


def test_a_school_that_met_the_platform_on_one_evening_is_left_alone():
    school = a_crowd(
        400, within=6 * HOUR, ip="202.114.3.7", isp="EDU", prior_n=1,
        first_seen=lambda row: NOON - 40 * DAY + number_of(row["openid"]) % HOUR,
    )  # fmt: skip
    assert struck_share(given_scored(given_public(), school), 1) == 0


def test_a_machine_hall_with_one_tempo_is_caught():
    hall = a_crowd(300, within=HOUR, isp="IDC", ip=spread_exits, **HASTY)
    assert struck_share(given_scored(given_public(), hall), 1) > 0.95


def test_hurried_strangers_from_everywhere_are_caught():
    workers = a_crowd(
        500, within=40 * MINUTE, ip=spread_exits, province="外省", city="远城", src="single_share",
        prior_n=12, follow_ts=-1, **HASTY,
    )  # fmt: skip
    assert struck_share(given_scored(given_public(), workers), 1) > 0.9


@pytest.mark.parametrize(
    ("who", "changes", "within"),
    [
        ("a hall that scans one code", {"ip": "58.20.1.9", "src": "qr", **SEEN_NOW}, 15 * MINUTE),
        ("a hurried hall", {"ip": "58.20.1.9", "src": "qr", **SEEN_NOW, **BRISK}, 15 * MINUTE),
        ("a chat group behind one sharer", {"src": "group_share", "ref": "o77", **SEEN_NOW}, HOUR),
        ("a class far from home", {"province": "外省", "city": "远城", "src": "group_share"}, HOUR),
        ("a night shift", {"ip": "58.20.1.9", "net": "wifi"}, 4 * HOUR),
        ("emigrants", {"isp": "OVERSEAS", "province": "海外", "city": "海外"}, DAY),
        ("one carrier's exit", {"ip": "223.104.5.6", "isp": "CMCC", "net": "mobile"}, 8 * HOUR),
        ("owners of the commonest phone", COMMONEST, DAY),
    ],
)
def test_honest_crowds_for_one_candidate_are_left_alone(who, changes, within):
    crowd = a_crowd(500, within=within, **changes)
    assert struck_share(given_scored(given_public(), crowd), 1) == 0, who


def test_an_elderly_home_voting_on_one_phone_is_left_alone():
    dice = random.Random(3)
    phone = {"ip": "58.20.1.9", "dev": "d1", **one_phone_kind(), **SEEN_NOW}
    home = [given_voter(dice, choices="3", ts=NOON + DAY + k * 80_000, **phone) for k in range(35)]
    assert struck_share(given_scored(given_public(), home), 1) == 0


def test_a_framed_candidate_keeps_the_honest_ballots():
    friends = a_crowd(1500, within=DAY, seed=9)
    frame = a_crowd(800, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    scored = given_scored(given_public(), friends, frame)
    assert struck_share(scored, 2) > 0.95
    assert struck_share(scored, 1) <= 0.002


@pytest.mark.parametrize(
    ("total", "company", "stands"),
    [
        (-1.0, 1.0, True),  # over the line, in like company
        (-1.0, 0.0, False),  # the same sum, where nobody is certain
        (3.0, 0.0, True),
        (3.0, -3.5, False),  # a stranger to the certain ones
    ],
)
def test_company_decides_who_stands(total, company, stands):
    scores = Scores(
        total=np.array([total]),
        parts=np.zeros((1, 1), np.float32),
        signals=("tempo",),
        kinds=np.array([KIND_BITS["tempo"] | KIND_BITS["standing"]]),
        company=np.array([company]),
    )
    assert scores.stands.tolist() == [stands]


def test_an_honest_campaign_loses_nothing():
    assert given_scored(given_public(8000)).ballots["quarantine"].sum() == 0


def test_expected_honest_ballots_stay_inside_the_budget():
    script = a_crowd(400, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    scored = given_scored(given_public(), script)
    expected = sum(group.expected_honest for group in scored.groups if group.held)
    assert 0 < expected <= BUDGET * scored.ballots.height


def test_of_a_group_larger_than_the_budget_the_surest_are_struck(monkeypatch):
    script = a_crowd(400, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    logs = given_public(), script
    whole = given_scored(*logs)
    expected = sum(group.expected_honest for group in whole.groups)
    half = expected / 2 / whole.ballots.height
    monkeypatch.setattr("minyi.integrity.engine.groups.BUDGET", half)
    scored = given_scored(*logs)
    assert struck_share(whole, 1) > struck_share(scored, 1) > 0.5
    assert "over_budget" in {group.reason_not_held for group in scored.groups}
    assert sum(group.expected_honest for group in scored.groups if group.held) <= expected / 2
    monkeypatch.setattr("minyi.integrity.engine.groups.BUDGET", half / 1000)
    assert struck_share(given_scored(*logs), 1) == 0  # a few sure ones do not speak for a crowd


def test_accounts_of_a_wall_that_return_every_third_day_are_counted_together():
    wall = a_crowd(30, within=HOUR, ip=spread_exits, **one_phone_kind(), **HASTY)
    days = [[row | {"ts": int(str(row["ts"])) + k * DAY} for row in wall] for k in (0, 3, 6)]
    assert struck_share(given_scored(given_public(), *days), 1) > 0.9


def test_the_order_of_the_rows_changes_no_answer():
    log = given_log(given_public(2000), a_crowd(200, within=HOUR, tls="tX", **HASTY))
    once = score(log, given_candidates())
    again = score(log.sample(fraction=1.0, shuffle=True, seed=5), given_candidates())
    assert once.ballots.sort("event_id").equals(again.ballots.sort("event_id"))


def test_decisions_come_within_minutes_and_never_before_the_ballot():
    script = a_crowd(400, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    log = given_log(given_public(), script)
    scored = score(log, given_candidates())
    lag = (scored.ballots["decided_ts"] - log["ts"]).filter(scored.ballots["quarantine"] == 1)
    assert lag.min() > 0
    assert lag.median() < 10 * MINUTE


def test_batch_dates_every_decision_to_the_close():
    log = given_log(given_public(500))
    scored = score(log, given_candidates(), mode="batch")
    assert scored.ballots["decided_ts"].n_unique() == 1
    assert scored.ballots["decided_ts"][0] > log["ts"].max()


OPTIONAL = (
    "openid", "ip", "isp", "province", "city", "net", "dev", "model", "os", "osv", "wxver", "tls",
    "src", "ref", "dwell_ms", "touch_n", "pv", "first_seen", "prior_n", "follow_ts",
)  # fmt: skip


def test_any_column_may_be_absent():
    script = a_crowd(150, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    log = given_log(given_public(1500), script)
    for name in OPTIONAL:
        scored = score(log.drop(name), given_candidates())
        assert scored.ballots.height == log.height
        assert struck_share(scored, 0) <= 0.001, name


def test_a_log_of_moments_and_choices_only_strikes_nobody():
    log = given_log(given_public(1000), a_crowd(300, within=HOUR))
    scored = score(log.select("event_id", "ts", "choices"), given_candidates())
    assert scored.ballots["quarantine"].sum() == 0


def test_every_rule_and_every_mercy_has_its_words():
    assert set(RULE_OF.values()) | {"company"} == set(RULES)
    assert all(zh and en.endswith(".") for zh, en in (*RULES.values(), *KEPT.values()))


def test_struck_ballots_name_their_rules_and_others_none():
    script = a_crowd(400, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    ballots = given_scored(given_public(), script).ballots
    struck = ballots.filter(pl.col("quarantine") == 1)
    assert all(len(rules.split("|")) >= 2 for rules in struck["rules"].to_list())
    assert set(ballots.filter(pl.col("quarantine") == 0)["rules"].to_list()) == {""}


def test_a_group_can_be_drawn():
    script = a_crowd(400, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    scored = given_scored(given_public(), script)
    group, picture = max(zip(scored.groups, scored.pictures, strict=True), key=lambda g: g[0].size)
    assert group.held
    assert picture["score"] > 0
    assert picture["rules"]
    assert len(picture["members"]) == group.size
    starts, observed, expected = zip(*picture["timeline"], strict=True)
    assert len(starts) <= 200
    assert starts[0] <= group.from_ms
    assert group.to_ms < starts[-1] + 10 * MINUTE
    assert max(observed) > 5 * max(expected) > 0
    value, members, elsewhere = picture["traits"]["dwell"][0]
    assert value == "1.8–2.3 s"
    assert members > 0.9 * group.size
    assert elsewhere < 0.05


def test_groups_that_are_left_alone_name_their_members_and_why():
    dice = random.Random(3)
    phone = {"ip": "58.20.1.9", "dev": "d1", **one_phone_kind(), **SEEN_NOW}
    home = [given_voter(dice, choices="3", ts=NOON + DAY + k * 80_000, **phone) for k in range(35)]
    scored = given_scored(given_public(), home)
    for group, picture in zip(scored.groups, scored.pictures, strict=True):
        assert not group.held
        assert group.reason_not_held in KEPT
        assert len(picture["members"]) == group.size


def test_hired_accounts_that_come_back_on_ever_new_phones_are_caught():
    hired = {"province": "外省", "city": "远城", "ip": spread_exits, "prior_n": 9, "follow_ts": -1}
    crowd = a_crowd(400, within=DAY, **hired, **BRISK)
    farm = [row | {"openid": f"oback{number_of(row['openid']) % 80}"} for row in crowd]
    scored = given_scored(given_public(), farm)
    assert struck_share(scored, 1) > 0.9
    rules = scored.ballots.filter(pl.col("quarantine") == 1)["rules"].str.contains(
        "changing_phones"
    )
    assert rules.mean() > 0.9


def test_people_who_come_back_on_their_own_phone_are_left_alone():
    faithful = a_crowd(80, within=HOUR)
    days = [[row | {"ts": int(str(row["ts"])) + k * DAY} for row in faithful] for k in range(5)]
    assert struck_share(given_scored(given_public(), *days), 1) == 0


def test_a_few_owners_of_rare_systems_are_left_alone():
    beta = a_crowd(60, within=DAY, osv="99")
    assert struck_share(given_scored(given_public(), beta), 1) == 0


def test_villages_with_many_doors_that_choose_their_own_are_left_alone():
    village = a_crowd(
        240, within=6 * HOUR, ip=lambda row: f"58.21.{number_of(row['openid']) % 60}.7",
        src="group_share",
    )  # fmt: skip
    assert struck_share(given_scored(given_public(), village), 1) == 0


def test_a_log_whose_accounts_are_unknown_is_scored_as_one_without():
    script = a_crowd(300, within=HOUR, tls="tX", ip=spread_exits, **SEEN_NOW, **HASTY)
    log = given_log(given_public(2000), script).with_columns(openid=pl.lit(""))
    blank, absent = (score(frame, given_candidates()) for frame in (log, log.drop("openid")))
    assert blank.ballots.equals(absent.ballots)


@pytest.mark.parametrize(("ballots", "candidates"), [(60, 2), (2000, 5), (2000, 200)])
def test_votes_of_any_size_are_scored_and_honest_people_left_alone(ballots, candidates):
    rows = [
        row | {"choices": str(k * k % candidates + 1)}
        for k, row in enumerate(given_public(ballots))
    ]
    scored = score(given_log(rows), given_candidates(candidates))
    assert scored.ballots.height == ballots
    assert scored.ballots["quarantine"].sum() == 0
