# SPDX-License-Identifier: Apache-2.0
"""Ballots held, released, struck out and restored: by rule, with evidence, by two people."""

import re
import time
from datetime import timedelta

import pytest
from django.utils import timezone
from votelog import encode_canonical

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    BallotsUnfit,
    EvidenceUnknown,
    NoBallotsNamed,
    ProposalOfAnother,
    ReasonNeeded,
    RulingDecided,
    RulingNotFound,
    SecondPersonNeeded,
)
from minyi.campaigns.models import Round, Ruling
from minyi.campaigns.services import adjudication
from minyi.core.actors import SYSTEM
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry, OutboxMessage
from minyi.core.outbox import Delivery
from minyi.ledger.errors import LogNotFound
from minyi.ledger.queries.logs import standing_of, tally
from minyi.ledger.queries.proofs import find_places
from minyi.ledger.services import logs
from minyi.ledger.tests.given import entries_of, keep_logs_in, kinds_of, strangers_count

from .given import NOW, given_campaign, given_open_round, given_staff
from .given_log import given_evidence, given_logged_vote, staff_of
from .visitors import body, stranger

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def hold(paper: Round, ballots=((1, 3),), *, actor=SYSTEM, rule="same_tempo", now=NOW) -> Ruling:
    ruling = adjudication.quarantine(
        campaign_id=paper.campaign_id,
        ballots=ballots,
        rule=rule,
        evidence=given_evidence(paper.campaign),
        actor=actor,
        now=now,
    )
    logs.write_waiting(folder=paper.log)
    return ruling


def release(paper: Round, ballots=((1, 3),), *, by=None) -> Ruling:
    done = adjudication.release(
        campaign_id=paper.campaign_id,
        ballots=ballots,
        rule="manual",
        evidence=given_evidence(paper.campaign),
        actor=by or staff_of(paper.campaign, Role.CASE_WORKER).actor,
        now=NOW,
    )
    logs.write_waiting(folder=paper.log)
    return done


def propose(paper: Round, verb=adjudication.propose_void, ballots=((1, 3),), by=None) -> Ruling:
    return verb(
        campaign_id=paper.campaign_id,
        ballots=ballots,
        rule="same_tempo",
        evidence=given_evidence(paper.campaign),
        reason="同一程序连续投出",
        actor=by or staff_of(paper.campaign, Role.CASE_WORKER).actor,
        now=NOW,
    )


def confirm(paper: Round, ruling: Ruling, by=None, now=NOW) -> Ruling:
    second = by or staff_of(paper.campaign, Role.SUPERVISOR).actor
    done = adjudication.confirm(ruling_id=ruling.pk, actor=second, now=now)
    logs.write_waiting(folder=paper.log)
    return done


def test_held_ballots_do_not_count_and_anybody_can_tell_why():
    paper = given_logged_vote([1], [1], [2])
    hold(paper)
    told = tally(paper.log)
    assert (told.ballots, told.quarantined, told.quarantined_by_rule) == (1, 2, {"same_tempo": 2})
    entry = entries_of(paper.log)[-1]
    assert (entry["type"], entry["ballots"], entry["by"]) == ("quarantine", [[1, 3]], "platform")
    assert entry["ev"] == given_evidence(paper.campaign)
    assert strangers_count(paper.log).findings == []
    assert standing_of(paper.log, 1).rule == "same_tempo"


def test_released_ballots_count_again():
    paper = given_logged_vote([1], [1], [2])
    hold(paper)
    release(paper, [(1, 2)])
    assert (tally(paper.log).ballots, tally(paper.log).quarantined) == (2, 1)


