# SPDX-License-Identifier: Apache-2.0
"""Run the whole product on one machine: prepare, start, print the addresses, end it all on Ctrl-C.

This parent imports no Django: it stays small and only watches its children.
"""

import ctypes
import fcntl
import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

PROJECT_DIR = Path(__file__).resolve().parents[3]
SECRETS = ("MINYI_SECRET_KEY", "MINYI_TICKET_KEY", "MINYI_VAULT_KEY", "MINYI_LEDGER_KEY")
GRACE_S = 10
# The ballot box refuses with 503 what it cannot take; the server must not queue before it.
GRANIAN = (
    *("granian", "--interface", "asgi", "--loop", "uvloop", "--no-ws"),
    *("--backpressure", "20000", "--log-level", "warning"),
)
WORKER = ("minyi.config.cli", "worker")
RESTART_S = 5
_PR_SET_PDEATHSIG = 1
READY_S = 120


def main(arguments: list[str]) -> int:
    """Prepare the data, run the product and the sandbox, and wait."""
    port = int(os.environ.get("PORT", "8000"))
    sandbox_port = int(os.environ.get("SANDBOX_PORT", "8010"))
    var = Path(os.environ.setdefault("MINYI_VAR_DIR", str(PROJECT_DIR / "var")))
    for folder in ("media", "private", "logs"):
        (var / folder).mkdir(parents=True, exist_ok=True)
    with (var / "serve.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(_say_who_runs(var, lock))
            return 1
        taken = [number for number in (port, sandbox_port) if _is_taken(number)]
        if taken:
            print(_say_taken(taken, port))
            return 1
        lock.truncate(0)
        lock.write(f"{os.getpid()} {port}")
        lock.flush()
        return _run(port, sandbox_port, var)


def _run(port: int, sandbox_port: int, var: Path) -> int:
    load_secrets(var / "secrets.env")
    _name_addresses(var, port, sandbox_port)
    print("正在准备数据 … preparing", flush=True)
    subprocess.run([sys.executable, "-m", "minyi.config.cli", "prepare"], check=True)
    children = {
        "sandbox": _serve("wechat_sandbox.app:application", sandbox_port, var),
        "product": _serve("minyi.config.asgi:application", port, var),
        "worker": _start("worker", WORKER, var),
    }
    if _become_ready(children, port):
        _print_addresses(port, sandbox_port, var)
        return _wait(children, var)
    _end(children)
    for name in children:
        print(f"── {var / 'logs' / name}.log\n{_tail(var / 'logs' / f'{name}.log')}")
    return 1


def _say_who_runs(var: Path, lock: TextIO) -> str:
    """Name the process that holds the folder: one forgotten in another window, most often."""
    lock.seek(0)
    pid, _space, port = lock.read().partition(" ")
    if not port:  # it has the folder, and has not yet said where it runs
        return f"{var} 已由另一个 minyi serve 使用。\nAnother minyi serve already uses {var}."
    return (
        f"{var} 已由另一个 minyi serve 使用：进程 {pid}，http://127.0.0.1:{port}/ 。"
        f"不再需要时请先结束它：kill {pid}\n"
        f"Another minyi serve (process {pid}, port {port}) already uses {var}. "
        f"End it first: kill {pid}"
    )


def _say_taken(taken: Sequence[int], port: int) -> str:
    """Name two ports that are free, ready to be typed."""
    free = next(
        number
        for number in range(port + 100, 65_000, 100)
        if not _is_taken(number) and not _is_taken(number + 10)
    )
    again = f"PORT={free} SANDBOX_PORT={free + 10} minyi serve"
    numbers = "、".join(map(str, taken))
    return (
        f"端口 {numbers} 被另一个程序占用。可以改用空闲的端口：{again}\n"
        f"Port {numbers} is taken by another programme. Use free ones: {again}"
    )


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def load_secrets(path: Path) -> None:
    """Keep this installation's own secrets beside its data, readable by its owner only."""
    path.touch(mode=0o600)
    kept = dict(line.split("=", 1) for line in path.read_text().splitlines())
    with path.open("a") as file:
        for name in SECRETS:
            if name not in kept:  # new, or the folder is of a version before this secret
                kept[name] = secrets.token_hex(32)
                file.write(f"{name}={kept[name]}\n")
    for name, value in kept.items():
        os.environ.setdefault(name, value)


def _name_addresses(var: Path, port: int, sandbox_port: int) -> None:
    product, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{var / 'db.sqlite3'}")
    os.environ.setdefault("MINYI_PUBLIC_URL", product)
    os.environ.setdefault("WECHAT_SANDBOX", "1")
    os.environ.setdefault("WECHAT_API_URL", sandbox)
    os.environ.setdefault("WECHAT_OPEN_URL", sandbox)


def _serve(application: str, port: int, var: Path) -> subprocess.Popen[bytes]:
    name = "sandbox" if application.startswith("wechat_sandbox") else "product"
    command = [*GRANIAN, "--workers", "1", "--host", "127.0.0.1", "--port", str(port)]
    return _start(name, [*command, "--workers-kill-timeout", str(GRACE_S), application], var)


def _start(name: str, command: Sequence[str], var: Path) -> subprocess.Popen[bytes]:
    with (var / "logs" / f"{name}.log").open("ab") as sink:
        return subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", *command],
            start_new_session=True,
            preexec_fn=_end_with_parent,
            stdout=sink,
            stderr=subprocess.STDOUT,
        )


