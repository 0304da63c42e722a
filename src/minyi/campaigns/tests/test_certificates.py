# SPDX-License-Identifier: Apache-2.0
"""Certificates: for a final result only, checked by anybody, revoked in public view."""

import io
import re
import zipfile
from datetime import timedelta

import pytest
from django.utils import timezone
from PIL import Image
from pypdf import PdfReader

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_client
from minyi.campaigns.errors import (
    AwardMissing,
    CertificateRevoked,
    CharactersMissing,
    NobodyToCertify,
    ReasonNeeded,
    ResultNotFinal,
)
from minyi.campaigns.models import Campaign, Certificate
from minyi.campaigns.queries.certificate_files import draw_all, draw_certificate, values_of
from minyi.campaigns.queries.certificates import (
    get_certificate,
    list_certificates,
    read_code,
    suggested_award,
)
from minyi.campaigns.services import certificates, results
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry

from .given import given_agency, given_document, given_finished_vote, given_staff
from .visitors import stranger

pytestmark = pytest.mark.django_db


def given_final_result(votes=None, *, publish: bool = True, **fields: object) -> Campaign:
    """A campaign whose result is signed and, unless told otherwise, published."""
    now = timezone.now()
    campaign = given_finished_vote(votes or {1: 3, 2: 5, 3: 1}, now=now, during="result", **fields)
    organiser = given_staff(campaign.agency, Role.ORGANISER).actor
    supervisor = given_staff(campaign.agency, Role.SUPERVISOR).actor
    before = campaign.stages.get(kind="verification").opens_at + timedelta(hours=1)
    results.compute_result(campaign_id=campaign.pk, actor=organiser, now=before)
    results.sign_result(campaign_id=campaign.pk, note="核对无误", actor=supervisor, now=before)
    if publish:
        results.publish_result(campaign_id=campaign.pk, actor=organiser, now=now)
    return campaign


def issue(campaign: Campaign, award: str = "", role: Role = Role.ORGANISER) -> list[Certificate]:
    actor = given_staff(campaign.agency, role).actor
    return certificates.issue_certificates(
        campaign_id=campaign.pk, award=award, actor=actor, now=timezone.now()
    )


def revoke(certificate: Certificate, reason: str = "名称有误") -> Certificate:
    actor = given_staff(certificate.campaign.agency, Role.SUPERVISOR).actor
    return certificates.revoke_certificate(
        certificate_id=certificate.pk, reason=reason, actor=actor, now=timezone.now()
    )


def text_of(pdf: bytes) -> str:
    return re.sub(
        r"\s", "", "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    )


# --- Issuing ------------------------------------------------------------------------------------


def test_nothing_is_certified_before_the_result_is_published():
    campaign = given_final_result(publish=False)
    with pytest.raises(ResultNotFinal):
        issue(campaign)


def test_every_selected_nominee_gets_one_and_only_one():
    campaign = given_final_result()
    issued = issue(campaign)
    assert [one.nominee.number for one in issued] == [2, 1]  # two seats
    assert [one.number for one in issued] == [f"{campaign.slug}-001", f"{campaign.slug}-002"]
    with pytest.raises(NobodyToCertify):
        issue(campaign)
    entry = AuditEntry.objects.get(act="campaigns.certificates.issued")
    assert entry.facts["numbers"] == [one.number for one in issued]


def test_codes_have_eighty_bits_and_no_letter_that_is_misread():
    codes = {certificates.make_code() for _n in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{16}", code) for code in codes)


def test_an_award_says_its_title_and_an_evaluation_says_it_gives_none():
    award = given_final_result(
        type=Campaign.Type.AWARD, title="十佳窗口评选（示例）", approval_document=given_document()
    )
    assert suggested_award(award) == "十佳窗口"
    with pytest.raises(AwardMissing):
        issue(award)
    issue(award, "十佳窗口")
    words = values_of(list_certificates(campaign_id=award.pk)[0])
    assert words["heading"] == "荣誉证书"
    assert words["body"][0].endswith("经公众投票和结果公示，授予“十佳窗口”称号。")
    evaluation = given_final_result()
    issue(evaluation, "十佳窗口")  # whatever is said
    words = values_of(list_certificates(campaign_id=evaluation.pk)[0])
    assert words["heading"] == "入选证明"
    assert "不授予称号" in words["body"][1]
    assert "授予“" not in words["body"][0]


def test_a_character_no_font_has_is_named_before_anything_is_issued():
    campaign = given_final_result()
    campaign.nominees.filter(number=2).update(name="𠮷祥窗口")
    with pytest.raises(CharactersMissing) as refused:
        issue(campaign)
    assert refused.value.facts == {"characters": "𠮷"}
    assert not campaign.certificates.exists()


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.LEADER, Role.EDITOR, Role.JUROR])
def test_only_the_organiser_issues(role):
    campaign = given_final_result()
    with pytest.raises(NotAllowed):
        issue(campaign, role=role)


