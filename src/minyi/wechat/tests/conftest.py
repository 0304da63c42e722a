# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator

import pytest
from django.core.cache import cache

from minyi.wechat.line import the_line
from minyi.wechat.tests.live import SandboxServer, sandbox_server


@pytest.fixture
def sandbox(settings) -> Iterator[SandboxServer]:
    """A fresh sandbox that the product takes for WeChat."""
    with sandbox_server(settings.PUBLIC_URL) as server:
        settings.WECHAT_API_URL = settings.WECHAT_OPEN_URL = server.url
        cache.clear()
        the_line.cache_clear()
        yield server
        the_line().hang_up()
        the_line.cache_clear()
