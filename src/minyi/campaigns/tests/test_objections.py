# SPDX-License-Identifier: Apache-2.0
"""Objections to a proposed result: filed, investigated, decided by another person, put right."""

import io
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from PIL import Image

from minyi.agencies.policies import Role
from minyi.campaigns.contacts import Contact
from minyi.campaigns.errors import (
    AnonymousNeedsEvidence,
    CandidateNotFound,
    ConcernedPerson,
    ContactIncomplete,
    FieldTooShort,
    HandlerOnly,
    HandlerUnfit,
    NotShownLongEnough,
    ObjectionNotFound,
    ObjectionsOpen,
    ObjectionStateWrong,
    ReasonNeeded,
    RemediesOpen,
    RemedyMissing,
    RemedyNotDone,
    ResultPublished,
    ResultUnsigned,
    SecondPersonNeeded,
    TooManyObjections,
    UploadNotADocument,
    WrongStage,
)
from minyi.campaigns.models import AwardRecord, Campaign, Nomination, Objection, Result
from minyi.campaigns.queries.publicity import publicity_of
from minyi.campaigns.queries.supervision import read_room
from minyi.campaigns.services import adjudication, nominees, objection_cases, objections, results
from minyi.campaigns.services.objections import ObjectionContent, Proof
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.ledger.services import logs
from minyi.ledger.tests.given import entries_of, keep_logs_in

from .given import NOW, given_citizen, given_finished_vote, given_juror, given_staff
from .given_log import given_evidence, given_logged_vote, staff_of

pytestmark = pytest.mark.django_db
NAMED = Contact("张三（示例）", "13800000000")
FACTS = "该窗口的事迹材料与事实不符，本人有当日办事的凭证可以证明。"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\n%%EOF\n"


def given_publicity(**fields: object) -> Campaign:
    """A campaign whose signed result has been open to objections since yesterday."""
    votes = fields.pop("votes", {1: 3, 2: 2, 3: 1})
    campaign = given_finished_vote(votes, during="publicity", **fields)
    organiser = staff_of(campaign, Role.ORGANISER).actor
    signed = campaign.stages.get(kind="publicity").opens_at - timedelta(hours=1)
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=signed)
    sign(campaign, signed)
    return campaign


def sign(campaign, now=NOW) -> Result:
    signer = staff_of(campaign, Role.SUPERVISOR).actor
    return results.sign_result(campaign_id=campaign.pk, note="", actor=signer, now=now)


def publish(campaign, now=None) -> Result:
    ends = campaign.stages.get(kind="publicity").closes_at
    organiser = staff_of(campaign, Role.ORGANISER).actor
    return results.publish_result(campaign_id=campaign.pk, actor=organiser, now=now or ends)


def picture() -> Proof:
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    return Proof("picture", ContentFile(out.getvalue(), name="a.png"))


def object_to(campaign, *, citizen=None, files=(), now=NOW, **content: object) -> Objection:
    said = {"about": "nominee", "statement": FACTS, "nominee": 1, "contact": NAMED, **content}
    return objections.file_objection(
        campaign_id=campaign.pk,
        citizen_id=str((citizen or given_citizen()).pk),
        content=ObjectionContent(**said),
        files=files,
        now=now,
    )


def act(verb, objection, role=Role.CASE_WORKER, *, user=None, now=NOW, **said) -> Objection:
    somebody = user or staff_of(objection.campaign, role)
    return verb(objection_id=objection.pk, actor=somebody.actor, now=now, **said)


def decide(objection, *, upheld: bool, remedy="", now=NOW) -> Objection:
    objection.refresh_from_db()
    if objection.state == "filed":
        act(objection_cases.accept, objection, now=now)
    act(
        objection_cases.propose,
        objection,
        is_well_founded=upheld,
        remedy=remedy,
        answer="经核查，答复如下。",
        now=now,
    )
    return act(objection_cases.decide, objection, Role.LEADER, now=now)


