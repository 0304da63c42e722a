# SPDX-License-Identifier: Apache-2.0
"""Blind samples: drawn by a checkpoint nobody could foresee, as many that count as were held."""

from datetime import timedelta

import pytest

from minyi.campaigns.models import BlindSample, Cluster
from minyi.campaigns.services import blindsamples, clusters
from minyi.campaigns.services.clusters import Found
from minyi.core.outbox import Delivery, Later
from minyi.ledger.fold import COUNTED, QUARANTINED
from minyi.ledger.queries.logs import states_of
from minyi.ledger.services import logs
from minyi.ledger.tests.given import keep_logs_in

from .given import NOW
from .given_log import given_logged_vote

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


@pytest.fixture
def paper():
    return given_logged_vote(*([1 + n % 3] for n in range(80)))


def hold(paper, places, minutes=0):
    found = Found(
        Cluster.Source.BATCH, 1, "same_tempo", frozenset(places), 1_000 + minutes, 9_000, {}
    )
    clusters.record(paper=paper, found=[found], now=NOW + timedelta(minutes=minutes))


def draw(paper) -> int:
    return blindsamples.draw(paper=paper, now=NOW)


def drawn(paper, *, is_held) -> list[int]:
    rows = BlindSample.objects.filter(round=paper, is_held=is_held)
    return sorted(rows.values_list("place", flat=True))


def states(paper, places) -> set[int]:
    return set(states_of(paper.log, [(place, place + 1) for place in places]))


def test_ten_of_the_held_and_as_many_that_count_are_drawn(paper):
    hold(paper, range(1, 31))
    logs.write_waiting(folder=paper.log)
    assert draw(paper) == 20
    held, counted = drawn(paper, is_held=True), drawn(paper, is_held=False)
    assert (len(held), len(counted)) == (10, 10)
    assert states(paper, held) == {QUARANTINED}
    assert states(paper, counted) == {COUNTED}
    assert draw(paper) == 0


def test_all_are_drawn_where_fewer_are_held_and_more_as_more_are_held(paper):
    hold(paper, range(1, 5))
    logs.write_waiting(folder=paper.log)
    assert draw(paper) == 8
    assert drawn(paper, is_held=True) == [1, 2, 3, 4]
    hold(paper, range(1, 21), minutes=10)
    logs.write_waiting(folder=paper.log)
    assert draw(paper) == 12
    assert len(drawn(paper, is_held=False)) == 10


def test_the_order_of_the_rows_does_not_tell_which_were_held(paper):
    hold(paper, range(1, 61, 2))
    logs.write_waiting(folder=paper.log)
    draw(paper)
    places = list(BlindSample.objects.order_by("pk").values_list("place", flat=True))
    assert places == sorted(places)


def test_no_ballot_is_drawn_before_its_holding_stands_in_the_log(paper):
    hold(paper, range(1, 31))
    ruling = paper.rulings.get()
    delivery = Delivery(blindsamples.TOPIC, "1", {"ruling": ruling.pk}, 1, NOW, NOW)
    assert draw(paper) == 0
    with pytest.raises(Later):
        blindsamples.draw_later(delivery)
    logs.write_waiting(folder=paper.log)
    blindsamples.draw_later(delivery)
    assert BlindSample.objects.count() == 20


def test_another_history_draws_others(paper):
    twin = given_logged_vote(*([1 + n % 3] for n in range(80)))
    for one in (paper, twin):
        hold(one, range(1, 61))
        logs.write_waiting(folder=one.log)
        draw(one)
    assert drawn(paper, is_held=True) != drawn(twin, is_held=True)
