# SPDX-License-Identifier: Apache-2.0
"""Several people press the same button at once, on a database with rows that are really locked."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier
from time import monotonic

import pytest
from django.db import connection, transaction

from minyi.agencies.policies import Role
from minyi.campaigns.errors import RulingDecided
from minyi.campaigns.models import Campaign, Cluster, Ruling
from minyi.campaigns.services import (
    adjudication,
    clusters,
    lots,
    opinions,
    results,
    roundlogs,
    trustees,
)
from minyi.core.errors import DomainError
from minyi.core.models import AuditEntry
from minyi.ledger.errors import ShareFalse, ShareForeign
from minyi.ledger.models import SealingKey, Trustee
from minyi.ledger.queries.logs import tally
from minyi.ledger.services import logs
from minyi.ledger.services.trustees import combine
from minyi.ledger.tests.given import keep_logs_in, kinds_of, strangers_count

from .given import NOW, given_campaign, given_finished_vote, given_staff
from .given_key import PEOPLE, given_sealed_ballot, given_sealed_vote
from .given_log import given_cluster, given_evidence, given_logged_vote, staff_of

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 6


@pytest.fixture(autouse=True)
def on_postgres(settings, tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    keep_logs_in(settings, tmp_path / "ledger")


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run the acts together, each on a connection of its own; return what came of each."""
    together = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        together.wait()
        try:
            return act()
        except DomainError as refusal:
            return refusal
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as people:
        return list(people.map(run, acts))


def people_of(campaign: Campaign, role: Role) -> list:
    return [given_staff(campaign.agency, role).actor for _number in range(MANY)]


def test_of_many_who_confirm_a_ruling_at_once_one_does():
    paper = given_logged_vote([1], [1], [2])
    ruling = adjudication.propose_void(
        campaign_id=paper.campaign_id,
        ballots=[(1, 3)],
        rule="same_tempo",
        evidence=given_evidence(paper.campaign),
        actor=staff_of(paper.campaign, Role.CASE_WORKER).actor,
        now=NOW,
    )

    def confirm(actor):
        return lambda: adjudication.confirm(ruling_id=ruling.pk, actor=actor, now=NOW)

    came = at_once(*map(confirm, people_of(paper.campaign, Role.SUPERVISOR)))
    assert sorted(type(one).__name__ for one in came) == ["Ruling"] + ["RulingDecided"] * (MANY - 1)
    logs.write_waiting(folder=paper.log)
    assert kinds_of(paper.log).count("void") == 1
    assert strangers_count(paper.log).findings == []
    assert AuditEntry.objects.filter(act="campaigns.ballots.voided").count() == 1


def test_one_who_confirms_and_one_who_turns_down_at_once_do_not_both():
    paper = given_logged_vote([1], [1], [2])
    evidence = given_evidence(paper.campaign)
    worker = staff_of(paper.campaign, Role.CASE_WORKER).actor
    yes, no = people_of(paper.campaign, Role.SUPERVISOR)[:2]
    for place in range(1, 4):
        ruling = adjudication.propose_void(
            campaign_id=paper.campaign_id,
            ballots=[(place, place + 1)],
            rule="same_tempo",
            evidence=evidence,
            actor=worker,
            now=NOW,
        )
        act = {"ruling_id": ruling.pk, "now": NOW}
        came = at_once(
            lambda act=act: adjudication.confirm(actor=yes, **act),
            lambda act=act: adjudication.turn_down(actor=no, reason="证据不足", **act),
        )
        assert sum(isinstance(one, RulingDecided) for one in came) == 1
    logs.write_waiting(folder=paper.log)
    confirmed = Ruling.objects.filter(state=Ruling.State.IN_FORCE).count()
    assert tally(paper.log).void == confirmed == kinds_of(paper.log).count("void")


def test_of_many_keys_made_at_once_one_stands_with_its_three_shares():
    campaign = given_campaign(launched_at=None, count_mode="after_close")

    def make(actor):
        return lambda: trustees.make_key(
            campaign_id=campaign.pk, people=PEOPLE, actor=actor, now=NOW
        )

    came = at_once(*map(make, people_of(campaign, Role.ORGANISER)))
    assert (SealingKey.objects.count(), Trustee.objects.count()) == (1, 3)
    fit = 0
    for handed in came:
        try:
            combine(campaign_id=campaign.pk, texts=[one.text for one in handed[:2]])
            fit += 1
        except (ShareForeign, ShareFalse):
            pass
    assert fit == 1


