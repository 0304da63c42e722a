# SPDX-License-Identifier: Apache-2.0
"""What a citizen does with the phone, and what the account's server then hears."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from wechat_sandbox.accounts import Account
from wechat_sandbox.chats import Follow
from wechat_sandbox.envelope import Fields
from wechat_sandbox.people import openid_of
from wechat_sandbox.sender import Delivery
from wechat_sandbox.state import Sandbox

MAX_TEXT = 2_000
MAX_SCENE = 64

# Events whose reply WeChat shows; to others an answer is ignored.
_ANSWERED_EVENTS = frozenset({"subscribe", "SCAN", "CLICK"})


class ActRefused(Exception):
    """The phone cannot do this now; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def follow(
    sandbox: Sandbox, account: Account, number: int, *, scene: str = ""
) -> Coroutine[Any, Any, Delivery]:
    """Let a citizen follow the account, by search or by the code of a scene."""
    if sandbox.follow_of(account, number).subscribed:
        raise ActRefused("already_following")
    sandbox.follows[account.appid, number] = Follow(
        at=int(sandbox.clock.now()),
        scene="ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH",
        qr_scene=scene,
    )
    extra: Fields = {"Ticket": _qr_ticket(account, scene)} if scene else {}
    key = f"qrscene_{scene}" if scene else ""
    return _send_event(sandbox, account, number, {"Event": "subscribe", "EventKey": key, **extra})


def unfollow(sandbox: Sandbox, account: Account, number: int) -> Coroutine[Any, Any, Delivery]:
    """Let a citizen leave the account; the conversation disappears from the phone."""
    if not sandbox.follow_of(account, number).subscribed:
        raise ActRefused("not_following")
    del sandbox.follows[account.appid, number]
    sandbox.chats.pop((account.appid, number), None)
    return _send_event(sandbox, account, number, {"Event": "unsubscribe", "EventKey": ""})


def scan(
    sandbox: Sandbox, account: Account, number: int, scene: str
) -> Coroutine[Any, Any, Delivery]:
    """Let a citizen scan the account's code: a stranger follows, a follower is recognised."""
    if not 1 <= len(scene) <= MAX_SCENE:
        raise ActRefused("scene_length")
    if not sandbox.follow_of(account, number).subscribed:
        return follow(sandbox, account, number, scene=scene)
    event: Fields = {"Event": "SCAN", "EventKey": scene, "Ticket": _qr_ticket(account, scene)}
    return _send_event(sandbox, account, number, event)


def send_text(
    sandbox: Sandbox, account: Account, number: int, content: str
) -> Coroutine[Any, Any, Delivery]:
    """Let a citizen write to an account that they follow."""
    if not sandbox.follow_of(account, number).subscribed:
        raise ActRefused("not_following")
    content = content.strip()
    if not content:
        raise ActRefused("empty_text")
    if len(content) > MAX_TEXT:
        raise ActRefused("text_too_long")
    now = sandbox.clock.now()
    sandbox.chat_of(account, number).add(at=now, side="citizen", kind="text", text=content)
    fields: Fields = {
        **_address(account, number, now),
        "MsgType": "text",
        "Content": content,
        "MsgId": sandbox.next_message_id(),
    }
    return _deliver(sandbox, account, number, fields)


def begin(sandbox: Sandbox, act: Coroutine[Any, Any, Delivery]) -> asyncio.Task[Delivery]:
    """Start an act's delivery in the background and keep hold of it."""
    task = asyncio.ensure_future(act)
    sandbox.running.add(task)
    task.add_done_callback(sandbox.running.discard)
    return task


def _send_event(
    sandbox: Sandbox, account: Account, number: int, event: Fields
) -> Coroutine[Any, Any, Delivery]:
    now = sandbox.clock.now()
    fields: Fields = {**_address(account, number, now), "MsgType": "event", **event}
    return _deliver(sandbox, account, number, fields)


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
    if chat is None:
        return delivery
    now = sandbox.clock.now()
    if delivery.reply is None:
        chat.add(at=now, side="notice", kind="service_fault", text=delivery.fault)
    elif delivery.reply.kind == "transfer_customer_service":
        chat.add(at=now, side="notice", kind="handed_to_staff")
    elif delivery.reply.kind:
        reply = delivery.reply
        chat.add(at=now, side="account", kind=reply.kind, text=reply.text, articles=reply.articles)
    return delivery


def _address(account: Account, number: int, now: float) -> Fields:
    return {
        "ToUserName": account.original_id,
        "FromUserName": openid_of(account.appid, number),
        "CreateTime": int(now),
    }


def _qr_ticket(account: Account, scene: str) -> str:
    return openid_of(f"{account.appid} qr {scene}", 1) * 3
