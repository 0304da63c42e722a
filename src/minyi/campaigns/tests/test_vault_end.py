# SPDX-License-Identifier: Apache-2.0
"""The identity vault ends with the appeal period: by itself, in public, for good."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings as product
from django.core.files.base import ContentFile

from ballotbox.ticket import read_ticket
from minyi.agencies.policies import Role
from minyi.campaigns.contacts import Contact, seal_contact
from minyi.campaigns.models import (
    Appeal,
    Campaign,
    EvidenceFile,
    Objection,
    ObjectionFile,
    VoteComplaint,
)
from minyi.campaigns.queries.supervision import find_tags
from minyi.campaigns.services import adjudication, complaints, roundlogs, vaultends
from minyi.campaigns.services.tickets import (
    Pseudonyms,
    hand_out_ticket,
    pseudonyms_for,
    voter_ref_for,
)
from minyi.core import outbox
from minyi.core.outbox_worker import Worker
from minyi.integrity.models import Visit
from minyi.integrity.queries.memory import Past, recall
from minyi.integrity.services.visits import Circumstances
from minyi.ledger.errors import VaultDestroyed
from minyi.ledger.models import Vault, VaultRow
from minyi.ledger.services import logs, openings, vaults
from minyi.ledger.services.openings import NamedBallot
from minyi.ledger.tests.given import entries_of, keep_logs_in, strangers_count

from .given import (
    NOW,
    given_ballot,
    given_citizen,
    given_complaint,
    given_open_round,
    given_staff,
)
from .given_log import given_evidence, staff_of
from .visitors import a_session, body, given_votable, visitor

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


@pytest.fixture
def voted() -> tuple[Campaign, str]:
    """A vote in which Anna has a ticket and a ballot; returns it with her ballot's receipt."""
    campaign = given_votable(count_mode="live")
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    token = hand_out_ticket(
        campaign=campaign, session=a_session(campaign.account), language="zh-hans", now=NOW
    )
    tag = read_ticket(token.ticket, key=product.TICKET_KEY.encode()).voter_ref
    ballot = given_ballot(paper, [1], now=NOW, voter_ref=tag)
    return campaign, ballot.receipt


def end_of(campaign: Campaign) -> datetime:
    return campaign.stages.get(kind="publicity").closes_at


def work(at: datetime) -> None:
    Worker(clock=lambda: at).run_due()


def is_destroyed(campaign: Campaign) -> bool:
    return Vault.objects.get(campaign_id=campaign.pk).destroyed_at is not None


def test_after_the_appeal_period_it_is_destroyed_and_the_log_says_so(voted):
    campaign, _receipt = voted
    work(end_of(campaign) - timedelta(minutes=1))
    assert not is_destroyed(campaign)
    work(end_of(campaign) + timedelta(minutes=1))
    assert is_destroyed(campaign)
    assert VaultRow.objects.count() == 0
    events = [entry for entry in entries_of(campaign.round.log) if entry["type"] == "event"]
    assert [entry["what"] for entry in events] == ["vault_destroyed"]
    count = strangers_count(campaign.round.log)
    assert (count.findings, count.counted) == ([], 1)


def test_publicity_that_is_shortened_does_not_shorten_what_entry_0_promises(voted):
    campaign, _receipt = voted
    promised = end_of(campaign)
    campaign.stages.filter(kind="publicity").update(closes_at=promised - timedelta(days=2))
    outbox.send(
        topic=vaultends.TOPIC,
        key="shortened",
        payload={"campaign": campaign.pk},
        now=NOW,
        due_at=promised - timedelta(days=2),
    )
    work(promised - timedelta(minutes=1))
    assert not is_destroyed(campaign)
    work(promised + timedelta(minutes=1))
    assert is_destroyed(campaign)


def test_what_was_seen_of_voters_goes_with_it(voted):
    campaign, _receipt = voted
    seen = Circumstances(address="203.0.113.7", user_agent="MicroMessenger/8.0.42")
    hand_out_ticket(
        campaign=campaign,
        session=a_session(campaign.account, subject="o-another"),
        language="zh-hans",
        now=NOW,
        seen=seen,
    )
    campaign.round.ballots.update(conduct="42000,7,3")
    assert Visit.objects.count() == 1
    work(end_of(campaign) + timedelta(minutes=1))
    assert Visit.objects.count() == 0
    assert campaign.round.ballots.get().conduct == ""