def test_one_person_does_not_keep_a_ballot_out_by_holding_it_again_and_again():
    paper = given_logged_vote([1], [1], [2])
    alone = staff_of(paper.campaign, Role.SUPERVISOR).actor
    hold(paper, actor=alone)
    release(paper, by=alone)
    again = hold(paper, [(2, 4)], actor=alone)  # one of the two, and one never held
    assert again.state == Ruling.State.PROPOSED
    assert tally(paper.log).ballots == 3
    with pytest.raises(SecondPersonNeeded):
        confirm(paper, again, by=alone)
    assert OutboxMessage.objects.filter(topic=adjudication.TOPIC).count() == 1
    confirm(paper, again, by=staff_of(paper.campaign, Role.LEADER).actor)
    assert tally(paper.log).quarantined == 2
    assert OutboxMessage.objects.filter(topic=adjudication.TOPIC).count() == 2  # it has a term too
    assert strangers_count(paper.log).findings == []


def test_what_the_end_of_the_term_released_is_held_again_by_two_only():
    paper = given_logged_vote([1], [1], [2])
    held = hold(paper)
    message = OutboxMessage.objects.get(topic=adjudication.TOPIC)
    adjudication.release_undecided(
        Delivery(adjudication.TOPIC, str(held.pk), message.payload, 1, NOW, message.due_at)
    )
    logs.write_waiting(folder=paper.log)
    worker = staff_of(paper.campaign, Role.CASE_WORKER).actor
    assert hold(paper, actor=worker).state == Ruling.State.PROPOSED


def test_a_holding_of_a_hundred_thousand_single_ballots_is_compared_in_no_time():
    paper = given_logged_vote([1], [1], [2])
    hold(paper, [(1, 2)])
    row = Ruling.objects.get()
    row.ballots = [[place, place + 1] for place in range(10, 200_010, 2)]
    row.save()
    begun = time.process_time()
    held = [(place, place + 1) for place in range(11, 200_011, 2)]
    assert not adjudication._needs_second(paper, Ruling.Kind.QUARANTINE, held)
    assert time.process_time() - begun < 5  # range by range it took many minutes


def test_the_platform_holds_a_ballot_once_and_leaves_it_to_people_then():
    paper = given_logged_vote([1], [1], [2])
    hold(paper)
    release(paper)
    with pytest.raises(NotAllowed):
        hold(paper, actor=SYSTEM)
    assert hold(paper, [(3, 4)], actor=SYSTEM).state == Ruling.State.IN_FORCE


def test_a_restored_ballot_is_held_again_by_two_only():
    paper = given_logged_vote([1], [1], [2])
    confirm(paper, propose(paper))
    confirm(paper, propose(paper, adjudication.propose_restore))
    worker = staff_of(paper.campaign, Role.CASE_WORKER).actor
    assert hold(paper, actor=worker).state == Ruling.State.PROPOSED


def test_striking_out_takes_two_people_and_restoring_too():
    paper = given_logged_vote([1], [1], [2])
    proposed = propose(paper)
    assert tally(paper.log).ballots == 3  # a proposal moves nothing
    confirm(paper, proposed)
    assert (tally(paper.log).ballots, tally(paper.log).void_by_rule) == (1, {"same_tempo": 2})
    confirm(paper, propose(paper, adjudication.propose_restore, [(2, 3)]))
    assert (tally(paper.log).ballots, tally(paper.log).void) == (2, 1)
    assert kinds_of(paper.log)[-2:] == ["void", "restore"]
    assert strangers_count(paper.log).findings == []


def test_nobody_confirms_what_they_proposed_themselves():
    paper = given_logged_vote([1], [1])
    supervisor = staff_of(paper.campaign, Role.SUPERVISOR).actor
    ruling = propose(paper, by=supervisor)
    with pytest.raises(SecondPersonNeeded):
        confirm(paper, ruling, by=supervisor)
    assert tally(paper.log).ballots == 2