# --- Filing ---------------------------------------------------------------------------------------


def test_an_objection_gets_a_number_and_a_date_by_which_it_is_answered():
    campaign = given_publicity()
    assert [object_to(campaign).number, object_to(campaign).number] == [1, 2]
    assert Objection.objects.first().due_on.isoformat() == "2026-09-16"  # ten working days


def test_outside_publicity_nothing_is_taken_in():
    campaign = given_publicity()
    with pytest.raises(WrongStage):
        object_to(campaign, now=campaign.stages.get(kind="publicity").closes_at)


def test_once_the_result_is_final_nothing_is_taken_in_or_taken_back():
    campaign = given_publicity()
    late = object_to(campaign)
    Objection.objects.filter(pk=late.pk).update(state="withdrawn")
    Result.objects.filter(campaign=campaign).update(published_at=NOW)
    with pytest.raises(WrongStage):
        object_to(campaign)
    Objection.objects.filter(pk=late.pk).update(state="filed")
    with pytest.raises(ResultPublished):
        decide(late, upheld=True, remedy=Objection.Remedy.RECOUNT)
    assert Result.objects.get(campaign=campaign).signed_at is not None


def test_an_anonymous_objection_needs_something_that_can_be_checked():
    campaign = given_publicity()
    with pytest.raises(AnonymousNeedsEvidence):
        object_to(campaign, contact=None)
    objection = object_to(campaign, contact=None, files=[picture()])
    assert (objection.is_named, objection.contact, objection.files.count()) == (False, "", 1)


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"contact": Contact("", "13800000000")}, ContactIncomplete),
        ({"contact": Contact("张三", "打给我")}, ContactIncomplete),
        ({"statement": "不公平"}, FieldTooShort),
        ({"nominee": 99}, CandidateNotFound),
        ({"files": [Proof("document", ContentFile(b"MZ not a pdf"))]}, UploadNotADocument),
        (
            {"files": [Proof("document", ContentFile(PDF + b"/OpenAction /JS (x)%%EOF"))]},
            UploadNotADocument,
        ),
    ],
)
def test_what_is_not_complete_is_refused_with_its_code(said, refusal):
    campaign = given_publicity()
    with pytest.raises(refusal):
        object_to(campaign, **said)
    assert not Objection.objects.exists()


def test_a_plain_document_is_kept_under_a_name_of_ours():
    objection = object_to(
        given_publicity(), files=[Proof("document", ContentFile(PDF, name="张三的投诉.pdf"))]
    )
    assert "张三" not in objection.files.get().file.name


def test_one_person_cannot_pile_up_objections():
    campaign, citizen = given_publicity(), given_citizen()
    for _n in range(objections.OPEN_PER_CITIZEN):
        object_to(campaign, citizen=citizen)
    with pytest.raises(TooManyObjections):
        object_to(campaign, citizen=citizen)
    objections.withdraw_objection(
        campaign_id=campaign.pk, number=1, citizen_id=str(citizen.pk), now=NOW
    )
    assert object_to(campaign, citizen=citizen).number == 3


def test_nobody_withdraws_the_objection_of_another():
    campaign = given_publicity()
    object_to(campaign)
    with pytest.raises(ObjectionNotFound):
        objections.withdraw_objection(
            campaign_id=campaign.pk, number=1, citizen_id=str(given_citizen().pk), now=NOW
        )


# --- Who it was -----------------------------------------------------------------------------------


def test_the_contact_is_sealed_in_the_table_and_every_look_is_on_the_trail():
    objection = object_to(given_publicity())
    assert "张三" not in objection.contact
    assert "138" not in objection.contact
    act(objection_cases.accept, objection)
    found = act(objection_cases.open_contact, objection, purpose="核实办事时间")
    assert found == NAMED
    last = AuditEntry.objects.first()
    assert (last.act, last.facts["purpose"]) == (
        "campaigns.objection.looked_up",
        "核实办事时间",
    )
    assert "张三" not in str(last.facts) + last.target_name


