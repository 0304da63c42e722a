# SPDX-License-Identifier: Apache-2.0
"""The control room in a real Chromium: a developer steers the sandbox without a terminal."""

import shutil
import subprocess
from collections.abc import Iterator

import httpx
import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from chromium import DESK, PHONE, running_chromium
from wechat_sandbox.tests.given import SECRET
from wechat_sandbox.tests.given_media import PNG
from wechat_sandbox.tests.phone_world import (
    call_api,
    give_order,
    given_page,
    see,
    served_world,
    upload_picture,
)

pytestmark = pytest.mark.browser
PAGES = (
    "/room",
    "/room/accounts",
    "/room/citizens",
    "/room/interfaces?words=user",
    "/room/log",
    "/room/orders",
)


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[str, str]]:
    with served_world() as addresses:
        yield addresses


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def test_the_clock_is_advanced_and_says_how_far(world, chromium):
    _, sandbox = world
    before = see(sandbox, "state")["clock"]["ahead_s"]
    page = given_page(chromium, DESK)
    page.goto(f"{sandbox}/room")
    page.get_by_role("button", name="+ 2 小时").click()
    expect(page.locator("#clock")).to_contain_text("比真实时间快 2 小时")
    page.get_by_label("其他（秒）").fill("60")
    page.get_by_role("button", name="拨快", exact=True).click()
    expect(page.locator("#clock")).to_contain_text("2 小时 1 分")
    assert see(sandbox, "state")["clock"]["ahead_s"] == before + 7260
    page.context.close()


def test_a_fault_is_ordered_felt_and_seen_in_the_log(world, chromium):
    _, sandbox = world
    page = given_page(chromium, DESK)
    page.goto(f"{sandbox}/room")
    expect(page.get_by_text("没有预设的故障")).to_be_visible()
    form = page.locator("form.order[data-order=faults]")
    form.get_by_label("接口路径").select_option("/cgi-bin/token")
    form.get_by_label("错误码").fill("-1")
    form.get_by_role("button", name="预设").click()
    expect(page.locator("#faults td").first).to_have_text("/cgi-bin/token")
    credential = {"grant_type": "client_credential", **SECRET}
    told = httpx.get(f"{sandbox}/cgi-bin/token", params=credential, trust_env=False).json()
    assert told["errcode"] == -1
    expect(page.get_by_text("没有预设的故障")).to_be_visible()

    rid = told["errmsg"].rpartition("rid: ")[2]
    page.goto(f"{sandbox}/room/log")
    page.get_by_label("关键词").fill(rid)
    page.get_by_role("button", name="查询").click()
    line = page.locator(".entry")
    expect(line).to_have_count(1)
    line.locator("summary").click()
    expect(line.locator("dl")).to_contain_text(rid)
    expect(line.locator("dl")).not_to_contain_text(SECRET["secret"])
    page.context.close()


def test_a_refused_order_says_why(world, chromium):
    _, sandbox = world
    page = given_page(chromium, DESK)
    page.goto(f"{sandbox}/room/orders")
    card = page.locator("#o-text")
    card.locator("summary").first.click()
    card.get_by_label("市民编号").fill("99")
    card.get_by_role("button", name="执行").click()
    expect(card.locator("output")).to_contain_text("not_following")
    page.context.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl found")
def test_the_command_shown_is_the_command_given(world, chromium):
    _, sandbox = world
    page = given_page(chromium, DESK)
    page.goto(f"{sandbox}/room/orders")
    card = page.locator("#o-follow")
    card.locator("summary").first.click()
    card.get_by_label("市民编号").fill("77")
    card.get_by_label("场景值").fill("it's a hall")
    card.locator("summary", has_text="curl").click()
    command = card.locator("[data-command]").inner_text()
    # The page promises that a shell takes it.
    told = subprocess.run(
        f"{command} -s --noproxy '*'", shell=True, capture_output=True, text=True, check=True
    )
    assert '"attempts"' in told.stdout
    found = see(sandbox, "relation", citizen=77)
    assert found["following"] is True
    page.context.close()


def test_a_job_that_waits_is_decided_here(world, chromium):
    _, sandbox = world
    give_order(sandbox, "jobs/delay", kind="publish", seconds=None)
    article = {
        "title": "评选公告",
        "content": "<p>公告</p>",
        "thumb_media_id": upload_picture(sandbox, PNG),
    }
    draft = call_api(sandbox, "/cgi-bin/draft/add", articles=[article])
    page = given_page(chromium, DESK)
    page.goto(f"{sandbox}/room")
    expect(page.get_by_text("没有等待中的任务")).to_be_visible()
    call_api(sandbox, "/cgi-bin/freepublish/submit", media_id=draft["media_id"])
    job = page.locator("#jobs li", has_text="评选公告")
    expect(job).to_contain_text("等待人工决定")
    job.get_by_role("button", name="不通过").click()
    expect(page.get_by_text("没有等待中的任务")).to_be_visible()
    assert see(sandbox, "jobs")["publishes"][0]["status"] == 4
    page.context.close()


def test_a_citizen_is_found_follows_and_their_phone_opens(world, chromium):
    _, sandbox = world
    page = given_page(chromium, DESK)
    page.goto(f"{sandbox}/room/citizens")
    page.get_by_label("编号、姓名或 OpenID").fill("韦国栋")
    page.get_by_role("button", name="查询").click()
    rows = page.locator("#citizens tbody tr")
    expect(rows).to_have_count(1)
    rows.get_by_role("button", name="关注", exact=True).click()
    expect(rows).to_contain_text("已关注")
    with page.context.expect_page() as opened:
        rows.get_by_role("button", name="打开手机").click()
    phone = opened.value
    expect(phone.locator("#phone").get_by_text("青禾政务服务（示例）")).to_be_visible()
    page.context.close()


def test_what_one_is_typing_survives_the_refresh(world, chromium):
    _, sandbox = world
    page = given_page(chromium, DESK)
    page.goto(f"{sandbox}/room")
    form = page.locator("form.order[data-order=faults]")
    form.get_by_label("延迟").fill("250")
    with page.expect_response(f"{sandbox}/room"):
        pass
    expect(form.get_by_label("延迟")).to_have_value("250")
    page.context.close()


@pytest.mark.parametrize("size", [DESK, PHONE])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_and_nothing_is_cut_off(world, chromium, size, path):
    _, sandbox = world
    page = given_page(chromium, size)
    page.goto(f"{sandbox}{path}")
    found = Axe().run(page)["violations"]
    assert [f"{rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in found] == []
    wide, seen = page.locator("html").evaluate("it => [it.scrollWidth, it.clientWidth]")
    assert wide <= seen
    page.context.close()
