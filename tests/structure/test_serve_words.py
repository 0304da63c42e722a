# SPDX-License-Identifier: Apache-2.0
"""What `minyi serve` says when it cannot start: who is in the way, and what to type."""

import fcntl
import re
import socket

from minyi.config import serve


def test_a_folder_in_use_names_the_process_that_has_it(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MINYI_VAR_DIR", str(tmp_path))
    with (tmp_path / "serve.lock").open("w") as lock:
        lock.write("4711 8000")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert serve.main([]) == 1
    said = capsys.readouterr().out
    assert "进程 4711" in said
    assert "http://127.0.0.1:8000/" in said
    assert "kill 4711" in said


def test_a_port_of_another_programme_is_answered_with_two_that_are_free(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setenv("MINYI_VAR_DIR", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        monkeypatch.setenv("SANDBOX_PORT", str(port))
        assert serve.main([]) == 1
    said = capsys.readouterr().out
    assert f"端口 {port}" in said
    assert re.search(r"PORT=\d+ SANDBOX_PORT=\d+ minyi serve", said)
