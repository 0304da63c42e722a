# SPDX-License-Identifier: Apache-2.0
"""Long words behind a short key."""

from __future__ import annotations

import secrets

from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface
from wechat_sandbox.state import Sandbox, ShortKey

MAX_BYTES = 4 * 1024
MAX_EXPIRE_S = 2_592_000


def gen(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/shorten/gen."""
    words, seconds = call.text("long_data"), call.whole("expire_seconds", MAX_EXPIRE_S)
    if not words or len(words.encode()) > MAX_BYTES or not 1 <= seconds <= MAX_EXPIRE_S:
        raise ApiError(40097)
    key = secrets.token_urlsafe(11)
    sandbox.short_keys[call.caller.appid, key] = ShortKey(words, call.now, call.now + seconds)
    return {**OK, "short_key": key}


def fetch(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/shorten/fetch."""
    key = (call.caller.appid, call.text("short_key"))
    found = sandbox.short_keys.get(key)
    if found is None or call.now >= found.expires_at:
        raise ApiError(40097, "short_key")
    return {
        **OK,
        "long_data": found.words,
        "create_time": int(found.made_at),
        "expire_seconds": int(found.expires_at - call.now),
    }


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/shorten/gen": Interface("POST", "token", gen, "shorten"),
    "/cgi-bin/shorten/fetch": Interface("POST", "token", fetch, "shorten"),
}
