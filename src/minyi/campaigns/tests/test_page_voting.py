# SPDX-License-Identifier: Apache-2.0
"""The list as a ballot paper: who gets one."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from ballotbox.ticket import read_ticket
from minyi.campaigns.services.tickets import voter_ref_for
from minyi.citizens.models import Citizen

from .given import given_account
from .visitors import WECHAT, attribute, body, given_vote, hidden, session_of, stranger, visitor

pytestmark = pytest.mark.django_db


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


def test_an_erased_citizen_still_reads_but_is_refused_the_paper_with_the_reason():
    campaign = given_vote()
    client = visitor(campaign.account)
    path = f"/c/{campaign.slug}/nominees/"
    assert 'name="ticket"' in body(client.get(path))
    Citizen.objects.update(erased_at=timezone.now())
    page = client.get(path)
    assert page.status_code == 200
    assert 'name="ticket"' not in body(page)
    refused = client.get(f"{path}?vote=1")
    assert refused.status_code == 403
    assert "已按您的申请删除" in body(refused)
