# SPDX-License-Identifier: Apache-2.0
"""The event log of a look lies where nobody else reads, and does not outlive a killed process."""

import subprocess
import sys

import pytest

from minyi.campaigns.services.lookfolders import private_folder, sweep

KILLED = """
import os, pathlib, signal, sys
from django.conf import settings
settings.configure(VAR_DIR=sys.argv[1])
from minyi.campaigns.services.lookfolders import private_folder
with private_folder() as folder:
    (folder / "events.csv").write_text("who voted when")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def home(settings, tmp_path):
    settings.VAR_DIR = tmp_path
    return tmp_path / "looks"


def test_it_is_private_and_gone_afterwards(home):
    with private_folder() as folder:
        (folder / "events.csv").write_text("…")
        assert (folder.stat().st_mode & 0o777, home.stat().st_mode & 0o777) == (0o700, 0o700)
    assert list(home.iterdir()) == []


def test_what_a_killed_look_left_goes_with_the_next_and_a_living_one_stays(home, tmp_path):
    with private_folder() as living:
        subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
        assert len(list(home.glob("*/events.csv"))) == 1
        assert sweep() == 1
        assert living.is_dir()
        assert list(home.glob("*/events.csv")) == []
