# SPDX-License-Identifier: Apache-2.0
"""What citizens send and do: the fields the server hears, read by two independent libraries."""

import base64
import json

import httpx
import pytest
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from werobot.parser import parse_user_msg

from wechat_sandbox.tests.given import ACCOUNT, given_account, given_client, order
from wechat_sandbox.tests.given_media import MP4, PNG, given_office
from wechat_sandbox.tests.test_callbacks import Product, given_articles, given_reply, say

pytestmark = pytest.mark.anyio
PLAIN = given_account(mode="plain")


async def heard_by_libraries(name: str, **asked: object) -> tuple[object, object]:
    product = Product(b"success")
    async with given_client(PLAIN, product=product) as client:
        await order(client, "follow", citizen=1)
        await order(client, name, citizen=1, **asked)
    body = product.requests[-1].content
    return parse_message(body), parse_user_msg(body)


async def test_a_picture():
    ours, theirs = await heard_by_libraries("media", kind="image")
    assert (ours.type, theirs.type) == ("image", "image")
    assert ours.media_id
    assert ours.image == theirs.img
    assert ours.image.startswith("http")


async def test_a_voice_message_comes_without_recognised_words():
    ours, theirs = await heard_by_libraries("media", kind="voice")
    assert (ours.format, theirs.format) == ("amr", "amr")
    assert not ours.recognition
    assert ours.media_id == theirs.media_id


@pytest.mark.parametrize("kind", ["video", "shortvideo"])
async def test_a_video(kind: str):
    film = base64.b64encode(MP4).decode()
    ours, theirs = await heard_by_libraries("media", kind=kind, base64=film)
    assert (ours.type, theirs.type) == (kind, kind)
    assert ours.thumb_media_id == theirs.thumb_media_id


async def test_a_place():
    ours, theirs = await heard_by_libraries(
        "location", latitude=31.25, longitude=121.5, label="广场"
    )
    assert (ours.location_x, ours.location_y, ours.label) == ("31.25", "121.5", "广场")
    assert tuple(theirs.location) == (31.25, 121.5)


async def test_a_link():
    ours, theirs = await heard_by_libraries(
        "link", title="公告", description="述", url="http://a.example/"
    )
    assert (ours.title, ours.url) == (theirs.title, theirs.url) == ("公告", "http://a.example/")


async def test_the_phone_tells_where_it_is():
    ours, theirs = await heard_by_libraries("report-location", latitude=31.25, longitude=121.5)
    assert ours.event == "location"
    assert (ours.latitude, ours.longitude, ours.precision) == (31.25, 121.5, 40.0)
    assert theirs.latitude == 31.25


async def test_what_was_sent_can_be_fetched():
    async with given_office() as office:
        await office.follow(1)
        picture = base64.b64encode(PNG).decode()
        await order(office.client, "media", citizen=1, kind="image", base64=picture)
        media_id = office.events[-1].findtext("MediaId")
        assert (await office.get("/cgi-bin/media/get", media_id=media_id)).content == PNG


@pytest.mark.parametrize(
    "event",
    ["user_info_modified", "user_authorization_revoke", "user_authorization_cancellation"],
)
async def test_a_change_of_authorization_names_whom_it_is_about(event: str):
    async with given_office() as office:
        await office.follow(1)
        await order(office.client, "authorization", citizen=1, event=event)
        told = office.events[-1]
        assert told.findtext("Event") == event
        assert told.findtext("OpenID") == office.openid(1)
        assert told.findtext("AppID") == office.account.appid
        is_revoked = event == "user_authorization_revoke"
        assert (told.findtext("RevokeInfo") == "301") is is_revoked


