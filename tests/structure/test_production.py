# SPDX-License-Identifier: Apache-2.0
"""Production refuses to start when what must be secret is short or missing."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

LONG = "k" * 32
ENOUGH = {
    "MINYI_SECRET_KEY": LONG,
    "MINYI_TICKET_KEY": LONG,
    "MINYI_VAULT_KEY": LONG,
    "MINYI_LEDGER_KEY": LONG,
    "MINYI_METRICS_TOKEN": "token",
    "MINYI_ALLOWED_HOSTS": "vote.example.gov.cn",
}


def start(**environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: said for name, said in os.environ.items() if not name.startswith("MINYI_")}
    return subprocess.run(
        [sys.executable, "-c", "import minyi.config.settings.production"],
        env=kept | ENOUGH | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_starts_with_everything_set():
    assert start().returncode == 0


@pytest.mark.parametrize(
    "name", ["MINYI_SECRET_KEY", "MINYI_TICKET_KEY", "MINYI_VAULT_KEY", "MINYI_LEDGER_KEY"]
)
def test_a_short_secret_stops_the_start_and_is_named(name):
    refused = start(**{name: "k" * 31})
    assert refused.returncode
    assert f"{name} has fewer than 32 characters" in refused.stderr


def test_metrics_without_a_token_stop_the_start():
    refused = start(MINYI_METRICS_TOKEN="")
    assert refused.returncode
    assert "MINYI_METRICS_TOKEN is missing" in refused.stderr
