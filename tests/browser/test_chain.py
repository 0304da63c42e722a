# SPDX-License-Identifier: Apache-2.0
"""A selection from plan to result, as its people see it: staff at a desk, citizens on a phone."""

import csv
import io
import json
import time
import zipfile
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import Page, expect

from browser import citizens, staff
from chromium import PHONE, Visitors, look
from live import Product, let_time_pass

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

TITLE = "示范窗口评选（测试）"
SUNSET = "晚霞路夜间服务窗口"
RIVER, HILL = "河湾镇流动服务窗口", "青山社区服务窗口"
BY_THE_BOX = 2.0  # seconds until the ballot box has heard of a pause (issue 2, point 6)


def test_a_selection_runs_from_plan_to_result(product: Product, visitors: Visitors, tmp_path: Path):
    organiser = staff.log_in(visitors, product, "zuzhi")
    campaign = staff.draft(organiser, product, title=TITLE)
    slug = product.read("SELECT slug FROM campaigns_campaign WHERE id = ?", campaign)[0][0]
    a_launch_is_refused_with_reasons(organiser, product, campaign, visitors)
    staff.fill_in(organiser, product, campaign)
    staff.seat_jurors(organiser, product, campaign, *jurors_of(product))
    staff.launch(organiser, product, campaign)
    expect(organiser.get_by_text("活动已发布。")).to_be_visible()
    look(organiser, "staff-overview-launched")

    let_time_pass(product, slug, until="nomination")
    chen = citizens.take_phone(visitors, product, "陈晓雯")
    a_citizen_follows_and_nominates(chen, product, picture_of_a_window(tmp_path))
    reviewer = staff.log_in(visitors, product, "shenhe")
    staff.accept_nomination(reviewer, product, SUNSET)
    editor = staff.log_in(visitors, product, "bianji")
    staff.add_nominee(editor, product, campaign, name=RIVER, merits="每月走完四十二个村")
    staff.add_nominee(editor, product, campaign, name=HILL, merits="周末不打烊")

    let_time_pass(product, slug, until="voting")
    board = the_live_board(visitors, product, slug)
    a_citizen_votes_in_the_phone(chen, product)
    expect(board.locator("[data-board-total]")).to_have_text("1")
    a_citizen_votes_without_script_and_once_only(visitors, product, slug)
    expect(board.locator("[data-board-total]")).to_have_text("2")
    a_stop_by_the_supervisor_is_felt_within_two_seconds(visitors, product, campaign, slug)
    expect(board.locator("[data-board-total]")).to_have_text("3")
    assert board.evaluate("window.neverReloaded"), "the board was loaded anew"
    look(board, "citizen-board-live")

    staff.import_figures(editor, product, campaign, figures_of_the_office(tmp_path))
    let_time_pass(product, slug, until="verification")
    for number, points in ((1, 80), (2, 88)):
        staff.score(
            staff.log_in(visitors, product, f"zhuanjia{number}"), product, campaign, points=points
        )
    staff.compute(organiser, product, campaign)
    supervisor = staff.log_in(visitors, product, "jiandu")
    staff.sign(supervisor, product, campaign, note="逐项核对，未发现异常。")
    nothing_is_public_before_its_time(visitors, product, slug)

    let_time_pass(product, slug, until="publicity")
    the_proposal_is_shown_for_objections(visitors, product, slug)
    let_time_pass(product, slug, until="result")
    staff.publish(organiser, product, campaign)
    the_public_can_check_the_result(visitors, product, slug)


# --- The acts ---------------------------------------------------------------------------------


def a_launch_is_refused_with_reasons(
    page: Page, product: Product, campaign: int, visitors: Visitors
) -> None:
    visitors.expect_status(409)
    visitors.expect_status(422)
    staff.overview(page, product, campaign)
    page.get_by_role("link", name="发布活动").click()
    obstacles = page.locator(".mi-checklist")
    for reason in ("批准文件", "不收取费用", "评审专家"):
        expect(obstacles).to_contain_text(reason)
    expect(page.get_by_role("button", name="确认发布")).to_have_count(0)
    look(page, "staff-launch-refused")
    staff.overview(page, product, campaign)
    expect(page.get_by_text("5 项未通过")).to_be_visible()
    look(page, "staff-overview-draft")
    hidden = httpx.get(f"{product.url}/api/v1/campaigns", trust_env=False)
    assert TITLE not in hidden.text


