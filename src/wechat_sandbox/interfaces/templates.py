# SPDX-License-Identifier: Apache-2.0
"""Template messages, and the one-time message a citizen allowed on a page."""

from __future__ import annotations

from wechat_sandbox.acts.delivering import announce
from wechat_sandbox.acts.subscribe_acts import show_notice
from wechat_sandbox.clock import china_day
from wechat_sandbox.errors import ApiError
from wechat_sandbox.interfaces.base import OK, Answer, Call, Interface, Json
from wechat_sandbox.interfaces.users import citizen_behind
from wechat_sandbox.office.notices import INDUSTRIES, read_lines
from wechat_sandbox.state import Sandbox

MAX_CLIENT_ID = 32
MAX_ONCE_TITLE = 15
MAX_ONCE_CONTENT = 200


def set_industry(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/template/api_set_industry."""
    first, second = (str(call.params.get(f"industry_id{place}", "")) for place in (1, 2))
    month = china_day(call.now)[:7]
    sandbox.of(call.caller).templates.set_industries(first, second, month)
    return OK


def get_industry(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/template/get_industry."""
    first, second = sandbox.of(call.caller).templates.industries
    return {"primary_industry": _classes(first), "secondary_industry": _classes(second)}


def add_template(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/template/api_add_template."""
    names = call.texts("keyword_name_list") if call.params.get("keyword_name_list") else []
    template = sandbox.of(call.caller).templates.add(call.text("template_id_short"), names)
    return {**OK, "template_id": template.id}


def private_templates(sandbox: Sandbox, call: Call) -> Answer:
    """Answer GET /cgi-bin/template/get_all_private_template."""
    return {
        "template_list": [
            {
                "template_id": one.id,
                "title": one.title,
                "primary_industry": one.industry[0],
                "deputy_industry": one.industry[1],
                "content": one.content,
                "example": one.example,
            }
            for one in sandbox.of(call.caller).templates.private.values()
        ]
    }


def delete_template(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/template/del_private_template."""
    sandbox.of(call.caller).templates.delete(call.text("template_id"))
    return OK


def send(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/template/send; how it fared comes by event."""
    account, book = call.caller, sandbox.of(call.caller).templates
    number = citizen_behind(account, call.text("touser"))
    template = book.get(call.text("template_id"))
    lines = read_lines(template.keywords, call.params.get("data"))
    client_id = call.text("client_msg_id")
    if len(client_id.encode()) > MAX_CLIENT_ID:
        raise ApiError(45067)
    if client_id and (earlier := book.sent_before(client_id, call.now)):
        # Dropped in silence: the citizen gets it once.
        return {**OK, "msgid": earlier}
    if not sandbox.follow_of(account, number).subscribed:
        raise ApiError(43004)
    message_id = sandbox.next_message_id()
    if client_id:
        book.sent[client_id] = (message_id, call.now)
    relation = sandbox.relation_of(account, number)
    is_stopped = relation.refuses or relation.is_blocked
    if not is_stopped:
        program = _program(call)
        show_notice(
            sandbox,
            account,
            number,
            kind="template",
            title=template.title,
            lines=lines,
            url=call.text("url"),
            appid=str(program.get("appid", "")),
            page=str(program.get("pagepath", "")),
        )
    announce(
        sandbox,
        account,
        number,
        {
            "Event": "TEMPLATESENDJOBFINISH",
            "MsgID": message_id,
            "Status": "failed:user block" if is_stopped else "success",
        },
    )
    return {**OK, "msgid": message_id}


def send_once(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /cgi-bin/message/template/subscribe: one message per confirmed page."""
    account = call.caller
    number = citizen_behind(account, call.text("touser"))
    title, scene = call.text("title"), call.whole("scene")
    content = call.fields("data", error=47003).get("content")
    words = content.get("value") if isinstance(content, dict) else None
    if not isinstance(words, str) or not 1 <= len(words) <= MAX_ONCE_CONTENT:
        raise ApiError(47003, "data.content.value invalid")
    if not 1 <= len(title) <= MAX_ONCE_TITLE:
        raise ApiError(45003)
    sandbox.of(account).templates.spend_once(number, call.text("template_id"), scene)
    show_notice(
        sandbox,
        account,
        number,
        kind="notice",
        title=title,
        lines=(("", words),),
        url=call.text("url"),
    )
    return OK


def blocked_templates(sandbox: Sandbox, call: Call) -> Answer:
    """Answer POST /wxa/sec/queryblocktmplmsg: the sandbox blocks none."""
    return {**OK, "msginfo": []}


def _classes(industry: str) -> Json:
    first, second = INDUSTRIES[industry]
    return {"first_class": first, "second_class": second}


def _program(call: Call) -> Json:
    program = call.params.get("miniprogram")
    return program if isinstance(program, dict) else {}


INTERFACES: dict[str, Interface] = {
    "/cgi-bin/template/api_set_industry": Interface("POST", "token", set_industry, "template"),
    "/cgi-bin/template/get_industry": Interface("GET", "token", get_industry, "template"),
    "/cgi-bin/template/api_add_template": Interface("POST", "token", add_template, "template"),
    "/cgi-bin/template/get_all_private_template": Interface(
        "GET", "token", private_templates, "template"
    ),
    "/cgi-bin/template/del_private_template": Interface(
        "POST", "token", delete_template, "template"
    ),
    "/cgi-bin/message/template/send": Interface("POST", "token", send, "template", daily=100_000),
    "/cgi-bin/message/template/subscribe": Interface(
        "POST", "token", send_once, "one_time_subscribe", daily=100_000
    ),
    "/wxa/sec/queryblocktmplmsg": Interface("POST", "token", blocked_templates, "template"),
}
