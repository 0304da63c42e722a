# SPDX-License-Identifier: Apache-2.0
"""The result as citizens see it: nothing, then proposed, then final."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.services import results

from .given import given_ballot, given_open_round, given_staff
from .visitors import given_votable, stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign():
    """Voting is over, publicity has begun; nominee 2 has most votes."""
    now = timezone.now()
    campaign = given_votable(now=now, during="publicity", public_weight=100, seats=1)
    paper = given_open_round(campaign, now=now)
    cast_at = campaign.stages.get(kind="voting").opens_at + timedelta(hours=1)
    for picks in ([2], [2, 3], [2]):
        given_ballot(paper, picks, now=cast_at)
    return campaign


def compute_and_sign(campaign) -> None:
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    supervisor = given_staff(campaign.agency, Role.SUPERVISOR).actor
    now = timezone.now()
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=now)
    results.sign_result(campaign_id=campaign.pk, note="核对无误", actor=supervisor, now=now)


def page_of(campaign) -> str:
    return stranger().get(f"/c/{campaign.slug}/result/").content.decode()


def test_before_the_signature_there_is_nothing(campaign):
    assert "结果尚未公布" in page_of(campaign)
    assert stranger().get(f"/c/{campaign.slug}/result/json").status_code == 404
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=timezone.now())
    assert "结果尚未公布" in page_of(campaign)


def test_while_it_is_open_to_objections_the_page_says_how_to_object(campaign):
    compute_and_sign(campaign)
    page = page_of(campaign)
    assert "正在公示，尚未生效" in page
    assert "0000-12388" in page
    assert "评选结果</h1>" not in page


def test_formula_ranks_signature_and_digest_are_there(campaign):
    compute_and_sign(campaign)
    page = page_of(campaign)
    assert page.index("示例窗口2") < page.index("示例窗口3") < page.index("示例窗口1")
    for words in ("怎样计算", "同分处理", "核对无误", campaign.result.digest, "100.000"):
        assert words in page


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_everybody_can_download_the_result_and_check_it(campaign, kind):
    compute_and_sign(campaign)
    assert f'href="/c/{campaign.slug}/result/{kind}"' in page_of(campaign)
    answer = stranger().get(f"/c/{campaign.slug}/result/{kind}")
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    if kind == "json":
        assert campaign.result.digest in json.dumps(json.loads(answer.content))


def test_a_kind_of_file_that_does_not_exist_is_a_404(campaign):
    compute_and_sign(campaign)
    assert stranger().get(f"/c/{campaign.slug}/result/exe").status_code == 404


def test_the_home_page_leads_to_the_result_once_it_may_be_seen(campaign):
    home = f"/c/{campaign.slug}/"
    assert "查看公示结果" not in stranger().get(home).content.decode()
    compute_and_sign(campaign)
    assert "查看公示结果" in stranger().get(home).content.decode()


def test_a_line_says_rank_name_and_score_before_its_parts_and_is_one_landmark(campaign):
    compute_and_sign(campaign)
    page = page_of(campaign)
    first = page[page.index("mi-ranking__rank") :]
    places = [first.index(mark) for mark in ("</th>", "mi-ranking__score", 'data-label="票数">3<')]
    assert places == sorted(places)
    assert page.count('aria-labelledby="ranking"') == 1
