# SPDX-License-Identifier: Apache-2.0
"""From a certain score on a ticket asks for a proof of work; nobody is refused for a score."""

import json
from datetime import timedelta

import altcha
import pytest
from django.conf import settings
from django.core.cache import cache

from ballotbox.refusals import Refused
from ballotbox.ticket import read_ticket
from ballotbox.work import MOST_TRIES, check_work
from minyi.campaigns.errors import TooManyPapers
from minyi.campaigns.services.tickets import hand_out_ticket
from minyi.integrity.browsers import door_of
from minyi.integrity.inline import MOST_PAPERS, STEP_UP, Door
from minyi.integrity.models import KnownVoter
from minyi.integrity.queries.memory import ref_of
from minyi.integrity.services.doors import Asking, read_traffic
from minyi.integrity.services.visits import Circumstances

from .given import NOW
from .test_tickets import given_open_campaign
from .visitors import a_session

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_counters():
    cache.clear()


PHONE = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0.50"
ROBOT = Circumstances(address="203.0.113.9", user_agent="HeadlessChrome/141.0")


def handed(campaign, session, seen=None, now=NOW):
    return hand_out_ticket(
        campaign=campaign, session=session, language="zh-hans", now=now, seen=seen
    )


def test_a_voter_like_most_is_asked_for_no_work():
    campaign = given_open_campaign()
    phone = Circumstances(address="203.0.113.9", user_agent=PHONE)
    given = handed(campaign, a_session(campaign.account), phone)
    assert given.challenge == ""
    assert read_ticket(given.ticket, key=settings.TICKET_KEY.encode()).work == ""


def test_from_the_score_on_the_ticket_asks_for_work_that_altchas_solver_does():
    campaign = given_open_campaign()
    given = handed(campaign, a_session(campaign.account), ROBOT)
    key = settings.TICKET_KEY.encode()
    ticket = read_ticket(given.ticket, key=key)
    assert ticket.risk >= STEP_UP
    shown = json.loads(given.challenge)
    assert set(shown["parameters"]) == {
        *("algorithm", "cost", "keyLength", "keyPrefix", "nonce", "salt")
    }
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(shown))
    assert solution.counter < MOST_TRIES
    check_work(ticket, solution.derived_key, key=key)
    another = read_ticket(handed(campaign, a_session(campaign.account), ROBOT).ticket, key=key)
    with pytest.raises(Refused):
        check_work(another, solution.derived_key, key=key)


def test_the_chat_is_never_asked_for_work():
    campaign = given_open_campaign()
    assert handed(campaign, a_session(campaign.account)).challenge == ""


def test_a_vote_without_that_signal_asks_for_no_work():
    campaign = given_open_campaign()
    campaign.silent_signals = ["automation"]
    assert handed(campaign, a_session(campaign.account), ROBOT).challenge == ""


def test_who_was_struck_out_in_earlier_votes_is_asked_for_work():
    campaign = given_open_campaign()
    session = a_session(campaign.account)
    account = f"wechat:{session.account}:{session.subject}"
    KnownVoter.objects.create(ref=ref_of(account), campaigns=3, struck=2, until=NOW.date())
    phone = Circumstances(address="203.0.113.9", user_agent=PHONE)
    assert handed(campaign, session, phone).challenge


def test_one_person_who_hammers_waits_ten_minutes_and_nobody_else_behind_that_address_does():
    campaign = given_open_campaign()
    anna, bo = a_session(campaign.account, "anna"), a_session(campaign.account, "bo")
    phone = Circumstances(address="203.0.113.9", user_agent=PHONE)
    for _ in range(MOST_PAPERS):
        handed(campaign, anna, phone)
    with pytest.raises(TooManyPapers) as refused:
        handed(campaign, anna, phone)
    assert refused.value.status == 429
    assert "发送“投票”" in refused.value.action
    assert handed(campaign, anna).ticket  # in the chat
    assert handed(campaign, bo, phone).ticket
    assert handed(campaign, anna, phone, NOW + timedelta(minutes=20)).ticket


def test_a_crowd_behind_our_own_proxy_is_no_door():
    campaign = given_open_campaign()
    local = Circumstances(address="127.0.0.1", user_agent=PHONE)
    handed(campaign, a_session(campaign.account), local)
    asking = Asking(door_of(local.address), "somebody")
    assert read_traffic(asking, now=NOW).door == Door()
