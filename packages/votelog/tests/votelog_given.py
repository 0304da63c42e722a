# SPDX-License-Identifier: Apache-2.0
"""Builders for the tests of votelog."""

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from votelog import (
    FolderSource,
    LogReader,
    LogWriter,
    Policy,
    Signer,
    encode_canonical,
    open_log,
    policy_for,
)

ORIGIN = "vote.example/c/1"
PORTS = range(8160, 8170)
OPENS = 1_790_000_000_000  # 2026-09-21 22:13:20 in Shanghai
DAY_MS = 86_400_000
PH = hashlib.sha256(b"phase").hexdigest()
CANDIDATES = ["01", "02", "03", "07", "12"]


def given_signer(name: str = ORIGIN, seed: int = 1) -> Signer:
    return Signer(name, bytes([seed]) * 32)


def given_policy() -> Policy:
    return policy_for(given_signer().verifier)


def given_log(folder: Path, batches: Sequence[Sequence[bytes]]) -> Path:
    with LogWriter.create(folder, given_signer()) as writer:
        for batch in batches:
            writer.append(batch)
    return folder


def given_entries(number: int, start: int = 0) -> list[bytes]:
    return [b"entry %d" % index for index in range(start, start + number)]


def given_reader(folder: Path) -> LogReader:
    return open_log(FolderSource(folder), given_policy())


def given_manifest(**changes: Any) -> dict[str, Any]:
    return {
        "type": "manifest",
        "v": 1,
        "campaign": "c1",
        "candidates": CANDIDATES,
        "opens": OPENS,
        "closes": OPENS + 10 * DAY_MS,
        "zone": 480,
        "ph": PH,
        "rules": PH,
        "rule": {"per": "day", "min": 1, "max": 3},
        "tag_key": PH,
        "policy": PH,
        "code": "minyi 0.1.0",
        "screening": "rules 1",
        "appeal": OPENS + 20 * DAY_MS,
        **changes,
    }


def given_ballot(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "type": "ballot",
        "t": OPENS + number,
        "tag": hashlib.sha256(b"tag %d" % number).hexdigest()[:32],
        "day": "2026-09-21",
        "n": hashlib.sha256(b"nonce %d" % number).hexdigest()[:32],
        "ch": ["02", "07"] if number % 3 else ["12"],
        "ph": PH,
        **changes,
    }


def given_adjudication(kind: str, ballots: list[list[int]], **changes: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "t": OPENS + DAY_MS,
        "ballots": ballots,
        "rule": "R12",
        "ev": PH,
        "by": "supervisor",
        **changes,
    }


def given_close(size: int) -> dict[str, Any]:
    return {"type": "close", "t": OPENS + 10 * DAY_MS, "size": size, "tally_code": PH}


def given_result(at: int, tally: dict[str, int]) -> dict[str, Any]:
    return {"type": "result", "t": OPENS + 11 * DAY_MS, "at": at, "tally": tally}


def written(*entries: dict[str, Any]) -> list[bytes]:
    return [encode_canonical(entry) for entry in entries]


def given_closed_vote(ballots: int) -> list[bytes]:
    """A vote with voids and reviews whose result is right."""
    entries: list[dict[str, Any]] = [given_manifest()]
    entries += [given_ballot(number) for number in range(1, ballots + 1)]
    entries.append(given_adjudication("quarantine", [[1, 4], [6, 7]]))
    entries.append(given_adjudication("void", [[2, 3]]))
    entries.append(given_adjudication("release", [[3, 4]]))
    entries.append(given_adjudication("void", [[5, 6]], rule="R3"))
    entries.append(given_adjudication("restore", [[5, 6]]))
    entries.append(given_close(len(entries)))
    out = {1, 2, 6}
    tally = dict.fromkeys(CANDIDATES, 0)
    for number in range(1, ballots + 1):
        for pick in given_ballot(number)["ch"] if number not in out else []:
            tally[pick] += 1
    entries.append(given_result(len(entries), tally))
    return written(*entries)


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def serving(server: ThreadingHTTPServer) -> Iterator[str]:
    """Run a server in a thread while the block lasts; give its address."""
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def bound(make: Any) -> Any:
    """Make a server on the first free port of our range."""
    for port in PORTS:
        try:
            return make(("127.0.0.1", port))
        except OSError:
            continue
    raise AssertionError("all ports of the range are taken")


def served_folder(folder: Path) -> Any:
    answer = partial(_Quiet, directory=str(folder))
    return serving(bound(lambda address: ThreadingHTTPServer(address, answer)))
