# SPDX-License-Identifier: Apache-2.0
"""Followers, remarks, the black list and tags as WeChat's documentation describes them."""

import pytest

from wechat_sandbox.tests.given import order
from wechat_sandbox.tests.given_media import given_office

pytestmark = pytest.mark.anyio
TAG = "/cgi-bin/tags/members/batchtagging"


async def test_the_list_of_followers_is_in_the_order_they_came_and_can_be_continued():
    async with given_office() as office:
        await office.follow(3, 1, 2)
        told = await office.get("/cgi-bin/user/get")
        openids = [office.openid(number) for number in (3, 1, 2)]
        assert told == {
            "total": 3,
            "count": 3,
            "data": {"openid": openids},
            "next_openid": openids[-1],
        }
        rest = await office.get("/cgi-bin/user/get", next_openid=openids[0])
        assert rest["data"]["openid"] == openids[1:]
        end = await office.get("/cgi-bin/user/get", next_openid=openids[-1])
        assert end == {"total": 3, "count": 0, "next_openid": ""}
        wrong = await office.get("/cgi-bin/user/get", next_openid=office.openid(9))
        assert wrong["errcode"] == 40003


async def test_many_are_described_at_once_strangers_only_by_openid():
    async with given_office() as office:
        await office.follow(1)
        asked = [{"openid": office.openid(1), "lang": "en"}, {"openid": office.openid(2)}]
        told = await office.post("/cgi-bin/user/info/batchget", user_list=asked)
        first, second = told["user_info_list"]
        assert (first["subscribe"], first["language"]) == (1, "en")
        assert second == {"subscribe": 0, "openid": office.openid(2)}


@pytest.mark.parametrize(
    ("user_list", "code"),
    [([], 40032), ([{"openid": "x"}] * 101, 40032), ("x", 40031), ([{"openid": "x"}], 40003)],
)
async def test_a_wrong_batch_of_users_is_refused(user_list: object, code: int):
    async with given_office() as office:
        assert await office.errcode("/cgi-bin/user/info/batchget", user_list=user_list) == code


async def test_a_remark_is_kept_and_ends_with_the_following():
    async with given_office() as office:
        await office.follow(1)
        openid, path = office.openid(1), "/cgi-bin/user/info/updateremark"
        assert await office.errcode(path, openid=openid, remark="网格员") == 0
        assert (await office.get("/cgi-bin/user/info", openid=openid))["remark"] == "网格员"
        assert await office.errcode(path, openid=openid, remark="长" * 30) == 40097
        assert await office.errcode(path, openid=office.openid(2), remark="x") == 40003
        await order(office.client, "unfollow", citizen=1)
        await office.follow(1)
        assert (await office.get("/cgi-bin/user/info", openid=openid))["remark"] == ""


async def test_a_blocked_citizen_is_not_heard_and_not_reached():
    async with given_office() as office:
        await office.follow(1)
        openids = [office.openid(1)]
        assert (
            await office.errcode("/cgi-bin/tags/members/batchblacklist", openid_list=openids) == 0
        )
        listed = await office.post("/cgi-bin/tags/members/getblacklist")
        assert listed["data"]["openid"] == openids
        told = await order(office.client, "text", citizen=1, content="在吗")
        assert (told["attempts"], office.events) == (0, [])
        message = {"touser": openids[0], "msgtype": "text", "text": {"content": "您好"}}
        assert await office.errcode("/cgi-bin/message/custom/send", **message) == 43019
        await office.post("/cgi-bin/tags/members/batchunblacklist", openid_list=openids)
        await order(office.client, "text", citizen=1, content="在吗")
        assert office.events[-1].findtext("Content") == "在吗"


async def test_at_most_twenty_are_blocked_at_once():
    async with given_office() as office:
        openids = [office.openid(number) for number in range(1, 22)]
        path = "/cgi-bin/tags/members/batchblacklist"
        assert await office.errcode(path, openid_list=openids) == 40032
        assert await office.errcode(path, openid_list=openids[:20]) == 0


