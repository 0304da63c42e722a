# SPDX-License-Identifier: Apache-2.0
"""Witnesses over real HTTP: who is asked, what is kept, and what a refusal looks like."""

import threading
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from django.db import transaction
from prometheus_client import generate_latest
from votelog import (
    Disk,
    FolderSource,
    LogWriter,
    Rejected,
    WitnessServer,
    open_log,
    parse_policy,
    parse_vkey,
    peek_checkpoint,
)
from votelog import (
    Witness as WitnessProgram,
)

from ballotbox.logkeys import read_signer
from minyi.agencies.tests.given import given_agency
from minyi.core.models import OutboxMessage
from minyi.core.outbox_worker import Worker
from minyi.ledger import figures, folders, room
from minyi.ledger.models import Log, LogWitness, Witness
from minyi.ledger.queries.witnesses import measure_witnesses, read_witnesses
from minyi.ledger.services import logs, witnesses

from .given import LEDGER_KEY, given_cosigner, given_witness, keep_logs_in

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
URL = "https://vote.example/ledger/windows"


@pytest.fixture(autouse=True)
def logs_are_kept(settings, tmp_path):
    keep_logs_in(settings, tmp_path / "ledger")


@pytest.fixture
def agency(db):
    return given_agency()


class Outside:
    """Organisations outside, each with a witness programme that knows the given logs."""

    def __init__(self, tmp_path: Path, agency) -> None:
        self.tmp_path, self.agency, self.count = tmp_path, agency, 0
        self.running = ExitStack()

    def named(self, **fields: object) -> Witness:
        """An organisation in the register whose programme does not run."""
        self.count += 1
        return given_witness(self.agency, self.count, **{"since": NOW.date(), **fields})

    def start(self, row: Witness, *keys: str) -> WitnessProgram:
        cosigner = given_cosigner(int(row.key_name[1:-8]))
        folder = self.tmp_path / row.key_name
        program = WitnessProgram(folder, cosigner, [parse_vkey(key) for key in keys], disk=Disk())
        self.running.callback(program.close)
        Witness.objects.filter(pk=row.pk).update(url=self.serve(WitnessServer(PLACE, program)))
        return program

    def serve(self, server: ThreadingHTTPServer) -> str:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        self.running.callback(thread.join)
        self.running.callback(server.server_close)
        self.running.callback(server.shutdown)
        return f"http://127.0.0.1:{server.server_port}"


PLACE = ("127.0.0.1", 0)


@pytest.fixture
def outside(tmp_path, agency):
    found = Outside(tmp_path, agency)
    with found.running:
        yield found


def given_log(agency, entries: int = 3, *, public_from=NOW) -> Log:
    """A log that has begun; the witnesses of the moment are in its policy."""
    row = logs.open_log(
        name="windows", round_id=1, origin=lambda folder: f"vote.example/{folder}", now=NOW
    )
    policy = witnesses.name_witnesses(folder=row.folder, url=URL, agency_id=agency.pk, now=NOW)
    folders.write_beside(row.folder, "policy", policy)
    folders.write_beside(row.folder, "vkey", f"{row.vkey}\n")
    folders.write_beside(row.folder, "public_from", str(int(public_from.timestamp() * 1000)))
    with LogWriter.create(folders.path_of(row.folder), signer()) as writer:
        writer.append([b"entry 0"])
        for number in range(1, entries):
            writer.append([b"entry %d" % number])
    return row


def signer():
    return read_signer(folders.path_of("windows"), LEDGER_KEY.encode())


@contextmanager
def writing():
    with LogWriter.open(folders.path_of("windows"), signer()) as writer:
        yield writer


def ask(now=NOW, **how) -> None:
    witnesses.ask_witnesses(folder="windows", now=now, **how)


def states() -> list[tuple[str, int]]:
    return [(one.state, one.size) for one in read_witnesses("windows").witnesses]


def served(name: str) -> bytes:
    found = room.find_file(f"/ledger/windows/{name}", int(NOW.timestamp() * 1000))
    return found.content if isinstance(found, room.File) else b""


def strangers_size() -> int:
    """Return the size at which somebody with the policy file accepts the served log."""

    class Served(FolderSource):
        def read(self, path, limit):
            if path in ("checkpoint", "cosigned"):
                path = path if served(path) else "nowhere"
                return served(path) or super().read(path, limit)
            return super().read(path, limit)

    policy = parse_policy(folders.read_beside("windows", "policy").encode())
    return open_log(Served(folders.path_of("windows")), policy).size


