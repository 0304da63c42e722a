# SPDX-License-Identifier: Apache-2.0
"""Opinions on clusters, one decision for many of them, and the ways back."""

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    ClusterNotFound,
    ClustersUnfit,
    NoClustersChosen,
    OpinionClosed,
    OpinionGiven,
    OpinionMissing,
    ProposalOfAnother,
    ReasonNeeded,
    RulingDecided,
    SecondPersonNeeded,
)
from minyi.campaigns.models import ClusterOpinion, ClusterRuling, Round, Ruling
from minyi.campaigns.services import adjudication, lots, opinions
from minyi.core.actors import SYSTEM
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.ledger.queries.logs import tally
from minyi.ledger.services import logs
from minyi.ledger.tests.given import keep_logs_in, strangers_count

from .given import NOW, given_campaign, given_staff
from .given_log import given_cluster, given_evidence, given_logged_vote, staff_of

pytestmark = pytest.mark.django_db
VOID, RELEASE = Ruling.Kind.VOID, Ruling.Kind.RELEASE


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


@pytest.fixture
def paper() -> Round:
    return given_logged_vote(*[[1]] * 9)


def worker_of(paper: Round):
    return staff_of(paper.campaign, Role.CASE_WORKER).actor


def leader_of(paper: Round):
    return staff_of(paper.campaign, Role.LEADER).actor


def decide(paper: Round, *chosen, kind=VOID, reason="同一软件批量发出", by=None):
    made = lots.rule_on_clusters(
        campaign_id=paper.campaign_id,
        cluster_ids=[one.pk for one in chosen],
        kind=kind,
        reason=reason,
        actor=by or worker_of(paper),
        now=NOW,
    )
    logs.write_waiting(folder=paper.log)
    return made


def confirm(paper: Round, lot: int, by=None):
    done = lots.confirm_lot(lot=lot, actor=by or leader_of(paper), now=NOW)
    logs.write_waiting(folder=paper.log)
    return done


# --- One decision for many ------------------------------------------------------------------------


def test_three_clusters_are_struck_out_by_one_proposal_and_one_confirmation(paper):
    found = [given_cluster(paper, [(low, low + 2)]) for low in (1, 3, 5)]
    made = decide(paper, *found)
    assert (made.clusters, made.ballots, made.left_out, made.is_proposed) == (3, 6, 0, True)
    assert tally(paper.log).void == 0  # a proposal moves nothing
    done = confirm(paper, made.lot)
    assert (done.clusters, done.ballots) == (3, 6)
    assert tally(paper.log).void_by_rule == {"same_tempo": 6}
    assert strangers_count(paper.log).findings == []
    rulings = Ruling.objects.filter(kind=VOID)
    assert {one.evidence.sha256 for one in rulings} == {one.evidence.sha256 for one in found}


def test_many_are_released_at_once_with_one_reason(paper):
    found = [given_cluster(paper, [(low, low + 2)]) for low in (1, 3)]
    made = decide(paper, *found, kind=RELEASE, reason="会场扫码，均为本人投票")
    assert (made.is_proposed, tally(paper.log).quarantined) == (False, 0)
    assert {one.reason for one in Ruling.objects.filter(kind=RELEASE)} == {"会场扫码，均为本人投票"}


def test_ballots_that_stand_otherwise_are_left_out_and_counted(paper):
    first, second = given_cluster(paper, [(1, 4)]), given_cluster(paper, [(4, 6)])
    decide(paper, second, kind=RELEASE)
    adjudication.release(
        campaign_id=paper.campaign_id,
        ballots=[(1, 2)],
        rule="manual",
        evidence=given_evidence(paper.campaign),
        actor=worker_of(paper),
        now=NOW,
    )
    logs.write_waiting(folder=paper.log)
    made = decide(paper, first, second, kind=RELEASE)
    assert (made.clusters, made.ballots, made.left_out) == (1, 2, 1)
    assert made.skipped == (second.number,)
    with pytest.raises(ClustersUnfit):
        decide(paper, first, second, kind=RELEASE)


def test_a_ballot_in_two_clusters_is_ruled_on_once(paper):
    first = given_cluster(paper, [(1, 4)])
    second = given_cluster(paper, [(3, 6)], held=False)
    made = decide(paper, first, second)
    assert (made.ballots, made.left_out) == (5, 1)
    confirm(paper, made.lot)
    assert tally(paper.log).void == 5
    assert strangers_count(paper.log).findings == []


def test_what_waits_for_a_second_person_is_not_proposed_again(paper):
    cluster = given_cluster(paper)
    decide(paper, cluster)
    with pytest.raises(ClustersUnfit):
        decide(paper, cluster)


def test_a_decision_needs_a_reason_and_clusters_of_this_vote(paper):
    cluster = given_cluster(paper)
    with pytest.raises(ReasonNeeded):
        decide(paper, cluster, reason="  ")
    with pytest.raises(NoClustersChosen):
        decide(paper)
    with pytest.raises(NoClustersChosen):
        decide(given_logged_vote([1]), cluster)


def test_nobody_confirms_their_own_lot_and_a_lot_is_decided_once(paper):
    supervisor = staff_of(paper.campaign, Role.SUPERVISOR).actor
    made = decide(paper, given_cluster(paper), by=supervisor)
    with pytest.raises(SecondPersonNeeded):
        confirm(paper, made.lot, by=supervisor)
    with pytest.raises(NotAllowed):
        confirm(paper, made.lot, by=worker_of(paper))
    confirm(paper, made.lot)
    with pytest.raises(RulingDecided):
        confirm(paper, made.lot)


