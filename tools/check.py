# SPDX-License-Identifier: Apache-2.0
"""`make test`: lint, types, import contracts, then the suite on every database that is there.

SQLite always. PostgreSQL and Redis, where reachable, get the same suite again, without browsers
and without what is marked `once`; where not, that run is reported as skipped, by name.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

BIN = Path(sys.executable).parent
POSTGRES = os.environ.get("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/postgres")
REDIS = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379/0")
# The cores this process may use, which can be fewer than the machine has.
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
WORKERS = str(CORES or 2)
PYTEST = ["pytest", "-q", "-n", WORKERS, "--dist", "loadfile"]


@dataclass(frozen=True)
class Step:
    """One command of the check; `environment` is added to ours."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


LINT = [
    Step("lint", ["ruff", "check", "."]),
    Step("format", ["ruff", "format", "--check", "."]),
    Step("import contracts", ["lint-imports"]),
    Step("types", ["mypy"]),
]
SQLITE = Step(
    "tests on SQLite",
    [*PYTEST, "src", "tests", "packages"],
    {"DATABASE_URL": "sqlite:///:memory:", "REDIS_URL": ""},
)
CLUSTER = Step(
    "tests on PostgreSQL and Redis",
    [*PYTEST, "-m", "not browser and not once", "src/minyi", "tests"],
    {"DATABASE_URL": POSTGRES, "REDIS_URL": REDIS},
)
SPARK = Step("tests on Spark", ["make", "--no-print-directory", "test-cluster"])


def main() -> int:
    """Run the steps in order and stop at the first that fails."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=["lint"])
    only = parser.parse_args().only
    steps = [*LINT] if only == "lint" else [*LINT, SQLITE]
    skipped = []
    if only is None:
        missing = [url for url in (POSTGRES, REDIS) if not _answers(url)]
        if missing:
            skipped.append(f"{CLUSTER.name}: nothing answers at {', '.join(map(_place, missing))}")
        else:
            steps.append(CLUSTER)
        if shutil.which("java"):
            steps.append(SPARK)
        else:
            skipped.append(f"{SPARK.name}: there is no Java")
    for step in steps:
        if not _passes(step):
            return 1
    for reason in skipped:
        print(f"SKIPPED  {reason}")
    return 0


def _passes(step: Step) -> bool:
    started = time.monotonic()
    print(f"── {step.name} ", flush=True)
    program, *arguments = step.command
    outcome = subprocess.run(  # noqa: S603
        [str(BIN / program) if (BIN / program).exists() else program, *arguments],
        env={**os.environ, **step.environment},
        check=False,
    )
    verdict = "ok" if outcome.returncode == 0 else "FAILED"
    print(f"── {step.name}: {verdict} in {time.monotonic() - started:.0f} s", flush=True)
    return outcome.returncode == 0


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port}"


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "127.0.0.1", parts.port or 0), 1):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main())
