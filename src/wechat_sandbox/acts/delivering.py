# SPDX-License-Identifier: Apache-2.0
"""From an act on the phone to the account's server, and from its answer to the phone."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.office.service_desk import Session
from wechat_sandbox.people import openid_of
from wechat_sandbox.push.envelope import Fields, Value
from wechat_sandbox.push.sender import Delivery
from wechat_sandbox.state import Sandbox

Act = Coroutine[Any, Any, Delivery]

# Events whose reply WeChat shows; to others an answer is ignored.
_ANSWERED_EVENTS = frozenset(
    {
        "subscribe",
        "SCAN",
        "CLICK",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    }
)
_CITIZEN_WROTE = 2003


class ActRefused(Exception):
    """The phone cannot do this now; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def begin(sandbox: Sandbox, act: Act) -> asyncio.Task[Delivery]:
    """Start an act's delivery in the background and keep hold of it."""
    task = asyncio.ensure_future(act)
    sandbox.running.add(task)
    task.add_done_callback(sandbox.running.discard)
    return task


def send_event(sandbox: Sandbox, account: Account, number: int, event: Mapping[str, Value]) -> Act:
    """Return the delivery of something a citizen did or something that befell them."""
    now = sandbox.clock.now()
    fields: Fields = {**_address(account, number, now), "MsgType": "event", **event}
    return _deliver(sandbox, account, number, fields)


def send_message(
    sandbox: Sandbox, account: Account, number: int, kind: str, message: Mapping[str, Value]
) -> Act:
    """Return the delivery of a message; WeChat's own customer service takes it when one talks.

    The bubble stands on the phone already.
    """
    fields: Fields = {
        **_address(account, number, sandbox.clock.now()),
        "MsgType": kind,
        **message,
        "MsgId": sandbox.next_message_id(),
    }
    if sandbox.relation_of(account, number).is_blocked:
        return _stopped(sandbox, account, fields, "blocked")
    session = sandbox.of(account).desk.sessions.get(number)
    if session is not None:
        text = str(message.get("Content", ""))
        sandbox.of(account).desk.note(
            number, session.staff, _CITIZEN_WROTE, text, sandbox.clock.now()
        )
        return _stopped(sandbox, account, fields, "to_staff")
    return _deliver(sandbox, account, number, fields)


def announce(
    sandbox: Sandbox, account: Account, number: int, event: Mapping[str, Value]
) -> asyncio.Task[Delivery]:
    """Tell the account's server of an event in the background, as after an API call."""
    return begin(sandbox, send_event(sandbox, account, number, event))


def announce_session(
    sandbox: Sandbox, account: Account, number: int, event: str, session: Session
) -> asyncio.Task[Delivery]:
    """Tell that a customer-service session began or ended."""
    return announce(sandbox, account, number, {"Event": event, "KfAccount": session.staff})


async def _stopped(sandbox: Sandbox, account: Account, fields: Fields, result: str) -> Delivery:
    # The message does not reach the server; the log says why.
    sandbox.journal.write(
        at=sandbox.clock.now(),
        kind="callback",
        outcome="ok",
        subject=str(fields["MsgType"]),
        result=result,
        account=account.slug,
    )
    return Delivery(0, None)


async def _deliver(sandbox: Sandbox, account: Account, number: int, fields: Fields) -> Delivery:
    shown = fields["MsgType"] != "event" or fields["Event"] in _ANSWERED_EVENTS
    chat = sandbox.chat_of(account, number) if shown else None
    if chat is not None:
        chat.waiting += 1
    try:
        delivery = await sandbox.sender.deliver(
            account, openid=openid_of(account.appid, number), fields=fields
        )
    finally:
        if chat is not None:
            chat.waiting -= 1
    if chat is not None:
        _show(sandbox, account, number, delivery)
    return delivery


def _show(sandbox: Sandbox, account: Account, number: int, delivery: Delivery) -> None:
    chat, now, reply = sandbox.chat_of(account, number), sandbox.clock.now(), delivery.reply
    if reply is None:
        chat.add(at=now, side="notice", kind="service_fault", text=delivery.fault)
    elif reply.kind == "transfer_customer_service":
        chat.add(at=now, side="notice", kind="handed_to_staff")
        _hand_over(sandbox, account, number, reply.staff)
    elif reply.kind:
        chat.add(
            at=now,
            side="account",
            kind=reply.kind,
            text=reply.text,
            articles=reply.articles,
            media_id=reply.media_id,
        )


def _hand_over(sandbox: Sandbox, account: Account, number: int, name: str) -> None:
    """Begin the session with the member the reply named, else let the citizen wait."""
    desk, now = sandbox.of(account).desk, int(sandbox.clock.now())
    member = desk.staff.get(name)
    if member is None or not member.is_online or number in desk.sessions:
        desk.queue(number, now)
        return
    session = desk.open(number, name, now)
    announce_session(sandbox, account, number, "kf_create_session", session)


def _address(account: Account, number: int, now: float) -> Fields:
    return {
        "ToUserName": account.original_id,
        "FromUserName": openid_of(account.appid, number),
        "CreateTime": int(now),
    }
