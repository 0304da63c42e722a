# SPDX-License-Identifier: Apache-2.0
"""A vote and its public log: what is promised, what is written, and what every count follows."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

import pytest
from django.utils import timezone
from votelog._words import WORDS

from minyi.agencies.policies import Role
from minyi.campaigns.errors import (
    AppealsPromised,
    ClosesTooSoon,
    FaultsUnexplained,
    FaultsUnsigned,
    LogNotClosed,
    PaperTooLong,
    PaperTooShort,
    ResultNotTheCount,
)
from minyi.campaigns.models import Ballot, Campaign, Result, ResultLine, Round
from minyi.campaigns.queries.board import board_of
from minyi.campaigns.queries.counts import Counts, published_counts
from minyi.campaigns.queries.exports import export_result
from minyi.campaigns.queries.results import public_result, staff_result
from minyi.campaigns.services import campaigns, nominees, results, roundlogs, rounds, stages
from minyi.core.models import AuditEntry, OutboxMessage
from minyi.core.outbox_worker import Worker
from minyi.integrity import inline
from minyi.integrity.engine import weights
from minyi.ledger import faults, folders
from minyi.ledger.errors import LogDamaged
from minyi.ledger.queries.logs import tally_before
from minyi.ledger.queries.proofs import find_proof
from minyi.ledger.services import logs, vaults
from minyi.ledger.tests.given import entries_of, keep_logs_in, kinds_of, strangers_count

from .given import (
    NOW,
    given_ballot,
    given_campaign,
    given_nominee,
    given_open_round,
    given_staff,
)

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


def given_logged_vote(**fields: object) -> Round:
    """A live vote with three candidates whose paper was printed before it opened."""
    campaign = given_campaign(**{"count_mode": "live", **fields})
    return print_paper(campaign)


def print_paper(campaign: Campaign, many: int = 3) -> Round:
    for _number in range(many):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    return given_open_round(campaign, now=opened - timedelta(hours=1))


def bring_along(paper: Round, now=NOW) -> None:
    roundlogs.bring_along(campaign_id=paper.campaign_id, now=now)


def after_the_end(paper: Round):
    ended = datetime.fromtimestamp(paper.closes_ms / 1000, tz=NOW.tzinfo)
    return ended + timedelta(seconds=11)


def supervisor(paper: Round):
    return given_staff(paper.campaign.agency, Role.SUPERVISOR).actor


def move_end(paper: Round, closes_at, run, now=NOW) -> None:
    """Let voting end at another time, and what follows begin so much later or earlier."""
    before = paper.campaign.stages.get(kind="voting").closes_at
    span = closes_at - before
    entries = []
    for entry in stages.stage_entries(paper.campaign):
        if entry.opens_at >= before:
            entry = replace(entry, opens_at=entry.opens_at + span, closes_at=entry.closes_at + span)
        elif entry.kind == "voting":
            entry = replace(entry, closes_at=closes_at)
        entries.append(entry)
    with run(execute=True):
        campaigns.edit_campaign(
            campaign=paper.campaign,
            actor=given_staff(paper.campaign.agency, Role.ORGANISER).actor,
            now=now,
            changed={"stages": entries},
            reason="应群众要求调整时间",
        )
    paper.refresh_from_db()


# --- Entry 0 --------------------------------------------------------------------------------------


def test_entry_0_promises_what_the_paper_says():
    paper = given_logged_vote(frequency="day", min_picks=1, max_picks=2)
    manifest = json.loads(paper.manifest)
    campaign = paper.campaign
    voting = campaign.stages.get(kind="voting")
    rule = {"max": 2, "min": 1, "per": "day"}
    ballot_rules = {"candidates": ["001", "002", "003"], "rule": rule}
    canonical = json.dumps(ballot_rules, sort_keys=True, separators=(",", ":")).encode()
    assert manifest["candidates"] == ["001", "002", "003"]
    assert manifest["rule"] == rule
    assert manifest["ph"] == sha256(canonical).hexdigest()
    assert manifest["opens"] == int(voting.opens_at.timestamp() * 1000)
    assert manifest["closes"] == int(voting.closes_at.timestamp() * 1000)
    publicity = campaign.stages.get(kind="publicity")
    assert manifest["appeal"] == int(publicity.closes_at.timestamp() * 1000)
    assert manifest["tag_key"] == vaults.tag_key_hash(campaign.pk)
    for name in ("rules", "policy"):
        text = folders.read_beside(paper.log, name)
        assert manifest[name] == sha256(text.encode()).hexdigest()
    assert folders.read_beside(paper.log, "vkey").strip() in folders.read_beside(
        paper.log, "policy"
    )


def test_entry_0_fixes_by_hash_how_ballots_are_screened_and_which_signals_are_silent():
    paper = given_logged_vote(silent_signals=["same_phones", "company"])
    text = folders.read_beside(paper.log, "rules")
    screening = json.loads(text)["screening"]
    assert screening["silent"] == ["company", "same_phones"]
    assert screening["settings"] == weights.fingerprint()
    assert screening["inline"] == inline.fingerprint()
    assert screening["engine"] == json.loads(paper.manifest)["screening"]
    assert json.loads(paper.manifest)["rules"] == sha256(text.encode()).hexdigest()


def test_candidates_who_join_before_voting_opens_stand_in_entry_0():
    campaign = given_campaign(count_mode="live", during="before")
    paper = given_open_round(campaign)
    given_nominee(campaign)
    paper = rounds.sync_round(campaign_id=campaign.pk, now=NOW)
    assert len(json.loads(paper.manifest)["candidates"]) == 4
    assert not folders.has_begun(paper.log)


def test_entry_0_is_frozen_when_voting_opens():
    paper = given_logged_vote()
    bring_along(paper)
    before = paper.manifest
    nominee = paper.campaign.nominees.get(number=3)
    nominees.withdraw_nominee(
        nominee_id=nominee.pk, reason="本人申请", actor=supervisor(paper), now=NOW
    )
    paper.refresh_from_db()
    assert paper.manifest == before
    assert json.dumps(entries_of(paper.log)[0]) == json.dumps(json.loads(before))


def test_a_log_that_has_begun_freezes_the_paper_whatever_the_clock_says():
    paper = given_logged_vote()
    bring_along(paper)
    given_nominee(paper.campaign)
    early = paper.campaign.stages.get(kind="voting").opens_at - MINUTE
    with pytest.raises(rounds.BallotPaperFrozen):
        rounds.sync_round(campaign_id=paper.campaign_id, now=early)


def test_more_candidates_than_the_entry_of_the_result_can_hold_are_refused():
    campaign = given_campaign(during="before")
    for number in range(1, 131):  # entry 0 would hold them
        given_nominee(campaign, number=number)
    with pytest.raises(PaperTooLong):
        rounds.sync_round(campaign_id=campaign.pk, now=NOW)


def test_the_files_of_an_earlier_life_are_left_alone():
    paper = given_logged_vote(slug="windows")
    bring_along(paper)
    kept = folders.read_note(paper.log)
    type(paper).objects.all().delete()
    roundlogs.logs.Log.objects.all().delete()
    again = rounds.sync_round(campaign_id=paper.campaign_id, now=NOW)
    assert (paper.log, again.log) == ("windows", "windows-2")
    bring_along(again)
    assert folders.read_note("windows") == kept


def test_without_a_ledger_key_a_vote_has_no_log(settings):
    settings.LEDGER_KEY = ""
    paper = given_logged_vote()
    given_ballot(paper, [1])
    assert paper.log == ""
    assert board_of(campaign_id=paper.campaign_id, now=NOW).mark is None


# --- While voting is on ---------------------------------------------------------------------------


def test_the_worker_begins_the_log_when_voting_opens_and_closes_it_after_the_end():
    paper = given_logged_vote()
    given_ballot(paper, [1, 2])
    due = dict(OutboxMessage.objects.filter(topic="campaigns.ledger").values_list("key", "due_at"))
    ends = after_the_end(paper)
    assert due[f"{paper.pk}:close:{paper.closes_ms}"] == ends - timedelta(seconds=1)
    Worker(clock=lambda: NOW).run_due()
    assert kinds_of(paper.log) == ["manifest", "ballot"]
    Worker(clock=lambda: ends).run_due()
    assert kinds_of(paper.log) == ["manifest", "ballot", "close"]
    bring_along(paper, ends + MINUTE)
    assert kinds_of(paper.log) == ["manifest", "ballot", "close"]
    assert strangers_count(paper.log).findings == []


def test_pause_and_resumption_are_on_record_once(django_capture_on_commit_callbacks):
    paper = given_logged_vote()
    bring_along(paper)
    actor = supervisor(paper)
    with django_capture_on_commit_callbacks(execute=True):
        rounds.pause_voting(campaign_id=paper.campaign_id, reason="核查异常", actor=actor, now=NOW)
        rounds.resume_voting(campaign_id=paper.campaign_id, actor=actor, now=NOW + MINUTE)
    Worker(clock=lambda: NOW + 2 * MINUTE).run_due()
    acts = [(entry["what"], entry.get("reason")) for entry in entries_of(paper.log)[1:]]
    assert acts == [("paused", "核查异常"), ("resumed", None)]


def test_an_act_that_was_written_before_a_crash_is_found_and_not_written_again():
    paper = given_logged_vote()
    bring_along(paper)
    rounds.pause_voting(
        campaign_id=paper.campaign_id, reason="核查", actor=supervisor(paper), now=NOW
    )
    row = roundlogs.logs.LogEntry.objects.get()
    roundlogs.logs.append(folder=paper.log, entry=json.loads(row.text), now=NOW)  # and then: dead
    roundlogs.logs.write_waiting(folder=paper.log)
    row.refresh_from_db()
    assert kinds_of(paper.log) == ["manifest", "event"]
    assert row.index == 1


def test_a_vote_is_prolonged_in_the_log_before_it_is_on_the_paper(
    django_capture_on_commit_callbacks,
):
    paper = given_logged_vote()
    ended = paper.closes_ms
    given_ballot(paper, [1])
    bring_along(paper)
    later = paper.campaign.stages.get(kind="voting").closes_at + timedelta(hours=5)
    move_end(paper, later, django_capture_on_commit_callbacks)
    assert paper.closes_ms == ended + 5 * 3_600_000
    stage = entries_of(paper.log)[-1]
    assert (stage["type"], stage["closes"]) == ("stage", paper.closes_ms)
    given_ballot(paper, [2], now=later - MINUTE)
    bring_along(paper, after_the_end(paper))
    count = strangers_count(paper.log)
    assert (count.findings, count.counted) == ([], 2)


def test_a_prolonged_vote_keeps_its_end_on_the_paper_until_the_log_knows(monkeypatch):
    paper = given_logged_vote()
    ended = paper.closes_ms
    bring_along(paper)
    later = paper.campaign.stages.get(kind="voting").closes_at + timedelta(hours=5)

    class Nothing:
        def __init__(self, **_kept): ...
        def __enter__(self): ...
        def __exit__(self, *_error): ...

    move_end(paper, later, Nothing)  # committed, and then: dead
    assert paper.closes_ms == ended
    Worker(clock=lambda: NOW).run_due()
    paper.refresh_from_db()
    assert paper.closes_ms == ended + 5 * 3_600_000
    assert kinds_of(paper.log) == ["manifest", "stage"]


def test_a_vote_is_shortened_on_the_paper_first_and_not_to_this_very_moment(
    django_capture_on_commit_callbacks,
):
    paper = given_logged_vote()
    bring_along(paper)
    with pytest.raises(ClosesTooSoon):
        move_end(paper, NOW + timedelta(seconds=30), django_capture_on_commit_callbacks)
    paper.refresh_from_db()
    move_end(paper, NOW + timedelta(hours=1), django_capture_on_commit_callbacks)
    assert paper.closes_ms == int((NOW + timedelta(hours=1)).timestamp() * 1000)
    assert entries_of(paper.log)[-1]["closes"] == paper.closes_ms


def test_a_withdrawal_that_breaks_the_rule_of_entry_0_is_refused_while_voting_is_on():
    paper = given_logged_vote(min_picks=2, max_picks=2)
    actor = supervisor(paper)
    first, second, _third = paper.campaign.nominees.order_by("number")
    nominees.withdraw_nominee(nominee_id=first.pk, reason="退出", actor=actor, now=NOW)
    with pytest.raises(PaperTooShort):
        nominees.withdraw_nominee(nominee_id=second.pk, reason="退出", actor=actor, now=NOW)
    second.refresh_from_db()
    nominees.withdraw_nominee(
        nominee_id=second.pk, reason="退出", actor=actor, now=after_the_end(paper)
    )


def test_a_log_nobody_can_write_keeps_the_office_working(settings, tmp_path):
    paper = given_logged_vote()
    bring_along(paper)
    settings.LEDGER_KEY = "another-key-that-opens-nothing-here"
    rounds.pause_voting(
        campaign_id=paper.campaign_id, reason="核查", actor=supervisor(paper), now=NOW
    )
    Worker(clock=lambda: NOW).run_due()
    waiting = OutboxMessage.objects.get(topic="ledger.append")
    assert waiting.state == "waiting"
    assert waiting.reason


# --- What is counted ------------------------------------------------------------------------------


def test_the_board_follows_the_log_and_not_the_table():
    paper = given_logged_vote()
    for picks in ([1], [1, 2], [3]):
        given_ballot(paper, picks)
    bring_along(paper)
    before = board_of(campaign_id=paper.campaign_id, now=NOW)
    Ballot.objects.filter(round=paper).update(picks="[3]")
    Ballot.objects.filter(round=paper).latest("id").delete()
    after = board_of(campaign_id=paper.campaign_id, now=NOW)
    assert [row.votes for row in before.rows] == [2, 1, 1]
    assert after == before
    count = strangers_count(paper.log)
    assert (count.tally, before.ballots) == ({"001": 2, "002": 1, "003": 1}, count.counted)
    assert (before.mark.size, before.mark.folder) == (count.size, paper.log)
    assert before.mark.root in folders.read_note(paper.log).decode()


def test_the_pages_and_the_api_name_the_checkpoint(client):
    now = timezone.now()
    campaign = given_campaign(now=now, count_mode="live")
    paper = print_paper(campaign)
    bring_along(paper, now)
    root = board_of(campaign_id=campaign.pk, now=now).mark.root
    page = client.get(f"/c/{campaign.slug}/board/").content.decode()
    assert root.replace("+", "&#x2B;") in page or root in page
    assert f"/ledger/{paper.log}/checkpoint" in page
    for path in (f"/c/{campaign.slug}/board.json", f"/api/v1/campaigns/{campaign.slug}/counts"):
        assert client.get(path).json()["log"] == {"folder": paper.log, "size": 1, "root": root}


def test_scheduled_counts_hold_what_the_log_held_at_the_hour():
    paper = given_logged_vote(count_mode="scheduled", count_hours=[18])
    six = (NOW - timedelta(days=1)).replace(hour=18)
    for moment, picks in ((six - MINUTE, [1]), (six, [2]), (six + MINUTE, [2])):
        given_ballot(paper, picks, now=moment)
    bring_along(paper)
    told = published_counts(campaign_id=paper.campaign_id, now=NOW)
    assert isinstance(told, Counts)
    assert (told.votes, told.ballots, told.as_of) == ({1: 1}, 1, six)
    again = published_counts(campaign_id=paper.campaign_id, now=NOW + timedelta(hours=9))
    assert (again.votes, again.ballots) == ({1: 1, 2: 2}, 3)


def test_a_ballot_is_proven_later_from_its_row():
    paper = given_logged_vote()
    other = given_logged_vote()
    ballots = []
    for number in (1, 2, 3):
        ballots.append(given_ballot(paper, [number]))
        given_ballot(other, [number])
    bring_along(paper)
    proof = find_proof(round_id=paper.pk, ballot_id=ballots[1].pk)
    assert (proof.index, proof.text.splitlines()[2]) == (2, "index 2")
    assert find_proof(round_id=other.pk, ballot_id=ballots[1].pk) is None


# --- The result -----------------------------------------------------------------------------------


def given_result_signed(paper: Round, note: str = "") -> tuple[Result, object, object]:
    """Compute and sign after the vote; return the result, its organiser and when publicity ends."""
    organiser = given_staff(paper.campaign.agency, Role.ORGANISER).actor
    now = after_the_end(paper) + timedelta(hours=1)
    results.compute_result(campaign_id=paper.campaign_id, actor=organiser, now=now)
    result = results.sign_result(
        campaign_id=paper.campaign_id, note=note, actor=supervisor(paper), now=now
    )
    return result, organiser, paper.campaign.stages.get(kind="publicity").closes_at


def test_the_published_result_stands_in_the_log_and_everything_names_the_checkpoint(
    django_capture_on_commit_callbacks,
):
    paper = given_logged_vote()
    for picks in ([1], [1, 2], [3]):
        given_ballot(paper, picks)
    _result, organiser, ends = given_result_signed(paper)
    logs.write_waiting(folder=paper.log)  # what the signature has put on record
    with django_capture_on_commit_callbacks(execute=True):
        results.publish_result(campaign_id=paper.campaign_id, actor=organiser, now=ends)
    count = strangers_count(paper.log)
    assert (count.findings, count.result) == ([], "equal")
    shown = public_result(campaign_id=paper.campaign_id, now=ends)
    assert shown.mark.size == count.size - 1
    past = (folders.path_of(paper.log) / "checkpoints" / str(shown.mark.size)).read_text()
    assert shown.mark.root in past
    assert entries_of(paper.log)[-1]["digest"] == shown.digest
    exported = json.loads(export_result(shown, "json").content)
    assert exported["log"]["root"] == shown.mark.root
    assert any(shown.mark.root in column["source"] for column in exported["codebook"])
    votes = {line["number"]: line["votes"] for line in exported["document"]["lines"]}
    assert votes == {int(label): many for label, many in count.tally.items()}


def test_a_result_waits_for_the_log_to_be_closed():
    paper = given_logged_vote()
    organiser = given_staff(paper.campaign.agency, Role.ORGANISER).actor
    with pytest.raises(LogNotClosed):
        results.compute_result(
            campaign_id=paper.campaign_id,
            actor=organiser,
            now=after_the_end(paper) - timedelta(seconds=5),
        )


def test_a_result_that_nobody_would_count_is_not_published():
    paper = given_logged_vote()
    given_ballot(paper, [1])
    result, organiser, ends = given_result_signed(paper)
    # Somebody changes what was signed and its digest alike, or the engine that counts.
    ResultLine.objects.filter(result=result, nominee__number=2).update(votes=99)
    with pytest.raises(ResultNotTheCount):
        results.publish_result(campaign_id=paper.campaign_id, actor=organiser, now=ends)


def test_a_count_for_an_hour_ends_at_the_first_later_entry_in_whatever_order_times_stand():
    """A clock of another node may be ahead, and an act may be written late."""
    paper = given_logged_vote()
    opened = datetime.fromtimestamp(paper.opens_ms / 1000, tz=NOW.tzinfo)
    for hours in (1, 3, 2, 5, 4):
        given_ballot(paper, [1], now=opened + timedelta(hours=hours))
    bring_along(paper)
    # By hour: the ballots of a beginning of the log; asked in any order, twice, it stays the same.
    expected = {1: 0, 2: 1, 3: 1, 4: 3, 5: 3, 6: 5}
    for hours in (6, 2, 4, 1, 5, 3, 3, 6):
        counted = tally_before(paper.log, opened + timedelta(hours=hours))
        assert (hours, counted.ballots) == (hours, expected[hours])


def put_a_fault(paper: Round) -> int:
    """Append an act that no rule allows: the release of a ballot that nobody has held."""
    wrong = {"type": "release", "t": 1, "ballots": [[1, 2]], "rule": "x", "ev": "0" * 64, "by": "x"}
    return logs.append(folder=paper.log, entry=wrong, now=NOW)


def test_nobody_signs_over_entries_that_break_a_rule_without_saying_why_they_may_stand():
    paper = given_logged_vote()
    given_ballot(paper, [1])
    roundlogs.bring_along(campaign_id=paper.campaign_id, now=NOW)
    place = put_a_fault(paper)
    with pytest.raises(FaultsUnexplained):
        given_result_signed(paper)
    (line,) = staff_result(campaign_id=paper.campaign_id, actor=supervisor(paper)).faults
    assert (line.number, line.places, "不在可以这样认定的状态" in line.words) == (1, (place,), True)
    _result, organiser, ends = given_result_signed(paper, note="系统演练时误写，未影响计票。")
    published = results.publish_result(campaign_id=paper.campaign_id, actor=organiser, now=ends)
    logs.write_waiting(folder=paper.log)
    assert entries_of(paper.log)[-1]["faults"] == 1
    assert public_result(campaign_id=paper.campaign_id, now=ends).signed_note
    assert AuditEntry.objects.filter(act="campaigns.result.signed").get().facts["faults"] == 1
    assert published.published_at == ends


def test_what_breaks_a_rule_after_the_signature_keeps_the_result_from_being_published():
    paper = given_logged_vote()
    given_ballot(paper, [1])
    _result, organiser, ends = given_result_signed(paper)
    logs.write_waiting(folder=paper.log)
    put_a_fault(paper)
    with pytest.raises(FaultsUnsigned):
        results.publish_result(campaign_id=paper.campaign_id, actor=organiser, now=ends)


def test_every_fault_that_a_recount_may_name_has_its_words():
    codes = {"ballot", "choice", "close", "count", "key", "nonce", "pick", "picks", "result"}
    codes |= {"state", "tag"}
    of_the_count = {code for code in WORDS if code.split("_")[0] in codes}
    assert of_the_count - {"key_name_malformed", "key_type_unknown", "key_differs"} == set(
        faults.WORDS
    )


def test_a_result_is_not_final_before_the_appeals_that_entry_0_promises_are_over():
    paper = given_logged_vote()
    given_ballot(paper, [1])
    _result, organiser, ends = given_result_signed(paper)
    publicity = paper.campaign.stages.filter(kind="publicity")
    publicity.update(closes_at=ends - timedelta(hours=1))
    with pytest.raises(AppealsPromised):
        results.publish_result(
            campaign_id=paper.campaign_id, actor=organiser, now=ends - timedelta(minutes=1)
        )
    results.publish_result(campaign_id=paper.campaign_id, actor=organiser, now=ends)
    assert Result.objects.get().published_at == ends


def test_a_result_over_a_damaged_log_is_not_published():
    paper = given_logged_vote()
    given_ballot(paper, [1])
    _result, organiser, ends = given_result_signed(paper)
    logs.write_waiting(folder=paper.log)
    bundle = next(folders.path_of(paper.log).glob("tile/entries/000.p/*"))
    bundle.write_bytes(bundle.read_bytes().replace(b'"001"', b'"002"'))
    with pytest.raises(LogDamaged):
        results.publish_result(campaign_id=paper.campaign_id, actor=organiser, now=ends)
