# SPDX-License-Identifier: Apache-2.0
import os
import random
import subprocess
import sys
import threading
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from votelog import (
    AddCheckpoint,
    Cosigner,
    Disk,
    FolderSource,
    LogReader,
    LogWriter,
    Malformed,
    Rejected,
    Unavailable,
    Witness,
    WitnessServer,
    WriteRefused,
    check_address,
    open_note,
    parse_add_checkpoint,
    parse_policy,
    parse_signature,
    peek_checkpoint,
    read_past_checkpoint,
    request_cosignature,
    sign_checkpoint,
)
from votelog._cli_witness import read_logs
from votelog_given import bound, given_entries, given_log, given_policy, given_signer, serving

SIGNER = given_signer()
COSIGNER = Cosigner("w.example", bytes([7]) * 32)
NOW = 1_790_000_000
READING = sha256(SIGNER.name.encode()).hexdigest()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    batches = [given_entries(5), given_entries(300, 5), given_entries(10, 305)]
    return given_log(tmp_path / "log", batches)


@pytest.fixture
def witness(tmp_path: Path):
    found = Witness(tmp_path / "witness", COSIGNER, [SIGNER.verifier], disk=Disk())
    yield found
    found.close()


def given_request(log: Path, old: int, new: int) -> AddCheckpoint:
    source = FolderSource(log)
    reader = LogReader(source, given_policy(), read_past_checkpoint(source, new))
    before = peek_checkpoint(read_past_checkpoint(source, old))
    return AddCheckpoint(old, tuple(reader.consistency(before)), reader.note)


def asked(witness: Witness, request: AddCheckpoint | bytes) -> tuple[int, str]:
    body = request if isinstance(request, bytes) else request.encode()
    reply = witness.add_checkpoint(body, seconds=NOW)
    return reply.status, reply.code


def test_a_growing_log_is_cosigned_step_by_step(log, witness):
    for old, new in [(0, 5), (5, 305), (305, 315), (315, 315)]:
        request = given_request(log, old, new)
        reply = witness.add_checkpoint(request.encode(), seconds=NOW)
        assert reply.status == 200
        line = reply.body.decode()
        assert line.endswith("\n")
        note = request.note + reply.body
        assert len(open_note(note, [COSIGNER.verifier, SIGNER.verifier]).verified) == 2
        assert parse_signature(line[:-1]).name == "w.example"
        assert witness.latest(READING) == note


def test_a_request_comes_back_as_it_was_written(log):
    request = given_request(log, 5, 305)
    assert parse_add_checkpoint(request.encode()) == request


def test_an_old_size_that_is_not_ours_is_answered_with_ours(log, witness):
    assert asked(witness, given_request(log, 0, 305)) == (200, "")
    reply = witness.add_checkpoint(given_request(log, 5, 315).encode(), seconds=NOW)
    assert (reply.status, reply.body, reply.content_type) == (409, b"305\n", "text/x.tlog.size")


def test_a_log_cannot_go_back_nor_split(log, witness, tmp_path):
    assert asked(witness, given_request(log, 0, 305)) == (200, "")
    assert asked(witness, given_request(log, 0, 5))[0] == 409
    assert asked(witness, given_request(log, 5, 315))[0] == 409
    fork = given_log(tmp_path / "fork", [[b"x"] * 305, [b"y"] * 10])
    assert asked(witness, given_request(fork, 305, 315)) == (422, "proof_false")
    assert asked(witness, given_request(fork, 305, 305)) == (422, "heads_differ")
    good = given_request(log, 305, 315)
    assert asked(witness, AddCheckpoint(305, good.proof[:-1], good.note))[0] == 422
    assert asked(witness, AddCheckpoint(316, (), good.note)) == (400, "size_outside")
    assert peek_checkpoint(witness.latest(READING)).size == 305
    assert asked(witness, good) == (200, "")


def test_old_size_zero_needs_an_empty_proof(log, witness):
    good = given_request(log, 0, 5)
    assert asked(witness, AddCheckpoint(0, (bytes(32),), good.note)) == (422, "proof_length")


def test_strangers_are_refused(log, witness):
    good = given_request(log, 0, 5)
    head = peek_checkpoint(good.note)
    impostor = sign_checkpoint(head, given_signer(seed=9))
    assert asked(witness, AddCheckpoint(0, (), impostor)) == (403, "signature_missing")
    other = given_signer("other.example")
    unknown = sign_checkpoint(type(head)("other.example", head.size, head.root), other)
    assert asked(witness, AddCheckpoint(0, (), unknown)) == (404, "log_unknown")
    assert witness.latest(READING) is None
    assert witness.latest("../witness") is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"old 0\n",
        b"old 00\n\nx",
        b"new 0\n\nx",
        b"old 0\nAAAA\n\nx",
        b"old 0\n\n",
        b"\xff\n\n",
    ],
)
def test_a_malformed_request_is_a_bad_request(witness, body):
    assert asked(witness, body)[0] == 400


