# SPDX-License-Identifier: Apache-2.0
"""Run the audit benchmark: `python -m benchmarks.audit`. The measuring is votelog's own."""

import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import Any

from benchmarks.ballots.rows import Row
from benchmarks.ballots.servers import ROOT

RESULTS = ROOT / "benchmarks" / "results" / "audit.json"
TOOL = ROOT / "packages" / "votelog" / "benchmarks" / "audit.py"
BALLOTS = 2_000_000
LIMIT_S, LIMIT_MB = 60, 600


def main() -> None:
    """Measure, print, and leave the rows for RESULTS.md."""
    lines = subprocess.run(
        [sys.executable, str(TOOL), str(BALLOTS)], stdout=subprocess.PIPE, text=True, check=False
    ).stdout.splitlines()
    steps = {step["step"]: step for step in map(json.loads, lines)}
    audit, recount, written = steps["audit"], steps["recount"], steps["write"]
    if (audit["size"], recount["counted"]) != (BALLOTS + 1, BALLOTS):
        raise AssertionError(f"Not every ballot was checked: {audit}, {recount}")
    rows = [*_rows("audit", audit), *_rows("recount (audit included)", recount)]
    note = (
        f"Each step in a process of its own, as `votelog` runs it. The log was written in "
        f"{written['seconds']:.0f} s, each batch of 2,500 on stable storage in "
        f"{written['append_ms']:.0f} ms (99 of 100: {written['append_p99_ms']:.0f} ms). Load "
        f"average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores."
    )
    result = {"title": "Checking a whole log", "rows": list(map(asdict, rows)), "note": note}
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        print(f"{row.claim}: {row.measured}, {row.floor}")
    print(note)


def _rows(words: str, step: dict[str, Any]) -> list[Row]:
    """Return time and memory of a step; what it found against a sound log counts as not met."""
    sound = step["findings"] == 0
    seconds, peak_mb = step["seconds"], step["peak_mb"]
    what = f"`votelog` {words} of {BALLOTS:,} ballots"
    return [
        Row(
            what,
            f"{seconds:.1f} s ({step['cpu_s']:.0f} s of processor time)",
            f"under {LIMIT_S} s",
            f"{seconds / LIMIT_S:.2f}",
            sound and seconds < LIMIT_S,
        ),
        Row(
            f"{what}: largest memory",
            f"{peak_mb} MB",
            f"under {LIMIT_MB} MB",
            f"{peak_mb / LIMIT_MB:.2f}",
            sound and peak_mb < LIMIT_MB,
        ),
    ]


if __name__ == "__main__":
    main()
