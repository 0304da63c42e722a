# SPDX-License-Identifier: Apache-2.0
"""What the public sees of how fair a count is, and that it follows from the log."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.core.cache import cache
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.translation import override

from minyi.agencies.policies import Role
from minyi.campaigns.models import BlindSample, BlindVerdict, Opinion
from minyi.campaigns.queries import fairness
from minyi.campaigns.queries.counts import CountsHidden
from minyi.campaigns.queries.fairness import FairCount, fair_count
from minyi.campaigns.queries.prices import DEFAULTS, SOURCE, WORDS
from minyi.campaigns.queries.public import ORIGINAL, get_campaign
from minyi.campaigns.services import adjudication
from minyi.core.actors import SYSTEM
from minyi.core.models import Rule
from minyi.ledger.services import logs
from minyi.ledger.tests.given import keep_logs_in

from .given_log import given_evidence, given_logged_vote, staff_of
from .visitors import body, stranger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")
    cache.clear()


def given_a_close_race():
    """Nominee 2 leads by one ballot of three under doubt: places 1 to 9, one seat."""
    return given_logged_vote(
        *[[2]] * 4, *[[1]] * 3, [1], [1], now=timezone.now(), seats=1, min_picks=1, max_picks=1
    )


def hold(paper, ballots):
    adjudication.quarantine(
        campaign_id=paper.campaign_id,
        ballots=ballots,
        rule="same_tempo",
        evidence=given_evidence(paper.campaign),
        actor=SYSTEM,
        now=timezone.now(),
    )
    logs.write_waiting(folder=paper.log)


def strike(paper, ballots):
    proposed = adjudication.propose_void(
        campaign_id=paper.campaign_id,
        ballots=ballots,
        rule="same_tempo",
        evidence=given_evidence(paper.campaign),
        actor=staff_of(paper.campaign, Role.CASE_WORKER).actor,
        now=timezone.now(),
    )
    supervisor = staff_of(paper.campaign, Role.SUPERVISOR).actor
    adjudication.confirm(ruling_id=proposed.pk, actor=supervisor, now=timezone.now())
    logs.write_waiting(folder=paper.log)


def look(paper) -> FairCount:
    campaign = get_campaign(slug=paper.slug, language=ORIGINAL, now=timezone.now())
    found = fair_count(campaign=campaign, now=timezone.now())
    assert not isinstance(found, CountsHidden)
    return found


def test_every_ballot_stands_once_in_time_and_every_vote_once_under_its_candidate():
    paper = given_a_close_race()
    hold(paper, [(7, 9)])
    strike(paper, [(9, 10)])
    found = look(paper)
    spans = found.fairness.spans
    assert sum(span.counted for span in spans) == found.counts.valid == 6
    assert sum(span.quarantined for span in spans) == found.counts.quarantined == 2
    assert sum(span.void for span in spans) == found.counts.void == 1
    rows = {
        one.number: (one.counted, one.quarantined, one.void) for one in found.fairness.candidates
    }
    assert rows == {1: (2, 2, 1), 2: (4, 0, 0), 3: (0, 0, 0)}


def test_it_says_who_would_be_selected_if_the_doubted_ballots_were_valid():
    paper = given_a_close_race()
    hold(paper, [(7, 9)])
    strike(paper, [(9, 10)])
    whole, half = look(paper).fairness.firmness.suppositions
    names = {one.number: one.name for one in look(paper).fairness.candidates}
    assert (whole.share, list(whole.came), list(whole.went)) == (100, [names[1]], [names[2]])
    assert half.share == 50
    assert not half.changes or half.came == [names[1]]  # 2 + 2 of 3 against 4: the tie rule decides


def test_an_attack_costs_the_missing_votes_at_the_market_price():
    paper = given_a_close_race()
    hold(paper, [(7, 10)])  # 4 : 2, so that two votes make a tie and three a change for certain
    firmness = look(paper).fairness.firmness
    assert firmness.margin in (2, 3)
    script, people = firmness.prices
    assert script.total == (Decimal("0.01") * firmness.margin, Decimal("0.20") * firmness.margin)
    assert people.each == (Decimal("0.15"), Decimal("0.60"))


def test_one_reading_serves_each_reader_in_their_own_language():
    paper = given_a_close_race()
    hold(paper, [(7, 10)])
    assert "程序刷票（机器、群控手机）" in body(stranger().get(f"/c/{paper.slug}/counts/"))
    english = stranger().get(f"/c/{paper.slug}/counts/", headers={"accept-language": "en"})
    with override("en"):
        words = [str(WORDS[code]) for code in DEFAULTS]
        assert words[0] != "程序刷票（机器、群控手机）"
        assert all(conditional_escape(one) in body(english) for one in [*words, str(SOURCE)])


def test_a_price_is_a_row_that_the_office_can_set_with_its_source():
    paper = given_a_close_race()
    Rule.objects.create(
        key="vote_price.people.high",
        amount=90,
        unit=Rule.Unit.COUNT,
        source="市网信办通报",
        valid_from=date(2020, 1, 1),
    )
    people = look(paper).fairness.firmness.prices[1]
    assert people.each == (Decimal("0.15"), Decimal("0.90"))
    assert people.source == "市网信办通报"


def test_nothing_of_it_is_told_while_counts_are_hidden():
    paper = given_logged_vote([1], [2], now=timezone.now(), count_mode="after_close")
    campaign = get_campaign(slug=paper.slug, language=ORIGINAL, now=timezone.now())
    assert isinstance(fair_count(campaign=campaign, now=timezone.now()), CountsHidden)
    page = body(stranger().get(f"/c/{paper.slug}/counts/"))
    assert "入选名单" not in page
    assert "核查中" not in page


def test_many_readers_cost_one_reading_of_the_log(django_assert_max_num_queries, monkeypatch):
    paper = given_a_close_race()
    first = look(paper).fairness
    monkeypatch.setattr("minyi.campaigns.queries.fairness.read_facts", None)  # would raise
    assert look(paper).fairness == first
    with django_assert_max_num_queries(30):
        page = body(stranger().get(f"/c/{paper.slug}/counts/"))
    assert "刷票代价估算" in page
    assert "核查的是选票，不是候选对象" in page


def test_a_crowd_before_the_first_reading_costs_one_reading_too(monkeypatch):
    paper = given_a_close_race()
    read, crowd = fairness.read_facts, []

    def read_while_others_come(of):
        crowd.append(look(paper).fairness)  # who comes while the log is being read
        crowd.append(body(stranger().get(f"/c/{paper.slug}/counts/")))
        return read(of)

    monkeypatch.setattr(fairness, "read_facts", read_while_others_come)
    assert look(paper).fairness is not None
    assert crowd[0] is None
    assert "正在汇总" in crowd[1]
    assert len(crowd) == 2  # nobody of them read it as well
    assert "正在汇总" not in body(stranger().get(f"/c/{paper.slug}/counts/"))


def test_a_reading_that_failed_keeps_nobody_from_the_next(monkeypatch):
    paper = given_a_close_race()
    with monkeypatch.context() as broken:
        broken.setattr(fairness, "read_facts", None)
        with pytest.raises(TypeError):
            look(paper)
    assert look(paper).fairness is not None


def test_programmes_are_told_the_same():
    paper = given_a_close_race()
    hold(paper, [(7, 10)])
    told = stranger().get(f"/api/v1/campaigns/{paper.slug}/treatment").json()
    assert told["raw"] == told["valid"] + told["quarantined"] + told["void"] == 9
    assert told["candidates"][0]["quarantined"] == 3
    assert told["firmness"]["prices"][0]["each"] == ["0.01", "0.20"]
    assert [reason["code"] for reason in told["reasons"]] == ["same_tempo"]


def test_programmes_are_told_why_there_is_nothing_yet():
    paper = given_logged_vote([1], [2], now=timezone.now(), count_mode="after_close")
    told = stranger().get(f"/api/v1/campaigns/{paper.slug}/treatment").json()
    assert (told["hidden"], told["raw"], told["spans"]) == ("after_close", None, [])


def test_the_rules_of_screening_stand_there_as_entry_0_fixed_them():
    paper = given_a_close_race()
    page = body(stranger().get(f"/c/{paper.slug}/counts/"))
    assert json.loads(paper.manifest)["rules"] in page
    assert "由自动化程序打开投票页面" in page
    assert "参数在投票期间更新过" not in page


def test_other_settings_than_those_fixed_are_owned_up_to(monkeypatch):
    paper = given_a_close_race()
    monkeypatch.setattr("minyi.integrity.engine.weights.LINE", -9.0)
    assert "参数在投票期间更新过" in body(stranger().get(f"/c/{paper.slug}/counts/"))


def test_the_share_of_wrong_holds_follows_from_blind_verdicts():
    paper = given_a_close_race()
    assert "还没有盲审结果" in body(stranger().get(f"/c/{paper.slug}/counts/"))
    reviewer = staff_of(paper.campaign, Role.CASE_WORKER)
    for place, opinion in ((7, Opinion.BRUSHED), (8, Opinion.GENUINE), (9, Opinion.UNSURE)):
        sample = BlindSample.objects.create(
            round=paper, place=place, is_held=True, drawn_at=timezone.now()
        )
        BlindVerdict.objects.create(
            sample=sample, reviewer=reviewer, opinion=opinion, given_at=timezone.now()
        )
    page = body(stranger().get(f"/c/{paper.slug}/counts/"))
    assert "估计有 50.0% 是正常投票" in page
