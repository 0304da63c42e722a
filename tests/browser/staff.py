# SPDX-License-Identifier: Apache-2.0
"""What staff do in the console, one act per function."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from chromium import DESK, Visitors, look
from live import PASSWORD, Product


def log_in(visitors: Visitors, product: Product, username: str) -> Page:
    """Return the console of one member of staff."""
    page = visitors.come(DESK)
    page.goto(f"{product.url}/staff/")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(PASSWORD)
    look(page, "staff-login")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{product.url}/staff/")
    look(page, f"staff-home-{username}")
    return page


def draft(page: Page, product: Product, *, title: str) -> int:
    """Draft a campaign from the template for service windows; return its number."""
    page.goto(f"{product.url}/staff/campaigns/new/")
    page.locator("input[name=blueprint][value=window]").check()
    page.locator("input[name=title]").fill(title)
    look(page, "staff-draft")
    page.get_by_role("button", name="创建草稿").click()
    page.wait_for_url("**/staff/campaigns/edit/*/")
    return int(re.findall(r"/edit/(\d+)/", page.url)[0])


def launch(page: Page, product: Product, campaign: int) -> None:
    """Press the button that makes a campaign public, and confirm."""
    overview(page, product, campaign)
    page.get_by_role("link", name="发布活动").click()
    page.get_by_role("button", name="确认发布").click()


def overview(page: Page, product: Product, campaign: int) -> None:
    page.goto(f"{product.url}/staff/campaigns/overview/{campaign}/")


def fill_in(page: Page, product: Product, campaign: int) -> None:
    """Give the campaign what its checklist asks for, and counts that move."""
    page.goto(f"{product.url}/staff/campaigns/edit/{campaign}/")
    page.get_by_label("入选名额").fill("1")
    _tab(page, "投票规则")
    page.get_by_label("最多选择").fill("2")
    page.locator("select[name=count_mode]").select_option("live")
    look(page, "staff-edit-rules")
    _tab(page, "合规材料")
    page.get_by_label("批准文号").fill("江评组〔2026〕8号（示例）")
    page.get_by_role("button", name="选择一个文档").click()
    chooser = page.get_by_role("dialog")
    look(page, "staff-choose-document")
    chooser.get_by_role("link", name="关于同意开展评选活动的批复").click()
    expect(chooser).to_be_hidden()
    page.get_by_label("承诺不收取任何费用").check()
    page.get_by_label("承诺不摊派投票任务").check()
    look(page, "staff-edit-compliance")
    page.get_by_role("button", name="保存").click()
    page.wait_for_url("**/overview/*/")


def seat_jurors(page: Page, product: Product, campaign: int, *people: int) -> None:
    page.goto(f"{product.url}/staff/jury/{campaign}/")
    for seats, person in enumerate(people, start=1):
        page.locator("select[name=user_id]").select_option(str(person))
        page.get_by_role("button", name="加入", exact=True).click()
        expect(page.locator("main tbody").get_by_role("rowheader")).to_have_count(seats)
    look(page, "staff-jury")


def accept_nomination(page: Page, product: Product, name: str) -> None:
    """Open the queue, take up one nomination and make a candidate of it, with its picture."""
    page.goto(f"{product.url}/staff/nominations/")
    look(page, "staff-nominations")
    page.get_by_role("link", name=name).click()
    page.get_by_label("一句话事迹").fill("夜间照常办事，老人优先")
    page.get_by_role("checkbox", name="采用图片 1").check()
    page.get_by_label("审核意见").fill("材料属实。")
    look(page, "staff-review")
    page.get_by_role("button", name="通过", exact=True).click()
    expect(page.get_by_text(f"已通过：{name}")).to_be_visible()


def add_nominee(page: Page, product: Product, campaign: int, *, name: str, merits: str) -> None:
    page.goto(f"{product.url}/staff/nominees/add/{campaign}/")
    page.get_by_label("名称", exact=False).first.fill(name)
    page.get_by_label("一句话事迹").fill(merits)
    page.get_by_label("主要事迹").fill(f"{merits}。本段文字为测试所写，不涉及任何真实单位。")
    look(page, "staff-nominee-add")
    page.locator("main form").get_by_role("button").last.click()
    expect(page.get_by_text(name).first).to_be_visible()


def pause(page: Page, product: Product, campaign: int, *, reason: str) -> None:
    overview(page, product, campaign)
    look(page, "staff-overview-voting")
    page.get_by_role("link", name="暂停投票").click()
    page.get_by_label("理由").fill(reason)
    look(page, "staff-pause")
    page.get_by_role("button", name="确认暂停").click()
    expect(page.get_by_text("投票已暂停。")).to_be_visible()


def resume(page: Page, product: Product, campaign: int) -> None:
    overview(page, product, campaign)
    page.get_by_role("link", name="恢复投票").click()
    page.get_by_role("button", name="确认恢复").click()
    expect(page.get_by_text("投票已恢复。")).to_be_visible()


def score(page: Page, product: Product, campaign: int, *, points: int) -> None:
    """Give every candidate the same points but for a little more with each line."""
    page.goto(f"{product.url}/staff/jury/{campaign}/scores/")
    lines = page.locator("main tbody tr")
    for place in range(lines.count()):
        for cell in lines.nth(place).locator("input[type=number]").all():
            cell.fill(str(points + place))
        lines.nth(place).get_by_role("button", name="保存").click()
        expect(lines.nth(place).get_by_text("已评")).to_be_visible()
    look(page, "staff-scores")


def import_figures(page: Page, product: Product, campaign: int, table: Path) -> None:
    page.goto(f"{product.url}/staff/nominees/figures/{campaign}/")
    page.locator("input[type=file]").set_input_files(table)
    page.get_by_role("button", name="导入").click()
    expect(page.get_by_text("已导入 3 行。")).to_be_visible()
    look(page, "staff-figures")


def compute(page: Page, product: Product, campaign: int) -> None:
    page.goto(f"{product.url}/staff/results/{campaign}/")
    look(page, "staff-result-ready")
    page.get_by_role("button", name="汇总结果").click()
    expect(page.get_by_role("heading", name="名次与得分")).to_be_visible()
    look(page, "staff-result-computed")


def sign(page: Page, product: Product, campaign: int, *, note: str) -> None:
    page.goto(f"{product.url}/staff/results/{campaign}/")
    page.get_by_label("监督意见").fill(note)
    page.get_by_role("button", name="核对无误，签字").click()
    expect(page.get_by_role("button", name="核对无误，签字")).to_have_count(0)
    expect(page.locator("dd").get_by_text(note)).to_be_visible()
    look(page, "staff-result-signed")


def publish(page: Page, product: Product, campaign: int) -> None:
    page.goto(f"{product.url}/staff/results/{campaign}/")
    page.get_by_role("button", name="公布结果").click()
    expect(page.get_by_role("link", name="查看公众页面")).to_be_visible()
    look(page, "staff-result-published")


def _tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name).click()
