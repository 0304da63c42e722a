# SPDX-License-Identifier: Apache-2.0
"""The activity report: every figure is the query's, in both files, whatever people are called."""

import io
import json
import re
import zipfile
from collections import Counter
from datetime import timedelta
from xml.etree import ElementTree

import docx
import pytest
from django.utils import timezone
from openpyxl import load_workbook
from pypdf import PdfReader

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_client
from minyi.campaigns.errors import ReportNotFound, ReportRunning, ReportTooEarly
from minyi.campaigns.models import ActivityReport, Ballot, Campaign
from minyi.campaigns.queries.report import gather_figures, gini
from minyi.campaigns.queries.report_document import compose
from minyi.campaigns.queries.report_robustness import gather_robustness
from minyi.campaigns.queries.results import published_result
from minyi.campaigns.services import reporting, results
from minyi.core.clock import OFFICE_TIME
from minyi.core.errors import NotAllowed
from minyi.core.models import OutboxMessage
from minyi.core.outbox import Delivery
from minyi.core.outbox_worker import Worker
from minyi.ui.typeset.blocks import Chart, Table
from minyi.ui.typeset.docx import write_docx
from minyi.ui.typeset.gongwen import write_pdf

from .given import (
    given_agency,
    given_ballot,
    given_campaign,
    given_juror,
    given_nominee,
    given_open_round,
    given_scores,
    given_staff,
)
from .test_certificates import given_final_result

pytestmark = pytest.mark.django_db
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def given_busy_campaign(ballots: list[tuple[int, list[int]]], **fields: object) -> Campaign:
    """A published campaign; each ballot is (hours after opening, picks)."""
    now = timezone.now()
    campaign = given_campaign(now=now, during="result", **fields)
    for _n in range(4):
        given_nominee(campaign)
    opened = campaign.stages.get(kind="voting").opens_at
    paper = given_open_round(campaign, now=opened - timedelta(hours=1))
    for hours, picks in ballots:
        given_ballot(paper, picks, now=opened + timedelta(hours=hours, minutes=5))
    if campaign.jury_weight:
        for favourite in (1, 2, 3):
            given_scores(
                given_juror(campaign), {n: 99 if n == favourite else 60 for n in range(1, 5)}
            )
    publish(campaign)
    return campaign


def publish(campaign: Campaign) -> None:
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    supervisor = given_staff(campaign.agency, Role.SUPERVISOR).actor
    before = campaign.stages.get(kind="verification").opens_at + timedelta(hours=1)
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=before)
    results.sign_result(campaign_id=campaign.pk, note="", actor=supervisor, now=before)
    results.publish_result(campaign_id=campaign.pk, actor=organiser, now=timezone.now())


BALLOTS = [(1, [1, 2])] * 5 + [(1, [1])] * 4 + [(30, [2, 3])] * 3 + [(31, [3])] * 2 + [(32, [4])]


def start(campaign: Campaign, role: Role = Role.ORGANISER) -> ActivityReport:
    actor = given_staff(campaign.agency, role).actor
    return reporting.start_report(campaign_id=campaign.pk, actor=actor, now=timezone.now())


def work() -> None:
    Worker().run_due()


def made(campaign: Campaign) -> ActivityReport:
    report = start(campaign)
    work()
    report.refresh_from_db()
    assert report.state == "ready", report.reason
    return report


def content_of(file) -> bytes:
    with file.open("rb") as opened:
        return opened.read()


def words_of_docx(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(one.text for one in document.paragraphs), *cells])


def words_of_pdf(content: bytes) -> str:
    pages = PdfReader(io.BytesIO(content)).pages
    text = re.sub(r"[\s\u200b]", "", "".join(page.extract_text() for page in pages))
    return re.sub(r"—\d+—", "", text)


# --- Figures ------------------------------------------------------------------------------------


def test_the_figures_are_what_counting_the_rows_again_gives():
    campaign = given_busy_campaign(BALLOTS)
    figures = gather_figures(campaign_id=campaign.pk, now=timezone.now())
    rows = list(Ballot.objects.filter(round=campaign.round))
    picks = [json.loads(row.picks) for row in rows]
    assert figures.counted == figures.received == len(rows)
    assert figures.votes == sum(map(len, picks))
    assert figures.single_pick == sum(len(one) == 1 for one in picks)
    votes = Counter(number for one in picks for number in one)
    assert {one.number: one.votes for one in figures.nominees} == {
        line.number: votes[line.number] for line in published_result(campaign_id=campaign.pk).lines
    }
    moments = [timezone.datetime.fromtimestamp(row.cast_ms / 1000, OFFICE_TIME) for row in rows]
    by_day = Counter(f"{moment:%Y-%m-%d}" for moment in moments)
    assert {day.day: day.counted for day in figures.days if day.counted} == by_day
    assert figures.hours_of_day == [Counter(m.hour for m in moments)[hour] for hour in range(24)]
    uneven = figures.unevenness
    assert (uneven.busiest_hour, uneven.busiest_hour_share) == (9, 60.0)
    assert uneven.busiest_minute == 9
    assert uneven.hours in {7 * 24, 7 * 24 + 1}  # a vote that opens at half past touches one more
    assert uneven.hours_without == uneven.hours - 4
    assert figures.agrees


