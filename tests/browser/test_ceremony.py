# SPDX-License-Identifier: Apache-2.0
"""A vote with hidden choices from its close to a certificate, and on to a court: nobody is asked
to take the office's word for anything."""

import os
import re
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from browser import citizens, staff
from browser.test_reach import grave_barriers, sideways
from chromium import DESK, Visitors, look
from live import Product, let_time_pass

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

SLUG = "community-services"
FIRST, SECOND, THIRD = "晨光社区便民服务站", "柳岸便民服务中心", "东坡村便民服务点"
VOTERS = {"陈晓雯": (FIRST, SECOND), "马志强": (FIRST,), "吴桂英": (FIRST, THIRD)}
VERIFIED = "已核对：您的选票在公开账本里"
FACTS = "公示材料写明周末照常受理，本人上周六前往时大门紧闭，现场照片可以核对。"
REPLY = "经调取值班记录核实，当日因停电临时闭门，已张贴告示，事迹材料属实。"


def test_a_sealed_vote_goes_from_its_close_to_a_certificate_and_to_court(
    product: Product, visitors: Visitors, tmp_path: Path
):
    ((campaign,),) = product.read("SELECT id FROM campaigns_campaign WHERE slug = ?", SLUG)
    the_candidates_are_named(visitors, product, campaign)
    let_time_pass(product, SLUG, until="voting")
    voter, *_others = [a_citizen_votes(visitors, product, name) for name in VOTERS]

    let_time_pass(product, SLUG, until="verification")
    organiser = staff.log_in(visitors, product, "zuzhi")
    two_trustees_open_it(organiser, visitors, product, campaign)
    the_voter_sees_the_own_choice_opened(voter, product)
    anybody_counts_it_again(voter, product)
    staff.compute(organiser, product, campaign)
    supervisor = staff.log_in(visitors, product, "jiandu")
    the_supervisor_checks_the_log_and_draws_a_sample(supervisor, product, campaign)
    staff.sign(supervisor, product, campaign, note="账本核验通过，抽查未见异常。")

    let_time_pass(product, SLUG, until="publicity")
    number = a_citizen_objects_with_a_picture(voter, product, a_picture(tmp_path))
    it_is_decided_over_two_desks(visitors, product, number)
    the_objector_reads_the_answer(voter, product)
    let_time_pass(product, SLUG, until="result")
    staff.publish(organiser, product, campaign)
    a_certificate_is_given_and_checked(organiser, voter, product, campaign)
    a_court_checks_it_all_offline(visitors, supervisor, product, campaign, tmp_path)


# --- The acts ---------------------------------------------------------------------------------


def the_candidates_are_named(visitors: Visitors, product: Product, campaign: int) -> None:
    editor = staff.log_in(visitors, product, "bianji")
    for name in (FIRST, SECOND, THIRD):
        staff.add_nominee(editor, product, campaign, name=name, merits="周末照常受理")


def a_citizen_votes(visitors: Visitors, product: Product, name: str) -> Page:
    """Vote; the phone checks by itself that the sealed ballot is in the log."""
    page = citizens.in_wechat(visitors, product, name)
    citizens.open_paper(page, product, SLUG)
    citizens.pick(page, *VOTERS[name])
    citizens.submit(page)
    assert citizens.receipt_on(page)
    expect(page.get_by_text(VERIFIED)).to_be_visible()
    expect(page.get_by_text("您的选择已加密封存")).to_be_visible()
    return page


