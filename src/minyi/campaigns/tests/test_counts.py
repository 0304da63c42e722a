# SPDX-License-Identifier: Apache-2.0
import json
import secrets
import sqlite3
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from minyi.campaigns.models import Ballot, CountSnapshot
from minyi.campaigns.queries import counts
from minyi.campaigns.queries.counts import Counts, CountsHidden, fold_counts, published_counts
from minyi.campaigns.queries.fairness import fair_count
from minyi.campaigns.queries.public import ORIGINAL, get_campaign
from minyi.core.clock import moment_at

from .given import given_ballot, given_campaign, given_nominee, given_open_round

NOW = timezone.now()


def given_vote(**fields: object):
    campaign = given_campaign(now=NOW, **fields)
    for number in (1, 2, 3):
        given_nominee(campaign, number=number)
    return campaign, given_open_round(campaign, now=NOW)


def stuff(paper, ballots: int, picks: list[int]) -> None:
    Ballot.objects.bulk_create(
        Ballot(
            round=paper,
            voter_ref=secrets.token_hex(16),
            period="",
            picks=json.dumps(picks),
            nonce=secrets.token_hex(16),
            receipt=secrets.token_hex(10),
            risk=0,
            cast_ms=int(NOW.timestamp() * 1000),
        )
        for _n in range(ballots)
    )


@pytest.mark.django_db
def test_a_count_from_snapshots_equals_a_count_from_the_first_ballot():
    _campaign, paper = given_vote()
    stuff(paper, 4_500, [1, 3])
    last = Ballot.objects.latest("id").pk
    first = fold_counts(round_id=paper.pk, upto_ballot=last, as_of=NOW)
    assert CountSnapshot.objects.count() == 2
    stuff(paper, 700, [2])
    last = Ballot.objects.latest("id").pk
    again = fold_counts(round_id=paper.pk, upto_ballot=last, as_of=NOW)
    CountSnapshot.objects.all().delete()
    assert again == fold_counts(round_id=paper.pk, upto_ballot=last, as_of=NOW)
    assert (first.votes, again.votes) == ({1: 4_500, 3: 4_500}, {1: 4_500, 3: 4_500, 2: 700})


@pytest.mark.django_db
def test_a_count_up_to_an_earlier_ballot_ignores_later_snapshots():
    _campaign, paper = given_vote()
    stuff(paper, 2_500, [1])
    early = Ballot.objects.order_by("id")[99].pk
    fold_counts(round_id=paper.pk, upto_ballot=Ballot.objects.latest("id").pk, as_of=NOW)
    assert fold_counts(round_id=paper.pk, upto_ballot=early, as_of=NOW).ballots == 100


@pytest.mark.django_db
def test_a_live_count_is_there_at_once():
    campaign, paper = given_vote(count_mode="live")
    given_ballot(paper, [1, 2], now=NOW)
    counted = published_counts(campaign_id=campaign.pk, now=NOW)
    assert isinstance(counted, Counts)
    assert counted.votes == {1: 1, 2: 1}


@pytest.mark.django_db
def test_after_close_means_after_the_last_moment():
    campaign, paper = given_vote(count_mode="after_close")
    given_ballot(paper, [1], now=NOW)
    closes = moment_at(paper.closes_ms)
    before = published_counts(campaign_id=campaign.pk, now=closes - timedelta(milliseconds=1))
    assert before == CountsHidden("after_close", closes)
    assert isinstance(published_counts(campaign_id=campaign.pk, now=closes), Counts)


@pytest.mark.django_db
def test_scheduled_counts_hold_what_was_cast_before_the_hour_and_no_more():
    campaign, paper = given_vote(count_mode="scheduled", count_hours=[18])
    opened = moment_at(paper.opens_ms)
    six = opened.replace(hour=18, minute=0, second=0, microsecond=0) + timedelta(days=1)
    given_ballot(paper, [1], now=six - timedelta(seconds=1))
    given_ballot(paper, [2], now=six)
    told = published_counts(campaign_id=campaign.pk, now=six + timedelta(hours=1))
    assert isinstance(told, Counts)
    assert told.votes == {1: 1}
    assert told.as_of == six
    assert told.next_at == six + timedelta(days=1)
    # How ballots were treated is told of all there are, and so not between two hours.
    public = get_campaign(slug=campaign.slug, language=ORIGINAL, now=told.as_of)
    hidden = fair_count(campaign=public, now=six + timedelta(hours=1))
    assert hidden == CountsHidden("scheduled", told.next_at)


@pytest.mark.django_db(transaction=True)
def test_ballots_that_come_in_while_counting_do_not_stop_the_count(tmp_path, monkeypatch):
    """A snapshot written while the rows are still being read would fail on SQLite, each time."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no such rule")
    file = tmp_path / "counts.sqlite3"
    _campaign, paper = given_vote()
    stuff(paper, 6_001, [1])
    with sqlite3.connect(file) as copy:
        connection.connection.backup(copy)
    copy.close()
    other = sqlite3.connect(file, isolation_level=None, timeout=1)
    other.execute("PRAGMA journal_mode=WAL")
    mine = sqlite3.connect(file, isolation_level=None, timeout=1, check_same_thread=False)
    own = connection.connection
    connection.connection = mine
    keep = counts._keep

    def keep_after_a_ballot(snapshots):
        other.execute("UPDATE campaigns_round SET pause_reason = 'somebody wrote'")
        keep(snapshots)

    monkeypatch.setattr(counts, "_keep", keep_after_a_ballot)
    last = mine.execute("SELECT max(id) FROM campaigns_ballot").fetchone()[0]
    counted = fold_counts(round_id=paper.pk, upto_ballot=last, as_of=NOW)
    kept = other.execute("SELECT count(*) FROM campaigns_countsnapshot").fetchone()[0]
    connection.connection = own
    other.close()
    mine.close()
    assert counted.ballots == 6_001
    assert kept == 3
