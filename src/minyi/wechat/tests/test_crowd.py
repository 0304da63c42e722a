# SPDX-License-Identifier: Apache-2.0
"""The crowd votes on this machine only, reads the page a person reads, and says what went wrong."""

import pytest
from django.test import Client
from django.utils import timezone

from minyi.campaigns.tests.given import given_campaign, given_open_round
from minyi.wechat.crowd import Turned, read_form, run_crowd
from minyi.wechat.crowd_people import Attack, Choice, CrowdImpossible, Public
from minyi.wechat.tests.given import given_official_account
from minyi.wechat.tests.test_login import return_path, start_login
from wechat_sandbox.tests.live import free_port

HERE = "http://127.0.0.1:8000"


def crowd(**changed: object):
    asked = {
        "voters": 1,
        "product_url": HERE,
        "sandbox_url": HERE,
        "campaign_slug": None,
        "progress": lambda done: None,
    }
    return run_crowd(**{**asked, **changed})


@pytest.mark.parametrize("elsewhere", ["https://minyi.example", "http://10.0.0.1:8000", "nowhere"])
@pytest.mark.parametrize("which", ["product_url", "sandbox_url"])
def test_a_crowd_never_votes_on_another_machine(which, elsewhere):
    with pytest.raises(CrowdImpossible):
        crowd(**{which: elsewhere})


@pytest.mark.parametrize("voters", [0, -1, 100_000])
def test_a_crowd_has_a_sensible_size(voters):
    with pytest.raises(CrowdImpossible):
        crowd(voters=voters)


def test_a_product_that_does_not_run_is_said_so():
    with pytest.raises(CrowdImpossible, match="make run"):
        crowd(product_url=f"http://127.0.0.1:{free_port()}")


@pytest.mark.django_db
def test_the_page_for_people_holds_what_the_crowd_needs(sandbox):
    account, now = given_official_account(), timezone.now()
    campaign = given_campaign(
        now=now, account=account, agency=account.agency, slug="windows", max_picks=2
    )
    given_open_round(campaign, now=now, nominees=4)
    browser = Client()
    way = start_login(browser, "/c/windows/nominees/?vote=1")
    page = browser.get(return_path(sandbox, way), follow=True)
    form = read_form(page.text)
    assert sorted(form.paper.numbers) == [1, 2, 3, 4]
    assert (form.paper.min_picks, form.paper.max_picks) == (1, 2)
    assert form.ticket.startswith("v1.")
    assert len(form.nonce) == 32


def test_a_page_without_a_ballot_paper_turns_the_voter_away():
    with pytest.raises(Turned) as turned:
        read_form("<form data-ballot='1'></form>")
    assert turned.value.code == "no_ballot_paper"


PAPER = Choice(tuple(range(1, 25)), 3, 10)


def test_a_public_has_people_who_look_alike_and_are_honest():
    people = Public("windows")
    phones = [people.phone_of(number) for number in range(800)]
    hall = [phone for phone in phones if phone.mark == "qrcode"]
    assert len(hall) == 100
    assert len({phone.door for phone in hall}) == 1
    assert len({phone.agent for phone in hall}) > 50
    lined = people.line_up(range(800))
    places = [place for place, number in enumerate(lined) if people.phone_of(number) in hall]
    assert places[-1] - places[0] < 110  # they come together
    assert all(3 <= len(people.choose(number, PAPER)) <= 10 for number in range(50))


def test_an_attack_is_of_three_trades_for_one_candidate():
    attack = Attack("windows", 7)
    agents = [attack.phone_of(number).agent for number in range(400)]
    assert sum("Sample W7" in agent for agent in agents) == 200
    assert sum("Sample P7" in agent for agent in agents) == 100
    assert len({agent for agent in agents if "Sample M" in agent}) > 40
    assert all(7 in attack.choose(number, PAPER) for number in range(40))
    with pytest.raises(CrowdImpossible):
        attack.choose(1, Choice((1, 2, 3), 1, 3))