def two_trustees_open_it(page: Page, visitors: Visitors, product: Product, campaign: int) -> None:
    """Two of the three enter what stands on their sheets; a slip of the pen is told and kept."""
    visitors.expect_status(422)
    visitors.expect_status(409)  # while the log takes in the last ballots
    sheets = (product.var / "sample-shares" / f"{SLUG}.txt").read_text().split()
    page.goto(f"{product.url}/staff/campaigns/trustees/{campaign}/")
    opening = page.get_by_role("region", name="开封", exact=True)
    shares = opening.get_by_label("份额", exact=True)
    shares.nth(0).fill(sheets[0])
    shares.nth(1).fill(sheets[2][:-1] + ("A" if sheets[2][-1] != "A" else "B"))
    opening.get_by_role("button", name="开封选票").click()
    expect(page.get_by_role("alert").filter(has_text="份额填写有误")).to_be_visible()
    expect(shares.nth(0)).to_have_value(sheets[0])
    look(page, "ceremony-slip")
    shares.nth(1).fill(sheets[2].lower())
    for _again in range(30):
        with page.expect_navigation():
            opening.get_by_role("button", name="开封选票").click()
        if page.get_by_role("alert").filter(has_text="账本正在封账").count() == 0:
            break
        page.wait_for_timeout(1000)
    expect(page.get_by_text("选票已由")).to_be_visible()
    expect(page.get_by_text("选票已经开封", exact=True)).to_be_visible()
    look(page, "ceremony-opened")
    assert grave_barriers(page) == set()


