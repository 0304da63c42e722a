# SPDX-License-Identifier: Apache-2.0
"""The citizens' pages as browsers ask for them."""

import gzip
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ballotbox.refusals import TABLE
from ballotbox.ticket import read_ticket
from minyi.campaigns.models import Nominee
from minyi.campaigns.services.tickets import voter_ref_for

from .given import (
    given_account,
    given_ballot,
    given_campaign,
    given_nominee,
    given_open_round,
    given_picture,
)
from .visitors import WECHAT, given_votable, session_of, stranger, visitor

pytestmark = pytest.mark.django_db


def given_vote(*, nominees: int = 3, **fields: object):
    campaign = given_votable(now=timezone.now(), **fields)
    given_open_round(campaign, now=timezone.now(), nominees=nominees)
    return campaign


def body(answer) -> str:
    return answer.content.decode()


def hidden(page: str, name: str) -> str:
    return re.search(rf'name="{name}" value="([^"]*)"', page)[1]


def attribute(page: str, name: str) -> str:
    return re.search(rf'{name}="([^"]*)"', page)[1]


# --- Reading ------------------------------------------------------------------------------------


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


def test_every_reading_page_is_open_to_a_browser_nobody_knows():
    campaign = given_vote()
    for path in ("", "nominees/", "nominees/1/", "board/", "board.json", "result/"):
        answer = stranger().get(f"/c/{campaign.slug}/{path}")
        assert answer.status_code == 200, path


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


@pytest.mark.parametrize("path", ["/c/nope/", "/c/nope/nominees/", "/c/nope/board.json", "/nope"])
def test_what_is_not_there_is_a_page_in_our_language(path):
    answer = stranger().get(path)
    assert answer.status_code == 404
    assert "首页" in body(answer)


def test_what_people_write_is_never_markup():
    campaign = given_vote(nominees=0, title="<b>粗</b>")
    given_nominee(campaign, name="<script>alert(1)</script>", story="<img src=x onerror=y>")
    for path in ("", "nominees/", "nominees/1/"):
        page = body(stranger().get(f"/c/{campaign.slug}/{path}"))
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "<b>粗" not in page


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


# --- Who may vote -------------------------------------------------------------------------------


def test_outside_wechat_the_page_explains_and_shows_a_code():
    campaign = given_vote()
    answer = stranger().get(f"/c/{campaign.slug}/nominees/?vote=1")
    assert answer.status_code == 200
    assert "请在微信中打开" in body(answer)
    assert "<svg" in body(answer)
    assert 'name="ticket"' not in body(answer)


def test_inside_wechat_one_is_sent_to_the_login_and_comes_back_to_the_ballot():
    campaign = given_vote()
    answer = stranger(user_agent=WECHAT).get(f"/c/{campaign.slug}/nominees/?vote=1")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"/wechat/{campaign.account.slug}/login")
    assert "vote%3D1" in answer["Location"]


def test_who_comes_back_unknown_is_told_so_and_not_sent_round_in_circles():
    campaign = given_vote()
    answer = stranger(user_agent=WECHAT).get(f"/c/{campaign.slug}/nominees/?vote=1&asked=1")
    assert answer.status_code == 200
    assert "没有确认到您的身份" in body(answer)


def test_reading_inside_wechat_asks_nobody_who_they_are():
    campaign = given_vote()
    answer = stranger(user_agent=WECHAT).get(f"/c/{campaign.slug}/nominees/")
    assert answer.status_code == 200


@pytest.mark.parametrize("name", ["openid", "subject", "voter_ref", "ticket", "citizen"])
def test_an_identity_in_a_request_is_never_believed(name):
    campaign = given_vote()
    client = Client(headers={"x-wx-openid": "openid-of-anna", "x-openid": "openid-of-anna"})
    client.cookies["openid"] = client.cookies["minyi_citizen"] = "openid-of-anna"
    path = f"/c/{campaign.slug}/nominees/"
    assert 'name="ticket"' not in body(client.get(path, {name: "openid-of-anna"}))


def test_a_citizen_of_another_account_is_nobody_here():
    campaign = given_vote()
    client = visitor(given_account(campaign.agency))
    assert 'name="ticket"' not in body(client.get(f"/c/{campaign.slug}/nominees/"))


def test_a_citizen_gets_the_list_as_one_form_with_a_ticket_of_their_own(settings):
    campaign = given_vote()
    client = visitor(campaign.account)
    page = body(client.get(f"/c/{campaign.slug}/nominees/"))
    session = session_of(client, campaign.account, "openid-of-anna")
    ticket = read_ticket(hidden(page, "ticket"), key=settings.TICKET_KEY.encode())
    assert ticket.session == session.key
    assert ticket.voter_ref == voter_ref_for(campaign_id=campaign.pk, session=session)
    assert re.fullmatch("[0-9a-f]{32}", hidden(page, "nonce"))
    assert 'action="/v/ballots" method="post"' in page
    assert sorted(re.findall(r'name="pick" value="(\d+)"', page)) == ["1", "2", "3"]
    assert page.count("<form data-ballot") == 1
    assert attribute(page, "data-candidates") == "1 2 3"


def test_a_form_knows_whose_paper_it_is_and_every_number_on_it():
    campaign = given_vote()
    path = f"/c/{campaign.slug}/nominees/"
    anna = body(visitor(campaign.account).get(f"{path}?q=示例窗口2"))
    ben = body(visitor(campaign.account, "openid-of-ben").get(path))
    assert attribute(anna, "data-candidates") == "1 2 3"
    assert attribute(anna, "data-voter") != attribute(ben, "data-voter")


