# SPDX-License-Identifier: Apache-2.0
"""Complaints about the vote: sent by anybody, read by supervisors, answered."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.core.cache import cache
from django.utils import timezone

from minyi.agencies.models import User
from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    ComplaintAnswered,
    ComplaintNotFound,
    ComplaintsNotForOrganisers,
    ComplaintsOpen,
    SignerPublishes,
)
from minyi.campaigns.models import Campaign, VoteComplaint
from minyi.campaigns.services import complaints, results
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry, OutboxMessage
from minyi.core.outbox_worker import Worker

from .given import NOW, given_agency, given_complaint, given_finished_vote, given_staff
from .visitors import body, given_vote, stranger, visitor

pytestmark = pytest.mark.django_db

TEXT = "工作人员王某某要求各窗口必须完成投票任务，并截图上报。"
FORM = {"kind": "staff", "text": TEXT, "contact": "13800000000（示例）"}


@pytest.fixture(autouse=True)
def nobody_has_complained_yet():
    cache.clear()


def complain(campaign: Campaign, client=None, **changes: str):
    client = client or stranger()
    return client.post(f"/c/{campaign.slug}/complain/", FORM | changes)


def supervisor_of(campaign: Campaign):
    return given_staff(campaign.agency, Role.SUPERVISOR).actor


def answer(complaint: VoteComplaint, actor, **changes: str) -> VoteComplaint:
    said = {"outcome": "upheld", "answer": "经核查属实，已责令整改，相关选票不受影响。"}
    return complaints.answer_complaint(
        complaint_id=complaint.pk, actor=actor, now=NOW, **(said | changes)
    )


# --- Citizens -------------------------------------------------------------------------------------


def test_somebody_unknown_complains_and_follows_it_by_its_code():
    campaign = given_vote()
    sent = complain(campaign)
    assert sent.status_code == 302
    page = stranger().get(sent.headers["Location"])
    complaint = VoteComplaint.objects.get()
    assert re.fullmatch("[A-Z2-9]{16}", complaint.code)
    assert complaint.code in body(page)
    assert "等待监督人员受理" in body(page)
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert complaint.citizen is None
    assert "13800000000" not in complaint.contact
    assert complaints.contact_of(complaint) == "13800000000（示例）"


def test_the_answer_stands_on_the_page_of_its_writer():
    campaign = given_vote()
    url = complain(campaign).headers["Location"]
    answer(VoteComplaint.objects.get(), supervisor_of(campaign))
    page = body(stranger().get(url))
    assert "已答复" in page
    assert "反映属实，已处理" in page
    assert "已责令整改" in page


def test_a_code_of_another_campaign_or_a_wrong_one_shows_nothing():
    campaign, other = given_vote(), given_vote()
    complain(campaign)
    code = VoteComplaint.objects.get().code
    assert stranger().get(f"/c/{other.slug}/complaints/{code}/").status_code == 404
    assert stranger().get(f"/c/{campaign.slug}/complaints/{'A' * 16}/").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": ""}, "请选择反映的事项"),
        ({"text": ""}, "请写明具体情况"),
        ({"text": "太短"}, "10"),
        ({"contact": "1" * 101}, "100"),
    ],
)
def test_what_is_missing_is_said_beside_the_field_and_nothing_is_lost(changes, said):
    campaign = given_vote()
    page = complain(campaign, **changes)
    assert page.status_code == 200
    assert said in body(page)
    assert "还没有提交成功" in body(page)
    assert VoteComplaint.objects.count() == 0


def test_one_source_sends_five_and_no_more():
    campaign = given_vote()
    for _time in range(5):
        assert complain(campaign).status_code == 302
    assert "最多提交 5 件" in body(complain(campaign))
    elsewhere = stranger(X_Forwarded_For="203.0.113.7")
    assert complain(campaign, elsewhere).status_code == 302


def test_a_known_citizen_is_remembered_only_where_they_want_to_be_told(settings):
    campaign = given_vote()
    anna = visitor(campaign.account)
    complain(campaign, anna)
    complain(campaign, anna, notify="on")
    told, untold = VoteComplaint.objects.all()
    assert told.citizen is not None
    assert untold.citizen is None
    mine = body(anna.get(f"/c/{campaign.slug}/complain/"))
    assert told.code in mine
    assert untold.code not in mine


def test_the_pages_of_checking_and_of_the_result_lead_to_the_form():
    campaign = given_vote()
    assert f"/c/{campaign.slug}/complain/" in body(stranger().get(f"/c/{campaign.slug}/"))


# --- Supervisors ----------------------------------------------------------------------------------


def test_only_supervisors_without_a_hand_in_the_vote_read_it():
    complaint = given_complaint()
    agency = complaint.campaign.agency
    both = given_staff(agency, Role.SUPERVISOR)
    both.posts.create(agency=agency, role=Role.ORGANISER, since=NOW.date())
    readers = {
        "organiser": (given_staff(agency, Role.ORGANISER), NotAllowed),
        "administrator": (given_staff(agency, Role.ADMINISTRATOR), NotAllowed),
        "both": (User.objects.get(pk=both.pk), ComplaintsNotForOrganisers),
        "operator": (User.objects.create_superuser("operator", password="x"), NotAllowed),
        "stranger": (given_staff(given_agency(), Role.SUPERVISOR), ComplaintNotFound),
    }
    for user, error in readers.values():
        with pytest.raises(error):
            complaints.read_complaint(complaint_id=complaint.pk, actor=user.actor, now=NOW)
        with pytest.raises(error):
            answer(complaint, user.actor)
    supervisor = supervisor_of(complaint.campaign)
    assert complaints.read_complaint(complaint_id=complaint.pk, actor=supervisor, now=NOW)


def test_every_step_is_on_the_trail_and_none_of_its_words():
    complaint = given_complaint(text=TEXT, contact="13800000000")
    supervisor = supervisor_of(complaint.campaign)
    for _time in range(2):
        complaints.read_complaint(complaint_id=complaint.pk, actor=supervisor, now=NOW)
        complaints.take_complaint(complaint_id=complaint.pk, actor=supervisor, now=NOW)
    answer(complaint, supervisor)
    rows = AuditEntry.objects.filter(act__startswith="campaigns.complaint")
    verbs = [row.act.rpartition(".")[2] for row in rows.order_by("id")]
    assert verbs == ["read", "taken", "answered"]
    trail = str(list(rows.values_list("facts", "target", "target_name")))
    for secret in (complaint.code, "王某某", "13800000000", "责令"):
        assert secret not in trail


def test_answered_is_answered():
    complaint = given_complaint()
    supervisor = supervisor_of(complaint.campaign)
    answer(complaint, supervisor)
    with pytest.raises(ComplaintAnswered):
        answer(complaint, supervisor, answer="再次答复，改变原来的结论。")


def test_the_supervision_address_is_told_that_there_is_one_and_nothing_of_it():
    campaign = given_vote()
    complain(campaign)
    OutboxMessage.objects.exclude(topic=complaints.TOPIC).delete()
    Worker(clock=lambda: timezone.now() + timedelta(seconds=1)).run_due()
    (letter,) = mail.outbox
    assert letter.to == [campaign.agency.supervision_email]
    assert "王某某" not in letter.body
    assert VoteComplaint.objects.get().code not in letter.body


# --- Signing --------------------------------------------------------------------------------------


def test_over_unanswered_complaints_nobody_signs_without_a_word():
    campaign = given_finished_vote({1: 2, 2: 1})
    complaint = given_complaint(campaign)
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    supervisor = supervisor_of(campaign)
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=NOW)
    sign = {"campaign_id": campaign.pk, "actor": supervisor, "now": NOW}
    with pytest.raises(ComplaintsOpen) as refused:
        results.sign_result(**sign, note=" ")
    assert "1 件" in refused.value.detail
    answer(complaint, supervisor)
    assert results.sign_result(**sign, note="").signed_at == NOW


def test_who_signed_does_not_publish():
    campaign = given_finished_vote({1: 2, 2: 1})
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    both = given_staff(campaign.agency, Role.SUPERVISOR)
    both.posts.create(agency=campaign.agency, role=Role.ORGANISER, since=NOW.date())
    actor = User.objects.get(pk=both.pk).actor
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=NOW)
    results.sign_result(campaign_id=campaign.pk, note="", actor=actor, now=NOW)
    with pytest.raises(SignerPublishes):
        results.publish_result(campaign_id=campaign.pk, actor=actor, now=NOW + timedelta(days=60))