def the_voter_sees_the_own_choice_opened(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/c/{SLUG}/ballot/")
    expect(page.get_by_text("打开后的选择与您提交的完全一致")).to_be_visible()
    look(page, "ceremony-receipt-opened")


def anybody_counts_it_again(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/c/{SLUG}/verify/")
    page.get_by_role("button", name="在本页重新计票").click()
    expect(page.get_by_text("与公布的票数完全一致")).to_be_visible()
    expect(page.locator("[data-recount] tbody tr").first).to_contain_text("3")


def the_supervisor_checks_the_log_and_draws_a_sample(
    page: Page, product: Product, campaign: int
) -> None:
    page.goto(f"{product.url}/staff/supervision/{campaign}/")
    page.get_by_role("button", name="现在核验").click()
    expect(page.get_by_text("核验通过")).to_be_visible()
    page.get_by_label("抽查张数").fill("10")
    page.get_by_role("button", name="抽取并核对").click()
    drawn = page.locator("#sample-panel tbody tr").first
    expect(drawn.get_by_role("link")).to_be_visible()
    expect(drawn.get_by_role("progressbar")).to_have_count(0)
    look(page, "ceremony-room")
    assert grave_barriers(page) == set()


def a_citizen_objects_with_a_picture(page: Page, product: Product, picture: Path) -> str:
    page.goto(f"{product.url}/c/{SLUG}/result/")
    expect(page.get_by_text("正在公示，尚未生效")).to_be_visible()
    page.get_by_role("link", name="提出异议").click()
    page.get_by_label("候选对象的资格或者事迹").check()
    page.get_by_label("候选对象 （对候选对象有异议时必填）").select_option(index=1)
    page.get_by_label("事实和理由").fill(FACTS)
    page.locator("input[name=picture_1]").set_input_files(picture)
    page.get_by_label("真实姓名").fill("陈晓雯（示例）")
    page.get_by_label("联系电话").fill("0990-00003")
    page.get_by_label("我已阅读并同意").check()
    look(page, "ceremony-objection-form")
    page.get_by_role("button", name="提交异议").click()
    expect(page.get_by_text("已收到您的异议")).to_be_visible()
    return re.findall(r"异议第 (\d+) 号", page.content())[0]


def it_is_decided_over_two_desks(visitors: Visitors, product: Product, number: str) -> None:
    """The first screen leads each of the two to what waits for them."""
    worker = staff.log_in(visitors, product, "jingban")
    _the_duty(worker, "份异议等待您办理").get_by_role("link").click()
    worker.get_by_role("link", name=f"异议第 {number} 号").click()
    proof = worker.get_by_role("img", name="图片").or_(worker.get_by_role("link", name="图片"))
    expect(proof.first).to_be_visible()
    worker.get_by_role("button", name="受理").click()
    worker.get_by_label("异议不成立").check()
    worker.get_by_label("给异议人的答复").fill(REPLY)
    worker.get_by_role("button", name="提交复核").click()
    expect(worker.get_by_text("等待另一位有复核权限的人员复核")).to_be_visible()
    leader = staff.log_in(visitors, product, "lingdao")
    _the_duty(leader, "份异议等待您复核").get_by_role("link").click()
    leader.get_by_role("link", name=f"异议第 {number} 号").click()
    look(leader, "ceremony-objection-desk")
    leader.get_by_role("button", name="同意，办结并答复").click()
    expect(leader.get_by_text("已办结，并已答复异议人。")).to_be_visible()


def the_objector_reads_the_answer(page: Page, product: Product) -> None:
    page.goto(f"{product.url}/c/{SLUG}/objections/")
    expect(page.get_by_text(REPLY)).to_be_visible()
    assert sideways(page) == 0
    look(page, "ceremony-objection-answered")


def a_certificate_is_given_and_checked(
    desk: Page, phone: Page, product: Product, campaign: int
) -> None:
    desk.goto(f"{product.url}/staff/certificates/{campaign}/")
    desk.get_by_role("button", name=re.compile(r"颁发 \d+ 份证书")).click()
    expect(desk.get_by_text("已颁发。")).to_be_visible()
    look(desk, "ceremony-certificates")
    ((code,),) = product.read(
        "SELECT code FROM campaigns_certificate WHERE campaign_id = ? AND recipient = ?",
        campaign,
        FIRST,
    )
    phone.goto(f"{product.url}/certificates/")
    phone.get_by_label("核验码").fill(code)
    phone.get_by_role("button", name="核验").click()
    expect(phone.get_by_text("证书有效")).to_be_visible()
    expect(phone.get_by_role("definition").filter(has_text=FIRST)).to_be_visible()
    phone.wait_for_load_state("load")  # its picture included
    look(phone, "ceremony-certificate")


def a_court_checks_it_all_offline(
    visitors: Visitors, desk: Page, product: Product, campaign: int, folder: Path
) -> None:
    """The key is that of the notice; everything else comes out of the one file."""
    desk.goto(f"{product.url}/staff/results/{campaign}/")
    with desk.expect_download() as saving:
        desk.get_by_role("button", name="制作并下载").click()
    archive = Path(saving.value.path()).rename(folder / "evidence.zip")
    opened = folder / "opened"
    with ZipFile(archive) as file:
        file.extractall(opened)
    vkey = desk.request.get(f"{product.url}/ledger/{SLUG}/vkey").text().strip()
    _run(sys.executable, "verifier/votelog.pyz", "evidence", ".", "--vkey", vkey, within=opened)
    page = visitors.come(DESK)
    page.goto((opened / "verify.html").as_uri())
    page.get_by_label("一、选择证据包").set_input_files(archive)
    page.get_by_label("二、填写主办单位").fill(vkey)
    page.get_by_role("button", name="开始核验").click()
    expect(page.get_by_text("核验通过：文件没有改动，重新计票与账本一致")).to_be_visible()
    expect(page.get_by_role("row", name=re.compile(f"{FIRST} 3"))).to_be_visible()
    acts = page.locator("[data-part=acts]")
    for said in ("公布密钥", "抽查结果", "监督人员签署结果", "异议不成立", "评选结果"):
        expect(acts).to_contain_text(said)
    assert not re.findall(r"[a-z]+_[a-z_]+", acts.inner_text()), "codes where words belong"
    look(page, "ceremony-evidence")


# --- What they need -----------------------------------------------------------------------------


def a_picture(folder: Path) -> Path:
    Image.new("RGB", (900, 1200), "#5a4632").save(folder / "door.jpg", quality=85)
    return folder / "door.jpg"


def _the_duty(page: Page, words: str):
    title = "优秀便民服务中心评议"
    return page.locator(".mi-home__duty").filter(has_text=title).filter(has_text=words)


def _run(*command: str, within: Path) -> None:
    """Run a verifier as somebody who has neither our packages nor our settings."""
    bare = {name: os.environ[name] for name in ("PATH",)}
    told = subprocess.run(
        command, cwd=within, env=bare, capture_output=True, text=True, check=False, timeout=60
    )
    assert told.returncode == 0, told.stdout + told.stderr
