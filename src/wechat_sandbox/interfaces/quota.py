# SPDX-License-Identifier: Apache-2.0
"""What an account used up, what lies behind a rid, whether its server can be reached."""

from __future__ import annotations

import re
from dataclasses import asdict

from wechat_sandbox.addresses import parts_of
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.people import number_of, openid_of
from wechat_sandbox.state import Sandbox

CLEAR_ALL_PER_MONTH = 10  # clear_quota and its second version share them
CLEAR_ONE_PER_MONTH = 50
MAX_CHANGED = 100
_UNLIMITED = 100_000_000  # what WeChat shows is always a number
_RID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}")
_OPERATORS = ("CHINANET", "UNICOM", "CAP", "DEFAULT")


def get_quota(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/openapi/quota/get."""
    path = _path(sandbox, call)
    limit = sandbox.quotas.limit_of(call.caller, path)
    daily = _UNLIMITED if limit.daily is None else limit.daily
    used = sandbox.quotas.used(call.caller, path, call.now)
    answer: Json = {
        **OK,
        "quota": {"daily_limit": daily, "used": used, "remain": max(0, daily - used)},
    }
    if limit.per_minute is not None:
        answer["rate_limit"] = {"call_count": limit.per_minute, "refresh_second": 60}
    return answer


def clear_one(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/openapi/quota/clear."""
    path = _path(sandbox, call)
    sandbox.cleared.count(call.caller, "one", CLEAR_ONE_PER_MONTH, call.now)
    sandbox.quotas.clear(call.caller, path)
    return OK


def clear_all(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/clear_quota, by token or, in its second version, by secret."""
    if call.text("appid") != call.caller.appid:
        raise ApiError(40013)
    sandbox.cleared.count(call.caller, "all", CLEAR_ALL_PER_MONTH, call.now)
    sandbox.quotas.clear(call.caller)
    return OK


def get_rid(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/openapi/rid/get: the call behind a rid of the last seven days."""
    rid = call.text("rid")
    if not _RID.fullmatch(rid):
        raise ApiError(76002)
    record = sandbox.rids.find(rid)
    if record is None:
        raise ApiError(76001)
    if record.appid != call.caller.appid:
        raise ApiError(76003)
    if not record.is_kept(call.now):
        raise ApiError(76004)
    told = asdict(record)
    del told["appid"]
    return {**OK, "request": told}


def check_callback(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/callback/check for the host of the callback address."""
    action, operator = call.text("action"), call.text("check_operator")
    if action not in ("dns", "ping", "all"):
        raise ApiError(40202)
    if operator not in _OPERATORS:
        raise ApiError(40203)
    host = parts_of(call.caller.callback_url).hostname or ""
    answer: Json = {}
    if action in ("dns", "all"):
        answer["dns"] = [{"ip": host, "real_operator": operator}]
    if action in ("ping", "all"):
        ping = {"ip": host, "from_operator": operator, "package_loss": "0%", "time": "0.050ms"}
        answer["ping"] = [ping]
    return answer


def change_openid(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/changeopenid: the openids of another account's followers here."""
    origin = sandbox.by_appid.get(call.text("from_appid"))
    openids = call.texts("openid_list", error=40031)
    if origin is None:
        raise ApiError(40013)
    if not 1 <= len(openids) <= MAX_CHANGED:
        raise ApiError(40032)
    changed = []
    for openid in openids:
        number = number_of(origin.appid, openid)
        told = {"ori_openid": openid}
        if number is None:
            changed.append({**told, "new_openid": "", "err_msg": "ori_openid error"})
        else:
            new = openid_of(call.caller.appid, number)
            changed.append({**told, "new_openid": new, "err_msg": "ok"})
    return {**OK, "result_list": changed}


def _path(sandbox: Sandbox, call: Call) -> str:
    path = call.text("cgi_path")
    if not sandbox.quotas.knows(path):
        raise ApiError(76021)
    return path


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/openapi/quota/get": Interface("POST", "token", get_quota),
    "/cgi-bin/openapi/quota/clear": Interface("POST", "token", clear_one),
    "/cgi-bin/clear_quota": Interface("POST", "token", clear_all),
    "/cgi-bin/clear_quota/v2": Interface("POST", "secret", clear_all),
    "/cgi-bin/openapi/rid/get": Interface("POST", "token", get_rid),
    "/cgi-bin/callback/check": Interface("POST", "token", check_callback),
    "/cgi-bin/changeopenid": Interface("POST", "token", change_openid, "users"),
}
