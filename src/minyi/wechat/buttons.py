# SPDX-License-Identifier: Apache-2.0
"""The buttons of a menu: kept in our words, checked against WeChat's limits (wechat-api.md §8).

    draft (JSON) ⇄ Button ⇄ WeChat's JSON

A click button carries its answer in its key: `reply:<digest>` stands for a text kept with the
menu, `say:<words>` for what a citizen might as well have typed.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from hashlib import blake2b
from typing import Any

from django.conf import settings
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from minyi.core.errors import Words

from .callback.messages import MAX_TEXT_BYTES

# wechat-api.md §8; the client checks by the same.
MOST_BUTTONS, MOST_SUB_BUTTONS = 3, 5
NAME_BYTES, SUB_NAME_BYTES = 16, 60
KEY_BYTES, URL_BYTES = 128, 1024
# Chinese characters before WeChat writes «…»
NAME_SHOWN = settings.WECHAT_FACTS.button_name_shown
SUB_NAME_SHOWN = settings.WECHAT_FACTS.sub_button_name_shown
SAY, REPLY = "say:", "reply:"


class Kind(TextChoices):
    """What a button does, as an office would say."""

    OPEN = "open", _("打开网页")
    REPLY = "reply", _("回复一段文字")
    SAY = "say", _("相当于发送一句话")
    MINI = "mini", _("打开小程序")
    ARTICLE = "article", _("打开已发布的文章")
    MEDIA = "media", _("发送素材")
    SCAN = "scan", _("扫一扫")
    SCAN_WAIT = "scan_wait", _("扫一扫，由公众号回复")
    PHOTO = "photo", _("拍照或从相册发图片")
    CAMERA = "camera", _("拍照发图片")
    ALBUM = "album", _("从相册发图片")
    PLACE = "place", _("发送位置")


TYPES = {
    Kind.OPEN: "view",
    Kind.REPLY: "click",
    Kind.SAY: "click",
    Kind.MINI: "miniprogram",
    Kind.ARTICLE: "article_id",
    Kind.MEDIA: "media_id",
    Kind.SCAN: "scancode_push",
    Kind.SCAN_WAIT: "scancode_waitmsg",
    Kind.PHOTO: "pic_photo_or_album",
    Kind.CAMERA: "pic_sysphoto",
    Kind.ALBUM: "pic_weixin",
    Kind.PLACE: "location_select",
}
_KIND_OF = {name: kind for kind, name in TYPES.items() if name != "click"} | {
    "article_view_limited": Kind.ARTICLE
}
# The fields that mean something for a kind, besides the name.
FIELDS: dict[str, tuple[str, ...]] = {
    Kind.OPEN: ("url",),
    Kind.REPLY: ("text",),
    Kind.SAY: ("text",),
    Kind.MINI: ("appid", "page", "url"),
    Kind.ARTICLE: ("item",),
    Kind.MEDIA: ("item",),
}
Problems = dict[str, list[tuple[str, Words]]]  # place («0», «0.2») → (field, what is wrong)


@dataclass(frozen=True, slots=True)
class Button:
    """One button; with buttons below it, only its name counts."""

    name: str = ""
    kind: str = Kind.OPEN
    url: str = ""
    text: str = ""
    appid: str = ""
    page: str = ""
    item: str = ""  # article_id or media_id
    sub: tuple["Button", ...] = field(default=())

    @property
    def key(self) -> str:
        """Return what WeChat sends us when the button is clicked."""
        if self.kind == Kind.SAY:
            return f"{SAY}{self.text.strip()}"
        if self.kind == Kind.REPLY:
            return f"{REPLY}{blake2b(self.text.encode(), digest_size=8).hexdigest()}"
        return self.kind

    @property
    def target(self) -> str:
        """Return what the button leads to, for reading."""
        return next(
            (text for name in FIELDS.get(self.kind, ()) if (text := getattr(self, name))), ""
        )


def read_draft(draft: Sequence[Mapping[str, Any]]) -> tuple[Button, ...]:
    """Return the buttons kept as JSON; what an older version wrote besides is left out."""
    known = {one.name for one in fields(Button)} - {"sub"}
    return tuple(
        Button(
            **{name: str(value) for name, value in row.items() if name in known},
            sub=read_draft(row.get("sub", ())),
        )
        for row in draft
    )


def write_draft(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """Return the buttons as JSON keeps them, without what is empty."""
    return [
        {
            name: write_draft(value) if name == "sub" else value
            for name, value in ((one.name, getattr(button, one.name)) for one in fields(Button))
            if value
        }
        for button in buttons
    ]


def to_wechat(buttons: Sequence[Button]) -> list[dict[str, Any]]:
    """Return the buttons as WeChat's menu interfaces take them."""
    return [
        {"name": b.name, "sub_button": to_wechat(b.sub)} if b.sub else _single(b) for b in buttons
    ]


def _single(button: Button) -> dict[str, Any]:
    common: dict[str, Any] = {"name": button.name, "type": TYPES[Kind(button.kind)]}
    match button.kind:
        case Kind.OPEN:
            return {**common, "url": button.url}
        case Kind.MINI:
            mini = {"appid": button.appid, "pagepath": button.page, "url": button.url}
            return {**common, **mini}
        case Kind.ARTICLE:
            return {**common, "article_id": button.item}
        case Kind.MEDIA:
            return {**common, "media_id": button.item}
    return {**common, "key": button.key}


def walk(buttons: Sequence[Button]) -> Iterator[tuple[str, Button]]:
    """Yield every button with its place: «0», «0.2»."""
    for number, button in enumerate(buttons):
        yield str(number), button
        for below, one in enumerate(button.sub):
            yield f"{number}.{below}", one


