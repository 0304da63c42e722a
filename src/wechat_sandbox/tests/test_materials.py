# SPDX-License-Identifier: Apache-2.0
"""Files as WeChat takes, checks, keeps and returns them."""

import json

import pytest

from wechat_sandbox.press import library
from wechat_sandbox.press.media_checks import KIB, MIB
from wechat_sandbox.tests.given import advance
from wechat_sandbox.tests.given_media import (
    JPEG,
    MP3,
    MP4,
    PNG,
    amr,
    given_office,
    mp3,
    path_of,
    png,
    token_of,
    wav,
)

pytestmark = pytest.mark.anyio
TEMPORARY, PERMANENT = "/cgi-bin/media/upload", "/cgi-bin/material/add_material"


async def test_a_temporary_file_comes_back_byte_for_byte():
    async with given_office() as office:
        told = await office.upload(TEMPORARY, PNG, "窗口.png", type="image")
        assert told["type"] == "image"
        file = await office.get("/cgi-bin/media/get", media_id=told["media_id"])
        assert (file.content, file.headers["content-type"]) == (PNG, "image/png")


async def test_a_temporary_file_is_gone_after_three_days():
    async with given_office() as office:
        told = await office.upload(TEMPORARY, PNG, type="image")
        await advance(office.client, 3 * 86_400 - 1)
        office.token = await token_of(office.client, office.account)
        assert (await office.get("/cgi-bin/media/get", media_id=told["media_id"])).content == PNG
        await advance(office.client, 1)
        answer = await office.get("/cgi-bin/media/get", media_id=told["media_id"])
        assert answer["errcode"] == 40007


async def test_a_video_is_given_as_an_address():
    async with given_office() as office:
        told = await office.upload(TEMPORARY, MP4, "a.mp4", type="video")
        answer = await office.get("/cgi-bin/media/get", media_id=told["media_id"])
        assert (await office.client.get(path_of(answer["video_url"]))).content == MP4


async def test_a_voice_is_also_given_for_the_js_sdk():
    async with given_office() as office:
        told = await office.upload(TEMPORARY, amr(1), "a.amr", type="voice")
        file = await office.get("/cgi-bin/media/get/jssdk", media_id=told["media_id"])
        assert file.content == amr(1)
        picture = await office.upload(TEMPORARY, PNG, type="image")
        answer = await office.get("/cgi-bin/media/get/jssdk", media_id=picture["media_id"])
        assert answer["errcode"] == 40007


@pytest.mark.parametrize(
    ("path", "kind", "body", "code"),
    [
        (TEMPORARY, "picture", PNG, 40004),
        (TEMPORARY, "image", b"", 41005),
        (TEMPORARY, "image", b"<svg/>", 40005),
        (TEMPORARY, "image", MP4, 40005),
        (TEMPORARY, "image", b"BM" + b"\x00" * 64, 40005),
        (PERMANENT, "image", b"BM" + b"\x00" * 64, 0),
        (TEMPORARY, "image", png(padding=10 * MIB), 40009),
        (TEMPORARY, "voice", wav(1), 40005),
        (PERMANENT, "voice", wav(1), 0),
        (PERMANENT, "voice", wav(61), 40006),
        (TEMPORARY, "voice", MP3, 0),
        (TEMPORARY, "voice", mp3(60), 0),
        (TEMPORARY, "voice", mp3(61), 40006),
        (TEMPORARY, "voice", amr(60), 0),
        (TEMPORARY, "voice", amr(61), 40006),
        (TEMPORARY, "voice", MP3 + b"\x00" * 2 * MIB, 40006),
        (TEMPORARY, "video", MP4 + b"\x00" * 10 * MIB, 40006),
        (TEMPORARY, "thumb", PNG, 40005),
        (TEMPORARY, "thumb", JPEG, 0),
        (TEMPORARY, "thumb", JPEG + b"\x00" * 64 * KIB, 40006),
    ],
)
async def test_kind_format_size_and_length_are_checked(path, kind, body, code):
    async with given_office() as office:
        answer = await office.upload(path, body, "file", type=kind)
        assert answer.get("errcode", 0) == code


async def test_a_call_without_a_file_is_refused():
    async with given_office() as office:
        answer = await office.client.post(
            TEMPORARY,
            params={"access_token": office.token, "type": "image"},
            files={"other": ("a.png", PNG)},
        )
        assert answer.json()["errcode"] == 41005


async def test_a_temporary_thumb_is_named_as_documented_and_as_sent():
    async with given_office() as office:
        told = await office.upload(TEMPORARY, JPEG, "a.jpg", type="thumb")
        assert told["thumb_media_id"] == told["media_id"]


