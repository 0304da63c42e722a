# SPDX-License-Identifier: Apache-2.0
"""The supervisor's room and the desk of the identity vault, in the browser."""

from datetime import timedelta

import pytest
from django.conf import settings as product
from django.test import Client
from django.utils import timezone

from ballotbox.ticket import read_ticket
from minyi.agencies.models import User
from minyi.agencies.policies import Role
from minyi.campaigns.services import roundlogs, rounds
from minyi.campaigns.services.supervision import SOON
from minyi.campaigns.services.tickets import hand_out_ticket
from minyi.core.outbox_worker import Worker
from minyi.ledger.models import VaultOpening
from minyi.ledger.tests.given import keep_logs_in

from .given import given_agency, given_ballot, given_complaint, given_open_round, given_staff
from .visitors import a_session, body, given_votable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def given_vote(**fields: object):
    """A vote under way with one ballot of Anna's; its log has begun."""
    now = timezone.now()
    campaign = given_votable(now=now, **{"count_mode": "live", **fields})
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    session = a_session(campaign.account)
    token = hand_out_ticket(campaign=campaign, session=session, language="zh-hans", now=now).ticket
    tag = read_ticket(token, key=product.TICKET_KEY.encode()).voter_ref
    ballot = given_ballot(paper, [1], now=now, voter_ref=tag)
    roundlogs.bring_along(campaign_id=campaign.pk, now=now)
    return campaign, ballot


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="minyi.agencies.backends.PostBackend")
    return client


def staff(campaign, role: Role = Role.SUPERVISOR) -> Client:
    return client_of(given_staff(campaign.agency, role))


def room(client: Client, campaign) -> str:
    answer = client.get(f"/staff/supervision/{campaign.pk}/")
    assert answer.status_code == 200
    return body(answer)


def test_the_room_shows_log_witnesses_acts_and_what_waits():
    campaign, _ballot = given_vote()
    given_complaint(campaign)
    supervisor = given_staff(campaign.agency, Role.SUPERVISOR)
    rounds.pause_voting(
        campaign_id=campaign.pk, reason="核查异常", actor=supervisor.actor, now=timezone.now()
    )
    page = room(client_of(supervisor), campaign)
    for words in (
        "账本条数",
        "没有见证单位",
        "核查异常",
        "暂停投票",
        "等待受理",
        "没有人申请过查阅",
    ):
        assert words in page, words


def test_hidden_counts_hide_the_log_from_its_supervisor_too():
    campaign, _ballot = given_vote(count_mode="after_close")
    page = room(staff(campaign), campaign)
    assert "对任何人都不显示" in page
    assert "账本条数" not in page
    assert "校验码</dt>" not in page


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.EDITOR, Role.ADMINISTRATOR, Role.LEADER])
def test_the_room_is_for_supervisors(role):
    campaign, _ballot = given_vote()
    complaint = given_complaint(campaign)
    client = staff(campaign, role)
    for path in (f"{campaign.pk}/", f"complaints/{complaint.pk}/"):
        assert client.get(f"/staff/supervision/{path}").status_code == 403
    assert "监督室" not in body(client.get("/staff/"))


def test_a_supervisor_of_another_agency_finds_nothing():
    campaign, _ballot = given_vote()
    complaint = given_complaint(campaign)
    stranger = client_of(given_staff(given_agency(), Role.SUPERVISOR))
    for path in (f"{campaign.pk}/", f"complaints/{complaint.pk}/"):
        assert stranger.get(f"/staff/supervision/{path}").status_code == 404


def test_the_log_is_checked_on_demand_and_the_room_says_how_far_it_is():
    campaign, _ballot = given_vote()
    client = staff(campaign)
    client.post(f"/staff/supervision/{campaign.pk}/check/")
    assert 'hx-trigger="every 3s"' in room(client, campaign)
    Worker().run_due()
    page = room(client, campaign)
    assert "核验通过" in page
    assert "hx-trigger" not in page


def test_a_sample_is_drawn_and_its_ballots_can_be_compared():
    campaign, _ballot = given_vote()
    client = staff(campaign)
    assert "抽查张数有误" in body(
        client.post(f"/staff/supervision/{campaign.pk}/sample/", {"many": "5"}, follow=True)
    )
    client.post(f"/staff/supervision/{campaign.pk}/sample/", {"many": "10"})
    assert "等待账本写入" in room(client, campaign)
    for at in (timezone.now(), timezone.now() + SOON):
        Worker(clock=lambda at=at: at).run_due()
    sample = campaign.samples.get()
    page = body(client.get(f"/staff/supervision/{campaign.pk}/sample/{sample.pk}/"))
    assert sample.root in page
    assert '<span class="mi-number">1</span>' in page


def test_a_complaint_waits_on_the_first_screen_and_is_answered_in_the_room():
    campaign, _ballot = given_vote()
    complaint = given_complaint(campaign)
    client = staff(campaign)
    assert "1 件对投票的投诉等待办理" in body(client.get("/staff/"))
    assert "投诉等待办理" not in body(staff(campaign, Role.ORGANISER).get("/staff/"))
    url = f"/staff/supervision/complaints/{complaint.pk}/"
    assert complaint.text in body(client.get(url))
    client.post(f"{url}take/")
    short = client.post(f"{url}answer/", {"outcome": "unfounded", "answer": "没有"})
    assert "至少 10 字" in body(short)
    assert ">没有</textarea>" in body(short)
    client.post(f"{url}answer/", {"outcome": "unfounded", "answer": "经核查账本，未发现异常。"})
    assert "经核查账本，未发现异常。" in body(client.get(url))
    assert "投诉等待办理" not in body(client.get("/staff/"))


# --- The vault ------------------------------------------------------------------------------------


def test_one_asks_another_allows_and_both_look():
    campaign, ballot = given_vote()
    organiser, supervisor = staff(campaign, Role.ORGANISER), staff(campaign)
    form = {
        "ballots": f"{ballot.receipt}\n1",
        "purpose": "核实第 3 号申诉是否本人所投",
        "hours": "2",
    }
    organiser.post(f"/staff/vault/{campaign.pk}/ask/", form)
    url = f"/staff/vault/openings/{VaultOpening.objects.get().pk}/"
    assert "须由另一位监督人员批准" in body(organiser.get(url))
    assert organiser.post(f"{url}allow/").status_code in {302, 403}
    assert VaultOpening.objects.get().state == "waiting"
    supervisor.post(f"{url}allow/", {"note": "同意"})
    for client in (organiser, supervisor):
        page = client.post(f"{url}look/")
        assert "openid-of-anna" in body(page)
        assert "no-store" in page.headers["Cache-Control"]
        assert "openid-of-anna" not in body(client.get(url))
    third = staff(campaign)
    assert "openid-of-anna" not in body(third.post(f"{url}look/"))
    assert "核实第 3 号申诉" in room(third, campaign)


def test_a_ballot_that_is_not_there_is_named_and_nothing_is_lost():
    campaign, _ballot = given_vote()
    client = staff(campaign, Role.CASE_WORKER)
    form = {"ballots": "WRONG 999", "purpose": "核实第 3 号申诉是否本人所投", "hours": "2"}
    page = body(client.post(f"/staff/vault/{campaign.pk}/ask/", form))
    assert "WRONG、999" in page
    assert "核实第 3 号申诉是否本人所投" in page
    assert VaultOpening.objects.count() == 0
