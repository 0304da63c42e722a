# SPDX-License-Identifier: Apache-2.0
"""Menus of an account: the default one, those for some only, and what one citizen sees."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from wechat_sandbox.addresses import parts_of
from wechat_sandbox.errors import ApiError

Button = dict[str, Any]

MAX_BUTTONS = 3
MAX_SUB_BUTTONS = 5
MAX_NAME_BYTES = 16
MAX_SUB_NAME_BYTES = 60
MAX_KEY_BYTES = 128
MAX_URL_BYTES = 1024
MAX_DOMAINS = 3  # outside addresses of conditional menus, all together

Level = Literal["top", "sub"]

KEYED = frozenset(
    {
        "click",
        "scancode_push",
        "scancode_waitmsg",
        "pic_sysphoto",
        "pic_photo_or_album",
        "pic_weixin",
        "location_select",
    }
)
_MEDIA = frozenset({"media_id", "view_limited"})
_ARTICLE = frozenset({"article_id", "article_view_limited"})
# What is wrong, at the top and below.
_CODES: dict[str, tuple[int, int]] = {
    "type": (40017, 40024),
    "name": (40018, 40025),
    "key": (40019, 40026),
    "url": (40020, 40027),
    "address": (40055, 40054),
}


@dataclass(frozen=True, slots=True)
class Menu:
    """One menu, and for whom; an empty rule is for everybody."""

    menuid: int
    buttons: tuple[Button, ...]
    rule: tuple[tuple[str, str], ...] = ()

    def fits(self, tag_ids: list[int], platform: str) -> bool:
        """Tell whether the rule fits a citizen with these tags on this platform."""
        rule = dict(self.rule)
        tag, wanted = rule.get("tag_id", ""), rule.get("client_platform_type", "")
        return (not tag or int(tag) in tag_ids) and wanted in ("", platform)


class MenuBook:
    """The menus of one account."""

    def __init__(self) -> None:
        self.default: Menu | None = None
        self.conditional: list[Menu] = []  # oldest first

    def set_default(self, buttons: tuple[Button, ...]) -> None:
        """Put up the menu everybody sees; the conditional ones stay."""
        self.default = Menu(_new_id(), buttons)

    def clear(self) -> None:
        """Take down every menu."""
        self.default = None
        self.conditional.clear()

    def add(self, buttons: tuple[Button, ...], rule: dict[str, str]) -> Menu:
        """Add a menu for some; raises 65303 without a default, 65316 over three domains."""
        if self.default is None:
            raise ApiError(65303)
        domains = _domains(buttons).union(*(_domains(menu.buttons) for menu in self.conditional))
        if len(domains) > MAX_DOMAINS:
            raise ApiError(65316)
        menu = Menu(_new_id(), buttons, tuple(rule.items()))
        self.conditional.append(menu)
        return menu

    def drop(self, menuid: int) -> None:
        """Remove a conditional menu; raises 65301 for an unknown one."""
        left = [menu for menu in self.conditional if menu.menuid != menuid]
        if len(left) == len(self.conditional):
            raise ApiError(65301)
        self.conditional = left

    def seen_by(self, tag_ids: list[int], platform: str) -> Menu | None:
        """Return the menu on one citizen's phone: the newest that fits, else the default."""
        for menu in reversed(self.conditional):
            if menu.fits(tag_ids, platform):
                return menu
        return self.default


def read_buttons(given: object) -> tuple[Button, ...]:
    """Return checked buttons as WeChat keeps them; raises the code of the first mistake."""
    if not isinstance(given, list) or not 1 <= len(given) <= MAX_BUTTONS:
        raise ApiError(40016)
    return tuple(_read_button(one, "top") for one in given)


def read_rule(given: object) -> dict[str, str]:
    """Return a checked match rule; raises 65304, 65320 or 40097."""
    if not isinstance(given, dict):
        raise ApiError(65304)
    rule = {name: str(value) for name, value in given.items() if value not in ("", None)}
    if "group_id" in rule:  # the name of old clients
        rule.setdefault("tag_id", rule.pop("group_id"))
    if rule.keys() & {"sex", "country", "province", "city", "language"}:
        raise ApiError(65320)
    if not rule:
        raise ApiError(65304)
    known = {"tag_id", "client_platform_type"}
    if rule.keys() - known or not rule.get("tag_id", "0").isdecimal():
        raise ApiError(40097, "matchrule")
    if rule.get("client_platform_type", "1") not in ("1", "2", "3"):
        raise ApiError(40097, "client_platform_type")
    return rule


def flat_buttons(buttons: tuple[Button, ...]) -> list[Button]:
    """Return the buttons that do something, in reading order."""
    return [leaf for button in buttons for leaf in (button.get("sub_button") or [button])]


def _read_button(given: object, level: Level) -> Button:
    if not isinstance(given, dict):
        raise _wrong("type", level)
    name = _checked_text(given, "name", level)
    below = given.get("sub_button") or []
    if not below:
        return {"type": given.get("type"), "name": name, **_action(given, level), "sub_button": []}
    if level == "sub":
        raise ApiError(40022)
    if not isinstance(below, list) or len(below) > MAX_SUB_BUTTONS:
        raise ApiError(40023)
    return {"name": name, "sub_button": [_read_button(one, "sub") for one in below]}


def _action(given: Button, level: Level) -> Button:
    kind = given.get("type")
    if not isinstance(kind, str):
        raise _wrong("type", level)
    if kind in KEYED:
        return {"key": _checked_text(given, "key", level)}
    if kind == "view":
        return {"url": _checked_url(given, level)}
    if kind == "miniprogram":
        if not given.get("appid"):
            raise ApiError(40013)
        page = {"appid": str(given["appid"]), "pagepath": str(given.get("pagepath", ""))}
        return {"url": _checked_url(given, level), **page}
    if kind in _MEDIA or kind in _ARTICLE:
        name = "media_id" if kind in _MEDIA else "article_id"
        if not isinstance(given.get(name), str) or not given[name]:
            raise ApiError(40007 if kind in _MEDIA else 53600)
        return {name: given[name]}
    raise _wrong("type", level)


def _checked_text(given: Button, name: str, level: Level) -> str:
    limits = {
        "name": MAX_NAME_BYTES if level == "top" else MAX_SUB_NAME_BYTES,
        "key": MAX_KEY_BYTES,
        "url": MAX_URL_BYTES,
    }
    value = given.get(name)
    if not isinstance(value, str) or not value or len(value.encode()) > limits[name]:
        raise _wrong(name, level)
    return value


def _checked_url(given: Button, level: Level) -> str:
    url = _checked_text(given, "url", level)
    if not _host(url):
        raise _wrong("address", level)
    return url


def _wrong(what: str, level: Level) -> ApiError:
    return ApiError(_CODES[what][level == "sub"])


def _domains(buttons: tuple[Button, ...]) -> set[str]:
    return {_host(leaf["url"]) for leaf in flat_buttons(buttons) if leaf.get("type") == "view"}


def _host(url: str) -> str:
    parts = parts_of(url)
    return parts.netloc if parts.scheme in ("http", "https") else ""


def _new_id() -> int:
    return 400_000_000 + secrets.randbelow(100_000_000)
