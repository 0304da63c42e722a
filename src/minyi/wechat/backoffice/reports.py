# SPDX-License-Identifier: Apache-2.0
"""The reports of the back office as data: their columns, and what each cell must be."""

import re
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Literal
from urllib.parse import parse_qs, urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minyi.core.errors import Words

from .files import Grid
from .trouble import Damaged

Kind = Literal["day", "count", "change", "decimal", "text", "url"]
Value = date | int | Decimal | str | None
NO_FIGURE = ("", "-")  # the back office writes «-» for a day without any
_PERIOD = re.compile(r"[（(](\d{4}-\d{2}-\d{2})至(\d{4}-\d{2}-\d{2})[）)]")
_DAY = re.compile(r"([0-9]{4})([-/]?)([0-9]{1,2})\2([0-9]{1,2})")
_COUNT = re.compile(r"-?[0-9]{1,12}")
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")
_RARE_SHARE = 0.25  # of a heading's characters outside GB 2312: then the encoding was another


@dataclass(frozen=True, slots=True)
class Field:
    """One column of a report and the field of the row it fills."""

    column: str
    name: str
    kind: Kind = "count"


@dataclass(frozen=True, slots=True)
class Report:
    """One kind of report. `key` fields tell its rows apart; `covers_days`: one line for each."""

    kind: str
    title: Words
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    needs_period: bool = False
    covers_days: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a report, read; `extra` holds the columns we have no field for."""

    line: int
    values: dict[str, Value]
    extra: dict[str, str]


@dataclass(frozen=True, slots=True)
class Table:
    """A grid whose report is known; `report` is OTHER when it is not one of ours."""

    report: Report
    heading: str
    columns: tuple[str, ...]
    head_line: int
    first_day: date | None
    last_day: date | None
    rows: list[Row] = field(default_factory=list)


_USERS = Report(
    "users",
    gettext_lazy("用户增长"),
    (
        Field("时间", "day", "day"),
        Field("新关注人数", "new"),
        Field("取消关注人数", "cancelled"),
        Field("净增关注人数", "net", "change"),
        Field("累积关注人数", "total"),
    ),
    key=("day",),
    covers_days=True,
)
_MESSAGES = Report(
    "messages",
    gettext_lazy("消息发送"),
    (
        Field("时间", "day", "day"),
        Field("消息发送人数", "users"),
        Field("消息发送次数", "messages"),
        Field("人均发送次数", "per_user", "decimal"),
    ),
    key=("day",),
    covers_days=True,
)
_READS = Report(
    "reads",
    gettext_lazy("内容分析"),
    (
        Field("日期", "day", "day"),
        Field("渠道", "channel", "text"),
        Field("阅读次数", "reads"),
        Field("阅读人数", "read_users"),
        Field("分享次数", "shares"),
        Field("分享人数", "share_users"),
        Field("阅读原文次数", "original_reads"),
        Field("阅读原文人数", "original_users"),
        Field("收藏次数", "favourites"),
        Field("收藏人数", "favourite_users"),
        Field("群发篇数", "sent"),
    ),
    key=("day", "channel"),
)
_ARTICLES = Report(
    "articles",
    gettext_lazy("已群发内容"),
    (
        Field("内容标题", "title", "text"),
        Field("发表时间", "published_on", "day"),
        Field("总阅读人数", "read_users"),
        Field("总阅读次数", "reads"),
        Field("总分享人数", "share_users"),
        Field("总分享次数", "shares"),
        Field("阅读后关注人数", "followed"),
        Field("送达人数", "delivered"),
        Field("公众号消息阅读次数", "message_reads"),
        Field("送达阅读率", "delivered_rate", "decimal"),
        Field("首次分享次数", "first_shares"),
        Field("分享产生阅读次数", "share_reads"),
        Field("首次分享率", "first_share_rate", "decimal"),
        Field("每次分享带来阅读次数", "reads_per_share", "decimal"),
        Field("阅读完成率", "finish_rate", "decimal"),
        Field("内容url", "url", "url"),
    ),
    key=("key",),
)
_MENU = Report(
    "menu",
    gettext_lazy("菜单分析"),
    (
        Field("版本", "version", "text"),
        Field("一级菜单", "level1", "text"),
        Field("二级菜单", "level2", "text"),
        Field("菜单点击次数", "clicks"),
        Field("菜单点击人数", "users"),
        Field("人均点击次数", "per_user", "decimal"),
    ),
    key=("version", "level1", "level2"),
    needs_period=True,
)
_KEYWORDS = Report(
    "keywords",
    gettext_lazy("消息关键词"),
    (
        Field("排行", "rank"),
        Field("消息关键词", "word", "text"),
        Field("出现次数", "times"),
    ),
    key=("word",),
    needs_period=True,
)
REPORTS = {one.kind: one for one in (_USERS, _READS, _ARTICLES, _MESSAGES, _MENU, _KEYWORDS)}
OTHER = Report("other", gettext_lazy("其他表格"), (), key=())


def read_table(grid: Grid) -> Table:
    """Recognise a grid and read its rows; raises Damaged."""
    heading, head_line = _head(grid)
    columns = grid.lines[head_line - 1]
    named = [name for name in columns if name]
    _check_columns(named, head_line)
    report = _recognise(named)
    _check_complete(report, named, head_line)
    period = _PERIOD.search(heading)
    if report.needs_period and period is None:
        raise Damaged(_("缺少统计期间，第一行应当写明起止日期。"), line=1)
    first, last = (_day(period[1], 1), _day(period[2], 1)) if period else (None, None)
    table = Table(report, heading, columns, head_line, first, last)
    if report is OTHER:
        _check_widths(grid, table)
        return table
    for number, cells in enumerate(grid.lines[head_line:], start=head_line + 1):
        if any(cells):
            row = _row(table, number, cells)
            if row is not None:
                table.rows.append(row)
    _check_twice(table)
    _check_period(table)
    return table


def article_key(url: str, title: str, day: Value) -> str:
    """Return what tells an article apart: «<mid>_<idx>» of its address, as the API writes it."""
    asked = parse_qs(urlsplit(url).query)
    mid, index = asked.get("mid", [""])[0], asked.get("idx", [""])[0]
    if mid.isdecimal() and index.isdecimal():
        return f"{mid}_{index}"[:64]
    return f"{day}:{title}"[:200]


def _head(grid: Grid) -> tuple[str, int]:
    """Return the words above the table and the number of the line that names the columns."""
    filled = [
        (number, [cell for cell in cells if cell])
        for number, cells in enumerate(grid.lines, start=1)
        if any(cells)
    ]
    if not filled:
        raise Damaged(_("文件里没有表头。"), line=len(grid.lines) or 1)
    (first, words), *others = filled
    if len(words) == 1 and others and len(others[0][1]) > 1:
        return words[0], others[0][0]
    return "", first


def _check_columns(named: list[str], line: int) -> None:
    for name in named:
        if _DECIMAL.fullmatch(name) or _DAY.fullmatch(name):
            raise Damaged(
                _("这里应当是表头，实际是“%(found)s”。") % {"found": name[:40]}, line=line
            )
        if named.count(name) > 1:
            raise Damaged(_("表头里这一列出现了两次。"), line=line, column=name)
    letters = [letter for name in named for letter in name if ord(letter) > 127]
    rare = sum(1 for letter in letters if not _is_common(letter))
    if letters and rare > _RARE_SHARE * len(letters):
        raise Damaged(_("表头是乱码，文件的编码不对。"), line=line)


def _is_common(letter: str) -> bool:
    try:
        letter.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


def _recognise(named: list[str]) -> Report:
    """Return the report that shares most columns with these names."""
    shared = {
        report.kind: sum(1 for one in report.fields if one.column in named)
        for report in REPORTS.values()
    }
    best = max(shared, key=lambda kind: shared[kind] / len(REPORTS[kind].fields))
    return REPORTS[best] if shared[best] else OTHER


def _check_complete(report: Report, named: list[str], line: int) -> None:
    for one in report.fields:
        if one.column not in named:
            raise Damaged(
                _("“%(report)s”报表缺少这一列。") % {"report": report.title},
                line=line,
                column=one.column,
            )


def _check_widths(grid: Grid, table: Table) -> None:
    for number, cells in enumerate(grid.lines[table.head_line :], start=table.head_line + 1):
        if any(cells):
            _check_width(table, number, cells)


def _check_width(table: Table, line: int, cells: tuple[str, ...]) -> None:
    wide = len(table.columns)
    if len(cells) < wide or any(cells[wide:]):
        raise Damaged(
            _("应有 %(due)d 格，实际有 %(found)d 格，这一行不完整或者错位。")
            % {"due": wide, "found": len(cells)},
            line=line,
        )


def _row(table: Table, line: int, cells: tuple[str, ...]) -> Row | None:
    """Read one line; None for one that names its day but says nothing about it."""
    _check_width(table, line, cells)
    by_column = dict(zip(table.columns, cells, strict=False))
    report = table.report
    values = {one.name: _value(one, by_column[one.column], line) for one in report.fields}
    if report is _ARTICLES:
        values["key"] = article_key(
            str(values["url"]), str(values["title"]), values["published_on"]
        )
    if not any(by_column[one.column] for one in report.fields if one.name not in report.key):
        return None
    known = {one.column for one in report.fields}
    extra = {name: cell for name, cell in by_column.items() if name and name not in known}
    return Row(line, values, extra)


def _value(one: Field, cell: str, line: int) -> Value:
    cell = cell.strip()
    if one.kind == "text":
        if not cell:
            raise Damaged(_("这一格不能为空。"), line=line, column=one.column)
        return "" if cell == "-" else cell
    if one.kind == "url":
        if cell and not cell.startswith(("http://", "https://")):
            raise Damaged(
                _("应为网址，实际是“%(found)s”。") % {"found": cell[:40]},
                line=line,
                column=one.column,
            )
        return cell
    if one.kind == "day":
        return _day(cell, line, one.column)
    if cell in NO_FIGURE:
        return None
    pattern = _DECIMAL if one.kind == "decimal" else _COUNT
    if not pattern.fullmatch(cell) or (cell.startswith("-") and one.kind != "change"):
        words = (
            _("应为数字，实际是“%(found)s”。")
            if one.kind == "decimal"
            else _("应为整数，实际是“%(found)s”。")
        )
        raise Damaged(words % {"found": cell[:40]}, line=line, column=one.column)
    return Decimal(cell) if one.kind == "decimal" else int(cell)


def _day(cell: str, line: int, column: str = "") -> date:
    found = _DAY.fullmatch(cell)
    try:
        if found is not None:
            return date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        pass
    raise Damaged(
        _("应为日期，实际是“%(found)s”。") % {"found": cell[:40]}, line=line, column=column
    )


def _check_twice(table: Table) -> None:
    seen: dict[tuple[Value, ...], Row] = {}
    for row in table.rows:
        key = tuple(row.values[name] for name in table.report.key)
        earlier = seen.setdefault(key, row)
        if earlier is not row and (earlier.values, earlier.extra) != (row.values, row.extra):
            raise Damaged(
                _("与第 %(line)d 行说的是同一项，数字却不同。") % {"line": earlier.line},
                line=row.line,
            )


def _check_period(table: Table) -> None:
    """Refuse a report of days that ends before the day its own heading promises."""
    due = table.last_day
    if due is None or not table.report.covers_days:
        return
    days = [day for row in table.rows if isinstance(day := row.values["day"], date)]
    if not days or max(days) < due:
        line = table.rows[-1].line if table.rows else table.head_line
        raise Damaged(
            _("标题说统计到 %(due)s，文件在这一行之后就没有了。") % {"due": due}, line=line
        )