@pytest.mark.parametrize(
    ("name", "asked", "code"),
    [
        ("text", {"content": "x"}, "not_following"),
        ("media", {"kind": "image"}, "not_following"),
        ("media", {"kind": "dance"}, "bad_kind"),
        ("location", {}, "not_following"),
        ("report-location", {"latitude": 91}, "not_following"),
        ("mini-page", {"title": "x"}, "mini_program_only"),
        ("kf/enter", {}, "mini_program_only"),
        ("kf/close", {}, "no_session"),
        ("kf/open", {"staff": "x"}, "staff_unavailable"),
        ("menu", {"path": [0]}, "not_following"),
        ("choice", {"choice": "1"}, "not_following"),
        ("unsubscribe", {"templates": ["x"]}, "not_accepted"),
        ("authorization", {"event": "x"}, "bad_event"),
    ],
)
async def test_what_the_phone_cannot_do_is_refused_by_name(
    name: str, asked: dict[str, object], code: str
):
    async with given_client() as client:
        answer = await client.post(f"/_sim/{name}", json={"citizen": 1, **asked})
        assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize(
    ("name", "asked", "code"),
    [
        ("location", {"latitude": 91}, "bad_place"),
        ("location", {"latitude": "x"}, "not_a_number"),
        ("link", {"title": "x", "url": "ftp://a"}, "bad_link"),
        ("media", {"kind": "image", "base64": "eA=="}, "bad_media"),
        ("media", {"kind": "image", "base64": "?"}, "not_base64"),
        ("menu", {"path": [0]}, "no_menu"),
        ("choice", {"choice": "1"}, "no_such_choice"),
    ],
)
async def test_what_a_follower_cannot_send_is_refused_by_name(
    name: str, asked: dict[str, object], code: str
):
    async with given_office() as office:
        await office.follow(1)
        answer = await office.client.post(f"/_sim/{name}", json={"citizen": 1, **asked})
        assert (answer.status_code, answer.json()["code"]) == (400, code)


@pytest.mark.parametrize("mode", ["plain", "compatible", "secure"])
async def test_the_body_is_the_same_in_each_of_three_attempts_the_signature_fresh(mode: str):
    product = Product(b"success", httpx.ConnectError("down"))
    told = await say(product, account=given_account(mode=mode))
    assert told["attempts"] == 3
    attempts = product.requests[-3:]
    assert len({request.content for request in attempts}) == 1
    assert len({request.url.params["nonce"] for request in attempts}) == 3
    assert len({request.url.params["signature"] for request in attempts}) == 3


@pytest.mark.parametrize(
    ("kind", "content", "fault"),
    [
        ("news", given_articles(2), "too_many_articles"),
        ("dance", "", "unknown_type"),
    ],
)
async def test_a_reply_wechat_would_not_take_shows_the_banner(kind: str, content: str, fault: str):
    told = await say(Product(b"success", given_reply(kind, content)))
    assert told["fault"] == fault
    assert told["chat"][-1]["kind"] == "service_fault"


async def test_a_reply_in_the_wrong_direction_shows_the_banner():
    told = await say(Product(b"success", given_reply(ToUserName=ACCOUNT.original_id)))
    assert told["fault"] == "wrong_direction"
    assert told["chat"][-1]["kind"] == "service_fault"


async def test_a_mini_program_may_hear_json_in_secure_mode():
    account = given_account(
        slug="mini", appid="wx00000000000000aa", kind="MP", data_format="json", mode="secure"
    )
    product = Product(b"success")
    async with given_client(account, product=product) as client:
        await order(client, "text", citizen=1, content="在吗")
    request = product.requests[-1]
    assert request.headers["content-type"] == "application/json"
    sealed = json.loads(request.content)
    crypto = WeChatCrypto(account.token, account.aes_key, account.appid)
    query = request.url.params
    envelope = (
        f"<xml><ToUserName>{sealed['ToUserName']}</ToUserName>"
        f"<Encrypt>{sealed['Encrypt']}</Encrypt></xml>"
    )
    opened = crypto.decrypt_message(
        envelope, query["msg_signature"], query["timestamp"], query["nonce"]
    )
    message = json.loads(opened)
    assert (message["MsgType"], message["Content"]) == ("text", "在吗")


async def test_a_mini_program_hands_over_in_json_and_may_not_answer_otherwise():
    account = given_account(kind="MP", data_format="json", mode="plain")

    async def server(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        kind = "transfer_customer_service" if asked["Content"] == "人工" else "text"
        reply = {
            "ToUserName": asked["FromUserName"],
            "FromUserName": asked["ToUserName"],
            "CreateTime": asked["CreateTime"],
            "MsgType": kind,
            "Content": "x",
        }
        return httpx.Response(200, json=reply)

    async with given_client(account, product=server) as client:
        handed = await order(client, "text", citizen=1, content="人工")
        assert handed["reply"]["kind"] == "transfer_customer_service"
        assert (await order(client, "text", citizen=1, content="在吗"))["fault"] == "unknown_type"


async def test_nobody_follows_a_mini_program():
    async with given_client(given_account(kind="MP")) as client:
        answer = await client.post("/_sim/follow", json={"citizen": 1})
        assert answer.json()["code"] == "mini_program"
