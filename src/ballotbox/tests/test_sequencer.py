# SPDX-License-Identifier: Apache-2.0
"""The sequencer in a process of its own: the same answers, and what happens when it dies."""

import asyncio
import os
import signal
import subprocess

import pytest

from ballotbox.app import create_app
from ballotbox.ballots import Ballot
from ballotbox.refusals import Refused
from ballotbox.schema import SchemaMismatch
from ballotbox.sequencer import ProcessSequencer
from ballotbox.settings import environ_of
from ballotbox.store import StoreUnavailable
from ballotbox.tests.given import (
    VOTER,
    Database,
    cast,
    given_ballot_of,
    given_settings,
    nonce_of,
)


def ballot_of(voter_ref=VOTER, *, nonce="", picks="[3,7]") -> Ballot:
    return Ballot(1, voter_ref, nonce or nonce_of(voter_ref), picks, 0)


def with_sequencer(database, scenario):
    async def run():
        sequencer = ProcessSequencer(given_settings(database))
        await sequencer.start()
        try:
            return await scenario(sequencer)
        finally:
            await sequencer.stop()

    return asyncio.run(run())


def in_real_app(database, scenario):
    async def run():
        app = create_app(given_settings(database))
        await app.start()
        try:
            return await scenario(app)
        finally:
            await app.stop()

    return asyncio.run(run())


def pid_of(sequencer) -> int:
    return sequencer._companion.pid


def ballot_from(number: int) -> dict[str, object]:
    return given_ballot_of(f"{number:032x}")


def test_receipts_and_refusals_come_back_as_they_were_told(sqlite_database):
    async def scenario(sequencer):
        return await sequencer.submit(
            [ballot_of(), ballot_of(), ballot_of(nonce="ab" * 16), ballot_of("cd" * 16)]
        )

    first, again, refused, other = with_sequencer(sqlite_database, scenario)
    assert (first.repeated, again.repeated, other.repeated) == (False, True, False)
    assert first.receipt == again.receipt == sqlite_database.ballots()[0][4]
    assert isinstance(refused, Refused)
    assert refused.code == "already_voted"
    assert set(refused.facts) == {"cast_at"}


def test_a_database_without_our_tables_is_refused_at_the_start(tmp_path):
    async def start(url):
        await ProcessSequencer(given_settings(Database(url))).start()

    (tmp_path / "empty.sqlite3").touch()
    with pytest.raises(SchemaMismatch, match=r"campaigns_ballot\.nonce"):
        asyncio.run(start(f"sqlite:///{tmp_path}/empty.sqlite3"))
    with pytest.raises(StoreUnavailable):
        asyncio.run(start(f"sqlite:///{tmp_path}/missing.sqlite3"))


def test_a_batch_of_thousands_passes_between_the_processes(sqlite_database):
    async def scenario(sequencer):
        return await sequencer.submit([ballot_of(f"{number:032x}") for number in range(4096)])

    outcomes = with_sequencer(sqlite_database, scenario)
    assert [outcome.receipt for outcome in outcomes] == [
        row[4] for row in sqlite_database.ballots()
    ]


def test_killed_at_work_it_acknowledges_nobody_and_another_takes_its_place(sqlite_database, caplog):
    async def scenario(app):
        await cast(app, ballot_from(1))
        sequencer = app._box._sequencer
        os.kill(pid_of(sequencer), signal.SIGSTOP)
        answer = asyncio.create_task(cast(app, ballot_from(2)))
        await asyncio.sleep(0.1)
        assert not answer.done()
        os.kill(pid_of(sequencer), signal.SIGKILL)
        return await answer, await cast(app, ballot_from(2))

    refused, again = in_real_app(sqlite_database, scenario)
    assert (refused.status, refused.json["code"]) == (503, "storage_unavailable")
    assert again.status == 201
    assert len(sqlite_database.ballots()) == 2
    assert "sequencer" in caplog.text


def test_one_that_hangs_is_killed_and_its_late_answer_is_nobody_s(sqlite_database, monkeypatch):
    monkeypatch.setattr("ballotbox.box.BATCH_S", 0.3)

    async def scenario(app):
        await cast(app, ballot_from(1))
        hung = pid_of(app._box._sequencer)
        os.kill(hung, signal.SIGSTOP)
        refused = await cast(app, ballot_from(2))
        monkeypatch.setattr("ballotbox.box.BATCH_S", 10)
        return refused, await cast(app, ballot_from(3)), hung, pid_of(app._box._sequencer)

    refused, other, hung, successor = in_real_app(sqlite_database, scenario)
    assert (refused.status, other.status) == (503, 201)
    assert hung != successor
    assert other.json["receipt"] in {row[4] for row in sqlite_database.ballots()}


def test_it_ends_when_whoever_started_it_is_gone(sqlite_database):
    process = subprocess.Popen(
        [os.sys.executable, "-m", "ballotbox.sequencing"],
        env=os.environ | environ_of(given_settings(sqlite_database)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    process.stdin.close()
    assert process.wait(timeout=20) == 0
    process.stdout.close()
