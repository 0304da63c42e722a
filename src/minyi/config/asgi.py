# SPDX-License-Identifier: Apache-2.0
"""One address, five rooms: the ballot box, WeChat's callbacks, the public logs, uploaded media,
and Django.

The first two are hot paths that touch no ORM, no session and no template (design.md). On a
cluster a proxy may send `/v/` to processes of their own: `granian ballotbox.app:app`.
"""

import os
import posixpath
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, cast

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "minyi.config.settings.production")

import django

django.setup(set_prefix=False)

from django.conf import settings

# The ballot box knows no Django: it must find the same database and logs in its environment.
os.environ.setdefault("DATABASE_URL", settings.DATABASE_URL)
os.environ.setdefault("MINYI_LEDGER_DIR", str(settings.LEDGER_DIR))
os.environ.setdefault("MINYI_LEDGER_KEY", settings.LEDGER_KEY)

from django.core.handlers.asgi import ASGIHandler
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.staticfiles import StaticFiles

from ballotbox.app import app as ballot_box
from minyi.core import outbox_figures
from minyi.ledger import figures as ledger_figures
from minyi.ledger.room import room as ledger_room
from minyi.wechat.callback.app import app as wechat_callback

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PUBLIC_FOLDERS = ("/images/", "/original_images/", "/videos/")  # never documents
pages = cast(App, ASGIHandler())
media = StaticFiles(directory=settings.MEDIA_ROOT, check_dir=False)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Hand the request to the room its path names."""
    if scope["type"] == "lifespan":
        await ballot_box(scope, _closing_first(receive), send)
        return
    if scope["path"] == "/metrics":  # one registry, one guard: the counters tell the turnout
        scope = {**scope, "path": "/v/metrics"}
        await outbox_figures.renew()
        await ledger_figures.renew()
    await room_for(scope["path"])(scope, receive, send)


def _closing_first(receive: Receive) -> Receive:
    """Have WeChat's callbacks written down before the ballot box, and the server, stop."""

    async def receive_later() -> MutableMapping[str, Any]:
        message = await receive()
        if message["type"] == "lifespan.shutdown":
            await wechat_callback.close()
        return message

    return receive_later


def room_for(path: str) -> App:
    """Return the application that answers this path."""
    if path.startswith("/v/"):
        return ballot_box
    if path.startswith("/wechat/") and path.endswith("/callback"):
        return wechat_callback
    if path.startswith("/ledger/"):
        return ledger_room
    if path.startswith(settings.MEDIA_URL):
        return _media
    return pages


async def _media(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve uploads with ranges (videos need them) and without ever running them."""
    # Without its dots, or /media/images/../documents/ would open what is not public.
    path = posixpath.normpath(scope["path"].removeprefix("/media"))
    inner = {**scope, "path": path, "root_path": ""}

    async def send_safely(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", []),
                (b"x-content-type-options", b"nosniff"),
                (b"content-security-policy", b"default-src 'none'; sandbox"),
                (b"cache-control", b"public, max-age=86400"),
            ]
        await send(message)

    try:
        if not path.startswith(PUBLIC_FOLDERS):
            raise HTTPException(404)
        await media(inner, receive, send_safely)
    except HTTPException as refusal:
        answer = PlainTextResponse("没有找到 / not found", refusal.status_code)
        await answer(inner, receive, send_safely)
