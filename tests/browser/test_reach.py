# SPDX-License-Identifier: Apache-2.0
"""Everybody reaches everything: by keyboard, in large type, with a reader, outside WeChat."""

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from browser import citizens, staff
from chromium import DESK, PHONE, Visitors, look
from live import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

OPEN, NOMINATING, FINISHED = "top-ten-windows", "community-services", "policy-cases"
CITIZEN_PAGES = (
    "/",
    f"/c/{OPEN}/",
    f"/c/{OPEN}/nominees/",
    f"/c/{OPEN}/nominees/?vote=1",
    f"/c/{OPEN}/nominees/?q=没有这个词",
    f"/c/{OPEN}/nominees/1/",
    f"/c/{OPEN}/board/",
    f"/c/{OPEN}/ballot/",
    f"/c/{OPEN}/verify/",
    f"/c/{OPEN}/ballot/?code=paused",
    f"/c/{OPEN}/nominate/",
    f"/c/{OPEN}/result/",
    f"/c/{NOMINATING}/nominate/",
    f"/c/{NOMINATING}/nominate/mine/",
    f"/c/{NOMINATING}/board/",
    f"/c/{FINISHED}/result/",
    "/certificates/",
    "/certificates/?code=12",
    "/certificates/0000000000000000/",
    "/help/",
    "/help/errors",
    "/help/privacy/",
    "/nowhere/",
)
GRAVE = {"serious", "critical"}
LEVEL_AA = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WHAT_TO_ASK = {"runOnly": LEVEL_AA, "resultTypes": ["violations"]}
MOST_TABS = 120
# Wagtail's own, and accepted: nothing at present.
ACCEPTED_IN_CONSOLE: frozenset[str] = frozenset()


def test_nobody_is_kept_out_of_the_citizens_pages(product: Product, visitors: Visitors):
    visitors.expect_status(404)
    page = citizens.in_wechat(visitors, product, "周子墨")
    (code,), *_ = product.read("SELECT code FROM campaigns_certificate")
    pages = (*CITIZEN_PAGES, f"/certificates/{code}/")
    for path in pages:
        page.goto(f"{product.url}{path}")
        assert grave_barriers(page) == set(), path
        magnify_text(page)
        assert sideways(page) == 0, f"{path} at 200 %"
    type_cookie = {"name": "minyi_type", "value": "largest", "url": product.url}
    page.context.add_cookies([type_cookie])
    for number, path in enumerate(pages):
        page.goto(f"{product.url}{path}")
        assert page.locator("html").get_attribute("data-type") == "large"
        assert sideways(page) == 0, f"{path} in the largest type"
        look(page, f"largest-{number:02}")


def test_the_console_keeps_no_member_of_staff_out(product: Product, visitors: Visitors):
    campaigns = dict(product.read("SELECT slug, id FROM campaigns_campaign"))
    (nomination,), *_ = product.read(
        "SELECT id FROM campaigns_nomination WHERE campaign_id = ?", campaigns[NOMINATING]
    )
    (draft,), *_ = product.read("SELECT id FROM campaigns_campaign WHERE launched_at IS NULL")
    (objection,), *_ = product.read("SELECT id FROM campaigns_objection")
    organiser = staff.log_in(visitors, product, "zuzhi")
    supervisor = staff.log_in(visitors, product, "jiandu")
    for path in (
        "",
        "supervision/",
        f"supervision/{campaigns[OPEN]}/",
        "vault/",
        f"vault/{campaigns[OPEN]}/ask/",
        "ballots/",
        f"ballots/{campaigns[OPEN]}/",
        "objections/",
        f"objections/{objection}/desk/",
        "witnesses/",
    ):
        nothing_bars_the_way(supervisor, product, path)
    for path in (
        "",
        "campaigns/",
        "campaigns/new/",
        f"campaigns/edit/{draft}/",
        f"campaigns/overview/{draft}/",
        f"campaigns/overview/{campaigns[OPEN]}/",
        f"campaigns/launch/{draft}/",
        "nominations/",
        f"nominations/{nomination}/review/",
        "nominees/",
        "nominees/1/page/",
        "jury/",
        f"jury/{campaigns[OPEN]}/",
        "results/",
        f"results/{campaigns[FINISHED]}/",
        "certificates/",
        f"certificates/{campaigns[FINISHED]}/",
        "activity-reports/",
        f"activity-reports/{campaigns[FINISHED]}/",
        "images/",
        "documents/",
    ):
        nothing_bars_the_way(organiser, product, path)