# --- Revoking -----------------------------------------------------------------------------------


def test_a_revoked_one_says_so_in_public_and_can_be_replaced():
    campaign = given_final_result()
    first = issue(campaign)[0]
    page = f"/certificates/{first.code}/"
    assert "证书有效" in stranger().get(page).content.decode()
    with pytest.raises(ReasonNeeded):
        revoke(first, "  ")
    revoke(first, "名称有误")
    shown = stranger().get(page).content.decode()
    assert "证书已经撤销" in shown
    assert "名称有误" in shown
    assert "证书有效" not in shown
    assert stranger().get(f"{page}certificate.pdf").status_code == 409
    with pytest.raises(CertificateRevoked):
        revoke(first)
    second = issue(campaign)[0]
    assert second.nominee == first.nominee
    assert second.code != first.code
    assert second.serial == 3


def test_a_certificate_falls_with_the_result_it_rests_on():
    campaign = given_final_result()
    code = issue(campaign)[0].code
    campaign.result.__class__.objects.filter(campaign=campaign).update(published_at=None)
    assert not get_certificate(code).is_valid
    assert "证书现在无效" in stranger().get(f"/certificates/{code}/").content.decode()


# --- Files --------------------------------------------------------------------------------------


def test_pdf_and_picture_hold_the_words_and_come_out_the_same_each_time():
    campaign = given_final_result()
    issue(campaign)
    shown = list_certificates(campaign_id=campaign.pk)[0]
    pdf = draw_certificate(shown, "pdf").content
    text = text_of(pdf)
    for words in (shown.recipient, shown.unit, shown.campaign, shown.spelled, shown.number):
        assert words in text
    assert values_of(shown)["date"] in text
    fonts = {
        str(font["/BaseFont"])
        for page in PdfReader(io.BytesIO(pdf)).pages
        for font in (one.get_object() for one in page["/Resources"]["/Font"].values())
    }
    assert fonts
    assert all(re.match(r"/[A-Z]{6}\+Noto", name) for name in fonts), "embedded as a subset"
    assert pdf == draw_certificate(shown, "pdf").content
    picture = draw_certificate(shown, "png").content
    assert picture == draw_certificate(shown, "png").content
    with Image.open(io.BytesIO(picture)) as image:
        assert image.size == (2339, 1654)


@pytest.mark.parametrize(
    "name",
    ["<b>&amp;</b>", '#import "x"; $x$ *_`@', "名" * 60, "a" * 60, "引号”“‘’、。", "\u202e倒着写"],
)
def test_whatever_somebody_is_called_is_text_on_one_page(name):
    campaign = given_final_result()
    campaign.nominees.filter(number=2).update(name=name, unit="很长的单位名称" * 11)
    issue(campaign)
    shown = list_certificates(campaign_id=campaign.pk)[0]
    pdf = draw_certificate(shown, "pdf").content
    assert len(PdfReader(io.BytesIO(pdf)).pages) == 1
    assert re.sub(r"[\s\u202e]", "", name) in text_of(pdf)


