# SPDX-License-Identifier: Apache-2.0
"""Four processes with fifty threads each want a token at once; all they share is the database."""

import json
import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from ballotbox.tests.given import POSTGRES_URL, postgres_is_reachable
from minyi.wechat.tests.live import SandboxServer, sandbox_server
from wechat_sandbox.accounts import sample_account

pytestmark = pytest.mark.once

SEEKER = Path(__file__).with_name("token_seeker.py")
SECRET = sample_account("http://127.0.0.1:9").secret
STABLE = "/cgi-bin/stable_token"
PROCESSES, THREADS = 4, 50
WITH_LEASE, WITHOUT_LEASE = (), ("without-lease",)


@contextmanager
def given_schema():
    """A schema of our own in the reachable PostgreSQL, dropped afterwards."""
    schema = f"token_race_{os.getpid()}_{os.urandom(4).hex()}"
    mark = "&" if "?" in POSTGRES_URL else "?"
    base = POSTGRES_URL + "postgres" if POSTGRES_URL.endswith("/") else POSTGRES_URL
    with psycopg.connect(POSTGRES_URL, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        try:
            yield f"{base}{mark}options=-csearch_path%3D{schema}"
        finally:
            connection.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    with ExitStack() as stack:
        if request.param == "sqlite":
            yield f"sqlite:///{tmp_path / 'race.sqlite3'}"
            return
        if not postgres_is_reachable():
            pytest.skip("PostgreSQL is not reachable (DATABASE_URL_PG)")
        yield stack.enter_context(given_schema())


@pytest.fixture
def wechat():
    with sandbox_server("http://127.0.0.1:9") as sandbox:
        # Slow enough for everybody to arrive while the first is still asking.
        sandbox.order("faults", path=STABLE, delay_ms=800, times=1000)
        yield sandbox


def race(wechat: SandboxServer, database_url: str, secret: str, *mode: str) -> dict[str, int]:
    """Return what the threads of all processes heard, and how often each."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    environment = {
        **clean,
        "DATABASE_URL": database_url,
        "WECHAT_API_URL": wechat.url,
        "REDIS_URL": "",
    }

    command = [sys.executable, str(SEEKER), secret, str(PROCESSES), str(THREADS), *mode]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, timeout=100)
    assert done.returncode == 0
    heard: dict[str, int] = json.loads(done.stdout)
    assert sum(heard.values()) == PROCESSES * THREADS
    return heard


def test_a_cold_start_of_four_processes_fetches_one_token(wechat, database_url):
    heard = race(wechat, database_url, SECRET, *WITH_LEASE)
    assert len(heard) == 1, heard
    assert wechat.calls(STABLE) == 1


def test_without_the_lease_the_same_start_fetches_more(wechat, database_url):
    race(wechat, database_url, SECRET, *WITHOUT_LEASE)
    assert wechat.calls(STABLE) > 1


def test_a_bad_secret_is_asked_about_twice_at_most_by_all_of_them(wechat, database_url):
    heard = race(wechat, database_url, "wrong", *WITH_LEASE)
    assert heard == {"AccountFault 40125": PROCESSES * THREADS}
    assert wechat.calls(STABLE) <= 2


def test_without_the_lease_every_process_asks_about_the_bad_secret(wechat, database_url):
    race(wechat, database_url, "wrong", *WITHOUT_LEASE)
    assert wechat.calls(STABLE) > 2
