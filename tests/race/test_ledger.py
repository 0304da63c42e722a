# SPDX-License-Identifier: Apache-2.0
"""The public log under kill -9 and with two servers: one history, every answered ballot in it."""

import asyncio
import json
import os
import random
import signal
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from votelog import (
    Audit,
    FolderSource,
    LogReader,
    LogWriter,
    VerifierKey,
    parse_receipt,
    policy_for,
    recount_log,
    verify_receipt,
)

from ballotbox.logkeys import read_signer
from ballotbox.tests.given import (
    given_ballot,
    given_postgres,
    given_server,
    given_sqlite,
    given_ticket,
    postgres_is_reachable,
)
from ballotbox.tests.test_sealing import KEY, given_log
from live import companion_of
from race.test_ballots import connection, read_answer, request_of, wait_until_ready
from wechat_sandbox.tests.live import free_port

pytestmark = [pytest.mark.once, pytest.mark.timeout(240)]
VOTERS = 48


class Crowd:
    """Voters who cast as fast as they can, one ballot each, and keep what they were told."""

    def __init__(self) -> None:
        self.proofs: dict[str, str] = {}  # nonce → proof
        self.refused = 0

    async def vote(self, port: int) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):  # the server was killed
            async with connection(port) as (reader, writer):
                while True:
                    ticket, nonce = given_ticket(voter_ref=os.urandom(16).hex()), os.urandom(16)
                    writer.write(request_of(given_ballot(ticket=ticket, nonce=nonce.hex())))
                    status, answer = await read_answer(reader)
                    if status == 201:
                        self.proofs[nonce.hex()] = str(answer["proof"])
                    else:
                        assert (status, answer["code"]) == (503, "storage_unavailable")
                        self.refused += 1
                        await asyncio.sleep(0.05)


class Witness:
    """Somebody who keeps every checkpoint they see."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "checkpoint"
        self.kept: set[bytes] = set()

    async def watch(self) -> None:
        while True:
            with suppress(FileNotFoundError):
                self.kept.add(self._path.read_bytes())
            await asyncio.sleep(0.02)


def key_of(folder: Path) -> VerifierKey:
    return read_signer(folder, KEY).verifier


def reader_of(folder: Path) -> LogReader:
    note = (folder / "checkpoint").read_bytes()
    return LogReader(FolderSource(folder), policy_for(key_of(folder)), note)


def check_history(folder: Path, database, crowd: Crowd, witness: Witness) -> None:
    """Table and log agree, every answered ballot is in both, and every checkpoint in one line."""
    reader, key = reader_of(folder), key_of(folder)
    count = recount_log(reader, key, older=sorted(witness.kept))
    assert count.findings == []
    in_table = [row[3] for row in database.ballots()]
    in_log = [json.loads(reader.entry(index))["n"] for index in range(1, reader.size, 97)]
    assert count.counted == len(in_table) == reader.size - 1
    assert in_log == in_table[::97]
    assert crowd.proofs.keys() <= set(in_table)
    policy = policy_for(key)
    for nonce, proof in list(crowd.proofs.items())[::53]:
        proven = verify_receipt(parse_receipt(proof.encode()), policy)
        assert json.loads(proven.entry)["n"] == nonce
        reader.consistency(proven.checkpoint)


async def pull_plugs(port: int, server, folder: Path, crowd: Crowd, witness: Witness, luck) -> None:
    """Let them vote; kill the sequencer twice at random moments, then the whole server."""
    await wait_until_ready(port)
    watching = asyncio.create_task(witness.watch())
    voters = [asyncio.create_task(crowd.vote(port)) for _ in range(VOTERS)]
    for _time in range(2):
        await asyncio.sleep(luck.uniform(0.2, 1.2))
        if (sequencer := companion_of(server.pid, "ballotbox.sequencing")) is not None:
            os.kill(sequencer, signal.SIGKILL)
        before = len(crowd.proofs)
        for _wait in range(200):  # until another sequencer has taken over
            if len(crowd.proofs) > before:
                break
            await asyncio.sleep(0.05)
    await asyncio.sleep(luck.uniform(0.1, 0.8))
    os.killpg(server.pid, signal.SIGKILL)
    await asyncio.wait_for(asyncio.gather(*voters), 20)
    watching.cancel()


def test_kill_9_of_sequencer_and_server_loses_no_answered_ballot_and_forks_nothing(tmp_path):
    database = given_sqlite(tmp_path / "ballots.sqlite3")
    folder = given_log(database, tmp_path)
    environ = {"MINYI_LEDGER_KEY": KEY.decode(), "MINYI_LEDGER_DIR": str(tmp_path / "ledger")}
    crowd, witness = Crowd(), Witness(folder)
    luck = random.Random(os.urandom(8))
    deadline = time.monotonic() + 40
    rounds = 0
    while rounds < 6 and (rounds < 2 or time.monotonic() < deadline):
        port = free_port()
        with given_server(database, port, **environ) as server:
            asyncio.run(pull_plugs(port, server, folder, crowd, witness, luck))
        rounds += 1
    port = free_port()
    with given_server(database, port, **environ):
        asyncio.run(wait_until_ready(port))
    assert len(crowd.proofs) > 100
    assert len(witness.kept) > 10
    check_history(folder, database, crowd, witness)


@pytest.mark.postgres
def test_two_servers_on_one_campaign_write_one_history(tmp_path):
    if not postgres_is_reachable():
        pytest.skip("PostgreSQL is not reachable (DATABASE_URL_PG)")
    environ = {"MINYI_LEDGER_KEY": KEY.decode(), "MINYI_LEDGER_DIR": str(tmp_path / "ledger")}
    with ExitStack() as stack:
        database = stack.enter_context(given_postgres())
        folder = given_log(database, tmp_path)
        ports = [free_port(), free_port()]
        servers = [stack.enter_context(given_server(database, one, **environ)) for one in ports]
        crowds, witness = [Crowd(), Crowd()], Witness(folder)

        async def race() -> None:
            await asyncio.gather(*(wait_until_ready(port) for port in ports))
            watching = asyncio.create_task(witness.watch())
            voters = [
                asyncio.create_task(crowd.vote(port))
                for crowd, port in zip(crowds, ports, strict=True)
                for _ in range(VOTERS // 2)
            ]
            await asyncio.sleep(4)
            os.killpg(servers[0].pid, signal.SIGKILL)  # and the other goes on
            before = len(crowds[1].proofs)
            await asyncio.sleep(2)
            assert len(crowds[1].proofs) > before
            for voter in voters:
                voter.cancel()
            await asyncio.gather(*voters, return_exceptions=True)
            watching.cancel()

        asyncio.run(race())
        port = free_port()
        stack.enter_context(given_server(database, port, **environ))
        asyncio.run(wait_until_ready(port))
        assert min(len(crowd.proofs) for crowd in crowds) > 20
        for crowd in crowds:
            check_history(folder, database, crowd, witness)


def test_a_forked_history_would_be_seen(tmp_path):
    """The control: the check above does name a checkpoint that is not of this history."""
    database = given_sqlite(tmp_path / "ballots.sqlite3")
    folders = [given_log(database, tmp_path / name) for name in ("a", "b")]
    notes = []
    for folder in folders:
        (folder / ".writer" / "key").write_bytes((folders[0] / ".writer" / "key").read_bytes())
        signer = read_signer(folder, KEY)
        with LogWriter.create(folder, signer) as writer:
            notes.append(writer.append([folder.parent.parent.name.encode()]).note)
    found = Audit(reader_of(folders[0]), key_of(folders[0]), older=[notes[1]]).run()
    assert [one.code for one in found] == ["two_histories"]
