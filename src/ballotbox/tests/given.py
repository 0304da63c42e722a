# SPDX-License-Identifier: Apache-2.0
"""Builders of what the tests need: databases, rounds, tickets, requests, servers."""

import asyncio
import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from ballotbox.app import BallotApp, create_app
from ballotbox.sequencer import NoSeal, Sealer
from ballotbox.settings import Settings
from ballotbox.tests.tables import ONE_BALLOT, POSTGRES_TABLES, SQLITE_TABLES
from ballotbox.ticket import issue_ticket, session_for

KEY = b"a-ticket-key-for-tests-32-bytes-long"
COOKIE = "one-citizen-one-browser"
SESSION = session_for(COOKIE)
VOTER = "0123456789abcdef" * 2
NONCE = "fedcba9876543210" * 2
FOREVER_MS = 9_999_999_999_999
POSTGRES_URL = os.environ.get("DATABASE_URL_PG", "postgresql://postgres@127.0.0.1:5432/")
SOURCE = Path(__file__).resolve().parents[2]


@dataclass
class Database:
    """A scratch database with one round, number 1."""

    url: str

    def run(self, sql: str, *places: object) -> list[tuple[Any, ...]]:
        if self.url.startswith("postgresql"):
            with psycopg.connect(self.url, autocommit=True) as connection:
                cursor = connection.execute(sql.replace("?", "%s"), places)
                found = cursor.fetchall() if cursor.description else []
                return [tuple(map(_digits, row)) for row in found]
        connection = sqlite3.connect(self.url.removeprefix("sqlite:///"), timeout=10)
        try:
            with connection:
                return connection.execute(sql, places).fetchall()
        finally:
            connection.close()

    def change_round(self, **columns: object) -> None:
        for name, value in columns.items():
            self.run(f"UPDATE campaigns_round SET {name} = ? WHERE id = 1", value)

    def ballots(self) -> list[tuple[Any, ...]]:
        return self.run(
            "SELECT voter_ref, period, picks, nonce, receipt, cast_ms"
            " FROM campaigns_ballot ORDER BY id"
        )


def _digits(value: Any) -> Any:
    return value.hex if isinstance(value, UUID) else value


def given_round(database: Database, *, id: int = 1, **columns: object) -> None:  # noqa: A002
    row = {
        "id": id,
        "slug": "shi-jia-chuangkou",
        "opens_ms": 0,
        "closes_ms": FOREVER_MS,
        "paused": False,
        "min_picks": 1,
        "max_picks": 3,
        "frequency": "campaign",
        "candidates": "[1, 2, 3, 4, 5, 6, 7]",
    } | columns
    places = ", ".join("?" * len(row))
    database.run(f"INSERT INTO campaigns_round ({', '.join(row)}) VALUES ({places})", *row.values())


def given_sqlite(path: Path, *, guard: str = ONE_BALLOT) -> Database:
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.executescript(SQLITE_TABLES + guard)
    connection.close()
    database = Database(f"sqlite:///{path}")
    given_round(database)
    return database


def postgres_is_reachable() -> bool:
    try:
        psycopg.connect(POSTGRES_URL, connect_timeout=2).close()
    except psycopg.Error:
        return False
    return True


@contextmanager
def given_postgres(*, guard: str = ONE_BALLOT) -> Iterator[Database]:
    """Yield a schema of our own in the reachable PostgreSQL and drop it afterwards."""
    schema = f"ballotbox_test_{os.getpid()}_{os.urandom(4).hex()}"
    mark = "&" if "?" in POSTGRES_URL else "?"
    database = Database(f"{POSTGRES_URL}{mark}options=-csearch_path%3D{schema}")
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            connection.execute(f"SET search_path = {schema}")
            connection.execute(POSTGRES_TABLES + guard)
            given_round(database)
            yield database
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


def given_settings(database: Database, **changes: object) -> Settings:
    return Settings(**({"database_url": database.url, "ticket_key": KEY} | changes))  # type: ignore[arg-type]


