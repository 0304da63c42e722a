# SPDX-License-Identifier: Apache-2.0
"""An objection from the phone over two desks and back; and why ballots do not count, in public."""

import re

import pytest
from playwright.sync_api import expect

from browser import citizens, staff
from browser.test_reach import grave_barriers, magnify_text, sideways
from chromium import PHONE, Visitors, look
from live import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SHOWN = "window-review"
FACTS = "公示的事迹写明周末不打烊，本人上周日两次前往均无人受理，叫号记录可以核对。"


def test_an_objection_is_filed_looked_into_decided_by_another_and_answered(
    product: Product, visitors: Visitors
):
    page = citizens.in_wechat(visitors, product, "刘建国")
    page.goto(f"{product.url}/c/{SHOWN}/result/")
    expect(page.get_by_text("正在公示，尚未生效")).to_be_visible()
    assert grave_barriers(page) == set()
    page.get_by_role("link", name="提出异议").click()
    visitors.expect_status(422)
    page.get_by_role("button", name="提交异议").click()
    expect(page.get_by_text("还没有提交成功")).to_be_visible()
    assert grave_barriers(page) == set()
    magnify_text(page)
    assert sideways(page) == 0
    page.get_by_label("候选对象的资格或者事迹").check()
    page.get_by_label("候选对象 （对候选对象有异议时必填）").select_option(index=2)
    page.get_by_label("事实和理由").fill(FACTS)
    page.get_by_label("真实姓名").fill("刘建国（示例）")
    page.get_by_label("联系电话").fill("0990-00002")
    page.get_by_label("我已阅读并同意").check()
    page.get_by_role("button", name="提交异议").click()
    expect(page.get_by_text("已收到您的异议")).to_be_visible()
    look(page, "objection-filed")
    number = re.findall(r"异议第 (\d+) 号", page.content())[0]

    worker = staff.log_in(visitors, product, "jingban")
    worker.goto(f"{product.url}/staff/objections/")
    worker.get_by_role("link", name=f"异议第 {number} 号").click()
    assert "刘建国" not in worker.content()
    worker.get_by_role("button", name="受理").click()
    worker.get_by_label("异议不成立").check()
    worker.get_by_label("给异议人的答复").fill("经核对叫号记录，当日照常受理。")
    worker.get_by_role("button", name="提交复核").click()
    expect(worker.get_by_text("等待另一位有复核权限的人员复核")).to_be_visible()
    look(worker, "objection-proposed")

    leader = staff.log_in(visitors, product, "lingdao")
    leader.goto(worker.url)
    leader.get_by_role("button", name="同意，办结并答复").click()
    expect(leader.get_by_text("已办结，并已答复异议人。")).to_be_visible()

    page.goto(f"{product.url}/c/{SHOWN}/objections/")
    expect(page.get_by_text("经核对叫号记录，当日照常受理。")).to_be_visible()
    assert grave_barriers(page) == set()
    look(page, "objection-answered")


def test_everybody_sees_what_became_of_the_ballots(product: Product, visitors: Visitors):
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{SHOWN}/counts/")
    expect(page.get_by_role("heading", name="历次认定")).to_be_visible()
    expect(page.locator("[data-plot]")).to_have_count(2)  # over time, and by reason
    assert grave_barriers(page) == set()
    magnify_text(page)
    assert sideways(page) == 0
    look(page, "counts-200")
