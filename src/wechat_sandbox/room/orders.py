# SPDX-License-Identifier: Apache-2.0
"""Every order of the control plane for the control room, and the command that gives it.

The list comes from the routes themselves, so none can be forgotten here. An order without a
description still gets a form: a field for its JSON.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping

from wechat_sandbox.control.plane import control_routes
from wechat_sandbox.room.forms import FORMS, Blank, OrderForm

_PREFIX = "/_sim/"
# What a view is looked at with, where it would refuse without.
VIEW_QUERIES = {"chat": "?citizen=3", "relation": "?citizen=3"}


def all_orders() -> list[OrderForm]:
    """Return every order there is, described or not."""
    described = {form.name for form in FORMS}
    names = [name for name, method in _routes() if method == "POST"]
    known = [form for form in FORMS if form.name in names]
    return known + [_undescribed(name) for name in names if name not in described]


def all_views() -> list[str]:
    """Return the names of what can be looked at with GET."""
    return [name for name, method in _routes() if method == "GET"]


def curl_for(address: str, name: str, asked: Mapping[str, object]) -> str:
    """Return the shell command that gives this order."""
    body = shlex.quote(json.dumps(asked, ensure_ascii=False))
    return f"curl {address}{_PREFIX}{name} -H 'Content-Type: application/json' -d {body}"


def _undescribed(name: str) -> OrderForm:
    return OrderForm(name, (Blank("", "json", '{"citizen": 3}'),))


def _routes() -> list[tuple[str, str]]:
    found = []
    for route in control_routes():
        if route.path.startswith(_PREFIX) and "{" not in route.path:
            method = "POST" if "POST" in (route.methods or ()) else "GET"
            found.append((route.path.removeprefix(_PREFIX), method))
    return found
