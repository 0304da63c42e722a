# SPDX-License-Identifier: Apache-2.0
"""The draft box and the limits of an article."""

import pytest

from wechat_sandbox.tests.given import given_account
from wechat_sandbox.tests.given_media import JPEG, PNG, amr, given_office, path_of, token_of

pytestmark = pytest.mark.anyio
ADD = "/cgi-bin/draft/add"
CROP = {"ratio": "1_1", "x1": "0", "y1": "0", "x2": "1", "y2": "1"}


async def test_a_draft_comes_back_as_it_was_written():
    async with given_office() as office:
        media_id = await office.draft("一号公告", "二号公告", author="政务办")
        told = await office.post("/cgi-bin/draft/get", media_id=media_id)
        assert [item["title"] for item in told["news_item"]] == ["一号公告", "二号公告"]
        first = told["news_item"][0]
        assert (first["author"], first["content"]) == ("政务办", "<p>一号公告的正文。</p>")
        assert (await office.client.get(path_of(first["thumb_url"]))).content == PNG


async def test_the_digest_is_the_beginning_of_the_text_unless_given():
    async with given_office() as office:
        media_id = await office.draft(content=f"<p>{'办' * 60}</p>")
        told = await office.post("/cgi-bin/draft/get", media_id=media_id)
        assert told["news_item"][0]["digest"] == "办" * 54
        media_id = await office.draft(digest="摘要")
        told = await office.post("/cgi-bin/draft/get", media_id=media_id)
        assert told["news_item"][0]["digest"] == "摘要"


async def test_scripts_and_foreign_pictures_do_not_survive():
    async with given_office() as office:
        url = (await office.upload("/cgi-bin/media/uploadimg", PNG))["url"]
        content = (
            f'<p onclick="x()">正文<script>alert(1)</script></p><img src="{url}">'
            '<img src="https://example.org/a.png"><iframe src="https://example.org"></iframe>'
            '<a href="javascript:x()">链接</a>'
        )
        media_id = await office.draft(content=content)
        told = await office.post("/cgi-bin/draft/get", media_id=media_id)
        kept = told["news_item"][0]["content"]
        assert kept == f'<p>正文</p><img src="{url}"><a>链接</a>'.replace("&", "&amp;")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"title": "题" * 32}, 0),
        ({"title": "题" * 33}, 45003),
        ({"title": ""}, 45003),
        ({"author": "作" * 16}, 0),
        ({"author": "作" * 17}, 45110),
        ({"digest": "摘" * 128}, 0),
        ({"digest": "摘" * 129}, 45004),
        ({"content": "字" * 19_999}, 0),
        ({"content": "字" * 20_000}, 45002),
        ({"content": ""}, 45166),
        ({"content": "<script>x</script>"}, 45166),
        ({"content": 7}, 45166),
        ({"content_source_url": "https://www.gov.cn/a"}, 0),
        ({"content_source_url": "ftp://www.gov.cn/a"}, 41039),
        ({"content_source_url": "不是地址"}, 41039),
        ({"content_source_url": "https://www.gov.cn/" + "a" * 1024}, 41039),
        ({"thumb_media_id": ""}, 40007),
        ({"thumb_media_id": "unknown"}, 40007),
        ({"pic_crop_235_1": "0_0_1_0.5"}, 0),
        ({"pic_crop_235_1": "0_0_2_0.5"}, 53402),
        (
            {
                "cover_info": {
                    "crop_percent_list": [
                        {"ratio": "1_1", "x1": "0", "y1": "0", "x2": "1", "y2": "1"}
                    ]
                }
            },
            0,
        ),
        ({"cover_info": {"crop_percent_list": [{"ratio": "3_1"}]}}, 53402),
        ({"product_info": {"footer_product_info": {"product_key": "x"}}}, 53406),
        ({"article_type": "poem"}, 40097),
        ({"need_open_comment": 2}, 40097),
    ],
)
async def test_each_field_has_its_limit(changes, code):
    async with given_office() as office:
        article = {
            "title": "公告",
            "content": "<p>正文</p>",
            "thumb_media_id": await office.picture(),
            **changes,
        }
        assert await office.errcode(ADD, articles=[article]) == code


