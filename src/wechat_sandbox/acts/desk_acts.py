# SPDX-License-Identifier: Apache-2.0
"""What the staff of WeChat's own customer service does, and the events the server gets for it."""

from __future__ import annotations

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.delivering import Act, ActRefused, send_event
from wechat_sandbox.errors import ApiError
from wechat_sandbox.state import Sandbox


def open_session(sandbox: Sandbox, account: Account, number: int, staff: str) -> Act:
    """Let a staff member take a citizen on."""
    desk, now = sandbox.of(account).desk, int(sandbox.clock.now())
    if number in desk.sessions:
        raise ActRefused("session_open")
    try:
        desk.open(number, staff, now)
    except ApiError as error:
        raise ActRefused("staff_unavailable") from error
    return send_event(sandbox, account, number, {"Event": "kf_create_session", "KfAccount": staff})


def close_session(sandbox: Sandbox, account: Account, number: int) -> Act:
    """End a citizen's session."""
    desk = sandbox.of(account).desk
    session = desk.sessions.pop(number, None)
    if session is None:
        raise ActRefused("no_session")
    return send_event(
        sandbox, account, number, {"Event": "kf_close_session", "KfAccount": session.staff}
    )


def switch_session(sandbox: Sandbox, account: Account, number: int, staff: str) -> Act:
    """Hand a citizen to another staff member."""
    try:
        old = sandbox.of(account).desk.switch(number, staff, int(sandbox.clock.now()))
    except ApiError as error:
        raise ActRefused("staff_unavailable") from error
    event = {
        "Event": "kf_switch_session",
        "FromKfAccount": old.staff,
        "ToKfAccount": staff,
    }
    return send_event(sandbox, account, number, event)