def find_problems(buttons: Sequence[Button]) -> Problems:
    """Return what WeChat would refuse, by place; nothing when the menu can be sent."""
    found: Problems = {}
    if len(buttons) > MOST_BUTTONS:
        found["0"] = [("name", _("一级按钮最多 3 个。"))]
    for place, button in walk(buttons):
        wrong = list(_wrong_with(button, is_sub="." in place))
        if wrong:
            found[place] = wrong
    return found


def _wrong_with(button: Button, *, is_sub: bool) -> Iterator[tuple[str, Words]]:
    limit = SUB_NAME_BYTES if is_sub else NAME_BYTES
    if not button.name:
        yield "name", _("请填写按钮名称。")
    elif len(button.name.encode()) > limit:
        yield "name", _too_long(limit)
    if button.sub:
        if len(button.sub) > MOST_SUB_BUTTONS:
            yield "name", _("二级按钮最多 5 个。")
        return
    if button.kind not in Kind.values:
        yield "kind", _("请选择点击后做什么。")
        return
    for name in FIELDS.get(button.kind, ()):
        words = _wrong_with_field(button, name)
        if words:
            yield name, words


def _wrong_with_field(button: Button, name: str) -> Words | None:
    text = getattr(button, name).strip()
    if not text:
        return _MISSING[name]
    if name == "url" and not text.startswith(("https://", "http://")):
        return _("网址须以 https:// 或 http:// 开头。")
    limit = limit_of(name, button.kind)
    return _too_long(limit) if len(text.encode()) > limit else None


def limit_of(name: str, kind: str) -> int:
    """Return how many bytes a field of such a button may have."""
    if name == "url":
        return URL_BYTES
    if name == "text":
        return MAX_TEXT_BYTES if kind == Kind.REPLY else KEY_BYTES - len(SAY)
    return KEY_BYTES if name == "item" else URL_BYTES


def _too_long(limit: int) -> str:
    return str(_("太长：不能超过 %(limit)d 个字节（一个汉字 3 个字节）。")) % {"limit": limit}


_MISSING: dict[str, Words] = {
    "url": _("请填写网址。"),
    "text": _("请填写文字。"),
    "appid": _("请填写小程序的 AppID。"),
    "page": _("请填写小程序的页面路径。"),
    "item": _("请选择文章或素材。"),
}


@dataclass(frozen=True, slots=True)
class Seen:
    """A button as WeChat shows it, boiled down to what can be compared."""

    name: str
    type: str = ""
    value: str = ""
    text: str = field(default="", compare=False)  # what is behind a key of ours, where we know

    @property
    def words(self) -> str:
        """Return where the button leads, for reading: keys of ours are put into words."""
        if self.type != TYPES[Kind.SAY]:
            return self.value
        return f"“{self.value.removeprefix(SAY)}”" if self.value.startswith(SAY) else self.text

    @property
    def kind(self) -> Words:
        """Return what the button does, in our words where we have some."""
        if self.type == TYPES[Kind.SAY]:
            own = {SAY: Kind.SAY.label, REPLY: Kind.REPLY.label}
            known = (label for key, label in own.items() if self.value.startswith(key))
            return next(known, _OTHER_TYPES["click"])
        kind = _KIND_OF.get(self.type)
        if kind is not None:
            return kind.label
        return _OTHER_TYPES.get(self.type, self.type)


_OTHER_TYPES: dict[str, Words] = {
    "": _("展开二级按钮"),
    "click": _("由公众号回复"),
    "news": _("打开图文"),
    "text": _("回复一段文字"),
    "img": _("发送图片"),
    "voice": _("发送语音"),
    "video": _("发送视频"),
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One place of the menu where we and WeChat do not agree; None: no button there."""

    place: str
    here: Seen | None
    there: Seen | None


def read_wechat(rows: Sequence[Mapping[str, Any]]) -> dict[str, Seen]:
    """Return the buttons of either reading interface, by place."""
    seen: dict[str, Seen] = {}
    for number, row in enumerate(rows):
        below = row.get("sub_button") or ()
        below = below.get("list", ()) if isinstance(below, Mapping) else below
        seen[str(number)] = Seen(str(row.get("name", ""))) if below else _seen(row)
        for place, one in enumerate(below):
            seen[f"{number}.{place}"] = _seen(one)
    return seen


def _seen(row: Mapping[str, Any]) -> Seen:
    kind = str(row.get("type", ""))
    if kind == "miniprogram":
        value = f"{row.get('appid', '')} {row.get('pagepath', '')}".strip()
    else:
        names = ("url", "article_id", "media_id", "key", "value")
        value = next((str(row[name]) for name in names if row.get(name)), "")
    return Seen(str(row.get("name", "")), kind, value)


def compare(ours: Sequence[Button], theirs: Sequence[Mapping[str, Any]]) -> list[Difference]:
    """Return where our menu and the one WeChat shows differ."""
    texts = {button.key: button.text for _place, button in walk(ours)}
    here, there = (
        {
            place: replace(seen, text=texts.get(seen.value, ""))
            for place, seen in read_wechat(rows).items()
        }
        for rows in (to_wechat(ours), theirs)
    )
    places = sorted(here.keys() | there.keys())
    return [
        Difference(place, here.get(place), there.get(place))
        for place in places
        if here.get(place) != there.get(place)
    ]


def title_of(place: str) -> str:
    """Return a place as people count: «第 1 个按钮», «第 1 个按钮下的第 3 个»."""
    top, _dot, below = place.partition(".")
    if below:
        words = _("第 %(top)d 个按钮下的第 %(below)d 个")
        return str(words) % {"top": int(top) + 1, "below": int(below) + 1}
    return str(_("第 %(top)d 个按钮")) % {"top": int(top) + 1}
