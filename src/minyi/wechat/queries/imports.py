# SPDX-License-Identifier: Apache-2.0
"""Looking at what was imported: is it, cell by cell, what stands in the file?"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from ..backoffice import OTHER, REPORTS, Field, Grid, Table
from ..backoffice.reports import NO_FIGURE
from ..models import FIGURES, BackofficeTable, Origin


@dataclass(frozen=True, slots=True)
class Comparison:
    """How many cells were compared, and what differs."""

    cells: int
    figures: int
    differences: tuple[str, ...]


def compare_with_file(kept: BackofficeTable, grid: Grid, table: Table) -> Comparison:
    """Compare the kept lines with the file, and the figures with the cells they came from."""
    lines = {line.number: tuple(line.cells) for line in kept.lines.all()}
    differences = [
        f"{kept.filename}:{number}: {lines.get(number)} ≠ {cells}"
        for number, cells in enumerate(grid.lines, start=1)
        if lines.get(number) != cells
    ]
    if len(lines) != len(grid.lines):
        differences.append(f"{kept.filename}: {len(lines)} ≠ {len(grid.lines)}")
    compared = list(_compare_figures(kept, grid, table))
    differences += [told for told in compared if told]
    return Comparison(grid.cells, len(compared), tuple(differences))


def _compare_figures(kept: BackofficeTable, grid: Grid, table: Table) -> Iterator[str]:
    """Yield for each cell with a field of its own what differs, or nothing.

    It reads the cells once more by itself, so that a mistake in reading them shows here.
    """
    if table.report is OTHER:
        return
    fields = {one.column: one for one in REPORTS[kept.kind].fields}
    rows = FIGURES[kept.kind]._default_manager.filter(account=kept.account_id, origin=Origin.IMPORT)
    if table.report.needs_period:
        rows = rows.filter(first_day=kept.first_day, last_day=kept.last_day)
    by_key = {tuple(getattr(one, name) for name in table.report.key): one for one in rows}
    for row in table.rows:
        found = by_key.get(tuple(row.values[name] for name in table.report.key))
        for column, cell in zip(table.columns, grid.lines[row.line - 1], strict=False):
            one = fields.get(column)
            if found is None:
                yield f"{kept.filename}:{row.line}: –"
            elif one is not None:
                same = _says_the_same(cell, getattr(found, one.name), one)
                yield "" if same else f"{kept.filename}:{row.line} {column}: {cell}"
            elif column:
                yield (
                    ""
                    if found.extra.get(column) == cell
                    else f"{kept.filename}:{row.line} {column}"
                )


def _says_the_same(cell: str, value: object, one: Field) -> bool:
    if value is None or value == "":
        return cell.strip() in NO_FIGURE
    if isinstance(value, date):
        digits = [int(part) for part in _day_parts(cell)]
        return digits == [value.year, value.month, value.day]
    if one.kind in ("text", "url"):
        return cell.strip() == value
    try:
        return Decimal(cell) == Decimal(str(value))
    except InvalidOperation:
        return False


def _day_parts(cell: str) -> list[str]:
    for mark in "-/":
        if mark in cell:
            return cell.split(mark)
    return [cell[:4], cell[4:6], cell[6:]]
