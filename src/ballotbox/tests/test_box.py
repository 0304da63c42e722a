# SPDX-License-Identifier: Apache-2.0
"""Commit, conflict, seal, overload: what is true of every ballot that is answered."""

import asyncio
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from ballotbox.ballots import Ballot, Receipt, StoredBallot, receipt_for
from ballotbox.box import BallotBox
from ballotbox.refusals import Refused
from ballotbox.sequencer import NoSeal, ThreadSequencer
from ballotbox.stores import open_store
from ballotbox.tests.given import (
    NONCE,
    VOTER,
    cast,
    cast_one,
    given_ballot,
    given_ballot_of,
    given_round,
    given_ticket,
    in_app,
    nonce_of,
)

NOW_MS = int(time.time() * 1000)
OTHER_NONCE = "ab" * 16
OTHER_VOTER = "cd" * 16


def ballot_of(voter_ref=VOTER, *, nonce="", picks="[3,7]", round_id=1) -> Ballot:
    return Ballot(round_id, voter_ref, nonce or nonce_of(voter_ref), picks, 0)


def commit(database, *ballots):
    """Commit a batch past the first checks, as if their snapshot had been a moment too old."""
    store = open_store(database.url)
    try:
        return store.add_ballots(ballots)
    finally:
        store.close()


def test_the_same_ballot_sent_again_gets_the_same_receipt(database):
    first, again = cast_one(database), cast_one(database)
    assert (first.status, again.status) == (201, 200)
    assert again.json == first.json | {"repeated": True}
    assert len(database.ballots()) == 1


@pytest.mark.parametrize("changes", [{"nonce": OTHER_NONCE}, {"picks": [1]}])
def test_a_second_ballot_is_refused_and_the_first_stands(database, changes):
    first = cast_one(database)
    second = cast_one(database, given_ballot(**changes))
    assert (second.status, second.json["code"]) == (409, "already_voted")
    minute = first.json["cast_at"][:16].replace("T", " ")
    assert minute in second.json["detail"]
    assert "3" not in second.json["detail"].replace(minute, "")  # never the choice
    assert database.ballots()[0][2] == "[3,7]"


def test_the_same_person_twice_in_one_batch_is_one_ballot(database):
    twin, rival = ballot_of(), ballot_of(nonce=OTHER_NONCE, picks="[1]")
    other = ballot_of(OTHER_VOTER)
    outcomes = commit(database, ballot_of(), twin, rival, other)
    first, again, refused, stored = outcomes
    assert (first.repeated, again.repeated, stored.repeated) == (False, True, False)
    assert again.row.receipt == first.row.receipt
    assert again.id == first.id < stored.id
    assert refused.code == "already_voted"
    assert [row[0] for row in database.ballots()] == [VOTER, OTHER_VOTER]


def test_a_nonce_of_another_voter_is_refused_because_the_log_counts_it_once(database):
    """Acknowledged must mean counted: the fold takes a nonce once (log-format.md §6.3)."""
    first = cast_one(database)
    thief = given_ballot(ticket=given_ticket(voter_ref=OTHER_VOTER))
    refused = cast_one(database, thief)
    assert (first.status, refused.status, refused.json["code"]) == (201, 409, "nonce_used")
    assert [row[0] for row in database.ballots()] == [VOTER]
    fresh = cast_one(database, thief | {"nonce": OTHER_NONCE})
    assert fresh.status == 201


def test_of_two_voters_with_one_nonce_in_a_batch_the_first_is_stored(database):
    stored, refused, again = commit(
        database, ballot_of(), ballot_of(OTHER_VOTER, nonce=NONCE), ballot_of()
    )
    assert (stored.repeated, refused.code, again.repeated) == (False, "nonce_used", True)


def test_a_nonce_is_new_in_each_round(database):
    given_round(database, id=2)
    outcomes = commit(database, ballot_of(), ballot_of(OTHER_VOTER, nonce=NONCE, round_id=2))
    assert [outcome.repeated for outcome in outcomes] == [False, False]


def test_a_nonce_of_an_earlier_day_is_refused_too(database):
    database.change_round(frequency="day")
    cast_one(database)
    database.run("UPDATE campaigns_ballot SET period = '2020-01-01'")
    assert cast_one(database).json["code"] == "nonce_used"


@pytest.mark.parametrize(
    ("columns", "code"),
    [
        ({"opens_ms": NOW_MS + 3_600_000}, "not_started"),
        ({"closes_ms": NOW_MS - 1}, "closed"),
        ({"paused": True}, "paused"),
    ],
)
def test_the_statement_itself_keeps_out_early_late_and_paused(database, columns, code):
    database.change_round(**columns)
    (outcome,) = commit(database, ballot_of())
    assert outcome.code == code
    assert database.ballots() == []


