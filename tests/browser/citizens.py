# SPDX-License-Identifier: Apache-2.0
"""What citizens do, in the sandbox's phone or in WeChat's own browser, one act per function."""

from playwright.sync_api import FrameLocator, Page, expect

from chromium import BROWSER, PHONE, WECHAT, Visitors, look
from live import Product

FRAME = "iframe.web"


def take_phone(visitors: Visitors, product: Product, name: str) -> Page:
    """Return the sandbox's phone in the hands of one sample citizen."""
    page = visitors.come(PHONE, user_agent=BROWSER)
    page.goto(f"{product.sandbox_url}/people")
    page.get_by_role("button", name=name).locator("visible=true").first.click()
    page.wait_for_url(f"{product.sandbox_url}/")
    return page


def follow(page: Page, product: Product) -> None:
    page.goto(f"{product.sandbox_url}/accounts/sandbox")
    look(page, "phone-account")
    page.get_by_role("button", name="关注公众号").click()
    page.wait_for_url(f"{product.sandbox_url}/chats/sandbox")
    expect(page.locator("#phone").get_by_text("欢迎关注")).to_be_visible()


def write(page: Page, words: str) -> None:
    """Write to the account; below its menu the keyboard has to be called first, as in WeChat."""
    switch = page.get_by_label("切换到输入文字")
    if switch.is_visible():
        switch.click()
    page.get_by_label("输入文字", exact=True).fill(words)
    page.keyboard.press("Enter")


def ask_for(page: Page, product: Product, title: str) -> FrameLocator:
    """Send “投票” to the account and open the campaign it answers with, inside the phone."""
    page.goto(f"{product.sandbox_url}/chats/sandbox")
    replies = page.locator("#phone .said.account")
    write(page, "投票")
    expect(replies.last.get_by_role("link", name=title)).to_be_visible()
    look(page, "phone-chat")
    replies.last.get_by_role("link", name=title).click()
    inside = page.frame_locator(FRAME)
    expect(inside.get_by_role("heading", name=title).first).to_be_visible()
    # The framed page tells the phone what it is.
    expect(page.locator("[data-title]")).to_contain_text(title)
    expect(page.locator("[data-address]")).to_contain_text("/c/")
    look(page, "phone-campaign")
    return inside


def in_wechat(
    visitors: Visitors,
    product: Product,
    name: str | int,
    *,
    script: bool = True,
    user_agent: str = WECHAT,
) -> Page:
    """Return WeChat's own browser in the hands of one sample citizen, by name or by number."""
    page = visitors.come(PHONE, script=script, user_agent=user_agent)
    if isinstance(name, int):
        page.context.request.post(f"{product.sandbox_url}/people", form={"citizen": str(name)})
        page.goto(f"{product.sandbox_url}/")
        return page
    page.goto(f"{product.sandbox_url}/people")
    page.get_by_role("button", name=name).locator("visible=true").first.click()
    page.wait_for_url(f"{product.sandbox_url}/")
    return page


def open_paper(page: Page, product: Product, slug: str) -> None:
    """Open the ballot paper the way its button does; WeChat's login comes in between."""
    page.goto(f"{product.url}/c/{slug}/nominees/?vote=1")
    expect(page.get_by_role("button", name="提交选票")).to_be_visible()


def pick(place: Page | FrameLocator, *names: str) -> None:
    for name in names:
        place.get_by_role("checkbox", name=name).check()


def submit(place: Page | FrameLocator) -> None:
    place.get_by_role("button", name="提交选票").click()


def receipt_on(place: Page | FrameLocator) -> str:
    """Return the number of the receipt that is shown."""
    expect(place.get_by_role("heading", name="已收到您的选票")).to_be_visible()
    return place.locator("strong.mi-number").inner_text()
