# SPDX-License-Identifier: Apache-2.0
"""Servers of the benchmark: started, awaited, stopped by their own process id."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minyi.config.serve import GRANIAN

ROOT = Path(__file__).resolve().parents[2]
PORT = int(os.environ.get("MINYI_BENCH_PORT", "8110"))
TICKET_KEY = b"benchmark-ticket-key-of-32-bytes!"


@contextmanager
def granian(target: str, *, workers: int = 1, **environ: str) -> Iterator[int]:
    """Serve an ASGI application as `minyi serve` does and yield the port."""
    place = ("--workers", str(workers), "--host", "127.0.0.1", "--port", str(PORT))
    yield from _serve([*GRANIAN, *place, target], environ)


@contextmanager
def gunicorn(target: str, **environ: str) -> Iterator[int]:
    """Serve a WSGI application with one synchronous gunicorn worker and yield the port."""
    options = "--workers 1 --worker-class sync --backlog 2048 --log-level warning"
    yield from _serve(
        ["gunicorn", *options.split(), "--bind", f"127.0.0.1:{PORT}", target], environ
    )


def _serve(arguments: list[str], environ: dict[str, str]) -> Iterator[int]:
    parts = (ROOT, ROOT / "src", ROOT / "packages/votelog/src")
    path = os.pathsep.join(map(str, parts))
    server = subprocess.Popen(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": path, "MINYI_TICKET_KEY": TICKET_KEY.decode()} | environ,
    )
    try:
        _wait_until_open(server)
        yield PORT
    finally:
        server.send_signal(signal.SIGINT)
        try:
            server.wait(timeout=15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_open(server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", PORT), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            time.sleep(0.3)  # the lifespan of further workers
            return
    raise RuntimeError("The server did not start.")