def test_a_proposal_is_taken_back_by_its_proposer_alone_and_only_while_it_waits():
    paper = given_logged_vote([1], [1])
    worker = staff_of(paper.campaign, Role.CASE_WORKER).actor
    ruling = propose(paper, by=worker)
    supervisor = staff_of(paper.campaign, Role.SUPERVISOR).actor
    with pytest.raises(ProposalOfAnother):
        adjudication.withdraw(ruling_id=ruling.pk, actor=supervisor, now=NOW)
    adjudication.withdraw(ruling_id=ruling.pk, actor=worker, now=NOW)
    ruling.refresh_from_db()
    assert (ruling.state, ruling.decided_by) == (Ruling.State.WITHDRAWN, None)
    assert AuditEntry.objects.first().act == "campaigns.ballots.withdrawn"
    with pytest.raises(RulingDecided):
        confirm(paper, ruling, by=supervisor)
    confirmed = propose(paper, by=worker)
    confirm(paper, confirmed, by=supervisor)
    with pytest.raises(RulingDecided):
        adjudication.withdraw(ruling_id=confirmed.pk, actor=worker, now=NOW)


def test_the_platform_holds_back_but_never_strikes_out():
    paper = given_logged_vote([1], [1])
    with pytest.raises(NotAllowed):
        propose(paper, by=SYSTEM)


def test_a_proposal_is_decided_once_and_refused_with_a_reason():
    paper = given_logged_vote([1], [1])
    ruling = propose(paper)
    leader = staff_of(paper.campaign, Role.LEADER).actor
    with pytest.raises(ReasonNeeded):
        adjudication.turn_down(ruling_id=ruling.pk, reason=" ", actor=leader, now=NOW)
    adjudication.turn_down(ruling_id=ruling.pk, reason="证据不足", actor=leader, now=NOW)
    with pytest.raises(RulingDecided):
        confirm(paper, ruling, by=leader)
    ruling.refresh_from_db()
    assert (ruling.reason, ruling.refusal) == ("同一程序连续投出", "证据不足")
    assert "void" not in kinds_of(paper.log)


@pytest.mark.parametrize("ballots", [[], [(2, 2)], [(3, 1)], [(1, 3), (2, 4)], [(0, 1)]])
def test_places_that_make_no_sense_are_refused(ballots):
    paper = given_logged_vote([1], [1], [2])
    with pytest.raises(NoBallotsNamed):
        hold(paper, ballots)


def test_one_ballot_in_another_state_refuses_the_whole_act():
    paper = given_logged_vote([1], [1], [2])
    hold(paper, [(1, 2)])
    with pytest.raises(BallotsUnfit):  # in the log it would silently move none
        hold(paper, [(1, 3)])
    with pytest.raises(BallotsUnfit):
        hold(paper, [(2, 9)])


def test_a_ruling_needs_stored_evidence():
    paper = given_logged_vote([1])
    with pytest.raises(EvidenceUnknown):
        adjudication.quarantine(
            campaign_id=paper.campaign_id,
            ballots=[(1, 2)],
            rule="same_tempo",
            evidence="0" * 64,
            actor=SYSTEM,
            now=NOW,
        )


def test_without_a_public_log_nothing_can_be_struck_out(settings):
    settings.LEDGER_KEY = ""
    paper = given_open_round(given_campaign())
    with pytest.raises(LogNotFound):
        hold(paper)


def test_another_agency_rules_on_nothing_here():
    paper = given_logged_vote([1])
    ruling = propose(paper, ballots=[(1, 2)])
    elsewhere = given_staff(given_campaign().agency, Role.SUPERVISOR).actor
    with pytest.raises(RulingNotFound):
        adjudication.confirm(ruling_id=ruling.pk, actor=elsewhere, now=NOW)


def test_an_entry_has_room_for_its_ranges_and_the_longest_rule():
    first = 10_000_000
    ends = range(first, first + 2 * adjudication.RANGES_PER_ENTRY, 2)
    entry = {
        "type": "quarantine",
        "t": round(NOW.timestamp() * 1000),
        "ballots": [[low, low + 1] for low in ends],
        "rule": "刷" * 120,
        "ev": "0" * 64,
        "by": "platform",
    }
    assert len(encode_canonical(entry)) <= 2048


def test_many_ranges_become_several_entries_and_all_count():
    paper = given_logged_vote(*[[1]] * 200)
    places = [(place, place + 1) for place in range(1, 200, 2)]
    hold(paper, places)
    assert kinds_of(paper.log).count("quarantine") == 2
    assert tally(paper.log).quarantined == 100
    assert strangers_count(paper.log).findings == []


