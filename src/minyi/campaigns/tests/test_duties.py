# SPDX-License-Identifier: Apache-2.0
"""What waits for whom stands on the first screen, and only with those who may act on it."""

import pytest
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.models import Campaign, Objection
from minyi.campaigns.queries.duties import read_duties
from minyi.campaigns.services import adjudication, objection_cases
from minyi.campaigns.services.objection_cases import concern_of
from minyi.ledger.tests.given import keep_logs_in

from .given import given_agency, given_juror, given_staff
from .given_log import given_evidence, given_logged_vote, staff_of
from .test_appeals import answer, appeal, given_struck_vote
from .test_objections import object_to
from .test_page_objections import given_publicity_now
from .test_staff_objections import desk_of
from .visitors import body

pytestmark = pytest.mark.django_db


def duties(campaign: Campaign, role: Role, *, by=None) -> dict[str, int]:
    found = read_duties((by or staff_of(campaign, role)).actor, concern_of=concern_of)
    return {duty.kind: duty.many for duty in found}


def given_objection(**said: object) -> Objection:
    return object_to(given_publicity_now(), now=timezone.now(), **said)


def act(objection: Objection, verb, role: Role, **said: object) -> None:
    actor = staff_of(objection.campaign, role).actor
    verb(objection_id=objection.pk, actor=actor, now=timezone.now(), **said)


def test_an_objection_waits_for_whoever_may_take_its_next_step():
    objection = given_objection()
    campaign = objection.campaign
    assert duties(campaign, Role.CASE_WORKER) == {"objections": 1}
    assert duties(campaign, Role.LEADER) == duties(campaign, Role.ORGANISER) == {}
    act(objection, objection_cases.accept, Role.CASE_WORKER)
    assert duties(campaign, Role.CASE_WORKER) == {"objections": 1}
    assert duties(campaign, Role.SUPERVISOR) == {}, "another handles it"
    said = {"is_well_founded": True, "remedy": "text", "answer": "属实。"}
    act(objection, objection_cases.propose, Role.CASE_WORKER, **said)
    assert duties(campaign, Role.CASE_WORKER) == {}
    assert duties(campaign, Role.LEADER) == {"proposals": 1}
    act(objection, objection_cases.decide, Role.LEADER)
    assert duties(campaign, Role.CASE_WORKER) == {"remedies": 1}
    act(objection, objection_cases.mark_remedied, Role.CASE_WORKER, text="已更正。")
    assert duties(campaign, Role.CASE_WORKER) == {}


def test_nobody_is_sent_to_an_objection_out_of_which_they_have_to_keep():
    objection = given_objection(about=Objection.About.JURY)
    worker = given_staff(objection.campaign.agency, Role.CASE_WORKER)
    assert duties(objection.campaign, Role.CASE_WORKER, by=worker) == {"objections": 1}
    juror = given_juror(objection.campaign)
    juror.user = worker
    juror.save()
    assert concern_of(objection, worker.pk)
    assert duties(objection.campaign, Role.CASE_WORKER, by=worker) == {}


def test_who_signed_the_result_is_not_sent_to_objections_to_the_count():
    objection = given_objection(about=Objection.About.COUNT)
    signer = objection.campaign.result.signed_by
    assert concern_of(objection, signer.pk)
    assert "objections" not in duties(objection.campaign, Role.SUPERVISOR, by=signer)


def test_an_appeal_waits_for_those_who_did_not_strike_the_ballot_out(settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    campaign, _client = given_struck_vote()
    filed = appeal(campaign)
    assert duties(campaign, Role.CASE_WORKER) == {}, "proposed to strike it out"
    assert duties(campaign, Role.SUPERVISOR) == {}, "confirmed that"
    worker = given_staff(campaign.agency, Role.CASE_WORKER)
    assert duties(campaign, Role.CASE_WORKER, by=worker) == {"appeals": 1}
    answer(campaign, filed, upheld=False, by=worker)
    assert duties(campaign, Role.CASE_WORKER, by=worker) == {}
    assert duties(campaign, Role.LEADER) == {"answers": 1}


def test_a_ruling_waits_for_another_than_its_proposer(settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    paper = given_logged_vote([1], now=timezone.now())
    campaign, supervisor = paper.campaign, staff_of(paper.campaign, Role.SUPERVISOR)
    adjudication.propose_void(
        campaign_id=campaign.pk,
        ballots=[(1, 2)],
        rule="manual",
        evidence=given_evidence(campaign),
        actor=supervisor.actor,
        now=timezone.now(),
    )
    assert duties(campaign, Role.SUPERVISOR) == {}
    assert duties(campaign, Role.LEADER) == {"rulings": 1}


def test_the_first_screen_says_what_waits_and_leads_there():
    objection = given_objection()
    worker = desk_of(objection.campaign, Role.CASE_WORKER)
    page = body(worker.get("/staff/"))
    assert f"“{objection.campaign.title}”有 1 份异议等待您办理。" in page
    address = f"/staff/objections/?campaign={objection.campaign_id}&amp;state=filed"
    assert address in page
    shown = body(worker.get(address.replace("&amp;", "&") + "&state=accepted"))
    assert str(objection) in shown
    stranger = given_staff(given_agency(), Role.CASE_WORKER)
    assert read_duties(stranger.actor, concern_of=concern_of) == []


def test_what_waits_is_found_by_few_questions(django_assert_max_num_queries):
    objection = given_objection()
    for _number in range(2):
        object_to(objection.campaign, now=timezone.now())
    actor = staff_of(objection.campaign, Role.SUPERVISOR).actor
    with django_assert_max_num_queries(16):
        read_duties(actor, concern_of=concern_of)
