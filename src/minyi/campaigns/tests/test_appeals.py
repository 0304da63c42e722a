# SPDX-License-Identifier: Apache-2.0
"""A voter whose ballot does not count learns why, appeals, and is heard by two people."""

import hashlib
import json
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    AlreadyAppealed,
    AppealOfOwnRuling,
    AppealsOpen,
    AppealTooLate,
    BallotsUnderReview,
    NothingToAppeal,
    ReasonNeeded,
    SecondPersonNeeded,
)
from minyi.campaigns.models import Appeal, Campaign, EvidenceFile, Result, Round
from minyi.campaigns.services import adjudication, appeals, results, roundlogs
from minyi.core.models import AuditEntry
from minyi.ledger.queries.logs import standing_of, tally
from minyi.ledger.services import logs
from minyi.ledger.tests.given import entries_of, keep_logs_in, kinds_of, strangers_count

from .given import given_nominee, given_open_round, given_staff
from .given_log import given_evidence, staff_of
from .visitors import body, given_votable, given_voted, stranger, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def given_struck_vote() -> tuple[Campaign, object]:
    """A live vote in which the ballot of Anna, at place 1, has been struck out; her browser."""
    now = timezone.now()
    campaign = given_votable(now=now, count_mode="live", max_picks=2)
    for _number in range(3):
        given_nominee(campaign)
    voting = campaign.stages.get(kind="voting")
    given_open_round(campaign, now=voting.opens_at - timedelta(hours=1))
    client, _ballot = given_voted(campaign)
    given_voted(campaign, "openid-of-bert")
    roundlogs.bring_along(campaign_id=campaign.pk, now=now)
    ruling = adjudication.propose_void(
        campaign_id=campaign.pk,
        ballots=[(1, 2)],
        rule="same_tempo",
        evidence=given_evidence(campaign),
        actor=staff_of(campaign, Role.CASE_WORKER).actor,
        now=now,
    )
    adjudication.confirm(
        ruling_id=ruling.pk, actor=staff_of(campaign, Role.SUPERVISOR).actor, now=now
    )
    logs.write_waiting(folder=campaign.round.log)
    return campaign, client


def appeal(campaign: Campaign, *, place=1, words="这一票是我本人投的。", now=None) -> Appeal:
    made = appeals.file_appeal(
        campaign_id=campaign.pk,
        place=place,
        voter_ref="ab" * 16,
        statement=words,
        now=now or timezone.now(),
    )
    logs.write_waiting(folder=campaign.round.log)
    return made


def answer(campaign: Campaign, made: Appeal, *, upheld: bool, by=None) -> Appeal:
    """Answer it as somebody who had no hand in striking the ballot out."""
    somebody = by or given_staff(campaign.agency, Role.CASE_WORKER)
    return appeals.propose_answer(
        appeal_id=made.pk,
        is_well_founded=upheld,
        answer="已核对。",
        actor=somebody.actor,
        now=timezone.now(),
    )


def decide(campaign: Campaign, made: Appeal, by=None) -> Appeal:
    somebody = by or staff_of(campaign, Role.LEADER)
    decided = appeals.decide(appeal_id=made.pk, actor=somebody.actor, now=timezone.now())
    logs.write_waiting(folder=campaign.round.log)
    return decided


# --- On the phone ---------------------------------------------------------------------------------


def test_the_voter_reads_on_the_receipt_why_the_ballot_does_not_count_and_appeals_there():
    campaign, anna = given_struck_vote()
    page = body(anna.get(f"/c/{campaign.slug}/ballot/"))
    assert "您的选票被认定无效" in page
    assert "操作节奏几乎一致" in page
    address = re.search(r'href="([^"]*/ballot/appeal/[^"]*)"', page)[1]
    assert "申诉理由" in body(anna.get(address))
    assert anna.post(address, {"statement": " "}).status_code == 422
    assert anna.post(address, {"statement": "这一票是我本人投的。"}).status_code == 303
    page = body(anna.get(f"/c/{campaign.slug}/ballot/"))
    assert "您的申诉第 1 号：待处理" in page
    assert "appeal/?" not in page


def test_the_voter_reads_when_a_held_ballot_counts_again_and_afterwards_that_it_does():
    campaign, _anna = given_struck_vote()
    address, bert = f"/c/{campaign.slug}/ballot/", visitor(campaign.account, "openid-of-bert")
    assert "恢复计票" not in body(bert.get(address))
    held_at = timezone.now()
    act = {"campaign_id": campaign.pk, "ballots": [(2, 3)], "rule": "same_tempo"}
    act |= {"evidence": given_evidence(campaign), "now": held_at}
    clerk = staff_of(campaign, Role.CASE_WORKER).actor
    adjudication.quarantine(**act, actor=clerk)
    logs.write_waiting(folder=campaign.round.log)
    page = body(bert.get(address))
    assert "最迟恢复计票" in page
    assert (held_at + timedelta(days=7)).date().isoformat() in page
    adjudication.release(**act, actor=clerk)
    logs.write_waiting(folder=campaign.round.log)
    page = body(bert.get(address))
    assert "您的选票已恢复计票" in page
    assert "最迟恢复计票" not in page


