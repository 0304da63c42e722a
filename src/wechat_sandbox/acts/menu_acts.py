# SPDX-License-Identifier: Apache-2.0
"""A citizen's taps on the menu below the conversation."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from wechat_sandbox.accounts import Account
from wechat_sandbox.acts.delivering import Act, ActRefused, send_event
from wechat_sandbox.acts.message_acts import (
    check_place,
    keep_media,
    send_kept_media,
    send_location,
)
from wechat_sandbox.chats import Article
from wechat_sandbox.office.menus import Button, Menu
from wechat_sandbox.press.library import Media
from wechat_sandbox.press.readers import Issue
from wechat_sandbox.push.envelope import Fields, Value
from wechat_sandbox.push.sender import Delivery
from wechat_sandbox.state import Sandbox

MAX_PICTURES = 9
_PICTURE_KINDS = ("pic_sysphoto", "pic_photo_or_album", "pic_weixin")
_HANDED_OUT = ("media_id", "view_limited", "article_id", "article_view_limited")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a citizen pointed on the map."""

    latitude: float
    longitude: float
    label: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tapped:
    """What the citizen had to add to the tap: a code's words, pictures, a place."""

    scanned: str = ""
    pictures: tuple[bytes, ...] = ()
    place: Place | None = None


NOTHING_ADDED = Tapped()


def find_button(sandbox: Sandbox, account: Account, number: int, path: Sequence[int]) -> Button:
    """Return the button at a place of the citizen's menu: (1,) or (1, 0); raises ActRefused."""
    return _found(sandbox, account, number, path)[1]


def tap_menu(
    sandbox: Sandbox,
    account: Account,
    number: int,
    path: Sequence[int],
    added: Tapped = NOTHING_ADDED,
) -> Act:
    """Let a citizen tap a button of their menu.

    Where a page opens, its address is the button's `url`; the phone goes there itself.
    """
    if not sandbox.follow_of(account, number).subscribed:
        raise ActRefused("not_following")
    menu, button = _found(sandbox, account, number, path)
    kind = str(button["type"])
    if kind in ("view", "miniprogram"):
        return _opened(sandbox, account, number, menu.menuid, button)
    if kind in _HANDED_OUT:
        return _handed_out(sandbox, account, number, button)
    event: Fields = {"Event": "CLICK" if kind == "click" else kind, "EventKey": button["key"]}
    if kind in _PICTURE_KINDS:
        return _took_pictures(sandbox, account, number, event, added)
    if kind == "location_select":
        return _pointed(sandbox, account, number, event, added)
    if kind.startswith("scancode_"):
        if not added.scanned:
            raise ActRefused("nothing_scanned")
        event["ScanCodeInfo"] = {"ScanType": "qrcode", "ScanResult": added.scanned}
    # Only these open the window: taps that bring words or a code.
    sandbox.relation_of(account, number).triggered("menu", sandbox.clock.now())
    return send_event(sandbox, account, number, event)


def article_of(issue: Issue) -> Article:
    """Return the card of published articles: their first one."""
    page = issue.pages[0]
    told = page.article
    picture = str(told.get("thumb_url", ""))
    return Article(str(told.get("title", "")), str(told.get("digest", "")), picture, page.url)


def _found(
    sandbox: Sandbox, account: Account, number: int, path: Sequence[int]
) -> tuple[Menu, Button]:
    menu = sandbox.menu_of(account, number)
    if menu is None:
        raise ActRefused("no_menu")
    level: Sequence[Button] = menu.buttons
    button: Button | None = None
    for place in path:
        if not 0 <= place < len(level):
            raise ActRefused("no_such_button")
        button = level[place]
        level = button.get("sub_button") or ()
    if button is None or level:
        raise ActRefused("no_such_button")
    return menu, button


def _opened(sandbox: Sandbox, account: Account, number: int, menuid: int, button: Button) -> Act:
    to_program = button["type"] == "miniprogram"
    event: Fields = {
        "Event": "view_miniprogram" if to_program else "VIEW",
        "EventKey": button["pagepath"] if to_program else button["url"],
        "MenuId": menuid,
    }
    return send_event(sandbox, account, number, event)


def _handed_out(sandbox: Sandbox, account: Account, number: int, button: Button) -> Act:
    """Show a file or an article at once: the server is not asked."""
    chat, now = sandbox.chat_of(account, number), sandbox.clock.now()
    if "media_id" in button:
        chat.add(at=now, side="account", kind="media", media_id=button["media_id"])
    else:
        issue = sandbox.readers.issues.get(button["article_id"])
        if issue is None:
            raise ActRefused("article_gone")
        chat.add(at=now, side="account", kind="news", articles=(article_of(issue),))
    return _undelivered()


async def _undelivered() -> Delivery:
    return Delivery(0, None)


def _took_pictures(
    sandbox: Sandbox, account: Account, number: int, event: Fields, added: Tapped
) -> Act:
    if not 1 <= len(added.pictures) <= MAX_PICTURES:
        raise ActRefused("no_pictures")
    kept = [keep_media(sandbox, account, "image", "picture.jpg", body) for body in added.pictures]
    sums: list[Value] = [{"PicMd5Sum": _md5(media.body)} for media in kept]
    event["SendPicsInfo"] = {"Count": len(kept), "PicList": {"item": sums}}
    return _with_pictures(sandbox, account, number, event, kept)


async def _with_pictures(
    sandbox: Sandbox, account: Account, number: int, event: Fields, kept: list[Media]
) -> Delivery:
    # The event comes first, then each picture as a message, as phones do.
    delivery = await send_event(sandbox, account, number, event)
    for media in kept:
        await send_kept_media(sandbox, account, number, "image", media)
    return delivery


def _pointed(sandbox: Sandbox, account: Account, number: int, event: Fields, added: Tapped) -> Act:
    place = added.place
    if place is None:
        raise ActRefused("no_place")
    check_place(place.latitude, place.longitude, place.label)
    event["SendLocationInfo"] = {
        "Location_X": str(place.latitude),
        "Location_Y": str(place.longitude),
        "Scale": "16",
        "Label": place.label,
        "Poiname": place.name,
    }
    return _with_place(sandbox, account, number, event, place)


async def _with_place(
    sandbox: Sandbox, account: Account, number: int, event: Fields, place: Place
) -> Delivery:
    delivery = await send_event(sandbox, account, number, event)
    await send_location(
        sandbox,
        account,
        number,
        latitude=place.latitude,
        longitude=place.longitude,
        label=place.label,
    )
    return delivery


def _md5(body: bytes) -> str:
    return hashlib.md5(body, usedforsecurity=False).hexdigest()
