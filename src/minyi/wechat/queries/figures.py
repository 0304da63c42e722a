# SPDX-License-Identifier: Apache-2.0
"""Figures for screens and exports. Each keeps where it comes from and as of when."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import TypeVar

from django.db.models import Max, Min, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from minyi.core.clock import office_time
from minyi.core.errors import Words

from ..backoffice import REPORTS
from ..models import (
    FIGURES,
    ArticleFigures,
    Figures,
    FollowerDay,
    Origin,
    ReadDay,
)

F = TypeVar("F", bound=Figures)
D = TypeVar("D", FollowerDay, ReadDay)
ALL_CHANNELS = "全部"  # WeChat's own word for the row that sums the others
TOP = 10
# user_source of getusersummary (wechat-api.md §10) [R]
SOURCES: dict[str, Words] = {
    "0": gettext_lazy("其他"),
    "1": gettext_lazy("搜索"),
    "17": gettext_lazy("名片分享"),
    "30": gettext_lazy("扫描二维码"),
    "57": gettext_lazy("文章内账号名称"),
    "100": gettext_lazy("微信广告"),
    "149": gettext_lazy("小程序关注"),
    "161": gettext_lazy("他人转载"),
    "200": gettext_lazy("视频号"),
    "201": gettext_lazy("直播"),
}
# What spreadsheet programs take for the beginning of a formula, full-width twins included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_HIDDEN = {"id", "account", "table", "line", "origin", "as_of", "extra"}


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a set of figures comes from: one file, or the API."""

    origin: str
    origin_name: str
    filename: str
    table_id: int | None
    first_day: date | None
    last_day: date | None
    as_of: datetime
    rows: int


@dataclass(frozen=True, slots=True)
class ChartRow:
    """One row of a chart's table, as `ui/_chart.html` draws it."""

    key: str
    label: str
    values: list[int]


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart, the table it is drawn from, and where its figures come from."""

    columns: list[str]
    rows: list[ChartRow]
    sources: list[Provenance]


@dataclass(frozen=True, slots=True)
class Span:
    """The days for which an account has any figures."""

    first: date | None
    last: date | None


def days_of(account_id: int) -> Span:
    """Return the first and the last day with figures."""
    found = [
        model.objects.filter(account=account_id).aggregate(first=Min("day"), last=Max("day"))
        for model in (FollowerDay, ReadDay)
    ]
    firsts = [one["first"] for one in found if one["first"]]
    lasts = [one["last"] for one in found if one["last"]]
    return Span(min(firsts, default=None), max(lasts, default=None))


def follower_totals(*, account_id: int, first: date, last: date) -> Chart:
    """Return the followers day by day."""
    rows = _between(FollowerDay.objects.filter(source=""), account_id, first, last)
    chosen = _one_origin(rows, key=lambda row: row.day)
    return Chart(
        [_("累积关注人数")],
        [
            ChartRow(f"{row.day}", f"{row.day}", [row.total])
            for row in chosen
            if row.total is not None
        ],
        _sources(chosen),
    )


def new_followers(*, account_id: int, first: date, last: date) -> Chart:
    """Return who came, by source where WeChat tells it, and who left."""
    rows = _between(FollowerDay.objects.all(), account_id, first, last)
    chosen = _one_origin(rows, key=lambda row: (row.day, row.source))
    by_day: dict[date, dict[str, FollowerDay]] = defaultdict(dict)
    for row in chosen:
        by_day[row.day][row.source] = row
    named = sorted({row.source for row in chosen if row.source}, key=_source_order)
    has_rest = any(not set(found) - {""} for found in by_day.values())
    names = [str(SOURCES.get(one, one)) for one in named]
    columns = [*names, *([_("新关注（未分来源）")] if has_rest else []), _("取消关注")]
    return Chart(
        columns,
        [
            ChartRow(f"{day}", f"{day}", _came_and_left(found, named, has_rest))
            for day, found in sorted(by_day.items())
        ],
        _sources(chosen),
    )


def _came_and_left(found: dict[str, FollowerDay], named: list[str], has_rest: bool) -> list[int]:
    """Return new followers by source, the rest, and those who left; a sum is never added twice."""
    by_source = [_count(found[one].new) if one in found else 0 for one in named]
    split = {source: row for source, row in found.items() if source}
    whole = found.get("")
    rest = _count(whole.new) if whole and not split else 0
    if split:
        left = sum(_count(row.cancelled) for row in split.values())
    else:
        left = _count(whole.cancelled) if whole else 0
    return [*by_source, *([rest] if has_rest else []), left]


def reads_by_channel(*, account_id: int, first: date, last: date) -> Chart:
    """Return the readers day by day and channel; WeChat's own sum row stays out."""
    rows = _between(ReadDay.objects.exclude(channel=ALL_CHANNELS), account_id, first, last)
    chosen = _one_origin(rows, key=lambda row: (row.day, row.channel))
    totals: dict[str, int] = defaultdict(int)
    by_day: dict[date, dict[str, int]] = defaultdict(dict)
    for row in chosen:
        totals[row.channel] += _count(row.read_users)
        by_day[row.day][row.channel] = _count(row.read_users)
    channels = sorted(totals, key=lambda one: (-totals[one], one))
    return Chart(
        channels,
        [
            ChartRow(f"{day}", f"{day}", [found.get(one, 0) for one in channels])
            for day, found in sorted(by_day.items())
        ],
        _sources(chosen),
    )


