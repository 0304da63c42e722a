# SPDX-License-Identifier: Apache-2.0
"""Sample citizens: twelve drawn by hand, the others derived from their number.

Nothing about them is stored. An openid carries the citizen's number under a mask, so that a
crowd of a hundred thousand costs no memory and is the same at each start.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

MAX_CITIZENS = 100_000
HAND_MADE = 12

Hair = Literal["short", "crop", "bob", "long", "bun", "curly", "thin"]

# Not a secret: it only makes openids look like openids.
_SEED = b"minyi sample citizens"


@dataclass(frozen=True, slots=True)
class Look:
    """How the drawn portrait of a citizen looks; colours are CSS hexadecimal."""

    hair: Hair
    hair_colour: str
    skin: str
    clothes: str
    background: str
    glasses: bool = False


@dataclass(frozen=True, slots=True)
class Citizen:
    """A sample citizen, who exists in no register."""

    number: int
    name: str
    age: int
    calling: str
    look: Look

    @property
    def nickname(self) -> str:
        """Return the WeChat nickname, which says that it is a sample."""
        return f"{self.name}（示例）"


_BLACK, _BROWN, _GREY, _WHITE = "#2b2a2e", "#4a3428", "#8d9096", "#dcdfe3"
_FAIR, _WARM, _TAN = "#f6d7c0", "#efc6a4", "#dda983"

_HAND_MADE: tuple[Citizen, ...] = (
    Citizen(1, "林知夏", 16, "高一学生", Look("bob", _BLACK, _FAIR, "#6d8fd0", "#dfe8fb")),
    Citizen(2, "周子墨", 22, "大学生", Look("crop", _BLACK, _WARM, "#3f8f86", "#d8efe9", True)),
    Citizen(3, "陈晓雯", 28, "社区工作者", Look("long", _BROWN, _FAIR, "#c8695c", "#fbe4dd")),
    Citizen(4, "马志强", 33, "出租车司机", Look("short", _BLACK, _TAN, "#58708c", "#dde5ee")),
    Citizen(5, "阿依古丽", 35, "小学教师", Look("curly", _BROWN, _WARM, "#a2588f", "#f3dff0")),
    Citizen(6, "刘建国", 41, "个体工商户", Look("crop", _BLACK, _TAN, "#b98137", "#f8ecd3")),
    Citizen(7, "黄美玲", 46, "企业会计", Look("bob", _BROWN, _FAIR, "#4f7f5c", "#e0f0dd", True)),
    Citizen(8, "韦国栋", 52, "种植户", Look("short", _BLACK, _TAN, "#7b6a4f", "#efe7d8")),
    Citizen(9, "孙秀兰", 58, "退休护士", Look("bun", _GREY, _WARM, "#b55f75", "#f9e0e6")),
    Citizen(10, "赵德明", 66, "退休工人", Look("thin", _GREY, _WARM, "#4d6a94", "#dce6f4", True)),
    Citizen(11, "吴桂英", 73, "退休教师", Look("curly", _WHITE, _FAIR, "#6f6aa6", "#e6e4f6", True)),
    Citizen(12, "何永福", 82, "老党员", Look("thin", _WHITE, _WARM, "#8c4f45", "#f5e2dd")),
)

_SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许韩冯邓曹彭曾肖田董潘袁蔡蒋余"
_GIVEN_FIRST = "晓建志文雅明佳国春海思玉子俊红永嘉丽振诗宏美泽雨家秀天欣立书"
_GIVEN_SECOND = "华平军芳敏杰琳强涛燕宁辉娟鹏霞东婷宇兰斌静磊颖峰云波倩凯玲生"
_CALLINGS = (
    "职员",
    "教师",
    "工人",
    "农户",
    "医务人员",
    "司机",
    "店主",
    "工程师",
    "快递员",
    "自由职业者",
)
_HAIR: tuple[Hair, ...] = ("short", "crop", "bob", "long", "bun", "curly")
_CLOTHES = ("#6d8fd0", "#3f8f86", "#c8695c", "#58708c", "#a2588f", "#b98137", "#4f7f5c", "#8c4f45")
_BACKGROUNDS = ("#dfe8fb", "#d8efe9", "#fbe4dd", "#dde5ee", "#f3dff0", "#f8ecd3", "#e0f0dd")


@lru_cache(maxsize=512)
def citizen(number: int) -> Citizen:
    """Return the citizen with this number; raises LookupError outside 1 to 100,000."""
    if not 1 <= number <= MAX_CITIZENS:
        raise LookupError(f"no citizen {number}")
    if number <= HAND_MADE:
        return _HAND_MADE[number - 1]
    draw = hmac.digest(_SEED, f"citizen {number}".encode(), "sha256")
    age = 16 + draw[0] % 67
    return Citizen(
        number=number,
        name=_pick(_SURNAMES, draw[1])
        + _pick(_GIVEN_FIRST, draw[2])
        + _pick(_GIVEN_SECOND, draw[3]),
        age=age,
        calling=_calling(age, draw[4]),
        look=Look(
            hair="thin" if age > 64 and draw[5] % 2 else _HAIR[draw[5] % len(_HAIR)],
            hair_colour=_hair_colour(age, draw[6]),
            skin=(_FAIR, _WARM, _TAN)[draw[7] % 3],
            clothes=_CLOTHES[draw[8] % len(_CLOTHES)],
            background=_BACKGROUNDS[draw[9] % len(_BACKGROUNDS)],
            glasses=draw[10] % 3 == 0,
        ),
    )


def sample_citizens() -> tuple[Citizen, ...]:
    """Return the citizens one chooses from in the browser."""
    return _HAND_MADE


def openid_of(appid: str, number: int) -> str:
    """Return the 28-character openid of a citizen in one account."""
    return _number_in_id(f"openid {appid}", number, sign_of=_account_sign(appid))


def unionid_of(open_platform: str, number: int) -> str:
    """Return the 28-character unionid of a citizen under one open-platform group."""
    return _number_in_id(f"unionid {open_platform}", number, sign_of=_account_sign(open_platform))


def visitor_openid(appid: str, number: int) -> str:
    """Return the placeholder openid a citizen has on a snapshot page; nobody is behind it."""
    return _number_in_id(f"snapshot {appid}", number, sign_of=_account_sign(appid))


def number_of(appid: str, openid: str) -> int | None:
    """Return whose openid this is, or None when this account never gave it out."""
    if len(openid) != 28 or not openid.startswith(_account_sign(appid)):
        return None
    try:
        carried = base64.urlsafe_b64decode(openid[8:])
    except (binascii.Error, ValueError):
        return None
    number = int.from_bytes(_masked(f"openid {appid}", carried[:12], carried[12:]))
    if not 1 <= number <= MAX_CITIZENS or openid_of(appid, number) != openid:
        return None
    return number


def _number_in_id(realm: str, number: int, *, sign_of: str) -> str:
    tag = hmac.digest(_SEED, f"{realm} {number}".encode(), "sha256")[:12]
    carried = tag + _masked(realm, tag, number.to_bytes(3))
    return sign_of + base64.urlsafe_b64encode(carried).decode()


def _masked(realm: str, tag: bytes, plain: bytes) -> bytes:
    mask = hmac.digest(_SEED, realm.encode() + tag, "sha256")
    return bytes(left ^ right for left, right in zip(plain, mask, strict=False))


def _account_sign(realm: str) -> str:
    # Real openids of one account share their first characters.
    return "o" + base64.urlsafe_b64encode(hashlib.sha256(realm.encode()).digest())[:7].decode()


def _pick(letters: str, draw: int) -> str:
    return letters[draw % len(letters)]


def _calling(age: int, draw: int) -> str:
    if age < 19:
        return "中学生"
    if age < 23:
        return "大学生"
    if age > 60:
        return "退休人员"
    return _CALLINGS[draw % len(_CALLINGS)]


def _hair_colour(age: int, draw: int) -> str:
    if age > 74:
        return _WHITE
    if age > 58:
        return _GREY
    return (_BLACK, _BLACK, _BROWN)[draw % 3]