def test_a_keyboard_alone_casts_a_ballot(product: Product, visitors: Visitors):
    page = citizens.in_wechat(visitors, product, "黄美玲")
    page.goto(f"{product.url}/c/{OPEN}/")
    press_on(page, page.get_by_role("link", name="去投票"), "Enter")
    expect(page.get_by_role("button", name="提交选票")).to_be_visible()
    for place in range(3):
        press_on(page, page.get_by_role("checkbox").nth(place), "Space")
    expect(page.locator("[data-count]")).to_have_text("3")
    press_on(page, page.get_by_role("button", name="提交选票"), "Enter")
    assert citizens.receipt_on(page)


def test_the_paper_is_a_plain_form_in_the_largest_type_without_script(
    product: Product, visitors: Visitors
):
    page = citizens.in_wechat(visitors, product, "何永福", script=False)
    type_cookie = {"name": "minyi_type", "value": "largest", "url": product.url}
    page.context.add_cookies([type_cookie])
    citizens.open_paper(page, product, OPEN)
    boxes = page.get_by_role("checkbox")
    for place in range(2):
        boxes.nth(place).check()
    citizens.submit(page)
    expect(page.get_by_text("咨询时请告知代码：too_few_picks")).to_be_visible()
    look(page, "citizen-too-few")
    citizens.open_paper(page, product, OPEN)
    for place in range(3):
        boxes.nth(place).check()
    citizens.submit(page)
    assert citizens.receipt_on(page)


def test_outside_wechat_the_page_explains_and_shows_a_code(product: Product, visitors: Visitors):
    for size in (PHONE, DESK):
        page = visitors.come(size)
        page.goto(f"{product.url}/c/{OPEN}/nominees/?vote=1")
        expect(page.get_by_role("heading", name="请在微信中打开")).to_be_visible()
        code = page.get_by_role("img", name="本页面的二维码").bounding_box()
        assert code is not None
        assert min(code["width"], code["height"]) >= 150
        expect(page.get_by_role("button", name="提交选票")).to_have_count(0)
        look(page, f"citizen-outside-{size['width']}")
        page.get_by_role("link", name="先看候选对象").click()
        expect(page.get_by_role("heading", name="候选名单")).to_be_attached()


# --- Measures -----------------------------------------------------------------------------------


def nothing_bars_the_way(page: Page, product: Product, path: str) -> None:
    """Open a page of the console and find no serious barrier in it."""
    answer = page.goto(f"{product.url}/staff/{path}")
    assert answer is not None
    assert answer.status == 200, path
    assert page.url == f"{product.url}/staff/{path}", "sent elsewhere"
    assert grave_barriers(page) - ACCEPTED_IN_CONSOLE == set(), path


def grave_barriers(page: Page) -> set[str]:
    """Return what axe calls serious or critical, one line for each rule and first element."""
    found = Axe().run(page, options=WHAT_TO_ASK)["violations"]
    return {
        f"{rule['id']}: {rule['nodes'][0]['html'][:160]}"
        for rule in found
        if rule["impact"] in GRAVE
    }


def magnify_text(page: Page) -> None:
    page.evaluate("document.documentElement.style.fontSize = '200%'")


def sideways(page: Page) -> int:
    """Return by how many pixels the page is wider than its window."""
    return page.evaluate("document.documentElement.scrollWidth - window.innerWidth")


def press_on(page: Page, target: Locator, key: str) -> None:
    """Go to the target by Tab alone, see that one can see where one is, and press the key."""
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        if target.evaluate("it => it === document.activeElement"):
            break
    expect(target).to_be_focused()
    marked = target.evaluate(
        """it => [it, ...[it.closest('label')].filter(Boolean)].some((part) => {
            const style = getComputedStyle(part);
            return style.outlineStyle !== 'none' || style.boxShadow !== 'none';
        })"""
    )
    assert marked, "the focus cannot be seen"
    page.keyboard.press(key)
