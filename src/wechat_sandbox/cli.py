# SPDX-License-Identifier: Apache-2.0
"""`minyi-sandbox`: the sandbox alone."""

from __future__ import annotations

import argparse
import os
import sys

from granian import Granian
from granian.constants import Interfaces


def main() -> None:
    """Serve the sandbox until Ctrl-C."""
    asked = _parser().parse_args()
    address = f"http://{asked.host}:{asked.port}"
    # The serving process is started afresh and reads its settings from the environment.
    os.environ["MINYI_PUBLIC_URL"] = asked.product
    os.environ["WECHAT_OPEN_URL"] = address
    if asked.accounts:
        os.environ["MINYI_SANDBOX_ACCOUNTS"] = asked.accounts
    sys.stdout.write(f"WeChat sandbox: {address}  product: {asked.product}\n")
    sys.stdout.flush()
    Granian(
        "wechat_sandbox.app:application",
        address=asked.host,
        port=asked.port,
        interface=Interfaces.ASGI,
        workers=1,  # the state lives in one process
        websockets=False,
    ).serve()


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