async def test_a_cover_must_be_a_permanent_picture():
    async with given_office() as office:
        temporary = await office.upload("/cgi-bin/media/upload", JPEG, type="thumb")
        voice = await office.upload("/cgi-bin/material/add_material", amr(1), type="voice")
        for media_id in (temporary["media_id"], voice["media_id"]):
            article = {"title": "公告", "content": "正文", "thumb_media_id": media_id}
            assert await office.errcode(ADD, articles=[article]) == 40007


async def test_a_draft_has_one_to_eight_articles():
    async with given_office() as office:
        article = {"title": "公告", "content": "正文", "thumb_media_id": await office.picture()}
        assert await office.errcode(ADD, articles=[]) == 44003
        assert await office.errcode(ADD, articles=[article] * 8) == 0
        assert await office.errcode(ADD, articles=[article] * 9) == 45008


async def test_comments_need_the_privilege():
    async with given_office(lacking_abilities=("comments",)) as office:
        article = {"title": "公告", "content": "正文", "thumb_media_id": await office.picture()}
        assert await office.errcode(ADD, articles=[{**article, "need_open_comment": 1}]) == 88000
        assert await office.errcode(ADD, articles=[article]) == 0


async def test_a_picture_message_has_up_to_twenty_pictures_of_the_library():
    async with given_office() as office:
        picture = {"image_media_id": await office.picture()}
        article = {"article_type": "newspic", "title": "掠影", "content": "说明"}

        async def code(*pictures: dict[str, str]) -> int:
            asked = [{**article, "image_info": {"image_list": list(pictures)}}]
            return await office.errcode(ADD, articles=asked)

        assert await code(picture) == 0
        assert await code(*[picture] * 20) == 0
        assert await code(*[picture] * 21) == 40097
        assert await code() == 40097
        assert await code({"image_media_id": "unknown"}) == 40007


async def test_an_update_counts_from_zero():
    async with given_office() as office:
        media_id = await office.draft("一", "二")
        article = {"title": "改", "content": "正文", "thumb_media_id": await office.picture()}
        path = "/cgi-bin/draft/update"
        asked = {"media_id": media_id, "articles": article}
        assert await office.errcode(path, index=0, **asked) == 0
        assert await office.errcode(path, index=2, **asked) == 40114
        assert await office.errcode(path, index=-1, **asked) == 40114
        told = await office.post("/cgi-bin/draft/get", media_id=media_id)
        assert [item["title"] for item in told["news_item"]] == ["改", "二"]


async def test_drafts_are_counted_listed_and_deleted():
    async with given_office() as office:
        first, second = await office.draft("一"), await office.draft("二")
        assert await office.get("/cgi-bin/draft/count") == {"total_count": 2}
        told = await office.post("/cgi-bin/draft/batchget", offset=0, count=1, no_content=1)
        assert (told["total_count"], told["item_count"]) == (2, 1)
        assert told["item"][0]["media_id"] == second
        assert told["item"][0]["content"]["news_item"][0]["content"] == ""
        assert await office.errcode("/cgi-bin/draft/delete", media_id=first) == 0
        assert await office.errcode("/cgi-bin/draft/get", media_id=first) == 40007
        assert await office.errcode("/cgi-bin/draft/batchget", offset=0, count=21) == 40097


async def test_the_draft_box_is_switched_on():
    async with given_office() as office:
        answer = await office.client.post(
            "/cgi-bin/draft/switch", params={"access_token": office.token, "checkonly": 1}
        )
        assert answer.json()["is_open"] == 1


async def test_a_draft_has_a_preview_page_that_counts_nobody():
    async with given_office() as office:
        media_id = await office.draft("评选公告")
        told = await office.post("/cgi-bin/draft/get", media_id=media_id)
        page = await office.client.get(path_of(told["news_item"][0]["url"]))
        assert "评选公告的正文" in page.text
        assert "临时预览" in page.text
        assert "写留言" not in page.text


async def test_another_accounts_ids_are_unknown():
    other = given_account(
        slug="other", appid="wx0000000000000009", original_id="gh_9", mode="plain"
    )
    async with given_office(others=(other,)) as office:
        media_id = await office.draft()
        office.token = await token_of(office.client, other)
        assert await office.errcode("/cgi-bin/draft/get", media_id=media_id) == 40007
