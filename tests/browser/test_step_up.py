# SPDX-License-Identifier: Apache-2.0
"""A score above the line: the phone works by itself, the voter does nothing, the ballot counts."""

import pytest
from playwright.sync_api import Route, expect

from browser import citizens
from browser.test_reach import grave_barriers, magnify_text, press_on, sideways
from chromium import WECHAT, Visitors, look
from live import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

OPEN = "top-ten-windows"
VOTER = "赵德明"  # votes in the last test, and only there
ROBOT = f"{WECHAT} HeadlessChrome/141.0"  # WeChat's browser, driven by a programme
WORKING, WORKED = "正在进行安全验证，无需操作。", "安全验证已完成。"
# Writes down what the status line has said, also what is soon replaced.
LISTEN = """
window.said = [];
new MutationObserver(() => {
    const line = document.querySelector('[data-work-state]');
    if (line && !line.hidden && window.said.at(-1) !== line.textContent) {
        window.said.push(line.textContent);
    }
}).observe(document, {subtree: true, childList: true, attributes: true, characterData: true});
"""


def test_without_script_the_voter_is_told_where_to_vote_and_nothing_is_lost_silently(
    product: Product, visitors: Visitors
):
    page = citizens.in_wechat(visitors, product, VOTER, script=False, user_agent=ROBOT)
    citizens.open_paper(page, product, OPEN)
    note = page.locator("noscript .mi-note_warning")
    expect(note).to_contain_text("请在公众号的对话框中发送“投票”")
    expect(note).to_be_visible()
    before = product.read("SELECT count(*) FROM campaigns_ballot")
    for place in range(3):
        page.get_by_role("checkbox").nth(place).check()
    citizens.submit(page)
    expect(page.get_by_role("heading", name="需要安全验证")).to_be_visible()
    expect(page.get_by_text("选票没有计入")).to_be_visible()
    expect(page.get_by_text("发送“投票”")).to_be_visible()
    look(page, "step-up-without-script")
    assert product.read("SELECT count(*) FROM campaigns_ballot") == before


def test_in_the_largest_type_the_line_is_read_and_nothing_runs_off_the_screen(
    product: Product, visitors: Visitors
):
    page = citizens.in_wechat(visitors, product, VOTER, user_agent=ROBOT)
    cookie = {"name": "minyi_type", "value": "largest", "url": product.url}
    page.context.add_cookies([cookie])
    citizens.open_paper(page, product, OPEN)
    expect(page.locator("[data-work-state]")).to_have_text(WORKED)
    magnify_text(page)
    assert sideways(page) == 0
    assert grave_barriers(page) == set()


def test_a_voter_above_the_score_votes_by_keyboard_alone_and_has_nothing_to_do(
    product: Product, visitors: Visitors
):
    page = citizens.in_wechat(visitors, product, VOTER, user_agent=ROBOT)
    page.add_init_script(LISTEN)
    citizens.open_paper(page, product, OPEN)
    state = page.locator("[data-work-state]")
    expect(state).to_have_text(WORKED)
    expect(state).to_have_attribute("role", "status")
    assert page.evaluate("window.said") == [WORKING, WORKED]
    look(page, "step-up-worked")

    # A page loaded again has a ticket and work of its own, and who submits before it is done waits.
    held: list[Route] = []
    page.route("**/work*.js", lambda route: held.append(route))
    page.goto(f"{product.url}/c/{OPEN}/nominees/?vote=1", wait_until="commit")
    for place in range(3):
        press_on(page, page.get_by_role("checkbox").nth(place), "Space")
    submit = page.get_by_role("button", name="提交选票")
    press_on(page, submit, "Enter")
    expect(submit).to_be_disabled()
    held[0].continue_()
    receipt = citizens.receipt_on(page)
    sql = "SELECT risk FROM campaigns_ballot WHERE receipt = ?"
    assert product.read(sql, receipt)[0][0] >= 50
