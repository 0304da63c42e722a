# SPDX-License-Identifier: Apache-2.0
"""Subscription notices: the library, private templates, and sending to those who accepted."""

from __future__ import annotations

from typing import Final

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.delivering import begin
from wechat_sandbox.acts.subscribe_acts import show_notice, tell_sent
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface
from wechat_sandbox.interfaces.users import citizen_behind
from wechat_sandbox.office.notices import CATEGORIES, CATEGORY_OF, LIBRARY, find_public, read_lines
from wechat_sandbox.state import Sandbox

MAX_LISTED = 30
_MINI_STATES = ("", "developer", "trial", "formal")
# Long-term notices are for these alone.
LONG_TERM_CATEGORIES = frozenset({"gov", "medical", "traffic", "finance", "education"})


def categories(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /wxaapi/newtmpl/getcategory."""
    return {**OK, "data": [{"id": one, "name": name} for one, name in CATEGORIES]}


def titles(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /wxaapi/newtmpl/getpubtemplatetitles."""
    wanted = {one for one in call.text("ids").split(",") if one}
    start, limit = call.whole("start", 0), call.whole("limit", MAX_LISTED)
    if not wanted or not 1 <= limit <= MAX_LISTED:
        raise ApiError(40097, "ids, limit")
    found = [
        {"tid": one.tid, "title": one.title, "type": one.kind, "categoryId": CATEGORY_OF[one.kind]}
        for one in LIBRARY
        if str(CATEGORY_OF[one.kind]) in wanted
        and find_public(one.tid, long_term=_may_long(call.caller))
    ]
    return {**OK, "count": len(found), "data": found[start : start + limit]}


def keywords(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /wxaapi/newtmpl/getpubtemplatekeywords."""
    entry = find_public(call.whole("tid", error=200014), long_term=_may_long(call.caller))
    if entry is None:
        raise ApiError(200014)
    words = [
        {"kid": one.kid, "name": one.name, "example": one.example, "rule": one.rule}
        for one in entry.keywords
    ]
    return {**OK, "count": len(words), "data": words}


def add_template(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxaapi/newtmpl/addtemplate."""
    kids = call.params.get("kidList")
    if not isinstance(kids, list) or not all(type(kid) is int for kid in kids):
        raise ApiError(200020)
    template = sandbox.of(call.caller).subscriptions.add(
        call.whole("tid", error=200014),
        kids,
        call.text("sceneDesc"),
        long_term=_may_long(call.caller),
    )
    return {**OK, "priTmplId": template.id}


def private_templates(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /wxaapi/newtmpl/gettemplate."""
    found = [
        {
            "priTmplId": one.id,
            "title": one.title,
            "content": one.content,
            "example": one.example,
            "type": one.kind,
        }
        for one in sandbox.of(call.caller).subscriptions.private.values()
    ]
    return {**OK, "data": found}


def delete_template(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxaapi/newtmpl/deltemplate."""
    sandbox.of(call.caller).subscriptions.delete(call.text("priTmplId"))
    return OK


def send(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/subscribe/bizsend, and its twin for mini programs."""
    account, book = call.caller, sandbox.of(call.caller).subscriptions
    number = citizen_behind(account, call.text("touser"))
    template = book.get(call.text("template_id"))
    lines = read_lines(template.keywords, call.params.get("data"))
    if call.text("miniprogram_state") not in _MINI_STATES:
        raise ApiError(40097, "miniprogram_state")
    if account.kind == "MP" and call.text("page").startswith(("http://", "https://")):
        raise ApiError(41030)
    book.spend(number, template)
    program = call.params.get("miniprogram")
    program = program if isinstance(program, dict) else {}
    page = call.text("page")
    relation = sandbox.relation_of(account, number)
    arrives = not (relation.refuses or relation.is_blocked)
    if arrives:
        show_notice(
            sandbox,
            account,
            number,
            kind="notice",
            title=template.title,
            lines=lines,
            url="" if account.kind == "MP" else page,
            appid=account.appid if account.kind == "MP" else str(program.get("appid", "")),
            page=page if account.kind == "MP" else str(program.get("pagepath", "")),
        )
    message_id = sandbox.next_message_id()
    begin(sandbox, tell_sent(sandbox, account, number, template.id, message_id, arrives=arrives))
    return OK


def _may_long(account: Account) -> bool:
    return account.category in LONG_TERM_CATEGORIES


_N: Final = "newtmpl"
INTERFACES: dict[str, Interface] = {
    "/wxaapi/newtmpl/getcategory": Interface("GET", "token", categories, _N),
    "/wxaapi/newtmpl/getpubtemplatetitles": Interface("GET", "token", titles, _N),
    "/wxaapi/newtmpl/getpubtemplatekeywords": Interface("GET", "token", keywords, _N),
    "/wxaapi/newtmpl/addtemplate": Interface("POST", "token", add_template, _N),
    "/wxaapi/newtmpl/gettemplate": Interface("GET", "token", private_templates, _N),
    "/wxaapi/newtmpl/deltemplate": Interface("POST", "token", delete_template, _N),
    "/cgi-bin/message/subscribe/bizsend": Interface("POST", "token", send, "bizsend"),
    "/cgi-bin/message/subscribe/send": Interface("POST", "token", send, "subscribe_send"),
}
