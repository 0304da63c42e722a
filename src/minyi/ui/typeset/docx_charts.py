# SPDX-License-Identifier: Apache-2.0
"""Charts that Word and WPS edit themselves: a chart part with its workbook inside the document."""

import io
from dataclasses import dataclass
from xml.etree.ElementTree import tostring

from docx.document import Document as DocxDocument
from docx.opc.constants import RELATIONSHIP_TYPE as RT
from docx.opc.packuri import PackURI
from docx.opc.part import Part
from docx.oxml import parse_xml
from docx.oxml.ns import qn
from docx.shared import Mm
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.chart.chartspace import ChartContainer, ChartSpace, ExternalData
from openpyxl.chart.data_source import (
    AxDataSource,
    NumData,
    NumDataSource,
    NumRef,
    NumVal,
    StrData,
    StrRef,
    StrVal,
)
from openpyxl.chart.series import Series, SeriesLabel

from .blocks import Chart
from .packages import pack_again
from .text import printable

CHART = "application/vnd.openxmlformats-officedocument.drawingml.chart+xml"
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CHART_RELATION = f"{RT.IMAGE.rsplit('/', 1)[0]}/chart"
LAKE = "126073"
WIDTH = Mm(156)  # the width of the text


@dataclass(frozen=True, slots=True)
class _Cells:
    """Where the figures stand in the workbook."""

    series: str
    names: str
    numbers: str


def add_chart(document: DocxDocument, chart: Chart, number: int) -> None:
    """Put a chart at the end of the document; `number` tells its parts from other charts'."""
    package = document.part.package
    book = Part(
        PackURI(f"/word/embeddings/chart{number}.xlsx"), WORKBOOK, _workbook_of(chart), package
    )
    part = Part(PackURI(f"/word/charts/chart{number}.xml"), CHART, b"", package)
    book_id = part.relate_to(book, RT.PACKAGE)
    part._blob = _chart_xml(chart, book_id)
    paragraph = document.add_paragraph(style="Chart")
    paragraph.add_run()._r.append(
        _frame(document.part.relate_to(part, CHART_RELATION), chart, number)
    )


def _workbook_of(chart: Chart) -> bytes:
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "Sheet1"
    rows = [("", chart.series), *zip(chart.categories, chart.values, strict=True)]
    for row, (name, value) in enumerate(rows, start=1):
        for column, content in enumerate((name, value), start=1):
            cell = sheet.cell(row, column)
            if isinstance(content, str):
                cell.value = printable(content)
                cell.data_type = "s"  # never a formula
            else:
                cell.value = content
    out = io.BytesIO()
    book.save(out)
    return pack_again(out.getvalue())


def _chart_xml(chart: Chart, book_id: str) -> bytes:
    last = len(chart.values) + 1
    cells = _Cells("Sheet1!$B$1", f"Sheet1!$A$2:$A${last}", f"Sheet1!$B$2:$B${last}")
    drawn = BarChart()
    drawn.type = "col" if chart.kind == "columns" else "bar"
    drawn.gapWidth = 40
    drawn.legend = None
    drawn.series.append(_series(chart, cells))
    drawn.x_axis.delete = drawn.y_axis.delete = False
    drawn.y_axis.scaling.min = 0
    if chart.kind == "bars":
        drawn.x_axis.scaling.orientation = "maxMin"  # the first one on top, as in the table
        drawn.y_axis.crosses = "max"  # and the scale still below
    container = ChartContainer(plotArea=drawn.plot_area, autoTitleDeleted=True)
    drawn.plot_area._charts = [drawn]
    space = ChartSpace(
        chart=container,
        externalData=ExternalData(autoUpdate=False, id=book_id),
        roundedCorners=False,
    )
    tree = space.to_tree()
    for workbook in tree.iter("externalData"):  # openpyxl leaves out the relation's namespace
        workbook.set(qn("r:id"), workbook.attrib.pop("id"))
    return b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n' + tostring(tree)


def _series(chart: Chart, cells: _Cells) -> Series:
    names = [StrVal(idx=i, v=printable(name)) for i, name in enumerate(chart.categories)]
    numbers = [NumVal(idx=i, v=str(value)) for i, value in enumerate(chart.values)]
    label = StrData(ptCount=1, pt=[StrVal(idx=0, v=printable(chart.series))])
    series = Series(
        idx=0,
        order=0,
        tx=SeriesLabel(strRef=StrRef(f=cells.series, strCache=label)),
        cat=AxDataSource(
            strRef=StrRef(f=cells.names, strCache=StrData(ptCount=len(names), pt=names))
        ),
        val=NumDataSource(
            numRef=NumRef(
                f=cells.numbers,
                numCache=NumData(formatCode="General", ptCount=len(numbers), pt=numbers),
            )
        ),
    )
    series.graphicalProperties.solidFill = LAKE
    return series


def _frame(relation: str, chart: Chart, number: int) -> object:
    height = Mm(70) if chart.kind == "columns" else Mm(min(22 + 9 * len(chart.values), 190))
    drawing = parse_xml(
        '<w:drawing xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
        ' xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing"'
        ' xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main"'
        ' xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">'
        f'<wp:inline distT="0" distB="0" distL="0" distR="0">'
        f'<wp:extent cx="{WIDTH}" cy="{height}"/><wp:docPr id="{100 + number}" name="chart"/>'
        "<wp:cNvGraphicFramePr/><a:graphic>"
        '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/chart">'
        '<c:chart xmlns:c="http://schemas.openxmlformats.org/drawingml/2006/chart"'
        f' r:id="{relation}"/></a:graphicData></a:graphic></wp:inline></w:drawing>'
    )
    properties = drawing[0][1]
    properties.set("name", printable(chart.caption)[:80])
    properties.set("descr", printable(_spoken(chart)))
    return drawing


def _spoken(chart: Chart) -> str:
    """Return what a screen reader says instead of the picture."""
    pairs = zip(chart.categories, chart.values, strict=True)
    return f"{chart.caption}：" + "，".join(f"{name} {value}" for name, value in pairs)