def article_ranking(
    *, account_id: int, first: date, last: date
) -> tuple[Chart, list[ArticleFigures]]:
    """Return the most read articles of the period as a chart, and all of them as rows."""
    rows = list(
        ArticleFigures.objects.filter(account=account_id, published_on__range=(first, last))
        .select_related("table")
        .order_by("-read_users", "key")
    )
    chosen = _one_origin(rows, key=lambda row: row.key)
    chosen.sort(key=lambda row: (-_count(row.read_users), row.key))
    top = [
        ChartRow(row.key, row.title, [_count(row.read_users)])
        for row in chosen[:TOP]
        if row.read_users is not None
    ]
    return Chart([_("总阅读人数")], top, _sources(chosen)), chosen


def figure_rows(*, kind: str, account_id: int) -> QuerySet[Figures]:
    """Return every row of one report, whatever its origin, newest first."""
    model = FIGURES[kind]
    newest = {"articles": "-published_on", "users": "-day", "reads": "-day", "messages": "-day"}
    order = newest.get(kind, "-last_day")
    rows: QuerySet[Figures] = model._default_manager.filter(account=account_id)
    return rows.select_related("table").order_by(order, "pk")


def figure_columns(kind: str) -> list[tuple[str, str]]:
    """Return the fields of a report with their names, in order."""
    fields = FIGURES[kind]._meta.concrete_fields
    return [(one.name, str(one.verbose_name)) for one in fields if one.name not in _HIDDEN]


def cells_of(kind: str, row: Figures) -> list[object]:
    """Return one row as cells, in the order of `figure_columns`."""
    return [_cell(name, getattr(row, name)) for name, _title in figure_columns(kind)]


def as_csv(kind: str, rows: Iterable[Figures]) -> Iterator[str]:
    """Write the rows as CSV, line by line: with their origin, and no cell that is a formula."""
    head = [title for _name, title in figure_columns(kind)]
    yield "\ufeff" + _csv_line([*head, _("来源"), _("文件"), _("行号"), _("取得时间"), _("其他列")])
    for row in rows:
        file = row.table.filename if row.table else ""
        extra = "; ".join(f"{name}={cell}" for name, cell in row.extra.items())
        yield _csv_line(
            [
                *cells_of(kind, row),
                *(str(Origin(row.origin).label), file, row.line or "", office_time(row.as_of)),
                extra,
            ]
        )


def report_titles() -> list[tuple[str, str]]:
    """Return kind and name of each report."""
    return [(kind, str(report.title)) for kind, report in REPORTS.items()]


def _csv_line(cells: list[object]) -> str:
    out = io.StringIO()
    csv.writer(out).writerow([_neutral(cell) for cell in cells])
    return out.getvalue()


def _neutral(cell: object) -> object:
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _cell(name: str, value: object) -> object:
    if name == "source" and value:
        return str(SOURCES.get(str(value), value))
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else value


def _between(rows: QuerySet[D], account_id: int, first: date, last: date) -> list[D]:
    found = rows.filter(account=account_id, day__range=(first, last)).select_related("table")
    return list(found.order_by("day", "pk"))


def _one_origin(rows: Iterable[F], key: Callable[[F], Hashable]) -> list[F]:
    """Keep one row for each key: where both tell of the same thing, what the API says."""
    chosen: dict[Hashable, F] = {}
    for row in rows:
        standing = chosen.get(key(row))
        if standing is None or row.origin == Origin.API:
            chosen[key(row)] = row
    return list(chosen.values())


def _sources(rows: Iterable[Figures]) -> list[Provenance]:
    """Sum up where the rows come from: one entry for each file, one for the API."""
    groups: dict[tuple[str, int | None], list[Figures]] = defaultdict(list)
    for row in rows:
        groups[row.origin, row.table_id].append(row)
    return [
        Provenance(
            origin=origin,
            origin_name=str(Origin(origin).label),
            filename=group[0].table.filename if group[0].table else "",
            table_id=table_id,
            first_day=min(_day_of(row) for row in group),
            last_day=max(_day_of(row) for row in group),
            as_of=max(row.as_of for row in group),
            rows=len(group),
        )
        for (origin, table_id), group in groups.items()
    ]


def _day_of(row: Figures) -> date:
    day: date = getattr(row, "day", None) or getattr(row, "published_on")  # noqa: B009
    return day


def _count(value: int | None) -> int:
    return value or 0


def _source_order(source: str) -> tuple[int, str]:
    return (int(source) if source.isdecimal() else 10_000, source)