def test_gini_is_nothing_for_the_even_and_near_one_for_one_alone():
    assert gini([5, 5, 5, 5]) == 0.0
    assert gini([0] * 99 + [7]) == 0.99
    assert gini([]) == 0.0


def test_robustness_asks_with_something_left_out():
    campaign = given_busy_campaign(BALLOTS, public_weight=50, jury_weight=50)
    found = gather_robustness(campaign_id=campaign.pk)
    trials = {trial.question: trial for trial in found.trials}
    assert any("最多的一小时" in question and "9 张" in question for question in trials)
    hours = next(t for q, t in trials.items() if q == "有选票的 4 个小时，逐一去掉")
    assert hours.times == 4
    assert next(t for q, t in trials.items() if "评审专家" in q).times == 3
    assert {"只看公众投票", "不计公众投票"} <= trials.keys()
    assert all(trial.changed <= trial.times for trial in found.trials)
    assert all(bool(trial.changed) == bool(trial.came or trial.went) for trial in found.trials)


def test_a_report_says_when_ballots_and_result_no_longer_agree():
    campaign = given_busy_campaign(BALLOTS)
    given_ballot(campaign.round, [4], now=campaign.stages.get(kind="voting").opens_at)
    figures = gather_figures(campaign_id=campaign.pk, now=timezone.now())
    document = compose(figures, gather_robustness(campaign_id=campaign.pk))
    assert not figures.agrees
    assert any("不一致" in getattr(block, "text", "") for block in document.blocks)


# --- Files --------------------------------------------------------------------------------------


def test_every_figure_stands_in_both_files():
    campaign = given_busy_campaign(BALLOTS, public_weight=50, jury_weight=50)
    report = made(campaign)
    document = reporting.document_of(report)
    in_docx = words_of_docx(content_of(report.docx))
    in_pdf = words_of_pdf(content_of(report.pdf))
    for block in document.blocks:
        texts = [getattr(block, "text", ""), getattr(block, "caption", "")]
        if isinstance(block, Table):
            texts += [str(cell) for row in block.rows for cell in row]
        for text in texts:
            assert text in in_docx
            assert re.sub(r"\s", "", text) in in_pdf
    for figure in (campaign.title, str(15), report.figures["digest"], "不记录投票人的姓名、地区"):
        assert figure in in_docx


def test_charts_are_native_and_hold_the_figures_of_the_tables():
    report = made(given_busy_campaign(BALLOTS))
    charts = [one for one in reporting.document_of(report).blocks if isinstance(one, Chart)]
    assert len(charts) == 3
    with zipfile.ZipFile(io.BytesIO(content_of(report.docx))) as package:
        for number, chart in enumerate(charts, start=1):
            tree = ElementTree.fromstring(package.read(f"word/charts/chart{number}.xml"))
            (workbook,) = tree.findall(f"{CHART}externalData")
            assert workbook.get(docx.oxml.ns.qn("r:id")) == "rId1"
            cached = [one.text for one in tree.findall(f".//{CHART}val//{CHART}v")]
            assert cached == [str(value) for value in chart.values]
            names = [one.text for one in tree.findall(f".//{CHART}cat//{CHART}v")]
            assert names == list(chart.categories)
            book = load_workbook(io.BytesIO(package.read(f"word/embeddings/chart{number}.xlsx")))
            rows = list(book["Sheet1"].iter_rows(min_row=2, values_only=True))
            assert rows == list(zip(chart.categories, chart.values, strict=True))


def test_the_same_figures_give_the_same_files():
    report = made(given_busy_campaign(BALLOTS))
    document = reporting.document_of(report)
    assert write_docx(document, made_at=report.asked_at) == content_of(report.docx)
    assert write_pdf(document, made_at=report.asked_at) == content_of(report.pdf)


def test_page_and_fonts_are_those_of_an_official_document():
    report = made(given_busy_campaign(BALLOTS))
    document = docx.Document(io.BytesIO(content_of(report.docx)))
    section = document.sections[0]
    margins = (section.top_margin, section.left_margin, section.right_margin)
    assert [round(one.mm) for one in margins] == [37, 28, 26]
    fonts = {
        name: (
            document.styles[name].element.rPr.rFonts.get(docx.oxml.ns.qn("w:eastAsia")),
            document.styles[name].font.size.pt,
        )
        for name in ("Title", "Normal", "Heading 1")
    }
    assert fonts == {
        "Title": ("方正小标宋简体", 22),
        "Normal": ("仿宋_GB2312", 16),
        "Heading 1": ("黑体", 16),
    }
    assert document.styles["Normal"].paragraph_format.line_spacing.pt == 28


