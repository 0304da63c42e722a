# SPDX-License-Identifier: Apache-2.0
"""Servers killed, stopped and doubled: no message is lost, and none counts twice."""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest
from django.db import connection

from live import companion_of, read_rows, running, wait_until_ready
from minyi.wechat.tests.given import OPENID, given_official_account, sealed_post, text_message
from wechat_sandbox.tests.live import free_port

pytestmark = [pytest.mark.once, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def office(tmp_path):
    """An installation with one account, and the environment to serve it.

    Its database is a copy of the tests' own: to migrate a new one takes half a minute.
    """
    if connection.vendor != "sqlite":
        pytest.skip("the server of this test keeps its own SQLite file")
    given_official_account(mode="secure")
    connection.ensure_connection()
    with closing(sqlite3.connect(tmp_path / "db.sqlite3")) as copy:
        connection.connection.backup(copy)
    return tmp_path, {
        "DJANGO_SETTINGS_MODULE": "minyi.config.settings.dev",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "MINYI_VAR_DIR": str(tmp_path),
        "MINYI_TICKET_KEY": "k" * 32,
    }


@contextmanager
def serving(office) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Run one server of the installation; yield its port and its process."""
    var, environment = office
    port = free_port()
    serve = ["granian", "--interface", "asgi", "--host", "127.0.0.1", "--port", str(port)]
    command = [sys.executable, "-m", *serve, "minyi.config.asgi:application"]
    with running(command, var, environment) as process:
        wait_until_ready(f"http://127.0.0.1:{port}/v/healthz", process)
        yield port, process


def kept(office) -> list[str]:
    """Return the words of citizens that lie in the database."""
    rows = read_rows(
        office[0] / "db.sqlite3", "SELECT text FROM wechat_chatmessage WHERE direction = 'in'"
    )
    return [text for (text,) in rows]


def recorder_at_work(server: subprocess.Popen[bytes], port: int) -> int:
    """Return the process that writes, once it does; until then a thread of the server writes."""
    limit = time.monotonic() + 60
    while time.monotonic() < limit:
        status_of(port, post_of(f"等一等 {time.monotonic()}", "oWaiting"))
        recorder = companion_of(server.pid, "minyi.wechat.callback.recording")
        if recorder is not None and has_opened(recorder, "db.sqlite3"):
            return recorder
        time.sleep(0.1)
    raise AssertionError("no recorder came to work")


def has_opened(pid: int, name: str) -> bool:
    with suppress(OSError):
        return any(one.readlink().name == name for one in Path(f"/proc/{pid}/fd").iterdir())
    return False


def wait_until(true: Callable[[], bool]) -> None:
    limit = time.monotonic() + 20
    while not true():
        assert time.monotonic() < limit
        time.sleep(0.05)


def test_what_was_acknowledged_survives_kill_9(office):
    letters = [f"第{number}封来信，请人答复" for number in range(400)]
    posts = {words: post_of(words, f"oWriter{place:020}") for place, words in enumerate(letters)}
    acknowledged: list[str] = []

    def write(words: str) -> None:
        if status_of(port, posts[words]) == 200:
            acknowledged.append(words)

    with serving(office) as (port, process), ThreadPoolExecutor(16) as writers:
        recorder = recorder_at_work(process, port)
        for words in letters:
            writers.submit(write, words)
        limit = time.monotonic() + 20
        while len(acknowledged) < 60 and time.monotonic() < limit:
            time.sleep(0.001)
        os.killpg(process.pid, signal.SIGKILL)
        wait_until(lambda: not has_opened(recorder, "db.sqlite3"))  # it ends by itself
    assert 60 <= len(acknowledged) < len(letters), "the server was not killed at work"
    assert set(acknowledged) <= set(kept(office))


def test_a_recorder_killed_at_work_has_its_letters_sent_again(office):
    letters = [f"第{number}封来信，请人答复" for number in range(16)]
    posts = [post_of(words) for words in letters]
    with serving(office) as (port, process), ThreadPoolExecutor(16) as writers:
        recorder = recorder_at_work(process, port)
        os.kill(recorder, signal.SIGSTOP)
        answers = [writers.submit(status_of, port, post) for post in posts]
        time.sleep(0.5)
        assert not any(answer.done() for answer in answers)
        os.kill(recorder, signal.SIGKILL)
        statuses = [answer.result() for answer in answers]
        written = [words for words, status in zip(letters, statuses, strict=True) if status == 200]
        assert 503 in statuses, "nobody was in its batch"
        assert set(kept(office)) & set(letters) == set(written)
        assert [status_of(port, post) for post in posts] == [200] * len(posts)
        assert recorder_at_work(process, port) != recorder
    assert sorted(set(kept(office)) & set(letters)) == sorted(letters)
    assert len(kept(office)) == len(set(kept(office)))


def test_a_server_that_stops_writes_down_what_the_robot_answered_last(office):
    words = [f"帮助 {number}" for number in range(20)]
    with serving(office) as (port, process):
        recorder = recorder_at_work(process, port)
        assert [status_of(port, post_of(one)) for one in words] == [200] * len(words)
        # At once: what was answered is written up to a quarter second later. systemd tells both.
        os.kill(recorder, signal.SIGTERM)
        process.terminate()
        process.wait(20)
    assert set(words) <= set(kept(office))


def test_a_message_delivered_to_two_processes_at_once_does_nothing_twice(office):
    posts = [post_of(f"第{number}封来信，请人答复") for number in range(30)]
    with serving(office) as (one, _), serving(office) as (other, _), ThreadPoolExecutor(16) as many:
        deliveries = [(port, post) for post in posts for port in (one, other) * 2]
        told = list(many.map(lambda delivery: status_of(*delivery), deliveries))
    assert set(told) == {200}
    assert len(kept(office)) == len(posts)
    database = office[0] / "db.sqlite3"
    assert read_rows(database, "SELECT unread FROM wechat_conversation") == [(len(posts),)]


def post_of(words: str, openid: str = OPENID) -> bytes:
    query, body = sealed_post(text_message(words, FromUserName=openid))
    head = (
        f"POST /wechat/sandbox/callback?{query} HTTP/1.1\r\nhost: 127.0.0.1\r\n"
        f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
    )
    return head.encode() + body


def status_of(port: int, request: bytes) -> int:
    """Return the status of the whole answer; 0 when it was cut off: WeChat would send again."""
    answer = b""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(request)
            while piece := connection.recv(65536):
                answer += piece
    except OSError:
        return 0
    return int(answer[9:12]) if b"\r\n\r\n" in answer else 0
