# SPDX-License-Identifier: Apache-2.0
"""Votes whose choices nobody can read before two of three trustees have opened them (ADR 16)."""

import asyncio
import csv
import json
from datetime import datetime, timedelta

import pytest

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    BallotsSealed,
    CampaignNotFound,
    KeyFixed,
    KeyNotNeeded,
    OpeningTooEarly,
    RehearsalTooLate,
    ScreeningDue,
)
from minyi.campaigns.models import Ballot, Round
from minyi.campaigns.queries.checklist import launch_checklist
from minyi.campaigns.queries.counts import Counts, CountsHidden, published_counts
from minyi.campaigns.queries.events import write_events
from minyi.campaigns.services import results, roundlogs, screening
from minyi.campaigns.services.trustees import (
    make_key,
    open_ballots,
    rehearse_opening,
    reissue_shares,
)
from minyi.core.errors import NotAllowed
from minyi.core.models import OutboxMessage
from minyi.core.outbox_worker import Worker
from minyi.ledger import folders
from minyi.ledger.errors import KeyMissing, LogDamaged, ShareForeign
from minyi.ledger.queries.proofs import find_proof
from minyi.ledger.room import room
from minyi.ledger.tests.given import entries_of, keep_logs_in, kinds_of, strangers_count
from minyi.ledger.tests.test_room import ask

from .given import NOW, given_ballot, given_campaign, given_nominee, given_staff
from .given_key import PEOPLE, given_key, given_sealed_ballot, given_sealed_vote

pytestmark = pytest.mark.django_db
SCHEDULED = {"count_mode": "scheduled", "count_hours": [12, 18]}
NOON = NOW.replace(hour=12)


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def bring_along(paper, now=NOW) -> None:
    roundlogs.bring_along(campaign_id=paper.campaign_id, now=now)


def after_the_end(paper) -> datetime:
    ended = datetime.fromtimestamp(paper.closes_ms / 1000, tz=NOW.tzinfo)
    return ended + timedelta(seconds=11)


def organiser(campaign):
    return given_staff(campaign.agency, Role.ORGANISER).actor


def opened(paper, texts, **changes):
    facts = {
        "campaign_id": paper.campaign_id,
        "texts": texts[:2],
        "actor": organiser(paper.campaign),
        "now": after_the_end(paper),
    }
    return open_ballots(**(facts | changes))


def finding(campaign):
    items = launch_checklist(campaign_id=campaign.pk, now=NOW)
    return next(item for item in items if item.code == "trustees")


# --- Before the launch ----------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"count_mode": "after_close"}, SCHEDULED])
def test_a_hidden_count_is_not_launched_before_the_opening_was_rehearsed(fields):
    campaign = given_campaign(**fields)
    assert (finding(campaign).is_met, finding(campaign).is_blocking) == (False, True)
    texts = given_key(campaign, is_rehearsed=False)
    assert not finding(campaign).is_met
    rehearse_opening(campaign_id=campaign.pk, texts=texts[1:], actor=organiser(campaign), now=NOW)
    assert finding(campaign).is_met
    assert PEOPLE[0].name in finding(campaign).finding
    given_key(campaign, is_rehearsed=False)  # another key must be rehearsed again
    assert not finding(campaign).is_met


def test_a_live_count_and_a_house_without_logs_need_no_trustees(settings):
    assert finding(given_campaign(count_mode="live")).is_met
    settings.LEDGER_KEY = ""
    assert finding(given_campaign(count_mode="after_close")).is_met


def test_the_key_is_made_by_an_organiser_and_before_the_launch():
    draft = given_campaign(count_mode="after_close", launched_at=None)
    handed = make_key(campaign_id=draft.pk, people=PEOPLE, actor=organiser(draft), now=NOW)
    assert [one.name for one in handed] == [one.name for one in PEOPLE]
    facts = {"campaign_id": draft.pk, "people": PEOPLE, "now": NOW}
    with pytest.raises(NotAllowed):
        make_key(actor=given_staff(draft.agency, Role.EDITOR).actor, **facts)
    with pytest.raises(CampaignNotFound):
        make_key(actor=organiser(given_campaign()), **facts)
    launched = given_campaign(count_mode="after_close")
    with pytest.raises(KeyFixed):
        make_key(campaign_id=launched.pk, people=PEOPLE, actor=organiser(launched), now=NOW)
    live = given_campaign(count_mode="live", launched_at=None)
    with pytest.raises(KeyNotNeeded):
        make_key(campaign_id=live.pk, people=PEOPLE, actor=organiser(live), now=NOW)


def test_shares_that_were_replaced_before_the_launch_are_rehearsed_again():
    draft = given_campaign(count_mode="after_close", launched_at=None)
    texts = given_key(draft)
    assert finding(draft).is_met
    facts = {"campaign_id": draft.pk, "actor": organiser(draft), "now": NOW}
    new = [one.text for one in reissue_shares(texts=texts[:2], **facts)]
    assert not finding(draft).is_met
    rehearse_opening(texts=new[1:], **facts)
    assert finding(draft).is_met


