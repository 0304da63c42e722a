# SPDX-License-Identifier: Apache-2.0
"""The candidates: their list, their pages, their order."""

import gzip
import re

import pytest
from django.test import Client
from django.utils import timezone

from minyi.campaigns.models import Nominee

from .given import given_ballot, given_nominee, given_open_round, given_picture
from .visitors import body, given_votable, given_vote, stranger, visitor

pytestmark = pytest.mark.django_db


def test_candidates_are_not_shown_before_their_stage():
    campaign = given_vote(during="nomination")
    listed = stranger().get(f"/c/{campaign.slug}/nominees/")
    assert "候选名单尚未公布" in body(listed)
    assert "示例窗口1" not in body(listed)
    assert stranger().get(f"/c/{campaign.slug}/nominees/1/").status_code == 404
    told = stranger().get(f"/api/v1/campaigns/{campaign.slug}/nominees/1")
    assert told.status_code == 404
    assert "示例窗口1" not in body(told)


def test_a_nominee_page_tells_the_merits_and_never_votes():
    campaign = given_vote()
    standard = campaign.criteria.first()
    nominee = campaign.nominees.get(number=1)
    nominee.evidence = {str(standard.pk): "全年没有一件投诉"}
    nominee.innovation = "一张表办六件事"
    nominee.video_url = "https://v.qq.com/x/page/example.html"
    nominee.save()
    for _ballot in range(7):
        given_ballot(campaign.round, [1], now=timezone.now())
    page = body(stranger().get(f"/c/{campaign.slug}/nominees/1/"))
    assert "全年没有一件投诉" in page
    assert "一张表办六件事" in page
    assert 'rel="noopener nofollow"' in page
    assert "7 票" not in page


def test_a_withdrawn_nominee_leaves_the_list_but_its_page_says_why():
    campaign = given_vote()
    campaign.nominees.filter(number=2).update(
        status=Nominee.Status.WITHDRAWN, status_reason="单位合并"
    )
    assert "示例窗口2" not in body(stranger().get(f"/c/{campaign.slug}/nominees/"))
    page = body(stranger().get(f"/c/{campaign.slug}/nominees/2/"))
    assert "已退出" in page
    assert "单位合并" in page


def test_search_and_category_narrow_the_list():
    campaign = given_vote(nominees=0)
    first, second = campaign.categories.all()
    given_nominee(campaign, name="带押过户专窗", category=first)
    given_nominee(campaign, name="社保大厅", category=second)
    path = f"/c/{campaign.slug}/nominees/"
    assert "社保大厅" not in body(stranger().get(path, {"q": "押 过户"}))
    assert "带押过户" in body(stranger().get(path, {"q": "1"}))
    assert "带押过户" not in body(stranger().get(path, {"category": second.pk}))
    assert "没有符合条件" in body(stranger().get(path, {"q": "不存在的窗口"}))


@pytest.mark.parametrize("category", ["x", "-1", "9" * 400, "²"])
def test_a_category_that_cannot_be_read_breaks_nothing(category):
    campaign = given_vote()
    answer = stranger().get(f"/c/{campaign.slug}/nominees/", {"category": category})
    assert answer.status_code == 200


def test_what_people_write_is_never_markup():
    campaign = given_vote(nominees=0, title="<b>粗</b>")
    given_nominee(campaign, name="<script>alert(1)</script>", story="<img src=x onerror=y>")
    for path in ("", "nominees/", "nominees/1/"):
        page = body(stranger().get(f"/c/{campaign.slug}/{path}"))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>粗" not in page


def order_on(client: Client, campaign) -> list[str]:
    page = body(client.get(f"/c/{campaign.slug}/nominees/"))
    return re.findall(rf'<h3[^>]*><a href="/c/{campaign.slug}/nominees/(\d+)/"', page)


def test_each_citizen_has_an_order_that_stays_whatever_the_votes():
    campaign = given_vote(nominees=12)
    anna, bo = visitor(campaign.account, "anna"), visitor(campaign.account, "bo")
    before = order_on(anna, campaign)
    assert before != order_on(bo, campaign)
    for _ballot in range(5):
        given_ballot(campaign.round, [int(before[-1])], now=timezone.now())
    assert order_on(anna, campaign) == before


def test_a_hundred_nominees_cost_at_most_fourteen_queries(django_assert_max_num_queries):
    campaign = given_votable(now=timezone.now())
    for _number in range(100):
        given_nominee(campaign, pictures=[given_picture()], card=Nominee.Card.PICTURE)
    given_open_round(campaign, now=timezone.now())
    client = visitor(campaign.account)
    path = f"/c/{campaign.slug}/nominees/"
    client.get(path)  # makes the small pictures, once
    with django_assert_max_num_queries(14):
        answer = client.get(path)
    page = answer.content
    assert page.count(b'name="pick"') == 100
    assert page.count(b'loading="lazy"') == 96
    assert page.count(b"srcset=") == 100
    assert len(gzip.compress(page)) < 40_000