def _end_with_parent() -> None:
    """Run in the child: ask the kernel to end it when its parent is killed (Linux, prctl(2))."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


Children = dict[str, "subprocess.Popen[bytes]"]


def _become_ready(children: Children, port: int) -> bool:
    """Wait until the product answers; False when a child ended or time is up."""
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and _all_run(children):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return True
    return False


def _all_run(children: Children) -> bool:
    """Tell whether both servers run. Citizens vote on while the worker is started anew."""
    return all(child.poll() is None for name, child in children.items() if name != "worker")


def _wait(children: Children, var: Path) -> int:
    """Wait until told to stop or until a server ends; then end them all."""
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    worker_seen_at = time.monotonic()
    while not stopping and _all_run(children):
        time.sleep(0.2)
        if children["worker"].poll() is None:
            worker_seen_at = time.monotonic()
        elif time.monotonic() - worker_seen_at > RESTART_S:
            children["worker"] = _start("worker", WORKER, var)
    if not stopping:
        print(_say_who_ended(children, var), flush=True)
    _end(children)
    return 0 if stopping else 1


def _say_who_ended(children: Children, var: Path) -> str:
    """Name the server that is gone, and the log that may say why."""
    name = next(one for one in ("product", "sandbox") if children[one].poll() is not None)
    code, log = children[name].returncode, var / "logs" / f"{name}.log"
    chinese = {"product": "产品", "sandbox": "微信沙箱"}[name]
    return (
        f"{chinese}进程意外结束（{code}），其余进程随之结束。原因见日志：{log}\n"
        f"The {name} process ended unexpectedly ({code}); the others end with it. See {log}"
    )


def _end(children: Children) -> None:
    for child in children.values():
        child.terminate()
    for child in children.values():
        try:
            child.wait(GRACE_S + 2)
        except subprocess.TimeoutExpired:
            child.kill()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-25:])


def _print_addresses(port: int, sandbox_port: int, var: Path) -> None:
    is_default = (port, sandbox_port) == (8000, 8010)
    ports = "" if is_default else f"PORT={port} SANDBOX_PORT={sandbox_port} "
    # The command starts without our environment, and must find our data.
    folder = "" if var == PROJECT_DIR / "var" else f"MINYI_VAR_DIR={shlex.quote(str(var))} "
    print(
        f"""
  民意 Minyi 已启动 / is running

    公众页面  citizens   http://127.0.0.1:{port}/
    工作台    staff      http://127.0.0.1:{port}/staff/
    微信沙箱  WeChat     http://127.0.0.1:{sandbox_port}/   （扮演一位市民 / be a citizen）
    接口文档  API        http://127.0.0.1:{port}/api/v1/docs

    示例账号（口令均为 minyi-demo-2026）/ sample staff accounts, one password for all:
      zuzhi 活动组织 organiser   bianji 编辑 editor        shenhe 审核 reviewer
      jingban 经办 case worker
      jiandu 监督 supervisor     lingdao 领导 leader       guanli 管理员 administrator
      zhuanjia1 zhuanjia2 zhuanjia3 评审专家 jurors       linju 邻县 another office

    看票数上涨 / watch a board fill:
      {folder}{ports}.venv/bin/minyi demo crowd --voters 2000
    日志 logs: {var / "logs"}
    按 Ctrl-C 结束 / Ctrl-C ends all of it
""",
        flush=True,
    )
