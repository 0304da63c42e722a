# SPDX-License-Identifier: Apache-2.0
"""What all citizens' pages have in common: who may read, caches, budgets."""

import pytest
from django.utils import timezone

from ballotbox.refusals import TABLE

from .given import given_campaign, given_picture
from .visitors import body, given_vote, stranger, visitor

pytestmark = pytest.mark.django_db


def test_every_reading_page_is_open_to_a_browser_nobody_knows():
    campaign = given_vote()
    for path in ("", "nominees/", "nominees/1/", "board/", "board.json", "result/"):
        answer = stranger().get(f"/c/{campaign.slug}/{path}")
        assert answer.status_code == 200, path


@pytest.mark.parametrize("path", ["/c/nope/", "/c/nope/nominees/", "/c/nope/board.json", "/nope"])
def test_what_is_not_there_is_a_page_in_our_language(path):
    answer = stranger().get(path)
    assert answer.status_code == 404
    assert "首页" in body(answer)


def test_pages_answer_head_and_refuse_other_methods():
    campaign = given_vote()
    assert stranger().head(f"/c/{campaign.slug}/").status_code == 200
    assert stranger().post(f"/c/{campaign.slug}/nominees/").status_code == 405


def test_robots_are_kept_out_of_what_belongs_to_one_person():
    page = body(stranger().get("/robots.txt"))
    assert "Disallow: /c/*/ballot/" in page
    assert "Disallow: /staff/" in page


def test_every_refusal_has_an_entry_that_problem_documents_can_point_to():
    page = body(stranger().get("/help/errors"))
    for code in [*TABLE, "wrong_stage", "campaign_not_found", "page_expired"]:
        assert f'id="{code}"' in page
    assert "%(" not in page


@pytest.mark.parametrize(("path", "most"), [("", 10), ("nominees/1/", 9), ("board/", 10)])
def test_other_pages_stay_within_their_budget(path, most, django_assert_max_num_queries):
    campaign = given_vote(count_mode="live")
    client = visitor(campaign.account)
    with django_assert_max_num_queries(most):
        client.get(f"/c/{campaign.slug}/{path}")


def test_the_list_of_campaigns_does_not_grow_in_queries(django_assert_max_num_queries):
    for _campaign in range(12):
        given_campaign(now=timezone.now(), cover=given_picture())
    stranger().get("/")
    with django_assert_max_num_queries(5):
        stranger().get("/")
