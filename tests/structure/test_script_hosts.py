# SPDX-License-Identifier: Apache-2.0
"""From where the pages' policy lets scripts come, by the settings a server starts with."""

import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.once

READ = (
    "from minyi.config.settings import base as s;"
    "print(*s.CONTENT_SECURITY_POLICY['DIRECTIVES']['script-src'])"
)


def script_hosts(**environment: str) -> str:
    kept = {name: said for name, said in os.environ.items() if not name.startswith("WECHAT_")}
    return subprocess.run(
        [sys.executable, "-c", READ],
        env={**kept, "MINYI_SECRET_KEY": "k" * 32, **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()


@pytest.mark.parametrize(
    ("environment", "host"),
    [
        ({}, "https://res.wx.qq.com"),
        ({"WECHAT_JSSDK_URL": "https://res2.wx.qq.com/open/js/x.js"}, "https://res2.wx.qq.com"),
        (
            {"WECHAT_SANDBOX": "1", "WECHAT_OPEN_URL": "http://127.0.0.1:8010"},
            "http://127.0.0.1:8010",
        ),
    ],
)
def test_the_only_foreign_script_is_wechats_own(environment, host):
    assert script_hosts(**environment) == f"'self' {host}"
