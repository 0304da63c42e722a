# SPDX-License-Identifier: Apache-2.0
"""`minyi wechat import`: everything in the file, once, or nothing of it."""

import io
import struct
from contextlib import suppress
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from minyi.core.actors import SYSTEM, Actor
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.wechat.backoffice import Damaged, read_grids, read_table
from minyi.wechat.errors import FileDamaged
from minyi.wechat.models import (
    FIGURES,
    ArticleFigures,
    BackofficeLine,
    BackofficeTable,
    FollowerDay,
    KeywordCount,
    MenuClicks,
    MessageDay,
    ReadDay,
)
from minyi.wechat.queries.imports import compare_with_file
from minyi.wechat.services.imports import import_file, read_file

from .backoffice_files import (
    ARTICLES,
    KEYWORDS,
    MENU,
    MESSAGES,
    PERIOD,
    READS,
    USERS,
    WITH_TITLE,
    as_csv,
    as_html,
)
from .given import given_official_account

NOW = datetime(2026, 9, 4, 1, 0, tzinfo=UTC)


def taken_in(account, content, name="file.csv", actor=SYSTEM):
    (one,) = import_file(account=account, filename=name, content=content, actor=actor, now=NOW)
    return one


@pytest.mark.django_db
@pytest.mark.parametrize("kind", sorted(WITH_TITLE))
def test_the_page_and_the_csv_of_a_report_say_the_same(kind):
    title, rows = WITH_TITLE[kind]
    account = given_official_account()
    page = taken_in(account, as_html(rows, title=title), "report.xls")
    twin = taken_in(account, as_csv(rows, title=title, wide=10), "report.CSV")

    assert (page.new, twin.new, twin.changed) == (len(rows) - 1, 0, 0)
    assert page.table.kind == twin.table.kind == kind
    assert FIGURES[kind].objects.count() == len(rows) - 1
    assert page.table.first_day == date(2026, 9, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["gbk", "utf-8", "utf-8-sig"])
def test_every_figure_stands_in_its_row(encoding):
    account = given_official_account()
    for rows, title in (
        (USERS, ""),
        (READS, ""),
        (ARTICLES, ""),
        (MESSAGES, f"消息发送{PERIOD}"),
        (MENU, f"菜单分析{PERIOD}"),
        (KEYWORDS, f"全部关键词{PERIOD}"),
    ):
        taken_in(account, as_csv(rows, title=title, encoding=encoding))

    second = FollowerDay.objects.get(day=date(2026, 9, 2))
    assert (second.new, second.cancelled, second.net, second.total) == (4, 6, -2, 1007)
    assert (second.table.filename, second.line, second.origin) == ("file.csv", 3, "import")
    moments = ReadDay.objects.get(channel="朋友圈")
    assert (moments.reads, moments.read_users, moments.favourites) == (7, 6, 0)
    article = ArticleFigures.objects.get(key="2247480001_2")
    assert article.title == "示例通知 | 停水, 请注意“储水”"
    assert article.delivered_rate == Decimal("0.0190")
    assert article.reads_per_share == Decimal("12.1613")
    silent = MessageDay.objects.get(day=date(2026, 9, 2))
    assert (silent.users, silent.messages, silent.per_user) == (None, None, None)
    assert MenuClicks.objects.get(level1="你呼我应").level2 == ""
    assert KeywordCount.objects.get(word="24").times == 8


@pytest.mark.django_db
def test_the_same_file_again_changes_nothing():
    account = given_official_account()
    content = as_csv(USERS)
    first = taken_in(account, content)
    again = taken_in(account, content, "another name.csv")

    assert (first.new, first.is_repeated) == (3, False)
    assert (again.new, again.changed, again.is_repeated) == (0, 0, True)
    assert again.table == first.table
    assert AuditEntry.objects.filter(act="wechat.backoffice.imported").count() == 1


@pytest.mark.django_db
def test_a_later_export_brings_figures_up_to_date_and_keeps_what_it_does_not_name():
    account = given_official_account()
    wider = [(*row, extra) for row, extra in zip(ARTICLES, ("栏目", "通知", "提醒"), strict=True)]
    taken_in(account, as_csv(wider))
    grown = [list(row) for row in ARTICLES]
    grown[1][2] = "900"
    later = taken_in(account, as_csv(grown), "later.csv")

    assert (later.new, later.changed) == (0, 1)
    article = ArticleFigures.objects.get(key="2247480001_1")
    assert (article.read_users, article.extra) == (900, {"栏目": "通知"})
    assert article.table.filename == "later.csv"
    assert BackofficeLine.objects.filter(table__filename="file.csv").count() == 3


@pytest.mark.django_db
def test_a_table_we_do_not_know_is_kept_cell_by_cell():
    account = given_official_account()
    rows = (("推文", "阅读量", "curve"), ("1", "294", "78.10839532"), ("2", "", "28.4"))
    one = taken_in(account, as_csv(rows, encoding="utf-8"))

    assert (one.table.kind, one.table.rows, one.new) == ("other", 2, 0)
    kept = BackofficeLine.objects.filter(table=one.table).values_list("cells", flat=True)
    assert [tuple(cells) for cells in kept] == list(rows)


