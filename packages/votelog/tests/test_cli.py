# SPDX-License-Identifier: Apache-2.0
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from votelog import Cosigner, LogWriter, parse_cosigner_vkey, peek_checkpoint, request_cosignature
from votelog import FolderSource as Folder
from votelog._cli import main
from votelog_given import (
    PORTS,
    given_closed_vote,
    given_entries,
    given_log,
    given_signer,
    served_folder,
)

KEY = given_signer().verifier
VKEY = ["--vkey", KEY.vkey()]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    vote = given_closed_vote(20)
    return given_log(tmp_path / "log", [vote[:10], vote[10:]])


@pytest.fixture
def say(capsys):
    def run(*arguments: object) -> tuple[int, str, str]:
        code = main([str(one) for one in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_clean_log_is_said_to_be_clean(log, say):
    assert say("audit", log, *VKEY) == (0, "Clean: 28 entries under one signed root.\n", "")
    code, out, _ = say("audit", log, *VKEY, "--json", "--since", log / "checkpoints/10")
    answer = json.loads(out)
    assert (code, answer["ok"], answer["size"], answer["findings"]) == (0, True, 28, [])


def test_a_finding_is_named_and_the_exit_code_is_one(log, say):
    (log / "tile/0/000.p/28").write_bytes(b"short")
    code, out, err = say("audit", log, *VKEY)
    assert (code, out) == (1, "")
    assert err == "tile_truncated: tile/0/000.p/28 has 5 bytes; it must have 896.\n"
    code, out, _ = say("audit", log, *VKEY, "--json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["code"], finding["path"]) == (1, "tile_truncated", "tile/0/000.p/28")


def test_a_receipt_is_made_and_verified(log, say, tmp_path):
    receipt = tmp_path / "7.tlog-proof"
    assert say("prove", log, 7, *VKEY, "--out", receipt)[0] == 0
    assert say("verify", receipt, *VKEY) == (0, "Proven: entry 7 of 28.\n", "")
    assert say("verify", receipt, *VKEY, "--log", log)[0] == 0
    printed = say("prove", log, 7, *VKEY)[1]
    assert printed == receipt.read_text()
    assert say("verify", receipt, receipt, *VKEY)[2].startswith("receipt_clash: ")
    (tmp_path / "entry").write_bytes(b"x")
    assert say("verify", receipt, "--entry", tmp_path / "entry", *VKEY)[0] == 1
    code, out, _ = say("verify", receipt, *VKEY, "--json")
    assert (code, json.loads(out)["receipts"][0]["index"]) == (0, 7)
    stranger = given_signer(seed=9).verifier.vkey()
    assert say("verify", receipt, "--vkey", stranger)[2].startswith("signature_missing: ")
    assert (
        say("prove", log, 28, *VKEY)[2] == "index_outside: There is no entry 28 in a log of 28.\n"
    )


def test_a_log_that_grew_is_consistent_and_one_that_shrank_is_not(log, say, tmp_path):
    kept = shutil.copy(log / "checkpoint", tmp_path / "kept")
    with LogWriter.open(log, given_signer()) as writer:
        writer.append(given_entries(3))
    code, out, _ = say("consistency", log, "--old", kept, *VKEY)
    assert (code, out) == (0, "Proven: 31 entries continue the 28 of then.\n")
    assert say("consistency", log, "--size", 10, *VKEY)[0] == 0
    assert (
        say("consistency", log, "--size", 11, *VKEY)[2]
        == "file_missing: checkpoints/11 is missing.\n"
    )
    newest = shutil.copy(log / "checkpoint", tmp_path / "newest")
    shutil.copy(log / "checkpoints/10", log / "checkpoint")
    assert say("consistency", log, "--old", newest, *VKEY)[2].startswith("rolled_back: ")


def test_the_count_is_printed(log, say):
    code, out, _ = say("recount", log, *VKEY)
    assert code == 0
    assert "17 counted, 2 under review, 1 void. Result in the log: equal." in out
    answer = json.loads(say("recount", log, *VKEY, "--json")[1])
    assert answer["tally"] == {"01": 0, "02": 12, "03": 0, "07": 12, "12": 5}


def test_a_log_is_audited_over_http(log, say):
    with served_folder(log) as address:
        assert say("recount", address, *VKEY)[0] == 0
        assert say("audit", address, *VKEY)[0] == 0


def test_an_unreachable_log_has_its_own_exit_code(say):
    assert say("audit", "http://127.0.0.1:1", *VKEY)[0] == 3


def test_a_policy_file_says_whom_to_trust(log, say, tmp_path):
    policy = tmp_path / "policy"
    policy.write_text(f"log {KEY.vkey()}\nquorum none\n")
    assert say("audit", log, "--policy", policy)[0] == 0
    witness = Cosigner("w.example", bytes(32)).verifier.vkey()
    policy.write_text(f"log {KEY.vkey()}\nwitness W {witness}\nquorum W\n")
    assert say("audit", log, "--policy", policy)[2].startswith("quorum_missing: ")
    key = tmp_path / "vkey"
    key.write_text(KEY.vkey() + "\n")
    assert say("audit", log, "--vkey", f"@{key}")[0] == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["audit", "nowhere", *VKEY], "file_missing"),
        (["audit", "gopher://x", *VKEY], "address_malformed"),
        (["audit", "x", "--vkey", "x"], "vkey_malformed"),
        (["audit", "x", "--vkey", "@nowhere"], "file_unreadable"),
        (["audit", "x", "--policy", "nowhere"], "file_unreadable"),
        (["verify", "nowhere", *VKEY], "file_unreadable"),
    ],
)
def test_a_wrong_argument_is_named(say, arguments, code):
    exit_code, _, err = say(*arguments)
    assert (exit_code, err.split(":")[0]) == (1, code)


@pytest.mark.parametrize("arguments", [[], ["audit"], ["audit", "x"], ["audit", "x", *VKEY, "--y"]])
def test_a_wrong_command_is_a_usage_error(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: votelog" in capsys.readouterr().err


def given_witness(folder: Path, *more: str) -> subprocess.Popen:
    source = Path(__file__).parent.parent / "src"
    command = [
        sys.executable,
        "-m",
        "votelog",
        "witness",
        "--name",
        "w.example",
        "--folder",
        folder,
    ]
    command += ["--log", KEY.vkey(), *more]
    return subprocess.Popen(
        [str(one) for one in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(source)},
    )


def test_one_command_makes_a_witness(log, tmp_path):
    note = (log / "checkpoint").read_bytes()
    for _ in range(2):  # the second time with the key of the first
        with given_witness(tmp_path / "w", "--port", str(PORTS[-1])) as witness:
            vkey = witness.stdout.readline().split()[-1]
            address = witness.stderr.readline().split()[-1]
            line = request_cosignature(
                url=address,
                witness=parse_cosigner_vkey(vkey),
                source=Folder(log),
                checkpoint=peek_checkpoint(note),
                note=note,
            )
            assert line.name == "w.example"
            with given_witness(tmp_path / "other", "--port", str(PORTS[-1])) as second:
                assert second.wait(5) == 3
                assert second.stderr.read().startswith("address_unusable: ")
            witness.send_signal(signal.SIGINT)
            assert witness.wait(5) == 0
    key = tmp_path / "w/key"
    assert key.stat().st_mode & 0o777 == 0o600
    key.write_text("short\n")
    with given_witness(tmp_path / "w") as witness:
        assert witness.wait(5) == 1
        assert witness.stderr.read().startswith("base64_malformed: ")