def test_entry_0_and_the_rules_say_for_whom_choices_are_sealed_and_that_turnout_shows():
    paper, _texts = given_sealed_vote()
    assert len(json.loads(paper.manifest)["seal"]) == 64
    rules = json.loads(folders.read_beside(paper.log, "rules"))
    assert rules["turnout"] == "public"
    assert rules["trustees"] == [[one.name, one.office] for one in PEOPLE]


# --- While people vote ----------------------------------------------------------------------------


@pytest.mark.parametrize("fields", [{"count_mode": "after_close"}, SCHEDULED])
def test_the_log_is_served_from_the_first_ballot_and_each_voter_has_a_proof(fields):
    paper, _texts = given_sealed_vote(**fields)
    ballot = given_sealed_ballot(paper, [1, 2])
    bring_along(paper)
    assert find_proof(round_id=paper.pk, ballot_id=ballot.pk).index == 1
    reply = asyncio.run(ask(room, method="GET", path=f"/ledger/{paper.log}/checkpoint"))
    assert (paper.log_live, paper.hides_choices) == (True, fields["count_mode"] == "after_close")
    assert reply.status == 200


def test_nothing_that_is_stored_tells_a_hidden_choice():
    paper, _texts = given_sealed_vote()
    for picks in ([1], [1, 2], [3]):
        given_sealed_ballot(paper, picks)
    bring_along(paper)
    entries = entries_of(paper.log)[1:]
    assert [one for one in entries if "ch" in one or len(one) != 9] == []
    stored = Ballot.objects.filter(round=paper).values_list("picks", flat=True)
    assert all(picks.startswith("@") for picks in stored)
    assert len({len(picks) for picks in stored}) == 1


def test_a_share_that_was_lost_is_replaced_while_people_vote_and_the_log_says_so():
    paper, texts = given_sealed_vote()
    bring_along(paper)
    campaign = paper.campaign
    facts = {"campaign_id": campaign.pk, "actor": organiser(campaign), "now": NOW}
    new = [one.text for one in reissue_shares(texts=texts[1:], **facts)]
    bring_along(paper)
    assert entries_of(paper.log)[-1]["what"] == "shares_reissued"
    assert opened(paper, new).names == [PEOPLE[0].name, PEOPLE[1].name]


def test_while_people_vote_nobody_rehearses():
    paper, texts = given_sealed_vote()
    campaign = paper.campaign
    with pytest.raises(RehearsalTooLate):
        rehearse_opening(
            campaign_id=campaign.pk, texts=texts[:2], actor=organiser(campaign), now=NOW
        )


# --- Announced hours ------------------------------------------------------------------------------


def test_a_scheduled_count_is_written_into_the_log_and_shown_from_there():
    paper, _texts = given_sealed_vote(**SCHEDULED)
    given_ballot(paper, [1], now=NOW)
    bring_along(paper)
    yesterday = published_counts(campaign_id=paper.campaign_id, now=NOW)
    assert yesterday.votes == {}
    given_ballot(paper, [1, 2], now=NOON - timedelta(minutes=1))
    given_ballot(paper, [3], now=NOON + timedelta(minutes=1))
    bring_along(paper, NOON + timedelta(minutes=2))
    bring_along(paper, NOON + timedelta(minutes=3))  # once an hour, however often it is looked at
    counts = published_counts(campaign_id=paper.campaign_id, now=NOON + timedelta(minutes=5))
    assert (counts.votes, counts.ballots, counts.as_of) == ({1: 2, 2: 1}, 2, NOON)
    assert counts.next_at == NOW.replace(hour=18)
    told = [one for one in entries_of(paper.log) if one["type"] == "count"]
    assert [one["hour"] for one in told][-1] == int(NOON.timestamp() * 1000)
    assert len(told) == len({one["hour"] for one in told})


def test_announced_counts_and_the_table_are_checked_against_the_opened_log():
    paper, texts = given_sealed_vote(**SCHEDULED)
    given_ballot(paper, [1, 2], now=NOW)
    bring_along(paper, NOON)
    assert opened(paper, texts).unlike == []
    count = strangers_count(paper.log)
    assert (count.findings, count.tally) == ([], {"001": 1, "002": 1, "003": 0})


def test_a_table_that_was_changed_behind_the_log_is_told_at_the_opening_and_moves_nothing():
    paper, texts = given_sealed_vote(**SCHEDULED)
    ballot = given_ballot(paper, [1], now=NOW)
    bring_along(paper, NOW)
    Ballot.objects.filter(pk=ballot.pk).update(picks="[2]")
    bring_along(paper, NOON)  # announces what the table says
    assert opened(paper, texts).unlike == ["001", "002"]
    count = strangers_count(paper.log)
    assert [one.code for one in count.findings] == ["count_differs"]
    assert count.tally["001"] == 1
    counts = published_counts(campaign_id=paper.campaign_id, now=after_the_end(paper))
    assert counts.votes == {1: 1}


