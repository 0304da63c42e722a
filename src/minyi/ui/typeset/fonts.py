# SPDX-License-Identifier: Apache-2.0
"""The fonts that documents are printed in, and which characters they have.

Noto Serif SC and Noto Sans SC (SIL Open Font License 1.1) come with `pylopdf-fonts-zh-cn`. What a
character lacks there is taken from the fonts an office puts into MINYI_FONTS_DIR.
"""

import struct
from functools import cache
from pathlib import Path

import typst
from django.conf import settings
from pylopdf_fonts_zh_cn import serif_path

from .text import printable

SERIF = "Noto Serif SC"
SANS = "Noto Sans SC"
_ENDINGS = {".ttf", ".otf"}


@cache
def load_fonts() -> typst.Fonts:
    """Return our fonts and the office's own, and never what the machine happens to have."""
    return typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[str(folder) for folder in _folders()],
    )


def missing_characters(text: str) -> str:
    """Return the characters of the text that no font has, each once: they would print as boxes."""
    covered = _covered()
    return "".join(
        dict.fromkeys(
            char for char in printable(text) if not char.isspace() and ord(char) not in covered
        )
    )


def _folders() -> list[Path]:
    folders = [serif_path().parent]
    if settings.FONTS_DIR:
        folders.append(Path(settings.FONTS_DIR))
    return folders


@cache
def _covered() -> frozenset[int]:
    files = [file for folder in _folders() for file in sorted(folder.iterdir())]
    return frozenset().union(*(_read_cmap(f.read_bytes()) for f in files if f.suffix in _ENDINGS))


def _read_cmap(font: bytes) -> set[int]:
    """Return the code points of a font: its cmap in format 12, or else 4 (OpenType 1.9, cmap)."""
    tables = struct.unpack_from(">H", font, 4)[0]
    for number in range(tables):
        tag, _sum, start, _length = struct.unpack_from(">4sLLL", font, 12 + 16 * number)
        if tag == b"cmap":
            break
    else:
        return set()
    count = struct.unpack_from(">H", font, start + 2)[0]
    found: dict[int, int] = {}
    for number in range(count):
        offset = struct.unpack_from(">HHL", font, start + 4 + 8 * number)[2]
        found[struct.unpack_from(">H", font, start + offset)[0]] = start + offset
    if 12 in found:
        return _read_format_12(font, found[12])
    return _read_format_4(font, found[4]) if 4 in found else set()


def _read_format_12(font: bytes, at: int) -> set[int]:
    groups = struct.unpack_from(">L", font, at + 12)[0]
    points: set[int] = set()
    for number in range(groups):
        first, last, _glyph = struct.unpack_from(">LLL", font, at + 16 + 12 * number)
        points.update(range(first, last + 1))
    return points


def _read_format_4(font: bytes, at: int) -> set[int]:
    segments = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{segments}H", font, at + 14)
    starts = struct.unpack_from(f">{segments}H", font, at + 16 + 2 * segments)
    points: set[int] = set()
    for first, last in zip(starts, ends, strict=True):
        points.update(range(first, last + 1))
    return points - {0xFFFF}
