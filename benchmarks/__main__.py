# SPDX-License-Identifier: Apache-2.0
"""`make bench`: run every question, one after the other, and write RESULTS.md.

Every figure stands beside its floor, measured in the same run: absolute times mean nothing on a
shared machine, ratios do.
"""

import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
QUESTIONS = ("ballots", "serving", "audit", "callbacks", "pages", "integrity")


def main() -> int:
    """Run the questions named on the command line, or all."""
    asked = sys.argv[1:] or QUESTIONS
    for question in asked:
        print(f"── {question}", flush=True)
        subprocess.run(
            [sys.executable, "-m", f"benchmarks.{question}"], cwd=HERE.parent, check=True
        )
    (HERE / "RESULTS.md").write_text(report())
    print(f"── written {HERE / 'RESULTS.md'}")
    return 0


def report() -> str:
    """Return the page of results from what each question left in results/."""
    parts = [_heading()]
    for question in QUESTIONS:
        path = HERE / "results" / f"{question}.json"
        if path.exists():
            parts.append(_section(question, json.loads(path.read_text())))
    return "\n".join(parts)


def _heading() -> str:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return (
        "# Benchmark results\n\n"
        f"{datetime.now(tz=UTC):%Y-%m-%d} · commit {commit or 'unknown'} · {os.cpu_count()} cores"
        f" · Python {platform.python_version()} · command `make bench`\n\n"
        "Every ratio compares figures of the same run on the same machine. The load generator "
        "shares the cores with the server.\n"
    )


def _section(question: str, result: dict[str, object]) -> str:
    lines = [f"## {result.get('title', question)}", ""]
    lines += ["| claim | measured | floor or limit | ratio | |", "|---|---|---|---|---|"]
    for row in result["rows"]:  # type: ignore[attr-defined]
        verdict = "met" if row["met"] else "**not met**"
        lines.append(
            f"| {row['claim']} | {row['measured']} | {row['floor']} | {row['ratio']} | {verdict} |"
        )
    if note := result.get("note"):
        lines += ["", str(note)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