@pytest.mark.django_db
def test_the_comparison_with_the_file_sees_a_changed_figure():
    account = given_official_account()
    content = as_csv(USERS)
    table = taken_in(account, content).table
    ((grid, read),) = read_file(filename="file.csv", content=content)
    assert compare_with_file(table, grid, read).differences == ()

    FollowerDay.objects.filter(day=date(2026, 9, 1)).update(new=13)
    assert compare_with_file(table, grid, read).differences == ("file.csv:2 新关注人数: 12",)


def spoiled(rows, line, column, cell):
    """The CSV with one cell changed; line and column as in a spreadsheet, from 1."""
    copy = [list(row) for row in rows]
    copy[line - 1][column - 1] = cell
    return as_csv(copy)


DAMAGED = {
    "a word for a number": (spoiled(USERS, 3, 2, "abc"), 3, "新关注人数"),
    "a broken number": (spoiled(USERS, 3, 2, "1.5"), 3, "新关注人数"),
    "a negative count": (spoiled(USERS, 3, 5, "-7"), 3, "累积关注人数"),
    "full-width digits": (spoiled(USERS, 3, 2, "１２"), 3, "新关注人数"),
    "a day that does not exist": (spoiled(USERS, 4, 1, "2026/2/30"), 4, "时间"),
    "no address": (spoiled(ARTICLES, 2, 16, "javascript:alert(1)"), 2, "内容url"),
    "a missing column": (as_csv([row[:2] + row[3:] for row in USERS]), 1, "取消关注人数"),
    "a column twice": (as_csv([(*row, row[1]) for row in USERS]), 1, "新关注人数"),
    "a cell too few": (as_csv(USERS[:3]) + b"2026/9/3,0,0\r\n", 4, ""),
    "a cell too many": (as_csv(USERS[:3]) + b"2026/9/3,0,0,0,1,9\r\n", 4, ""),
    "cut in the last cell": (as_csv(USERS)[:-3], 4, ""),
    "cut in a character": (as_csv(READS)[:-3], 4, ""),
    "a quotation without end": (as_csv(USERS[:3]) + b'"2026/9/3,0\r\n', 4, ""),
    "no heading": (as_csv(USERS[1:]), 1, ""),
    "the same day twice": (as_csv([*USERS, ("2026/9/3", "9", "0", "9", "1")]), 5, ""),
    "no period": (as_csv(KEYWORDS), 1, ""),
    "half of the period": (as_csv(MESSAGES[:3], title=f"消息发送{PERIOD}"), 5, ""),
    "UTF-16": (as_csv(USERS).decode("gbk").encode("utf-16"), 1, ""),
    "Big5": ("時間,新關注人數,取消關注人數\r\n2026/9/1,1,0\r\n".encode("big5"), 1, ""),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), 3, ""),
    "a page cut short": (as_html(USERS, title=f"用户增长{PERIOD}")[:-120], 5, ""),
    "a page with a word": (as_html(USERS, title="x").replace(b"1009", b"many"), 4, "累积关注人数"),
    "a page in bad UTF-8": (as_html(USERS, title="x").replace(b"1007", b"\xff", 1), 5, ""),
    "an archive": (b"PK\x03\x04" + bytes(500), None, ""),
    "nothing": (b"  \r\n", None, ""),
    "a broken workbook": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), None, ""),
    "50 MB": (b"1,2\r\n" * 10_000_000, None, ""),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(DAMAGED))
def test_a_damaged_file_says_where_and_leaves_nothing(name):
    content, line, column = DAMAGED[name]
    account = given_official_account()
    with pytest.raises(FileDamaged) as told:
        taken_in(account, content, "坏文件.csv")

    assert (told.value.line, told.value.column) == (line, column)
    assert "坏文件.csv" in told.value.detail
    assert line is None or f"第 {line} 行" in told.value.detail
    assert not BackofficeTable.objects.exists()
    assert not any(model.objects.exists() for model in FIGURES.values())


def test_a_real_workbook_is_read_like_its_csv():
    (grid,) = read_grids(workbook(USERS))
    table = read_table(grid)
    (twin,) = read_grids(as_csv(USERS))
    assert [row.values for row in table.rows] == [row.values for row in read_table(twin).rows]
    assert grid.form == "workbook"


def test_a_workbook_cut_anywhere_is_refused():
    whole = workbook(USERS)
    for end in range(9, len(whole) - 512, 97):
        with pytest.raises(Damaged):
            [read_table(grid) for grid in read_grids(whole[:end])]


