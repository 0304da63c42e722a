# SPDX-License-Identifier: Apache-2.0
"""Write, audit and recount a generated log; say seconds and memory; leave nothing behind.

    PYTHONPATH=packages/votelog/src python packages/votelog/benchmarks/audit.py [ballots]

Each step runs in its own process, so that its peak memory is its own.
"""

import argparse
import hashlib
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from votelog import (
    Audit,
    FolderSource,
    LogWriter,
    Signer,
    encode_canonical,
    open_log,
    policy_for,
    recount_log,
)

BATCH = 2_500
OPENS = 1_790_000_000_000
PH = hashlib.sha256(b"phase").hexdigest()
SIGNER = Signer("vote.example/c/benchmark", bytes(32))
LIMIT_S, LIMIT_MB = 60, 600


def manifest() -> bytes:
    return encode_canonical(
        {
            "type": "manifest", "v": 1, "campaign": "benchmark",
            "candidates": [f"{number:02d}" for number in range(40)],
            "opens": OPENS, "closes": OPENS + 10**9, "zone": 480, "ph": PH, "rules": PH,
            "rule": {"per": "day", "min": 1, "max": 5}, "tag_key": PH, "policy": PH,
            "code": "benchmark", "screening": "none", "appeal": OPENS + 2 * 10**9,
        }
    )  # fmt: skip


def ballot(number: int) -> bytes:
    digest = hashlib.sha256(b"%d" % number).hexdigest()
    first = number % 37
    return encode_canonical(
        {
            "type": "ballot", "t": OPENS + number % 5_000_000, "tag": digest[:32],
            "day": "2026-09-21", "n": digest[32:], "ph": PH,
            "ch": [f"{first:02d}", f"{first + 1:02d}", f"{first + 2:02d}"],
        }
    )  # fmt: skip


def write(folder: Path, ballots: int) -> dict[str, object]:
    """Write the log in batches; time the batches after the first million apart."""
    late, receipts = [], []
    with LogWriter.create(folder, SIGNER) as writer:
        writer.append([manifest()])
        while writer.size <= ballots:
            start = writer.size
            batch = [ballot(number) for number in range(start, min(start + BATCH, ballots + 1))]
            began = time.perf_counter()
            sealed = writer.append(batch)
            sealed_at = time.perf_counter()
            if start >= ballots // 2 and len(batch) == BATCH:
                late.append(sealed_at - began)
                for index in range(sealed.start, sealed.end):
                    sealed.receipt(index)
                receipts.append(time.perf_counter() - sealed_at)
    return {
        "append_ms": round(statistics.median(late) * 1000, 1),
        "append_p99_ms": round(sorted(late)[int(len(late) * 0.99)] * 1000, 1),
        "receipts_ms": round(statistics.median(receipts) * 1000, 1),
    }


def audit(folder: Path, _: int) -> dict[str, object]:
    reader = open_log(FolderSource(folder), policy_for(SIGNER.verifier))
    findings = Audit(reader, SIGNER.verifier).run()
    return {"size": reader.size, "findings": len(findings)}


def recount(folder: Path, _: int) -> dict[str, object]:
    reader = open_log(FolderSource(folder), policy_for(SIGNER.verifier))
    count = recount_log(reader, SIGNER.verifier)
    return {"counted": count.counted, "findings": len(count.findings)}


STEPS = {"write": write, "audit": audit, "recount": recount}


def run_step(step: str, folder: Path, ballots: int) -> None:
    began = time.perf_counter()
    facts = STEPS[step](folder, ballots)
    seconds = round(time.perf_counter() - began, 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    told = {"step": step, "seconds": seconds, "cpu_s": round(cpu_seconds(), 1), "peak_mb": peak}
    print(json.dumps(told | facts))


def cpu_seconds() -> float:
    """Return the processor time of this process and of those it started; no wall clock tells it."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ballots", nargs="?", type=int, default=2_000_000)
    parser.add_argument("--step", choices=STEPS)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.step:
        run_step(options.step, options.folder, options.ballots)
        return 0
    is_within = True
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            command = [sys.executable, __file__, str(options.ballots)]
            command += ["--step", step, "--folder", f"{folder}/log"]
            line = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            print(line, end="")
            measured = json.loads(line)
            if step != "write":
                is_within = is_within and measured["findings"] == 0
                is_within = is_within and measured["seconds"] < LIMIT_S
                is_within = is_within and measured["peak_mb"] < LIMIT_MB
    return 0 if is_within else 1


if __name__ == "__main__":
    raise SystemExit(main())
