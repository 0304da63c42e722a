# SPDX-License-Identifier: Apache-2.0
"""Two at the desk press at once: one holder, one answer."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

AT_WORK = Path(__file__).with_name("desk_at_work.py")


def test_of_eight_who_take_over_at_once_one_holds_it_and_a_double_click_sends_once(
    tmp_path, migrated
):
    shutil.copy(migrated, tmp_path / "db.sqlite3")
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "minyi.config.settings.dev",
        "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "MINYI_VAR_DIR": str(tmp_path),
        "MINYI_TICKET_KEY": "k" * 32,
    }
    ran = subprocess.run(
        [sys.executable, str(AT_WORK)], env=environment, check=False, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stderr[-2000:]
    told = json.loads(ran.stdout.splitlines()[-1])
    assert told["taken"] == ["conversation_held"] * 7 + ["done"]
    assert told["handlings"] == 1
    assert told["answered"] == ["done"] * 8
    assert (told["messages"], told["outgoing"]) == (1, 1)
