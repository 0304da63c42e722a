# SPDX-License-Identifier: Apache-2.0
"""A document as DOCX that an office goes on writing in: styles, native tables, native charts.

Page, type and line pitch follow GB/T 9704. The fonts it names are those of Chinese offices, each
with the one to take where it is not installed.
"""

import io
from datetime import datetime
from typing import cast

import docx as python_docx
from docx.document import Document as DocxDocument
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt, RGBColor
from docx.styles.style import ParagraphStyle
from docx.table import _Cell
from docx.text.paragraph import Paragraph as DocxParagraph

from .blocks import Cell, Chart, Document, Heading, Note, Paragraph, Table, is_figure
from .docx_charts import WIDTH, add_chart
from .packages import pack_again
from .text import printable

TITLE, BODY, FIRST, SECOND = "方正小标宋简体", "仿宋_GB2312", "黑体", "楷体_GB2312"
LATIN = "Times New Roman"
# Where a machine lacks the first, its text processor takes the second.
ALTERNATIVES = {TITLE: "宋体", BODY: "仿宋", FIRST: "SimHei", SECOND: "楷体", "宋体": "SimSun"}
PITCH = Pt(28)
_NAMES = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def write_docx(document: Document, *, made_at: datetime) -> bytes:
    """Return the document as DOCX."""
    docx = python_docx.Document()
    _lay_out(docx)
    _describe(docx, document, made_at)
    _add(docx, "Title", document.title)
    if document.subtitle:
        _add(docx, "Subtitle", document.subtitle)
    charts = 0
    for block in document.blocks:
        match block:
            case Heading():
                _add(docx, f"Heading {block.level}", block.text)
            case Paragraph():
                _add(docx, "Normal", block.text)
            case Note():
                _add(docx, "Note", block.text)
            case Table():
                _add_table(docx, block)
            case Chart():
                charts += 1
                add_chart(docx, block, charts)
                unit = f"（单位：{block.unit}）" if block.unit else ""
                _add(docx, "Caption", f"{block.caption}{unit}")
    for line in document.closing:
        _add(docx, "Closing", line)
    out = io.BytesIO()
    docx.save(out)
    return pack_again(out.getvalue(), keeps_dates=True)


def _lay_out(docx: DocxDocument) -> None:
    section = docx.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.footer_distance = Mm(25)
    _style(docx, "Normal", BODY, 16, indent=True)
    _style(docx, "Title", TITLE, 22, align=WD_ALIGN_PARAGRAPH.CENTER, pitch=Pt(34))
    _style(docx, "Subtitle", SECOND, 16, align=WD_ALIGN_PARAGRAPH.CENTER)
    _style(docx, "Heading 1", FIRST, 16, indent=True)
    _style(docx, "Heading 2", SECOND, 16, indent=True)
    _style(docx, "Note", BODY, 10.5, pitch=Pt(18))
    _style(docx, "Caption", FIRST, 12, align=WD_ALIGN_PARAGRAPH.CENTER, pitch=Pt(22))
    _style(docx, "Cell", BODY, 10.5, pitch=Pt(16))
    _style(docx, "Chart", BODY, 10.5, pitch=None)
    _style(docx, "Closing", BODY, 16, align=WD_ALIGN_PARAGRAPH.RIGHT)
    for name in ("Heading 1", "Heading 2", "Chart"):
        _paragraph_style(docx, name).paragraph_format.keep_with_next = True
    _number_pages(docx)
    _name_alternatives(docx)
    for language in docx.styles.element.iter(qn("w:lang")):
        language.set(qn("w:eastAsia"), "zh-CN")  # how lines are broken and marks are spaced


