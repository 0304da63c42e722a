# SPDX-License-Identifier: Apache-2.0
"""How busy doors and people are counted, and which networks are machine halls."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache

from minyi.integrity.inline import NAT_CROWD
from minyi.integrity.models import KnownDoor
from minyi.integrity.networks import is_hosted
from minyi.integrity.services.doors import Asking, count_paper, read_traffic

NOON = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
CAMPUS = "fd00:aa:bb:cc::"


@pytest.fixture(autouse=True)
def no_counters():
    cache.clear()


def arrive(people: int, *, door: str = CAMPUS, at: datetime = NOON, papers: int = 1) -> None:
    for number in range(people):
        for paper in range(papers):
            count_paper(Asking(door, f"{at:%d}-{number}"), is_first=paper == 0, now=at)


def traffic(at: datetime = NOON, *, door: str = CAMPUS, citizen: str = "anna"):
    return read_traffic(Asking(door, citizen), now=at)


def test_a_door_counts_its_people_and_their_papers_of_the_last_ten_minutes():
    arrive(6, papers=3)
    assert (traffic().door.people, traffic().door.papers) == (6, 18)
    assert traffic(NOON + timedelta(minutes=12)).door.people == 4  # a fifth of ten minutes gone by
    assert traffic(NOON + timedelta(minutes=20)).door.people == 0


def test_doors_are_counted_apart_and_an_unknown_door_is_nobodys():
    arrive(5)
    arrive(3, door="")
    assert traffic(door="fd00:1:2:3::").door.people == 0
    assert traffic(door="").door == traffic(door="fd00:1:2:3::").door


def test_the_usual_crowd_is_the_middle_of_the_days_before_and_not_of_today():
    for back, people in ((3, 9), (2, 2), (1, 4)):
        arrive(people, at=NOON - timedelta(days=back))
    arrive(30)
    assert traffic().door.usual == 4
    assert traffic(NOON + timedelta(days=1)).door.usual == 4  # of 2, 4, 9 and 30, the lower middle


def test_one_stormy_day_before_makes_no_usual_crowd_for_long():
    for back, people in ((3, 3), (2, 3), (1, 50)):
        arrive(people, at=NOON - timedelta(days=back))
    assert traffic().door.usual == 3


def test_one_person_is_counted_over_all_doors():
    for door in (CAMPUS, "fd00:1:2:3::", ""):
        count_paper(Asking(door, "anna"), is_first=False, now=NOON)
    assert traffic(citizen="anna").own_papers == 3
    assert traffic(citizen="bo").own_papers == 0


def test_a_machine_hall_is_known_by_the_operators_list_alone(settings, tmp_path):
    listed = tmp_path / "halls.txt"
    listed.write_text("# halls\n203.0.113.0/24\n203.0.113.8/32 # within\n2001:db8::/32\n\n")
    settings.HOSTED_NETWORKS = ""
    assert not is_hosted("203.0.113.9")
    settings.HOSTED_NETWORKS = str(listed)
    assert is_hosted("203.0.113.9")
    assert is_hosted("203.0.113.255")
    assert is_hosted("2001:db8:1::1")
    for address in ("203.0.114.1", "203.0.112.255", "1.1.1.1", "2001:db9::1", "", "unknown"):
        assert not is_hosted(address)


def test_a_list_that_cannot_be_read_stops_nobody(settings, tmp_path):
    broken = tmp_path / "halls.txt"
    broken.write_text("203.0.113.0/24\nnot a network\n")
    for path in (tmp_path / "missing.txt", broken):
        settings.HOSTED_NETWORKS = str(path)
        assert not is_hosted("203.0.113.9")


def test_a_cache_that_is_away_counts_nobody_and_stops_nobody(monkeypatch):
    def away(*_args, **_more):
        raise ConnectionRefusedError

    arrive(500)
    for name in ("get_many", "add", "incr"):
        monkeypatch.setattr(cache, name, away)
    count_paper(Asking(CAMPUS, "anna"), is_first=True, now=NOON)
    assert traffic().door.people == traffic().own_papers == 0


@pytest.mark.django_db
def test_earlier_votes_speak_for_a_busy_door():
    KnownDoor.objects.create(door=CAMPUS, power=12, until=NOON.date())  # 4,096 to 8,191 on one day
    arrive(NAT_CROWD)
    assert traffic().door.usual == 0  # nobody asks yet
    arrive(1)
    assert traffic().door.usual == 8191 // 6