def test_a_batch_may_mix_rounds_and_each_has_its_own_fate(database):
    given_round(database, id=2, paused=True)
    given_round(database, id=3)
    outcomes = commit(database, *(ballot_of(round_id=id_) for id_ in (3, 2, 99, 1)))
    assert [getattr(outcome, "code", "stored") for outcome in outcomes] == [
        "stored",
        "paused",
        "round_unknown",
        "stored",
    ]


def test_a_ballot_sent_again_after_the_close_still_gets_its_receipt(database):
    """The answer was lost with the connection; the batch that repeats it runs after the close."""
    (first,) = commit(database, ballot_of())
    database.change_round(closes_ms=NOW_MS - 1)
    (again,) = commit(database, ballot_of())
    assert (again.row.receipt, again.cast_ms, again.repeated) == (
        first.row.receipt,
        first.cast_ms,
        True,
    )


@pytest.mark.parametrize(
    "database", [pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_what_was_sent_before_is_not_looked_for_in_the_whole_table(database):
    """PostgreSQL keeps a plan it made when the table was small, and a vote grows fast."""
    crowd = [ballot_of(f"{number:032x}") for number in range(300)]
    commit(database, *crowd)
    assert all(outcome.repeated for outcome in commit(database, *crowd))
    ((whole_reads,),) = database.run(
        "SELECT seq_scan FROM pg_stat_user_tables"
        " WHERE relname = 'campaigns_ballot' AND schemaname = current_schema()"
    )
    assert whole_reads == 0


def test_a_daily_round_takes_one_ballot_per_day_in_china(database):
    database.change_round(frequency="day")
    first = cast_one(database)
    second = cast_one(database, given_ballot(nonce=OTHER_NONCE))
    today = (datetime.now(UTC) + timedelta(hours=8)).date().isoformat()
    assert database.ballots()[0][1] == today
    assert (first.status, second.json["code"]) == (201, "already_voted_today")
    database.run("UPDATE campaigns_ballot SET period = '2020-01-01'")
    assert cast_one(database, given_ballot(nonce=OTHER_NONCE)).status == 201


def day_of(moment):
    return (moment + timedelta(hours=8)).date().isoformat()


def given_it_was_cast_yesterday(database):
    """Move the only ballot to the day before, with the receipt it would have had."""
    yesterday = day_of(datetime.now(UTC) - timedelta(days=1))
    receipt = receipt_for(1, VOTER, yesterday, NONCE, "[3,7]")
    database.run("UPDATE campaigns_ballot SET period = ?, receipt = ?", yesterday, receipt)
    return receipt


def test_the_same_ballot_sent_again_after_midnight_leaves_the_vote_of_the_new_day(database):
    database.change_round(frequency="day")
    cast_one(database)
    receipt = given_it_was_cast_yesterday(database)
    again = cast_one(database)
    assert (again.status, again.json["receipt"]) == (200, receipt)
    assert again.json["repeated"] is True
    assert len(database.ballots()) == 1
    assert cast_one(database, given_ballot(nonce=OTHER_NONCE)).status == 201
    assert [row[1] for row in database.ballots()] == [
        day_of(datetime.now(UTC) - timedelta(days=1)),
        day_of(datetime.now(UTC)),
    ]


def test_a_batch_after_midnight_tells_repeated_ballots_from_new_ones(database):
    database.change_round(frequency="day")
    given_round(database, id=2)
    commit(database, ballot_of())
    receipt = given_it_was_cast_yesterday(database)
    outcomes = commit(
        database,
        ballot_of(OTHER_VOTER),
        ballot_of(),
        ballot_of(nonce=OTHER_NONCE),
        ballot_of(round_id=2),
        ballot_of(round_id=99),
    )
    assert [getattr(outcome, "repeated", None) for outcome in outcomes] == [
        False,
        True,
        False,
        False,
        None,
    ]
    assert outcomes[1].row.receipt == receipt
    assert len(database.ballots()) == 4


def test_a_daily_ballot_sent_again_after_close_and_midnight_gets_its_receipt(database):
    database.change_round(frequency="day")
    commit(database, ballot_of())
    receipt = given_it_was_cast_yesterday(database)
    database.change_round(closes_ms=NOW_MS - 1)
    again, late = commit(database, ballot_of(), ballot_of(nonce=OTHER_NONCE))
    assert (again.row.receipt, again.repeated) == (receipt, True)
    assert late.code == "closed"


def test_ids_and_moments_grow_in_the_order_of_arrival(database):
    voters = [f"{number:032x}" for number in range(300, 0, -1)]
    for start in range(0, 300, 100):
        commit(database, *map(ballot_of, voters[start : start + 100]))
    rows = database.ballots()
    assert [row[0] for row in rows] == voters
    moments = [row[5] for row in rows]
    assert moments == sorted(moments)


def test_a_receipt_depends_on_everything_in_the_ballot_and_on_nothing_else():
    whole = (1, VOTER, "", NONCE, "[3]")
    receipts = {
        receipt_for(*whole),
        receipt_for(2, *whole[1:]),
        receipt_for(1, OTHER_VOTER, *whole[2:]),
        receipt_for(1, VOTER, "2026-11-21", *whole[3:]),
        receipt_for(1, VOTER, "", OTHER_NONCE, "[3]"),
        receipt_for(1, VOTER, "", NONCE, "[4]"),
    }
    assert len(receipts) == 6
    assert receipt_for(*whole) == receipt_for(*whole)


class Seal(NoSeal):
    """A public log under the test's control."""

    def __init__(self):
        self.batches: list[list[StoredBallot]] = []
        self.open = threading.Event()
        self.breaks = False

    def seal(self, ballots):
        assert self.open.wait(10)
        self.batches.append(list(ballots))
        if self.breaks:
            raise RuntimeError("no witness")
        return {}

    def recover(self): ...

    def close(self): ...


def test_nobody_is_answered_before_the_seal(sqlite_database):
    seal = Seal()

    async def scenario(app):
        answer = asyncio.create_task(cast(app))
        while not sqlite_database.ballots():
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.05)
        early = answer.done()
        seal.open.set()
        return early, (await answer).status

    assert in_app(sqlite_database, scenario, sealer=seal) == (False, 201)


def test_without_a_seal_nobody_is_acknowledged_and_sending_again_seals_it(sqlite_database, caplog):
    seal = Seal()
    seal.open.set()
    seal.breaks = True

    async def scenario(app):
        refused = await cast(app)
        seal.breaks = False
        return refused, await cast(app)

    refused, again = in_app(sqlite_database, scenario, sealer=seal)
    assert (refused.status, refused.json["code"]) == (503, "storage_unavailable")
    assert (again.status, again.json["repeated"]) == (200, True)
    assert [ballot.id for batch in seal.batches for ballot in batch] == [1, 1]
    assert "batch_failed" in caplog.text


def test_a_failed_commit_refuses_the_whole_batch_and_stores_nothing(database, caplog):
    async def scenario(app):
        await cast(app, given_ballot_of(OTHER_VOTER))
        database.run("ALTER TABLE campaigns_ballot RENAME COLUMN risk TO gone")
        refused = await cast(app)
        database.run("ALTER TABLE campaigns_ballot RENAME COLUMN gone TO risk")
        return refused, await cast(app)

    refused, again = in_app(database, scenario)
    assert (refused.status, refused.headers["retry-after"]) == (503, "5")
    assert again.status == 201
    assert len(database.ballots()) == 2


def test_overload_is_503_with_retry_after_and_loses_nothing(database):
    ballots = [given_ballot_of(f"{n:032x}") for n in range(200)]

    async def scenario(app):
        return await asyncio.gather(*(cast(app, ballot) for ballot in ballots))

    replies = in_app(database, scenario, queue_limit=20)
    accepted = [reply.json["receipt"] for reply in replies if reply.status == 201]
    refused = [reply for reply in replies if reply.status != 201]
    assert accepted
    assert refused
    assert {reply.json["code"] for reply in refused} == {"overloaded"}
    assert {reply.headers["retry-after"] for reply in refused} == {"2"}
    assert sorted(row[4] for row in database.ballots()) == sorted(accepted)


def test_stopping_answers_everyone_who_waits(sqlite_database):
    async def scenario():
        store = open_store(sqlite_database.url)
        sequencer = ThreadSequencer(store, NoSeal())
        box = BallotBox(store=store, sequencer=sequencer, queue_limit=20_000)
        await box.start()
        futures = [box.cast(ballot_of(f"{number:032x}")) for number in range(5000)]
        await box.stop()
        with pytest.raises(Refused, match="overloaded"):
            box.cast(ballot_of())
        return [future.result() for future in futures]

    outcomes = asyncio.run(scenario())
    assert all(isinstance(outcome, Receipt) for outcome in outcomes)
    assert len(sqlite_database.ballots()) == 5000


def test_a_lone_ballot_does_not_wait_for_company(sqlite_database):
    async def scenario(app):
        await cast(app)  # opens the connection
        began = time.perf_counter()
        for number in range(10):
            await cast(app, given_ballot_of(f"{number:032x}"))
        return time.perf_counter() - began

    assert in_app(sqlite_database, scenario) < 1.0


def test_a_crowd_shares_its_commits(sqlite_database):
    sizes = []

    class Counting(NoSeal):
        def seal(self, ballots):
            sizes.append(len(ballots))
            return {}

    async def scenario(app):
        await asyncio.gather(
            *(cast(app, given_ballot_of(f"{number:032x}")) for number in range(1000))
        )

    in_app(sqlite_database, scenario, sealer=Counting())
    assert sum(sizes) == 1000
    assert len(sizes) < 50
