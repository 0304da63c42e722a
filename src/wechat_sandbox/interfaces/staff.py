# SPDX-License-Identifier: Apache-2.0
"""WeChat's own customer service: staff accounts and their sessions with citizens."""

from __future__ import annotations

from typing import Final

from wechat_sandbox.acts.delivering import announce_session
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface
from wechat_sandbox.interfaces.users import citizen_behind, follower
from wechat_sandbox.office.service_desk import ServiceDesk, Session
from wechat_sandbox.people import openid_of
from wechat_sandbox.state import Sandbox

MAX_RECORDS = 10_000
MAX_SPAN_S = 86_400


def listing(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/customservice/getkflist."""
    return {
        "kf_list": [
            {
                "kf_account": one.account,
                "kf_nick": one.nickname,
                "kf_id": str(one.id),
                "kf_headimgurl": one.portrait,
            }
            for one in _desk(sandbox, call).staff.values()
        ]
    }


def online(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/customservice/getonlinekflist."""
    desk = _desk(sandbox, call)
    return {
        "kf_online_list": [
            {
                "kf_account": one.account,
                "status": 1,
                "kf_id": str(one.id),
                "accepted_case": sum(1 for s in desk.sessions.values() if s.staff == one.account),
            }
            for one in desk.staff.values()
            if one.is_online
        ]
    }


def add(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /customservice/kfaccount/add."""
    _desk(sandbox, call).add(call.text("kf_account"), call.text("nickname"))
    return OK


def update(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /customservice/kfaccount/update."""
    _desk(sandbox, call).rename(call.text("kf_account"), call.text("nickname"))
    return OK


def delete(sandbox: Sandbox, call: Call) -> Answer:
    """Answer /customservice/kfaccount/del."""
    _desk(sandbox, call).remove(call.text("kf_account"))
    return OK


def portrait(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /customservice/kfaccount/uploadheadimg."""
    member = _desk(sandbox, call).get(call.text("kf_account"))
    upload = call.uploads.get("media")
    if upload is None:
        raise ApiError(41005)
    if not upload.body.startswith((b"\xff\xd8\xff", b"\x89PNG")):
        raise ApiError(61457)
    member.portrait = f"{sandbox.settings.sandbox_url}/static/mark.svg"
    return OK


def open_session(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /customservice/kfsession/create."""
    account, number = call.caller, follower(sandbox, call.caller, call.text("openid"))
    desk = _desk(sandbox, call)
    was_open = number in desk.sessions
    session = desk.open(number, call.text("kf_account"), int(call.now))
    if not was_open:
        announce_session(sandbox, account, number, "kf_create_session", session)
    return OK


def close_session(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /customservice/kfsession/close."""
    account, number = call.caller, citizen_behind(call.caller, call.text("openid"))
    name = call.text("kf_account")
    _desk(sandbox, call).close(number, name)
    ended = Session(number, name, int(call.now))
    announce_session(sandbox, account, number, "kf_close_session", ended)
    return OK


def session_of(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /customservice/kfsession/getsession."""
    number = citizen_behind(call.caller, call.text("openid"))
    session = _desk(sandbox, call).sessions.get(number)
    if session is None:
        return {"createtime": 0, "kf_account": ""}
    return {"createtime": session.since, "kf_account": session.staff}


def sessions_of(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /customservice/kfsession/getsessionlist."""
    desk, appid = _desk(sandbox, call), call.caller.appid
    member = desk.get(call.text("kf_account"), 65401)
    return {
        "sessionlist": [
            {"createtime": one.since, "openid": openid_of(appid, one.number)}
            for one in desk.sessions.values()
            if one.staff == member.account
        ]
    }


def waiting(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /customservice/kfsession/getwaitcase."""
    desk, appid = _desk(sandbox, call), call.caller.appid
    return {
        "count": len(desk.waiting),
        "waitcaselist": [
            {"latest_time": since, "openid": openid_of(appid, number)}
            for number, since in desk.waiting.items()
        ],
    }


def records(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /customservice/msgrecord/getmsglist."""
    begin, end = call.whole("starttime", error=65416), call.whole("endtime", error=65416)
    first, count = call.whole("msgid", 1, error=65416), call.whole("number", error=65416)
    if not 1 <= count <= MAX_RECORDS or begin > end or first < 1:
        raise ApiError(65416)
    if end - begin > MAX_SPAN_S:
        raise ApiError(65417)
    appid = call.caller.appid
    found = [
        (place, one)
        for place, one in enumerate(_desk(sandbox, call).records, start=1)
        if begin <= one.at <= end and place >= first
    ][:count]
    return {
        "recordlist": [
            {
                "openid": openid_of(appid, one.number),
                "opercode": one.opercode,
                "text": one.text,
                "time": one.at,
                "worker": one.staff,
            }
            for _, one in found
        ],
        "number": len(found),
        "msgid": found[-1][0] + 1 if found else first,
    }


def _desk(sandbox: Sandbox, call: Call) -> ServiceDesk:
    return sandbox.of(call.caller).desk


_S: Final = "service_staff"
INTERFACES: dict[str, Interface] = {
    "/cgi-bin/customservice/getkflist": Interface("GET", "token", listing, _S),
    "/cgi-bin/customservice/getonlinekflist": Interface("GET", "token", online, _S),
    "/customservice/kfaccount/add": Interface("POST", "token", add, _S),
    "/customservice/kfaccount/update": Interface("POST", "token", update, _S),
    # WeChat's page says GET, some clients post.
    "/customservice/kfaccount/del": Interface("ANY", "token", delete, _S),
    "/customservice/kfaccount/uploadheadimg": Interface("POST", "token", portrait, _S, "multipart"),
    "/customservice/kfsession/create": Interface("POST", "token", open_session, _S),
    "/customservice/kfsession/close": Interface("POST", "token", close_session, _S),
    "/customservice/kfsession/getsession": Interface("GET", "token", session_of, _S),
    "/customservice/kfsession/getsessionlist": Interface("GET", "token", sessions_of, _S),
    "/customservice/kfsession/getwaitcase": Interface("GET", "token", waiting, _S),
    "/customservice/msgrecord/getmsglist": Interface("POST", "token", records, _S),
}
