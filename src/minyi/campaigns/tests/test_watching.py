# SPDX-License-Identifier: Apache-2.0
"""A running vote is watched every ten seconds: a burst is seen, described, and never held."""

import json
import random
import secrets
from datetime import timedelta

import pytest

from minyi.campaigns.models import Ballot, Cluster, Round, Ruling
from minyi.campaigns.queries.burst_words import who_in_words
from minyi.campaigns.services import roundlogs, screening, watching
from minyi.core.models import OutboxMessage
from minyi.core.outbox import Delivery, Later
from minyi.integrity.models import KnownDoor, Visit
from minyi.ledger.tests.given import keep_logs_in

from .given import NOW
from .given_log import given_logged_vote

pytestmark = pytest.mark.django_db
NOW_MS = round(NOW.timestamp() * 1000)
MINUTE = 60_000
HALL = "fd00:4a11:9b1c:77e0::"


@pytest.fixture(autouse=True)
def a_fresh_worker(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")
    watching._watches.clear()


@pytest.fixture
def paper() -> Round:
    """A vote with half an hour of plain voting behind it."""
    paper = given_logged_vote(candidates=6)
    dice = random.Random(8)
    moments = sorted(NOW_MS - dice.randrange(30 * MINUTE) for _ in range(900))
    cast(paper, [(at, dice.choice([1, 1, 1, 2, 2, 4, 5, 6]), {}) for at in moments])
    return paper


def cast(paper: Round, ballots: list[tuple[int, int, dict[str, object]]]) -> None:
    """Cast (moment, candidate, what was seen of the voter)."""
    dice = random.Random(len(ballots))
    rows, visits = [], []
    for at, candidate, seen in ballots:
        ref = secrets.token_hex(16)
        dwell = int(str(seen.get("dwell_ms", int(dice.lognormvariate(10, 0.7)))))
        rows.append(
            Ballot(
                round=paper, voter_ref=ref, period="", picks=json.dumps([candidate]),
                nonce=secrets.token_hex(16), receipt=secrets.token_hex(10), risk=0,
                conduct=f"{dwell},3,1", cast_ms=at,
            )
        )  # fmt: skip
        usual = {
            "door": f"fd00:{dice.randrange(9999):04d}:1:1::", "model": f"M{dice.randrange(40)}",
            "os": "Android", "osv": str(dice.randint(10, 15)), "wxver": "8.0.42", "src": "menu",
        }  # fmt: skip
        own = {name: value for name, value in seen.items() if name != "dwell_ms"}
        visits.append(Visit(round_id=paper.pk, voter_ref=ref, at_ms=at, **{**usual, **own}))
    Ballot.objects.bulk_create(rows)
    Visit.objects.bulk_create(visits)
    roundlogs.bring_along(campaign_id=paper.campaign_id, now=NOW)


def burst_of(paper: Round, minutes: float = 1, n: int = 60, **seen: object) -> None:
    dice = random.Random(3)
    moments = sorted(NOW_MS + dice.randrange(int(minutes * MINUTE)) for _ in range(n))
    cast(paper, [(at, 3, seen) for at in moments])


def later(minutes: float = 0, seconds: float = 3):
    return NOW + timedelta(minutes=minutes, seconds=seconds)


def test_a_wall_of_phones_is_seen_within_a_minute_and_the_engine_is_called_at_once(paper):
    burst_of(paper, model="W1", osv="9", wxver="8.0.30", dwell_ms=2100)
    (burst,) = watching.watch(paper=paper, now=later(minutes=1))
    assert burst.candidate == 3
    cluster = Cluster.objects.get()
    assert (cluster.source, cluster.rules, cluster.not_held) == ("stream", "burst", "watched")
    assert cluster.picture["who"]["looks_like"] == "machine"
    assert cluster.picture["traits"]["model"][0][0] == "W1"
    assert cluster.ballot_count == cluster.picture["observed"] == burst.observed
    asked = OutboxMessage.objects.filter(topic=screening.TOPIC, payload__once=True)
    at_once, afterwards = asked.order_by("due_at").values_list("due_at", flat=True)
    assert at_once <= later(minutes=1)
    assert afterwards - at_once <= timedelta(minutes=2)


def test_it_holds_nothing_and_nobody(paper):
    burst_of(paper, model="W1", osv="9", dwell_ms=2100)
    assert watching.watch(paper=paper, now=later(minutes=1))
    assert not Ruling.objects.exists()


def test_a_hall_that_scans_a_code_is_told_from_it_by_its_own_history(paper):
    KnownDoor.objects.create(door=HALL, power=7, until=NOW.date() + timedelta(days=30))
    burst_of(paper, door=HALL, src="qr")
    watching.watch(paper=paper, now=later(minutes=1))
    who = Cluster.objects.get().picture["who"]
    assert (who["looks_like"], who["top_door"], who["door_usual"]) == ("venue", 1.0, 255)
    told = who_in_words(Cluster.objects.get().picture)
    assert told.looks_like.startswith("像是现场扫码")
    assert dict(told.facts)["该出口以往一天最多"] == "不超过 255 人"


def test_a_burst_that_goes_on_is_one_cluster_that_grows(paper):
    burst_of(paper, minutes=2, n=160)
    watching.watch(paper=paper, now=later(minutes=1))
    first = Cluster.objects.get().ballot_count
    watching.watch(paper=paper, now=later(minutes=2))
    assert Cluster.objects.get().ballot_count > first
    assert OutboxMessage.objects.filter(topic=screening.TOPIC, payload__once=True).count() <= 3


def test_a_worker_that_starts_anew_knows_the_last_hour_and_the_same_cluster(paper):
    burst_of(paper, minutes=2, n=160)
    watching.watch(paper=paper, now=later(minutes=1))
    watching._watches.clear()
    assert watching.watch(paper=paper, now=later(minutes=1, seconds=13))
    assert Cluster.objects.count() == 1


def test_plain_voting_makes_no_cluster(paper):
    for k in range(6):
        watching.watch(paper=paper, now=NOW + timedelta(seconds=10 * k))
    assert not Cluster.objects.exists()


def test_a_look_when_nobody_votes_costs_two_queries(paper, django_assert_max_num_queries):
    watching.watch(paper=paper, now=later())
    with django_assert_max_num_queries(2):
        watching.watch(paper=paper, now=later(seconds=13))


def test_a_storm_is_sampled_and_the_picture_says_so(paper, monkeypatch):
    monkeypatch.setattr(watching, "MOST", 200)
    burst_of(paper, n=600)
    reads = []
    real = watching._sample
    monkeypatch.setattr(watching, "_sample", lambda *asked: reads.append(real(*asked)) or reads[-1])
    (burst,) = watching.watch(paper=paper, now=later(minutes=1))
    ballots, scale = reads[0]
    assert scale > 1
    assert len(ballots) <= 201
    assert 0.5 * 600 < burst.observed < 1.5 * 600
    assert Cluster.objects.get().picture["sampled"] == scale


def test_it_looks_every_ten_seconds_until_the_close(paper):
    def deliver(now, closes_ms=paper.closes_ms):
        payload = {"round": paper.pk, "closes_ms": closes_ms}
        watching.watch_again(Delivery(watching.TOPIC, "1", payload, 1, now, now))

    with pytest.raises(Later) as again:
        deliver(NOW)
    assert again.value.at == NOW + timedelta(seconds=10)
    deliver(NOW, closes_ms=1)  # asked for an end that has been moved since
    deliver(NOW + timedelta(milliseconds=paper.closes_ms - NOW_MS, seconds=11))


def test_choices_that_are_sealed_are_not_watched(paper):
    Round.objects.filter(pk=paper.pk).update(hides_choices=True)
    payload = {"round": paper.pk, "closes_ms": paper.closes_ms}
    watching.watch_again(Delivery(watching.TOPIC, "1", payload, 1, NOW, NOW))
    assert not Cluster.objects.exists()