def test_many_who_open_the_ballots_at_once_publish_one_key():
    paper, texts = given_sealed_vote()
    for picks in ([1], [1], [2]):
        given_sealed_ballot(paper, picks)
    roundlogs.bring_along(campaign_id=paper.campaign_id, now=NOW)
    ended = datetime.fromtimestamp(paper.closes_ms / 1000, tz=NOW.tzinfo)

    def unseal(actor):
        return lambda: trustees.open_ballots(
            campaign_id=paper.campaign_id,
            texts=texts[1:],
            actor=actor,
            now=ended + timedelta(seconds=11),
        )

    came = at_once(*map(unseal, people_of(paper.campaign, Role.ORGANISER)))
    assert all(isinstance(one, trustees.Opening) for one in came)
    assert (kinds_of(paper.log).count("key"), kinds_of(paper.log).count("close")) == (1, 1)
    assert AuditEntry.objects.filter(act="campaigns.ballots.opened").count() == 1
    assert tally(paper.log).votes == {"001": 2, "002": 1, "003": 0}


def test_of_many_who_sign_at_once_one_name_stands_under_one_version():
    campaign = given_finished_vote({1: 3, 2: 2, 3: 1})
    results.compute_result(
        campaign_id=campaign.pk, actor=staff_of(campaign, Role.ORGANISER).actor, now=NOW
    )

    def sign(actor):
        return lambda: results.sign_result(campaign_id=campaign.pk, note="", actor=actor, now=NOW)

    came = at_once(*map(sign, people_of(campaign, Role.SUPERVISOR)))
    assert sorted(type(one).__name__ for one in came) == ["Result"] + ["ResultSigned"] * (MANY - 1)
    assert campaign.result.versions.count() == 1


def given_lot(paper) -> int:
    """Three clusters that one person has proposed to strike out in one act."""
    found = [given_cluster(paper, [(place, place + 1)]) for place in (1, 2, 3)]
    made = lots.rule_on_clusters(
        campaign_id=paper.campaign_id,
        cluster_ids=[one.pk for one in found],
        kind=Ruling.Kind.VOID,
        reason="同一软件批量发出（示例）",
        actor=staff_of(paper.campaign, Role.CASE_WORKER).actor,
        now=NOW,
    )
    return made.lot


def test_of_many_who_confirm_a_lot_at_once_one_does_and_every_cluster_is_struck_once():
    paper = given_logged_vote([1], [1], [1], [2])
    lot = given_lot(paper)

    def confirm(actor):
        return lambda: lots.confirm_lot(lot=lot, actor=actor, now=NOW)

    came = at_once(*map(confirm, people_of(paper.campaign, Role.SUPERVISOR)))
    names = sorted(type(one).__name__ for one in came)
    assert names == ["LotDecided"] + ["RulingDecided"] * (MANY - 1)
    logs.write_waiting(folder=paper.log)
    assert (kinds_of(paper.log).count("void"), tally(paper.log).void) == (3, 3)
    assert strangers_count(paper.log).findings == []


def test_a_lot_is_confirmed_or_taken_back_never_both():
    paper = given_logged_vote([1], [1], [1], [2])
    lot = given_lot(paper)
    worker = staff_of(paper.campaign, Role.CASE_WORKER).actor
    leader = staff_of(paper.campaign, Role.LEADER).actor
    came = at_once(
        lambda: lots.confirm_lot(lot=lot, actor=leader, now=NOW),
        lambda: lots.withdraw_lot(lot=lot, actor=worker, now=NOW),
    )
    assert sum(isinstance(one, RulingDecided) for one in came) == 1
    logs.write_waiting(folder=paper.log)
    assert tally(paper.log).void in (0, 3)


def wait_for_a_waiter() -> None:
    """Return once somebody waits for a lock that another holds; fail after ten seconds."""
    asked = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    until = monotonic() + 10
    while monotonic() < until:
        with connection.cursor() as cursor:
            cursor.execute(asked)
            if cursor.fetchone()[0]:
                return
    raise AssertionError("nobody waited")


def test_a_cluster_does_not_grow_under_the_hands_of_who_gives_an_opinion():
    paper = given_logged_vote(*[[1]] * 6, [2])
    cluster = given_cluster(paper, [(1, 3)])
    reviewer = staff_of(paper.campaign, Role.CASE_WORKER).actor
    found = clusters.Found(
        source=Cluster.Source.BATCH,
        candidate=1,
        rules="same_tempo",
        places=frozenset(range(1, 5)),
        first_ms=cluster.first_ms,
        last_ms=cluster.last_ms,
        picture={},
    )

    def look() -> object:
        try:
            return clusters.record(paper=paper, found=[found], now=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as engine:
        with transaction.atomic():
            opinions.give_opinion(
                cluster_id=cluster.pk, opinion="brushed", note="", actor=reviewer, now=NOW
            )
            looking = engine.submit(look)
            wait_for_a_waiter()
        assert looking.result() == 2
    told = Cluster.objects.order_by("number").values_list("number", "ballots")
    assert list(told) == [(1, [[1, 3]]), (2, [[3, 5]])]
