# SPDX-License-Identifier: Apache-2.0
"""The sandbox as one ASGI application."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from starlette.applications import Starlette
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from wechat_sandbox.api_edge import answer_call
from wechat_sandbox.clock import Clock
from wechat_sandbox.control.plane import control_routes
from wechat_sandbox.interfaces import INTERFACES
from wechat_sandbox.office.quota import Limit
from wechat_sandbox.phone.authorize import answer_consent, authorize
from wechat_sandbox.phone.code_page import open_code
from wechat_sandbox.phone.pages import phone_routes
from wechat_sandbox.press.article_pages import article_routes
from wechat_sandbox.push.sender import TIMEOUT_S
from wechat_sandbox.room.pages import room_routes
from wechat_sandbox.screens import HERE
from wechat_sandbox.settings import Settings, settings_from_env
from wechat_sandbox.state import build_sandbox

API_ROOTS = ("cgi-bin", "sns", "wxa", "wxaapi", "datacube", "customservice")
_ANY_METHOD = ["GET", "POST", "PUT", "DELETE", "PATCH"]


def create_app(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    callback_timeout_s: float = TIMEOUT_S,
) -> Starlette:
    """Return a sandbox of its own; tests hand in time and network."""
    app = Starlette(
        routes=[
            # A wrong method is a WeChat error code here, not an HTTP status.
            *(
                Route(f"/{root}/{{rest:path}}", answer_call, methods=_ANY_METHOD)
                for root in API_ROOTS
            ),
            Route("/connect/oauth2/authorize", authorize),
            Route("/connect/oauth2/authorize", answer_consent, methods=["POST"]),
            Route("/q/{key}", open_code),
            *control_routes(),
            *room_routes(),
            *article_routes(),
            *phone_routes(),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        lifespan=_lifespan,
    )
    app.state.sandbox = build_sandbox(
        settings,
        clock=clock,
        transport=transport,
        timeout_s=callback_timeout_s,
        limits={path: Limit(one.daily, one.per_minute) for path, one in INTERFACES.items()},
    )
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    for task in list(app.state.sandbox.running):
        task.cancel()
    await app.state.sandbox.sender.close()


application = create_app(settings_from_env({"MINYI_SANDBOX_NOTICES": "1", **os.environ}))
