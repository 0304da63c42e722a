# SPDX-License-Identifier: Apache-2.0
"""The cells of a real .xls: BIFF8 ([MS-XLS]) inside a compound file ([MS-CFB]).

Only what a report holds: texts, numbers, results of formulas. Dates come as the number they are.
"""

import struct
from collections.abc import Iterator

from django.utils.translation import gettext as _

from .trouble import MOST_CELLS, Damaged

Lines = tuple[tuple[str, ...], ...]
_END, _FREE = 0xFFFFFFFE, 0xFFFFFFFF
_BOF, _EOF, _BOUNDSHEET, _SST, _CONTINUE = 0x809, 0x0A, 0x85, 0xFC, 0x3C
_LABELSST, _LABEL, _NUMBER, _RK, _MULRK = 0xFD, 0x204, 0x203, 0x27E, 0xBD
_FORMULA, _STRING, _FILEPASS, _BOOLERR = 0x06, 0x207, 0x2F, 0x205
_BIFF8 = 0x600
_WORKSHEET = 0

Record = tuple[int, list[bytes]]  # kind; its body and the bodies that continue it


def read_workbook(content: bytes) -> list[tuple[str, Lines]]:
    """Return name and lines of each worksheet that holds anything; raises Damaged."""
    try:
        return _sheets(_workbook_stream(content))
    except (struct.error, IndexError, UnicodeDecodeError):
        raise Damaged(_("这个 .xls 工作簿已经损坏，或者没有传完。")) from None


def _workbook_stream(content: bytes) -> bytes:
    """Follow the sector chains of the compound file to the stream «Workbook»."""
    sector = 1 << struct.unpack_from("<H", content, 30)[0]
    mini = 1 << struct.unpack_from("<H", content, 32)[0]
    if sector not in (512, 4096) or mini != 64:
        raise Damaged(_("这个 .xls 工作簿已经损坏，或者没有传完。"))
    directory_at, cutoff, mini_at = (
        struct.unpack_from("<I", content, place)[0] for place in (48, 56, 60)
    )
    table = _sector_table(content, sector)

    def chain(first: int) -> bytes:
        return b"".join(
            _whole(content[(one + 1) * sector : (one + 2) * sector], sector)
            for one in _follow(table, first)
        )

    directory = chain(directory_at)
    entries = [directory[at : at + 128] for at in range(0, len(directory) - 127, 128)]
    by_name = {_entry_name(entry): entry for entry in entries if entry[66] in (2, 5)}
    book = by_name.get("workbook")
    if book is None:
        raise Damaged(_("这个文件不是 Excel 97–2003 工作簿。"))
    first, size = struct.unpack_from("<II", book, 116)
    if size >= cutoff:
        return _whole(chain(first)[:size], size)
    root = next(entry for entry in entries if entry[66] == 5)
    small = chain(struct.unpack_from("<I", root, 116)[0])
    mini_table = [number for (number,) in struct.iter_unpack("<I", chain(mini_at))]
    parts = [small[one * mini : (one + 1) * mini] for one in _follow(mini_table, first)]
    return _whole(b"".join(parts)[:size], size)


def _whole(part: bytes, size: int) -> bytes:
    """Return it unless the file ended too early: only the last sector may be cut short."""
    if len(part) < size:
        raise IndexError
    return part


def _sector_table(content: bytes, sector: int) -> list[int]:
    blocks = [one for one in struct.unpack_from("<109I", content, 76) if one != _FREE]
    more = struct.unpack_from("<I", content, 68)[0]
    seen: set[int] = set()
    while more < _END:
        if more in seen:
            raise IndexError  # a chain that bites its tail
        seen.add(more)
        *further, more = struct.unpack_from(f"<{sector // 4}I", content, (more + 1) * sector)
        blocks += [one for one in further if one != _FREE]
    if len(blocks) > len(content) // sector or len(set(blocks)) < len(blocks):
        raise IndexError  # one part of the table named twice: 200 kB would become 3 GB
    table: list[int] = []
    for block in blocks:
        table += struct.unpack_from(f"<{sector // 4}I", content, (block + 1) * sector)
    return table


def _follow(table: list[int], first: int) -> Iterator[int]:
    one = first
    for _step in range(len(table) + 1):
        if one >= _END:
            return
        yield one
        one = table[one]
    raise IndexError  # a chain that bites its tail


def _entry_name(entry: bytes) -> str:
    length = struct.unpack_from("<H", entry, 64)[0]
    return entry[: max(length - 2, 0)].decode("utf-16-le").lower()


def _sheets(stream: bytes) -> list[tuple[str, Lines]]:
    names: list[tuple[int, str]] = []
    words: list[str] = []
    if struct.unpack_from("<H", stream, 4)[0] != _BIFF8:
        raise Damaged(_("这个 .xls 是 Excel 97 以前的格式，请另存为 CSV。"))
    for kind, bodies in _records(stream, 0):
        if kind == _FILEPASS:
            raise Damaged(_("这个工作簿设有密码，请去掉密码后再导入。"))
        if kind == _BOUNDSHEET and bodies[0][5] == _WORKSHEET:
            at = struct.unpack_from("<I", bodies[0])[0]
            names.append((at, _short_text(bodies[0][6:])))
        elif kind == _SST:
            words = _shared_texts(bodies)
    found = [(name, _sheet_lines(stream, at, words)) for at, name in names]
    full = [(name, lines) for name, lines in found if lines]
    if not full:
        raise Damaged(_("工作簿里没有数据。"))
    return full if len(full) > 1 else [("", full[0][1])]


