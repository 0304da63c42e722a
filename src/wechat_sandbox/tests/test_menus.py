# SPDX-License-Identifier: Apache-2.0
"""Menus: what WeChat accepts, what a citizen sees, what a tap tells the server."""

from typing import Any

import pytest

from wechat_sandbox.tests.given import order
from wechat_sandbox.tests.given_media import Office, given_office

pytestmark = pytest.mark.anyio
CREATE, ADD = "/cgi-bin/menu/create", "/cgi-bin/menu/addconditional"
CLICK = {"type": "click", "name": "办事", "key": "services"}
VIEW = {"type": "view", "name": "投票", "url": "http://127.0.0.1:8000/c/"}


def leaf(kind: str, name: str = "按钮") -> dict[str, Any]:
    return {"type": kind, "name": name, "key": f"key-{kind}"}


async def relation(office: Office, number: int) -> dict[str, Any]:
    return (await office.client.get("/_sim/relation", params={"citizen": number})).json()


async def test_a_menu_is_put_up_shown_and_taken_down():
    async with given_office() as office:
        buttons = [CLICK, {"name": "更多", "sub_button": [VIEW, leaf("scancode_waitmsg")]}]
        assert await office.errcode(CREATE, button=buttons) == 0
        told = await office.get("/cgi-bin/menu/get")
        assert told["menu"]["button"][0] == {**CLICK, "sub_button": []}
        assert told["menu"]["button"][1]["sub_button"][0] == {**VIEW, "sub_button": []}
        current = await office.get("/cgi-bin/get_current_selfmenu_info")
        assert current["is_menu_open"] == 1
        assert current["selfmenu_info"]["button"][1]["sub_button"]["list"][0] == VIEW
        assert (await office.get("/cgi-bin/menu/delete"))["errcode"] == 0
        assert (await office.get("/cgi-bin/menu/get"))["errcode"] == 46003
        assert await office.get("/cgi-bin/get_current_selfmenu_info") == {"is_menu_open": 0}


def below(*buttons: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"name": "更多", "sub_button": list(buttons)}]


@pytest.mark.parametrize(
    ("buttons", "code"),
    [
        ([], 40016),
        ("x", 40016),
        ([CLICK] * 4, 40016),
        ([{**CLICK, "name": ""}], 40018),
        ([{**CLICK, "name": "一二三四五六"}], 40018),
        ([{**CLICK, "key": ""}], 40019),
        ([{**CLICK, "key": "k" * 129}], 40019),
        ([{**VIEW, "url": "http://a/" + "x" * 1024}], 40020),
        ([{**VIEW, "url": "javascript:alert(1)"}], 40055),
        ([{"name": "无"}], 40017),
        ([{**CLICK, "type": "dance"}], 40017),
        (below(below(CLICK)[0]), 40022),
        (below(*[CLICK] * 6), 40023),
        (below({**CLICK, "type": "dance"}), 40024),
        (below({**CLICK, "name": "长" * 21}), 40025),
        (below({**CLICK, "key": ""}), 40026),
        (below({**VIEW, "url": ""}), 40027),
        (below({**VIEW, "url": "ftp://a"}), 40054),
        ([{"type": "media_id", "name": "图", "media_id": ""}], 40007),
        ([{"type": "media_id", "name": "图", "media_id": "unknown"}], 40007),
        ([{"type": "article_id", "name": "文", "article_id": "unknown"}], 53600),
        ([{"type": "miniprogram", "name": "程", "url": "http://a/", "pagepath": "p"}], 40013),
    ],
)
async def test_a_wrong_menu_is_refused_by_its_first_mistake(buttons: Any, code: int):
    async with given_office() as office:
        assert await office.errcode(CREATE, button=buttons) == code
        assert (await office.get("/cgi-bin/menu/get"))["errcode"] == 46003


async def test_the_newest_conditional_menu_that_fits_is_seen():
    async with given_office() as office:
        await office.follow(1, 2)
        tag_id = (await office.post("/cgi-bin/tags/create", tag={"name": "东区"}))["tag"]["id"]
        await office.post(CREATE, button=[CLICK])
        for_tag, for_android = leaf("click", "东区"), leaf("click", "安卓")
        first = await office.post(ADD, button=[for_android], matchrule={"client_platform_type": 2})
        second = await office.post(ADD, button=[for_tag], matchrule={"tag_id": str(tag_id)})
        await office.post(ADD, button=[CLICK], matchrule={"client_platform_type": "1"})
        await office.post(
            "/cgi-bin/tags/members/batchtagging", openid_list=[office.openid(1)], tagid=tag_id
        )
        seen = [
            (await office.post("/cgi-bin/menu/trymatch", user_id=office.openid(n)))["button"][0]
            for n in (1, 2)
        ]
        assert [button["name"] for button in seen] == ["东区", "安卓"]
        assert (await relation(office, 1))["menu"][0]["name"] == "东区"
        drop = "/cgi-bin/menu/delconditional"
        assert await office.errcode(drop, menuid=second["menuid"]) == 0
        assert await office.errcode(drop, menuid=second["menuid"]) == 65301
        assert (await relation(office, 1))["menu"][0]["name"] == "安卓"
        listed = (await office.get("/cgi-bin/menu/get"))["conditionalmenu"]
        assert first["menuid"] in [str(menu["menuid"]) for menu in listed]
        await office.get("/cgi-bin/menu/delete")
        assert (await relation(office, 1))["menu"] == []
        assert await office.errcode(ADD, button=[CLICK], matchrule={"tag_id": tag_id}) == 65303


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        (None, 65304),
        ({}, 65304),
        ({"tag_id": ""}, 65304),
        ({"sex": "1"}, 65320),
        ({"country": "中国"}, 65320),
        ({"language": "zh_CN", "tag_id": "2"}, 65320),
        ({"tag_id": "999"}, 45159),
        ({"client_platform_type": "4"}, 40097),
    ],
)
async def test_a_wrong_rule_is_refused(rule: object, code: int):
    async with given_office() as office:
        await office.post(CREATE, button=[CLICK])
        assert await office.errcode(ADD, button=[CLICK], matchrule=rule) == code


