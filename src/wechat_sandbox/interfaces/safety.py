# SPDX-License-Identifier: Apache-2.0
"""Content safety: words at once, pictures and recordings later by `wxa_media_check`."""

from __future__ import annotations

import uuid

from wechat_sandbox import people
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.office.minis import RiskyWord
from wechat_sandbox.press.jobs import MediaCheck
from wechat_sandbox.press.media_examination import examine
from wechat_sandbox.state import Sandbox

USED_WITHIN_S = 2 * 3600
MAX_CONTENT = 2_500
SESSION_TOO_OLD = 61010
BAD_SCENE = 40129


def check_words(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/msg_sec_check, version 2."""
    _check_asked(sandbox, call)
    content = call.text("content")
    if not 1 <= len(content) <= MAX_CONTENT:
        raise ApiError(40097, "content")
    told = [content, *(call.text(name) for name in ("title", "nickname", "signature"))]
    found = sandbox.minis.judge_words("\n".join(told))
    suggest, label = (found.suggest, found.label) if found else ("pass", 100)
    return {
        **OK,
        "trace_id": _trace_id(),
        "result": {"suggest": suggest, "label": label},
        "detail": [_model_detail(suggest, label), *_keyword_detail(found)],
    }


def check_media(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/media_check_async, version 2: the verdict comes by event."""
    _check_asked(sandbox, call)
    if call.whole("media_type") not in (1, 2):
        raise ApiError(40097, "media_type")
    url = call.text("media_url")
    if not url.startswith(("http://", "https://")):
        raise ApiError(40097, "media_url")
    check = MediaCheck(_trace_id(), call.caller.appid, call.text("openid"), url, int(call.now))
    examine(sandbox, call.caller, check)
    return {**OK, "trace_id": check.trace_id}


INTERFACES: dict[str, Interface] = {
    "/wxa/msg_sec_check": Interface(
        "POST", "token", check_words, "safety", daily=2_000_000, per_minute=4_000
    ),
    "/wxa/media_check_async": Interface(
        "POST", "token", check_media, "safety", daily=200_000, per_minute=2_000
    ),
}


def _check_asked(sandbox: Sandbox, call: Call) -> None:
    # Version 1 is frozen since 2021.
    if call.whole("version", 1) != 2:
        raise ApiError(40097, "version")
    if call.whole("scene", error=BAD_SCENE) not in (1, 2, 3, 4):
        raise ApiError(BAD_SCENE)
    number = people.number_of(call.caller.appid, call.text("openid"))
    if number is None:
        raise ApiError(40003)
    used_at = sandbox.minis.used_at.get((call.caller.appid, number))
    if used_at is None or call.now - used_at > USED_WITHIN_S:
        raise ApiError(SESSION_TOO_OLD)


def _trace_id() -> str:
    return str(uuid.uuid4())


def _model_detail(suggest: str, label: int) -> Json:
    return {
        "strategy": "content_model",
        "errcode": 0,
        "suggest": suggest,
        "label": label,
        "prob": 90,
    }


def _keyword_detail(found: RiskyWord | None) -> list[Json]:
    if found is None:
        return []
    told = {"strategy": "keyword", "errcode": 0, "level": 90}
    return [{**told, "suggest": found.suggest, "label": found.label, "keyword": found.word}]