# --- The opening ----------------------------------------------------------------------------------


def test_after_the_end_nobody_knows_the_count_before_two_trustees_have_opened_it():
    paper, texts = given_sealed_vote()
    for picks in ([1, 2], [1], [3]):
        given_sealed_ballot(paper, picks)
    now = after_the_end(paper)
    bring_along(paper, now)
    hidden = published_counts(campaign_id=paper.campaign_id, now=now)
    assert (type(hidden), hidden.is_sealed) == (CountsHidden, True)
    assert opened(paper, texts).names == [PEOPLE[0].name, PEOPLE[1].name]
    counts = published_counts(campaign_id=paper.campaign_id, now=now)
    assert isinstance(counts, Counts)
    assert (counts.ballots, counts.votes) == (3, {1: 2, 2: 1, 3: 1})
    count = strangers_count(paper.log)
    assert (count.findings, count.sealed, count.tally["001"]) == ([], False, 2)
    assert kinds_of(paper.log)[-2:] == ["close", "key"]


def test_opening_twice_is_harmless():
    paper, texts = given_sealed_vote()
    given_sealed_ballot(paper, [1])
    opened(paper, texts)
    opened(paper, texts[1:])
    assert kinds_of(paper.log).count("key") == 1


def test_there_is_no_result_before_the_opening():
    paper, texts = given_sealed_vote()
    given_sealed_ballot(paper, [1])
    facts = {
        "campaign_id": paper.campaign_id,
        "actor": organiser(paper.campaign),
        "now": after_the_end(paper),
    }
    with pytest.raises(BallotsSealed):
        results.compute_result(**facts)
    opened(paper, texts)
    assert results.compute_result(**facts).ballots == 1


def test_nobody_opens_early_or_with_the_shares_of_another_vote():
    paper, texts = given_sealed_vote()
    _other, foreign = given_sealed_vote()
    bring_along(paper)
    with pytest.raises(OpeningTooEarly):
        opened(paper, texts, now=NOW)
    with pytest.raises(ShareForeign):
        opened(paper, [texts[0], foreign[1]])
    with pytest.raises(NotAllowed):
        opened(paper, texts, actor=given_staff(paper.campaign.agency, Role.EDITOR).actor)
    assert "key" not in kinds_of(paper.log)


def test_a_campaign_without_a_key_has_nothing_to_rehearse():
    campaign = given_campaign(count_mode="after_close")
    given_nominee(campaign)
    with pytest.raises(KeyMissing):
        rehearse_opening(
            campaign_id=campaign.pk, texts=["", ""], actor=organiser(campaign), now=NOW
        )


# --- Brushing -------------------------------------------------------------------------------------


def test_the_engine_looks_once_when_the_choices_are_open_and_sees_them(tmp_path):
    paper, texts = given_sealed_vote()
    for picks in ([1, 2], [3]):
        given_sealed_ballot(paper, picks)
    bring_along(paper)
    assert screening.screen(paper=paper, now=NOW) == 0
    opened(paper, texts)
    assert OutboxMessage.objects.filter(topic=screening.TOPIC, key=f"{paper.pk}:opened").exists()
    assert write_events(round_id=paper.pk, folder=tmp_path) == 2
    with (tmp_path / "events.csv").open(newline="") as file:
        assert [row["choices"] for row in csv.DictReader(file)] == ["1|2", "3"]


def test_nobody_signs_before_the_opened_choices_were_looked_at(monkeypatch):
    paper, texts = given_sealed_vote(jury_weight=0, public_weight=100)
    for picks in ([1, 2], [3], [1]):
        given_sealed_ballot(paper, picks)
    opened(paper, texts)
    done = after_the_end(paper) + timedelta(days=1)
    organised, supervised = (
        given_staff(paper.campaign.agency, role).actor for role in (Role.ORGANISER, Role.SUPERVISOR)
    )
    result = {"campaign_id": paper.campaign_id, "now": done}
    computed = results.compute_result(actor=organised, **result)
    with pytest.raises(ScreeningDue):
        results.sign_result(note="", actor=supervised, **result)
    looked: list[Round] = []
    monkeypatch.setattr(screening, "screen", lambda **asked: looked.append(asked["paper"]))
    Worker(clock=lambda: done).run_due()
    assert paper in looked
    signed = results.sign_result(note="无异常。", actor=supervised, **result)
    assert signed.digest == computed.digest


def test_the_engine_refuses_a_table_that_is_not_of_this_log(tmp_path):
    paper, texts = given_sealed_vote()
    ballot = given_sealed_ballot(paper, [1])
    opened(paper, texts)
    Ballot.objects.filter(pk=ballot.pk).update(nonce="f" * 32)
    with pytest.raises(LogDamaged):
        write_events(round_id=paper.pk, folder=tmp_path)
