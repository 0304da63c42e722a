# SPDX-License-Identifier: Apache-2.0
"""A citizen asks for a person; a case worker takes over, answers, and gives back to the robot."""

import pytest
from playwright.sync_api import Page, expect

from browser import citizens, staff
from browser.test_reach import grave_barriers
from chromium import Visitors, look
from live import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

QUESTION = "我的推荐什么时候能审完？"
ANSWER = "您好，推荐审核预计三个工作日内完成，结果会在这里通知您。"
RENEWAL_MS = 4500  # the callback's desk is renewed every two seconds, after a silence at once


def test_from_the_robot_to_a_person_and_back(product: Product, visitors: Visitors):
    phone = citizens.take_phone(visitors, product, "陈晓雯")
    citizens.follow(phone, product)
    said = say(phone, "人工")
    expect(said).to_contain_text("工作人员")
    clerk = staff.log_in(visitors, product, "jingban")
    the_clerk_takes_over(clerk, product)
    phone.wait_for_timeout(RENEWAL_MS)
    say(phone, QUESTION, answered=False)
    expect(clerk.locator("[data-thread]")).to_contain_text(QUESTION)  # by itself

    the_clerk_answers_with_a_quick_reply(clerk)
    expect(phone.locator("#phone .said.account").last).to_contain_text("推荐审核预计三个工作日")
    look(phone, "phone-answered-by-staff")
    expect(clerk.get_by_text("已发送")).to_be_visible()
    expect(clerk.get_by_text("4 条")).to_be_visible()
    look(clerk, "staff-conversation")
    assert grave_barriers(clerk) == set()

    a_colleague_may_not_take_it_too(visitors, product, clerk)
    clerk.get_by_role("button", name="转回机器人").click()
    expect(clerk.get_by_text("已转回机器人")).to_be_visible()
    phone.wait_for_timeout(RENEWAL_MS)
    expect(say(phone, "地址")).to_contain_text("民生路")


def test_an_administrator_arranges_hours_duty_and_quick_replies(
    product: Product, visitors: Visitors
):
    page = staff.log_in(visitors, product, "guanli")
    page.goto(f"{product.url}/staff/wechat/duty/")
    expect(page.get_by_role("heading", name="接待时间")).to_be_visible()
    look(page, "staff-duty")
    assert grave_barriers(page) == set()
    page.get_by_label("值班人员").select_option(label="韩青（窗口负责人）")
    page.get_by_label("开始", exact=True).fill("18:00")
    page.get_by_label("结束", exact=True).fill("20:00")
    page.get_by_role("button", name="安排值班").click()
    expect(page.get_by_text("值班已安排。")).to_be_visible()
    expect(page.locator(".mi-shift").filter(has_text="韩青")).to_have_count(1)
    page.get_by_role("link", name="新增").click()
    page.get_by_label("标题").fill("夜间")
    page.get_by_label("内容").fill("夜间值班到 20:00。")
    look(page, "staff-quick-reply")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_role("link", name="夜间")).to_be_visible()


# --- The acts ---------------------------------------------------------------------------------


def say(phone: Page, words: str, *, answered: bool = True):
    """Write to the account; return its latest words, after a new one came."""
    replies = phone.locator("#phone .said.account")
    before = replies.count()
    citizens.write(phone, words)
    if answered:
        expect(replies).to_have_count(before + 1)
    return replies.last


def the_clerk_takes_over(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/staff/wechat/desk/")
    expect(page.locator("[data-row]").first).to_contain_text("人工")
    look(page, "staff-desk")
    assert grave_barriers(page) == set()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    look(page, "staff-conversation-waiting")
    page.get_by_role("button", name="接待", exact=True).click()
    expect(page.get_by_text("由您接待")).to_be_visible()


def the_clerk_answers_with_a_quick_reply(page: Page) -> None:
    words = page.get_by_label("答复", exact=True)
    words.focus()
    page.keyboard.press("Alt+1")
    expect(words).to_have_value("您好，我是工作人员，请问有什么可以帮您？")
    words.fill(ANSWER)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".mi-said_staff").last).to_contain_text(ANSWER)


def a_colleague_may_not_take_it_too(visitors: Visitors, product: Product, clerk: Page) -> None:
    page = staff.log_in(visitors, product, "jingban2")
    page.goto(clerk.url)
    expect(page.get_by_text("正在接待。同一时间只由一人答复")).to_be_visible()
    expect(page.get_by_role("button", name="发送")).to_have_count(0)
    look(page, "staff-conversation-held")