def _style(
    docx: DocxDocument,
    name: str,
    font: str,
    size: float,
    *,
    align: WD_ALIGN_PARAGRAPH = WD_ALIGN_PARAGRAPH.JUSTIFY,
    pitch: Length | None = PITCH,
    indent: bool = False,
) -> None:
    style = _paragraph_style(docx, name)
    style.font.name, style.font.size = LATIN, Pt(size)
    style.font.bold = style.font.italic = False
    style.font.color.rgb = RGBColor(0, 0, 0)
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)
    fonts.set(qn("w:eastAsia"), font)
    fonts.set(qn("w:hint"), "eastAsia")  # or quotation marks and dashes come out Latin
    layout = style.paragraph_format
    layout.alignment = align
    layout.space_before = layout.space_after = Pt(0)
    if pitch is not None:
        layout.line_spacing_rule, layout.line_spacing = WD_LINE_SPACING.EXACTLY, pitch
    else:
        layout.line_spacing = 1.0
    layout.first_line_indent = Pt(2 * size) if indent else Pt(0)
    indentation = style.element.get_or_add_pPr().get_or_add_ind()
    indentation.set(qn("w:firstLineChars"), "200" if indent else "0")
    for border in style.element.get_or_add_pPr().findall(qn("w:pBdr")):
        border.getparent().remove(border)  # the built-in title is underlined


def _paragraph_style(docx: DocxDocument, name: str) -> ParagraphStyle:
    if name not in docx.styles:
        made = docx.styles.add_style(name, WD_STYLE_TYPE.PARAGRAPH)
        made.base_style = docx.styles["Normal"]
    return cast(ParagraphStyle, docx.styles[name])


def _number_pages(docx: DocxDocument) -> None:
    """Put «— 1 —» at the foot of each page."""
    paragraph = docx.sections[0].footer.paragraphs[0]
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.first_line_indent = Pt(0)
    for kind, text in (
        ("text", "— "),
        ("begin", ""),
        ("code", "PAGE"),
        ("end", ""),
        ("text", " —"),
    ):
        run = paragraph.add_run(text if kind == "text" else "")
        run.font.size = Pt(14)
        if kind in {"begin", "end"}:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            run._r.append(mark)
        elif kind == "code":
            code = OxmlElement("w:instrText")
            code.text = text
            run._r.append(code)


def _name_alternatives(docx: DocxDocument) -> None:
    fonts = "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{other}"/><w:charset w:val="86"/></w:font>'
        for name, other in ALTERNATIVES.items()
    )
    for part in docx.part.package.iter_parts():
        if str(part.partname) == "/word/fontTable.xml":
            part._blob = f'<w:fonts xmlns:w="{_NAMES}">{fonts}</w:fonts>'.encode()


def _describe(docx: DocxDocument, document: Document, made_at: datetime) -> None:
    about = docx.core_properties
    about.title, about.author = printable(document.title)[:255], printable(document.author)[:255]
    about.created = about.modified = made_at
    about.last_modified_by, about.comments, about.language = about.author, "", "zh-CN"


def _add(docx: DocxDocument, style: str, text: str) -> DocxParagraph:
    return docx.add_paragraph(printable(text), style=style)


def _add_table(docx: DocxDocument, block: Table) -> None:
    caption = _add(docx, "Caption", block.caption)
    caption.paragraph_format.keep_with_next = True
    table = docx.add_table(rows=1, cols=len(block.head), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for cell, text in zip(table.rows[0].cells, block.head, strict=True):
        _fill(cell, text, is_head=True)
    mark = OxmlElement("w:tblHeader")  # repeated on every page
    table.rows[0]._tr.get_or_add_trPr().append(mark)
    for row in block.rows:
        for cell, content in zip(table.add_row().cells, row, strict=True):
            _fill(cell, content)
    shares = list(block.widths) or [1] * len(block.head)
    for column, share in zip(table.columns, shares, strict=True):
        column.width = Length(int(WIDTH * share / sum(shares)))
        for cell in column.cells:
            cell.width = column.width
    docx.add_paragraph(style="Note")


def _fill(cell: _Cell, content: Cell, *, is_head: bool = False) -> None:
    paragraph = cell.paragraphs[0]
    paragraph.style = "Cell"
    paragraph.add_run(printable(str(content))).font.bold = is_head
    if is_head:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    elif is_figure(content):
        paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
