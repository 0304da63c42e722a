# SPDX-License-Identifier: Apache-2.0
"""Why a file cannot be imported, and where in it: as facts; the words come with them."""

from minyi.core.errors import Words

MOST_CELLS = 2_000_000  # of one file: the largest real report has some thousands


class Damaged(Exception):
    """A file that cannot be read without guessing; `line` counts as a spreadsheet does, from 1."""

    def __init__(self, why: Words, *, line: int | None = None, column: str = "") -> None:
        super().__init__(str(why))
        self.why = why
        self.line = line
        self.column = column
