# SPDX-License-Identifier: Apache-2.0
"""Documents: fonts that are always there, text that stays text, the same bytes each time."""

import io
import re
import shutil
from datetime import UTC, datetime

import docx
import pytest
from pylopdf_fonts_zh_cn import sans_path
from pypdf import PdfReader

from minyi.ui.typeset import fonts
from minyi.ui.typeset.blocks import (
    Chart,
    Document,
    Heading,
    Note,
    Paragraph,
    Table,
    is_figure,
)
from minyi.ui.typeset.docx import write_docx
from minyi.ui.typeset.gongwen import write_pdf
from minyi.ui.typeset.text import printable

pytestmark = pytest.mark.once

MOMENT = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
DIGEST = "0123456789abcdef" * 4


def given_document(**changes: object) -> Document:
    content = {
        "title": "关于一次活动的报告",
        "subtitle": "（初稿）",
        "author": "青禾市示例局",
        "blocks": [
            Heading("一、概况"),
            Paragraph(f"正文，含摘要 {DIGEST} 一处。"),
            Chart("columns", "按日", ["1日", "2日"], [0, 3], "数", "件"),
            Chart("bars", "按类", ["甲", "乙"], [5, 0], "数"),
            Table("按日", ["日", "数"], [["1日", 0], ["2日", 3]], [2, 1]),
            Note("说明。"),
        ],
        "closing": ["青禾市示例局", "2026年11月22日"],
    }
    return Document(**{**content, **changes})


@pytest.fixture
def fresh_fonts():
    """Fonts are read once; a test that changes them reads them anew, and so does the next."""
    yield
    fonts.load_fonts.cache_clear()
    fonts._covered.cache_clear()


def test_the_fonts_have_chinese_and_name_what_they_lack():
    assert fonts.missing_characters("青禾市民“张䶮”，2026年。\nÄ ①") == ""
    assert fonts.missing_characters("𠮷祥𠮷") == "𠮷"


def test_an_office_adds_its_own_fonts(settings, tmp_path, monkeypatch, fresh_fonts):
    monkeypatch.setattr(fonts, "_folders", lambda: [tmp_path])
    fonts._covered.cache_clear()
    assert fonts.missing_characters("青") == "青"
    shutil.copy(sans_path(), tmp_path)
    fonts._covered.cache_clear()
    assert fonts.missing_characters("青") == ""


def test_no_font_of_the_machine_is_used(fresh_fonts):
    fonts.load_fonts.cache_clear()
    assert set(fonts.load_fonts().families()) == {fonts.SERIF, fonts.SANS}


def test_pdf_and_docx_hold_the_same_words_and_the_same_bytes_each_time():
    document = given_document()
    pdf, file = write_pdf(document, made_at=MOMENT), write_docx(document, made_at=MOMENT)
    assert pdf == write_pdf(document, made_at=MOMENT)
    assert file == write_docx(document, made_at=MOMENT)
    reader = PdfReader(io.BytesIO(pdf))
    text = re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in reader.pages))
    word = docx.Document(io.BytesIO(file))
    for paragraph in word.paragraphs:
        assert re.sub(r"\s", "", paragraph.text) in text
    assert [[cell.text for cell in row.cells] for row in word.tables[0].rows] == [
        ["日", "数"],
        ["1日", "0"],
        ["2日", "3"],
    ]
    assert reader.metadata.title == document.title
    assert word.core_properties.title == document.title


def test_a_hash_stays_within_the_margins():
    page = PdfReader(io.BytesIO(write_pdf(given_document(), made_at=MOMENT))).pages[0]
    right = 0.0

    def look(text, _cm, matrix, _font, size):
        nonlocal right
        if text.strip():
            right = max(right, matrix[4])

    page.extract_text(visitor_text=look)
    assert 0 < right < (210 - 26) / 25.4 * 72


def test_an_empty_document_is_one_too():
    empty = given_document(subtitle="", blocks=[], closing=[])
    assert len(PdfReader(io.BytesIO(write_pdf(empty, made_at=MOMENT))).pages) == 1
    assert write_docx(empty, made_at=MOMENT).startswith(b"PK")


def test_charts_of_nothing_and_of_a_year_are_drawn():
    charts = [
        Chart("columns", "无", [], [], "数"),
        Chart("columns", "一年", [str(n) for n in range(366)], list(range(366)), "数"),
        Chart("bars", "全零", ["甲", "乙"], [0, 0], "数"),
    ]
    document = given_document(blocks=charts)
    assert write_pdf(document, made_at=MOMENT).startswith(b"%PDF")
    assert write_docx(document, made_at=MOMENT).startswith(b"PK")


def test_what_no_document_may_hold_is_left_out():
    assert printable("甲\x00\x0b\u202e乙\ud800丙\ufffe\t\n") == "甲乙丙\t\n"


@pytest.mark.parametrize("cell", [3, 2.5, "3.2%", "1,286", "-4"])
def test_figures_stand_at_the_right(cell):
    assert is_figure(cell)


@pytest.mark.parametrize("cell", ["2026-11-22", "—", "", "3 号", "1.2.甲"])
def test_dates_and_words_do_not(cell):
    assert not is_figure(cell)