async def test_tags_are_made_counted_renamed_and_deleted():
    async with given_office() as office:
        await office.follow(1, 2)
        tag = (await office.post("/cgi-bin/tags/create", tag={"name": "东区"}))["tag"]
        assert tag["name"] == "东区"
        openids = [office.openid(1), office.openid(2)]
        assert await office.errcode(TAG, openid_list=openids, tagid=tag["id"]) == 0
        await office.post("/cgi-bin/tags/update", tag={"id": tag["id"], "name": "西区"})
        tags = (await office.get("/cgi-bin/tags/get"))["tags"]
        assert {"id": tag["id"], "name": "西区", "count": 2} in tags
        members = await office.post("/cgi-bin/user/tag/get", tagid=tag["id"])
        assert (members["count"], members["data"]["openid"]) == (2, openids)
        untag = "/cgi-bin/tags/members/batchuntagging"
        await office.post(untag, openid_list=openids[:1], tagid=tag["id"])
        idlist = "/cgi-bin/tags/getidlist"
        assert await office.post(idlist, openid=openids[0]) == {"tagid_list": []}
        assert await office.post(idlist, openid=openids[1]) == {"tagid_list": [tag["id"]]}
        await office.post("/cgi-bin/tags/delete", tag={"id": tag["id"]})
        person = await office.get("/cgi-bin/user/info", openid=openids[1])
        assert person["tagid_list"] == []


@pytest.mark.parametrize(
    ("path", "tag", "code"),
    [
        ("create", {"name": ""}, 45157),
        ("create", {"name": "星标组"}, 45157),
        ("create", {"name": "一二三四五六七八九十十"}, 45158),
        ("update", {"id": 2, "name": "x"}, 45058),
        ("update", {"id": 999, "name": "x"}, 45159),
        ("delete", {"id": 0}, 45058),
        ("delete", {"id": 999}, 45159),
        ("delete", {"id": "x"}, 45159),
    ],
)
async def test_a_wrong_tag_is_refused(path: str, tag: dict[str, object], code: int):
    async with given_office() as office:
        assert await office.errcode(f"/cgi-bin/tags/{path}", tag=tag) == code


async def test_there_are_at_most_a_hundred_tags_and_twenty_to_a_citizen():
    async with given_office() as office:
        await office.follow(1)
        made = [
            (await office.post("/cgi-bin/tags/create", tag={"name": f"标签{n}"}))["tag"]["id"]
            for n in range(100)
        ]
        assert await office.errcode("/cgi-bin/tags/create", tag={"name": "多"}) == 45056
        openids = [office.openid(1)]
        for tag_id in made[:20]:
            assert await office.errcode(TAG, openid_list=openids, tagid=tag_id) == 0
        assert await office.errcode(TAG, openid_list=openids, tagid=made[0]) == 0
        assert await office.errcode(TAG, openid_list=openids, tagid=made[20]) == 45059


@pytest.mark.parametrize(
    ("openids", "tag_id", "code"),
    [(["nobody"], 2, 40003), (["x"] * 3, 999, 45159), ([], 2, 40032), ("x", 2, 40031)],
)
async def test_a_wrong_batch_changes_nothing(openids: object, tag_id: int, code: int):
    async with given_office() as office:
        await office.follow(1)
        asked = [office.openid(1), *openids] if openids == ["nobody"] else openids
        assert await office.errcode(TAG, openid_list=asked, tagid=tag_id) == code
        told = await office.post("/cgi-bin/tags/getidlist", openid=office.openid(1))
        assert told == {"tagid_list": []}


async def test_fifty_are_tagged_at_once_and_no_more():
    async with given_office() as office:
        await office.follow(*range(1, 52))
        openids = [office.openid(number) for number in range(1, 52)]
        assert await office.errcode(TAG, openid_list=openids, tagid=2) == 40032
        assert await office.errcode(TAG, openid_list=openids[:50], tagid=2) == 0


async def test_openids_of_another_account_are_translated():
    async with given_office() as office:
        told = await office.post(
            "/cgi-bin/changeopenid",
            from_appid=office.account.appid,
            openid_list=[office.openid(1), "nobody"],
        )
        assert [one["err_msg"] for one in told["result_list"]] == ["ok", "ori_openid error"]
