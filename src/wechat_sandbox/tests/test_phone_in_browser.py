# SPDX-License-Identifier: Apache-2.0
"""The phone in a real Chromium, against a tiny product of its own."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from chromium import DESK, PHONE, running_chromium
from wechat_sandbox.people import openid_of
from wechat_sandbox.tests.given import ACCOUNT
from wechat_sandbox.tests.phone_world import follow, given_page, phone_of, served_world, take_phone

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[str, str]]:
    with served_world() as addresses:
        yield addresses


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def test_a_citizen_follows_writes_and_opens_the_page_as_themselves(world, chromium):
    product, sandbox = world
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "陈晓雯")
    follow(page, sandbox)
    expect(phone_of(page).get_by_text("欢迎关注")).to_be_visible()
    page.get_by_label("输入文字").fill("十佳窗口怎么投票")
    page.keyboard.press("Enter")
    expect(phone_of(page).get_by_text("已收到：十佳窗口怎么投票")).to_be_visible()
    assert page.url == f"{sandbox}/chats/sandbox"

    page.get_by_role("link", name="查看评选活动").click()
    inside = page.frame_locator("iframe.web")
    expect(inside.locator("#who")).to_have_text(openid_of(ACCOUNT.appid, 3))

    inside.get_by_role("link", name="规则").click()
    expect(inside.get_by_role("heading", name="评选规则")).to_be_visible()
    # This page tells its name and address; the one before tells nothing: the bar keeps to the site.
    expect(page.locator("[data-address]")).to_have_text(f"{urlsplit(product).netloc}/second")
    expect(page.locator("[data-title]")).to_have_text("规则")
    page.get_by_role("button", name="返回").click()
    expect(inside.locator("#who")).to_be_visible()
    expect(page.locator("[data-address]")).to_have_text(urlsplit(product).netloc)
    page.get_by_role("link", name="关闭").click()
    expect(phone_of(page).get_by_text("已收到：十佳窗口怎么投票")).to_be_visible()
    page.context.close()


def test_another_phone_is_another_citizen_for_the_product(world, chromium):
    product, sandbox = world
    page = given_page(chromium, DESK)
    for name, number in (("马志强", 4), ("吴桂英", 11)):
        take_phone(page, sandbox, name)
        page.goto(f"{sandbox}/web?url={product}/h5")
        who = page.frame_locator("iframe.web").locator("#who")
        expect(who).to_have_text(openid_of(ACCOUNT.appid, number))
    page.context.close()


def test_consent_is_asked_in_the_phone_and_may_be_denied(world, chromium):
    product, sandbox = world
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "林知夏")
    address = f"{sandbox}/web?url={product}/h5?scope=snsapi_userinfo"
    inside = page.frame_locator("iframe.web")
    for answer, shown in (("拒绝", "您已拒绝授权"), ("允许", "评选活动")):
        page.goto(address)
        expect(inside.get_by_text("林知夏（示例）")).to_be_visible()
        inside.get_by_role("button", name=answer, exact=True).click()
        expect(inside.get_by_role("heading", name=shown)).to_be_visible()
    page.goto(address)
    inside.get_by_text("开发者选项").click()
    inside.get_by_role("button", name="以快照页身份继续").click()
    expect(inside.get_by_role("heading", name="快照页不能参与")).to_be_visible()
    page.context.close()


def test_a_bad_reply_shows_the_banner_and_the_developer_sees_why(world, chromium):
    _, sandbox = world
    page = given_page(chromium, DESK)
    take_phone(page, sandbox, "韦国栋")
    follow(page, sandbox)
    page.get_by_label("输入文字").fill("故障")
    page.get_by_role("button", name="发送").click()
    expect(phone_of(page).get_by_text("该公众号提供的服务出现故障，请稍后再试")).to_be_visible()
    newest = page.locator("[data-log] > li").first
    expect(newest).to_contain_text("回复不是 XML")
    newest.locator("summary").click()
    expect(newest.get_by_text("1/3", exact=True)).to_be_visible()
    page.context.close()


def test_a_news_card_opens_its_page(world, chromium):
    _, sandbox = world
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "黄美玲")
    follow(page, sandbox)
    page.get_by_label("输入文字").fill("图文")
    page.keyboard.press("Enter")
    card = page.get_by_role("link", name="十佳政务服务窗口评选")
    expect(card).to_be_visible()
    card.locator("img").scroll_into_view_if_needed()
    expect(card.locator("img")).not_to_have_js_property("naturalWidth", 0)
    card.click()
    expect(page.frame_locator("iframe.web").locator("#who")).to_be_visible()
    page.context.close()


def test_without_script_the_whole_way_still_works(world, chromium):
    _, sandbox = world
    page = given_page(chromium, PHONE, script=False)
    take_phone(page, sandbox, "何永福")
    follow(page, sandbox)
    page.get_by_label("输入文字").fill("您好")
    page.get_by_role("button", name="发送").click()
    expect(phone_of(page).get_by_text("已收到：您好")).to_be_visible()
    page.get_by_role("link", name="查看评选活动").click()
    expect(page.frame_locator("iframe.web").locator("#who")).to_be_visible()
    page.context.close()


def test_the_keyboard_alone_suffices(world, chromium):
    product, sandbox = world
    page = given_page(chromium, PHONE)
    page.goto(f"{sandbox}/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("跳到手机")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{sandbox}/")
    expect(page.get_by_text("还没有消息")).to_be_visible()
    page.get_by_role("link", name="发现").focus()
    page.keyboard.press("Enter")
    page.get_by_label("网址").fill(f"{product}/h5")
    page.keyboard.press("Enter")
    expect(page.frame_locator("iframe.web").locator("#who")).to_be_visible()
    page.context.close()


@pytest.mark.parametrize(
    ("size", "text"),
    [
        ({"width": 720, "height": 450}, "100%"),  # a desk magnified twice
        (PHONE, "200%"),
        ({"width": 320, "height": 640}, "100%"),
    ],
)
def test_text_twice_as_large_is_never_cut_off_sideways(world, chromium, size, text):
    _, sandbox = world
    page = given_page(chromium, size)
    take_phone(page, sandbox, "刘建国")
    page.goto(f"{sandbox}/accounts/sandbox")
    if page.get_by_role("button", name="关注公众号").count():
        follow(page, sandbox)
    pages = ("/", "/people", "/contacts", "/discover", "/scan", "/me", "/chats/sandbox", "/log")
    for path in (*pages, "/accounts/sandbox/notices", "/chats/sandbox?write=1&attach=1"):
        page.goto(f"{sandbox}{path}")
        page.evaluate(f"document.documentElement.style.fontSize = '{text}'")
        for part in ("html", ".screen, .column"):
            wide, seen = page.locator(part).evaluate("it => [it.scrollWidth, it.clientWidth]")
            assert wide <= seen, (path, part)
    page.context.close()


@pytest.mark.parametrize("size", [DESK, PHONE])
def test_axe_finds_nothing_to_object_to(world, chromium, size):
    product, sandbox = world
    page = given_page(chromium, size)
    page.goto(f"{sandbox}/")
    assert _objections(page) == []
    take_phone(page, sandbox, "周子墨")
    page.goto(f"{sandbox}/accounts/sandbox")
    if page.get_by_role("button", name="关注公众号").count():
        follow(page, sandbox)
    for words in ("图文", "故障"):
        page.goto(f"{sandbox}/chats/sandbox")
        page.get_by_label("输入文字").fill(words)
        page.get_by_role("button", name="发送").click()
    expect(phone_of(page).get_by_text("该公众号提供的服务出现故障").first).to_be_visible()
    consent = (
        f"/connect/oauth2/authorize?appid={ACCOUNT.appid}&redirect_uri={product}/oauth"
        "&response_type=code&scope=snsapi_userinfo"
    )
    opened = f"/web?url={product}/h5"
    once = (
        f"/mp/subscribemsg?action=get_confirm&appid={ACCOUNT.appid}&scene=1&template_id=x"
        f"&redirect_url={product}/h5"
    )
    card = "/accounts/sandbox"
    pages = ("/contacts", "/discover", "/me", "/chats/sandbox", "/log", "/scan", "/mini", card)
    for path in (*pages, f"{card}/notices", f"{card}/articles", consent, once, opened):
        page.goto(f"{sandbox}{path}")
        assert _objections(page) == [], path
    page.context.close()


def _objections(page: Page) -> list[str]:
    # The framed page is the product's business.
    found = Axe().run(page, context={"exclude": [["iframe"]]})["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]
