# SPDX-License-Identifier: Apache-2.0
"""The running vote is looked over: brushed ballots are held, people are left alone."""

import json
import random
import re
import secrets
from datetime import timedelta

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns.models import Ballot, Round, Ruling
from minyi.campaigns.services import adjudication, roundlogs, screening
from minyi.core.outbox import Delivery, Later
from minyi.integrity.models import Visit
from minyi.integrity.tests.given import DAY, NOON, Row, given_voter
from minyi.ledger.queries.logs import tally
from minyi.ledger.services import logs
from minyi.ledger.tests.given import keep_logs_in

from .given import NOW
from .given_log import given_logged_vote, staff_of

pytestmark = pytest.mark.django_db
HONEST, BRUSHED = 1200, 150
MINUTE = 60_000


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def brushed_row(dice: random.Random, start: int) -> Row:
    """One of a wall of phones: the same model, quick, never seen before."""
    ts = start + dice.randrange(20 * MINUTE)
    dwell = 2000 + dice.randrange(150)
    return given_voter(
        dice,
        ts=ts,
        choices="3",
        model="M61",
        os="Android",
        osv="9",
        wxver="8.0.30",
        dwell_ms=dwell,
        touch_n=1,
        pv=1,
        first_seen=ts - dwell,
    )


def given_traffic(paper: Round) -> set[int]:
    """Ballots of a plain public over a day, and a wall of phones; return the wall's rows."""
    dice = random.Random(4)
    begins = paper.opens_ms + 10 * MINUTE
    honest = [given_voter(dice) for _ in range(HONEST)]
    wall = [brushed_row(dice, NOON + DAY) for _ in range(BRUSHED)]
    ballots, visits = [], []
    for row in sorted([*honest, *wall], key=lambda row: row["ts"]):
        moved = begins + (int(row["ts"]) - NOON) // 8  # two days in six hours
        ref = secrets.token_hex(16)
        conduct = f"{row['dwell_ms']},{row['touch_n']},{row['pv']}"
        ballots.append(
            Ballot(
                round=paper,
                voter_ref=ref,
                period="",
                picks=json.dumps([int(row["choices"])]),
                nonce=secrets.token_hex(16),
                receipt=secrets.token_hex(10),
                risk=0,
                conduct=conduct,
                cast_ms=moved,
            )
        )
        seen = {name: row[name] for name in ("model", "os", "osv", "wxver", "net", "src")}
        age = int(row["ts"]) - int(row["first_seen"])
        door = f"fd00:{dice.randrange(9999)}:{dice.randrange(9999)}:1::"
        visits.append(
            Visit(
                round_id=paper.pk,
                voter_ref=ref,
                at_ms=moved,
                door=door,
                first_seen_ms=moved - age,
                **seen,
            )
        )
    Ballot.objects.bulk_create(ballots)
    Visit.objects.bulk_create(visits)
    refs = {v.voter_ref for v in visits if v.model == "M61"}
    return set(Ballot.objects.filter(voter_ref__in=refs).values_list("pk", flat=True))


def assert_identifies_nobody(told: str) -> None:
    """An evidence file holds places in the public log and hashes' first digits, no more."""
    for ballot in Ballot.objects.all():
        assert ballot.voter_ref not in told
        assert ballot.nonce not in told
        assert ballot.receipt not in told
    doors = set(Visit.objects.values_list("door", flat=True))
    assert not any(door in told for door in doors)
    assert "fd00" not in told
    firsts = set(map(str, Visit.objects.values_list("first_seen_ms", flat=True)))
    assert firsts.isdisjoint(re.findall(r"\d{13}", told))


@pytest.fixture
def paper():
    return given_logged_vote(candidates=12)


def look(paper: Round) -> int:
    held = screening.screen(paper=paper, now=NOW)
    logs.write_waiting(folder=paper.log)
    return held


def test_a_wall_of_phones_is_held_with_its_evidence_and_people_are_not(paper):
    wall = given_traffic(paper)
    roundlogs.bring_along(campaign_id=paper.campaign_id, now=NOW)

    held = look(paper)

    assert 0.9 * BRUSHED <= held <= BRUSHED + 2
    told = tally(paper.log)
    assert (told.quarantined, told.ballots) == (held, HONEST + BRUSHED - held)
    ruling = Ruling.objects.first()
    assert ruling.by == "platform"
    with ruling.evidence.file.open() as file:
        evidence = json.load(file)
    assert evidence["engine"]["settings"]["line"]
    cluster = ruling.clusters.get()
    assert (cluster.candidate, cluster.source) == (3, "batch")
    assert cluster.rules.split("|")[0] == ruling.rule
    assert cluster.picture["traits"]["model"][0][0] == "M61"
    refs = set(Ballot.objects.filter(pk__in=wall).values_list("voter_ref", flat=True))
    assert not any(ref in json.dumps(evidence) for ref in refs)
    assert_identifies_nobody(json.dumps(evidence, ensure_ascii=False))

    assert look(paper) == 0  # nothing new: nothing is held twice
    adjudication.release(
        campaign_id=paper.campaign_id,
        ballots=[tuple(one) for one in ruling.ballots],
        rule="reviewed",
        evidence=ruling.evidence.sha256,
        actor=staff_of(paper.campaign, Role.CASE_WORKER).actor,
        now=NOW,
    )
    logs.write_waiting(folder=paper.log)
    assert look(paper) == 0  # what a person let go stays free


def test_a_handful_of_ballots_is_not_judged(paper):
    assert look(paper) == 0


def test_the_operator_can_switch_it_off(paper, settings):
    settings.SCREENING = False
    given_traffic(paper)
    assert look(paper) == 0


def test_it_looks_every_ten_minutes_and_for_the_last_time_after_the_close(paper, monkeypatch):
    looks = []
    monkeypatch.setattr(screening, "screen", lambda **asked: looks.append(asked["now"]))

    def deliver(now, closes_ms=paper.closes_ms):
        payload = {"round": paper.pk, "closes_ms": closes_ms}
        screening.screen_again(Delivery(screening.TOPIC, "1", payload, 1, now, now))

    with pytest.raises(Later) as again:
        deliver(NOW)
    assert again.value.at == NOW + timedelta(minutes=10)
    closed = NOW + timedelta(milliseconds=paper.closes_ms - int(NOW.timestamp() * 1000))
    deliver(closed + timedelta(minutes=1))
    assert len(looks) == 2
    deliver(NOW, closes_ms=1)  # asked for an end that has been moved since
    assert len(looks) == 2
