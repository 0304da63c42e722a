# SPDX-License-Identifier: Apache-2.0
"""Who follows the account: the list, what is known of each, remarks, the black list."""

from __future__ import annotations

from collections.abc import Sequence

from wechat_sandbox import people
from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.state import Sandbox

PAGE = 10_000
BATCH = 100
BLACK_BATCH = 20
MAX_REMARK = 30
_LANGUAGES = ("zh_CN", "zh_TW", "en")


def user_list(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/user/get: at most ten thousand openids after `next_openid`."""
    numbers = sandbox.followers_of(call.caller)
    return page_of(call.caller, numbers, call.text("next_openid"))


def user_info(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/user/info; nickname and portrait are no longer given since 2021."""
    return _described(sandbox, call.caller, call.text("openid"), call.text("lang"))


def batch_info(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/user/info/batchget."""
    asked = call.params.get("user_list")
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise ApiError(40031)
    if not 1 <= len(asked) <= BATCH:
        raise ApiError(40032)
    return {
        "user_info_list": [
            _described(
                sandbox, call.caller, str(one.get("openid", "")), str(one.get("lang", "zh_CN"))
            )
            for one in asked
        ]
    }


def update_remark(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/user/info/updateremark."""
    number = follower(sandbox, call.caller, call.text("openid"))
    remark = call.text("remark")
    if len(remark) >= MAX_REMARK:
        raise ApiError(40097, "remark")
    sandbox.relation_of(call.caller, number).remark = remark
    return OK


def black_list(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/members/getblacklist."""
    account = call.caller
    blocked = [
        number
        for (appid, number), relation in sandbox.relations.items()
        if appid == account.appid and relation.is_blocked
    ]
    return page_of(account, blocked, call.text("begin_openid"))


def block(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/members/batchblacklist."""
    for number in _batch(sandbox, call):
        sandbox.relation_of(call.caller, number).is_blocked = True
    return OK


def unblock(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/tags/members/batchunblacklist."""
    for number in _batch(sandbox, call):
        sandbox.relation_of(call.caller, number).is_blocked = False
    return OK


def page_of(account: Account, numbers: Sequence[int], after: str) -> Json:
    """Return one page of openids; raises 40003 for a start that is not among them."""
    start = 0
    if after:
        number = people.number_of(account.appid, after)
        if number is None or number not in numbers:
            raise ApiError(40003)
        start = numbers.index(number) + 1
    shown = [people.openid_of(account.appid, one) for one in numbers[start : start + PAGE]]
    answer: Json = {"total": len(numbers), "count": len(shown)}
    if shown:
        answer["data"] = {"openid": shown}
    return {**answer, "next_openid": shown[-1] if shown else ""}


def citizen_behind(account: Account, openid: str) -> int:
    """Return whose openid this is; raises 40003 for one the account never gave out."""
    number = people.number_of(account.appid, openid)
    if number is None:
        raise ApiError(40003)
    return number


def follower(sandbox: Sandbox, account: Account, openid: str) -> int:
    """Return which follower an openid stands for; raises 40003 for anybody else."""
    number = citizen_behind(account, openid)
    if not sandbox.follow_of(account, number).subscribed:
        raise ApiError(40003)
    return number


def _batch(sandbox: Sandbox, call: Call) -> list[int]:
    openids = call.texts("openid_list", error=40031)
    if not 1 <= len(openids) <= BLACK_BATCH:
        raise ApiError(40032)
    # All are looked up before the first is touched.
    return [citizen_behind(call.caller, openid) for openid in openids]


def _described(sandbox: Sandbox, account: Account, openid: str, language: str) -> Json:
    number = citizen_behind(account, openid)
    follow = sandbox.follow_of(account, number)
    if not follow.subscribed:
        return {"subscribe": 0, "openid": openid}
    relation = sandbox.relation_of(account, number)
    return {
        "subscribe": 1,
        "openid": openid,
        "language": language if language in _LANGUAGES else "zh_CN",
        "subscribe_time": follow.at,
        "unionid": people.unionid_of(account.open_platform, number),
        "remark": relation.remark,
        "groupid": relation.tag_ids[0] if relation.tag_ids else 0,
        "tagid_list": list(relation.tag_ids),
        "subscribe_scene": follow.scene,
        "qr_scene": int(follow.qr_scene) if follow.qr_scene.isdecimal() else 0,
        "qr_scene_str": "" if follow.qr_scene.isdecimal() else follow.qr_scene,
    }


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/user/get": Interface("GET", "token", user_list, "users", daily=500),
    "/cgi-bin/user/info": Interface("GET", "token", user_info, "users", daily=500_000),
    "/cgi-bin/user/info/batchget": Interface("POST", "token", batch_info, "users", daily=500_000),
    "/cgi-bin/user/info/updateremark": Interface(
        "POST", "token", update_remark, "users", daily=10_000
    ),
    "/cgi-bin/tags/members/getblacklist": Interface("POST", "token", black_list, "tags"),
    "/cgi-bin/tags/members/batchblacklist": Interface("POST", "token", block, "tags"),
    "/cgi-bin/tags/members/batchunblacklist": Interface("POST", "token", unblock, "tags"),
}
