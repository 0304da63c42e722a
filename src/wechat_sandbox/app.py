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
from wechat_sandbox.authorize import answer_consent, authorize
from wechat_sandbox.clock import Clock
from wechat_sandbox.control import control_routes
from wechat_sandbox.phone import phone_routes
from wechat_sandbox.screens import HERE
from wechat_sandbox.sender import TIMEOUT_S
from wechat_sandbox.settings import Settings, settings_from_env
from wechat_sandbox.state import build_sandbox

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
            Route("/cgi-bin/{rest:path}", answer_call, methods=_ANY_METHOD),
            Route("/sns/{rest:path}", answer_call, methods=_ANY_METHOD),
            Route("/connect/oauth2/authorize", authorize),
            Route("/connect/oauth2/authorize", answer_consent, methods=["POST"]),
            *control_routes(),
            *phone_routes(),
            Mount("/static", StaticFiles(directory=HERE / "static")),
        ],
        lifespan=_lifespan,
    )
    app.state.sandbox = build_sandbox(
        settings, clock=clock, transport=transport, timeout_s=callback_timeout_s
    )
    return app


@asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    for task in list(app.state.sandbox.running):
        task.cancel()
    await app.state.sandbox.sender.close()


application = create_app(settings_from_env(os.environ))