def a_citizen_follows_and_nominates(page: Page, product: Product, picture: Path) -> None:
    citizens.follow(page, product)
    inside = citizens.ask_for(page, product, TITLE)
    inside.get_by_role("link", name="我要推荐").click()
    inside.get_by_label("推荐对象名称").fill(SUNSET)
    inside.get_by_label("所属单位").fill("晚霞路街道办事处（测试）")
    inside.get_by_label("推荐理由").fill(
        "每周二、周四夜间照常受理，下班以后也能办理社保和居住证，去年服务居民三千余人次。"
    )
    inside.locator("input[name=picture_1]").set_input_files(picture)
    inside.get_by_label("图片 1 的文字说明").fill("夜色里亮着灯的服务窗口")
    inside.get_by_label("我已阅读并同意").check()
    look(page, "phone-nominate")
    inside.get_by_role("button", name="提交推荐").click()
    expect(inside.get_by_text(SUNSET)).to_be_visible()
    look(page, "phone-nominated")


def the_live_board(visitors: Visitors, product: Product, slug: str) -> Page:
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{slug}/board/")
    expect(page.locator("[data-board-total]")).to_have_text("0")
    page.evaluate("window.neverReloaded = true")
    return page


def a_citizen_votes_in_the_phone(page: Page, product: Product) -> None:
    inside = citizens.ask_for(page, product, TITLE)
    inside.get_by_role("link", name="去投票").click()
    citizens.pick(inside, SUNSET, RIVER)
    look(page, "phone-paper")
    citizens.submit(inside)
    receipt = citizens.receipt_on(inside)
    look(page, "phone-receipt")
    inside.get_by_role("link", name="返回活动页面").click()
    expect(inside.get_by_text("您已投过票")).to_be_visible()
    expect(inside.get_by_role("link", name="去投票")).to_have_count(0)
    inside.get_by_role("link", name="查看回执").click()
    assert citizens.receipt_on(inside) == receipt


def a_citizen_votes_without_script_and_once_only(
    visitors: Visitors, product: Product, slug: str
) -> None:
    page = citizens.in_wechat(visitors, product, "马志强", script=False)
    citizens.open_paper(page, product, slug)
    second = page.context.new_page()  # the same paper, opened before the first was handed in
    citizens.open_paper(second, product, slug)
    citizens.pick(page, SUNSET)
    look(page, "citizen-paper-no-script")
    citizens.submit(page)
    receipt = citizens.receipt_on(page)

    citizens.pick(second, HILL)
    citizens.submit(second)
    expect(second.get_by_text("咨询时请告知代码：already_voted")).to_be_visible()
    look(second, "citizen-second-vote-refused")
    second.get_by_role("link", name="查看回执").click()
    assert citizens.receipt_on(second) == receipt


def a_stop_by_the_supervisor_is_felt_within_two_seconds(
    visitors: Visitors, product: Product, campaign: int, slug: str
) -> None:
    visitors.expect_status(503)
    page = citizens.in_wechat(visitors, product, "吴桂英")
    citizens.open_paper(page, product, slug)
    citizens.pick(page, RIVER)
    supervisor = staff.log_in(visitors, product, "jiandu")

    staff.pause(supervisor, product, campaign, reason="发现异常流量，正在核查。")
    page.wait_for_timeout(BY_THE_BOX * 1000)
    citizens.submit(page)
    expect(page.get_by_role("alert").filter(has_text="暂停")).to_be_visible()
    look(page, "citizen-paused")
    staff.resume(supervisor, product, campaign)
    resumed = time.monotonic()
    expect(page.get_by_role("button", name="提交选票")).to_be_enabled()
    page.wait_for_timeout(max(0, BY_THE_BOX - (time.monotonic() - resumed)) * 1000)
    citizens.submit(page)
    assert citizens.receipt_on(page)


