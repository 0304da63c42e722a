# SPDX-License-Identifier: Apache-2.0
"""What a citizen does with the phone, and what the account's server then hears.

Each act checks, changes the phone at once and returns the delivery still to be awaited. Here:
following, scanning, and what the phone tells by itself; the other acts are gathered from their
own modules.
"""

from __future__ import annotations

from typing import Literal

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.delivering import Act, ActRefused, begin, send_event
from wechat_sandbox.acts.menu_acts import Place, Tapped, find_button, tap_menu
from wechat_sandbox.acts.message_acts import (
    MAX_TEXT,
    SentKind,
    check_place,
    send_link,
    send_location,
    send_media,
    send_mini_page,
    send_text,
    tap_choice,
)
from wechat_sandbox.acts.subscribe_acts import answer_popup, asked_templates, confirm_once, withdraw
from wechat_sandbox.chats import Follow
from wechat_sandbox.office.qrcodes import QrCode
from wechat_sandbox.people import openid_of
from wechat_sandbox.push.envelope import Fields
from wechat_sandbox.state import Sandbox

__all__ = [
    "MAX_TEXT",
    "Act",
    "ActRefused",
    "Place",
    "SentKind",
    "Tapped",
    "answer_popup",
    "asked_templates",
    "begin",
    "confirm_once",
    "find_button",
    "send_link",
    "send_location",
    "send_media",
    "send_mini_page",
    "send_text",
    "tap_choice",
    "tap_menu",
    "withdraw",
]

MAX_SCENE = 64

AuthorizationEvent = Literal[
    "user_info_modified", "user_authorization_revoke", "user_authorization_cancellation"
]


def follow(sandbox: Sandbox, account: Account, number: int, *, scene: str = "") -> Act:
    """Let a citizen follow the account, by search or by the code of a scene."""
    return _follow(sandbox, account, number, scene, _qr_ticket(account, scene))


def unfollow(sandbox: Sandbox, account: Account, number: int) -> Act:
    """Let a citizen leave the account; the conversation disappears from the phone."""
    _check_following(sandbox, account, number)
    del sandbox.follows[account.appid, number]
    sandbox.readers.note_follow(account.appid, "", -1, sandbox.clock.now())
    sandbox.chats.pop((account.appid, number), None)
    sandbox.relation_of(account, number).forget_following()
    sandbox.of(account).desk.leave(number)
    return send_event(sandbox, account, number, {"Event": "unsubscribe", "EventKey": ""})


def scan(sandbox: Sandbox, account: Account, number: int, scene: str) -> Act:
    """Let a citizen scan the account's code: a stranger follows, a follower is recognised."""
    if not 1 <= len(scene) <= MAX_SCENE:
        raise ActRefused("scene_length")
    return _scan(sandbox, account, number, scene, _qr_ticket(account, scene))


def find_code(sandbox: Sandbox, mark: str) -> QrCode | None:
    """Return the code behind a ticket or the address in its picture, if there is one."""
    return sandbox.qrcodes.find(mark.strip())


def scan_code(sandbox: Sandbox, number: int, mark: str) -> Act:
    """Let a citizen scan a code made by `qrcode/create`, by its ticket or its address."""
    code = find_code(sandbox, mark)
    if code is None:
        raise ActRefused("unknown_code")
    if not code.is_alive(sandbox.clock.now()):
        raise ActRefused("code_expired")
    return _scan(sandbox, sandbox.by_appid[code.appid], number, code.scene, code.ticket)


def enter_session(sandbox: Sandbox, account: Account, number: int, *, origin: str = "") -> Act:
    """Let a citizen open the customer service of a mini program."""
    if account.kind != "MP":
        raise ActRefused("mini_program_only")
    sandbox.relation_of(account, number).triggered("session", sandbox.clock.now())
    event: Fields = {"Event": "user_enter_tempsession", "SessionFrom": origin}
    return send_event(sandbox, account, number, event)


def report_location(
    sandbox: Sandbox, account: Account, number: int, place: Place, *, precision: float = 40.0
) -> Act:
    """Let the phone tell where it is, as it does when the conversation is opened."""
    _check_following(sandbox, account, number)
    check_place(place.latitude, place.longitude, place.label)
    event: Fields = {
        "Event": "LOCATION",
        "Latitude": place.latitude,
        "Longitude": place.longitude,
        "Precision": precision,
    }
    return send_event(sandbox, account, number, event)


def change_authorization(
    sandbox: Sandbox,
    account: Account,
    number: int,
    *,
    event: AuthorizationEvent,
    revoked: str = "301",
) -> Act:
    """Let a citizen change the profile, take an authorization back or close the WeChat account."""
    fields: Fields = {
        "Event": event,
        "OpenID": openid_of(account.appid, number),
        "AppID": account.appid,
    }
    if event == "user_authorization_revoke":
        fields["RevokeInfo"] = revoked
    return send_event(sandbox, account, number, fields)


def refuse_messages(sandbox: Sandbox, account: Account, number: int, *, refuses: bool) -> None:
    """Switch «receive messages» of an account off or on; its server hears nothing of it."""
    _check_following(sandbox, account, number)
    sandbox.relation_of(account, number).refuses = refuses


def _follow(sandbox: Sandbox, account: Account, number: int, scene: str, ticket: str) -> Act:
    if account.kind == "MP":
        raise ActRefused("mini_program")
    if sandbox.follow_of(account, number).subscribed:
        raise ActRefused("already_following")
    now = sandbox.clock.now()
    sandbox.follows[account.appid, number] = Follow(
        at=int(now),
        scene="ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH",
        qr_scene=scene,
    )
    sandbox.relation_of(account, number).triggered("follow", now)
    sandbox.readers.note_follow(account.appid, sandbox.follow_of(account, number).scene, 1, now)
    extra: Fields = {"Ticket": ticket} if scene else {}
    key = f"qrscene_{scene}" if scene else ""
    return send_event(sandbox, account, number, {"Event": "subscribe", "EventKey": key, **extra})


def _scan(sandbox: Sandbox, account: Account, number: int, scene: str, ticket: str) -> Act:
    if not sandbox.follow_of(account, number).subscribed:
        return _follow(sandbox, account, number, scene, ticket)
    sandbox.relation_of(account, number).triggered("scan", sandbox.clock.now())
    event: Fields = {"Event": "SCAN", "EventKey": scene, "Ticket": ticket}
    return send_event(sandbox, account, number, event)


def _check_following(sandbox: Sandbox, account: Account, number: int) -> None:
    if not sandbox.follow_of(account, number).subscribed:
        raise ActRefused("not_following")


def _qr_ticket(account: Account, scene: str) -> str:
    # A scene nobody made a code for still looks like one.
    return openid_of(f"{account.appid} qr {scene}", 1) * 3 if scene else ""
