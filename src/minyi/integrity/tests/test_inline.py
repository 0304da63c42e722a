# SPDX-License-Identifier: Apache-2.0
"""The inline score: each signal on a case made by hand, and the honest people who look like it."""

from dataclasses import replace

import pytest

from minyi.integrity import inline
from minyi.integrity.browsers import is_automated
from minyi.integrity.inline import MOST_PAPERS, NAT_CROWD, OWN_PAPERS, STEP_UP, Door, Facts, weigh
from minyi.integrity.signals import codes_of
from minyi.integrity.verdicts import Attempt, judge

pytestmark = pytest.mark.once

VOTER = Facts(age_s=86_400.0)
NEWCOMER = Facts(age_s=8.0)


def outcome(facts: Facts, *silent: str) -> str:
    attempt = Attempt("wechat", "openid-of-anna", is_known=True, facts=facts)
    return judge(attempt, silent=silent).outcome


def through(people: int, *, usual: int = 0, papers: int = 0, facts: Facts = NEWCOMER) -> Facts:
    return replace(facts, door=Door(people, papers or people, usual))


# --- The honest -----------------------------------------------------------------------------------


@pytest.mark.parametrize("facts", [VOTER, NEWCOMER], ids=["known", "new"])
def test_people_like_most_are_asked_for_nothing(facts):
    assert outcome(facts) == "admit"


@pytest.mark.parametrize("people", [1, NAT_CROWD, 500, 1000, 2000])
def test_newcomers_of_a_campus_behind_one_address_are_asked_for_nothing(people):
    assert outcome(through(people)) == "admit"


def test_an_exit_that_is_always_busy_is_judged_by_its_own_history():
    assert weigh(through(5000, usual=4000, facts=VOTER))[0] < 5
    assert weigh(through(5000, usual=0, facts=VOTER))[0] > 30


def test_a_browser_that_hides_its_name_is_no_reason_by_itself_not_even_for_a_newcomer():
    assert outcome(replace(NEWCOMER, is_in_channel=False)) == "admit"


def test_who_searches_and_reloads_is_asked_for_nothing():
    assert outcome(replace(NEWCOMER, own_papers=OWN_PAPERS)) == "admit"
    assert outcome(replace(VOTER, own_papers=MOST_PAPERS - 1)) == "admit"


def test_who_was_struck_out_once_wrongly_is_asked_for_nothing():
    assert outcome(replace(NEWCOMER, prior_voids=1)) == "admit"


def test_who_writes_in_the_chat_is_never_asked_for_work():
    verdict = judge(Attempt("wechat", "openid-of-anna", is_known=True))
    assert (verdict.outcome, verdict.risk) == ("admit", 0)


# --- The others -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facts", "reasons"),
    [
        (replace(VOTER, is_automated=True), ("automation",)),
        (replace(NEWCOMER, is_hosted=True), ("hosted", "just_arrived")),
        (replace(VOTER, is_hosted=True, is_in_channel=False), ("hosted", "no_wechat")),
        (replace(NEWCOMER, prior_voids=3), ("struck_before", "just_arrived")),
        (through(8000), ("busy_door", "just_arrived")),
        (through(500, papers=9000), ("door_reloads", "just_arrived", "busy_door")),
    ],
)
def test_signals_that_go_together_ask_for_work_and_refuse_nobody(facts, reasons):
    verdict = judge(Attempt("wechat", "openid-of-anna", is_known=True, facts=facts))
    if "door_reloads" in reasons:
        assert verdict.outcome == "admit"  # reloading alone is a bad line more often than an attack
    else:
        assert verdict.outcome == "step_up"
        assert verdict.risk >= STEP_UP
    assert verdict.reasons == reasons


def test_a_storm_grows_by_doublings_and_never_past_its_cap():
    points = [weigh(through(NAT_CROWD * 2**n, facts=VOTER))[0] for n in range(12)]
    assert points == sorted(points)
    assert points[0] == 0
    assert points[1] == inline.WEIGHTS["busy_door"][0]
    assert points[-1] == inline.WEIGHTS["busy_door"][1]


def test_the_score_ends_at_a_hundred():
    everything = Facts(True, False, True, 1.0, Door(10**6, 10**9, 0), 59, 9)
    risk, reasons = weigh(everything)
    assert risk == 100
    assert set(reasons) == set(codes_of("inline"))


def test_only_one_person_who_hammers_is_told_to_wait():
    assert outcome(replace(VOTER, own_papers=MOST_PAPERS)) == "refuse"
    assert outcome(through(10**6, papers=10**7)) == "step_up"


def test_a_signal_that_the_vote_does_without_adds_nothing():
    robot = replace(VOTER, is_automated=True)
    assert outcome(robot) == "step_up"
    assert outcome(robot, "automation") == "admit"


def test_every_signal_of_the_catalogue_has_its_weight_and_no_other():
    assert set(inline.WEIGHTS) == set(codes_of("inline"))


def test_the_fingerprint_changes_with_any_number(monkeypatch):
    before = inline.fingerprint()
    monkeypatch.setattr(inline, "STEP_UP", 51)
    assert inline.fingerprint() != before


# --- Browsers -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/141.0 Safari/537.36",
        "python-requests/2.32.3",
        "Go-http-client/2.0",
        "curl/8.9.1",
    ],
)
def test_a_programme_that_says_so_is_one(text):
    assert is_automated(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Mozilla/5.0 (Linux; Android 9; Redmi 6A Build/PPR1; wv) AppleWebKit/537.36 Chrome/86.0"
        " MQQBrowser/6.2 TBS/046295 Mobile Safari/537.36 MMWEBID/1 MicroMessenger/8.0.30",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 12_5 like Mac OS X) AppleWebKit/605.1.15"
        " MicroMessenger/8.0.49 NetType/WIFI",
        "Mozilla/5.0 (Windows NT 6.1) Chrome/116.0 Safari/537.36 NetType/WIFI"
        " MicroMessenger/7.0.20 WindowsWechat(0x63090a13) XWEB/9129",
    ],
)
def test_phones_old_browsers_and_wechat_on_a_desk_are_no_programmes(text):
    assert not is_automated(text)
