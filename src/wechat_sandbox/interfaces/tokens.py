# SPDX-License-Identifier: Apache-2.0
"""Tokens, tickets and WeChat's own addresses."""

from __future__ import annotations

from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import Answer, Call, Interface
from wechat_sandbox.state import Sandbox


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


def _check_client_credential(call: Call) -> None:
    if call.text("grant_type") != "client_credential":
        raise ApiError(40002)


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/token": Interface("GET", "secret", legacy_token, daily=2_000),
    "/cgi-bin/stable_token": Interface(
        "POST", "secret", stable_token, daily=500_000, per_minute=10_000
    ),
    "/cgi-bin/ticket/getticket": Interface("GET", "token", ticket, ability="jssdk", daily=100_000),
    "/cgi-bin/get_api_domain_ip": Interface("GET", "token", server_addresses),
    "/cgi-bin/getcallbackip": Interface("GET", "token", server_addresses),
}
