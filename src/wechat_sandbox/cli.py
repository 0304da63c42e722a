# SPDX-License-Identifier: Apache-2.0
"""`minyi-sandbox`: the sandbox alone."""

from __future__ import annotations

import argparse
import os
import socket
import sys

from granian import Granian
from granian.constants import Interfaces

from wechat_sandbox.settings import settings_from_env


def main() -> None:
    """Serve the sandbox until Ctrl-C."""
    asked = _parser().parse_args()
    address = f"http://{asked.host}:{asked.port}"
    # The serving process is started afresh and reads its settings from the environment.
    os.environ["MINYI_PUBLIC_URL"] = asked.product
    os.environ["WECHAT_OPEN_URL"] = address
    if asked.accounts:
        os.environ["MINYI_SANDBOX_ACCOUNTS"] = asked.accounts
    if trouble := _trouble(asked.host, asked.port):
        sys.exit(f"minyi-sandbox: {trouble}")
    sys.stdout.write(
        f"WeChat sandbox: {address}\n"
        f"  control room: {address}/room (your own server: {address}/room/accounts)\n"
        f"  product:      {asked.product}\n"
    )
    sys.stdout.flush()
    Granian(
        "wechat_sandbox.app:application",
        address=asked.host,
        port=asked.port,
        interface=Interfaces.ASGI,
        workers=1,  # the state lives in one process
        websockets=False,
    ).serve()


def _trouble(host: str, port: int) -> str:
    """Return why the sandbox cannot start, empty when nothing is in its way."""
    try:
        settings_from_env(os.environ)
    except (OSError, ValueError) as error:
        return f"the accounts cannot be read: {error}"
    # Two servers could listen on one port, and each would hear half of what is sent.
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return ""
    return f"something listens on {host}:{port} already; choose another --port"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="minyi-sandbox", description="A local WeChat.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=8010)
    parser.add_argument(
        "--product",
        default=os.environ.get("MINYI_PUBLIC_URL", "http://127.0.0.1:8000"),
        help="public address of the product",
    )
    parser.add_argument("--accounts", default="", help="JSON file with official accounts")
    return parser
