# SPDX-License-Identifier: Apache-2.0
"""What a voter sees after voting: that it was received, never what was picked."""

from datetime import timedelta

import pytest
from django.utils import timezone

from ballotbox.refusals import TABLE

from .visitors import body, given_vote, given_voted, stranger, visitor

pytestmark = pytest.mark.django_db


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
