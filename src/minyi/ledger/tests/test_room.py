# SPDX-License-Identifier: Apache-2.0
"""The room that serves the logs: what may be asked, how long it may be kept, what it keeps back."""

import asyncio
from datetime import datetime

import pytest
from django.utils import timezone

from ballotbox.tests.given import ask
from minyi.ledger import folders, room

from .given import keep_logs_in

OPENS_MS = 1_750_000_000_000
TILE = bytes(range(256)) * 32


@pytest.fixture
def log(settings, tmp_path, monkeypatch):
    """The files of a log that is public from OPENS_MS on; it is one second later."""
    keep_logs_in(settings, tmp_path)
    set_clock(monkeypatch, OPENS_MS + 1000)
    folder = folders.path_of("windows")
    for name, content in {
        "checkpoint": b"vote.example/ledger/windows\n1\nAA==\n\n",
        "checkpoints/1": b"older\n",
        "tile/0/000": TILE,
        "tile/entries/x001/234.p/17": b"entries",
        ".writer/key": b"secret",
        ".writer/places": b"secret",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    folders.write_beside("windows", "vkey", "the key\n")
    folders.write_beside("windows", "public_from", str(OPENS_MS))
    return folder


def set_clock(monkeypatch, now_ms: int) -> None:
    moment = datetime.fromtimestamp(now_ms / 1000, tz=timezone.get_default_timezone())
    monkeypatch.setattr(timezone, "now", lambda: moment)


def look(path, method="GET", **headers):
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return asyncio.run(ask(room.room, method=method, path=path, headers=named))


@pytest.mark.parametrize(
    ("name", "kind", "caching"),
    [
        ("checkpoint", "text/plain; charset=utf-8", "no-cache, max-age=1"),
        ("checkpoints/1", "text/plain; charset=utf-8", "public, max-age=60"),
        ("vkey", "text/plain; charset=utf-8", "public, max-age=60"),
        ("tile/0/000", "application/octet-stream", "public, max-age=31536000, immutable"),
        (
            "tile/entries/x001/234.p/17",
            "application/octet-stream",
            "public, max-age=31536000, immutable",
        ),
    ],
)
def test_a_file_comes_with_its_type_and_the_time_it_may_be_kept(log, name, kind, caching):
    reply = look(f"/ledger/windows/{name}")
    assert reply.status == 200
    assert reply.headers["content-type"] == kind
    assert reply.headers["cache-control"] == caching
    assert reply.headers["access-control-allow-origin"] == "*"
    assert reply.headers["content-length"] == str(len(reply.body))


def test_who_has_the_file_is_not_sent_it_again(log):
    first = look("/ledger/windows/tile/0/000")
    again = look("/ledger/windows/tile/0/000", if_none_match=first.headers["etag"])
    assert (first.body, again.status, again.body) == (TILE, 304, b"")
    (log / "tile/0/000").write_bytes(TILE[::-1])
    changed = look("/ledger/windows/tile/0/000", if_none_match=first.headers["etag"])
    assert changed.status == 200


def test_head_tells_the_length_and_sends_nothing(log):
    reply = look("/ledger/windows/tile/0/000", method="HEAD")
    assert (reply.status, reply.headers["content-length"], reply.body) == (200, "8192", b"")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_written(log, method):
    reply = look("/ledger/windows/checkpoint", method=method)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "/ledger/windows/.writer/key",
        "/ledger/windows/.writer/places",
        "/ledger/windows/.writer/vkey",
        "/ledger/windows/tile/../.writer/key",
        "/ledger/windows/../windows/checkpoint",
        "/ledger/../ledger/windows/checkpoint",
        "/ledger/.writer/checkpoint",
        "/ledger/windows//checkpoint",
        "/ledger/windows/checkpoint/",
        "/ledger/windows/checkpoint\n",
        "/ledger/windows/tile/0",
        "/ledger/windows/tile/0/000.p",
        "/ledger/windows/tile/0/001",
        "/ledger/windows/public_from",
        "/ledger/windows/",
        "/ledger/windows",
        "/ledger/",
        "/ledger/unknown/checkpoint",
        "/ledger/unknown/vkey",
    ],
)
def test_what_is_no_file_of_a_log_is_not_found(log, path):
    reply = look(path)
    assert reply.status == 404
    assert b"secret" not in reply.body


def test_a_log_that_is_not_public_yet_shows_its_key_and_nothing_else(log, monkeypatch):
    set_clock(monkeypatch, OPENS_MS - 1)
    for name in ("checkpoint", "checkpoints/1", "tile/0/000", "tile/0/001", "checkpoints/9"):
        reply = look(f"/ledger/windows/{name}")
        assert (reply.status, reply.body) == (404, room.NOT_YET.encode())
    assert look("/ledger/windows/vkey").status == 200
    set_clock(monkeypatch, OPENS_MS)
    assert look("/ledger/windows/checkpoint").status == 200
