# SPDX-License-Identifier: Apache-2.0
"""The menu below the chat, and menus that only some followers see (wechat-api.md §8)."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from ..buttons import (
    KEY_BYTES,
    MOST_BUTTONS,
    MOST_SUB_BUTTONS,
    NAME_BYTES,
    SUB_NAME_BYTES,
    URL_BYTES,
)
from ..capabilities import Ability
from ..errors import NotOneOf
from .answers import Answer, Text
from .group import Group
from .limits import check_bytes, check_count, check_given, check_one_of

Button = Mapping[str, Any]  # as WeChat writes it: name, type, key, url, …, sub_button

# What a button of each type needs.
NEEDS: Mapping[str, tuple[str, ...]] = {
    "click": ("key",),
    "view": ("url",),
    "scancode_push": ("key",),
    "scancode_waitmsg": ("key",),
    "pic_sysphoto": ("key",),
    "pic_photo_or_album": ("key",),
    "pic_weixin": ("key",),
    "location_select": ("key",),
    "media_id": ("media_id",),
    "article_id": ("article_id",),
    "article_view_limited": ("article_id",),
    "miniprogram": ("appid", "pagepath", "url"),
}
PHONES = ("", "1", "2", "3")  # any, iOS, Android, other


class ConditionalMenu(Answer):
    """A menu for some followers, with the rule that chooses them."""

    menuid: Text
    buttons: list[dict[str, Any]] = Field(default=[], alias="button")
    rule: dict[str, Any] = Field(default={}, alias="matchrule")


class OwnMenus(Answer):
    """The menus made through the API."""

    buttons: list[dict[str, Any]] = []
    menuid: str = ""
    conditional: list[ConditionalMenu] = []


class CurrentMenu(Answer):
    """What citizens see now, made in WeChat's console as well."""

    is_open: bool = False
    buttons: list[dict[str, Any]] = []


class _OneMenu(Answer):
    button: list[dict[str, Any]] = []
    menuid: Text = ""


class _OwnMenus(Answer):
    menu: _OneMenu = _OneMenu()
    conditionalmenu: list[ConditionalMenu] = []


class _Shown(Answer):
    button: list[dict[str, Any]] = []


class _Current(Answer):
    is_menu_open: bool = False
    selfmenu_info: _Shown = _Shown()


class _MenuId(Answer):
    menuid: Text


class Menus(Group):
    """Menus of official accounts."""

    ability = Ability.MENU

    async def create(self, *, buttons: Sequence[Button]) -> None:
        """Replace the menu; citizens see it within five minutes."""
        check_buttons(buttons)
        await self._order("/cgi-bin/menu/create", {"button": list(buttons)})

    async def get(self) -> OwnMenus:
        """Return the menus made through the API; raises OutOfStep (46003) when there is none."""
        own = await self._get("/cgi-bin/menu/get", _OwnMenus)
        return OwnMenus(
            buttons=own.menu.button, menuid=own.menu.menuid, conditional=own.conditionalmenu
        )

    async def current(self) -> CurrentMenu:
        """Return the menu citizens see, whoever made it, in the shape `create` takes."""
        shown = await self._get("/cgi-bin/get_current_selfmenu_info", _Current)
        buttons = [_unwrapped(button) for button in shown.selfmenu_info.button]
        return CurrentMenu(is_open=shown.is_menu_open, buttons=buttons)

    async def delete(self) -> None:
        """Delete the menu, and with it every conditional one."""
        await self._get("/cgi-bin/menu/delete", Answer)

    async def add_conditional(
        self, *, buttons: Sequence[Button], tag_id: int | str | None = None, phone: str = ""
    ) -> str:
        """Add a menu for followers with a tag or a kind of phone; return its number.

        Sex, region and language are no longer accepted by WeChat (65320).
        """
        check_buttons(buttons)
        check_one_of("phone", phone, PHONES)
        rule: dict[str, str] = {}
        if tag_id not in (None, ""):
            rule["tag_id"] = str(tag_id)
        if phone:
            rule["client_platform_type"] = phone
        if not rule:
            raise NotOneOf(field="matchrule", found="{}", choices="tag_id、client_platform_type")
        body = {"button": list(buttons), "matchrule": rule}
        path = "/cgi-bin/menu/addconditional"
        return (await self._post(path, body, _MenuId, ability=Ability.CONDITIONAL_MENU)).menuid

    async def delete_conditional(self, *, menuid: str) -> None:
        """Delete one conditional menu."""
        path = "/cgi-bin/menu/delconditional"
        await self._order(path, {"menuid": menuid}, ability=Ability.CONDITIONAL_MENU)

    async def try_match(self, *, user: str) -> list[dict[str, Any]]:
        """Return the buttons that a follower sees; `user` is an openid or a WeChat name."""
        path = "/cgi-bin/menu/trymatch"
        shown = await self._post(path, {"user_id": user}, _Tried, ability=Ability.CONDITIONAL_MENU)
        return shown.button or shown.menu.button


class _Tried(Answer):
    # Documented both bare and inside «menu».
    button: list[dict[str, Any]] = []
    menu: _OneMenu = _OneMenu()


def check_buttons(buttons: Sequence[Button]) -> None:
    """Refuse a menu that WeChat would refuse, naming the place."""
    check_count("button", buttons, most=MOST_BUTTONS)
    for number, button in enumerate(buttons, start=1):
        place = f"button[{number}]"
        below = button.get("sub_button") or []
        check_bytes(f"{place}.name", str(button.get("name", "")), least=1, most=NAME_BYTES)
        if not below:
            _check_target(place, button)
            continue
        check_count(f"{place}.sub_button", below, most=MOST_SUB_BUTTONS)
        for position, one in enumerate(below, start=1):
            inner = f"{place}.sub_button[{position}]"
            check_bytes(f"{inner}.name", str(one.get("name", "")), least=1, most=SUB_NAME_BYTES)
            _check_target(inner, one)


def _check_target(place: str, button: Button) -> None:
    kind = str(button.get("type", ""))
    check_one_of(f"{place}.type", kind, NEEDS)
    for name in NEEDS[kind]:
        check_given(f"{place}.{name}", str(button.get(name, "")))
    check_bytes(f"{place}.key", str(button.get("key", "")), most=KEY_BYTES)
    check_bytes(f"{place}.url", str(button.get("url", "")), most=URL_BYTES)


def _unwrapped(button: dict[str, Any]) -> dict[str, Any]:
    """Return a button with its sub-buttons as a plain list: here WeChat puts {list: […]}."""
    below = button.get("sub_button")
    if isinstance(below, dict):
        return {**button, "sub_button": below.get("list", [])}
    return button
