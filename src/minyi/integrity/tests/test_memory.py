# SPDX-License-Identifier: Apache-2.0
"""Memory across campaigns is coarse, under a key, and ends."""

from datetime import UTC, date, datetime

import pytest

from minyi.core.outbox_worker import Worker
from minyi.integrity.models import KnownDoor, KnownVoter, Visit
from minyi.integrity.queries.memory import Past, recall, usual_crowds
from minyi.integrity.services import memory
from minyi.integrity.services.memory import Part

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 20, 2, tzinfo=UTC)
ANNA, BEN = "wechat:qinghe:o-anna", "wechat:qinghe:o-ben"
DOOR = "fd00:3f2a:9b1c:77e0::"


def remember(round_id, *parts, now=NOW):
    memory.remember(round_id=round_id, parts=parts, upto=len(parts), now=now)


def test_it_knows_how_often_somebody_took_part_and_was_struck_out():
    remember(1, Part(ANNA, was_struck=False), Part(BEN, was_struck=True))
    remember(2, Part(ANNA, was_struck=False))
    assert recall(ANNA) == Past(2, 0)
    assert recall(BEN) == Past(1, 1)
    assert recall("wechat:qinghe:o-nobody") == Past(0, 0)
    assert memory.remembered_upto(1) == 2


def test_counts_stop_at_three():
    for round_id in range(5):
        remember(round_id, Part(BEN, was_struck=True))
    assert recall(BEN) == Past(3, 3)


def test_whoever_has_the_table_but_not_the_key_finds_nobody(settings):
    remember(1, Part(ANNA, was_struck=True))
    row = KnownVoter.objects.values().get()
    assert "anna" not in str(row)
    settings.SECRET_KEY = "another" * 8
    assert recall(ANNA) == Past(0, 0)


def test_a_network_is_known_by_its_busiest_day_roughly():
    for n in range(200):
        Visit.objects.create(round_id=1, voter_ref=f"a{n}", at_ms=NOW.timestamp() * 1000, door=DOOR)
    memory.remember_doors(round_id=1, now=NOW)
    memory.remember_doors(round_id=1, now=NOW)
    assert usual_crowds([DOOR, "fd00:1:1:1::"]) == {DOOR: 255}
    Visit.objects.create(round_id=2, voter_ref="b", at_ms=NOW.timestamp() * 1000, door=DOOR)
    memory.remember_doors(round_id=2, now=NOW)
    assert usual_crowds([DOOR]) == {DOOR: 255}


def test_it_ends_after_two_years_unless_somebody_comes_again():
    remember(1, Part(ANNA, was_struck=True), Part(BEN, was_struck=True))
    remember(2, Part(ANNA, was_struck=False), now=datetime(2027, 2, 1, 2, tzinfo=UTC))
    KnownDoor.objects.create(door=DOOR, power=3, until=date(2028, 12, 1))
    Worker(clock=lambda: datetime(2028, 11, 30, 2, tzinfo=UTC)).run_due()
    assert recall(BEN) == Past(1, 1)
    Worker(clock=lambda: datetime(2028, 12, 2, 2, tzinfo=UTC)).run_due()
    assert recall(BEN) == Past(0, 0)
    assert recall(ANNA) == Past(2, 1)
    assert not KnownDoor.objects.exists()


def test_whoever_asks_is_forgotten_at_once():
    remember(1, Part(ANNA, was_struck=True))
    memory.forget_account(ANNA)
    assert recall(ANNA) == Past(0, 0)
