# SPDX-License-Identifier: Apache-2.0
"""Permissions for notices: the pop-up, the settings where they are withdrawn, the one-time page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal
from urllib.parse import parse_qsl, urlencode, urlunsplit

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.delivering import Act, ActRefused, send_event
from wechat_sandbox.addresses import parts_of
from wechat_sandbox.chats import Card
from wechat_sandbox.errors import ApiError
from wechat_sandbox.office.notices import Kind
from wechat_sandbox.office.subscription_book import NoticeTemplate
from wechat_sandbox.people import openid_of
from wechat_sandbox.push.envelope import Fields, Value
from wechat_sandbox.state import Sandbox

Choice = Literal["accept", "reject"]

MAX_IN_POPUP = 3
MAX_SCENE = 10_000
_FROM_PAGE = "1"  # where the pop-up came from: a page
_SENT, _REFUSED = ("0", "success"), ("1", "failed:user block")  # the second one [R]


def asked_templates(
    sandbox: Sandbox, account: Account, template_ids: Sequence[str]
) -> list[NoticeTemplate]:
    """Return what a pop-up would ask for; one-off and long-term ones do not stand together."""
    if not 1 <= len(template_ids) <= MAX_IN_POPUP or len(set(template_ids)) != len(template_ids):
        raise ActRefused("template_count")
    try:
        found = [sandbox.of(account).subscriptions.get(one) for one in template_ids]
    except ApiError as error:
        raise ActRefused("unknown_template") from error
    kinds: set[Kind] = {template.kind for template in found}
    if len(kinds) > 1:
        raise ActRefused("mixed_templates")
    return found


def answer_popup(
    sandbox: Sandbox, account: Account, number: int, choices: Mapping[str, Choice]
) -> Act:
    """Let a citizen answer the pop-up: template → accept or reject."""
    asked_templates(sandbox, account, list(choices))
    book = sandbox.of(account).subscriptions
    for template_id, choice in choices.items():
        if choice == "accept":
            book.accept(number, template_id)
    told: list[Mapping[str, Value]] = [
        {"TemplateId": one, "SubscribeStatusString": choice, "PopupScene": _FROM_PAGE}
        for one, choice in choices.items()
    ]
    return _tell(sandbox, account, number, "subscribe_msg_popup_event", told)


def withdraw(sandbox: Sandbox, account: Account, number: int, template_ids: Sequence[str]) -> Act:
    """Let a citizen switch notices off in the settings of the account."""
    book = sandbox.of(account).subscriptions
    held = {one.template_id for one in book.accepted_by(number)}
    if not template_ids or not set(template_ids) <= held:
        raise ActRefused("not_accepted")
    for one in template_ids:
        book.withdraw(number, one)
    told: list[Mapping[str, Value]] = [
        {"TemplateId": one, "SubscribeStatusString": "reject"} for one in template_ids
    ]
    return _tell(sandbox, account, number, "subscribe_msg_change_event", told)


def show_notice(
    sandbox: Sandbox,
    account: Account,
    number: int,
    *,
    kind: Literal["template", "notice"],
    title: str,
    lines: tuple[tuple[str, str], ...],
    url: str,
    appid: str = "",
    page: str = "",
) -> None:
    """Put a template message or a notice on the phone."""
    card = Card(title=title, lines=lines, url=url, appid=appid, page=page)
    sandbox.chat_of(account, number).add(
        at=sandbox.clock.now(), side="account", kind=kind, text=title, card=card
    )


def tell_sent(
    sandbox: Sandbox,
    account: Account,
    number: int,
    template_id: str,
    message_id: int,
    *,
    arrives: bool,
) -> Act:
    """Tell the server that a notice went out, or that the citizen takes no messages."""
    code, status = _SENT if arrives else _REFUSED
    told: Mapping[str, Value] = {
        "TemplateId": template_id,
        "MsgID": str(message_id),
        "ErrorCode": code,
        "ErrorStatus": status,
    }
    return _tell(sandbox, account, number, "subscribe_msg_sent_event", [told])


def confirm_once(
    sandbox: Sandbox, account: Account, number: int, query: Mapping[str, str], *, accepts: bool
) -> str:
    """Answer the page of a one-time permission; returns where the browser goes next."""
    scene = query.get("scene", "")
    named = scene.isascii() and scene.isdecimal() and int(scene) <= MAX_SCENE
    if query.get("action") != "get_confirm" or not named:
        raise ActRefused("bad_address")
    back = parts_of(query.get("redirect_url", ""))
    if back.scheme not in ("http", "https") or back.netloc not in account.oauth_domains:
        raise ActRefused("foreign_redirect")
    template_id = query.get("template_id", "")
    if not template_id:
        raise ActRefused("unknown_template")
    told = {"action": "confirm" if accepts else "cancel", "reserved": query.get("reserved", "")}
    if accepts:
        sandbox.of(account).templates.confirm_once(number, template_id, int(scene))
        openid = openid_of(account.appid, number)
        told |= {"openid": openid, "template_id": template_id, "scene": scene}
    pairs = [*parse_qsl(back.query, keep_blank_values=True), *told.items()]
    return urlunsplit((back.scheme, back.netloc, back.path or "/", urlencode(pairs), ""))


def _tell(
    sandbox: Sandbox,
    account: Account,
    number: int,
    event: str,
    told: Sequence[Mapping[str, Value]],
) -> Act:
    # XML wraps the list in an element named after the event; JSON has it bare.
    if account.data_format == "json":
        fields: Fields = {"Event": event, "List": list(told)}
    else:
        wrapper = "".join(word.capitalize() for word in event.split("_"))
        fields = {"Event": event, wrapper: {"List": list(told)}}
    return send_event(sandbox, account, number, fields)
