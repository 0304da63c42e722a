# SPDX-License-Identifier: Apache-2.0
"""What each WeChat interface answers. The edge (`api_edge`) has checked the outside already."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from wechat_sandbox import people
from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.oauth import ACCESS_LIFE_S, Grant
from wechat_sandbox.state import Sandbox

Answer = dict[str, Any]
Access = Literal["secret", "token", "web"]


@dataclass(frozen=True, slots=True)
class Call:
    """One checked call: who asks, with which parameters, when."""

    account: Account | None
    params: Mapping[str, Any]
    now: float

    @property
    def caller(self) -> Account:
        """Return the account whose secret or token came with the call."""
        if self.account is None:
            raise ApiError(40013)
        return self.account

    def text(self, name: str) -> str:
        """Return a parameter as text, empty when missing."""
        value = self.params.get(name, "")
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Interface:
    """How an interface is reached, and who answers."""

    method: Literal["GET", "POST"]
    access: Access
    answer: Callable[[Sandbox, Call], Answer]


def legacy_token(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/token."""
    _check_client_credential(call)
    value, life = sandbox.tokens.issue_legacy(call.caller.appid, call.now)
    return {"access_token": value, "expires_in": life}


def stable_token(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/stable_token."""
    _check_client_credential(call)
    if call.params.get("force_refresh") is True:
        value, life = sandbox.tokens.force_stable(call.caller.appid, call.now)
    else:
        value, life = sandbox.tokens.issue_stable(call.caller.appid, call.now)
    return {"access_token": value, "expires_in": life}


def user_info(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/user/info; nickname and portrait are no longer given since 2021."""
    account = call.caller
    if not account.may_read_users:
        raise ApiError(48001)
    openid = call.text("openid")
    number = people.number_of(account.appid, openid)
    if number is None:
        raise ApiError(40003)
    follow = sandbox.follow_of(account, number)
    if not follow.subscribed:
        return {"subscribe": 0, "openid": openid}
    return {
        "subscribe": 1,
        "openid": openid,
        "language": call.text("lang") or "zh_CN",
        "subscribe_time": follow.at,
        "unionid": people.unionid_of(account.open_platform, number),
        "remark": "",
        "groupid": 0,
        "tagid_list": [],
        "subscribe_scene": follow.scene,
        "qr_scene": int(follow.qr_scene) if follow.qr_scene.isdecimal() else 0,
        "qr_scene_str": "" if follow.qr_scene.isdecimal() else follow.qr_scene,
    }


def ticket(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/ticket/getticket."""
    kind = call.text("type")
    if kind not in ("jsapi", "wx_card"):
        raise ApiError(40097)
    value, life = sandbox.tokens.ticket(call.caller.appid, kind, call.now)
    return {"errcode": 0, "errmsg": "ok", "ticket": value, "expires_in": life}


def server_addresses(sandbox: Sandbox, call: Call) -> Answer:
    """Answer the two interfaces that list WeChat's own addresses."""
    return {"ip_list": ["127.0.0.1"]}


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
    answer: Answer = {
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


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/token": Interface("GET", "secret", legacy_token),
    "/cgi-bin/stable_token": Interface("POST", "secret", stable_token),
    "/cgi-bin/user/info": Interface("GET", "token", user_info),
    "/cgi-bin/ticket/getticket": Interface("GET", "token", ticket),
    "/cgi-bin/get_api_domain_ip": Interface("GET", "token", server_addresses),
    "/cgi-bin/getcallbackip": Interface("GET", "token", server_addresses),
    "/sns/oauth2/access_token": Interface("GET", "secret", web_token),
    "/sns/oauth2/refresh_token": Interface("GET", "web", web_refresh),
    "/sns/auth": Interface("GET", "web", web_auth),
    "/sns/userinfo": Interface("GET", "web", web_userinfo),
}


def _check_client_credential(call: Call) -> None:
    if call.text("grant_type") != "client_credential":
        raise ApiError(40002)


def _web_answer(sandbox: Sandbox, account: Account, grant: Grant, now: float) -> Answer:
    answer: Answer = {
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
