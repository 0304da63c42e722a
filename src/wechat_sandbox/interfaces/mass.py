# SPDX-License-Identifier: Apache-2.0
"""Mass messages to everybody, a tag or a list; their result comes by event only."""

from __future__ import annotations

from typing import Any

from wechat_sandbox import chats, people
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.press import masses
from wechat_sandbox.press.jobs import Mass
from wechat_sandbox.press.queueing import settle
from wechat_sandbox.state import Sandbox

LEAST, MOST = 2, 10_000
MAX_TEXT_BYTES = 2_048
MAX_PICTURES = 20
SPEEDS = ("80w/min", "60w/min", "45w/min", "30w/min", "10w/min")
_MEDIA = {"image": "image", "images": "image", "voice": "voice", "mpvideo": "video"}


def send_to_all(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/mass/sendall: to everybody or to one tag."""
    chosen = call.fields("filter")
    is_to_all = chosen.get("is_to_all") in (True, 1)
    # The old name of the tag is what older clients send.
    tag_id = chosen.get("tag_id", chosen.get("group_id"))
    followers = _followers(sandbox, call)
    if not is_to_all:
        if not isinstance(tag_id, int):
            raise ApiError(45159)
        sandbox.of(call.caller).tags.check_known(tag_id)
        followers = [
            number
            for number in followers
            if tag_id in sandbox.relation_of(call.caller, number).tag_ids
        ]
    return _send(sandbox, call, followers, is_to_all=is_to_all)


def send_to_list(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/mass/send: to 2 to 10,000 openids."""
    openids = call.texts("touser", error=40031)
    if len(openids) < LEAST:
        raise ApiError(40130)
    if len(openids) > MOST:
        raise ApiError(40032)
    numbers = [_number(call, openid) for openid in dict.fromkeys(openids)]
    return _send(sandbox, call, numbers, is_to_all=False)


def preview(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/mass/preview: to one follower, the draft stays."""
    named = call.text("towxname")
    number = _number_by_name(sandbox, call, named) if named else _number(call, call.text("touser"))
    if not sandbox.follow_of(call.caller, number).subscribed:
        raise ApiError(43004)
    mass = _read_mass(sandbox, call, [number], is_to_all=False)
    masses.show(sandbox, call.caller, number, mass, _preview_cards(sandbox, call, mass))
    return {"errcode": 0, "errmsg": "preview success", "msg_id": mass.msg_id}


def get(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/mass/get."""
    settle(sandbox)
    mass = _find(sandbox, call)
    return {"msg_id": mass.msg_id, "msg_status": mass.state}


def delete(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/mass/delete; article_idx counts from 1, 0 stands for all."""
    settle(sandbox)
    mass = _find(sandbox, call)
    masses.delete(sandbox, mass, call.whole("article_idx", 0, error=40114))
    return OK


def get_speed(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/mass/speed/get."""
    speed = sandbox.jobs.speeds.get(call.caller.appid, 0)
    return {"speed": speed, "realspeed": int(SPEEDS[speed].partition("w")[0])}


def set_speed(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/mass/speed/set."""
    if "speed" not in call.params:
        raise ApiError(45084)
    speed = call.whole("speed", error=45083)
    if not 0 <= speed < len(SPEEDS):
        raise ApiError(45083)
    sandbox.jobs.speeds[call.caller.appid] = speed
    return OK


_ROOT = "/cgi-bin/message/mass"
INTERFACES: dict[str, Interface] = {
    f"{_ROOT}/sendall": Interface(
        "POST", "token", send_to_all, "mass_all", daily=100, per_minute=60
    ),
    f"{_ROOT}/send": Interface(
        "POST", "token", send_to_list, "mass_openid", daily=100, per_minute=60
    ),
    f"{_ROOT}/preview": Interface("POST", "token", preview, "mass_all", daily=100),
    f"{_ROOT}/get": Interface("POST", "token", get, "mass_all"),
    f"{_ROOT}/delete": Interface("POST", "token", delete, "mass_all"),
    f"{_ROOT}/speed/get": Interface("POST", "token", get_speed, "mass_all", body="optional"),
    f"{_ROOT}/speed/set": Interface("POST", "token", set_speed, "mass_all"),
}


def _send(sandbox: Sandbox, call: Call, numbers: list[int], *, is_to_all: bool) -> Answer:
    settle(sandbox)
    client_id = call.text("clientmsgid")
    masses.check_client_id(sandbox, call.caller, client_id, call.now)
    masses.check_quota(sandbox, call.caller, call.now)
    mass = _read_mass(sandbox, call, numbers, is_to_all=is_to_all)
    mass.client_id = client_id
    masses.start(sandbox, call.caller, mass, draft_id=mass.content.get("media_id", ""))
    told: Json = {"errcode": 0, "errmsg": "send job submission success", "msg_id": mass.msg_id}
    return {**told, "msg_data_id": mass.msg_data_id} if mass.articles else told


def _read_mass(sandbox: Sandbox, call: Call, numbers: list[int], *, is_to_all: bool) -> Mass:
    kind = call.text("msgtype")
    content, articles = _content(sandbox, call, kind)
    return Mass(
        msg_id=sandbox.jobs.next_number(),
        appid=call.caller.appid,
        kind=_MEDIA.get(kind, kind),
        content=content,
        recipients=tuple(numbers),
        is_to_all=is_to_all,
        created_at=int(call.now),
        articles=articles,
        msg_data_id=sandbox.jobs.next_number() if articles else 0,
    )


def _content(sandbox: Sandbox, call: Call, kind: str) -> tuple[Json, list[dict[str, Any]]]:
    """Return what is sent: words, files or the articles of a draft; raises 40008, 40007, 44004."""
    if kind == "mpnews":
        media_id = str(call.fields(kind).get("media_id", ""))
        draft = sandbox.library.get_draft(call.caller.appid, media_id)
        return {"media_id": media_id}, [dict(article) for article in draft.articles]
    if kind == "text":
        words = call.fields(kind).get("content")
        if not isinstance(words, str) or not words:
            raise ApiError(44004)
        if len(words.encode()) > MAX_TEXT_BYTES:
            raise ApiError(45002)
        return {"content": words}, []
    if kind not in _MEDIA:
        raise ApiError(40008)
    told = call.fields(kind)
    media_ids = told.get("media_ids") if kind == "images" else [told.get("media_id")]
    if not isinstance(media_ids, list) or not 1 <= len(media_ids) <= MAX_PICTURES:
        raise ApiError(40007)
    for media_id in media_ids:
        found = sandbox.library.get_any(call.caller.appid, str(media_id), call.now)
        if found.kind != _MEDIA[kind]:
            raise ApiError(40007)
    return {"media_ids": media_ids}, []


def _preview_cards(sandbox: Sandbox, call: Call, mass: Mass) -> tuple[chats.Article, ...]:
    if not mass.articles:
        return ()
    draft = sandbox.library.get_draft(call.caller.appid, mass.content["media_id"])
    home = f"{sandbox.settings.sandbox_url}/s/draft/{draft.key}"
    return tuple(
        masses.article_card(article, f"{home}/{index}")
        for index, article in enumerate(draft.articles)
    )


def _followers(sandbox: Sandbox, call: Call) -> list[int]:
    appid = call.caller.appid
    return [
        number
        for (follows, number), follow in sandbox.follows.items()
        if follows == appid and follow.subscribed
    ]


def _number(call: Call, openid: str) -> int:
    number = people.number_of(call.caller.appid, openid)
    if number is None:
        raise ApiError(40003)
    return number


def _number_by_name(sandbox: Sandbox, call: Call, name: str) -> int:
    for number in _followers(sandbox, call):
        if name in (people.citizen(number).name, people.citizen(number).nickname):
            return number
    raise ApiError(40132)


def _find(sandbox: Sandbox, call: Call) -> Mass:
    mass = sandbox.jobs.masses.get(call.whole("msg_id", error=40059))
    if mass is None or mass.appid != call.caller.appid:
        raise ApiError(40059)
    return mass
