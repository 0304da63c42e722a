# SPDX-License-Identifier: Apache-2.0
"""Evidence: made the same way each time, checked offline, and every change in it is named."""

import io
import json
import random
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from votelog import (
    ChoiceSealer,
    Cosigner,
    LogWriter,
    check_evidence,
    encode_canonical,
    join_note,
    peek_checkpoint,
    plan_evidence,
    public_of,
    split_note,
    zipapp,
)
from votelog import _ed25519 as ed25519
from votelog import _zip as zips
from votelog._cli import main
from votelog._evidence import is_act
from votelog_given import given_adjudication, given_ballot, given_manifest, given_signer

SIGNER = given_signer()
COSIGNER = Cosigner("w.example", bytes([7]) * 32)
SEAL_KEY = bytes([5]) * 32
SEAL = public_of(SEAL_KEY)
RULES = b'{"title":"rules"}\n'
POLICY = (
    f"log {SIGNER.verifier.vkey()}\nwitness w1 {COSIGNER.verifier.vkey()}\n"
    "group witnesses 1 w1\nquorum witnesses\n"
).encode()
BESIDE = {"vkey": f"{SIGNER.verifier.vkey()}\n".encode(), "rules": RULES, "policy": POLICY}


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


@pytest.fixture(scope="module")
def log(tmp_path_factory) -> Path:
    """A vote of 300 ballots, one struck out, closed; the witness has seen its end."""
    folder = tmp_path_factory.mktemp("log")
    first = given_manifest(rules=digest(RULES), policy=digest(POLICY))
    with LogWriter.create(folder, SIGNER) as writer:
        writer.append([encode_canonical(first)])
        writer.append([encode_canonical(given_ballot(number)) for number in range(300)])
        writer.append([encode_canonical(given_adjudication("void", [[1, 2]]))])
        close = {"type": "close", "t": first["closes"], "size": 302, "tally_code": digest(b"")}
        writer.append([encode_canonical(close)])
    return folder


def planned(log: Path, **others: bytes):
    note = (log / "checkpoint").read_bytes()
    text, lines = split_note(note)
    cosigned = join_note(text, [*lines, COSIGNER.cosign(text, seconds=1_790_000_000)])
    past = {f"checkpoints/{one.name}": one.read_bytes() for one in (log / "checkpoints").iterdir()}
    notes = {**past, "checkpoint": cosigned, "cosigned": cosigned}
    return plan_evidence(
        folder=log, key=SIGNER.verifier, notes=notes, beside=BESIDE, others=dict(others)
    )


