# SPDX-License-Identifier: Apache-2.0
"""The key on the console: shares are shown once, and two of them rehearse and open."""

import re
from datetime import datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.ledger.queries.logs import tally
from minyi.ledger.queries.trustees import find_key
from minyi.ledger.tests.given import keep_logs_in

from .given import NOW, given_campaign, given_staff
from .given_key import PEOPLE, given_key, given_sealed_ballot, given_sealed_vote

pytestmark = pytest.mark.django_db
SHARE = re.compile(r"(?:[A-Z2-7]{4}-){9}[A-Z2-7]{4}")
FORM = {"act": "make"} | {
    f"{field}_{place}": getattr(person, field)
    for place, person in enumerate(PEOPLE, start=1)
    for field in ("name", "office")
}


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def client_of(campaign, role=Role.ORGANISER) -> Client:
    client = Client()
    client.force_login(given_staff(campaign.agency, role))
    return client


def page_of(campaign) -> str:
    return reverse("staff_campaigns:trustees", args=[campaign.pk])


def given_draft():
    return given_campaign(count_mode="after_close", launched=False)


def shares_in(html: str) -> list[str]:
    """Return the shares a page shows, group by group."""
    groups = re.findall(r"<code>([A-Z2-7]{4})</code>", html)
    return ["-".join(groups[at : at + 10]) for at in range(0, len(groups), 10)]


def test_three_shares_are_shown_once():
    campaign = given_draft()
    client = client_of(campaign)
    made = client.post(page_of(campaign), FORM)
    html = made.content.decode()
    shares = shares_in(html)
    assert [len(share) for share in shares] == [49, 49, 49]
    assert all(html.count(person.name) >= 1 for person in PEOPLE)
    assert html.count("<svg") >= 3
    assert "no-store" in made["Cache-Control"]
    again = client.get(page_of(campaign)).content.decode()
    assert not any(share in again for share in shares)
    assert find_key(campaign.pk).public in again


def test_two_trustees_rehearse_one_typing_and_one_with_a_file():
    campaign = given_draft()
    client = client_of(campaign, Role.SUPERVISOR)
    texts = given_key(campaign, is_rehearsed=False)
    file = SimpleUploadedFile("share.txt", f"选票密钥份额\r\n{texts[2]}\r\n".encode())
    said = {"act": "rehearse", "first": texts[0].lower(), "second_file": file}
    answer = client.post(page_of(campaign), said, follow=True).content.decode()
    assert "演练成功" in answer
    assert PEOPLE[2].name in answer
    assert find_key(campaign.pk).rehearsed_at is not None


def test_a_wrong_share_is_refused_by_name_and_what_was_typed_stays():
    campaign = given_draft()
    texts = given_key(campaign, is_rehearsed=False)
    said = {"act": "rehearse", "first": texts[1], "second": texts[1]}
    answer = client_of(campaign).post(page_of(campaign), said)
    assert answer.status_code == 422
    assert PEOPLE[1].name in answer.content.decode()
    assert texts[1] in answer.content.decode()
    assert find_key(campaign.pk).rehearsed_at is None


def test_a_lost_share_is_replaced_on_the_page():
    campaign = given_draft()
    texts = given_key(campaign)
    said = {"act": "reissue", "first": texts[0], "second": texts[2]}
    html = client_of(campaign).post(page_of(campaign), said).content.decode()
    assert len(shares_in(html)) == 3
    assert set(shares_in(html)).isdisjoint(texts)
    assert find_key(campaign.pk).issue == 2


def test_an_editor_reads_the_page_and_is_offered_nothing():
    campaign = given_draft()
    given_key(campaign)
    client = client_of(campaign, Role.EDITOR)
    html = client.get(page_of(campaign)).content.decode()
    assert PEOPLE[0].name in html
    assert 'name="act"' not in html
    assert client.post(page_of(campaign), FORM).status_code == 403


def test_the_vote_is_opened_on_the_page_when_it_is_over(monkeypatch):
    paper, texts = given_sealed_vote()
    given_sealed_ballot(paper, [1])
    campaign = paper.campaign
    client = client_of(campaign)
    said = {"act": "open", "first": texts[0], "second": texts[1]}
    monkeypatch.setattr(timezone, "now", lambda: NOW)
    assert client.post(page_of(campaign), said).status_code == 409
    ended = datetime.fromtimestamp(paper.closes_ms / 1000, tz=NOW.tzinfo)
    monkeypatch.setattr(timezone, "now", lambda: ended + timedelta(seconds=20))
    assert 'value="open"' in client.get(page_of(campaign)).content.decode()
    result = reverse("result_page", args=[campaign.pk])
    assert "开封后才能计票" in client.get(result).content.decode()
    answer = client.post(page_of(campaign), said, follow=True).content.decode()
    assert "选票已经开封" in answer
    assert "开封后才能计票" not in client.get(result).content.decode()
    assert 'name="act"' not in answer
    assert tally(paper.log).votes["001"] == 1


def test_a_live_vote_needs_no_key():
    campaign = given_campaign(count_mode="live", launched=False)
    client = client_of(campaign)
    assert "不需要受托人" in client.get(page_of(campaign)).content.decode()
    assert client.post(page_of(campaign), FORM).status_code == 409
