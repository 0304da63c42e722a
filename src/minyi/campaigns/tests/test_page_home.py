# SPDX-License-Identifier: Apache-2.0
"""The list of campaigns and the page of one."""

import pytest
from django.utils import timezone

from .given import given_campaign
from .visitors import body, given_vote, given_voted, stranger

pytestmark = pytest.mark.django_db


def test_the_list_puts_open_campaigns_before_coming_and_ended_ones():
    now = timezone.now()
    for during, title in (("result", "已完的"), ("before", "将来的"), ("voting", "正投的")):
        given_campaign(now=now, during=during, title=title)
    page = body(stranger().get("/"))
    places = [page.index(words) for words in ("正投的", "将来的", "已完的")]
    assert places == sorted(places)
    assert "正在进行" in page
    assert "即将开始" in page
    assert "已经结束" in page


def test_a_draft_and_a_withdrawn_campaign_are_not_there():
    now = timezone.now()
    draft = given_campaign(now=now, launched=False, title="还是草稿")
    gone = given_campaign(now=now, title="已经撤销", cancelled_at=now)
    assert "还是草稿" not in body(stranger().get("/"))
    for campaign in (draft, gone):
        answer = stranger().get(f"/c/{campaign.slug}/")
        assert answer.status_code == 404
        assert "没有这个活动" in body(answer)


def test_the_home_page_says_the_rules_in_plain_words():
    campaign = given_vote(
        min_picks=3,
        max_picks=10,
        frequency="day",
        count_mode="scheduled",
        count_hours=[9, 18],
        public_weight=70,
        jury_weight=30,
        tie_rule="shared",
    )
    page = body(stranger().get(f"/c/{campaign.slug}/"))
    for words in (
        "每张选票可选 3 至 10 个",
        "每人每天可投一张选票",
        "票数每日 9:00、18:00 公布",
        "公众投票 70%",
        "专家评审 30%",
        "名次并列",
        "不授予称号",
        "0000-12388",
        "服务质量",
        "40%",
        "公众投票",
    ):
        assert words in page


@pytest.mark.parametrize(
    ("during", "words"),
    [
        ("before", "启动公告"),
        ("nomination", "我要推荐"),
        ("voting", "去投票"),
        ("result", "候选对象"),
    ],
)
def test_the_home_page_says_what_one_can_do_now(during, words):
    campaign = given_vote(during=during)
    assert words in body(stranger().get(f"/c/{campaign.slug}/"))


def test_the_campaign_s_own_page_does_not_send_a_voter_to_vote_again():
    campaign = given_vote()
    client, ballot = given_voted(campaign)
    page = body(client.get(f"/c/{campaign.slug}/"))
    assert "您已投过票" in page
    assert "去投票" not in page
    assert ballot.picks not in page
    assert "去投票" in body(stranger().get(f"/c/{campaign.slug}/"))


def test_a_paused_vote_is_called_paused_and_no_longer_counted_down():
    campaign = given_vote()
    campaign.round.paused = True
    campaign.round.pause_reason = "核查异常流量"
    campaign.round.save()
    for path in (f"/c/{campaign.slug}/", "/"):
        page = body(stranger().get(path))
        assert "投票已暂停" in page, path
        assert "，截止" not in page, path
        assert "截止：" not in page.replace("投票截止", ""), path
        assert "投出您的一票" not in page, path
    home = body(stranger().get(f"/c/{campaign.slug}/"))
    assert "核查异常流量" in home
    assert "不因暂停而顺延" in home
