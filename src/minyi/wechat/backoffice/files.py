# SPDX-License-Identifier: Apache-2.0
"""From a file's bytes to its tables, cell by cell. What it is, its content says, not its name.

The back office calls three things «.xls»: a page of HTML, a real workbook (BIFF8), and what an
office saved from either. The CSV beside them is GBK.
"""

import csv
import io
import re
from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext as _

from .biff import read_workbook
from .html import read_html
from .trouble import Damaged

Form = Literal["csv", "html", "workbook"]
LARGEST = 10 * 1024 * 1024  # bytes; a year of daily figures is below 1 MB
_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_HTML = re.compile(rb"<(html|table|!doctype)\b", re.IGNORECASE)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?([\w-]+)", re.IGNORECASE)
_CHINESE = {"gb2312", "gbk", "gb18030"}
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ue000-\uf8ff]")
_SNIFFED = 4096


@dataclass(frozen=True, slots=True)
class Grid:
    """One table of a file: every line with every cell, as text. `lines[0]` is line 1."""

    form: Form
    sheet: str
    lines: tuple[tuple[str, ...], ...]

    @property
    def cells(self) -> int:
        return sum(len(line) for line in self.lines)


def read_grids(content: bytes) -> list[Grid]:
    """Return every table of the file; raises Damaged."""
    _check_kind(content)
    if content.startswith(_OLE2):
        return [Grid("workbook", name, lines) for name, lines in read_workbook(content)]
    if _HTML.search(content[:_SNIFFED]):
        text = _decode(content, _declared(content), newline=b"<tr")
        tables = read_html(text)
        return [
            Grid("html", "" if len(tables) == 1 else str(number), lines)
            for number, lines in enumerate(tables, start=1)
        ]
    return [Grid("csv", "", _read_csv(_decode_csv(content)))]


def _check_kind(content: bytes) -> None:
    if not content.strip():
        raise Damaged(_("文件是空的。"))
    if len(content) > LARGEST:
        size, most = len(content) // 2**20, LARGEST // 2**20
        raise Damaged(
            _("文件有 %(size)d MB，超过上限 %(most)d MB，不像是后台导出的报表。")
            % {"size": size, "most": most}
        )
    if content.startswith(_ZIP):
        raise Damaged(_("这是压缩包或者 .xlsx 文件，请先解压，或者在表格软件中另存为 CSV。"))
    if content.startswith(_UTF16):
        raise Damaged(_("文件编码是 UTF-16，请另存为 CSV（UTF-8 或 GBK）。"), line=1)
    if not content.startswith(_OLE2) and b"\x00" in content:
        line = content.count(b"\n", 0, content.index(b"\x00")) + 1
        raise Damaged(_("不是文本，也不是认识的表格格式。"), line=line)


def _declared(content: bytes) -> str:
    found = _CHARSET.search(content[:_SNIFFED])
    name = found[1].decode("ascii", "replace").lower() if found else "utf-8"
    return "gb18030" if name in _CHINESE else "utf-8"


def _decode_csv(content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return _decode(content, "gb18030", newline=b"\n")


def _decode(content: bytes, encoding: str, *, newline: bytes) -> str:
    try:
        return content.removeprefix(b"\xef\xbb\xbf").decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(newline, 0, error.start) + (1 if newline == b"\n" else 0)
        name = "GBK" if encoding == "gb18030" else "UTF-8"
        raise Damaged(
            _("不是 %(encoding)s 编码的文字，文件可能损坏或者没有传完。") % {"encoding": name},
            line=max(line, 1),
        ) from None


def _read_csv(text: str) -> tuple[tuple[str, ...], ...]:
    _check_text(text)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    lines: list[tuple[str, ...]] = []
    try:
        for record in reader:
            # A cell may hold line breaks: its record keeps the number of its first line.
            lines.append(tuple(record))
            lines.extend(() for _more in range(reader.line_num - len(lines)))
    except csv.Error:
        raise Damaged(_("引号没有配对，或者单元格在文件末尾中断。"), line=len(lines) + 1) from None
    if not text.endswith("\r\n" if "\r\n" in text else ("\n", "\r")):
        raise Damaged(
            _("最后一行没有换行，文件可能没有传完；确认完整的，请在末尾加一个换行再导入。"),
            line=len(lines),
        )
    return tuple(lines)


def _check_text(text: str) -> None:
    odd = _ODD.search(text)
    if odd:
        line = text.count("\n", 0, odd.start()) + 1
        raise Damaged(_("有不能显示的字符，编码不对或者文件已损坏。"), line=line)