def test_a_voter_whose_ballot_counts_has_nothing_to_appeal():
    campaign, _anna = given_struck_vote()
    bert = visitor(campaign.account, "openid-of-bert")
    assert "/ballot/appeal/" not in body(bert.get(f"/c/{campaign.slug}/ballot/"))
    assert bert.post(f"/c/{campaign.slug}/ballot/appeal/", {"statement": "x"}).status_code == 409
    assert not Appeal.objects.exists()


def test_the_appeal_knows_the_ballot_and_not_the_person():
    campaign, anna = given_struck_vote()
    anna.post(f"/c/{campaign.slug}/ballot/appeal/", {"statement": "这一票是我本人投的。"})
    fields = {field.name for field in Appeal._meta.get_fields()}
    assert not {"citizen", "by_citizen", "openid"} & fields
    assert Appeal.objects.get().voter_ref == campaign.round.ballots.order_by("id")[0].voter_ref


# --- In the office --------------------------------------------------------------------------------


def test_an_upheld_appeal_lets_the_ballot_count_again():
    campaign, anna = given_struck_vote()
    made = appeal(campaign)
    answer(campaign, made, upheld=True)
    decide(campaign, made)
    folder = campaign.round.log
    assert standing_of(folder, 1).state == "counted"
    trail = AuditEntry.objects.filter(target__startswith="campaigns.ruling:").order_by("id")
    assert [entry.act.rpartition(".")[2] for entry in trail] == [
        *("void_proposed", "voided", "restored")
    ]
    assert {"appeal", "restore"} < set(kinds_of(folder))
    assert strangers_count(folder).findings == []
    page = body(anna.get(f"/c/{campaign.slug}/ballot/"))
    assert "申诉成立" in page
    assert "被认定无效" not in page
    counted = body(stranger().get(f"/c/{campaign.slug}/counts/"))
    assert "没有选票被认定无效" in counted
    assert "申诉成立" in counted


def test_a_dismissed_appeal_moves_nothing_and_is_answered():
    campaign, anna = given_struck_vote()
    made = appeal(campaign)
    answer(campaign, made, upheld=False)
    decide(campaign, made)
    assert tally(campaign.round.log).void == 1
    assert "已核对。" in body(anna.get(f"/c/{campaign.slug}/ballot/"))


def test_who_answers_does_not_decide():
    campaign, _anna = given_struck_vote()
    made = appeal(campaign)
    somebody = given_staff(campaign.agency, Role.SUPERVISOR)
    answer(campaign, made, upheld=True, by=somebody)
    with pytest.raises(SecondPersonNeeded):
        decide(campaign, made, by=somebody)


def test_who_struck_the_ballot_out_neither_answers_nor_decides_its_appeal():
    campaign, _anna = given_struck_vote()
    made = appeal(campaign)
    proposer, confirmer = staff_of(campaign, Role.CASE_WORKER), staff_of(campaign, Role.SUPERVISOR)
    for concerned in (proposer, confirmer):
        with pytest.raises(AppealOfOwnRuling):
            answer(campaign, made, upheld=False, by=concerned)
    answer(campaign, made, upheld=False)
    with pytest.raises(AppealOfOwnRuling):
        decide(campaign, made, by=confirmer)
    with pytest.raises(AppealOfOwnRuling):
        appeals.send_back(appeal_id=made.pk, actor=confirmer.actor, now=timezone.now())
    assert decide(campaign, made).state == "dismissed"


def test_who_held_another_ballot_may_hear_the_appeal():
    campaign, _anna = given_struck_vote()
    made = appeal(campaign)
    holder = given_staff(campaign.agency, Role.CASE_WORKER)
    adjudication.quarantine(
        campaign_id=campaign.pk,
        ballots=[(2, 3)],
        rule="company",
        evidence=given_evidence(campaign),
        actor=holder.actor,
        now=timezone.now(),
    )
    assert answer(campaign, made, upheld=False, by=holder).state == "proposed"


