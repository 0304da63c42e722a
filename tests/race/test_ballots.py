# SPDX-License-Identifier: Apache-2.0
"""Ballots through a real server: racing casts, hostile bodies, and the process killed at work."""

import asyncio
import json
import os
import random
import signal
import time
from contextlib import ExitStack, asynccontextmanager, suppress

import pytest

from ballotbox.tests.given import (
    COOKIE,
    given_ballot,
    given_ballot_of,
    given_postgres,
    given_server,
    given_sqlite,
    postgres_is_reachable,
)
from ballotbox.tests.tables import ONE_BALLOT
from wechat_sandbox.tests.live import free_port

pytestmark = pytest.mark.once

WITHOUT_GUARD = ""


def request_of(ballot: dict[str, object]) -> bytes:
    body = json.dumps(ballot).encode()
    head = (
        "POST /v/ballots HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"cookie: minyi_citizen={COOKIE}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def read_answer(reader: asyncio.StreamReader) -> tuple[int, dict[str, object]]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return int(head[9:12]), json.loads(await reader.readexactly(length))


@asynccontextmanager
async def connection(port: int):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def send(port: int, request: bytes) -> tuple[int, dict[str, object]]:
    async with connection(port) as (reader, writer):
        writer.write(request)
        return await asyncio.wait_for(read_answer(reader), 15)


async def wait_until_ready(port: int) -> None:
    for _ in range(300):
        try:
            status, _ = await send(port, b"GET /v/healthz HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n")
        except OSError:
            await asyncio.sleep(0.05)
            continue
        assert status == 200
        return
    raise AssertionError("the server did not start")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def make_database(request, tmp_path):
    with ExitStack() as stack:

        def make(guard: str):
            if request.param == "sqlite":
                return given_sqlite(tmp_path / "ballots.sqlite3", guard=guard)
            if not postgres_is_reachable():
                pytest.skip("PostgreSQL is not reachable (DATABASE_URL_PG)")
            return stack.enter_context(given_postgres(guard=guard))

        yield make


def cast_fifty_at_once(database, target: str) -> list[tuple[int, dict[str, object]]]:
    """Let one voter cast fifty different ballots at the same moment, at two processes."""
    port = free_port()
    requests = [request_of(given_ballot(nonce=os.urandom(16).hex())) for _ in range(50)]

    async def run():
        await wait_until_ready(port)
        return await asyncio.gather(*(send(port, request) for request in requests))

    with given_server(database, port, target=target, workers=2):
        return asyncio.run(run())


def test_fifty_parallel_casts_leave_one_ballot(make_database):
    database = make_database(ONE_BALLOT)
    answers = cast_fifty_at_once(database, "ballotbox.app:app")
    assert len(database.ballots()) == 1
    assert sorted(status for status, _ in answers) == [201] + [409] * 49
    assert {answer["code"] for status, answer in answers if status == 409} == {"already_voted"}


def test_the_same_fifty_casts_leave_duplicates_when_the_guard_is_off(make_database):
    database = make_database(WITHOUT_GUARD)
    cast_fifty_at_once(database, "ballotbox.tests.guardless:app")
    assert len(database.ballots()) > 1


ANNOUNCED = b"content-length: 10000000\r\n\r\n"
UNANNOUNCED = b"transfer-encoding: chunked\r\n\r\n4e20\r\n" + b" " * 20_000 + b"\r\n"


@pytest.mark.parametrize("start", [ANNOUNCED, UNANNOUNCED], ids=["announced", "chunked"])
def test_a_huge_body_is_refused_before_the_rest_of_it_is_sent(tmp_path, start):
    port = free_port()
    head = b"POST /v/ballots HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"

    async def run():
        await wait_until_ready(port)
        status, problem = await send(port, head + start)
        again, _ = await send(port, request_of(given_ballot()))
        return status, problem["code"], again

    with given_server(given_sqlite(tmp_path / "ballots.sqlite3"), port):
        assert asyncio.run(run()) == (413, "too_large", 201)


class Crowd:
    """Voters who cast as fast as they can and remember every receipt they were given."""

    def __init__(self) -> None:
        self.receipts: dict[str, str] = {}
        self.unanswered: list[tuple[str, bytes]] = []

    async def vote(self, port: int) -> None:
        try:
            async with connection(port) as (reader, writer):
                while True:
                    voter = os.urandom(16).hex()
                    request = request_of(given_ballot_of(voter))
                    self.unanswered.append((voter, request))
                    writer.write(request)
                    status, answer = await read_answer(reader)
                    assert status == 201
                    self.receipts[voter] = str(answer["receipt"])
                    self.unanswered.remove((voter, request))
        except (OSError, asyncio.IncompleteReadError):
            return  # the server was killed


def test_every_acknowledged_ballot_survives_kill_9_exactly_once(tmp_path):
    database = given_sqlite(tmp_path / "ballots.sqlite3")
    crowd = Crowd()
    moment = random.Random(20261121)

    async def storm(port: int, server) -> None:
        await wait_until_ready(port)
        voters = [asyncio.create_task(crowd.vote(port)) for _ in range(64)]
        await asyncio.sleep(moment.uniform(0.1, 0.7))
        os.killpg(server.pid, signal.SIGKILL)
        await asyncio.wait_for(asyncio.gather(*voters), 10)

    deadline = time.monotonic() + 15
    rounds = 0
    while rounds < 5 and time.monotonic() < deadline:
        port = free_port()
        with given_server(database, port) as server:
            asyncio.run(storm(port, server))
        rounds += 1

    stored = [(row[0], row[4]) for row in database.ballots()]
    assert rounds >= 3
    assert len(crowd.receipts) > 100
    assert crowd.receipts.items() <= set(stored)
    assert len(stored) == len(set(stored)) == len({voter for voter, _ in stored})
    assert database.run("PRAGMA integrity_check") == [("ok",)]


def test_whoever_was_not_answered_may_send_again_after_the_restart(tmp_path):
    database = given_sqlite(tmp_path / "ballots.sqlite3")
    crowd = Crowd()

    async def storm(port: int, server) -> None:
        await wait_until_ready(port)
        voters = [asyncio.create_task(crowd.vote(port)) for _ in range(64)]
        await asyncio.sleep(0.3)
        os.killpg(server.pid, signal.SIGKILL)
        await asyncio.wait_for(asyncio.gather(*voters), 10)

    async def send_again(port: int) -> list[tuple[int, dict[str, object]]]:
        await wait_until_ready(port)
        return await asyncio.gather(*(send(port, request) for _, request in crowd.unanswered))

    port = free_port()
    with given_server(database, port) as server:
        asyncio.run(storm(port, server))
    port = free_port()
    with given_server(database, port):
        answers = asyncio.run(send_again(port))
    assert crowd.unanswered
    assert {status for status, _ in answers} <= {200, 201}
    assert len(database.ballots()) == len(crowd.receipts) + len(crowd.unanswered)
