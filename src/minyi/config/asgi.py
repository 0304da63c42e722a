# SPDX-License-Identifier: Apache-2.0
"""One address, four rooms: the ballot box, WeChat's callbacks, uploaded media, and Django.

The first two are hot paths that touch no ORM, no session and no template (design.md). On a
cluster a proxy may send `/v/` to processes of their own: `granian ballotbox.app:app`.
"""

import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minyi.config.settings.production")

import django

django.setup(set_prefix=False)

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from starlette.staticfiles import StaticFiles

from ballotbox.app import app as ballot_box
from minyi.wechat.callback import app as wechat_callback

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

pages = cast(App, ASGIHandler())
media = StaticFiles(directory=settings.MEDIA_ROOT, check_dir=False)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the request to the room its path names."""
    if scope["type"] == "lifespan":
        await ballot_box(scope, receive, send)  # the only room with something to start and stop
        return
    if scope["path"] == "/metrics":  # one registry, one guard: the counters tell the turnout
        scope = {**scope, "path": "/v/metrics"}
    await room_for(scope["path"])(scope, receive, send)


def room_for(path: str) -> App:
    """Return the application that answers this path."""
    if path.startswith("/v/"):
        return ballot_box
    if path.startswith("/wechat/") and path.endswith("/callback"):
        return wechat_callback
    if path.startswith(settings.MEDIA_URL):
        return _media
    return pages


async def _media(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve uploads with ranges (videos need them) and without ever running them."""
    inner = {**scope, "path": scope["path"].removeprefix("/media"), "root_path": ""}

    async def send_safely(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", []),
                (b"x-content-type-options", b"nosniff"),
                (b"content-security-policy", b"default-src 'none'; sandbox"),
                (b"cache-control", b"public, max-age=86400"),
            ]
        await send(message)

    await media(inner, receive, send_safely)