def nothing_is_public_before_its_time(visitors: Visitors, product: Product, slug: str) -> None:
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{slug}/result/")
    expect(page.get_by_role("heading", name="名次与得分")).to_have_count(0)
    look(page, "citizen-result-later")


def the_proposal_is_shown_for_objections(visitors: Visitors, product: Product, slug: str) -> None:
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{slug}/result/")
    expect(page.get_by_text("正在公示，尚未生效")).to_be_visible()
    look(page, "citizen-result-proposed")


def the_public_can_check_the_result(visitors: Visitors, product: Product, slug: str) -> None:
    page = visitors.come(PHONE)
    page.goto(f"{product.url}/c/{slug}/")
    look(page, "citizen-home-over")
    page.get_by_role("link", name="查看结果").click()
    expect(page.get_by_role("heading", name="怎样计算")).to_be_visible()
    expect(page.get_by_text("公众分 × 60%").first).to_be_visible()
    look(page, "citizen-result")
    shown = _from_page(page)
    assert shown.keys() == {SUNSET, RIVER, HILL}
    assert {name: votes for name, (_, _, votes) in shown.items()} == {SUNSET: 2, RIVER: 2, HILL: 0}
    for kind, read in (("csv", _from_csv), ("xlsx", _from_xlsx), ("json", _from_json)):
        with page.expect_download() as saving:
            page.get_by_role("link", name=kind.upper()).click()
        content = Path(saving.value.path()).read_bytes()
        assert read(content) == shown, kind


# --- What they need -----------------------------------------------------------------------------


def jurors_of(product: Product) -> list[int]:
    """Return two of the sample jurors."""
    jurors = ("zhuanjia1", "zhuanjia2")
    rows = product.read("SELECT id FROM agencies_user WHERE username IN (?, ?)", *jurors)
    return [number for (number,) in rows]


def picture_of_a_window(folder: Path) -> Path:
    """Paint a lit window at night."""
    picture = Image.new("RGB", (1200, 900), "#12303d")
    picture.paste("#f4c95d", (360, 240, 840, 660))
    picture.paste("#12303d", (590, 240, 610, 660))
    picture.save(folder / "window.jpg", quality=85)
    return folder / "window.jpg"


def figures_of_the_office(folder: Path) -> Path:
    """Write the table of 业务数据 as a spreadsheet program saves it."""
    rows = [(1, SUNSET, 96), (2, RIVER, 91), (3, HILL, 88)]
    lines = [f"{number},{name},{points},好差评系统" for number, name, points in rows]
    table = folder / "figures.csv"
    table.write_text("\n".join(["编号,名称,得分,来源", *lines]), encoding="utf-8-sig")
    return table


def _from_page(page: Page) -> dict[str, tuple[int, str, int]]:
    """Return rank, score and votes of each candidate as the public reads them."""
    lines = page.get_by_role("region", name="名次与得分").locator("tbody tr")
    found = {}
    for line in lines.all():
        name = line.get_by_role("link").inner_text()
        rank, score, votes = line.get_by_role("cell").all_inner_texts()[:3]
        found[name] = (int(rank), score, int(votes.replace(",", "")))
    return found


def _from_csv(content: bytes) -> dict[str, tuple[int, str, int]]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert "编码说明.csv" in archive.namelist()
        text = archive.read("结果.csv").decode("utf-8-sig")
    rows = csv.DictReader(io.StringIO(text))
    return {row["名称"]: (int(row["名次"]), row["综合得分"], int(row["得票数"])) for row in rows}


def _from_xlsx(content: bytes) -> dict[str, tuple[int, str, int]]:
    book = load_workbook(io.BytesIO(content), read_only=True)
    assert "编码说明" in book.sheetnames
    head, *rows = book["结果"].iter_rows(values_only=True)
    lines = [dict(zip(head, row, strict=True)) for row in rows]
    return {
        line["名称"]: (line["名次"], f"{line['综合得分']:.3f}", line["得票数"]) for line in lines
    }


def _from_json(content: bytes) -> dict[str, tuple[int, str, int]]:
    told = json.loads(content)
    assert told["codebook"]
    lines = told["document"]["lines"]
    return {line["name"]: (line["rank"], line["score"], line["votes"]) for line in lines}