def test_what_nobody_decides_counts_again_after_its_term():
    paper = given_logged_vote([1], [1], [2])
    ruling = hold(paper)
    message = OutboxMessage.objects.get(topic=adjudication.TOPIC)
    assert message.due_at == NOW + timedelta(days=7)
    confirm(paper, propose(paper, ballots=[(1, 2)]))
    delivery = Delivery(adjudication.TOPIC, str(ruling.pk), message.payload, 1, NOW, message.due_at)
    for _twice in range(2):
        adjudication.release_undecided(delivery)
        logs.write_waiting(folder=paper.log)
    assert (tally(paper.log).ballots, tally(paper.log).void) == (2, 1)
    assert kinds_of(paper.log).count("release") == 1


def test_the_term_of_an_earlier_hold_does_not_end_a_later_one():
    paper = given_logged_vote([1], [1], [2])
    first = hold(paper)
    release(paper, [(1, 2)])
    later = NOW + timedelta(days=6)
    again = hold(paper, [(1, 2)], actor=staff_of(paper.campaign, Role.CASE_WORKER).actor, now=later)
    confirm(paper, again, now=later)

    def end_of_term(ruling: Ruling) -> None:
        message = OutboxMessage.objects.get(topic=adjudication.TOPIC, key=str(ruling.pk))
        adjudication.release_undecided(
            Delivery(message.topic, message.key, message.payload, 1, NOW, message.due_at)
        )
        logs.write_waiting(folder=paper.log)

    end_of_term(first)  # a day after two people have held ballot 1 again
    assert standing_of(paper.log, 1).state == "quarantined"
    assert standing_of(paper.log, 2).state == "counted"
    end_of_term(again)
    assert tally(paper.log).quarantined == 0


def test_every_ruling_is_on_the_trail_with_rule_and_evidence():
    paper = given_logged_vote([1], [1])
    confirm(paper, propose(paper))
    acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert acts[-2:] == ["campaigns.ballots.void_proposed", "campaigns.ballots.voided"]
    facts = AuditEntry.objects.first().facts
    assert (facts["ballots"], facts["rule"]) == (2, "same_tempo")
    assert len(facts["evidence"]) == 64


def test_the_engine_finds_the_places_of_ballots_and_joins_them_into_ranges():
    paper = given_logged_vote([1], [1], [2], [3])
    ids = list(paper.ballots.values_list("pk", flat=True))
    places = find_places(round_id=paper.pk, ballot_ids=[ids[0], ids[1], ids[3]])
    assert adjudication.ranges_of(places.values()) == [(1, 3), (4, 5)]


# --- The public page ------------------------------------------------------------------------------


def test_the_page_shows_what_became_of_the_ballots_at_a_named_checkpoint():
    paper = given_logged_vote([1], [1], [2], [3], now=timezone.now())
    hold(paper, [(3, 4)], rule="machine_hall")
    confirm(paper, propose(paper))
    page = body(stranger().get(f"/c/{paper.slug}/counts/"))
    told = tally(paper.log)
    assert "操作节奏几乎一致" in page
    assert "来自机房地址" in page
    assert given_evidence(paper.campaign) in page
    assert f"前 {told.size} 条" in page or f"前 {told.size:,} 条" in page
    assert "还没有收到申诉" in page


def test_the_page_of_a_vote_with_nothing_struck_out_says_so():
    paper = given_logged_vote([1], now=timezone.now())
    assert "没有选票被认定无效" in body(stranger().get(f"/c/{paper.slug}/counts/"))


def test_the_page_keeps_quiet_while_counts_are_hidden():
    paper = given_logged_vote([1], [1], now=timezone.now(), count_mode="after_close")
    before = told_by_page(paper)
    hold(paper)
    assert told_by_page(paper) == before
    assert "操作节奏几乎一致" not in before


def told_by_page(paper: Round) -> str:
    page = body(stranger().get(f"/c/{paper.slug}/counts/"))
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page)
