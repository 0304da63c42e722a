# SPDX-License-Identifier: Apache-2.0
import uuid
from collections.abc import Iterator

import pytest

from minyi.wechat.line import the_line
from minyi.wechat.tests.live import SandboxServer, sandbox_server


@pytest.fixture
def sandbox(settings) -> Iterator[SandboxServer]:
    """A fresh sandbox that the product takes for WeChat, and a corner of the cache of its own."""
    with sandbox_server(settings.PUBLIC_URL) as server:
        settings.WECHAT_API_URL = settings.WECHAT_OPEN_URL = server.url
        # Test runs side by side may share one Redis.
        settings.CACHES = {
            "default": {**settings.CACHES["default"], "KEY_PREFIX": uuid.uuid4().hex}
        }
        the_line.cache_clear()
        yield server
        the_line().hang_up()
        the_line.cache_clear()
