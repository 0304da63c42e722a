# SPDX-License-Identifier: Apache-2.0
"""Logs of ours under the Go project's checksum-database packages."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from votelog import LogWriter
from votelog_given import given_entries, given_log, given_signer

KEY = given_signer().verifier
PROGRAM = Path(__file__).parent / "go/verify.go"
GOPATH = Path("/usr/share/gocode")  # where Debian's golang-golang-x-mod-dev lies
GO = shutil.which("go")

pytestmark = pytest.mark.skipif(
    GO is None or not (GOPATH / "src/golang.org/x/mod/sumdb/tlog").is_dir(),
    reason="golang or golang-golang-x-mod-dev is not installed",
)


@pytest.fixture(scope="module")
def verifier(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("go")
    environment = {
        **os.environ,
        "GO111MODULE": "off",
        "GOPATH": str(GOPATH),
        "GOCACHE": str(folder / "cache"),
        "GOFLAGS": "",
    }
    command = [GO, "build", "-o", folder / "verify", PROGRAM]
    subprocess.run(command, check=True, env=environment, timeout=110)
    return folder / "verify"


def verified(verifier: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [str(one) for one in (verifier, *arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("sizes", [[], [1], [2, 1], [255, 1, 1], [600, 100], [65_536, 4_464]])
def test_another_implementation_verifies_our_logs_and_receipts(verifier, tmp_path, sizes):
    log = tmp_path / "log"
    receipts = []
    with LogWriter.create(log, given_signer()) as writer:
        for size in sizes:
            sealed = writer.append(given_entries(size, writer.size))
            for index in {sealed.start, (sealed.start + sealed.end) // 2, sealed.end - 1}:
                receipts.append(tmp_path / f"{sealed.end}-{index}.tlog-proof")
                receipts[-1].write_bytes(sealed.receipt(index))
    answer = verified(verifier, log, KEY.vkey(), *receipts)
    assert answer.stderr == ""
    size, past = sum(sizes), len(sizes) + 1
    assert answer.stdout.startswith(f"size {size} tiles ")
    assert answer.stdout.endswith(f" past {past} receipts {len(receipts)}\n")


@pytest.mark.parametrize(
    "path", ["checkpoint", "checkpoints/250", "tile/0/000", "tile/1/000.p/1", "tile/entries/000"]
)
def test_another_implementation_refuses_what_we_refuse(verifier, tmp_path, path):
    given_log(tmp_path, [given_entries(250), given_entries(50, 250)])
    whole = (tmp_path / path).read_bytes()
    (tmp_path / path).write_bytes(whole[:10] + bytes([whole[10] ^ 1]) + whole[11:])
    answer = verified(verifier, tmp_path, KEY.vkey())
    assert answer.returncode == 1
    assert answer.stderr
