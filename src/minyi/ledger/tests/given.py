# SPDX-License-Identifier: Apache-2.0
"""Builders of logs that have no campaign, and readers of what is in a log."""

import json
from datetime import date
from pathlib import Path

from votelog import (
    Cosigner,
    Count,
    FolderSource,
    open_log,
    parse_vkey,
    policy_for,
    recount_log,
)

from minyi.agencies.models import Agency
from minyi.ledger import folders
from minyi.ledger.models import Witness

LEDGER_KEY = "a-ledger-key-for-tests-32-bytes!"


def keep_logs_in(settings, folder: Path) -> None:
    """Let this test keep public logs, in a folder of its own."""
    settings.LEDGER_KEY = LEDGER_KEY
    settings.LEDGER_DIR = folder


def given_witness(agency: Agency, number: int = 1, **fields: object) -> Witness:
    """A witness `w<number>.example` in the register; `given_cosigner` has its key."""
    said = {
        "organisation": f"公证处{number}",
        "vkey": given_cosigner(number).verifier.vkey(),
        "url": "http://127.0.0.1:9",
        "since": date(2026, 1, 1),
        **fields,
    }
    return Witness.objects.create(agency=agency, **said)


def given_cosigner(number: int = 1) -> Cosigner:
    return Cosigner(f"w{number}.example", bytes([40 + number]) * 32)


def entries_of(folder: str) -> list[dict[str, object]]:
    """Return every entry of a log."""
    raw = folders.read_entries(folder, 0, folders.read_size(folder))
    return [json.loads(entry) for entry in raw]


def kinds_of(folder: str) -> list[str]:
    return [str(entry["type"]) for entry in entries_of(folder)]


def strangers_count(folder: str) -> Count:
    """Audit and recount as somebody does who has the published key and the files."""
    key = parse_vkey(folders.read_beside(folder, "vkey").strip())
    reader = open_log(FolderSource(folders.path_of(folder)), policy_for(key))
    return recount_log(reader, key)