async def test_conditional_menus_lead_to_three_domains_in_all():
    async with given_office() as office:
        await office.post(CREATE, button=[CLICK])
        rule = {"tag_id": "2"}
        for host in ("a.example", "b.example", "c.example"):
            button = {**VIEW, "url": f"https://{host}/"}
            assert await office.errcode(ADD, button=[button], matchrule=rule) == 0
        fourth = {**VIEW, "url": "https://d.example/"}
        assert await office.errcode(ADD, button=[fourth], matchrule=rule) == 65316
        assert await office.errcode(ADD, button=[], matchrule=rule) == 65307


async def test_only_a_follower_can_be_matched():
    async with given_office() as office:
        path = "/cgi-bin/menu/trymatch"
        assert await office.errcode(path, user_id=office.openid(1)) == 65302
        assert await office.errcode(path, user_id="nobody") == 40003


async def test_a_tap_is_told_as_the_event_of_its_kind():
    async with given_office() as office:
        await office.follow(1)
        program = {
            "type": "miniprogram",
            "name": "程",
            "url": "http://a/",
            "appid": "wx1",
            "pagepath": "pages/x",
        }
        await office.post(CREATE, button=[CLICK, VIEW, program])
        for path in ([0], [1], [2]):
            await order(office.client, "menu", citizen=1, path=path)
        click, view, mini = office.events
        assert (click.findtext("Event"), click.findtext("EventKey")) == ("CLICK", "services")
        assert (view.findtext("Event"), view.findtext("EventKey")) == ("VIEW", VIEW["url"])
        assert view.findtext("MenuId").isdecimal()
        assert mini.findtext("Event") == "view_miniprogram"
        assert mini.findtext("EventKey") == "pages/x"


async def test_scanning_pictures_and_places_come_with_what_was_added():
    async with given_office() as office:
        await office.follow(1)
        kinds = ("scancode_push", "pic_photo_or_album", "location_select")
        await office.post(CREATE, button=[leaf(kind) for kind in kinds])
        await order(office.client, "menu", citizen=1, path=[0], scanned="CODE-1")
        await order(office.client, "menu", citizen=1, path=[1])
        await order(office.client, "menu", citizen=1, path=[2], latitude=31.5, longitude=121.5)
        scan, pictures, image, pointed, place = office.events
        assert scan.findtext("ScanCodeInfo/ScanResult") == "CODE-1"
        assert scan.findtext("ScanCodeInfo/ScanType") == "qrcode"
        assert pictures.findtext("SendPicsInfo/Count") == "1"
        assert len(pictures.findtext("SendPicsInfo/PicList/item/PicMd5Sum")) == 32
        assert image.findtext("MsgType") == "image"
        assert pointed.findtext("SendLocationInfo/Location_X") == "31.5"
        assert (place.findtext("MsgType"), place.findtext("Location_Y")) == ("location", "121.5")


async def test_a_button_with_a_file_shows_it_without_asking_the_server():
    async with given_office() as office:
        media_id = await office.picture()
        await office.follow(1)
        button = {"type": "media_id", "name": "图", "media_id": media_id}
        await office.post(CREATE, button=[button])
        told = await order(office.client, "menu", citizen=1, path=[0])
        assert (told["attempts"], office.events) == (0, [])
        assert (await office.bubbles(1))[-1]["media_id"] == media_id


@pytest.mark.parametrize(
    ("path", "code"), [([3], "no_such_button"), ([0], "no_such_button"), ([], "no_such_button")]
)
async def test_where_no_button_is_nothing_can_be_tapped(path: list[int], code: str):
    async with given_office() as office:
        await office.follow(1)
        await office.post(CREATE, button=below(CLICK))
        answer = await office.client.post("/_sim/menu", json={"citizen": 1, "path": path})
        assert (answer.status_code, answer.json()["code"]) == (400, code)
