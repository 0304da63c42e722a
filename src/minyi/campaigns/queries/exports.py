# SPDX-License-Identifier: Apache-2.0
"""A result as a file: CSV, XLSX or JSON, each with the code book that explains every column.

An export holds sums only. There is no row per ballot, so nothing tells who voted, when or in which
order; and there is no file at all before there is a result.
"""

import csv
import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Literal, get_args

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from minyi.campaigns.errors import ResultNotFound

from .results import ShownResult

Kind = Literal["csv", "xlsx", "json"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Cell = str | int | Decimal
# What spreadsheet programs take for the beginning of a formula, full-width twins included.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_TYPES = {
    "csv": "application/zip",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
}
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the same result gives the same archive


@dataclass(frozen=True, slots=True)
class Export:
    """A file ready to be sent."""

    content: bytes
    content_type: str
    filename: str


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the code book: what it means, in which unit, and where it comes from."""

    table: str
    name: str
    meaning: str
    unit: str
    source: str


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[Column, ...]
    rows: list[list[Cell]]


def export_result(result: ShownResult, kind: str) -> Export:
    """Return the result as a file. CSV comes as an archive of its tables and the code book."""
    if kind not in KINDS:
        raise ResultNotFound
    write = {"csv": _as_csv, "xlsx": _as_xlsx, "json": _as_json}[kind]
    mark = "" if result.state == "final" else "-draft"
    ending = "csv.zip" if kind == "csv" else kind
    return Export(write(result), _TYPES[kind], f"{result.slug}-result{mark}.{ending}")


def code_book(result: ShownResult) -> list[Column]:
    """Return every column of every table, in order."""
    return [column for table in _tables(result) for column in table.columns]


def _tables(result: ShownResult) -> list[_Table]:
    return [_result_table(result), _votes_table(result), _criteria_table(result)]


def _result_table(result: ShownResult) -> _Table:
    name = _("结果")
    weights = result.weights
    ballots = _ballots_words(result)
    columns = (
        Column(name, _("名次"), _("按综合得分从高到低；并列的名次相同"), _("名"), _("汇总")),
        Column(name, _("入选"), _("是否在入选名额之内"), _("是/否"), _("汇总")),
        Column(name, _("编号"), _("候选对象在本次活动中的编号"), "", _("候选名单")),
        Column(name, _("名称"), _("候选对象名称"), "", _("候选名单")),
        Column(name, _("所属单位"), _("候选对象所属单位"), "", _("候选名单")),
        Column(name, _("类别"), _("候选对象类别"), "", _("候选名单")),
        Column(name, _("得票数"), _("选择了该对象的有效选票数"), _("票"), ballots),
        Column(
            name,
            _("公众分"),
            _("得票数 ÷ 最高得票数 × 100，权重 %(weight)d%%") % {"weight": weights.public},
            _("分（0-100）"),
            ballots,
        ),
        Column(
            name,
            _("专家分"),
            _("各位专家加权得分的平均分，权重 %(weight)d%%") % {"weight": weights.jury},
            _("分（0-100）"),
            _("评审专家评分"),
        ),
        Column(
            name,
            _("数据分"),
            _("业务数据得分，权重 %(weight)d%%") % {"weight": weights.figures},
            _("分（0-100）"),
            _("主办单位业务数据"),
        ),
        Column(name, _("综合得分"), result.formula_lines[0], _("分（0-100）"), _("汇总")),
        Column(name, _("业务数据来源"), _("业务数据得分的出处"), "", _("主办单位填报")),
    )
    rows: list[list[Cell]] = [
        [
            *(line.rank, _("是") if line.is_selected else _("否")),
            *(line.number, line.name, line.unit, line.category, line.votes),
            *(Decimal(line.public_points), Decimal(line.jury_points)),
            *(Decimal(line.figures_points), Decimal(line.score), line.figures_source),
        ]
        for line in result.lines
    ]
    return _Table(name, columns, rows)


def _ballots_words(result: ShownResult) -> str:
    """Say what the votes were counted from; anybody can count it again."""
    words = _("本次活动的有效选票，共 %(ballots)d 张") % {"ballots": result.ballots}
    if result.mark is None:
        return words
    facts = {"size": result.mark.size, "root": result.mark.root}
    return words + _("；据公开账本前 %(size)d 条计票，账本校验码 %(root)s") % facts


def _votes_table(result: ShownResult) -> _Table:
    name = _("得票")
    ballots = _ballots_words(result)
    columns = (
        Column(name, _("编号"), _("候选对象在本次活动中的编号"), "", _("候选名单")),
        Column(name, _("名称"), _("候选对象名称"), "", _("候选名单")),
        Column(name, _("得票数"), _("选择了该对象的有效选票数"), _("票"), ballots),
        Column(name, _("有效选票"), _("全部有效选票数；一张选票可选多个对象"), _("张"), ballots),
    )
    rows: list[list[Cell]] = [
        [line.number, line.name, line.votes, result.ballots]
        for line in sorted(result.lines, key=lambda line: line.number)
    ]
    return _Table(name, columns, rows)


def _criteria_table(result: ShownResult) -> _Table:
    name = _("评审标准")
    columns = (
        Column(name, _("编号"), _("候选对象在本次活动中的编号"), "", _("候选名单")),
        Column(name, _("名称"), _("候选对象名称"), "", _("候选名单")),
        *(
            Column(
                name,
                criterion,
                _("%(jurors)d 位专家在这项标准上的平均分，权重 %(weight)d%%")
                % {"jurors": result.jurors, "weight": weight},
                _("分（0-100）"),
                _("评审专家评分"),
            )
            for criterion, weight in result.criteria
        ),
    )
    rows: list[list[Cell]] = [
        [line.number, line.name, *(Decimal(points) for points in line.criteria)]
        for line in sorted(result.lines, key=lambda line: line.number)
    ]
    return _Table(name, columns, rows)


def _book_rows(result: ShownResult) -> list[list[Cell]]:
    about = _("说明")
    rows: list[list[Cell]] = [
        [about, _("活动"), result.title, "", result.agency],
        [about, _("状态"), _state_words(result), "", ""],
        [about, _("计算方法"), "".join(f"{line}；" for line in result.formula_lines), "", ""],
        [about, _("同分处理"), result.tie_words, "", ""],
        [about, _("结果摘要"), result.digest, "SHA-256", _("JSON 文件中 document 的规范写法")],
    ]
    books: list[list[Cell]] = [
        [column.table, column.name, column.meaning, column.unit, column.source]
        for column in code_book(result)
    ]
    return [*rows, *books]


def _book_head() -> list[str]:
    return [_("所在表"), _("项目"), _("含义"), _("单位"), _("来源")]


def _state_words(result: ShownResult) -> str:
    if result.published_at is not None:
        moment = f"{localtime(result.published_at):%Y-%m-%d %H:%M}"
        return _("正式结果，%(moment)s 公布") % {"moment": moment}
    return _("拟定结果，公示中") if result.state == "proposed" else _("内部核对稿，尚未公布")


def _as_csv(result: ShownResult) -> bytes:
    tables = _tables(result)
    files = {table.name: ([c.name for c in table.columns], table.rows) for table in tables}
    files[_("编码说明")] = (_book_head(), _book_rows(result))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, (head, rows) in files.items():
            entry = zipfile.ZipInfo(f"{name}.csv", _EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, csv_bytes(head, rows))
    return out.getvalue()


def csv_bytes(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> bytes:
    """Return CSV as spreadsheet programs in China open it: UTF-8 with BOM, no live formulas."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([_neutral(cell) for cell in head])
    writer.writerows([_neutral(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _neutral(cell: Cell) -> Cell:
    if isinstance(cell, str) and cell.lstrip(" ").startswith(_FORMULA_STARTS):
        return f"'{cell}"
    return cell


def _as_xlsx(result: ShownResult) -> bytes:
    # Here and not above: it brings NumPy along, 20 MB that neither page nor worker needs.
    from .workbooks import write_workbook

    sheets = [
        (table.name, [column.name for column in table.columns], table.rows)
        for table in _tables(result)
    ]
    return write_workbook([*sheets, (_("编码说明"), _book_head(), _book_rows(result))])


def _as_json(result: ShownResult) -> bytes:
    content = {
        "state": result.state,
        "agency": result.agency,
        "published_at": result.published_at.isoformat() if result.published_at else None,
        "digest": result.digest,
        "digest_of": "SHA-256 of `document`: UTF-8, keys sorted, separators «,» and «:», no blanks",
        "signed_by": result.signed_by,
        "signed_at": result.signed_at.isoformat() if result.signed_at else None,
        "document": result.document,
        "log": asdict(result.mark) if result.mark else None,
        "codebook": [
            {
                "table": column.table,
                "column": column.name,
                "meaning": column.meaning,
                "unit": column.unit,
                "source": column.source,
            }
            for column in code_book(result)
        ],
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()