def test_more_than_sixty_three_proof_lines_are_a_bad_request(log, witness):
    note = given_request(log, 0, 5).note
    assert asked(witness, AddCheckpoint(0, (bytes(32),) * 64, note))[0] == 400


@given(st.binary(max_size=300))
def test_no_bytes_break_the_witness(raw):
    try:
        parse_add_checkpoint(raw)
    except Malformed as error:
        assert str(error)


def test_of_many_requests_at_once_none_takes_the_witness_back(log, witness):
    requests = [given_request(log, 0, size) for size in (5, 305, 315)] * 8
    start = threading.Barrier(8)

    def ask(request):
        start.wait(5)
        return witness.add_checkpoint(request.encode(), seconds=NOW).status

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(ask, requests))
    assert statuses.count(200) == 1
    assert statuses.count(409) == 23


def test_a_witness_remembers_over_a_restart_and_is_one_process(log, witness, tmp_path):
    assert asked(witness, given_request(log, 0, 305)) == (200, "")
    with pytest.raises(WriteRefused):
        Witness(tmp_path / "witness", COSIGNER, [SIGNER.verifier], disk=Disk())
    witness.close()
    again = Witness(tmp_path / "witness", COSIGNER, [SIGNER.verifier], disk=Disk())
    assert asked(again, given_request(log, 0, 5))[0] == 409
    memory = tmp_path / "witness" / READING / "checkpoint"
    memory.write_bytes(given_request(log, 0, 5).note)  # not signed by ourselves
    with pytest.raises(Rejected):
        again.add_checkpoint(given_request(log, 5, 315).encode(), seconds=NOW)
    with served(again) as address:
        assert (
            http(address, "POST", "/add-checkpoint", given_request(log, 5, 315).encode())[0] == 500
        )
    again.close()


@contextmanager
def running_witness(folder: Path):
    """Run `votelog witness` as somebody does; yield its process and its address."""
    command = ["witness", "--name", "w.example", "--folder", str(folder), "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-m", "votelog", *command, "--log", SIGNER.verifier.vkey()],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process, process.stderr.readline().split()[-1]
        finally:
            process.kill()


def test_kill_9_of_a_witness_at_any_moment_takes_back_nothing_it_has_signed(tmp_path):
    """It signs, dies, comes back: what anybody holds its signature for, it still stands by."""
    folder, luck = tmp_path / "witness", random.Random(os.urandom(8))
    folder.mkdir()
    (folder / "key").write_text(f"{b64encode(bytes([7]) * 32).decode()}\n")
    log = given_log(tmp_path / "log", [given_entries(1, number) for number in range(200)])
    notes = [read_past_checkpoint(FolderSource(log), size) for size in range(1, 201)]
    signed = 0  # the largest size that somebody holds a cosignature for
    for _life in range(3):
        with running_witness(folder) as (process, address):
            ask = partial(
                request_cosignature,
                url=address,
                witness=COSIGNER.verifier,
                source=FolderSource(log),
            )
            if signed > 1:
                status, body, _ = http(address, "GET", f"/{READING}/checkpoint")
                assert (status, peek_checkpoint(body).size >= signed) == (200, True)
                signed = peek_checkpoint(body).size  # it may have signed for somebody who was gone
                with pytest.raises(Rejected, match="has gone back"):
                    ask(checkpoint=peek_checkpoint(notes[0]), note=notes[0])
            killing = threading.Timer(luck.uniform(0.0, 0.15), process.kill)
            killing.start()
            for note in notes[signed:]:
                try:
                    ask(checkpoint=peek_checkpoint(note), note=note, old=signed)
                except Unavailable:
                    break
                signed = peek_checkpoint(note).size
            killing.join()
    assert signed > 0


def served(witness: Witness):
    return serving(bound(lambda address: WitnessServer(address, witness)))


def http(address: str, method: str, path: str, body: bytes | None = None, **headers: str):
    connection = HTTPConnection(address.removeprefix("http://"), timeout=5)
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    found = reply.status, reply.read(), reply.headers
    connection.close()
    return found