def test_the_archive_holds_every_certificate_in_both_forms():
    campaign = given_final_result()
    issue(campaign)
    file = draw_all(list_certificates(campaign_id=campaign.pk), slug=campaign.slug)
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert sorted(archive.namelist()) == sorted(
            f"{campaign.slug}-{n:03}.{kind}" for n in (1, 2) for kind in ("pdf", "png")
        )


# --- Pages --------------------------------------------------------------------------------------


def test_a_code_is_read_however_it_is_typed():
    assert read_code("7kq2-m9xd 4htr—vn3c") == "7KQ2M9XD4HTRVN3C"
    assert read_code("OILo" * 4) == "0110" * 4
    assert read_code("7KQ2-M9XD-4HTR") == ""
    assert read_code("7KQ2-M9XD-4HTR-VN3U") == ""


def test_typing_the_code_leads_to_the_certificate_and_a_wrong_one_is_told():
    campaign = given_final_result()
    shown = get_certificate(issue(campaign)[0].code)
    answer = stranger().get("/certificates/", {"code": shown.spelled.lower()})
    assert answer.headers["Location"] == f"/certificates/{shown.code}/"
    assert "这不是完整的核验码" in stranger().get("/certificates/?code=12").content.decode()
    unknown = stranger().get(f"/certificates/{'0' * 16}/")
    assert unknown.status_code == 404
    assert "没有查到这份证书" in unknown.content.decode()
    answer = stranger().get(f"/certificates/{shown.spelled.lower()}/")
    assert answer.headers["Location"] == f"/certificates/{shown.code}/"


def test_the_nominees_page_leads_to_the_certificate_while_it_stands():
    campaign = given_final_result()
    first = issue(campaign)[0]
    page, link = f"/c/{campaign.slug}/nominees/2/", f"/certificates/{first.code}/"
    assert link in stranger().get(page).content.decode()
    assert (
        "/certificates/" not in stranger().get(f"/c/{campaign.slug}/nominees/3/").content.decode()
    )
    revoke(first)
    assert link not in stranger().get(page).content.decode()


def test_the_console_issues_downloads_and_revokes():
    campaign = given_final_result()
    client = given_client(given_staff(campaign.agency, Role.ORGANISER))
    page = f"/staff/certificates/{campaign.pk}/"
    assert "颁发 2 份证书" in client.get(page).content.decode()
    assert client.get(f"{page}preview.png").content.startswith(b"\x89PNG")
    assert client.get(f"{page}all.zip").status_code == 404
    client.post(f"{page}issue/", {})
    first = campaign.certificates.first()
    assert first.code in client.get(page).content.decode()
    one = f"/staff/certificates/one/{first.pk}/"
    assert client.get(f"{one}certificate.pdf").content.startswith(b"%PDF")
    assert client.get(f"{page}all.zip").content.startswith(b"PK")
    client.post(f"{one}revoke/", {"reason": ""})
    assert not campaign.certificates.filter(revoked_at__isnull=False).exists()
    client.post(f"{one}revoke/", {"reason": "名称有误"})
    assert "名称有误" in client.get(page).content.decode()


def test_before_the_result_the_console_says_what_is_missing():
    campaign = given_final_result(publish=False)
    client = given_client(given_staff(campaign.agency, Role.ORGANISER))
    page = client.get(f"/staff/certificates/{campaign.pk}/").content.decode()
    assert "结果尚未正式公布" in page
    assert "preview.png" not in page


def test_a_stranger_from_another_agency_finds_none():
    campaign = given_final_result()
    first = issue(campaign)[0]
    outsider = given_client(given_staff(given_agency(), Role.ORGANISER))
    assert outsider.get(f"/staff/certificates/{campaign.pk}/").status_code == 404
    assert outsider.get(f"/staff/certificates/one/{first.pk}/certificate.pdf").status_code == 404
    outsider.post(f"/staff/certificates/one/{first.pk}/revoke/", {"reason": "x"})
    first.refresh_from_db()
    assert first.revoked_at is None
