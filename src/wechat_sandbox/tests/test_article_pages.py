# SPDX-License-Identifier: Apache-2.0
"""The web page of an article: reading, liking, commenting, by whichever phone is in the browser."""

from typing import Any

import pytest

from wechat_sandbox.tests.given import PRODUCT, order
from wechat_sandbox.tests.given_media import PNG, Office, given_office, path_of

pytestmark = pytest.mark.anyio


async def page_of(office: Office, **changes: Any) -> tuple[str, dict[str, Any]]:
    """Return the path of a new article's page, and what publishing told."""
    told = await office.publish("评选公告", **changes)
    return path_of(told["article_detail"]["item"][0]["article_url"]), told


def take_phone(office: Office, number: int) -> None:
    office.client.cookies.set("sandbox_phone", str(number))


async def reads(office: Office) -> int:
    told = (await office.client.get("/_sim/articles")).json()
    return told["articles"][0]["reads"]


async def test_the_page_shows_text_pictures_and_the_way_to_the_original():
    async with given_office() as office:
        url = (await office.upload("/cgi-bin/media/uploadimg", PNG))["url"]
        source = "https://www.example.gov.cn/notice"
        path, _ = await page_of(
            office, content=f'<p>正文</p><img src="{url}">', content_source_url=source
        )
        page = await office.client.get(path)
        assert page.status_code == 200
        assert "<p>正文</p>" in page.text
        assert path_of(url) in page.text
        assert (await office.client.get(f"{path}/original")).headers["location"] == source


async def test_the_products_own_page_behind_the_original_opens_in_the_phone():
    async with given_office() as office:
        path, _ = await page_of(office, content_source_url=f"{PRODUCT}/c/1/")
        take_phone(office, 3)
        location = (await office.client.get(f"{path}/original")).headers["location"]
        assert location.startswith("/web?account=sandbox&url=")


async def test_a_picture_message_shows_its_pictures():
    async with given_office() as office:
        picture = {"image_media_id": await office.picture()}
        path, _ = await page_of(
            office, article_type="newspic", image_info={"image_list": [picture] * 2}
        )
        assert (await office.client.get(path)).text.count('class="plate"') == 2


async def test_the_page_runs_no_script_and_takes_no_inline_style():
    async with given_office() as office:
        path, _ = await page_of(office, content='<p style="color:red">正文</p>')
        page = await office.client.get(path)
        assert "style=" not in page.text
        assert "script-src 'self'" in page.headers["content-security-policy"]


async def test_a_reader_counts_once_a_day():
    async with given_office() as office:
        path, _ = await page_of(office)
        for number in (1, 1, 2):
            take_phone(office, number)
            await office.client.get(path)
        assert await reads(office) == 2


async def test_a_like_counts_once_per_reader():
    async with given_office() as office:
        path, _ = await page_of(office)
        for number in (1, 1, 2):
            take_phone(office, number)
            assert (await office.client.post(f"{path}/like")).status_code == 303
        assert "点赞 <b>2</b>" in (await office.client.get(path)).text
        assert (await office.client.post(f"{path}/steal")).status_code == 404


async def test_a_comment_is_seen_by_its_writer_first_and_by_others_once_elected():
    async with given_office() as office:
        path, told = await page_of(office, need_open_comment=1)
        take_phone(office, 3)
        written = await office.client.post(f"{path}/comment", data={"content": "支持！<b>"})
        assert written.status_code == 303
        assert "支持！&lt;b&gt;" in (await office.client.get(path)).text
        take_phone(office, 4)
        assert "支持！" not in (await office.client.get(path)).text
        asked = {"msg_data_id": told["msg_data_id"], "index": 0, "user_comment_id": 1}
        assert await office.errcode("/cgi-bin/comment/markelect", **asked) == 0
        assert await office.errcode("/cgi-bin/comment/reply/add", content="感谢", **asked) == 0
        shown = (await office.client.get(path)).text
        assert "支持！" in shown
        assert "感谢" in shown


@pytest.mark.parametrize(
    ("changes", "number", "words", "told"),
    [
        ({}, 3, "您好", "该文章未开放留言"),
        ({"need_open_comment": 1, "only_fans_can_comment": 1}, 3, "您好", "请先关注"),
        ({"need_open_comment": 1}, 3, " ", "请填写留言内容"),
        ({"need_open_comment": 1}, 3, "长" * 601, "留言过长"),
        ({"need_open_comment": 1}, None, "您好", "选择一部手机"),
    ],
)
async def test_a_comment_that_is_not_taken_says_why(changes, number, words, told):
    async with given_office() as office:
        path, _ = await page_of(office, **changes)
        if number is not None:
            take_phone(office, number)
        answer = await office.client.post(f"{path}/comment", data={"content": words})
        assert answer.status_code == 409
        assert told in answer.text


async def test_followers_may_comment_where_only_they_may():
    async with given_office() as office:
        path, _ = await page_of(office, need_open_comment=1, only_fans_can_comment=1)
        await office.follow(3)
        take_phone(office, 3)
        answer = await office.client.post(f"{path}/comment", data={"content": "您好"})
        assert answer.status_code == 303


async def test_a_citizen_takes_only_their_own_comment_back():
    async with given_office() as office:
        path, told = await page_of(office, need_open_comment=1)
        take_phone(office, 3)
        await office.client.post(f"{path}/comment", data={"content": "您好"})
        take_phone(office, 4)
        await office.client.post(f"{path}/comment/1/delete")
        listed = {"msg_data_id": told["msg_data_id"], "index": 0, "begin": 0, "count": 1, "type": 0}
        assert (await office.post("/cgi-bin/comment/list", **listed))["total"] == 1
        take_phone(office, 3)
        await office.client.post(f"{path}/comment/1/delete")
        assert (await office.post("/cgi-bin/comment/list", **listed))["total"] == 0


async def test_unknown_and_deleted_pages_say_so():
    async with given_office() as office:
        assert (await office.client.get("/s/unknown")).status_code == 404
        path, told = await page_of(office)
        await office.post("/cgi-bin/freepublish/delete", article_id=told["article_id"])
        assert "已被发布者删除" in (await office.client.get(path)).text
        assert (await office.client.post(f"{path}/like")).status_code == 404


async def test_a_crowd_of_readers_can_be_ordered():
    async with given_office() as office:
        path, told = await page_of(office)
        await order(
            office.client,
            "readers/sow",
            article_id=told["article_id"],
            read_user=5_000,
            like_user=40,
            source="朋友圈",
        )
        await order(office.client, "comments/sow", article_id=told["article_id"], count=3)
        shown = (await office.client.get(path)).text
        assert "阅读 5001" in shown
        assert "点赞 <b>40</b>" in shown
