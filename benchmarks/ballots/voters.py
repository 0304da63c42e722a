# SPDX-License-Identifier: Apache-2.0
"""Requests of many voters, made before the clock starts."""

import json
import os
import time

from ballotbox.ticket import issue_ticket, session_for
from ballotbox.work import mark_of
from benchmarks.ballots.servers import TICKET_KEY

COOKIE = "one-browser-for-all-voters"
SESSION = session_for(COOKIE)


def ballots_of_new_voters(count: int, *, path: str = "/v/ballots") -> list[bytes]:
    """Return one finished HTTP request for each of `count` voters nobody has seen."""
    expires_s = int(time.time()) + 3600
    return [_request(path, expires_s, os.urandom(16).hex()) for _ in range(count)]


def ballots_with_work(count: int) -> list[bytes]:
    """Return as many ballots, each of a raised score and with the work its ticket asks for."""
    expires_s = int(time.time()) + 3600
    return [_request_with_work(expires_s, os.urandom(16).hex()) for _ in range(count)]


def double_ballots(voters: int) -> list[bytes]:
    """Return two different ballots of every voter, side by side, so that they race."""
    expires_s = int(time.time()) + 3600
    names = [os.urandom(16).hex() for _ in range(voters)]
    return [_request("/v/ballots", expires_s, name) for name in names for _ in range(2)]


def empty_posts(count: int) -> list[bytes]:
    """Return POST requests without a body."""
    return [b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 0\r\n\r\n"] * count


def _request(path: str, expires_s: int, voter_ref: str) -> bytes:
    ticket = issue_ticket(
        key=TICKET_KEY, round_id=1, voter_ref=voter_ref, expires_s=expires_s, session=SESSION
    )
    return _post(path, {"ticket": ticket})


def _request_with_work(expires_s: int, voter_ref: str) -> bytes:
    derived_key = os.urandom(32)  # the box knows only its signature, whatever it was derived from
    ticket = issue_ticket(
        key=TICKET_KEY,
        round_id=1,
        voter_ref=voter_ref,
        expires_s=expires_s,
        session=SESSION,
        risk=60,
        work=mark_of(derived_key, key=TICKET_KEY),
    )
    return _post("/v/ballots", {"ticket": ticket, "work": derived_key.hex()})


def _post(path: str, ballot: dict[str, str]) -> bytes:
    body = json.dumps(ballot | {"nonce": os.urandom(16).hex(), "picks": [3, 7]}).encode()
    return (
        f"POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"cookie: minyi_citizen={COOKIE}\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body
