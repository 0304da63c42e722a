# SPDX-License-Identifier: Apache-2.0
"""A document as its content, whatever it is written as."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Cell = str | int | float
_FIGURE = re.compile(r"[+−-]?[0-9][0-9.,]*%?")


@dataclass(frozen=True, slots=True)
class Heading:
    """Level 1 「一、」, 2 「（一）」; the number stands in the text."""

    text: str
    level: Literal[1, 2] = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text, first line indented by two characters."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """Small print: where a figure comes from, what is not known."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its caption; numbers stand right. `widths` are shares of the line."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """One series over categories, as columns (along time) or bars (one below the other).

    A table with the same figures must stand beside it.
    """

    kind: Literal["columns", "bars"]
    caption: str
    categories: Sequence[str]
    values: Sequence[int | float]
    series: str
    unit: str = ""


Block = Heading | Paragraph | Note | Table | Chart


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document. `closing` are the lines at its right-hand end: who, and when."""

    title: str
    subtitle: str
    author: str
    blocks: Sequence[Block]
    closing: Sequence[str] = ()


def is_figure(cell: Cell) -> bool:
    """Tell whether a cell holds a figure, which stands at the right."""
    return not isinstance(cell, str) or _FIGURE.fullmatch(cell) is not None