def _records(stream: bytes, at: int) -> Iterator[Record]:
    """Yield the records of one part, those that continue it joined to each."""
    waiting: Record | None = None
    while True:
        kind, size = struct.unpack_from("<HH", stream, at)
        body = _whole(stream[at + 4 : at + 4 + size], size)
        at += 4 + size
        if kind == _CONTINUE and waiting is not None:
            waiting[1].append(body)
            continue
        if waiting is not None:
            yield waiting
        if kind == _EOF:
            return
        waiting = (kind, [body])


def _sheet_lines(stream: bytes, at: int, words: list[str]) -> Lines:
    cells: dict[tuple[int, int], str] = {}
    formula: tuple[int, int] | None = None
    for kind, bodies in _records(stream, at):
        body = bodies[0]
        if kind == _STRING and formula is not None:
            cells[formula] = _long_text(body)
        elif kind == _MULRK:
            row, first = struct.unpack_from("<HH", body)
            for step in range((len(body) - 6) // 6):
                cells[row, first + step] = _rk(struct.unpack_from("<I", body, 6 + 6 * step)[0])
        elif kind in (_LABELSST, _LABEL, _NUMBER, _RK, _FORMULA, _BOOLERR):
            place: tuple[int, int] = struct.unpack_from("<HH", body)
            formula = place if kind == _FORMULA and body[12:14] == b"\xff\xff" else None
            if formula is None:
                cells[place] = _cell(kind, body[6:], words)
    if not cells:
        return ()
    last_row, last_column = max(row for row, _c in cells), max(column for _r, column in cells)
    if (last_row + 1) * (last_column + 1) > MOST_CELLS:
        raise Damaged(_("工作表太大，不像是后台导出的报表。"))
    return tuple(
        tuple(cells.get((row, column), "") for column in range(last_column + 1))
        for row in range(last_row + 1)
    )


def _cell(kind: int, rest: bytes, words: list[str]) -> str:
    if kind == _LABELSST:
        number: int = struct.unpack_from("<I", rest)[0]
        return words[number]
    if kind == _LABEL:
        return _long_text(rest)
    if kind == _RK:
        return _rk(struct.unpack_from("<I", rest)[0])
    if kind == _BOOLERR:
        return "#N/A" if rest[1] else str(bool(rest[0])).upper()
    return _plain(struct.unpack_from("<d", rest)[0])


def _rk(packed: int) -> str:
    """Unpack a 30-bit number ([MS-XLS] §2.5.122): bit 0 = a hundredth, bit 1 = an integer."""
    if packed & 2:
        number = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        number = struct.unpack("<d", b"\0\0\0\0" + struct.pack("<I", packed & ~3))[0]
    return _plain(number / 100 if packed & 1 else number)


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)


def _short_text(body: bytes) -> str:
    length, flags = body[0], body[1]
    return body[2 : 2 + length * (2 if flags & 1 else 1)].decode(_charset(flags))


def _long_text(body: bytes) -> str:
    length, flags = struct.unpack_from("<HB", body)
    return _whole(
        body[3 : 3 + length * (2 if flags & 1 else 1)], length * (2 if flags & 1 else 1)
    ).decode(_charset(flags))


def _charset(flags: int) -> str:
    return "utf-16-le" if flags & 1 else "latin-1"


def _shared_texts(bodies: list[bytes]) -> list[str]:
    """Read the table of texts. A text cut by CONTINUE begins there with a fresh flag byte."""
    many = struct.unpack_from("<I", bodies[0], 4)[0]
    part, at = 0, 8
    texts: list[str] = []
    for _each in range(many):
        if at >= len(bodies[part]):
            part, at = part + 1, 0
        length, flags = struct.unpack_from("<HB", bodies[part], at)
        at += 3
        runs = phonetic = 0
        if flags & 8:
            runs, at = struct.unpack_from("<H", bodies[part], at)[0], at + 2
        if flags & 4:
            phonetic, at = struct.unpack_from("<I", bodies[part], at)[0], at + 4
        pieces: list[str] = []
        while length:
            width = 2 if flags & 1 else 1
            took = min(length, (len(bodies[part]) - at) // width)
            pieces.append(bodies[part][at : at + took * width].decode(_charset(flags)))
            at, length = at + took * width, length - took
            if length:
                part, flags, at = part + 1, bodies[part + 1][0], 1
        texts.append("".join(pieces))
        skipped = 4 * runs + phonetic
        while skipped > len(bodies[part]) - at:
            skipped -= len(bodies[part]) - at
            part, at = part + 1, 0
        at += skipped
    return texts