def test_then_it_is_remembered_who_took_part_and_who_was_struck_out(voted):
    campaign, _receipt = voted
    hand_out_ticket(  # he only looked
        campaign=campaign,
        session=a_session(campaign.account, subject="o-ben"),
        language="zh-hans",
        now=NOW,
    )
    strike_out(campaign, place=1)
    anna, ben = (f"wechat:{campaign.account.slug}:{who}" for who in ("openid-of-anna", "o-ben"))
    assert recall(anna) == Past(0, 0)
    work(end_of(campaign) + timedelta(minutes=1))
    assert is_destroyed(campaign)
    assert recall(anna) == Past(1, 1)
    assert recall(ben) == Past(0, 0)
    work(end_of(campaign) + timedelta(days=2))
    assert recall(anna) == Past(1, 1)


def test_a_killed_end_remembers_nobody_twice(voted, monkeypatch):
    campaign, _receipt = voted
    monkeypatch.setattr(vaults, "destroy", lambda **asked: 1 / 0)
    work(end_of(campaign) + timedelta(minutes=1))
    monkeypatch.undo()
    work(end_of(campaign) + timedelta(days=1))
    assert is_destroyed(campaign)
    assert recall(f"wechat:{campaign.account.slug}:openid-of-anna") == Past(1, 0)


def strike_out(campaign: Campaign, *, place: int) -> None:
    roundlogs.bring_along(campaign_id=campaign.pk, now=NOW)
    proposed = adjudication.propose_void(
        campaign_id=campaign.pk,
        ballots=[(place, place + 1)],
        rule="manual",
        evidence=given_evidence(campaign),
        actor=staff_of(campaign, Role.CASE_WORKER).actor,
        now=NOW,
    )
    adjudication.confirm(
        ruling_id=proposed.pk, actor=staff_of(campaign, Role.SUPERVISOR).actor, now=NOW
    )
    logs.write_waiting(folder=campaign.round.log)


def test_then_nobody_can_tell_whose_ballot_it_is_not_even_its_voter(voted):
    campaign, receipt = voted
    anna = a_session(campaign.account)
    tag = voter_ref_for(campaign_id=campaign.pk, session=anna)
    browser = visitor(campaign.account)
    address = f"/c/{campaign.slug}/ballot/?receipt={receipt}"
    work(end_of(campaign) + timedelta(minutes=1))
    assert pseudonyms_for(campaign_id=campaign.pk, session=anna) == Pseudonyms("", "")
    with pytest.raises(VaultDestroyed):
        vaults.find_people(campaign_id=campaign.pk, tags=[tag])
    page = browser.get(address)
    assert page.status_code == 200
    assert "身份对应关系已经销毁" in body(page)


def test_a_prolonged_publicity_prolongs_it(voted):
    campaign, _receipt = voted
    first = end_of(campaign)
    campaign.stages.filter(kind="publicity").update(closes_at=first + timedelta(days=5))
    work(first + timedelta(minutes=1))
    assert not is_destroyed(campaign)
    work(first + timedelta(days=5, minutes=1))
    assert is_destroyed(campaign)


def test_it_is_kept_from_day_to_day_while_a_complaint_waits(voted):
    campaign, _receipt = voted
    complaint = given_complaint(campaign, contact="13800000000")
    late = end_of(campaign) + timedelta(minutes=1)
    work(late)
    assert not is_destroyed(campaign)
    complaints.answer_complaint(
        complaint_id=complaint.pk,
        outcome="unfounded",
        answer="经核查账本，未发现所反映的情况。",
        actor=given_staff(campaign.agency, Role.SUPERVISOR).actor,
        now=late,
    )
    work(late + timedelta(days=1))
    assert is_destroyed(campaign)
    complaint.refresh_from_db()
    assert complaint.contact == ""


def given_objection(campaign: Campaign, **fields: object) -> Objection:
    """An objection with a name and a file, as it stands in the table."""
    sealed = seal_contact(Contact("张三", "13800000000"), campaign_id=campaign.pk)
    objection = Objection.objects.create(
        **{
            "campaign": campaign,
            "number": 1,
            "about": "process",
            "statement": "计票时没有公众在场。",
            "is_named": True,
            "contact": sealed,
            "state": Objection.State.DISMISSED,
            "filed_at": NOW,
            "due_on": NOW.date(),
            **fields,
        }
    )
    proof = ContentFile(b"a picture", name="proof.png")
    ObjectionFile.objects.create(objection=objection, kind="picture", file=proof, sha256="0" * 64)
    return objection


