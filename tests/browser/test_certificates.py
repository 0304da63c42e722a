# SPDX-License-Identifier: Apache-2.0
"""A certificate is found, checked and revoked; a report is made with one click."""

import zipfile

import pytest
from playwright.sync_api import Page, expect

from browser import staff
from chromium import PHONE, Visitors, look
from live import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

FINISHED = "policy-cases"


def campaign_of(product: Product) -> int:
    ((campaign,),) = product.read("SELECT id FROM campaigns_campaign WHERE slug = ?", FINISHED)
    return campaign


def has_picture(page: Page) -> bool:
    return page.locator("img.mi-certificate").evaluate(
        "img => img.complete && img.naturalWidth > 0"
    )


def test_a_certificate_is_checked_on_the_phone_and_revoked_at_the_desk(
    product: Product, visitors: Visitors
):
    campaign = campaign_of(product)
    phone = visitors.come(PHONE)
    ((number, code, recipient),) = product.read(
        "SELECT n.number, c.code, c.recipient FROM campaigns_certificate c"
        " JOIN campaigns_nominee n ON n.id = c.nominee_id"
        " WHERE c.campaign_id = ? AND c.revoked_at IS NULL ORDER BY c.id DESC LIMIT 1",
        campaign,
    )
    phone.goto(f"{product.url}/c/{FINISHED}/nominees/{number}/")
    phone.get_by_role("link", name="查看证明").click()
    expect(phone.get_by_text("证书有效")).to_be_visible()
    expect(phone.get_by_role("definition").filter(has_text=recipient).first).to_be_visible()
    expect(phone.get_by_text("结果写在公开账本第")).to_be_visible()
    phone.wait_for_load_state("load")  # pictures included
    assert has_picture(phone)
    with phone.expect_download() as download:
        phone.get_by_role("link", name="下载 PDF").click()
    assert download.value.path().read_bytes().startswith(b"%PDF")
    look(phone, "certificate")

    phone.goto(f"{product.url}/certificates/")
    phone.get_by_label("核验码").fill("123")
    phone.get_by_role("button", name="核验").click()
    expect(phone.get_by_role("alert")).to_contain_text("这不是完整的核验码")
    phone.get_by_label("核验码").fill(code.lower())
    phone.get_by_role("button", name="核验").click()
    expect(phone.get_by_text("证书有效")).to_be_visible()

    desk = staff.log_in(visitors, product, "jiandu")
    desk.goto(f"{product.url}/staff/certificates/{campaign}/")
    row = desk.get_by_role("row").filter(has_text=recipient)
    row.get_by_text("撤销", exact=True).click()
    row.get_by_label("原因（公众可见）").fill("名称有误，另行颁发（示例）")
    row.get_by_role("button", name="撤销证书").click()
    expect(desk.get_by_role("row").filter(has_text=recipient)).to_contain_text("已撤销")
    look(desk, "certificates-staff")
    phone.reload()
    expect(phone.get_by_text("证书已经撤销")).to_be_visible()
    expect(phone.get_by_text("名称有误，另行颁发（示例）")).to_be_visible()
    expect(phone.locator("img.mi-certificate")).to_have_count(0)

    organiser = staff.log_in(visitors, product, "zuzhi")
    organiser.goto(f"{product.url}/staff/certificates/{campaign}/")
    organiser.wait_for_load_state("load")
    assert organiser.locator("img[alt='证书样张']").evaluate("img => img.naturalWidth") > 0
    organiser.get_by_role("button", name="颁发 1 份证书").click()
    expect(organiser.get_by_text("已颁发。")).to_be_visible()


def test_a_report_is_made_with_one_click_while_the_page_tells_how_far(
    product: Product, visitors: Visitors
):
    desk = staff.log_in(visitors, product, "zuzhi")
    desk.goto(f"{product.url}/staff/activity-reports/{campaign_of(product)}/")
    desk.get_by_role("button", name="生成").click()
    word = desk.get_by_role("link", name="下载 Word（可修改）").first
    expect(word).to_be_visible(timeout=60_000)
    with desk.expect_download() as download:
        word.click()
    with zipfile.ZipFile(download.value.path()) as package:
        assert "word/charts/chart1.xml" in package.namelist()
    with desk.expect_download() as download:
        desk.get_by_role("link", name="下载 PDF").first.click()
    assert download.value.path().read_bytes().startswith(b"%PDF")
    look(desk, "activity-report")
