# SPDX-License-Identifier: Apache-2.0
"""The page of an article in a real Chromium: for every reader, and without script."""

from collections.abc import Iterator

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from chromium import DESK, PHONE, running_chromium
from wechat_sandbox.tests.given_media import PNG
from wechat_sandbox.tests.phone_world import (
    call_api,
    give_order,
    given_page,
    served_world,
    take_phone,
    upload_picture,
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[str, str]]:
    with served_world() as addresses:
        yield addresses


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def given_article(sandbox: str) -> str:
    """Publish an article with a picture, a table and comments; return its address."""
    picture = {"image_media_id": upload_picture(sandbox, PNG)}
    article = {
        "article_type": "newspic",
        "title": "政务大厅掠影",
        "content": "<h2>一、时间</h2><table><tr><th>阶段</th><td>投票</td></tr></table>",
        "content_source_url": "https://www.example.gov.cn/notice",
        "need_open_comment": 1,
        "image_info": {"image_list": [picture]},
    }
    draft = call_api(sandbox, "/cgi-bin/draft/add", articles=[article])
    queued = call_api(sandbox, "/cgi-bin/freepublish/submit", media_id=draft["media_id"])
    publish_id = queued["publish_id"]
    give_order(sandbox, "publish/approve", publish_id=publish_id)
    told = call_api(sandbox, "/cgi-bin/freepublish/get", publish_id=publish_id)
    give_order(sandbox, "comments/sow", article_id=told["article_id"], count=2)
    elected = {"msg_data_id": queued["msg_data_id"], "index": 0, "user_comment_id": 1}
    call_api(sandbox, "/cgi-bin/comment/markelect", **elected)
    return str(told["article_detail"]["item"][0]["article_url"])


@pytest.mark.parametrize("size", [PHONE, DESK])
def test_axe_finds_nothing_to_object_to(world, chromium, size):
    _, sandbox = world
    url = given_article(sandbox)
    page = given_page(chromium, size)
    page.goto(url)
    expect(page.get_by_text("很好的活动")).to_be_visible()
    assert objections(page) == []
    take_phone(page, sandbox, "周子墨")
    for address in (url, f"{sandbox}/s/unknown"):
        page.goto(address)
        assert objections(page) == []
    page.context.close()


def test_reading_liking_and_commenting_need_no_script_and_no_mouse(world, chromium):
    _, sandbox = world
    url = given_article(sandbox)
    page = given_page(chromium, PHONE, script=False)
    take_phone(page, sandbox, "赵德明")
    page.goto(url)
    page.get_by_role("button", name="点赞").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="点赞 1")).to_have_attribute("aria-pressed", "true")
    page.get_by_label("写留言").fill("大厅很亮堂")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("仅自己可见")).to_be_visible()
    page.get_by_role("button", name="删除我的留言").click()
    expect(page.get_by_text("大厅很亮堂")).to_have_count(0)
    page.context.close()


def objections(page: Page) -> list[str]:
    found = Axe().run(page)["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]