@pytest.mark.parametrize(
    "name",
    ["<w:t>&amp;]]>", "=HYPERLINK(1)", '#import "x"; $x$', "名" * 60, "\x0b控制\u202e符"],
)
def test_names_hostile_to_xml_formulas_and_typst_are_text(name):
    campaign = given_final_result(title="很长的活动标题" * 3)
    campaign.nominees.filter(number=2).update(name=name)
    report = made(campaign)
    clean = re.sub("[\x0b\u202e]", "", name)
    assert clean in words_of_docx(content_of(report.docx))
    assert re.sub(r"\s", "", clean) in words_of_pdf(content_of(report.pdf))
    with zipfile.ZipFile(io.BytesIO(content_of(report.docx))) as package:
        book = load_workbook(io.BytesIO(package.read("word/embeddings/chart3.xlsx")))
        assert {cell.data_type for cell in book["Sheet1"]["A"][1:]} == {"s"}


def test_a_campaign_in_which_nobody_voted_has_a_report_too():
    campaign = given_busy_campaign([])
    report = made(campaign)
    words = words_of_docx(content_of(report.docx))
    assert "共收到选票 0 张" in words
    assert "没有收到计票的选票" in words
    assert "共收到选票0张" in words_of_pdf(content_of(report.pdf))


# --- Making it ----------------------------------------------------------------------------------


def test_a_step_done_twice_is_done_once_and_what_stopped_goes_on_from_there():
    campaign = given_busy_campaign(BALLOTS)
    report = start(campaign)
    with pytest.raises(ReportRunning):
        start(campaign)
    first = OutboxMessage.objects.get(topic=reporting.TOPIC)
    now = timezone.now()
    for _time in range(2):  # the worker died after the work and before the note of it
        reporting.make_step(Delivery(first.topic, first.key, first.payload, 1, first.asked_at, now))
    report.refresh_from_db()
    assert (report.step, report.figures["counted"]) == (1, len(BALLOTS))
    ActivityReport.objects.update(state="stopped", reason="停电", ended_at=now)
    work()
    report.refresh_from_db()
    assert report.step == 1
    actor = given_staff(campaign.agency, Role.ORGANISER).actor
    reporting.resume_report(report_id=report.pk, actor=actor, now=timezone.now())
    given_ballot(campaign.round, [4], now=campaign.stages.get(kind="voting").opens_at)
    work()
    report.refresh_from_db()
    assert (report.state, report.step, report.reason) == ("ready", reporting.STEPS, "")
    assert report.figures["counted"] == len(BALLOTS), "what was gathered is not gathered again"


def test_a_step_that_is_given_up_says_why_and_can_be_resumed(monkeypatch):
    def broken(report, now):
        raise ReportNotFound

    monkeypatch.setattr(reporting, "_STEPS", (reporting._gather, broken, *reporting._STEPS[2:]))
    report = start(given_busy_campaign(BALLOTS))
    work()
    report.refresh_from_db()
    assert (report.state, report.step) == ("stopped", 1)
    assert "还没有生成好" in report.reason


def test_before_the_result_is_final_there_is_no_report():
    with pytest.raises(ReportTooEarly):
        start(given_final_result(publish=False))


@pytest.mark.parametrize("role", [Role.EDITOR, Role.JUROR, Role.CASE_WORKER])
def test_who_may_not_make_one(role):
    with pytest.raises(NotAllowed):
        start(given_final_result(), role)


def test_the_console_makes_and_hands_out_a_report():
    campaign = given_busy_campaign(BALLOTS)
    client = given_client(given_staff(campaign.agency, Role.ORGANISER))
    page = f"/staff/activity-reports/{campaign.pk}/"
    assert "生成活动报告" in client.get(page).content.decode()
    client.post(f"{page}make/")
    assert "正在生成" in client.get(f"{page}progress/").content.decode()
    work()
    report = campaign.reports.get()
    assert report.docx_digest in client.get(page).content.decode()
    for kind, magic in (("docx", b"PK"), ("pdf", b"%PDF")):
        answer = client.get(f"/staff/activity-reports/one/{report.pk}/report.{kind}")
        assert b"".join(answer.streaming_content).startswith(magic)
    assert client.get(f"/staff/activity-reports/one/{report.pk}/report.xls").status_code == 404
    outsider = given_client(given_staff(given_agency(), Role.ORGANISER))
    assert outsider.get(page).status_code == 404
    assert outsider.get(f"/staff/activity-reports/one/{report.pk}/report.pdf").status_code == 404
