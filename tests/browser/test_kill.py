# SPDX-License-Identifier: Apache-2.0
"""The whole product killed at work: what it acknowledged is there, exactly once."""

import asyncio
import os
import secrets
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import httpx
import pytest

from ballotbox.ticket import CITIZEN_COOKIE, issue_ticket, session_for
from live import copy_data, read_rows, running, wait_until_ready
from wechat_sandbox.tests.live import free_port

# Needs the running product, not Chromium. The first to ask for its data waits for a whole start.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

AT_ONCE = 48
ENOUGH = 400  # acknowledged ballots, then the plug is pulled


class Electorate:
    """Voters with a paper each, and what became of their ballots."""

    def __init__(self, var: Path) -> None:
        self._key = _secret(var, "MINYI_TICKET_KEY").encode()
        (self._round,), *_ = read_rows(
            var / "db.sqlite3", "SELECT id FROM campaigns_round WHERE slug = 'top-ten-windows'"
        )
        self.cast: dict[str, dict[str, object]] = {}  # voter → the ballot as it was sent
        self.receipts: dict[str, str] = {}

    def ballot(self) -> tuple[str, dict[str, object]]:
        voter = secrets.token_hex(16)
        ticket = issue_ticket(
            key=self._key,
            round_id=self._round,
            voter_ref=voter,
            expires_s=int(time.time()) + 600,
            session=session_for(voter),
        )
        return voter, {"ticket": ticket, "nonce": secrets.token_hex(16), "picks": [1, 2, 3]}

    async def hand_in(self, client: httpx.AsyncClient, voter: str) -> httpx.Response:
        cookie = {"Cookie": f"{CITIZEN_COOKIE}={voter}"}
        return await client.post("/v/ballots", json=self.cast[voter], headers=cookie)

    async def storm(self, url: str, server: Popen[bytes]) -> None:
        """Let everybody vote until enough were thanked; then kill the server in the middle."""

        async def keep_voting() -> None:
            while True:
                voter, ballot = self.ballot()
                self.cast[voter] = ballot
                try:
                    answer = await self.hand_in(client, voter)
                except httpx.TransportError:
                    return  # the server is gone
                assert answer.status_code == 201, answer.text
                self.receipts[voter] = answer.json()["receipt"]
                if len(self.receipts) == ENOUGH:
                    os.killpg(server.pid, signal.SIGKILL)

        limits = httpx.Limits(max_connections=AT_ONCE)
        async with httpx.AsyncClient(
            base_url=url, timeout=10, trust_env=False, limits=limits
        ) as client:
            await asyncio.gather(*(keep_voting() for _ in range(AT_ONCE)))

    async def hand_in_again(self, url: str) -> dict[str, httpx.Response]:
        async with httpx.AsyncClient(base_url=url, timeout=10, trust_env=False) as client:
            answers = await asyncio.gather(*(self.hand_in(client, voter) for voter in self.cast))
        return dict(zip(self.cast, answers, strict=True))


def test_every_acknowledged_ballot_survives_kill_9_exactly_once(seeded: Path, tmp_path: Path):
    var = tmp_path / "var"
    copy_data(seeded, var)
    electorate = Electorate(var)
    with serving(var) as (url, server):
        asyncio.run(electorate.storm(url, server))
        assert server.wait(5) == -signal.SIGKILL
    kept = stored(var)
    assert len(electorate.receipts) >= ENOUGH
    assert electorate.receipts.items() <= dict(kept).items()
    assert len(kept) == len({voter for voter, _ in kept})

    with serving(var) as (url, _server):
        again = asyncio.run(electorate.hand_in_again(url))
    assert {answer.status_code for answer in again.values()} <= {200, 201}
    for voter, receipt in electorate.receipts.items():
        assert again[voter].json()["repeated"]
        assert again[voter].json()["receipt"] == receipt
    assert sorted(voter for voter, _ in stored(var)) == sorted(electorate.cast)
    assert read_rows(var / "db.sqlite3", "PRAGMA integrity_check") == [("ok",)]


@contextmanager
def serving(var: Path) -> Iterator[tuple[str, Popen[bytes]]]:
    """Serve the product as `minyi serve` does, on data that is ready, without the sandbox."""
    port = free_port()
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1"]
    command += ["--port", str(port), "--loop", "uvloop", "--no-ws", "--log-level", "warning"]
    environment = {
        "DJANGO_SETTINGS_MODULE": "minyi.config.settings.dev",
        "DATABASE_URL": f"sqlite:///{var / 'db.sqlite3'}",
        **dict(line.split("=", 1) for line in (var / "secrets.env").read_text().splitlines()),
    }
    with running([*command, "minyi.config.asgi:application"], var, environment) as server:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", server)
        yield f"http://127.0.0.1:{port}", server


def stored(var: Path) -> list[tuple[str, str]]:
    return read_rows(
        var / "db.sqlite3",
        "SELECT b.voter_ref, b.receipt FROM campaigns_ballot b"
        " JOIN campaigns_round r ON r.id = b.round_id WHERE r.slug = 'top-ten-windows'",
    )


def _secret(var: Path, name: str) -> str:
    lines = (var / "secrets.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines)[name]
