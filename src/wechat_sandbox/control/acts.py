# SPDX-License-Identifier: Apache-2.0
"""Orders of the control plane for what citizens do: follow, write, tap, scan, accept, withdraw."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Callable
from dataclasses import asdict
from typing import get_args

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts import citizen_acts, desk_acts
from wechat_sandbox.acts.citizen_acts import AuthorizationEvent, Place, SentKind, Tapped
from wechat_sandbox.acts.delivering import Act, ActRefused
from wechat_sandbox.acts.subscribe_acts import Choice
from wechat_sandbox.control.base import (
    Asked,
    BadOrder,
    Order,
    View,
    read_account,
    read_citizen,
    read_whole,
)
from wechat_sandbox.samples import SAMPLE_PICTURE, SAMPLE_VOICE
from wechat_sandbox.state import Sandbox

_SAMPLES = {"image": SAMPLE_PICTURE, "voice": SAMPLE_VOICE}

Acting = Callable[[Sandbox, Account, int, Asked], Act]


def _ordered(acting: Acting) -> Order:
    """Return the order: whose phone, which account, then the act and its delivery."""

    async def order(sandbox: Sandbox, asked: Asked) -> Asked:
        account, number = read_account(sandbox, asked), read_citizen(asked)
        try:
            delivery = await acting(sandbox, account, number, asked)
        except ActRefused as error:
            raise BadOrder(error.code, "The phone cannot do this now.") from error
        return asdict(delivery)

    return order


def _follow(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return citizen_acts.follow(sandbox, account, number, scene=_text(asked, "scene"))


def _unfollow(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return citizen_acts.unfollow(sandbox, account, number)


def _scan(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    # A code made by the interface goes by its ticket or address, any other by its scene.
    mark = _text(asked, "ticket") or _text(asked, "url")
    if mark:
        return citizen_acts.scan_code(sandbox, number, mark)
    return citizen_acts.scan(sandbox, account, number, _text(asked, "scene"))


def _say(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return citizen_acts.send_text(sandbox, account, number, _text(asked, "content"))


def _send_media(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    wanted = _text(asked, "kind") or "image"
    kinds: tuple[SentKind, ...] = get_args(SentKind)
    for kind in kinds:
        if kind == wanted:
            name, body = _text(asked, "name") or kind, _bytes(asked, _SAMPLES.get(kind, b""))
            return citizen_acts.send_media(sandbox, account, number, kind, name=name, body=body)
    raise BadOrder("bad_kind", f"kind: one of {', '.join(kinds)}.")


def _send_location(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    place = _place(asked)
    return citizen_acts.send_location(
        sandbox,
        account,
        number,
        latitude=place.latitude,
        longitude=place.longitude,
        label=place.label,
    )


def _send_link(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return citizen_acts.send_link(
        sandbox,
        account,
        number,
        title=_text(asked, "title"),
        description=_text(asked, "description"),
        url=_text(asked, "url"),
    )


def _send_mini_page(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    title, page = _text(asked, "title"), _text(asked, "page")
    return citizen_acts.send_mini_page(sandbox, account, number, title=title, page=page)


def _tap_choice(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    bubble = asked.get("bubble")
    if bubble is None:
        # The newest menu message, as a thumb would find it.
        bubbles = sandbox.chat_of(account, number).bubbles
        bubble = next((one.number for one in reversed(bubbles) if one.choices), 0)
    whole = read_whole(bubble, "bubble")
    return citizen_acts.tap_choice(sandbox, account, number, whole, _text(asked, "choice"))


def _tap_menu(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    path = asked.get("path")
    if not isinstance(path, list):
        raise BadOrder("bad_path", "path: where the button stands, [1] or [1, 0].")
    has_place = "latitude" in asked
    added = Tapped(
        scanned=_text(asked, "scanned"),
        pictures=(_bytes(asked, SAMPLE_PICTURE),),
        place=_place(asked) if has_place else None,
    )
    steps = [read_whole(step, "path") for step in path]
    return citizen_acts.tap_menu(sandbox, account, number, steps, added)


def _report_location(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    precision = _number(asked, "precision", 40.0)
    return citizen_acts.report_location(
        sandbox, account, number, _place(asked), precision=precision
    )


def _authorization(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    events: tuple[AuthorizationEvent, ...] = get_args(AuthorizationEvent)
    for event in events:
        if event == asked.get("event"):
            return citizen_acts.change_authorization(
                sandbox, account, number, event=event, revoked=_text(asked, "revoked") or "301"
            )
    raise BadOrder("bad_event", f"event: one of {', '.join(events)}.")


def _popup(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return citizen_acts.answer_popup(sandbox, account, number, _choices(asked))


def _withdraw(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return citizen_acts.withdraw(sandbox, account, number, _texts(asked, "templates"))


def _enter_session(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return citizen_acts.enter_session(sandbox, account, number, origin=_text(asked, "from"))


def _open_session(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return desk_acts.open_session(sandbox, account, number, _text(asked, "staff"))


def _close_session(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return desk_acts.close_session(sandbox, account, number)


def _switch_session(sandbox: Sandbox, account: Account, number: int, asked: Asked) -> Act:
    return desk_acts.switch_session(sandbox, account, number, _text(asked, "staff"))


async def _confirm_once(sandbox: Sandbox, asked: Asked) -> Asked:
    account, number = read_account(sandbox, asked), read_citizen(asked)
    query = {
        "action": "get_confirm",
        "scene": str(asked.get("scene", "")),
        "template_id": _text(asked, "template_id"),
        "redirect_url": _text(asked, "redirect_url"),
        "reserved": _text(asked, "reserved"),
    }
    accepts = asked.get("decision", "accept") == "accept"
    try:
        back = citizen_acts.confirm_once(sandbox, account, number, query, accepts=accepts)
    except ActRefused as error:
        raise BadOrder(error.code, "The page would refuse this.") from error
    return {"redirect": back}


async def _refuse_messages(sandbox: Sandbox, asked: Asked) -> Asked:
    account, number = read_account(sandbox, asked), read_citizen(asked)
    refuses = asked.get("refuses", True) is True
    try:
        citizen_acts.refuse_messages(sandbox, account, number, refuses=refuses)
    except ActRefused as error:
        raise BadOrder(error.code, "The phone cannot do this now.") from error
    return {"refuses": refuses}


async def _set_online(sandbox: Sandbox, asked: Asked) -> Asked:
    account, name = read_account(sandbox, asked), _text(asked, "staff")
    member = sandbox.of(account).desk.staff.get(name)
    if member is None:
        raise BadOrder("unknown_staff", "staff: an account of the customer service.")
    member.is_online = asked.get("online", True) is True
    return {"staff": name, "online": member.is_online}


def _relation(sandbox: Sandbox, asked: Asked) -> Asked:
    account, number = read_account(sandbox, asked), read_citizen(asked)
    relation, now = sandbox.relation_of(account, number), sandbox.clock.now()
    window, desk = relation.window, sandbox.of(account).desk
    session, menu = desk.sessions.get(number), sandbox.menu_of(account, number)
    return {
        "following": sandbox.follow_of(account, number).subscribed,
        "remark": relation.remark,
        "tags": list(relation.tag_ids),
        "blocked": relation.is_blocked,
        "refuses": relation.refuses,
        "window": {**asdict(window), "open": now < window.expires_at and window.left > 0},
        "accepted": [asdict(one) for one in sandbox.of(account).subscriptions.accepted_by(number)],
        "menu": list(menu.buttons) if menu else [],
        "session": session.staff if session else "",
        "waiting": number in desk.waiting,
    }


def _choices(asked: Asked) -> dict[str, Choice]:
    given = asked.get("choices")
    if not isinstance(given, dict):
        given = dict.fromkeys(_texts(asked, "templates"), asked.get("decision", "accept"))
    choices: dict[str, Choice] = {}
    for template_id, choice in given.items():
        if choice == "accept":
            choices[template_id] = "accept"
        elif choice == "reject":
            choices[template_id] = "reject"
        else:
            raise BadOrder("bad_decision", "decision: accept or reject.")
    return choices


def _place(asked: Asked) -> Place:
    return Place(
        latitude=_number(asked, "latitude", 31.23),
        longitude=_number(asked, "longitude", 121.47),
        label=_text(asked, "label") or "青禾市政务服务中心",
        name=_text(asked, "place"),
    )


def _number(asked: Asked, name: str, default: float) -> float:
    value = asked.get(name, default)
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise BadOrder("not_a_number", f"{name}: a number.")


def _bytes(asked: Asked, default: bytes) -> bytes:
    given = asked.get("base64")
    if given is None:
        return default
    try:
        return base64.b64decode(str(given), validate=True)
    except binascii.Error as error:
        raise BadOrder("not_base64", "base64: the file's bytes.") from error


def _text(asked: Asked, name: str) -> str:
    return str(asked.get(name, ""))


def _texts(asked: Asked, name: str) -> list[str]:
    given = asked.get(name)
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise BadOrder("bad_list", f"{name}: a list of texts.")
    return given


ORDERS: dict[str, Order] = {
    "follow": _ordered(_follow),
    "unfollow": _ordered(_unfollow),
    "text": _ordered(_say),
    "scan": _ordered(_scan),
    "media": _ordered(_send_media),
    "location": _ordered(_send_location),
    "link": _ordered(_send_link),
    "mini-page": _ordered(_send_mini_page),
    "choice": _ordered(_tap_choice),
    "menu": _ordered(_tap_menu),
    "report-location": _ordered(_report_location),
    "authorization": _ordered(_authorization),
    "refuse-messages": _refuse_messages,
    "popup": _ordered(_popup),
    "unsubscribe": _ordered(_withdraw),
    "confirm-once": _confirm_once,
    "kf/enter": _ordered(_enter_session),
    "kf/open": _ordered(_open_session),
    "kf/close": _ordered(_close_session),
    "kf/switch": _ordered(_switch_session),
    "kf/online": _set_online,
}

VIEWS: dict[str, View] = {"relation": _relation}