def test_a_workbook_whose_table_of_sectors_bites_its_tail_costs_nothing():
    """200 kB whose sector list points at itself once grew to 3 GB."""
    sector = 512
    head = bytearray(sector)
    head[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HH", head, 30, 9, 6)
    struct.pack_into("<I", head, 56, 4096)
    struct.pack_into("<II", head, 68, 0, 1)
    head[76:] = struct.pack("<I", 1) * 109
    own_tail = struct.pack("<I", 1) * 127 + struct.pack("<I", 0)
    with pytest.raises(Damaged):
        list(read_grids(bytes(head) + own_tail + b"\0" * 200_000))


def test_a_page_of_endless_cells_is_refused_before_it_fills_the_memory():
    row = b"<tr>" + b"<td colspan=256>" * 250 + b"</tr>"
    with pytest.raises(Damaged, match="太大"):
        list(read_grids(b"<html><table>" + row * 60 + b"</table></html>"))


@given(
    st.binary(max_size=400),
    st.sampled_from([b"", b"<html><table>", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"]),
)
def test_junk_is_refused_and_never_breaks_the_reader(junk, beginning):
    with pytest.raises(Damaged):
        [read_table(grid) for grid in read_grids(b"\x00" + beginning + junk)]
    with suppress(Damaged):  # some junk is a table: any other error would break the page
        [read_table(grid) for grid in read_grids(beginning + junk)]


@pytest.mark.django_db
def test_who_may_not_write_articles_imports_nothing():
    account = given_official_account()
    stranger = Actor(kind="staff", id="7", agency_ids=frozenset({account.agency_id}))
    with pytest.raises(NotAllowed):
        taken_in(account, as_csv(USERS), actor=stranger)


@pytest.mark.django_db
def test_the_command_imports_what_is_sound_and_names_what_is_not(tmp_path):
    given_official_account()
    sound, broken = tmp_path / "users.CSV", tmp_path / "broken.CSV"
    sound.write_bytes(as_csv(USERS))
    broken.write_bytes(spoiled(USERS, 3, 2, "abc"))
    out, err = io.StringIO(), io.StringIO()
    with pytest.raises(CommandError):
        call_command(
            "wechat", "import", "--verify", str(broken), str(sound), stdout=out, stderr=err
        )
    assert "broken.CSV 第 3 行“新关注人数”列" in err.getvalue()
    assert "新增 3 new" in out.getvalue()
    assert "identical: 20 格" in out.getvalue()

    out = io.StringIO()
    call_command("wechat", "import", str(sound), stdout=out)
    assert "新增 0 new" in out.getvalue()


@pytest.mark.django_db
def test_the_command_asks_which_account_when_there_are_two(tmp_path):
    given_official_account()
    given_official_account(slug="other", appid="wx2", original_id="gh_2")
    file = tmp_path / "users.CSV"
    file.write_bytes(as_csv(USERS))
    with pytest.raises(CommandError, match="other, sandbox"):
        call_command("wechat", "import", str(file))


def workbook(rows) -> bytes:
    """The smallest .xls Excel would open: one stream of BIFF8 records in a compound file."""
    texts = [cell for row in rows for cell in row]
    shared = struct.pack("<II", len(texts), len(texts)) + b"".join(
        struct.pack("<HB", len(text), 1) + text.encode("utf-16-le") for text in texts
    )
    cells, number = [], 0
    for line, row in enumerate(rows):
        for column, _cell in enumerate(row):
            cells.append(record(0xFD, struct.pack("<HHHI", line, column, 0, number)))
            number += 1
    bof = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0))
    name = b"\x05\x00Users"
    # A record holds at most 8,224 bytes; these few texts need no continuation.
    parts = record(0xFC, shared) + record(0x0A, b"")
    at = len(bof) + 4 + 6 + len(name) + len(parts)
    globals_ = bof + record(0x85, struct.pack("<IBB", at, 0, 0) + name) + parts
    stream = globals_ + bof + b"".join(cells) + record(0x0A, b"")
    return compound(stream + bytes(max(0, 4096 - len(stream))))


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def compound(stream: bytes) -> bytes:
    """[MS-CFB] with 512-byte sectors: 0 the sector table, 1 the directory, then the stream."""
    stream += bytes(-len(stream) % 512)
    many = len(stream) // 512
    chain = [0xFFFFFFFD, 0xFFFFFFFE, *range(3, many + 2), 0xFFFFFFFE]
    table = struct.pack("<128I", *chain, *[0xFFFFFFFF] * (128 - len(chain)))
    directory = entry("Root Entry", 5, 0xFFFFFFFE, 0) + entry("Workbook", 2, 2, len(stream))
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16)
    head += struct.pack("<HHHHH6x", 0x3E, 3, 0xFFFE, 9, 6)
    head += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    head += struct.pack("<108I", *[0xFFFFFFFF] * 108)
    return head + table + directory + bytes(512 - len(directory)) + stream


def entry(name: str, kind: int, first: int, size: int) -> bytes:
    raw = (name + "\0").encode("utf-16-le")
    return (
        raw.ljust(64, b"\0")
        + struct.pack("<HBBIII", len(raw), kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
        + bytes(36)
        + struct.pack("<III", first, size, 0)
    )