# --- Who ------------------------------------------------------------------------------------------


def test_the_policy_asks_for_more_than_half_of_those_whose_time_is_now(outside, agency):
    for _number in range(3):
        outside.named()
    outside.named(since=NOW.date() + timedelta(days=1))
    outside.named(since=NOW.date() - timedelta(days=9), until=NOW.date() - timedelta(days=1))
    given_log(agency)
    policy = parse_policy(folders.read_beside("windows", "policy").encode())
    assert policy.groups["witnesses"].threshold == 2
    assert policy.groups["witnesses"].members == ("w1", "w2", "w3")
    assert policy.quorum == "witnesses"
    assert read_witnesses("windows").quorum == 2


def test_without_witnesses_the_policy_asks_for_none(agency):
    given_log(agency)
    assert folders.read_beside("windows", "policy").endswith("\nquorum none\n")
    found = read_witnesses("windows")
    assert (found.witnesses, found.quorum, found.has_quorum(1)) == ((), 0, False)
    assert not OutboxMessage.objects.filter(topic=witnesses.TOPIC).exists()


def test_naming_again_before_the_opening_follows_the_register(outside, agency):
    first, second = outside.named(), outside.named()
    row = given_log(agency)
    Witness.objects.filter(pk=first.pk).update(
        since=NOW.date() - MINUTE * 1440 * 2, until=NOW.date() - MINUTE * 1440
    )
    witnesses.name_witnesses(folder=row.folder, url=URL, agency_id=agency.pk, now=NOW)
    assert [one.witness_id for one in row.witnesses.all()] == [second.pk]


# --- Asking ---------------------------------------------------------------------------------------


def test_cosignatures_are_kept_and_served_and_the_quorum_opens(outside, agency):
    rows = [outside.named() for _number in range(3)]
    log = given_log(agency)
    for row in rows[:2]:
        outside.start(row, log.vkey)
    ask()
    assert states() == [("good", 3), ("good", 3), ("down", 0)]
    assert served("checkpoint").count(b"\n\xe2\x80\x94 ") == 3
    assert served("checkpoints/3") == served("checkpoint") == served("cosigned")
    assert strangers_size() == 3
    found = read_witnesses("windows")
    assert (found.size, found.seen_by(3), found.has_quorum(3)) == (3, 2, True)


def test_while_the_log_grows_a_stranger_reads_it_where_the_quorum_has_been(outside, agency):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    ask()
    with writing() as writer:
        writer.append([b"more"])
    assert peek_checkpoint(served("checkpoint")).size == 4
    assert served("checkpoint").count(b"\xe2\x80\x94 ") == 1
    assert strangers_size() == 3
    ask(NOW + MINUTE)
    assert strangers_size() == 4
    assert peek_checkpoint(served("cosigned")).size == 4


def test_the_writer_goes_on_and_needs_no_witness(outside, agency):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    with writing() as writer:
        ask()  # the folder is held by its writer: nobody waits for anybody
        assert states() == [("good", 3)]
        writer.append([b"more"])
        assert writer.size == 4


def test_nobody_waits_a_minute_for_a_witness_that_has_just_signed(outside, agency):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    ask()
    with writing() as writer:
        writer.append([b"more"])
    ask(NOW + MINUTE / 2)
    assert states() == [("good", 3)]
    ask(NOW + MINUTE / 2, at_once=True)
    assert states() == [("good", 4)]


def test_a_witness_that_is_down_is_asked_again_after_a_pause_that_grows(outside, agency):
    row = outside.named()
    log = given_log(agency)
    pauses = []
    moment = NOW
    for _attempt in range(6):
        ask(moment)
        found = LogWitness.objects.get()
        pauses.append(found.next_at - moment)
        moment = found.next_at
    assert pauses == [MINUTE * times for times in (1, 2, 4, 8, 10, 10)]
    assert found.failures == 6
    outside.start(row, log.vkey)
    ask(moment)
    assert states() == [("good", 3)]
    assert LogWitness.objects.get().failures == 0


