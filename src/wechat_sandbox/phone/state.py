# SPDX-License-Identifier: Apache-2.0
"""Which phone this browser is holding."""

from __future__ import annotations

from starlette.requests import Request

from wechat_sandbox.people import MAX_CITIZENS

PHONE_COOKIE = "sandbox_phone"


def current_citizen(request: Request) -> int | None:
    """Return the number of the citizen whose phone is in use, or None."""
    return read_number(request.cookies.get(PHONE_COOKIE, ""))


def read_number(text: str) -> int | None:
    """Return a citizen's number from a form or cookie, or None when it is not one."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 6):
        return None
    number = int(text)
    return number if 1 <= number <= MAX_CITIZENS else None
