# SPDX-License-Identifier: Apache-2.0
"""Run the whole product on one machine: prepare, start, print the addresses, end it all on Ctrl-C.

This parent imports no Django: it stays small and only watches its children.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

PROJECT_DIR = Path(__file__).resolve().parents[3]
SECRETS = ("MINYI_SECRET_KEY", "MINYI_TICKET_KEY", "MINYI_TAG_KEY")
GRACE_S = 10


def main(arguments: list[str]) -> int:
    """Prepare the data, run the product and the sandbox, and wait."""
    port = int(os.environ.get("PORT", "8000"))
    sandbox_port = int(os.environ.get("SANDBOX_PORT", "8010"))
    var = Path(os.environ.setdefault("MINYI_VAR_DIR", str(PROJECT_DIR / "var")))
    (var / "media").mkdir(parents=True, exist_ok=True)
    _load_secrets(var / "secrets.env")
    _name_addresses(var, port, sandbox_port)
    _run_once(["migrate", "--verbosity", "0"])
    _run_once(["collectstatic", "--noinput", "--verbosity", "0"])
    _run_once(["demo", "seed"])
    children = [
        _start("wechat_sandbox.app:application", sandbox_port),
        _start("minyi.config.asgi:application", port),
    ]
    _print_addresses(port, sandbox_port)
    return _wait(children)


def _load_secrets(path: Path) -> None:
    """Keep this installation's own secrets beside its data, readable by its owner only."""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text("".join(f"{name}={secrets.token_hex(32)}\n" for name in SECRETS))
    for line in path.read_text().splitlines():
        name, _, value = line.partition("=")
        os.environ.setdefault(name, value)


def _name_addresses(var: Path, port: int, sandbox_port: int) -> None:
    product, sandbox = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{sandbox_port}"
    os.environ.setdefault("DATABASE_URL", f"sqlite:///{var / 'db.sqlite3'}")
    os.environ.setdefault("MINYI_PUBLIC_URL", product)
    os.environ.setdefault("WECHAT_SANDBOX", "1")
    os.environ.setdefault("WECHAT_API_URL", sandbox)
    os.environ.setdefault("WECHAT_OPEN_URL", sandbox)


def _run_once(command: list[str]) -> None:
    subprocess.run([sys.executable, "-m", "minyi.config.cli", *command], check=True)  # noqa: S603


def _start(application: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "granian", "--interface", "asgi", "--workers", "1"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--loop", "uvloop"]
    command += ["--no-ws", "--log-level", "warning", application]
    return subprocess.Popen(command, start_new_session=True)  # noqa: S603


def _wait(children: list[subprocess.Popen[bytes]]) -> int:
    """Wait until told to stop or until one child ends; then end them all."""
    stopping = False

    def stop(_signal: int, _frame: object) -> None:
        nonlocal stopping
        stopping = True

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    while not stopping and all(child.poll() is None for child in children):
        time.sleep(0.2)
    for child in children:
        child.terminate()
    for child in children:
        try:
            child.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            child.kill()
    return 0 if stopping else 1


def _print_addresses(port: int, sandbox_port: int) -> None:
    print(
        f"""
  民意 Minyi 已启动 / is running

    公众页面  citizens   http://127.0.0.1:{port}/
    工作台    staff      http://127.0.0.1:{port}/staff/
    微信沙箱  WeChat     http://127.0.0.1:{sandbox_port}/   （扮演一位市民 / be a citizen）
    接口文档  API        http://127.0.0.1:{port}/api/v1/docs

    示例账号（口令均为 minyi-demo-2026）/ sample staff accounts, one password for all:
      zuzhi 活动组织 organiser   bianji 编辑 editor        shenhe 审核 reviewer
      jiandu 监督 supervisor     lingdao 领导 leader       guanli 管理员 administrator
      zhuanjia1 zhuanjia2 zhuanjia3 评审专家 jurors

    看票数上涨 / watch a board fill:  .venv/bin/minyi demo crowd --voters 2000
    按 Ctrl-C 结束 / Ctrl-C ends all of it
""",
        flush=True,
    )
