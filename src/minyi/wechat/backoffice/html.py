# SPDX-License-Identifier: Apache-2.0
"""The tables of a page of HTML that calls itself .xls."""

from html.parser import HTMLParser

from django.utils.translation import gettext as _

from .trouble import MOST_CELLS, Damaged

Lines = tuple[tuple[str, ...], ...]
_MOST_COLUMNS = 256


def read_html(text: str) -> list[Lines]:
    """Return the lines of each table; raises Damaged when the page ends in the middle."""
    reader = _Tables()
    reader.feed(text)
    reader.close()
    last = len(reader.lines)
    if reader.in_table or "</html>" not in text[-200:].lower():
        raise Damaged(_("文件在这一行之后中断，没有传完。"), line=max(last, 1))
    if not reader.tables:
        raise Damaged(_("页面里没有表格。"))
    return reader.tables


class _Tables(HTMLParser):
    """Collects cells. A cell that reaches over several lines stands in the first of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[Lines] = []
        self.lines: list[tuple[str, ...]] = []
        self.in_table = False
        self._cells = 0
        self._line: list[str] | None = None
        self._cell: list[str] | None = None
        self._spans = (1, 1)
        self._from_above: dict[int, tuple[int, str]] = {}  # column → lines left, its words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self.in_table, self.lines, self._from_above = True, [], {}
        elif not self.in_table:
            return
        elif tag == "tr":
            self._close_line()
            self._line = []
        elif tag in ("td", "th"):
            self._close_cell()
            named = dict(attrs)
            self._spans = (_span(named.get("rowspan")), _span(named.get("colspan")))
            self._cell = []

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._close_cell()
        elif tag == "tr":
            self._close_line()
        elif tag == "table" and self.in_table:
            self._close_line()
            self.tables.append(tuple(self.lines))
            self.in_table = False

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)

    def _close_cell(self) -> None:
        if self._cell is None or self._line is None:
            return
        self._fill_from_above()
        words, self._cell = "".join(self._cell).strip(), None
        deep, wide = self._spans
        if deep > 1:
            self._from_above[len(self._line)] = (deep, words)
        self._line += [words, *[""] * (wide - 1)]

    def _fill_from_above(self) -> None:
        line = self._line
        if line is None:
            return
        above = self._from_above.get(len(line))
        while above is not None and len(line) < _MOST_COLUMNS:
            line.append(above[1])
            above = self._from_above.get(len(line))

    def _close_line(self) -> None:
        self._close_cell()
        if self._line is None:
            return
        if self._line:  # a line of which all cells reach in from above stays empty
            self._fill_from_above()
        while self._line and not self._line[-1] and len(self.lines) == 0:
            self._line.pop()  # the heading's colspan, which is layout
        self._cells += len(self._line)
        if self._cells > MOST_CELLS:
            raise Damaged(_("工作表太大，不像是后台导出的报表。"))
        self.lines.append(tuple(self._line))
        self._line = None
        left = {column: (deep - 1, words) for column, (deep, words) in self._from_above.items()}
        self._from_above = {column: it for column, it in left.items() if it[0] > 0}


def _span(value: str | None) -> int:
    number = int(value) if value and value.isascii() and value.isdigit() and len(value) < 5 else 1
    return min(max(number, 1), _MOST_COLUMNS)
