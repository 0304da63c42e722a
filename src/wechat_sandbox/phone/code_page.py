# SPDX-License-Identifier: Apache-2.0
"""The address inside a parametric code: opened in the phone's browser, it counts as a scan."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from wechat_sandbox.acts import citizen_acts
from wechat_sandbox.acts.delivering import ActRefused
from wechat_sandbox.phone.state import current_citizen
from wechat_sandbox.state import Sandbox


async def open_code(request: Request) -> Response:
    """Let the phone in this browser scan the code, and go on to the conversation."""
    sandbox: Sandbox = request.app.state.sandbox
    number = current_citizen(request)
    code = citizen_acts.find_code(sandbox, request.url.path)
    if number is None or code is None:
        return RedirectResponse("/", status_code=303)
    try:
        act = citizen_acts.scan_code(sandbox, number, code.ticket)
    except ActRefused:
        return RedirectResponse("/scan", status_code=303)
    citizen_acts.begin(sandbox, act)
    return RedirectResponse(f"/chats/{sandbox.by_appid[code.appid].slug}", status_code=303)