@pytest.fixture(scope="module")
def archive(log, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("evidence") / "evidence.zip"
    path.write_bytes(b"".join(planned(log).chunks()))
    return path


def codes(place: Path, **how) -> set[str]:
    return {finding.code for finding in check_evidence(place, **how).findings}


def test_the_archive_is_whole_and_says_what_it_proves(archive):
    checked = check_evidence(archive, key=SIGNER.verifier)
    assert checked.findings == ()
    assert (checked.checkpoint.size, checked.count.counted, checked.count.void) == (303, 299, 1)
    assert (checked.witnesses, checked.seen, checked.has_quorum) == (1, ("w.example",), True)


def test_the_same_log_gives_the_same_bytes_of_the_length_that_was_told(log, archive):
    again = planned(log)
    assert b"".join(again.chunks()) == archive.read_bytes()
    assert again.length == len(archive.read_bytes())


@pytest.mark.parametrize("ballots", [0, 1, 254, 255, 256])
def test_logs_of_every_shape_go_in_and_come_out(tmp_path, ballots):
    folder = tmp_path / "log"
    with LogWriter.create(folder, SIGNER) as writer:
        first = given_manifest(rules=digest(RULES), policy=digest(POLICY))
        votes = [given_ballot(number) for number in range(ballots)]
        writer.append([encode_canonical(entry) for entry in (first, *votes)])
    archive = tmp_path / "e.zip"
    archive.write_bytes(b"".join(planned(folder).chunks()))
    assert codes(archive) == set()


def test_any_unpacking_programme_reads_it(archive, tmp_path):
    with ZipFile(archive) as opened:
        assert opened.testzip() is None
        opened.extractall(tmp_path)
        acts = json.loads(opened.read("decisions.json"))
    assert [act["entry"]["type"] for act in acts] == ["manifest", "void", "close"]
    assert codes(tmp_path, key=SIGNER.verifier) == set()


def test_the_verifier_inside_runs_on_a_machine_with_nothing_but_python(log, tmp_path):
    tools = planned(log, **{"verifier/votelog.pyz": zipapp()})
    whole = tmp_path / "evidence.zip"
    whole.write_bytes(b"".join(tools.chunks()))
    shutil.unpack_archive(whole, tmp_path / "empty")
    # -I and -S: no packages, no environment; -X importtime would show `cryptography` missing.
    command = [sys.executable, "-I", "-S", "verifier/votelog.pyz", "evidence", "."]
    options = {"cwd": tmp_path / "empty", "capture_output": True, "text": True, "timeout": 60}
    good = subprocess.run([*command, "--json"], check=False, **options)
    assert (good.returncode, good.stderr) == (0, "")
    assert json.loads(good.stdout)["counted"] == 299
    assert "have seen it, enough" in subprocess.run(command, check=False, **options).stdout
    bundle = tmp_path / "empty/log/tile/entries/000"
    bundle.write_bytes(bundle.read_bytes().replace(b'"ch":["12"]', b'"ch":["01"]', 1))
    bad = subprocess.run(command, check=False, **options)
    assert bad.returncode == 1
    assert "file_changed: log/tile/entries/000" in bad.stderr
    assert "entry_changed: tile/entries/000: entry" in bad.stderr


def test_every_changed_bit_is_noticed(archive, tmp_path):
    whole = archive.read_bytes()
    chance = random.Random(5)
    changed = tmp_path / "changed.zip"
    for at in sorted(chance.sample(range(len(whole)), 300)):
        bit = 1 << chance.randrange(8)
        changed.write_bytes(whole[:at] + bytes([whole[at] ^ bit]) + whole[at + 1 :])
        assert codes(changed), f"bit {bit} of byte {at}"


@pytest.mark.parametrize("cut", [0, 10, 1000, -1, -30])
def test_an_archive_cut_off_or_lengthened_is_refused(archive, tmp_path, cut):
    short = tmp_path / "short.zip"
    short.write_bytes(archive.read_bytes()[:cut])
    assert codes(short) == {"zip_malformed"}
    short.write_bytes(archive.read_bytes() + b"more")
    assert "zip_malformed" in codes(short)


class Forger:
    """Changes files and writes an archive in which index and form are right again."""

    def __init__(self, archive: Path, out: Path) -> None:
        self.out = out
        with ZipFile(archive) as opened:
            self.files = {name: opened.read(name) for name in opened.namelist()}

    def write(self) -> Path:
        index = json.loads(self.files.pop("bundle.json"))
        index["files"] = {path: digest(content) for path, content in self.files.items()}
        text = json.dumps(index, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"
        rows = [*sorted(self.files.items()), ("bundle.json", text)]
        self.out.write_bytes(b"".join(zips.zip_chunks(rows)))
        return self.out


@pytest.fixture
def forger(archive, tmp_path):
    return Forger(archive, tmp_path / "forged.zip")


@pytest.mark.parametrize(
    ("path", "old", "new", "code", "named"),
    [
        ("log/tile/entries/000", b'"ch":["12"]', b'"ch":["01"]', "entry_changed", "tile/entries"),
        ("decisions.json", b'"void"', b'"seen"', "promise_broken", "decisions.json"),
        ("rules", b"rules", b"RULES", "promise_broken", "rules"),
        ("policy", b"witnesses 1", b"witnesses any", "promise_broken", "policy"),
        ("vkey", b"vote", b"Vote", "promise_broken", "vkey"),
        ("log/checkpoint", b"\n303\n", b"\n302\n", "signature_false", ""),
        ("log/checkpoint", b"w.example ", b"x.example ", "", ""),
        ("proofs/302-close.tlog-proof", b"index 302", b"index 301", "evidence_proof_false", "302"),
    ],
)
def test_a_forgery_with_a_right_index_is_named(forger, path, old, new, code, named):
    assert old in forger.files[path]
    forger.files[path] = forger.files[path].replace(old, new, 1)
    checked = check_evidence(forger.write())
    if not code:  # a signature of nobody we know counts for nothing, and nobody has seen the log
        assert (checked.seen, checked.has_quorum) == ((), False)
        return
    assert code in {finding.code for finding in checked.findings}
    assert named in " ".join(str(finding) for finding in checked.findings)


def test_what_is_missing_or_too_much_is_named(forger, archive, tmp_path):
    with ZipFile(archive) as opened:
        opened.extractall(tmp_path / "open")
    (tmp_path / "open/proofs/0-manifest.tlog-proof").unlink()
    (tmp_path / "open/extra").write_text("x")
    assert {"file_missing", "stray_file"} <= codes(tmp_path / "open")
    del forger.files["log/tile/0/000"]
    assert "file_missing" in codes(forger.write())


def test_the_key_of_the_notice_decides(archive):
    assert codes(archive, key=given_signer(seed=9).verifier) == {"key_differs"}


def test_a_forged_cosignature_is_no_signature(forger):
    note = forger.files["log/checkpoint"]
    text, (line, seen) = split_note(note)
    false = type(seen)(seen.name, seen.key_id, seen.signature[:-1] + b"\0")
    forger.files["log/checkpoint"] = join_note(text, [line, false])
    assert "signature_false" in codes(forger.write())


def test_an_archive_made_while_the_log_grows_is_of_its_checkpoint(log, tmp_path):
    grown = tmp_path / "grown"
    shutil.copytree(log, grown)
    plan = planned(grown)
    with LogWriter.open(grown, SIGNER) as writer:
        writer.append([encode_canonical(given_ballot(900 + number)) for number in range(300)])
    (tmp_path / "a.zip").write_bytes(b"".join(plan.chunks()))
    assert (tmp_path / "a.zip").stat().st_size == plan.length
    assert codes(tmp_path / "a.zip") == set()
    assert peek_checkpoint((grown / "checkpoint").read_bytes()).size == 603


def test_the_command_speaks_plainly(archive, forger, capsys):
    assert main(["evidence", str(archive), "--vkey", SIGNER.verifier.vkey()]) == 0
    said = capsys.readouterr().out
    assert "Clean: 303 entries" in said
    assert "archive's own" not in said
    assert main(["evidence", str(archive)]) == 0
    assert "compare it with the official notice" in capsys.readouterr().out
    forger.files["rules"] += b" "
    assert main(["evidence", str(forger.write())]) == 1
    assert capsys.readouterr().err == "promise_broken: rules is not what the log says it is.\n"


def sealed_vote(folder: Path, *later: dict[str, object]) -> Path:
    """Three ballots whose choices are sealed, and the close; `later` stands behind it."""
    first = given_manifest(rules=digest(RULES), policy=digest(POLICY), seal=SEAL.hex())
    sealer = ChoiceSealer(campaign=first["campaign"], candidates=first["candidates"], public=SEAL)
    entries = [first]
    for number in (1, 2, 3):
        ballot = given_ballot(number)
        choice = sealer.seal(tuple(ballot.pop("ch")), tag=ballot["tag"], nonce=ballot["n"])
        entries.append(ballot | choice._asdict())
    entries.append({"type": "close", "t": first["closes"], "size": 4, "tally_code": digest(b"")})
    with LogWriter.create(folder, SIGNER) as writer:
        writer.append([encode_canonical(entry) for entry in (*entries, *later)])
    return folder


def test_a_sealed_vote_is_counted_once_its_key_is_in_the_log(tmp_path, capsys):
    closed = sealed_vote(tmp_path / "closed")
    (tmp_path / "a.zip").write_bytes(b"".join(planned(closed).chunks()))
    assert main(["evidence", str(tmp_path / "a.zip")]) == 0
    assert "there is no tally yet" in capsys.readouterr().out
    with ZipFile(tmp_path / "a.zip") as inside:
        acts = json.loads(inside.read("decisions.json"))
    assert [act["entry"]["type"] for act in acts] == ["manifest", "close"]
    key = {"type": "key", "t": given_manifest()["closes"] + 1, "key": SEAL_KEY.hex()}
    opened = sealed_vote(tmp_path / "opened", key)
    tools = planned(opened, **{"verifier/votelog.pyz": zipapp()})
    (tmp_path / "b.zip").write_bytes(b"".join(tools.chunks()))
    assert main(["evidence", str(tmp_path / "b.zip")]) == 0
    assert "  12  1\n" in capsys.readouterr().out
    shutil.unpack_archive(tmp_path / "b.zip", tmp_path / "empty")
    bare = [sys.executable, "-I", "-S", "verifier/votelog.pyz", "evidence", "."]
    options = {"cwd": tmp_path / "empty", "capture_output": True, "text": True, "timeout": 60}
    answer = subprocess.run(bare, check=False, **options)
    assert answer.returncode == 3
    assert "library_missing: Python's package «cryptography» is needed here" in answer.stderr


@pytest.mark.parametrize(
    ("entry", "acts"),
    [
        (given_ballot(1), False),
        (given_ballot(1) | {"x": "00ff"}, False),
        ({"type": "event", "what": {"type": "ballot"}}, True),
        ({"type": "event", "what": '"type":"ballot"}'}, True),
        ({"type": "event", "x": {"type": "ballot", "x": "00"}}, True),
        ({"a": {"type": "ballot"}, "type": "close"}, True),
    ],
)
def test_a_ballot_is_told_from_an_act_by_its_bytes(entry, acts):
    assert is_act(encode_canonical(entry)) is acts


# --- The pieces -----------------------------------------------------------------------------------


def test_an_archive_beyond_four_gigabytes_is_written_in_the_larger_form(monkeypatch):
    monkeypatch.setattr(zips, "_FAR", 100)
    monkeypatch.setattr(zips, "_MANY", 3)
    files = [(f"file-{number}", bytes([number]) * 40) for number in range(5)]
    whole = b"".join(zips.zip_chunks(files))
    assert len(whole) == zips.zip_length([(name, len(content)) for name, content in files])
    fields = whole[-zips._END.size :]
    assert fields[16:20] == (100).to_bytes(4, "little")  # Python reads the larger form at 2^32 - 1
    repaired = whole[: -zips._END.size] + fields[:16] + b"\xff" * 4 + fields[20:]
    repaired = repaired.replace((100).to_bytes(4, "little") + b"file", b"\xff" * 4 + b"file")
    with ZipFile(io.BytesIO(repaired)) as opened:
        assert [opened.read(name) for name in opened.namelist()] == [one for _, one in files]


def test_signatures_hold_alike_with_the_library_and_without():
    chance = random.Random(3)
    for _round in range(12):
        key = Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))
        public, message = key.public_key().public_bytes_raw(), chance.randbytes(50)
        signature = key.sign(message)
        at = chance.randrange(64)
        flipped = signature[:at] + bytes([signature[at] ^ 1 << chance.randrange(8)])
        flipped += signature[at + 1 :]
        larger = int.from_bytes(signature[32:], "little") + ed25519._ORDER
        malleable = signature[:32] + larger.to_bytes(32, "little")
        assert ed25519.holds_plainly(public, message, signature)
        for other in (flipped, malleable, signature[:-1], bytes(64)):
            assert not ed25519.holds_plainly(public, message, other)
            assert not ed25519.holds(public, message, other)
        assert not ed25519.holds_plainly(public, message + b".", signature)
        assert not ed25519.holds_plainly(chance.randbytes(32), message, signature)