def given_ticket(**changes: object) -> str:
    claims = {
        "key": KEY,
        "round_id": 1,
        "voter_ref": VOTER,
        "expires_s": int(time.time()) + 600,
        "session": SESSION,
    } | changes
    return issue_ticket(**claims)  # type: ignore[arg-type]


def given_ballot(**changes: object) -> dict[str, Any]:
    return {"ticket": given_ticket(), "nonce": NONCE, "picks": [3, 7]} | changes


def nonce_of(voter_ref: str) -> str:
    """A nonce that no other voter of the tests has."""
    return NONCE if voter_ref == VOTER else voter_ref[::-1]


def given_ballot_of(voter_ref: str) -> dict[str, Any]:
    return given_ballot(ticket=given_ticket(voter_ref=voter_ref), nonce=nonce_of(voter_ref))


@dataclass
class Reply:
    """An answer as the client sees it."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)


JSON_HEADERS = {"content-type": "application/json", "cookie": f"minyi_citizen={COOKIE}"}
FORM_HEADERS = JSON_HEADERS | {"content-type": "application/x-www-form-urlencoded"}


async def ask(
    app: BallotApp,
    *,
    method: str = "POST",
    path: str = "/v/ballots",
    headers: dict[str, str] | None = None,
    chunks: tuple[bytes, ...] = (b"",),
    client: str = "127.0.0.1",
) -> Reply:
    """Send one request to the application through its ASGI face."""
    reply = Reply()
    left = list(chunks)

    async def receive() -> dict[str, Any]:
        if not left:
            await asyncio.Event().wait()
        chunk = left.pop(0)
        return {"type": "http.request", "body": chunk, "more_body": bool(left)}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            reply.status = message["status"]
            reply.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        else:
            reply.body += message["body"]

    raw = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": raw,
        "client": (client, 50000),
    }
    await app(scope, receive, send)
    return reply


async def cast(app: BallotApp, ballot: dict[str, Any] | None = None, **headers: str) -> Reply:
    """Send a ballot as JSON."""
    body = json.dumps(given_ballot() if ballot is None else ballot).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await ask(app, headers=JSON_HEADERS | named, chunks=(body,))


@contextmanager
def given_server(
    database: Database,
    port: int,
    *,
    target: str = "ballotbox.app:app",
    workers: int = 1,
    **environ: str,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a real Granian server; whatever is left of it is ended afterwards."""
    server = subprocess.Popen(
        [
            sys.executable,
            *("-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--log-level", "error"),
            *("--workers", str(workers), "--port", str(port), target),
        ],
        env=os.environ
        | {"DATABASE_URL": database.url, "MINYI_TICKET_KEY": KEY.decode()}
        | {"PYTHONPATH": str(SOURCE)}
        | environ,
        start_new_session=True,  # one process group of our own, to end workers with it
    )
    try:
        yield server
    finally:
        _end(server)


def _end(server: subprocess.Popen[bytes]) -> None:
    if server.poll() is None:
        server.send_signal(signal.SIGINT)
    try:
        server.wait(timeout=2)
    except subprocess.TimeoutExpired:
        # Granian forgets a worker when the signal comes while another is still starting.
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def in_app(
    database: Database,
    scenario: Callable[[BallotApp], Coroutine[Any, Any, Any]],
    *,
    sealer: Sealer | None = None,
    **settings: object,
) -> Any:
    """Run a scenario against a started application and return what it returns.

    With a sealer of the test's own the sequencer is a thread of this process, where it can be seen.
    """

    async def run() -> Any:
        app = create_app(given_settings(database, **settings), sealer=sealer or NoSeal())
        await app.start()
        try:
            return await scenario(app)
        finally:
            await app.stop()

    return asyncio.run(run())


def cast_one(database: Database, ballot: dict[str, Any] | None = None, **settings: object) -> Reply:
    """Send one JSON ballot to a fresh application."""
    return in_app(database, lambda app: cast(app, ballot), **settings)
