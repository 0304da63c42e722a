# SPDX-License-Identifier: Apache-2.0
"""What looks find is written down once, under a number that stays, and held once."""

import json
from datetime import timedelta

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns.models import Ballot, Cluster, ClusterOpinion, Opinion, Ruling
from minyi.campaigns.services import adjudication, clusters
from minyi.campaigns.services.clusters import Found
from minyi.ledger.fold import QUARANTINED
from minyi.ledger.queries.logs import states_of, tags_of
from minyi.ledger.services import logs
from minyi.ledger.tests.given import keep_logs_in

from .given import NOW
from .given_log import given_evidence, given_logged_vote, staff_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


@pytest.fixture
def paper():
    return given_logged_vote(*([3] for _ in range(30)))


def found(places, **changes: object) -> Found:
    told = {
        "source": Cluster.Source.BATCH,
        "candidate": 3,
        "rules": "same_phones|account_lot",
        "places": frozenset(places),
        "first_ms": 1_000,
        "last_ms": 9_000,
        "picture": {"timeline": [[1_000, len(places), 0.5]]},
    }
    return Found(**{**told, **changes})


def look(paper, *groups: Found, minutes: int = 0) -> int:
    held = clusters.record(paper=paper, found=groups, now=NOW + timedelta(minutes=minutes))
    logs.write_waiting(folder=paper.log)
    return held


def test_what_is_found_is_held_and_written_down_with_its_evidence(paper):
    assert look(paper, found(range(1, 6))) == 5
    cluster = Cluster.objects.get()
    assert (cluster.number, cluster.ballots, cluster.ballot_count) == (1, [[1, 6]], 5)
    assert cluster.hold.rule == "same_phones"
    assert cluster.hold.ballots == [[1, 6]]
    assert cluster.evidence == cluster.hold.evidence
    with cluster.evidence.file.open() as file:
        assert json.load(file)["picture"] == cluster.picture


def test_the_pseudonyms_of_some_ballots_are_read_out_of_a_log_of_any_size(paper):
    refs = list(Ballot.objects.order_by("pk").values_list("voter_ref", flat=True))
    assert tags_of(paper.log, [(3, 5), (30, 31)]) == [refs[2], refs[3], refs[29]]


def test_a_second_look_lets_it_grow_under_its_number(paper):
    look(paper, found(range(1, 6)))
    first = Cluster.objects.get().hold
    assert look(paper, found(range(1, 9), last_ms=12_000), minutes=10) == 3
    cluster = Cluster.objects.get()
    assert (cluster.number, cluster.ballot_count, cluster.last_ms) == (1, 8, 12_000)
    assert cluster.hold == first  # whose term ends first
    assert Ruling.objects.count() == 2
    assert look(paper, found(range(1, 9), last_ms=12_000), minutes=20) == 0


def test_the_same_ballots_under_another_rule_are_the_same_cluster(paper):
    look(paper, found(range(1, 6)))
    look(paper, found(range(1, 6), rules="same_tempo"), minutes=10)
    assert Cluster.objects.get().rules == "same_tempo"


def test_two_groups_of_one_look_are_two_clusters(paper):
    look(paper, found(range(1, 6)), found(range(6, 11)))
    look(paper, found(range(6, 11)), found(range(1, 6)), minutes=10)
    told = Cluster.objects.order_by("number").values_list("number", "ballots")
    assert list(told) == [(1, [[1, 6]]), (2, [[6, 11]])]


def test_another_candidate_or_another_day_is_another_cluster(paper):
    look(paper, found(range(1, 6)))
    look(paper, found(range(6, 9), candidate=2), minutes=10)
    look(paper, found(range(9, 12), first_ms=90_000, last_ms=99_000), minutes=20)
    assert Cluster.objects.count() == 3


@pytest.mark.parametrize("kept", ["over_budget", "one_house", "one_chat", "too_few"])
def test_a_look_alike_is_shown_to_reviewers_and_counts(paper, kept):
    assert look(paper, found(range(1, 6), kept=kept)) == 0
    cluster = Cluster.objects.get()
    assert (cluster.not_held, cluster.hold) == (kept, None)
    assert cluster.evidence is not None
    assert not Ruling.objects.exists()


def test_what_was_only_shown_is_held_under_its_number_once_it_is_sure(paper):
    look(paper, found(range(1, 6), kept="too_few"))
    assert look(paper, found(range(1, 15)), minutes=10) == 14
    cluster = Cluster.objects.get()
    assert (cluster.number, cluster.not_held) == (1, "")


def test_a_cluster_on_which_somebody_has_spoken_stays_as_they_saw_it(paper):
    look(paper, found(range(1, 6)))
    cluster = Cluster.objects.get()
    reviewer = staff_of(paper.campaign, Role.CASE_WORKER)
    ClusterOpinion.objects.create(
        cluster=cluster, reviewer=reviewer, opinion=Opinion.UNSURE, given_at=NOW
    )
    assert look(paper, found(range(1, 9)), minutes=10) == 3
    assert list(Cluster.objects.order_by("number").values_list("number", "ballots")) == [
        (1, [[1, 6]]),
        (2, [[6, 9]]),
    ]
    assert look(paper, found(range(1, 6)), minutes=20) == 0  # nothing new: nothing is written
    assert Cluster.objects.count() == 2


def test_a_proposal_taken_back_by_its_only_author_keeps_no_ballot_from_the_engine(paper):
    insider = staff_of(paper.campaign, Role.CASE_WORKER).actor
    proposed = adjudication.propose_void(
        campaign_id=paper.campaign_id,
        ballots=[(1, 6)],
        rule="same_tempo",
        evidence=given_evidence(paper.campaign),
        actor=insider,
        now=NOW,
    )
    assert look(paper, found(range(1, 6))) == 0  # it waits for its second person
    adjudication.withdraw(ruling_id=proposed.pk, actor=insider, now=NOW)
    assert look(paper, found(range(1, 6)), minutes=10) == 5


def test_a_ballot_on_which_people_ruled_stays_with_people(paper):
    look(paper, found(range(1, 6)))
    adjudication.release(
        campaign_id=paper.campaign_id,
        ballots=[(2, 4)],
        rule="reviewed",
        evidence=given_evidence(paper.campaign),
        actor=staff_of(paper.campaign, Role.CASE_WORKER).actor,
        now=NOW,
    )
    logs.write_waiting(folder=paper.log)
    assert look(paper, found(range(1, 8)), minutes=10) == 2
    states = states_of(paper.log, [(1, 8)])
    assert [place for place, state in enumerate(states, 1) if state == QUARANTINED] == [
        1,
        4,
        5,
        6,
        7,
    ]