def test_what_a_killed_worker_did_not_write_down_the_witness_tells(outside, agency):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    ask()
    kept = served("cosigned")
    LogWitness.objects.update(size=0, state="new", next_at=NOW)  # killed before its commit
    (folders.path_of("windows") / ".writer/cosigned/3").unlink()  # and before its file
    ask()
    assert states() == [("good", 3)]
    assert served("cosigned").split(b"\n\n")[0] == kept.split(b"\n\n")[0]
    assert strangers_size() == 3


def test_two_workers_do_not_ask_one_witness_at_once(outside, agency):
    outside.named()
    given_log(agency)
    row = LogWitness.objects.get()
    assert witnesses._claim(row, NOW)
    assert not witnesses._claim(row, NOW)


# --- Refusals -------------------------------------------------------------------------------------


def test_a_witness_that_does_not_know_the_log_says_so(outside, agency):
    row = outside.named()
    given_log(agency)
    outside.start(row)
    ask()
    (found,) = read_witnesses("windows").witnesses
    assert (found.state, found.size, found.is_alarming) == ("refused", 0, False)
    assert "没有登记本账本" in found.refusal


@pytest.mark.parametrize("entries", [3, 5])
def test_a_forked_log_is_refused_and_raises_the_alarm(outside, agency, tmp_path, entries):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    ask()
    original = folders.path_of("windows")
    fork = tmp_path / "fork"
    with LogWriter.create(fork, signer()) as writer:
        for number in range(entries):
            writer.append([b"another entry %d" % number])
    for name in ("checkpoint", "checkpoints", "tile"):
        (original / name).rename(tmp_path / f"old-{name}")
        (fork / name).rename(original / name)
    LogWitness.objects.update(next_at=NOW, size=0)
    ask()
    (found,) = read_witnesses("windows").witnesses
    assert (found.state, found.is_alarming) == ("refused", True)
    assert "不是它以前见过的那一本" in found.refusal
    # The cosignature of the true history does not slip under the false one.
    assert served("checkpoint").count(b"\xe2\x80\x94 ") == 1


def test_a_log_put_back_to_an_older_state_is_refused(outside, agency):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    ask()
    path = folders.path_of("windows")
    (path / "checkpoint").write_bytes((path / "checkpoints/2").read_bytes())
    LogWitness.objects.update(next_at=NOW, size=0)
    ask()
    (found,) = read_witnesses("windows").witnesses
    assert (found.state, found.is_alarming) == ("refused", True)
    assert "更长的账本" in found.refusal


def test_a_worker_that_another_has_overtaken_raises_no_alarm(outside, agency, monkeypatch, caplog):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    older = folders.read_note("windows")
    with writing() as writer:
        writer.append([b"entry 3"])
    ask()
    LogWitness.objects.update(next_at=NOW, size=0)  # as the slower worker has read the row
    monkeypatch.setattr(witnesses, "_note_to_show", lambda *_: older)
    ask()
    assert states() == [("good", 0)]
    assert LogWitness.objects.get().failures == 0
    assert "witness_missing" not in caplog.text


class _Elsewhere(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.asked.append(self.path)
        self.send_response(307)
        self.send_header("Location", "/inner/secret")
        self.end_headers()

    def log_message(self, *_args) -> None:
        pass


def test_redirects_are_not_followed(outside, agency):
    row = outside.named()
    given_log(agency)
    _Elsewhere.asked = []
    url = outside.serve(ThreadingHTTPServer(PLACE, _Elsewhere))
    Witness.objects.filter(pk=row.pk).update(url=url)
    ask()
    assert _Elsewhere.asked == ["/add-checkpoint"]
    (found,) = read_witnesses("windows").witnesses
    assert found.state == "refused"
    assert "307" in found.refusal


def test_our_own_machine_is_no_witness_where_it_matters(outside, agency, settings):
    settings.WITNESSES_MAY_BE_LOCAL = False
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    ask()
    (found,) = read_witnesses("windows").witnesses
    assert (found.state, found.size) == ("refused", 0)
    assert "指向本机" in found.refusal


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "169.254.169.254", "::ffff:127.0.0.1", "0.0.0.0", "fe80::1%eth0"],
)
def test_addresses_that_are_no_other_machine(settings, address):
    settings.WITNESSES_MAY_BE_LOCAL = False
    with pytest.raises(Rejected):
        witnesses._check_peer(address)