def test_a_log_gets_its_quorum_over_http(log, witness, tmp_path):
    policy = parse_policy(
        f"log {SIGNER.verifier.vkey()}\nwitness W {COSIGNER.verifier.vkey()}\nquorum W\n".encode()
    )
    with served(witness) as address, LogWriter.open(log, SIGNER) as writer:
        for _ in range(2):
            line = request_cosignature(
                url=address,
                witness=policy.witnesses["W"],
                source=FolderSource(log),
                checkpoint=peek_checkpoint(writer.note),
                note=writer.note,
            )
            note = writer.add_cosignatures(writer.size, [line], [policy.witnesses["W"]])
            assert policy.open(note)[0].size == writer.size
            writer.append([b"more"])
            with pytest.raises(Rejected) as caught:
                policy.open(writer.note)
            assert caught.value.code == "quorum_missing"
        status, body, _ = http(address, "GET", f"/{READING}/checkpoint")
        assert (status, peek_checkpoint(body).size) == (200, 316)


def test_a_witness_that_has_seen_more_is_named(log, witness):
    newest = given_request(log, 0, 315)
    assert asked(witness, newest) == (200, "")
    past = given_request(log, 0, 305).note
    with served(witness) as address, pytest.raises(Rejected) as caught:
        request_cosignature(
            url=address,
            witness=COSIGNER.verifier,
            source=FolderSource(log),
            checkpoint=peek_checkpoint(past),
            note=past,
        )
    assert caught.value.code == "rolled_back"


def test_a_log_is_added_to_a_running_witness_and_keeps_its_first_key(log, tmp_path):
    folder = tmp_path / "running"
    listed = folder / "logs"
    found = Witness(folder, COSIGNER, disk=Disk(), find_logs=partial(read_logs, listed))
    good = given_request(log, 0, 5)
    assert asked(found, good) == (404, "log_unknown")
    listed.write_text(f"# the vote of the year\n{SIGNER.verifier.vkey()}\nno key\n")
    assert asked(found, good) == (200, "")
    listed.write_text(given_signer(seed=9).verifier.vkey())
    assert asked(found, given_request(log, 5, 305)) == (200, "")
    found.close()


def test_the_server_answers_what_it_does_not_know(witness, log):
    with served(witness) as address:
        assert http(address, "GET", "/")[0] == 404
        assert http(address, "GET", f"/{READING}/checkpoint")[0] == 404
        assert http(address, "GET", "/../../etc/passwd")[0] == 404
        assert http(address, "POST", "/other", b"x")[0] == 404
        assert http(address, "POST", "/add-checkpoint", b"x" * 70_000)[0] == 413
        assert http(address, "POST", "/add-checkpoint", iter([b"x"]))[0] == 411
        assert http(address, "POST", "/add-checkpoint", b"x")[0] == 400
        head = peek_checkpoint(given_request(log, 0, 5).note)
        impostor = sign_checkpoint(head, given_signer(seed=9))
        with pytest.raises(Rejected) as caught:
            request_cosignature(
                url=address,
                witness=COSIGNER.verifier,
                source=FolderSource(log),
                checkpoint=head,
                note=impostor,
            )
        assert (caught.value.code, caught.value.facts["status"]) == ("witness_refused", 403)


def test_an_unreachable_witness_is_said_to_be_that(log):
    with pytest.raises(Unavailable):
        request_cosignature(
            url="http://127.0.0.1:1",
            witness=COSIGNER.verifier,
            source=FolderSource(log),
            checkpoint=peek_checkpoint(given_request(log, 0, 5).note),
            note=given_request(log, 0, 5).note,
            timeout_s=0.5,
        )


class _Drips(BaseHTTPRequestHandler):
    """Answers one byte after the other, for ever; each read of ours ends in time."""

    def do_POST(self) -> None:
        self.send_response(200)
        self.end_headers()
        with suppress(OSError):
            while True:
                self.wfile.write(b"x")
                time.sleep(0.02)

    def log_message(self, *_said: object) -> None:
        """Say nothing."""


def test_a_witness_that_never_ends_its_answer_is_given_up(log):
    note = given_request(log, 0, 5).note
    with serving(bound(lambda place: ThreadingHTTPServer(place, _Drips))) as address:
        began = time.monotonic()
        with pytest.raises((Unavailable, Malformed)):
            request_cosignature(
                url=address,
                witness=COSIGNER.verifier,
                source=FolderSource(log),
                checkpoint=peek_checkpoint(note),
                note=note,
                timeout_s=0.4,
            )
        assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "url",
    [
        "",
        "w.example",
        "ftp://w.example",
        "file:///etc/passwd",
        "http://",
        "http://u:p@w.example",
        "http://w.example/?q=1",
        "http://w.example:99999",
    ],
)
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(Malformed) as caught:
        check_address(url)
    assert caught.value.code == "address_malformed"
