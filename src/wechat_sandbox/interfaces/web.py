# SPDX-License-Identifier: Apache-2.0
"""The web login: codes, web tokens and who is behind them."""

from __future__ import annotations

from wechat_sandbox import people
from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import Answer, Call, Interface, Json
from wechat_sandbox.oauth import ACCESS_LIFE_S, Grant
from wechat_sandbox.state import Sandbox


def web_token(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /sns/oauth2/access_token: spend a code."""
    if call.text("grant_type") != "authorization_code":
        raise ApiError(40002)
    code = call.text("code")
    if not code:
        raise ApiError(41008)
    grant = sandbox.grants.redeem_code(code, call.caller.appid, call.now)
    return _web_answer(sandbox, call.caller, grant, call.now)


def web_refresh(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /sns/oauth2/refresh_token; it needs no secret, but the right appid."""
    if call.text("grant_type") != "refresh_token":
        raise ApiError(40002)
    grant = sandbox.grants.read_refresh(call.text("refresh_token"), call.now)
    if not call.text("appid"):
        raise ApiError(41002)
    if grant.appid != call.text("appid"):
        raise ApiError(40030)
    return _web_answer(sandbox, sandbox.by_appid[grant.appid], grant, call.now)


def web_auth(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /sns/auth: is this web token still good for this openid?"""
    _web_grant(sandbox, call)
    return {"errcode": 0, "errmsg": "ok"}


def web_userinfo(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /sns/userinfo; sex and area are empty nowadays."""
    grant, openid = _web_grant(sandbox, call)
    if grant.scope != "snsapi_userinfo":
        raise ApiError(48001)
    account = sandbox.by_appid[grant.appid]
    answer: Json = {
        "openid": openid,
        "nickname": "微信用户",
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
    }
    if grant.snapshot:
        return answer
    person = people.citizen(grant.number)
    answer["nickname"] = person.nickname
    answer["headimgurl"] = f"{sandbox.settings.sandbox_url}/portraits/{grant.number}.svg"
    answer["unionid"] = people.unionid_of(account.open_platform, grant.number)
    return answer


def _web_answer(sandbox: Sandbox, account: Account, grant: Grant, now: float) -> Answer:
    answer: Json = {
        "access_token": sandbox.grants.access_token(grant, now),
        "expires_in": ACCESS_LIFE_S,
        "refresh_token": sandbox.grants.refresh_token(grant, now),
        "openid": _openid_behind(grant),
        "scope": grant.scope,
    }
    if grant.snapshot:
        answer["is_snapshotuser"] = 1
    elif grant.scope == "snsapi_userinfo":
        answer["unionid"] = people.unionid_of(account.open_platform, grant.number)
    return answer


def _web_grant(sandbox: Sandbox, call: Call) -> tuple[Grant, str]:
    grant = sandbox.grants.read_access(call.text("access_token"), call.now)
    openid = call.text("openid")
    if not openid:
        raise ApiError(41009)
    if openid != _openid_behind(grant):
        raise ApiError(40003)
    return grant, openid


def _openid_behind(grant: Grant) -> str:
    # A snapshot page has a visitor of its own; the citizen stays unknown.
    name = people.visitor_openid if grant.snapshot else people.openid_of
    return name(grant.appid, grant.number)


INTERFACES: dict[str, Interface] = {
    "/sns/oauth2/access_token": Interface("GET", "secret", web_token),
    "/sns/oauth2/refresh_token": Interface("GET", "web", web_refresh),
    "/sns/auth": Interface("GET", "web", web_auth),
    "/sns/userinfo": Interface("GET", "web", web_userinfo),
}