def test_a_lot_of_which_ballots_have_moved_comes_into_force_without_them(paper):
    first, second = given_cluster(paper, [(1, 3)]), given_cluster(paper, [(3, 5)])
    made = decide(paper, first, second)
    other = adjudication.propose_void(
        campaign_id=paper.campaign_id,
        ballots=[(3, 4)],
        rule="manual",
        evidence=given_evidence(paper.campaign),
        actor=worker_of(paper),
        now=NOW,
    )
    adjudication.confirm(ruling_id=other.pk, actor=leader_of(paper), now=NOW)
    logs.write_waiting(folder=paper.log)
    done = confirm(paper, made.lot)
    assert (done.clusters, done.moved) == (1, (second.number,))
    assert tally(paper.log).void == 3


def test_a_cluster_that_was_never_held_is_struck_out_on_its_own_picture(paper):
    cluster = given_cluster(paper, held=False, evidence=None)
    confirm(paper, decide(paper, cluster).lot)
    with Ruling.objects.get().evidence.file.open() as file:
        assert b'"timeline"' in file.read()


# --- The ways back --------------------------------------------------------------------------------


def test_one_of_many_is_taken_back_and_the_rest_comes_into_force(paper):
    found = [given_cluster(paper, [(low, low + 2)]) for low in (1, 3, 5)]
    made = decide(paper, *found)
    one = ClusterRuling.objects.get(lot=made.lot, cluster=found[1])
    adjudication.withdraw(ruling_id=one.ruling_id, actor=worker_of(paper), now=NOW)
    assert confirm(paper, made.lot).clusters == 2
    told = tally(paper.log)
    assert (told.void, told.quarantined) == (4, 2)


def test_a_whole_lot_is_taken_back_by_its_proposer_only(paper):
    made = decide(paper, given_cluster(paper, [(1, 3)]), given_cluster(paper, [(3, 5)]))
    supervisor = staff_of(paper.campaign, Role.SUPERVISOR).actor
    with pytest.raises(ProposalOfAnother):
        lots.withdraw_lot(lot=made.lot, actor=supervisor, now=NOW)
    lots.withdraw_lot(lot=made.lot, actor=worker_of(paper), now=NOW)
    with pytest.raises(RulingDecided):
        confirm(paper, made.lot)
    acts = AuditEntry.objects.filter(act="campaigns.ballots.withdrawn")
    assert acts.count() == 2


def test_a_lot_is_turned_down_with_the_reason_beside_the_proposers_own(paper):
    made = decide(paper, given_cluster(paper))
    lots.turn_down_lot(lot=made.lot, reason="证据不足", actor=leader_of(paper), now=NOW)
    ruling = Ruling.objects.get(kind=VOID)
    assert (ruling.state, ruling.reason, ruling.refusal) == (
        Ruling.State.TURNED_DOWN,
        "同一软件批量发出",
        "证据不足",
    )


def test_after_force_the_way_back_takes_two_people(paper):
    cluster = given_cluster(paper)
    confirm(paper, decide(paper, cluster).lot)
    back = decide(paper, cluster, kind=Ruling.Kind.RESTORE, reason="复核认定为本人投票")
    assert (back.is_proposed, tally(paper.log).void) == (True, 2)
    confirm(paper, back.lot)
    assert (tally(paper.log).void, tally(paper.log).ballots) == (0, 9)


def test_who_let_ballots_go_cannot_hold_them_again_alone(paper):
    cluster = given_cluster(paper)
    decide(paper, cluster, kind=RELEASE)
    assert decide(paper, cluster, kind=Ruling.Kind.QUARANTINE).is_proposed


# --- Opinions -------------------------------------------------------------------------------------


def say(paper: Round, cluster, opinion="brushed", by=None) -> ClusterOpinion:
    return opinions.give_opinion(
        cluster_id=cluster.pk, opinion=opinion, note="", actor=by or worker_of(paper), now=NOW
    )


def test_each_reviewer_has_one_opinion_which_they_may_take_back(paper):
    cluster = given_cluster(paper)
    say(paper, cluster)
    with pytest.raises(OpinionGiven):
        say(paper, cluster, "genuine")
    opinions.withdraw_opinion(cluster_id=cluster.pk, actor=worker_of(paper), now=NOW)
    with pytest.raises(OpinionMissing):
        opinions.withdraw_opinion(cluster_id=cluster.pk, actor=worker_of(paper), now=NOW)
    say(paper, cluster, "unsure")
    kept = ClusterOpinion.objects.order_by("id").values_list("opinion", flat=True)
    assert list(kept) == ["brushed", "unsure"]  # nothing is deleted


def test_after_a_proposal_no_opinion_is_blind_and_none_is_taken(paper):
    cluster = given_cluster(paper)
    made = decide(paper, cluster)
    with pytest.raises(OpinionClosed):
        say(paper, cluster)
    lots.withdraw_lot(lot=made.lot, actor=worker_of(paper), now=NOW)
    say(paper, cluster)


def test_who_may_not_rule_has_no_opinion_and_other_agencies_see_nothing(paper):
    cluster = given_cluster(paper)
    with pytest.raises(NotAllowed):
        say(paper, cluster, by=staff_of(paper.campaign, Role.ORGANISER).actor)
    elsewhere = given_staff(given_campaign().agency, Role.SUPERVISOR).actor
    with pytest.raises(ClusterNotFound):
        say(paper, cluster, by=elsewhere)


def test_the_platform_decides_nothing_on_clusters(paper):
    with pytest.raises(NotAllowed):
        decide(paper, given_cluster(paper), by=SYSTEM)
