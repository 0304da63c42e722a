# SPDX-License-Identifier: Apache-2.0
"""Template messages and subscription notices: the public library, and what a field may hold.

The limits by kind of field are [R] in the fact sheet: recalled, not confirmed. They live here only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from wechat_sandbox.errors import ApiError

Kind = Literal[2, 3]  # one-off, long-term
ONE_OFF: Kind = 2
LONG_TERM: Kind = 3

_TYPED = re.compile(r"([a-z_]+?)(\d+)")
_HAN = r"[一-鿿]"
_FIELD_RULES: dict[str, re.Pattern[str]] = {
    "thing": re.compile(r".{1,20}", re.DOTALL),
    "number": re.compile(r"-?\d{1,32}(\.\d+)?"),
    "letter": re.compile(r"[A-Za-z]{1,32}"),
    "symbol": re.compile(r"[^\w\s]{1,5}"),
    "character_string": re.compile(r"[\x20-\x7e]{1,32}"),
    "phrase": re.compile(rf"{_HAN}{{1,5}}"),
    "name": re.compile(rf"{_HAN}[{_HAN[1:-1]}·]{{0,9}}|[A-Za-z .·]{{1,20}}"),
    "phone_number": re.compile(r"[\d+\-() ]{1,17}"),
    "car_number": re.compile(rf"{_HAN}?[A-Z0-9]{{1,7}}{_HAN}?"),
    "amount": re.compile(r"[¥$€£]?\d{1,10}(\.\d{1,2})?元?"),
    "date": re.compile(r"\d{4}(年|-|/)\d{1,2}(月|-|/)\d{1,2}日?( \d{1,2}:\d{2}(:\d{2})?)?"),
    "time": re.compile(
        r"(\d{4}(年|-|/)\d{1,2}(月|-|/)\d{1,2}日?)?[ T]?(\d{1,2}:\d{2}(:\d{2})?)?"
        r"(~(\d{4}(年|-|/)\d{1,2}(月|-|/)\d{1,2}日?)?[ T]?(\d{1,2}:\d{2}(:\d{2})?)?)?"
    ),
    "const": re.compile(r".{1,20}", re.DOTALL),
}


@dataclass(frozen=True, slots=True)
class Keyword:
    """One field of a public template; its key is the kind with the number behind."""

    kid: int
    name: str
    rule: str
    example: str

    @property
    def key(self) -> str:
        """Return the key under which the value is sent."""
        return f"{self.rule}{self.kid}"


@dataclass(frozen=True, slots=True)
class PublicTemplate:
    """One entry of the public library."""

    tid: int
    title: str
    kind: Kind
    keywords: tuple[Keyword, ...]


_K = Keyword
CATEGORIES: tuple[tuple[int, str], ...] = ((616, "政务民生"), (307, "公共服务"))
CATEGORY_OF = {LONG_TERM: 616, ONE_OFF: 307}

LIBRARY: tuple[PublicTemplate, ...] = (
    PublicTemplate(
        20101,
        "事项办理进度通知",
        LONG_TERM,
        (
            _K(1, "办理事项", "thing", "居住证申领"),
            _K(2, "当前进度", "phrase", "审核通过"),
            _K(3, "更新时间", "time", "2026年11月20日 10:30"),
            _K(4, "受理编号", "character_string", "QH20261120001"),
            _K(5, "温馨提示", "thing", "请携带身份证领取"),
        ),
    ),
    PublicTemplate(
        20102,
        "咨询答复通知",
        LONG_TERM,
        (
            _K(1, "咨询主题", "thing", "公积金提取"),
            _K(2, "答复单位", "thing", "青禾市公积金中心"),
            _K(3, "答复时间", "time", "2026年11月20日 10:30"),
            _K(4, "咨询人", "name", "张三"),
        ),
    ),
    PublicTemplate(
        20103,
        "预约办事提醒",
        LONG_TERM,
        (
            _K(1, "预约事项", "thing", "不动产登记"),
            _K(2, "预约时间", "time", "2026年11月20日 10:30"),
            _K(3, "办理地点", "thing", "政务服务中心二楼"),
            _K(4, "预约号", "character_string", "A012"),
        ),
    ),
    PublicTemplate(
        20104,
        "活动开始提醒",
        ONE_OFF,
        (
            _K(1, "活动名称", "thing", "十佳窗口评选"),
            _K(2, "开始时间", "time", "2026年11月20日 09:00"),
            _K(3, "备注", "thing", "每人每天可投一次"),
        ),
    ),
    PublicTemplate(
        20105,
        "投票结果通知",
        ONE_OFF,
        (
            _K(1, "投票主题", "thing", "十佳窗口评选"),
            _K(2, "公布时间", "time", "2026年11月20日 09:00"),
            _K(3, "参与人数", "number", "12034"),
            _K(4, "结果说明", "thing", "点击查看结果"),
        ),
    ),
    PublicTemplate(
        20106,
        "审核结果通知",
        ONE_OFF,
        (
            _K(1, "审核对象", "thing", "城东社区服务站"),
            _K(2, "审核结果", "phrase", "审核通过"),
            _K(3, "活动名称", "thing", "十佳窗口评选"),
            _K(4, "审核意见", "thing", "材料齐全"),
        ),
    ),
)

# Short ids of template messages; their keywords are chosen by name.
TEMPLATE_LIBRARY: dict[str, PublicTemplate] = {f"TM{entry.tid:05d}": entry for entry in LIBRARY} | {
    str(entry.tid): entry for entry in LIBRARY
}

INDUSTRIES: dict[str, tuple[str, str]] = {
    "1": ("IT科技", "互联网|电子商务"),
    "2": ("IT科技", "IT软件与服务"),
    "20": ("政府与公共事业", "警务/消防"),
    "21": ("政府与公共事业", "交通/公路"),
    "22": ("政府与公共事业", "公积金/社保"),
    "23": ("政府与公共事业", "公共事业"),
    "24": ("政府与公共事业", "城市管理"),
    "40": ("政府与公共事业", "政府"),
    "41": ("其他", "其他"),
}


def find_public(tid: int, *, long_term: bool) -> PublicTemplate | None:
    """Return an entry open to the account; long-term ones are for some categories only."""
    found = next((entry for entry in LIBRARY if entry.tid == tid), None)
    return None if found is None or (found.kind == LONG_TERM and not long_term) else found


def content_of(keywords: tuple[Keyword, ...]) -> str:
    """Return a template's text with its places."""
    return "".join(f"{word.name}:{{{{{word.key}.DATA}}}}\n" for word in keywords)


def example_of(keywords: tuple[Keyword, ...]) -> str:
    """Return a template's text filled with samples."""
    return "".join(f"{word.name}:{word.example}\n" for word in keywords)


def read_lines(keywords: tuple[Keyword, ...], given: object) -> tuple[tuple[str, str], ...]:
    """Return label and value of each field; raises 47003 naming the field that is wrong."""
    if not isinstance(given, Mapping):
        raise ApiError(47003, "data")
    return tuple((word.name, _checked_value(word.key, given)) for word in keywords)


def check_value(key: str, value: str) -> None:
    """Raise 47003 for a value that this kind of field may not hold."""
    typed = _TYPED.fullmatch(key)
    rule = _FIELD_RULES.get(typed[1]) if typed else None
    if not value or (rule is not None and not rule.fullmatch(value)):
        raise ApiError(47003, f"data.{key}.value invalid")


def _checked_value(key: str, given: Mapping[str, Any]) -> str:
    field = given.get(key)
    value = field.get("value") if isinstance(field, Mapping) else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise ApiError(47003, f"data.{key}.value invalid")
    check_value(key, value)
    return value
