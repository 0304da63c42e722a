# SPDX-License-Identifier: Apache-2.0
"""Parametric codes and their pictures."""

from __future__ import annotations

from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import Answer, Binary, Call, Interface, Json
from wechat_sandbox.office import qrcodes
from wechat_sandbox.office.qrcodes import (
    DEFAULT_EXPIRE_S,
    MAX_EXPIRE_S,
    MAX_PERMANENT_SCENE_ID,
    MAX_SCENE_ID,
    MAX_SCENE_STR,
    address_of,
    draw_png,
)
from wechat_sandbox.state import Sandbox

# Name → permanent, and whether the scene is a text.
_ACTIONS = {
    "QR_SCENE": (False, False),
    "QR_STR_SCENE": (False, True),
    "QR_LIMIT_SCENE": (True, False),
    "QR_LIMIT_STR_SCENE": (True, True),
}


def create(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/qrcode/create."""
    if call.text("action_name") not in _ACTIONS:
        raise ApiError(40052)
    is_permanent, is_text = _ACTIONS[call.text("action_name")]
    scene = _scene(call.fields("action_info", error=40053), is_permanent, is_text)
    if is_permanent:
        code = sandbox.qrcodes.create(call.caller.appid, scene, None)
        return {"ticket": code.ticket, "url": address_of(code, sandbox.settings.sandbox_url)}
    seconds = call.whole("expire_seconds", DEFAULT_EXPIRE_S)
    if not 1 <= seconds <= MAX_EXPIRE_S:
        raise ApiError(40097, "expire_seconds")
    code = sandbox.qrcodes.create(call.caller.appid, scene, call.now + seconds)
    return {
        "ticket": code.ticket,
        "expire_seconds": seconds,
        "url": address_of(code, sandbox.settings.sandbox_url),
    }


def show(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/showqrcode, which needs no token: the picture, or HTTP 404."""
    code: qrcodes.QrCode | None = sandbox.qrcodes.find(call.text("ticket"))
    if code is None or not code.is_alive(call.now):
        return Binary(b"", "text/html", status=404)
    return Binary(draw_png(address_of(code, sandbox.settings.sandbox_url)), "image/png")


def _scene(info: Json, is_permanent: bool, is_text: bool) -> str:
    scene = info.get("scene")
    if not isinstance(scene, dict):
        raise ApiError(40053)
    if is_text:
        words = scene.get("scene_str")
        if not isinstance(words, str) or not 1 <= len(words) <= MAX_SCENE_STR:
            raise ApiError(40169)
        return words
    number = scene.get("scene_id")
    highest = MAX_PERMANENT_SCENE_ID if is_permanent else MAX_SCENE_ID
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= highest:
        raise ApiError(40053)
    return str(number)


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/qrcode/create": Interface("POST", "token", create, "qrcode", daily=100_000),
    "/cgi-bin/showqrcode": Interface("GET", "open", show),
}