def test_the_supervisor_sees_who_looked_at_an_objector_and_what_for():
    objection = object_to(given_publicity())
    act(objection_cases.accept, objection)
    act(objection_cases.open_contact, objection, purpose="核实办事时间")
    worker = staff_of(objection.campaign, Role.CASE_WORKER)
    (look,) = [
        one
        for one in read_room(campaign=objection.campaign, now=NOW).acts
        if one.about == str(objection)
    ]
    assert (look.by, look.reason) == (worker.actor.name, "核实办事时间")


@pytest.mark.parametrize("role", [Role.ORGANISER, Role.LEADER, Role.REVIEWER, Role.EDITOR])
def test_only_who_investigates_learns_who_objects(role):
    objection = object_to(given_publicity())
    with pytest.raises(NotAllowed):
        act(objection_cases.open_contact, objection, role, purpose="想知道")


def test_only_its_handler_learns_who_objects_and_only_until_it_is_decided():
    objection = object_to(given_publicity())
    with pytest.raises(HandlerOnly):  # nobody handles it yet
        act(objection_cases.open_contact, objection, purpose="核实")
    act(objection_cases.accept, objection)
    colleague = given_staff(objection.campaign.agency, Role.CASE_WORKER)
    with pytest.raises(HandlerOnly):
        act(objection_cases.open_contact, objection, user=colleague, purpose="核实")
    decide(objection, upheld=False)
    with pytest.raises(ObjectionStateWrong):
        act(objection_cases.open_contact, objection, purpose="核实")


def test_a_look_needs_a_purpose():
    objection = object_to(given_publicity())
    act(objection_cases.accept, objection)
    with pytest.raises(ReasonNeeded):
        act(objection_cases.open_contact, objection, purpose=" ")