async def test_a_permanent_picture_stays_and_has_an_address():
    async with given_office() as office:
        told = await office.upload(PERMANENT, PNG, "窗口.png", type="image")
        await advance(office.client, 40 * 86_400)
        office.token = await token_of(office.client, office.account)
        file = await office.post("/cgi-bin/material/get_material", media_id=told["media_id"])
        assert file.content == PNG
        assert (await office.client.get(path_of(told["url"]))).content == PNG


async def test_a_permanent_video_needs_a_title_and_tells_it():
    async with given_office() as office:
        refused = await office.upload(PERMANENT, MP4, "a.mp4", type="video")
        assert refused["errcode"] == 40097
        described = json.dumps({"title": "办事指南", "introduction": "三分钟看懂"})
        told = await office.upload(PERMANENT, MP4, "a.mp4", type="video", description=described)
        answer = await office.post("/cgi-bin/material/get_material", media_id=told["media_id"])
        assert (answer["title"], answer["description"]) == ("办事指南", "三分钟看懂")
        assert (await office.client.get(path_of(answer["down_url"]))).content == MP4


async def test_a_deleted_file_is_unknown_and_its_address_still_shows_it():
    async with given_office() as office:
        told = await office.upload(PERMANENT, PNG, type="image")
        media_id = told["media_id"]
        assert await office.errcode("/cgi-bin/material/del_material", media_id=media_id) == 0
        for path in ("get_material", "del_material"):
            assert await office.errcode(f"/cgi-bin/material/{path}", media_id=media_id) == 40007
        assert (await office.client.get(path_of(told["url"]))).status_code == 200


async def test_a_file_in_the_menu_is_not_deleted():
    async with given_office() as office:
        media_id = await office.picture()
        button = {"type": "media_id", "name": "导览", "media_id": media_id}
        assert await office.errcode("/cgi-bin/menu/create", button=[button]) == 0
        path = "/cgi-bin/material/del_material"
        assert await office.errcode(path, media_id=media_id) == 48005
        await office.get("/cgi-bin/menu/delete")
        assert await office.errcode(path, media_id=media_id) == 0


async def test_a_temporary_id_is_no_permanent_one():
    async with given_office() as office:
        told = await office.upload(TEMPORARY, PNG, type="image")
        path = "/cgi-bin/material/get_material"
        assert await office.errcode(path, media_id=told["media_id"]) == 40007


async def test_files_are_counted_and_listed_newest_first():
    async with given_office() as office:
        for name in ("a.png", "b.png", "c.png"):
            await office.upload(PERMANENT, PNG, name, type="image")
        await office.upload(PERMANENT, amr(1), "a.amr", type="voice")
        counts = await office.get("/cgi-bin/material/get_materialcount")
        assert counts == {"voice_count": 1, "video_count": 0, "image_count": 3, "news_count": 0}
        path = "/cgi-bin/material/batchget_material"
        told = await office.post(path, type="image", offset=1, count=2)
        assert (told["total_count"], told["item_count"]) == (3, 2)
        assert [item["name"] for item in told["item"]] == ["b.png", "a.png"]
        assert "url" in told["item"][0]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"type": "image", "offset": 0, "count": 21}, 40097),
        ({"type": "image", "offset": 0, "count": 0}, 40097),
        ({"type": "image", "offset": -1, "count": 1}, 40097),
        ({"type": "film", "offset": 0, "count": 1}, 40004),
    ],
)
async def test_a_list_has_its_bounds(asked, code):
    async with given_office() as office:
        assert await office.errcode("/cgi-bin/material/batchget_material", **asked) == code


async def test_a_full_library_takes_no_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(library.CAPS, "voice", 1)
    async with given_office() as office:
        await office.upload(PERMANENT, amr(1), "a.amr", type="voice")
        refused = await office.upload(PERMANENT, amr(1), "b.amr", type="voice")
        assert refused["errcode"] == 45034


async def test_a_picture_for_article_bodies_needs_no_place_in_the_library():
    async with given_office() as office:
        told = await office.upload("/cgi-bin/media/uploadimg", PNG)
        assert (await office.client.get(path_of(told["url"]))).content == PNG
        counts = await office.get("/cgi-bin/material/get_materialcount")
        assert counts["image_count"] == 0
        too_large = await office.upload("/cgi-bin/media/uploadimg", png(padding=MIB))
        assert too_large["errcode"] == 40009
        gif = await office.upload("/cgi-bin/media/uploadimg", b"GIF89a" + b"\x00" * 32)
        assert gif["errcode"] == 40005
