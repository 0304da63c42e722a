# SPDX-License-Identifier: Apache-2.0
"""What a report reads of the ballots is what the public log counts, struck ballots apart."""

import pytest

from minyi.campaigns.queries.report_ballots import read_facts
from minyi.ledger import folders
from minyi.ledger.queries.logs import tally
from minyi.ledger.tests.given import keep_logs_in, strangers_count

from .given_key import given_sealed_ballot, given_sealed_vote
from .given_log import given_logged_vote
from .test_adjudication import confirm, hold, propose
from .test_sealed_votes import opened

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


@pytest.fixture
def paper():
    """Seven ballots: 1 and 2 struck out, 5 held."""
    paper = given_logged_vote([1], [1, 2], [2], [3], [1], [2, 3], [2])
    confirm(paper, propose(paper))
    hold(paper, ballots=((5, 6),))
    return paper


def test_counts_and_votes_are_those_anybody_recounts_from_the_log(paper):
    facts, stranger = read_facts(paper), strangers_count(paper.log)
    ballots, votes = facts.votes()
    assert ballots == facts.ballots("counted") == stranger.counted == 4
    counted = {int(label): n for label, n in stranger.tally.items() if n}
    assert dict(votes) == counted == {2: 3, 3: 2}
    assert (facts.ballots("void"), facts.ballots("quarantined"), facts.ballots()) == (2, 1, 7)


def test_the_reading_names_its_checkpoint(paper):
    facts, present = read_facts(paper), tally(paper.log)
    assert (facts.mark.size, facts.mark.root) == (present.size, present.root)
    root = folders.read_note(paper.log).decode().split("\n")[2]
    assert facts.mark.root == root


def test_struck_ballots_can_be_put_back_and_single_picks_left_out(paper):
    facts = read_facts(paper)
    every = ("counted", "quarantined", "void")
    assert facts.votes(states=every) == (7, {1: 3, 2: 4, 3: 2})
    assert facts.votes(without_single=True) == (1, {2: 1, 3: 1})
    (hour,) = facts.by_hour()
    assert facts.votes(without_hours=frozenset({hour})) == (0, {})
    assert facts.by_hour(counted_only=False)[hour] == 7
    assert facts.busiest_minute[1] == 4


def test_sealed_choices_are_read_once_the_vote_has_been_opened():
    paper, texts = given_sealed_vote()
    for picks in ([1], [1, 2], [3]):
        given_sealed_ballot(paper, picks)
    assert read_facts(paper).votes()[1] == {}
    opened(paper, texts)
    ballots, votes = read_facts(paper).votes()
    assert (ballots, dict(votes)) == (3, {1: 2, 2: 1, 3: 1})
    counted = strangers_count(paper.log).tally
    assert {int(label): n for label, n in counted.items() if n} == dict(votes)