@pytest.mark.parametrize("address", ["203.0.113.7", "10.1.2.3", "2001:db8::7"])
def test_networks_of_the_government_are_other_machines(settings, address):
    settings.WITNESSES_MAY_BE_LOCAL = False
    witnesses._check_peer(address)


# --- When -----------------------------------------------------------------------------------------


def test_while_counts_are_hidden_witnesses_see_the_rules_alone(outside, agency):
    row = outside.named()
    log = given_log(agency, entries=5, public_from=NOW + MINUTE)
    outside.start(row, log.vkey)
    ask()
    assert states() == [("good", 1)]
    ask(NOW + MINUTE)
    assert states() == [("good", 5)]


def test_the_worker_asks_by_itself_and_at_once_after_an_act(outside, agency):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    moment = [NOW]
    worker = Worker(clock=lambda: moment[0])
    worker.run_due()
    assert states() == [("good", 3)]
    logs.append(folder="windows", entry={"type": "event", "t": 1, "what": "paused"}, now=NOW)
    moment[0] = NOW + timedelta(seconds=1)
    worker.run_due()
    assert states() == [("good", 4)]
    with writing() as writer:
        writer.append([b"more"])
    moment[0] = NOW + MINUTE * 2
    worker.run_due()
    assert states() == [("good", 5)]
    tick = OutboxMessage.objects.get(topic=witnesses.TOPIC, key="tick")
    assert (tick.state, tick.due_at) == ("waiting", moment[0] + witnesses.LOOK)


def test_a_log_at_rest_is_looked_at_seldom(outside, agency):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    ask()
    later = datetime.now(tz=UTC) + timedelta(days=30)
    ask(later)
    assert LogWitness.objects.get().next_at - later == timedelta(hours=1)


def test_monitoring_sees_who_fails_and_since_when(outside, agency):
    first, _second = outside.named(), outside.named()
    log = given_log(agency)
    outside.start(first, log.vkey)
    ask()
    assert measure_witnesses(now=NOW + MINUTE)[1] == 60
    figures._read()
    said = generate_latest().decode()
    assert 'minyi_ledger_witnesses{state="good"} 1.0' in said
    assert 'minyi_ledger_witnesses{state="down"} 1.0' in said
    assert "minyi_ledger_witness_late_seconds" in said


# --- Killed ---------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for kill -9: nothing catches it, nothing is tidied up."""


STEPS = ("_ask", "_keep", "_add_line", "write_cosigned:1", "write_cosigned:2", "save")


@pytest.mark.parametrize("step", STEPS)
def test_a_worker_killed_at_any_step_loses_no_cosignature_and_asks_again(
    outside, agency, monkeypatch, step
):
    row = outside.named()
    log = given_log(agency)
    outside.start(row, log.vkey)
    with monkeypatch.context() as patched:
        kill_at(step, patched)
        with pytest.raises(Killed), transaction.atomic():
            ask()
    with writing() as writer:  # the vote has gone on meanwhile
        writer.append([b"more"])
    ask(NOW + witnesses.LEASE)
    assert states() == [("good", 4)]
    assert strangers_size() == 4
    for size in (3, 4):  # what is there is whole
        assert served(f"checkpoints/{size}").startswith(f"vote.example/windows\n{size}\n".encode())


def kill_at(step: str, patched: pytest.MonkeyPatch) -> None:
    """Let the process end after that step, the n-th time it comes there."""
    name, _colon, times = step.partition(":")
    place = folders if name == "write_cosigned" else LogWitness if name == "save" else witnesses
    whole, came = getattr(place, name), []

    def then_die(*said, **named):
        came.append(whole(*said, **named))
        if len(came) == int(times or 1):
            raise Killed
        return came[-1]

    patched.setattr(place, name, then_die)


def test_several_workers_at_once_keep_every_line(outside, agency):
    rows = [outside.named() for _number in range(3)]
    log = given_log(agency)
    for row in rows:
        outside.start(row, log.vkey)
    note = folders.read_note("windows")
    found = list(LogWitness.objects.select_related("log", "witness"))
    answers = [witnesses._ask(one, note) for one in found]  # each by a worker of its own
    for answer in filter(None, reversed(answers)):
        witnesses._keep(answer, note, NOW)
    assert served("checkpoint").count(b"\n\xe2\x80\x94 ") == 4
    assert states() == [("good", 3)] * 3