def test_the_log_does_not_let_a_short_statement_be_guessed():
    campaign, _anna = given_struck_vote()
    made = appeal(campaign, words="是我本人。")
    entry = next(one for one in entries_of(campaign.round.log) if one["type"] == "appeal")
    assert entry["ev"] != hashlib.sha256("是我本人。".encode()).hexdigest()
    salted = bytes.fromhex(made.salt) + "是我本人。".encode()
    assert len(made.salt) == 32
    assert entry["ev"] == hashlib.sha256(salted).hexdigest()


def test_nor_do_the_words_of_an_upheld_appeal_follow_from_the_hash_of_its_ruling():
    campaign, _anna = given_struck_vote()
    made = appeal(campaign, words="是我本人。")
    decide(campaign, answer(campaign, made, upheld=True))
    ruling = entries_of(campaign.round.log)[-2]
    assert ruling["type"] == "restore"
    kept = EvidenceFile.objects.get(campaign=campaign, sha256=ruling["ev"])
    with kept.file.open("rb") as file:
        facts = json.load(file)
    assert facts["statement"] == "是我本人。"
    assert facts["salt"] == made.salt  # 128 bits that nobody can try out


def test_one_ballot_is_appealed_once_in_words_and_only_while_it_does_not_count():
    campaign, _anna = given_struck_vote()
    appeal(campaign)
    with pytest.raises(AlreadyAppealed):
        appeal(campaign)
    with pytest.raises(NothingToAppeal):
        appeal(campaign, place=2)
    with pytest.raises(ReasonNeeded):
        appeal(campaign, words=" ")
    ends = campaign.stages.get(kind="publicity").closes_at
    with pytest.raises(AppealTooLate):
        appeal(campaign, now=ends + timedelta(milliseconds=1))  # entry 0 tells milliseconds


def test_the_trail_names_the_appeal_not_what_it_says():
    campaign, _anna = given_struck_vote()
    made = appeal(campaign)
    answer(campaign, made, upheld=False)
    last = AuditEntry.objects.first()
    assert (last.act, last.facts["number"]) == ("campaigns.appeal.proposed", 1)
    assert made.statement not in str(last.facts)


# --- And the result -------------------------------------------------------------------------------


def after_vote(paper: Round):
    stage = paper.campaign.stages.get(kind="verification")
    return stage.opens_at + timedelta(hours=1)


def test_nothing_is_signed_while_ballots_are_held_for_review():
    campaign, _anna = given_struck_vote()
    now = after_vote(campaign.round)
    adjudication.quarantine(
        campaign_id=campaign.pk,
        ballots=[(2, 3)],
        rule="company",
        evidence=given_evidence(campaign),
        actor=staff_of(campaign, Role.CASE_WORKER).actor,
        now=timezone.now(),
    )
    logs.write_waiting(folder=campaign.round.log)
    organiser, supervisor = (
        staff_of(campaign, role).actor for role in (Role.ORGANISER, Role.SUPERVISOR)
    )
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=now)
    with pytest.raises(BallotsUnderReview):
        results.sign_result(campaign_id=campaign.pk, note="", actor=supervisor, now=now)


def test_an_appeal_keeps_the_result_open_and_upheld_takes_the_signature():
    campaign, _anna = given_struck_vote()
    now = after_vote(campaign.round)
    organiser, supervisor = (
        staff_of(campaign, role).actor for role in (Role.ORGANISER, Role.SUPERVISOR)
    )
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=now)
    results.sign_result(campaign_id=campaign.pk, note="", actor=supervisor, now=now)
    made = appeal(campaign, now=now)
    ends = campaign.stages.get(kind="publicity").closes_at
    with pytest.raises(AppealsOpen):
        results.publish_result(campaign_id=campaign.pk, actor=organiser, now=ends)
    answer(campaign, made, upheld=True)
    decide(campaign, made)
    result = Result.objects.get()
    assert result.signed_at is None
    assert "申诉第 1 号成立" in result.versions.get().reason
    assert tally(campaign.round.log).ballots == 2


def test_a_ruling_that_was_confirmed_and_not_yet_written_is_in_the_result():
    campaign, _anna = given_struck_vote()
    now = after_vote(campaign.round)
    ruling = adjudication.propose_void(
        campaign_id=campaign.pk,
        ballots=[(2, 3)],
        rule="company",
        evidence=given_evidence(campaign),
        actor=staff_of(campaign, Role.CASE_WORKER).actor,
        now=now,
    )
    supervisor = staff_of(campaign, Role.SUPERVISOR).actor
    before = tally(campaign.round.log).ballots
    adjudication.confirm(ruling_id=ruling.pk, actor=supervisor, now=now)
    assert tally(campaign.round.log).ballots == before  # the process died before it was written
    organiser = staff_of(campaign, Role.ORGANISER).actor
    result = results.compute_result(campaign_id=campaign.pk, actor=organiser, now=now)
    assert result.ballots == before - 1
