# SPDX-License-Identifier: Apache-2.0
import csv
import hashlib
import html
import io
import json
import re
import zipfile
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from minyi.agencies.policies import Role
from minyi.campaigns.errors import ResultNotFound
from minyi.campaigns.models import Ballot
from minyi.campaigns.queries.exports import code_book, csv_bytes, export_result
from minyi.campaigns.queries.results import staff_result
from minyi.campaigns.services import results

from .given import NOW, given_finished_vote, given_juror, given_scores, given_staff

pytestmark = pytest.mark.django_db
TRAP = '=HYPERLINK("http://example.com")'


@pytest.fixture
def result():
    campaign = given_finished_vote({1: 3, 2: 2}, public_weight=70, jury_weight=30)
    campaign.nominees.filter(number=1).update(unit=TRAP)
    given_scores(given_juror(campaign), {1: 80, 2: 95})
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=NOW)
    return staff_result(campaign_id=campaign.pk, actor=organiser)


def tables_of(content: bytes) -> dict[str, list[list[str]]]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {
        name.removesuffix(".csv"): list(
            csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline=""))
        )
        for name in archive.namelist()
    }


def test_csv_brings_its_tables_and_the_code_book_as_spreadsheets_in_china_open_them(result):
    export = export_result(result, "csv")

    tables = tables_of(export.content)
    assert set(tables) == {"结果", "得票", "评审标准", "编码说明"}
    assert tables["结果"][0][:4] == ["名次", "入选", "编号", "名称"]
    assert tables["结果"][1][6:11] == ["3", "100.000", "80.000", "0.000", "94.000"]
    raw = zipfile.ZipFile(io.BytesIO(export.content)).read("结果.csv")
    assert raw.startswith(b"\xef\xbb\xbf")


def test_every_column_is_explained(result):
    tables = tables_of(export_result(result, "csv").content)
    explained = {(row[0], row[1]) for row in tables["编码说明"][1:]}

    for table in ("结果", "得票", "评审标准"):
        assert {(table, name) for name in tables[table][0]} <= explained
    for column in code_book(result):
        assert column.meaning
        assert column.source


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", " ="])
def test_no_cell_begins_a_formula(start):
    text = csv_bytes(["列"], [[f"{start}1+1"]]).decode("utf-8-sig")

    ((_head,), (cell,)) = csv.reader(io.StringIO(text, newline=""))
    assert cell.startswith("'")


def test_a_negative_number_stays_a_number():
    assert csv_bytes(["列"], [[Decimal("-1")]]).decode("utf-8-sig") == "列\r\n-1\r\n"


def test_xlsx_has_numbers_as_numbers_and_formulas_as_text(result):
    book = load_workbook(io.BytesIO(export_result(result, "xlsx").content))

    assert book.sheetnames == ["结果", "得票", "评审标准", "编码说明"]
    sheet = book["结果"]
    assert sheet["K2"].value == 94
    assert sheet["E2"].value == TRAP
    assert sheet["E2"].data_type == "s"
    assert not any(c.data_type == "f" for ws in book for row in ws.iter_rows() for c in row)


def test_json_can_be_checked_against_the_signed_digest_by_anybody(result):
    content = json.loads(export_result(result, "json").content)

    canonical = json.dumps(
        content["document"], sort_keys=True, separators=(",", ":"), ensure_ascii=False
    )
    assert hashlib.sha256(canonical.encode()).hexdigest() == content["digest"]
    assert len(content["codebook"]) == len(code_book(result))


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_no_export_holds_anything_of_a_single_ballot_or_juror(result, kind):
    content = export_result(result, kind).content
    if kind != "json":
        archive = zipfile.ZipFile(io.BytesIO(content))
        content = b"".join(archive.read(name) for name in archive.namelist())

    for ballot in Ballot.objects.all():
        assert ballot.voter_ref.encode() not in content
        assert ballot.receipt.encode() not in content
        assert str(ballot.cast_ms).encode() not in content


@pytest.mark.parametrize("kind", ["csv", "xlsx", "json"])
def test_no_export_tells_how_many_ballots_other_campaigns_received(kind):
    given_finished_vote(dict.fromkeys(range(1, 4), 211))
    campaign = given_finished_vote({1: 3, 2: 2})
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    computed = results.compute_result(campaign_id=campaign.pk, actor=organiser, now=NOW)
    found = staff_result(campaign_id=campaign.pk, actor=organiser)

    content = export_result(found, kind).content
    if kind != "json":
        archive = zipfile.ZipFile(io.BytesIO(content))
        content = b"".join(archive.read(name) for name in archive.namelist())

    said = html.unescape(content.decode("utf-8-sig", "replace"))  # XML may spell letters by number
    assert computed.upto_ballot > 633
    assert not re.search(rf"(?<!\w){computed.upto_ballot}(?!\w)", said)  # by chance in a hash
    assert "共 5 张" in said


def test_until_it_is_published_the_file_says_so(result):
    assert "draft" in export_result(result, "json").filename
    about = tables_of(export_result(result, "csv").content)["编码说明"]
    assert any("尚未公布" in row[2] for row in about)


def test_an_unknown_kind_is_not_found(result):
    with pytest.raises(ResultNotFound):
        export_result(result, "pdf")


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_the_same_result_gives_the_same_file(result, kind):
    assert export_result(result, kind).content == export_result(result, kind).content
