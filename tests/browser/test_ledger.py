# SPDX-License-Identifier: Apache-2.0
"""The public log of the running product: a voter's proof, and a stranger who counts again."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from votelog import parse_receipt, parse_vkey, policy_for, verify_receipt

from chromium import Visitors
from live import Product

from .citizens import in_wechat, open_paper, pick, receipt_on, submit

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SLUG = "top-ten-windows"
PICKS = ("综合受理窗口", "东风街道便民服务中心", "不动产登记窗口")


def fetch(product: Product, name: str) -> httpx.Response:
    return httpx.get(f"{product.url}/ledger/{SLUG}/{name}", timeout=20, trust_env=False)


def votelog(product: Product, command: str, *arguments: str) -> dict[str, object]:
    """Run the public tool against the product, as anybody can."""
    vkey = fetch(product, "vkey").text.strip()
    address = f"{product.url}/ledger/{SLUG}"
    ran = subprocess.run(
        [sys.executable, "-m", "votelog", command, address, "--json", "--vkey", vkey, *arguments],
        env={"NO_PROXY": "*"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads(ran.stdout)


def test_a_vote_is_answered_with_its_proof_and_a_stranger_counts_it(
    visitors: Visitors, product: Product, tmp_path: Path
):
    phone = in_wechat(visitors, product, 100_000)
    open_paper(phone, product, SLUG)
    pick(phone, *PICKS)
    told = {}

    def keep(route):
        # Read here: once the page has moved on to the receipt, Chromium forgets the body.
        answer = route.fetch()
        told.update(answer.json())
        route.fulfill(response=answer)

    phone.route("**/v/ballots", keep)
    submit(phone)
    assert receipt_on(phone)
    kept = tmp_path / "checkpoint"
    kept.write_bytes(fetch(product, "checkpoint").content)
    key = parse_vkey(fetch(product, "vkey").text.strip())
    proven = verify_receipt(parse_receipt(told["proof"].encode()), policy_for(key))
    assert proven.index == told["index"] >= 1
    assert json.loads(proven.entry)["ch"] == ["001", "002", "003"]

    assert votelog(product, "audit", "--since", str(kept))["ok"]
    count = votelog(product, "recount")
    board = httpx.get(f"{product.url}/c/{SLUG}/board.json", timeout=20, trust_env=False).json()
    assert {f"{int(row['key']):03}": row["value"] for row in board["rows"]} == count["tally"]
    assert board["total"] == count["counted"]
    assert (board["log"]["size"], board["log"]["root"]) == (count["size"], count["root"])
