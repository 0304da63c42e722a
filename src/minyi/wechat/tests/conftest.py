# SPDX-License-Identifier: Apache-2.0
import uuid
from collections.abc import Iterator

import pytest

from minyi.wechat.connection.line import the_line
from minyi.wechat.connection.shelves import MemoryShelf
from minyi.wechat.tests.live import SandboxServer, sandbox_server


@pytest.fixture
def sandbox(settings, monkeypatch) -> Iterator[SandboxServer]:
    """A fresh sandbox that the product takes for WeChat, and a corner of the cache of its own.

    Tokens lie in memory: the line's thread cannot see into a test's transaction.
    """
    monkeypatch.setattr("minyi.wechat.connection.line.DatabaseShelf", MemoryShelf)
    with sandbox_server(settings.PUBLIC_URL) as server:
        settings.WECHAT_API_URL = settings.WECHAT_OPEN_URL = server.url
        settings.WECHAT_MP_URL = server.url
        # Test runs side by side may share one Redis.
        settings.CACHES = {
            "default": {**settings.CACHES["default"], "KEY_PREFIX": uuid.uuid4().hex}
        }
        the_line.cache_clear()
        yield server
        the_line().hang_up()
        the_line.cache_clear()


@pytest.fixture
def silence(settings, monkeypatch) -> Iterator[None]:
    """A WeChat that cannot be reached."""
    monkeypatch.setattr("minyi.wechat.connection.line.DatabaseShelf", MemoryShelf)
    settings.WECHAT_API_URL = "http://127.0.0.1:9"  # the discard port: nobody listens
    the_line.cache_clear()
    yield
    the_line().hang_up()
    the_line.cache_clear()