def test_who_objected_who_complained_and_all_files_go_with_it(voted):
    campaign, _receipt = voted
    objection = given_objection(campaign)
    complaint = given_complaint(campaign, citizen=given_citizen())
    VoteComplaint.objects.update(
        state="answered",
        answer="已核查。",
        outcome="unfounded",
        answered_by=given_staff(campaign.agency, Role.SUPERVISOR),
        answered_at=NOW,
    )
    digest = given_evidence(campaign)
    evidence = EvidenceFile.objects.get(sha256=digest)
    files = [Path(one.file.path) for one in (evidence, objection.files.get())]
    assert all(path.exists() for path in files)
    work(end_of(campaign) + timedelta(minutes=1))
    assert is_destroyed(campaign)
    for row in (objection, complaint, evidence):
        row.refresh_from_db()
    assert (objection.contact, complaint.citizen, evidence.sha256) == ("", None, digest)
    assert not any(path.exists() for path in files)
    assert not evidence.file
    assert objection.files.get().sha256 == "0" * 64


def test_an_objector_reads_the_answer_for_a_year_and_then_nothing_leads_to_them(voted):
    campaign, _receipt = voted
    objection = given_objection(campaign, by_citizen=given_citizen())
    late = end_of(campaign) + timedelta(minutes=1)
    work(late)
    objection.refresh_from_db()
    assert objection.by_citizen is not None
    work(late + timedelta(days=367))
    objection.refresh_from_db()
    assert objection.by_citizen is None


def test_it_is_kept_while_an_objection_is_open(voted):
    campaign, _receipt = voted
    given_objection(campaign, state=Objection.State.ACCEPTED)
    late = end_of(campaign) + timedelta(minutes=1)
    work(late)
    assert not is_destroyed(campaign)
    Objection.objects.update(state=Objection.State.DISMISSED)
    work(late + timedelta(days=1))
    assert is_destroyed(campaign)


def test_a_later_complaint_is_anonymous_again_once_it_is_answered(voted):
    campaign, _receipt = voted
    work(end_of(campaign) + timedelta(minutes=1))
    complaint = given_complaint(campaign, contact="13800000000")
    complaints.answer_complaint(
        complaint_id=complaint.pk,
        outcome="unfounded",
        answer="经核查账本，未发现所反映的情况。",
        actor=given_staff(campaign.agency, Role.SUPERVISOR).actor,
        now=end_of(campaign) + timedelta(days=1),
    )
    complaint.refresh_from_db()
    assert (complaint.contact, complaint.citizen) == ("", None)


def test_it_is_kept_while_a_voter_s_appeal_waits(voted):
    campaign, _receipt = voted
    appeal = Appeal.objects.create(
        round=campaign.round, number=1, place=1, voter_ref="0" * 32, statement="?", filed_at=NOW
    )
    late = end_of(campaign) + timedelta(minutes=1)
    work(late)
    assert not is_destroyed(campaign)
    Appeal.objects.filter(pk=appeal.pk).update(state=Appeal.State.DISMISSED)
    work(late + timedelta(days=1))
    assert is_destroyed(campaign)


def test_it_is_kept_while_somebody_may_look(voted):
    campaign, receipt = voted
    late = end_of(campaign) - timedelta(hours=1)
    work(late)
    tags = find_tags(campaign_id=campaign.pk, names=[receipt, "1"], now=late)
    assert len(set(tags.values())) == 1  # by its receipt and by its place in the log
    opening = openings.ask(
        campaign_id=campaign.pk,
        agency_id=campaign.agency_id,
        ballots=[NamedBallot(name, tag) for name, tag in tags.items()],
        purpose="核实申诉人是否本人投票",
        hours=24,
        actor=given_staff(campaign.agency, Role.ORGANISER).actor,
        now=late,
    )
    supervisor = given_staff(campaign.agency, Role.SUPERVISOR).actor
    openings.allow(
        opening_id=opening.pk, folder=campaign.round.log, note="", actor=supervisor, now=late
    )
    work(end_of(campaign) + timedelta(minutes=1))
    assert not is_destroyed(campaign)
    shown = openings.look(opening_id=opening.pk, actor=supervisor, now=late)
    assert {one.person.subject for one in shown} == {"openid-of-anna"}
    work(end_of(campaign) + timedelta(days=1, minutes=1))
    assert is_destroyed(campaign)
