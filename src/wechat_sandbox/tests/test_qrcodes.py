# SPDX-License-Identifier: Apache-2.0
"""Parametric codes: made, drawn, scanned, expired."""

import struct
from typing import Any

import pytest

from wechat_sandbox.office import qrcodes
from wechat_sandbox.tests.given import advance, order
from wechat_sandbox.tests.given_media import Office, given_office

pytestmark = pytest.mark.anyio
CREATE = "/cgi-bin/qrcode/create"


def asked(action: str, scene: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"action_name": action, "action_info": {"scene": scene}, **more}


async def given_code(office: Office, scene: str = "hall-7", **more: Any) -> dict[str, Any]:
    return await office.post(CREATE, **asked("QR_STR_SCENE", {"scene_str": scene}, **more))


async def test_a_temporary_code_lives_a_minute_unless_told_otherwise():
    async with given_office() as office:
        usual = await given_code(office)
        assert usual["expire_seconds"] == 60
        longer = await given_code(office, expire_seconds=2_592_000)
        await advance(office.client, 60)
        scan = {"citizen": 1, "ticket": usual["ticket"]}
        gone = await office.client.post("/_sim/scan", json=scan)
        assert gone.json()["code"] == "code_expired"
        picture = await office.client.get("/cgi-bin/showqrcode", params={"ticket": usual["ticket"]})
        assert picture.status_code == 404
        assert (await order(office.client, "scan", citizen=1, ticket=longer["ticket"]))["reply"]


async def test_a_stranger_follows_by_the_code_and_a_follower_is_recognised():
    async with given_office() as office:
        code = await given_code(office)
        await order(office.client, "scan", citizen=1, url=code["url"])
        await order(office.client, "scan", citizen=1, ticket=code["ticket"])
        first, second = office.events
        assert first.findtext("Event") == "subscribe"
        assert first.findtext("EventKey") == "qrscene_hall-7"
        assert first.findtext("Ticket") == code["ticket"]
        assert (second.findtext("Event"), second.findtext("EventKey")) == ("SCAN", "hall-7")
        person = await office.get("/cgi-bin/user/info", openid=office.openid(1))
        assert (person["qr_scene_str"], person["subscribe_scene"]) == (
            "hall-7",
            "ADD_SCENE_QR_CODE",
        )


async def test_opening_the_address_in_the_phones_browser_is_a_scan():
    async with given_office() as office:
        code = await given_code(office)
        office.client.cookies.set("sandbox_phone", "1")
        answer = await office.client.get(code["url"])
        assert answer.headers["location"] == "/chats/sandbox"
        person = await office.get("/cgi-bin/user/info", openid=office.openid(1))
        assert person["qr_scene_str"] == "hall-7"


async def test_the_picture_is_a_real_png_of_about_430_pixels():
    async with given_office() as office:
        code = await given_code(office)
        picture = await office.client.get("/cgi-bin/showqrcode", params={"ticket": code["ticket"]})
        assert picture.headers["content-type"] == "image/png"
        assert picture.content.startswith(b"\x89PNG\r\n\x1a\n")
        width, height = struct.unpack(">II", picture.content[16:24])
        assert width == height
        assert 300 <= width <= 430


async def test_a_permanent_scene_has_one_code_for_ever():
    async with given_office() as office:
        body = asked("QR_LIMIT_STR_SCENE", {"scene_str": "door"})
        first = await office.post(CREATE, **body)
        assert "expire_seconds" not in first
        await advance(office.client, 3_000)
        assert (await office.post(CREATE, **body))["ticket"] == first["ticket"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (asked("QR", {"scene_id": 1}), 40052),
        ({"action_name": "QR_SCENE"}, 40053),
        (asked("QR_SCENE", {"scene_id": 0}), 40053),
        (asked("QR_SCENE", {"scene_id": 2**32}), 40053),
        (asked("QR_SCENE", {"scene_id": "7"}), 40053),
        (asked("QR_LIMIT_SCENE", {"scene_id": 100_001}), 40053),
        (asked("QR_STR_SCENE", {"scene_str": ""}), 40169),
        (asked("QR_STR_SCENE", {"scene_str": "x" * 65}), 40169),
        (asked("QR_SCENE", {"scene_id": 1}, expire_seconds=2_592_001), 40097),
        (asked("QR_SCENE", {"scene_id": 1}, expire_seconds=0), 40097),
    ],
)
async def test_a_wrong_code_is_refused(body: dict[str, Any], code: int):
    async with given_office() as office:
        assert await office.errcode(CREATE, **body) == code


async def test_permanent_codes_are_counted(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(qrcodes, "MAX_PERMANENT", 2)
    async with given_office() as office:
        codes = [
            await office.errcode(CREATE, **asked("QR_LIMIT_SCENE", {"scene_id": n}))
            for n in (1, 2, 3, 2)
        ]
        assert codes == [0, 0, 45029, 0]


async def test_a_code_nobody_made_cannot_be_scanned():
    async with given_office() as office:
        answer = await office.client.post("/_sim/scan", json={"citizen": 1, "ticket": "gQxxx"})
        assert answer.json()["code"] == "unknown_code"
