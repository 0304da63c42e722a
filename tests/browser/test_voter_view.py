# SPDX-License-Identifier: Apache-2.0
"""The voter checks the vote: the own ballot on the receipt page, all on the verify page."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from browser import citizens
from browser.test_reach import grave_barriers, magnify_text, press_on, sideways
from chromium import DESK, PHONE, Visitors, look
from live import Product

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

OPEN, TITLE = "top-ten-windows", "十佳政务服务窗口评选"
HIDDEN = "community-services"
OPENED = "policy-cases"  # its counts were hidden, and two trustees have opened it
VERIFIED, MISFIT = "已核对：您的选票在公开账本里", "核对不符"
TILES = re.compile(r"/ledger/[^/]+/tile/[0-9]")
BUNDLES = re.compile(r"/ledger/[^/]+/tile/entries/")


def test_the_phone_says_by_itself_that_the_ballot_is_in_the_log(
    product: Product, visitors: Visitors
):
    page = citizens.take_phone(visitors, product, "刘建国")
    citizens.follow(page, product)
    inside = citizens.ask_for(page, product, TITLE)
    inside.get_by_role("link", name="去投票").click()
    for place in range(3):
        inside.get_by_role("checkbox").nth(place).check()
    citizens.submit(inside)
    expect(inside.get_by_text(VERIFIED)).to_be_visible()
    expect(
        inside.get_by_role("heading", name=re.compile(r"已收到您的选票 · 第 [\d,]+ 号"))
    ).to_be_visible()
    look(page, "voter-phone-verified")


def test_a_voter_sees_again_on_a_later_visit_and_what_was_picked_only_from_this_browser(
    product: Product, visitors: Visitors
):
    page = citizens.in_wechat(visitors, product, "韦国栋")
    picked = vote(page, product)
    expect(page.get_by_text(VERIFIED)).to_be_visible()
    number = page.locator("[data-number]").inner_text()
    page.get_by_text("查看本机保存的选择").click()
    for label in picked:
        expect(page.locator("[data-picks]")).to_contain_text(f"{label} 号")
    look(page, "voter-receipt-verified")

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    answer = page.goto(f"{product.url}/c/{OPEN}/ballot/")
    assert answer is not None
    assert not any(f"{label} 号、" in answer.text() for label in picked)
    expect(page.get_by_text(VERIFIED)).to_be_visible()
    expect(page.locator("[data-number]")).to_have_text(number)
    assert any(BUNDLES.search(url) for url in asked), "a later visit looks at the published entry"
    assert grave_barriers(page) == set()
    magnify_text(page)
    assert sideways(page) == 0
    look(page, "voter-receipt-200")

    page.goto(f"{product.url}/c/{OPEN}/ballot/")
    page.get_by_text("查看本机保存的选择").click()
    page.get_by_role("button", name="从本机删除").click()
    page.reload()
    expect(page.get_by_text(VERIFIED)).to_be_visible()
    expect(page.get_by_text("查看本机保存的选择")).to_be_hidden()


def with_other_hashes(tile: bytes) -> bytes:
    return bytes(octet ^ 1 for octet in tile)


def with_other_picks(bundle: bytes) -> bytes:
    return bundle.replace(b'{"ch":["0', b'{"ch":["1')


@pytest.mark.parametrize(
    ("served", "change", "code", "name", "other"),
    [
        (TILES, with_other_hashes, "tile_changed", "孙秀兰", "林知夏"),
        (BUNDLES, with_other_picks, "entry_changed", "阿依古丽", "周子墨"),
    ],
    ids=["tile", "bundle"],
)
def test_a_tampered_file_of_the_log_does_not_fit_and_is_kept_as_evidence(
    product: Product,
    visitors: Visitors,
    served: re.Pattern[str],
    change: Callable[[bytes], bytes],
    code: str,
    name: str,
    other: str,
):
    page = citizens.in_wechat(visitors, product, name)
    vote(page, product)
    expect(page.get_by_text(VERIFIED)).to_be_visible()
    somebody = citizens.in_wechat(visitors, product, other)
    vote(somebody, product)
    expect(somebody.get_by_text(VERIFIED)).to_be_visible()

    page.route(served, tampering(change))
    page.goto(f"{product.url}/c/{OPEN}/ballot/")
    line = page.locator(".mi-check [role=status]")
    expect(line).to_contain_text(MISFIT)
    expect(line.get_by_role("link")).to_have_attribute("href", re.compile("^tel:"))
    look(page, f"voter-receipt-misfit-{code}")
    assert grave_barriers(page) == set()
    with page.expect_download() as saving:
        page.get_by_role("link", name="下载凭据", exact=True).click()
    evidence = json.loads(Path(saving.value.path()).read_text())
    assert evidence["proof"].startswith("c2sp.org/tlog-proof@v1\n")
    assert evidence["code"] == code
    assert json.loads(page.get_by_label("凭据（请原样保存").input_value()) == evidence

    page.unroute(served)
    page.get_by_role("button", name="再核对一次").click()
    expect(line).to_contain_text(VERIFIED)


def test_without_the_network_to_the_log_the_receipt_stays_and_says_not_yet(
    product: Product, visitors: Visitors
):
    visitors.expect_status(503)
    page = citizens.in_wechat(visitors, product, "马志强")
    page.route("**/ledger/**", lambda route: route.fulfill(status=503, body=""))
    vote(page, product)
    expect(page.get_by_text("还没有核对：暂时连不上公开账本。")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("已收到您的选票 · 第"))).to_be_visible()
    look(page, "voter-receipt-offline")
    page.unroute("**/ledger/**")
    page.get_by_role("button", name="再核对一次").click()
    expect(page.get_by_text(VERIFIED)).to_be_visible()


def test_a_plain_form_gives_a_proof_that_another_device_checks(
    product: Product, visitors: Visitors
):
    page = citizens.in_wechat(visitors, product, "吴桂英", script=False)
    vote(page, product)
    expect(page.get_by_role("heading", name=re.compile("已收到您的选票 · 第"))).to_be_visible()
    look(page, "voter-receipt-no-script")
    with page.expect_download() as saving:
        page.get_by_role("link", name="下载核对凭据").click()
    proof = Path(saving.value.path())
    assert saving.value.suggested_filename.endswith(".tlog-proof")

    desk = visitors.come(DESK)
    desk.goto(f"{product.url}/c/{OPEN}/verify/")
    desk.get_by_label("打开凭据文件").set_input_files(proof)
    expect(desk.get_by_text("已核对：这张选票在公开账本里")).to_be_visible()
    whole = proof.read_text()
    for pasted, said in (
        (whole.replace("\n", "  \r\n"), "已核对：这张选票在公开账本里"),
        (whole[: len(whole) // 2], "凭据内容不完整，还没有核对"),
        (whole.replace(f"/{OPEN}", f"/{OPENED}"), "这不是本次活动的凭据"),
        (whole.replace("index ", "index 1"), "核对不符：这份凭据与公开账本不一致"),
    ):
        desk.get_by_label("或者粘贴凭据内容").fill(pasted)
        desk.get_by_role("button", name="核对", exact=True).click()
        expect(desk.get_by_text(said)).to_be_visible()
    look(desk, "verify-desk-misfit")


def test_anybody_counts_the_vote_again_and_gets_the_board(product: Product, visitors: Visitors):
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{OPEN}/")
    page.get_by_role("link", name="核对投票").click()
    assert grave_barriers(page) == set()
    look(page, "verify-phone")
    press_on(page, page.get_by_role("button", name="在本页重新计票"), "Enter")
    expect(page.get_by_text("与公布的票数完全一致")).to_be_visible()
    counted = votes_in(page, "[data-recount] tbody tr", "td[data-counted]")
    look(page, "verify-phone-equal")
    assert grave_barriers(page) == set()
    page.goto(f"{product.url}/c/{OPEN}/board/")
    shown = votes_in(page, "[data-board] tbody tr", "td")
    assert sorted(counted.values()) == sorted(shown.values())
    assert {name.split(". ", 1)[1]: votes for name, votes in counted.items()} == shown


def test_a_board_that_differs_is_named_candidate_by_candidate(product: Product, visitors: Visitors):
    page = visitors.come(DESK)
    page.route("**/board.json", a_vote_more_for_the_first)
    page.goto(f"{product.url}/c/{OPEN}/verify/")
    page.get_by_role("button", name="在本页重新计票").click()
    expect(page.get_by_text("与公布的票数不一致")).to_be_visible()
    expect(page.locator("[data-recount] tbody strong:visible")).to_have_count(1)
    look(page, "verify-desk-unequal")


def test_a_vote_that_was_sealed_is_counted_in_the_page_once_it_is_opened(
    product: Product, visitors: Visitors
):
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{OPENED}/verify/")
    expect(page.get_by_text("已开封，任何人都可以读取和计票")).to_be_visible()
    page.get_by_role("button", name="在本页重新计票").click()
    expect(page.get_by_text("与公布的票数完全一致")).to_be_visible()
    look(page, "verify-phone-opened")


def test_before_its_time_a_log_says_when_it_opens(product: Product, visitors: Visitors):
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{HIDDEN}/verify/")
    expect(page.get_by_role("heading", name="核对投票", level=1)).to_be_visible()
    expect(page.get_by_role("button", name="在本页重新计票")).to_have_count(0)
    expect(page.get_by_text(re.compile(r"账本从.+公开"))).to_be_visible()
    look(page, "verify-phone-later")


def test_the_verify_page_holds_in_the_largest_type(product: Product, visitors: Visitors):
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{OPEN}/verify/")
    magnify_text(page)
    assert sideways(page) == 0
    cookie = {"name": "minyi_type", "value": "largest", "url": product.url}
    page.context.add_cookies([cookie])
    page.goto(f"{product.url}/c/{OPEN}/verify/")
    assert sideways(page) == 0
    look(page, "verify-phone-largest")
    page.set_viewport_size(DESK)
    page.context.clear_cookies()
    page.goto(f"{product.url}/c/{OPEN}/verify/")
    look(page, "verify-desk")


# --- What they do -------------------------------------------------------------------------------


def vote(page: Page, product: Product) -> list[str]:
    """Vote for the first three on the paper and return their numbers."""
    citizens.open_paper(page, product, OPEN)
    boxes = page.get_by_role("checkbox")
    picked = []
    for place in range(3):
        boxes.nth(place).check()
        picked.append(boxes.nth(place).get_attribute("value") or "")
    citizens.submit(page)
    citizens.receipt_on(page)
    return picked


def tampering(change: Callable[[bytes], bytes]) -> Callable[[Route], None]:
    """Serve what the log has, a little changed."""

    def serve(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=change(answer.body()))

    return serve


def a_vote_more_for_the_first(route: Route) -> None:
    answer = route.fetch()
    board = answer.json()
    board["rows"][0]["value"] += 1
    route.fulfill(response=answer, json=board)


def votes_in(page: Page, lines: str, cell: str) -> dict[str, int]:
    """Return the votes in a table by the words in its first column."""
    found = {}
    for line in page.locator(lines).all():
        name = (line.locator("th").text_content() or "").strip()
        found[name] = int((line.locator(cell).first.text_content() or "").replace(",", ""))
    return found
