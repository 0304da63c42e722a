# SPDX-License-Identifier: Apache-2.0
"""A scratch installation of the whole product with the sample account in its register."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.ballots.servers import ROOT

_REGISTER = """
import django
django.setup()
from minyi.agencies.models import Agency, OfficialAccount, Region
region = Region.objects.create(code="000000", name="示例国", level=0)
agency = Agency.objects.create(name="示例单位", short_name="示例", region=region)
OfficialAccount.objects.create(
    agency=agency, slug="sandbox", name="青禾政务服务（示例）", kind="SVC", is_verified=True,
    appid="wx5a4d1e9c0b7f2e63", original_id="gh_5a4d1e9c0b7f", mode="secure",
)
"""


@contextmanager
def scratch_office() -> Iterator[dict[str, str]]:
    """Yield the environment of an installation that ends with the block."""
    with tempfile.TemporaryDirectory(prefix="minyi-callbacks-") as folder:
        os.mkdir(f"{folder}/media")
        environ = {
            "DJANGO_SETTINGS_MODULE": "minyi.config.settings.dev",
            "MINYI_VAR_DIR": folder,
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
        }
        for command in (
            ["-m", "minyi.config.cli", "migrate", "--verbosity", "0"],
            ["-c", _REGISTER],
        ):
            subprocess.run(
                [sys.executable, *command], cwd=ROOT, env=os.environ | environ, check=True
            )
        yield environ
