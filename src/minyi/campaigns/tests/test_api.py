# SPDX-License-Identifier: Apache-2.0
import pytest
from django.test import Client
from django.utils import timezone

from .given import given_ballot, given_campaign, given_nominee, given_open_round

pytestmark = pytest.mark.django_db


def get(path: str):
    return Client().get(f"/api/v1{path}")


def given_vote(mode: str = "live"):
    now = timezone.now()
    campaign = given_campaign(now=now, count_mode=mode)
    for number in (1, 2):
        given_nominee(campaign, number=number)
    paper = given_open_round(campaign, now=now)
    given_ballot(paper, picks=[2], now=now)
    return campaign


def test_the_document_names_every_address():
    paths = get("/openapi.json").json()["paths"]
    assert {p.rsplit("/", 1)[-1] for p in paths} >= {"campaigns", "nominees", "counts", "result"}


def test_the_documentation_page_needs_nothing_from_outside():
    page = get("/docs").content.decode()
    assert "https://" not in page
    assert "swagger-ui-bundle.js" in page


def test_a_campaign_tells_its_rules_and_timetable():
    campaign = given_vote()
    told = get(f"/campaigns/{campaign.slug}").json()
    assert told["title"] == campaign.title
    assert told["weights"] == {"public": 100, "jury": 0, "figures": 0}
    assert "voting" in [stage["kind"] for stage in told["stages"]]
    assert campaign.slug in [row["slug"] for row in get("/campaigns").json()]


def test_a_draft_is_not_there():
    draft = given_campaign(launched=False)
    answer = get(f"/campaigns/{draft.slug}")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "campaign_not_found"
    assert answer.json()["action"]


def test_live_counts_are_told_with_the_moment_they_are_of():
    told = get(f"/campaigns/{given_vote().slug}/counts").json()
    assert told["hidden"] is None
    assert told["as_of"]
    assert {row["number"]: row["votes"] for row in told["rows"]} == {1: 0, 2: 1}


def test_hidden_counts_say_so_and_nothing_else():
    told = get(f"/campaigns/{given_vote('after_close').slug}/counts").json()
    assert told["hidden"] == "after_close"
    assert told["rows"] == []
    assert told["ballots"] is None


def test_a_result_that_is_not_public_is_a_problem_with_a_way_out():
    answer = get(f"/campaigns/{given_vote().slug}/result")
    assert answer.status_code == 404
    assert answer.json()["code"] == "result_not_found"


@pytest.mark.parametrize("path", ["/campaigns/nobody", "/campaigns/nobody/nominees/1", "/nothing"])
def test_what_is_not_there_is_a_problem_too(path):
    answer = get(path)
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_nominees_are_told_by_number():
    campaign = given_vote()
    told = get(f"/campaigns/{campaign.slug}/nominees").json()
    assert [row["number"] for row in told] == [1, 2]
    one = get(f"/campaigns/{campaign.slug}/nominees/1").json()
    assert one["number"] == 1
    assert "votes" not in one


def test_a_vote_without_a_log_tells_its_sums_and_nothing_of_single_ballots():
    told = get(f"/campaigns/{given_vote().slug}/treatment").json()
    assert (told["raw"], told["valid"], told["spans"], told["firmness"]) == (1, 1, [], None)
