# SPDX-License-Identifier: Apache-2.0
"""Tables as an XLSX workbook."""

import io
from collections.abc import Sequence
from decimal import Decimal

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

Cell = str | int | Decimal
Sheet = tuple[str, Sequence[str], Sequence[Sequence[Cell]]]  # name, head, rows

_HEAD = PatternFill("solid", fgColor="E3EEF0")


def write_workbook(sheets: Sequence[Sheet]) -> bytes:
    """Return a workbook with these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for name, head, rows in sheets:
        _fill_sheet(book.create_sheet(name), head, rows)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _fill_sheet(sheet: Worksheet, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    for row_number, row in enumerate([head, *rows], start=1):
        for column_number, value in enumerate(row, start=1):
            cell = sheet.cell(row_number, column_number)
            if isinstance(value, str):
                cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)
                cell.data_type = "s"  # never a formula
                cell.alignment = Alignment(wrap_text=True, vertical="top")
            else:
                cell.value = value
                cell.number_format = "0.000" if isinstance(value, Decimal) else "0"
            if row_number == 1:
                cell.font, cell.fill = Font(bold=True), _HEAD
    for column_number in range(1, len(head) + 1):
        letter = get_column_letter(column_number)
        longest = max((len(str(row[column_number - 1])) for row in [head, *rows]), default=0)
        sheet.column_dimensions[letter].width = min(48, max(10, longest * 2))
    sheet.freeze_panes = "A2"
