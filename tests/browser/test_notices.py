# SPDX-License-Identifier: Apache-2.0
"""A nominator asks for the result, in WeChat's own words, and the result comes to their phone."""

import time

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from browser import citizens, staff
from chromium import PHONE, WECHAT, Visitors, look
from live import Product, let_time_pass

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TITLE = "便民窗口评选（通知测试）"
NAME = "栖霞路便民窗口"
NOTICE = "审核结果通知"
CITIZEN = "吴桂英"
REASON = "材料不齐，请补充"
ARRIVES_S = 20


@pytest.fixture
def campaign(product: Product, visitors: Visitors) -> str:
    """A campaign that takes nominations now; its slug."""
    organiser = staff.log_in(visitors, product, "zuzhi")
    number = staff.draft(organiser, product, title=TITLE)
    staff.fill_in(organiser, product, number)
    staff.seat_jurors(organiser, product, number, *jurors_of(product))
    staff.launch(organiser, product, number)
    expect(organiser.get_by_text("活动已发布。")).to_be_visible()
    slug: str = product.read("SELECT slug FROM campaigns_campaign WHERE id = ?", number)[0][0]
    let_time_pass(product, slug, until="nomination")
    return slug


def test_a_citizen_asks_for_the_result_and_gets_it(
    product: Product, visitors: Visitors, campaign: str
):
    before = consents(product)
    phone = citizens.take_phone(visitors, product, CITIZEN)
    inside = open_inside(phone, product, f"/c/{campaign}/nominate/")
    nominate(inside)
    button = inside.get_by_role("button", name="接收审核结果通知")
    expect(button).to_be_visible()
    look(phone, "phone-notice-offered")

    decline(phone, button)
    expect(inside.get_by_text("您没有同意接收通知")).to_be_visible()
    assert consents(product) == before

    button.focus()
    phone.keyboard.press("Enter")  # no finger needed
    popup = phone.get_by_role("dialog")
    expect(popup.get_by_text(NOTICE)).to_be_visible()
    look(phone, "phone-notice-popup")
    popup.get_by_role("button", name="允许").click()
    expect(inside.get_by_text("已记下：有结果时，微信会通知您。")).to_be_visible()
    look(phone, "phone-notice-accepted")
    wait_for(lambda: consents(product) == before + 1)

    reviewer = staff.log_in(visitors, product, "shenhe")
    reject(reviewer, product, reason=REASON)
    wait_for(lambda: sent_by(product, campaign) == [("sent", "subscription")])
    assert consents(product) == before
    # Nobody who has not followed sees the account among their chats; following earlier would
    # have opened a minute in which customer service carries the notice instead.
    citizens.follow(phone, product)
    screen = phone.locator("#phone")
    expect(screen.get_by_text(NOTICE).last).to_be_visible()
    for words in (NAME, "未通过", REASON):
        expect(screen).to_contain_text(words)
    look(phone, "phone-notice-arrived")


def test_a_forwarded_page_carries_its_own_title_and_no_query(
    product: Product, visitors: Visitors, campaign: str
):
    phone = citizens.take_phone(visitors, product, CITIZEN)
    open_inside(phone, product, f"/c/{campaign}/?from=menu")
    expect(phone.locator("[data-share-title]")).to_have_text(TITLE)
    assert (
        phone.locator("[data-share-link]").get_attribute("value").endswith(f"%2Fc%2F{campaign}%2F")
    )


def test_pages_work_while_wechats_script_hangs_and_ask_nobody_outside_wechat(
    product: Product, visitors: Visitors, campaign: str
):
    asked: list[str] = []
    hanging: list[Route] = []
    page = visitors.come(PHONE, user_agent=WECHAT)
    page.route("**/open/js/jweixin*", lambda route: hanging.append(route))
    page.goto(f"{product.sandbox_url}/people")
    page.get_by_role("button", name="马志强").locator("visible=true").first.click()
    page.wait_for_url(f"{product.sandbox_url}/")
    page.goto(f"{product.url}/c/{campaign}/nominate/")
    nominate(page)
    expect(page.get_by_text("已收到您的推荐")).to_be_visible()
    wait_for(lambda: hanging, page)
    expect(page.get_by_role("button", name="接收审核结果通知")).to_have_count(0)
    page.get_by_role("link", name="返回活动页面").click()
    expect(page.get_by_role("heading", name=TITLE).first).to_be_visible()

    outside = visitors.come(PHONE)
    outside.on("request", lambda request: asked.append(request.url))
    outside.goto(f"{product.url}/c/{campaign}/", wait_until="networkidle")
    assert not [url for url in asked if "jweixin" in url or "/jssdk" in url]


def open_inside(phone: Page, product: Product, path: str):
    """Open a page in the phone's browser without writing to the account first."""
    address = str(httpx.URL(f"{product.sandbox_url}/web", params={"url": product.url + path}))
    phone.goto(f"{address}&account=sandbox")
    return phone.frame_locator(citizens.FRAME)


def nominate(place) -> None:
    place.get_by_label("推荐对象名称").fill(NAME)
    place.get_by_label("所属单位").fill("栖霞路街道办事处（测试）")
    place.get_by_label("推荐理由").fill(
        "午间不休息，老人可以打电话预约上门办理，去年上门四百余次。"
    )
    place.get_by_label("我已阅读并同意").check()
    place.get_by_role("button", name="提交推荐").click()
    expect(place.get_by_text("已收到您的推荐")).to_be_visible()


def reject(page: Page, product: Product, *, reason: str) -> None:
    page.goto(f"{product.url}/staff/nominations/")
    page.get_by_role("link", name=NAME).first.click()
    form = page.locator("form").filter(has=page.get_by_role("button", name="不通过", exact=True))
    form.get_by_role("textbox").fill(reason)
    form.get_by_role("button", name="不通过", exact=True).click()
    expect(page.get_by_text("已退回，推荐人可以看到理由。")).to_be_visible()


def decline(phone: Page, button) -> None:
    button.click()
    phone.get_by_role("dialog").get_by_role("button", name="取消").click()


def consents(product: Product) -> int:
    return product.read('SELECT coalesce(sum("left"), 0) FROM wechat_grant')[0][0]


def sent_by(product: Product, campaign: str) -> list[tuple]:
    """Return state and way of what was said about nominations of that campaign."""
    return product.read(
        "SELECT state, channel FROM wechat_outgoing WHERE url LIKE ?", f"%/c/{campaign}/%"
    )


def wait_for(happened, page: Page | None = None) -> None:
    limit = time.monotonic() + ARRIVES_S
    while not happened():
        assert time.monotonic() < limit, "it did not happen"
        page.wait_for_timeout(100) if page else time.sleep(0.1)


def jurors_of(product: Product) -> list[int]:
    rows = product.read("SELECT id FROM agencies_user WHERE username IN ('zhuanjia1', 'zhuanjia2')")
    return [number for (number,) in rows]