def test_the_log_and_the_trail_know_number_and_outcome_only(settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    paper = given_logged_vote([1], during="publicity")
    objection = object_to(paper.campaign)
    decide(objection, upheld=False)
    logs.write_waiting(folder=paper.log)
    told = [entry for entry in entries_of(paper.log) if "objection" in entry]
    assert [(one["what"], one["objection"]) for one in told] == [
        ("objection_filed", 1),
        ("objection_dismissed", 1),
    ]
    assert all(set(one) == {"type", "t", "what", "objection"} for one in told)
    trail = " ".join(f"{e.facts} {e.target_name}" for e in AuditEntry.objects.all())
    assert FACTS not in trail


# --- Handling -------------------------------------------------------------------------------------


def test_who_proposes_does_not_decide():
    objection = object_to(given_publicity())
    both = staff_of(objection.campaign, Role.SUPERVISOR)
    act(objection_cases.accept, objection, user=both)
    act(
        objection_cases.propose,
        objection,
        user=both,
        is_well_founded=False,
        remedy="",
        answer="不成立",
    )
    with pytest.raises(SecondPersonNeeded):
        act(objection_cases.decide, objection, user=both)
    assert act(objection_cases.decide, objection, Role.LEADER).state == "dismissed"


def test_who_is_objected_to_keeps_out_of_it():
    campaign = given_publicity()
    objection = object_to(campaign, about="count", nominee=None)
    with pytest.raises(ConcernedPerson):  # the supervisor has signed the count
        act(objection_cases.accept, objection, Role.SUPERVISOR)
    act(objection_cases.accept, objection)
    act(objection_cases.propose, objection, is_well_founded=False, remedy="", answer="已复核")
    with pytest.raises(ConcernedPerson):
        act(objection_cases.decide, objection, Role.SUPERVISOR)
    assert act(objection_cases.decide, objection, Role.LEADER).state == "dismissed"


def test_who_once_signed_or_computed_keeps_out_whoever_did_so_since():
    campaign = given_publicity()
    first_signer = staff_of(campaign, Role.SUPERVISOR)
    results.withdraw_signature(
        campaign_id=campaign.pk, reason="核对一处笔误", actor=first_signer.actor, now=NOW
    )
    computers = [staff_of(campaign, Role.ORGANISER), given_staff(campaign.agency, Role.ORGANISER)]
    results.compute_result(campaign_id=campaign.pk, actor=computers[1].actor, now=NOW)
    second_signer = given_staff(campaign.agency, Role.SUPERVISOR)
    results.sign_result(campaign_id=campaign.pk, note="", actor=second_signer.actor, now=NOW)
    objection = object_to(campaign, about="count", nominee=None)
    for somebody in (first_signer, second_signer, *computers):
        assert objection_cases.concern_of(objection, somebody.pk)
    with pytest.raises(ConcernedPerson):
        act(objection_cases.accept, objection, user=first_signer)


def test_who_struck_ballots_out_keeps_out_of_objections_to_the_count(settings, tmp_path):
    keep_logs_in(settings, tmp_path)
    paper = given_logged_vote([1], [2], during="publicity")
    worker = staff_of(paper.campaign, Role.CASE_WORKER)
    adjudication.quarantine(
        campaign_id=paper.campaign_id,
        ballots=[(1, 2)],
        rule="same_tempo",
        evidence=given_evidence(paper.campaign),
        actor=worker.actor,
        now=NOW,
    )
    objection = object_to(paper.campaign, about="count", nominee=None)
    with pytest.raises(ConcernedPerson):
        act(objection_cases.accept, objection, user=worker)


def test_who_admitted_a_candidate_keeps_out_of_objections_to_them():
    campaign = given_publicity()
    worker = staff_of(campaign, Role.CASE_WORKER)
    Nomination.objects.create(
        campaign=campaign,
        nominee=campaign.nominees.get(number=1),
        status=Nomination.Status.ACCEPTED,
        decided_by=worker,
        sent_at=NOW,
    )
    with pytest.raises(ConcernedPerson):
        act(objection_cases.accept, object_to(campaign))
    assert act(objection_cases.accept, object_to(campaign, nominee=2)).handler == worker


def test_a_juror_does_not_look_into_the_jury():
    campaign = given_publicity()
    objection = object_to(campaign, about="jury", nominee=None)
    worker = staff_of(campaign, Role.CASE_WORKER)
    juror = given_juror(campaign)
    juror.user = worker
    juror.save()
    with pytest.raises(ConcernedPerson):
        act(objection_cases.accept, objection)
    with pytest.raises(HandlerUnfit):
        act(objection_cases.assign, objection, Role.LEADER, handler_id=worker.pk)


def test_declining_is_not_for_the_one_who_handles_and_needs_a_reason():
    objection = object_to(given_publicity())
    with pytest.raises(NotAllowed):
        act(objection_cases.decline, objection, reason="与本活动无关")
    with pytest.raises(ReasonNeeded):
        act(objection_cases.decline, objection, Role.LEADER, reason="")
    assert act(objection_cases.decline, objection, Role.LEADER, reason="与本活动无关").answer


def test_what_was_sent_back_is_looked_into_again():
    objection = object_to(given_publicity())
    act(objection_cases.accept, objection)
    said = {"is_well_founded": False, "remedy": "", "answer": "不成立"}
    act(objection_cases.propose, objection, **said)
    act(objection_cases.send_back, objection, Role.LEADER, reason="请补充当日记录")
    act(objection_cases.note, objection, text="已调取当日叫号记录", is_internal=False)
    act(objection_cases.propose, objection, **said)
    act(objection_cases.decide, objection, Role.LEADER)
    verbs = list(objection.steps.values_list("verb", flat=True))
    assert verbs == [
        *("filed", "accepted", "proposed", "returned", "noted", "proposed", "dismissed")
    ]
    with pytest.raises(ObjectionStateWrong):
        act(objection_cases.decide, objection, Role.LEADER)


def test_another_agency_finds_nothing():
    objection = object_to(given_publicity())
    elsewhere = given_staff(given_publicity().agency, Role.SUPERVISOR)
    with pytest.raises(ObjectionNotFound):
        act(objection_cases.accept, objection, user=elsewhere)


# --- The result -----------------------------------------------------------------------------------


def test_a_result_is_not_final_while_an_objection_is_open():
    campaign = given_publicity()
    objection = object_to(campaign)
    with pytest.raises(ObjectionsOpen):
        publish(campaign)
    decide(objection, upheld=False)
    publish(campaign)
    ends = campaign.stages.get(kind="publicity").closes_at
    assert publicity_of(campaign_id=campaign.pk, now=ends).state == "final"


def test_an_upheld_objection_takes_the_signature_and_waits_to_be_put_right():
    campaign = given_publicity()
    objection = object_to(campaign)
    act(objection_cases.accept, objection)
    with pytest.raises(RemedyMissing):
        act(
            objection_cases.propose,
            objection,
            is_well_founded=True,
            remedy="everything",
            answer="成立",
        )
    decide(objection, upheld=True, remedy="nominee")
    assert publicity_of(campaign_id=campaign.pk, now=NOW).state == "correcting"
    with pytest.raises(ResultUnsigned):
        publish(campaign)
    later = NOW + timedelta(hours=1)
    with pytest.raises(RemedyNotDone):
        act(objection_cases.mark_remedied, objection, text="已更正", now=later)
    nominees.withdraw_nominee(
        nominee_id=objection.nominee_id,
        reason="异议成立，取消资格",
        actor=staff_of(campaign, Role.SUPERVISOR).actor,
        now=later,
    )
    organiser = staff_of(campaign, Role.ORGANISER).actor
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=later)
    sign(campaign, later)
    long_after = campaign.stages.get(kind="publicity").closes_at
    with pytest.raises(RemediesOpen):
        publish(campaign, long_after)
    act(objection_cases.mark_remedied, objection, text="已取消资格并重新汇总", now=later)
    assert publish(campaign, long_after).published_at
    assert AwardRecord.objects.get().document["publicity"]["versions"] == 2


