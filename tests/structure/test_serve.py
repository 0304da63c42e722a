# SPDX-License-Identifier: Apache-2.0
"""`minyi serve`: the secrets of its folder, and a worker that dies."""

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from unittest import mock

import pytest

from minyi.config import serve


def load(path) -> dict[str, str]:
    with mock.patch.dict(os.environ, clear=True):
        serve.load_secrets(path)
        return {name: os.environ[name] for name in serve.SECRETS}


def test_a_folder_of_an_older_version_gets_the_secret_it_lacks_and_keeps_the_others(tmp_path):
    path = tmp_path / "secrets.env"
    path.write_text("MINYI_VAULT_KEY=kept\n")
    first = load(path)
    assert first["MINYI_VAULT_KEY"] == "kept"
    assert len(first["MINYI_LEDGER_KEY"]) == 64
    assert load(path) == first


def test_nobody_else_can_read_the_secrets(tmp_path):
    load(tmp_path / "secrets.env")
    assert stat.S_IMODE((tmp_path / "secrets.env").stat().st_mode) == 0o600


@pytest.fixture
def children(tmp_path, monkeypatch):
    """The three children, asleep; the handlers of signals come back after the test."""
    monkeypatch.setattr(serve, "RESTART_S", 0.1)
    monkeypatch.setattr(serve, "WORKER", ("http.server", "--bind", "127.0.0.1", "0"))
    (tmp_path / "logs").mkdir()
    before = [(one, signal.getsignal(one)) for one in (signal.SIGINT, signal.SIGTERM)]
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    found = {name: subprocess.Popen(sleep) for name in ("sandbox", "product", "worker")}
    yield found
    for child in found.values():
        child.kill()
        child.wait()
    for one, handler in before:
        signal.signal(one, handler)


def test_a_worker_killed_is_started_anew_while_the_servers_run_on(children, tmp_path):
    first = {name: child.pid for name, child in children.items()}
    later: dict[str, int] = {}

    def kill_the_worker_and_stop() -> None:
        children["worker"].kill()
        limit = time.monotonic() + 20
        while children["worker"].pid == first["worker"] and time.monotonic() < limit:
            time.sleep(0.02)
        later.update({name: child.pid for name, child in children.items()})
        os.kill(os.getpid(), signal.SIGTERM)

    killing = threading.Timer(0.5, kill_the_worker_and_stop)
    killing.start()
    assert serve._wait(children, tmp_path) == 0
    killing.join()
    assert later["worker"] != first["worker"]
    assert (later["sandbox"], later["product"]) == (first["sandbox"], first["product"])
    assert all(child.poll() is not None for child in children.values())


def test_a_server_that_ends_ends_the_others_and_its_log_is_named(children, tmp_path, capsys):
    children["product"].kill()
    assert serve._wait(children, tmp_path) == 1
    assert all(child.poll() is not None for child in children.values())
    assert str(tmp_path / "logs" / "product.log") in capsys.readouterr().out
