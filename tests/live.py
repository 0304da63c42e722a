# SPDX-License-Identifier: Apache-2.0
"""The product as a user runs it: `minyi serve` on free ports, with its own data."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import httpx

from wechat_sandbox.tests.live import free_port

START_S = 110  # an empty folder, on a machine that is busy with the other tests
STOP_S = 15
PASSWORD = "minyi-demo-2026"
# What belongs to the tests' own settings must not reach the product.
_OURS = ("MINYI_", "WECHAT_", "DJANGO_", "DATABASE_URL", "REDIS_URL", "PORT", "SANDBOX_PORT")


@dataclass(frozen=True, slots=True)
class Product:
    """A running product; `var` holds its data."""

    url: str
    sandbox_url: str
    var: Path

    @property
    def database(self) -> Path:
        return self.var / "db.sqlite3"

    def read(self, sql: str, *values: object) -> list[tuple]:
        """Return rows of the product's database."""
        return read_rows(self.database, sql, *values)


def read_rows(database: Path, sql: str, *values: object) -> list[tuple]:
    """Return rows of a database that others may be writing."""
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        return connection.execute(sql, values).fetchall()


@contextmanager
def running_product(var: Path) -> Iterator[Product]:
    """Run `minyi serve` on that folder until the block ends."""
    port, sandbox_port = free_port(), free_port()
    product = Product(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}", var)
    environment = {
        "PORT": str(port),
        "SANDBOX_PORT": str(sandbox_port),
        # It comes every ten minutes, with an engine of its own; who tests it runs it.
        "MINYI_SCREENING": "false",
    }
    command = [sys.executable, "-m", "minyi.config.cli", "serve"]
    with running(command, var, environment) as process:
        wait_until_ready(f"{product.url}/readyz", process)
        wait_until_ready(f"{product.sandbox_url}/people", process)
        yield product


def run(product: Product, *words: str) -> None:
    """Run a command of the product on its data, as its operator would."""
    ports = {"PORT": product.url, "SANDBOX_PORT": product.sandbox_url}
    ports = {name: url.rpartition(":")[2] for name, url in ports.items()}
    command = [sys.executable, "-m", "minyi.config.cli", *words]
    with running(command, product.var, ports) as process:
        assert process.wait(120) == 0