def given_late_correction(*, changes_ranking: bool) -> Campaign:
    """The signature is taken back three days before the end, and put under a new result."""
    campaign = given_publicity()
    stage = campaign.stages.get(kind="publicity")
    late = stage.closes_at - timedelta(days=2)
    supervisor = staff_of(campaign, Role.SUPERVISOR).actor
    results.withdraw_signature(
        campaign_id=campaign.pk, reason="异议成立", actor=supervisor, now=late
    )
    if changes_ranking:
        first = campaign.nominees.get(number=1)
        nominees.withdraw_nominee(
            nominee_id=first.pk, reason="取消资格", actor=supervisor, now=late
        )
    organiser = staff_of(campaign, Role.ORGANISER).actor
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=late)
    sign(campaign, late)
    return campaign


def test_another_ranking_is_shown_for_the_whole_time_again():
    campaign = given_late_correction(changes_ranking=True)
    with pytest.raises(NotShownLongEnough) as refusal:
        publish(campaign)
    assert "5 个工作日" in refusal.value.detail


def test_the_same_ranking_goes_on_counting():
    campaign = given_late_correction(changes_ranking=False)
    assert publish(campaign).published_at


def test_the_record_says_who_for_what_and_counted_where():
    campaign = given_publicity()
    publish(campaign)
    record = AwardRecord.objects.get()
    document = record.document
    assert [one["number"] for one in document["selected"]] == [1, 2]
    assert document["ballots"] == {"received": 6, "valid": 6, "void": 0}
    assert document["signed_by"]
    assert len(document["publicity"]["workdays"]) >= 5
    assert len(record.digest) == 64