def test_two_papers_of_one_citizen_carry_two_numbers():
    campaign = given_vote()
    client = visitor(campaign.account)
    pages = [body(client.get(f"/c/{campaign.slug}/nominees/")) for _ in range(2)]
    assert hidden(pages[0], "nonce") != hidden(pages[1], "nonce")


def test_a_page_with_a_ticket_stays_out_of_every_cache():
    campaign = given_vote()
    path = f"/c/{campaign.slug}/nominees/"
    assert visitor(campaign.account).get(path)["Cache-Control"] == "private, no-store"
    assert "private" in stranger().get(path)["Cache-Control"]


def test_pages_that_follow_a_cookie_say_so_to_caches():
    campaign = given_vote()
    paths = ("/", "/help/", *(f"/c/{campaign.slug}/{page}" for page in ("", "nominees/", "board/")))
    for path in paths:
        assert "Cookie" in stranger().get(path)["Vary"], path


@pytest.mark.parametrize("during", ["display", "verification", "result"])
def test_outside_the_voting_stage_nobody_gets_a_ballot(during):
    campaign = given_vote(during=during)
    page = body(visitor(campaign.account).get(f"/c/{campaign.slug}/nominees/?vote=1"))
    assert 'name="ticket"' not in page
    assert 'name="pick"' not in page


def test_while_paused_the_page_says_why_and_gives_no_ballot():
    campaign = given_vote()
    campaign.round.paused = True
    campaign.round.pause_reason = "正在核实一起投诉"
    campaign.round.save()
    page = body(visitor(campaign.account).get(f"/c/{campaign.slug}/nominees/"))
    assert "正在核实一起投诉" in page
    assert 'name="ticket"' not in page


# --- After voting -------------------------------------------------------------------------------


def given_voted(campaign, subject="openid-of-anna", period="", **fields):
    client = visitor(campaign.account, subject)
    session = session_of(client, campaign.account, subject)
    tag = voter_ref_for(campaign_id=campaign.pk, session=session)
    now = timezone.now()
    return client, given_ballot(
        campaign.round, [2, 3], now=now, voter_ref=tag, period=period, **fields
    )


def test_who_has_voted_is_told_so_and_not_what_they_picked():
    campaign = given_vote()
    client, ballot = given_voted(campaign)
    page = body(client.get(f"/c/{campaign.slug}/nominees/"))
    assert "您已投过票" in page
    assert 'name="pick"' not in page
    assert "checked" not in page
    assert ballot.picks not in page


def test_a_ballot_of_today_counts_for_today_only():
    campaign = given_vote(frequency="day")
    today = timezone.localdate().isoformat()
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    voted_today, _ = given_voted(campaign, "anna", today)
    voted_before, _ = given_voted(campaign, "bo", yesterday)
    path = f"/c/{campaign.slug}/nominees/"
    assert "您今天已投过票" in body(voted_today.get(path))
    assert 'name="ticket"' in body(voted_before.get(path))


def test_the_receipt_page_shows_the_receipt_and_no_picks():
    campaign = given_vote()
    client, ballot = given_voted(campaign)
    for query in ({"receipt": ballot.receipt}, {}):
        answer = client.get(f"/c/{campaign.slug}/ballot/", query)
        assert "已收到您的选票" in body(answer)
        assert ballot.receipt in body(answer)
        assert "示例窗口2" not in body(answer)
        assert answer["Cache-Control"] == "private, no-store"


def test_the_receipt_of_somebody_else_is_not_found():
    campaign = given_vote()
    _anna, ballot = given_voted(campaign, "anna")
    bo = visitor(campaign.account, "bo")
    page = body(bo.get(f"/c/{campaign.slug}/ballot/", {"receipt": ballot.receipt}))
    assert "没有找到这份回执" in page
    assert "已收到您的选票" not in page


@pytest.mark.parametrize("code", sorted(TABLE))
def test_every_refusal_of_the_ballot_box_has_a_page_with_code_and_words(code):
    campaign = given_vote()
    page = body(stranger().get(f"/c/{campaign.slug}/ballot/", {"code": code}))
    assert TABLE[code].title in page
    assert TABLE[code].action in page
    assert code in page
    assert "%(" not in page


def test_a_made_up_refusal_shows_nothing_of_what_was_sent():
    campaign = given_vote()
    page = body(stranger().get(f"/c/{campaign.slug}/ballot/", {"code": "<b>您中奖了</b>"}))
    assert "中奖" not in page
    assert "没有收下这张选票" in page


# --- Order and speed ----------------------------------------------------------------------------


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


def test_a_hundred_nominees_cost_at_most_ten_queries(django_assert_max_num_queries):
    campaign = given_votable(now=timezone.now())
    for _number in range(100):
        given_nominee(campaign, picture=given_picture(), card=Nominee.Card.PICTURE)
    given_open_round(campaign, now=timezone.now())
    client = visitor(campaign.account)
    path = f"/c/{campaign.slug}/nominees/"
    client.get(path)  # makes the small pictures, once
    with django_assert_max_num_queries(10):
        answer = client.get(path)
    page = answer.content
    assert page.count(b'name="pick"') == 100
    assert page.count(b'loading="lazy"') == 96
    assert page.count(b"srcset=") == 100
    assert len(gzip.compress(page)) < 40_000


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