@contextmanager
def running(
    command: list[str], var: Path, environment: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a command of ours with its data in `var`; what it says is kept in `var`/said.txt."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    with (var / "said.txt").open("ab") as said:
        process = subprocess.Popen(
            command,
            env={**clean, "MINYI_VAR_DIR": str(var), **environment},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            yield process
        finally:
            stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End it as Ctrl-C does; if it does not listen, with everything in its group."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(STOP_S)


def companion_of(pid: int, module: str) -> int | None:
    """Return the process of that module (`ballotbox.companion`) which a server has started."""
    for child in _below(pid):
        with suppress(OSError):
            if module.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                return child
    return None


def _below(pid: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            fields = stat.read_text().rpartition(") ")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found[1:]


def wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    """Wait until the address answers 200; fail at once when the process has ended."""
    limit = time.monotonic() + START_S
    # One client: each new one reads all certificates of the machine, which takes longer than we do.
    with httpx.Client(timeout=2, trust_env=False, verify=False) as client:
        while time.monotonic() < limit:
            assert process.poll() is None, "the product ended before it was ready"
            try:
                if client.get(url).status_code == 200:
                    return
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
    raise AssertionError(f"{url} did not become ready in {START_S} s")


def copy_without_sessions(migrated: Path, target: Path) -> None:
    """Copy a database and take a migration back, without which nobody can log in."""
    shutil.copy(migrated, target)
    with closing(sqlite3.connect(target)) as rows, rows:
        rows.execute("DROP TABLE django_session")
        rows.execute("DELETE FROM django_migrations WHERE app = 'sessions'")


def copy_data(source: Path, target: Path) -> None:
    """Copy the folder of a product that may be running."""
    shutil.copytree(source, target, ignore=_unfinished)
    with (
        closing(sqlite3.connect(source / "db.sqlite3", timeout=10)) as original,
        closing(sqlite3.connect(target / "db.sqlite3")) as copy,
    ):
        original.backup(copy)


def _unfinished(folder: str, names: list[str]) -> list[str]:
    """Leave out the database, copied by its own means, and files that are being written."""
    if Path(folder).name == "tmp":
        return names
    return [name for name in names if name.startswith("db.sqlite3") or name == "said.txt"]


def let_time_pass(product: Product, slug: str, *, until: str) -> None:
    """Move one campaign into the past so far that the stage `until` opened a moment ago.

    A selection takes weeks, and nothing in the product can hurry a clock. So its timetable, its
    ballot paper, its ballots and its result all move back by one span: for the product this is the
    same as having waited. Nothing else is touched, and nothing opens or closes but by the clock.
    """
    with closing(sqlite3.connect(product.database, timeout=10)) as rows, rows:
        rows.execute("BEGIN IMMEDIATE")
        stages = rows.execute(
            "SELECT s.id, s.kind, s.opens_at, s.closes_at FROM campaigns_stage s"
            " JOIN campaigns_campaign c ON c.id = s.campaign_id WHERE c.slug = ?",
            (slug,),
        ).fetchall()
        opens = next(_moment(row[2]) for row in stages if row[1] == until)
        span = opens - datetime.now(opens.tzinfo) + timedelta(seconds=1)
        rows.executemany(
            "UPDATE campaigns_stage SET opens_at = ?, closes_at = ? WHERE id = ?",
            [(_text(_moment(o) - span), _text(_moment(c) - span), pk) for pk, _, o, c in stages],
        )
        ms = round(span.total_seconds() * 1000)
        rows.execute(
            "UPDATE campaigns_round SET opens_ms = opens_ms - ?, closes_ms = closes_ms - ?"
            " WHERE slug = ?",
            (ms, ms, slug),
        )
        _age_log(rows, product.var / "ledger", slug, ms)
        rows.execute(
            "UPDATE campaigns_ballot SET cast_ms = cast_ms - ?"
            " WHERE round_id = (SELECT id FROM campaigns_round WHERE slug = ?)",
            (ms, slug),
        )
        _age_result(rows, slug, span)


def _age_log(rows: sqlite3.Connection, ledger: Path, slug: str, ms: int) -> None:
    """Move what the public log promises as well.

    What stands in a log cannot be moved: once it has begun its ballots keep their times and count
    by them. Only our copy of the day until which it promises appeals still moves.
    """
    ((log, manifest),) = rows.execute(
        "SELECT log, manifest FROM campaigns_round WHERE slug = ?", (slug,)
    ).fetchall() or [("", "")]
    if not log:
        return
    public_from = ledger / log / ".writer" / "public_from"
    public_from.write_text(str(int(public_from.read_text()) - ms))
    begun = (ledger / log / "checkpoint").exists()
    promised = json.loads(manifest)
    for name in ("appeal",) if begun else ("opens", "closes", "appeal"):
        promised[name] -= ms
    moved = json.dumps(promised, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    rows.execute("UPDATE campaigns_round SET manifest = ? WHERE slug = ?", (moved, slug))


def _age_result(rows: sqlite3.Connection, slug: str, span: timedelta) -> None:
    """Move the moments at which the result was computed and signed back as well."""
    found = rows.execute(
        "SELECT r.id, r.computed_at, r.signed_at FROM campaigns_result r"
        " JOIN campaigns_campaign c ON c.id = r.campaign_id WHERE c.slug = ?",
        (slug,),
    ).fetchall()
    for pk, *moments in found:
        earlier = [_text(_moment(moment) - span) if moment else None for moment in moments]
        rows.execute(
            "UPDATE campaigns_result SET computed_at = ?, signed_at = ? WHERE id = ?",
            (*earlier, pk),
        )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+00:00")


def _text(moment: datetime) -> str:
    return moment.replace(tzinfo=None).isoformat(" ")
