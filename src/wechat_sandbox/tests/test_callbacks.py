# SPDX-License-Identifier: Apache-2.0
"""What an account's server receives, how often, and what becomes of its answer."""

import asyncio
import json
import time
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest
from wechatpy import parse_message
from wechatpy.crypto import WeChatCrypto
from werobot.parser import parse_user_msg

from wechat_sandbox.people import openid_of
from wechat_sandbox.push.crypto import encrypt, is_signed, sign
from wechat_sandbox.tests.given import (
    ACCOUNT,
    Answering,
    given_account,
    given_client,
    order,
)

pytestmark = pytest.mark.anyio
ME = openid_of(ACCOUNT.appid, 1)
FAULT = "service_fault"
PLAIN = given_account(mode="plain")


class Product:
    """Stand in for the product's callback: remember requests, answer from a list."""

    def __init__(self, *answers: bytes | Exception | int) -> None:
        self.requests: list[httpx.Request] = []
        self._answers = list(answers)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, int):
            return httpx.Response(answer)
        return httpx.Response(200, content=answer)


def given_reply(
    kind: str = "text", content: str = "<Content>收到</Content>", **changes: str
) -> bytes:
    fields = {
        "ToUserName": ME,
        "FromUserName": ACCOUNT.original_id,
        "CreateTime": "1795000000",
        "MsgType": kind,
    } | changes
    written = "".join(f"<{name}>{value}</{name}>" for name, value in fields.items())
    return f"<xml>{written}{content}</xml>".encode()


def given_articles(count: int) -> str:
    item = (
        "<item><Title>题</Title><Description>述</Description><PicUrl/><Url>http://a/</Url></item>"
    )
    return f"<ArticleCount>{count}</ArticleCount><Articles>{item * count}</Articles>"


def sealed(plain: bytes, *, token: str = ACCOUNT.token, appid: str = ACCOUNT.appid) -> bytes:
    cipher = encrypt(plain, aes_key=ACCOUNT.aes_key, appid=appid)
    signature = sign(token, "1795000000", "n1", cipher)
    return (
        f"<xml><Encrypt>{cipher}</Encrypt><MsgSignature>{signature}</MsgSignature>"
        f"<TimeStamp>1795000000</TimeStamp><Nonce>n1</Nonce></xml>"
    ).encode()


async def say(product: Answering, *, account: Any = PLAIN, content: str = "你好") -> dict[str, Any]:
    """Follow, say something, and return the delivery with what the phone shows."""
    async with given_client(account, product=product, callback_timeout_s=0.3) as client:
        await order(client, "follow", citizen=1)
        delivery = await order(client, "text", citizen=1, content=content)
        chat = (await client.get("/_sim/chat", params={"citizen": 1})).json()
        log = (await client.get("/_sim/log", params={"kind": "callback"})).json()
        return {**delivery, "chat": chat["bubbles"], "log": log["entries"]}


async def test_a_plain_message_is_signed_and_written_as_wechat_does():
    product = Product(b"success")
    await say(product, content="投票 ]]> <b>")
    request = product.requests[-1]
    query = dict(parse_qsl(request.url.query.decode()))
    assert list(query) == ["signature", "timestamp", "nonce", "openid"]
    assert is_signed(query["signature"], ACCOUNT.token, query["timestamp"], query["nonce"])
    assert query["openid"] == ME
    assert request.headers["content-type"] == "text/xml"
    assert b"<![CDATA[text]]>" in request.content
    for read in (parse_message(request.content), parse_user_msg(request.content)):
        assert read.content == "投票 ]]> <b>"
        assert read.source == ME
        assert read.target == ACCOUNT.original_id


async def test_a_secure_message_holds_nothing_in_the_clear():
    product = Product(b"success")
    await say(product, account=ACCOUNT)
    request = product.requests[-1]
    query = parse_qs(request.url.query.decode())
    assert query["encrypt_type"] == ["aes"]
    assert b"<Content>" not in request.content
    assert b"FromUserName" not in request.content
    opened = WeChatCrypto(ACCOUNT.token, ACCOUNT.aes_key, ACCOUNT.appid).decrypt_message(
        request.content, query["msg_signature"][0], query["timestamp"][0], query["nonce"][0]
    )
    assert parse_message(opened).content == "你好"


async def test_a_compatible_message_is_there_twice():
    product = Product(b"success")
    await say(product, account=given_account(mode="compatible"))
    body = product.requests[-1].content
    assert parse_message(body).content == "你好"
    assert b"<Encrypt>" in body


async def test_following_leaving_and_scanning_are_told_as_events():
    product = Product(b"success")
    async with given_client(PLAIN, product=product) as client:
        await order(client, "scan", citizen=1, scene="desk-7")
        await order(client, "scan", citizen=1, scene="desk-8")
        await order(client, "unfollow", citizen=1)
        await order(client, "follow", citizen=1)
    events = [parse_message(request.content) for request in product.requests]
    assert [event.event for event in events] == [
        "subscribe_scan",
        "scan",
        "unsubscribe",
        "subscribe",
    ]
    assert b"<![CDATA[qrscene_desk-7]]>" in product.requests[0].content
    assert b"<EventKey><![CDATA[desk-8]]>" in product.requests[1].content
    assert not any(b"MsgId" in request.content for request in product.requests)


@pytest.mark.parametrize("failure", [httpx.ConnectError("down"), 500, 302])
async def test_three_attempts_carry_the_same_body_under_fresh_signatures(failure: Any):
    product = Product(b"success", failure)
    told = await say(product)
    attempts = product.requests[1:]
    assert told["attempts"] == len(attempts) == 3
    assert len({request.content for request in attempts}) == 1
    assert len({request.url.query for request in attempts}) == 3
    assert told["chat"][-1]["kind"] == FAULT
    assert [entry["facts"]["attempt"] for entry in told["log"]][1:] == ["1/3", "2/3", "3/3"]


async def test_an_answer_to_the_second_attempt_reaches_the_citizen():
    told = await say(Product(b"success", 500, given_reply()))
    assert (told["attempts"], told["chat"][-1]["text"]) == (2, "收到")


async def test_a_slow_server_is_cut_off_and_asked_again():
    calls = 0

    async def slow(request: httpx.Request) -> httpx.Response:
        nonlocal calls
        calls += 1
        if calls in (2, 3):
            await asyncio.sleep(5)
        return httpx.Response(200, content=b"success" if calls == 1 else given_reply())

    started = time.perf_counter()
    told = await say(slow)
    assert (told["attempts"], calls) == (3, 4)
    assert time.perf_counter() - started < 2
    assert [entry["result"] for entry in told["log"]] == ["ack", "timeout", "timeout", "text"]


@pytest.mark.parametrize("answer", [b"", b"success", b" success\n"])
async def test_an_acknowledgement_shows_nothing(answer: bytes):
    told = await say(Product(answer))
    assert told["attempts"] == 1
    assert [bubble["side"] for bubble in told["chat"]] == ["citizen"]


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"ok", "not_xml"),
        (b'"success"', "not_xml"),
        (b"<html></html>", "not_xml"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><xml>&a;</xml>', "not_xml"),
        (b"\xff\xfe\x00", "not_xml"),
        (given_reply(ToUserName=ACCOUNT.original_id, FromUserName=ME), "wrong_direction"),
        (given_reply(CreateTime=""), "create_time_missing"),
        (given_reply("poem"), "unknown_type"),
        (given_reply(content="<Content/>"), "empty_content"),
        (given_reply(content=f"<Content>{'政' * 683}</Content>"), "content_too_long"),
        (given_reply("image", "<Image/>"), "media_missing"),
        (given_reply("news", given_articles(2)), "too_many_articles"),
        (given_reply("news", "<ArticleCount>2</ArticleCount><Articles/>"), "article_count"),
        (sealed(given_reply()), "unexpected_encryption"),
    ],
)
async def test_a_reply_wechat_would_not_take_shows_the_fault_at_once(answer: bytes, code: str):
    product = Product(b"success", answer)
    told = await say(product)
    assert (told["attempts"], told["fault"], len(product.requests)) == (1, code, 2)
    assert told["chat"][-1]["kind"] == FAULT


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (given_reply(), "not_encrypted"),
        (sealed(given_reply(), token="other"), "wrong_signature"),
        (sealed(given_reply(), appid="wx0000000000000000"), "undecipherable"),
        (sealed(b"not xml"), "not_xml"),
    ],
)
async def test_in_secure_mode_the_seal_must_hold(answer: bytes, code: str):
    told = await say(Product(b"success", answer), account=ACCOUNT)
    assert told["fault"] == code


async def test_a_sealed_reply_of_wechatpy_is_shown():
    crypto = WeChatCrypto(ACCOUNT.token, ACCOUNT.aes_key, ACCOUNT.appid)
    answer = crypto.encrypt_message(given_reply().decode(), "n2", "1795000001").encode()
    told = await say(Product(b"success", answer), account=ACCOUNT)
    assert told["chat"][-1]["text"] == "收到"


async def test_in_compatible_mode_both_kinds_of_reply_are_read():
    for answer in (given_reply(), sealed(given_reply())):
        told = await say(Product(b"success", answer), account=given_account(mode="compatible"))
        assert told["chat"][-1]["text"] == "收到"


@pytest.mark.parametrize(
    ("kind", "content", "shown"),
    [
        ("image", "<Image><MediaId>m1</MediaId></Image>", "image"),
        ("music", "<Music><Title>曲</Title></Music>", "music"),
        ("transfer_customer_service", "", "handed_to_staff"),
        ("news", given_articles(1), "news"),
    ],
)
async def test_other_kinds_of_reply_are_shown(kind: str, content: str, shown: str):
    told = await say(Product(b"success", given_reply(kind, content)))
    assert told["chat"][-1]["kind"] == shown


async def test_following_may_be_answered_with_eight_articles_but_not_nine():
    for count, shown in ((8, "news"), (9, FAULT)):
        product = Product(given_reply("news", given_articles(count)))
        async with given_client(PLAIN, product=product) as client:
            await order(client, "follow", citizen=1)
            chat = (await client.get("/_sim/chat", params={"citizen": 1})).json()
            assert chat["bubbles"][-1]["kind"] == shown


async def test_an_answer_longer_than_wechat_reads_is_a_fault():
    told = await say(Product(b"success", b"x" * 70_000))
    assert (told["fault"], told["attempts"]) == ("reply_too_long", 3)


@pytest.mark.parametrize(
    ("name", "asked", "code"),
    [
        ("text", {"citizen": 1, "content": "x"}, "not_following"),
        ("unfollow", {"citizen": 1}, "not_following"),
        ("scan", {"citizen": 1, "scene": ""}, "scene_length"),
        ("follow", {"citizen": 0}, "unknown_citizen"),
        ("follow", {"citizen": "ten"}, "not_a_number"),
        ("follow", {"citizen": 1, "account": "nobody"}, "unknown_account"),
        ("open", {"citizen": 1, "url": "file:///etc/passwd"}, "bad_url"),
        ("open", {"citizen": 1, "url": "http://a/", "decision": "x"}, "bad_decision"),
        ("click", {"citizen": 1}, "no_such_link"),
        ("clock", {"advance_s": -1}, "bad_seconds"),
        ("clock", {"advance_s": 10**9}, "bad_seconds"),
        ("clock", {"advance_s": "soon"}, "bad_seconds"),
        ("faults", {"path": "/elsewhere"}, "unknown_path"),
        ("faults", {"path": "/cgi-bin/token", "times": 0}, "bad_fault"),
        ("faults", {"path": "/cgi-bin/token", "colour": 1}, "bad_fault"),
        ("faults", {"path": "/cgi-bin/token", "http_status": 42}, "bad_fault"),
    ],
)
async def test_an_order_that_cannot_be_carried_out_is_refused_with_a_code(
    name: str, asked: dict[str, Any], code: str
):
    product = Product(b"success")
    async with given_client(product=product) as client:
        answer = await client.post(f"/_sim/{name}", json=asked)
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer.json()["detail"]
    assert product.requests == []


@pytest.mark.parametrize("right", [True, False])
async def test_saving_the_callback_address_asks_for_the_echo(right: bool):
    async def product(request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        assert list(query) == ["signature", "timestamp", "nonce", "echostr"]
        assert is_signed(query["signature"], ACCOUNT.token, query["timestamp"], query["nonce"])
        echo = query["echostr"]
        return httpx.Response(200, text=echo if right else f'"{echo}"')

    async with given_client(product=product) as client:
        assert (await order(client, "verify"))["fault"] == ("" if right else "wrong_echo")


async def test_a_tapped_link_is_opened_as_this_citizen():
    seen: list[str] = []
    words = '点<a href="http://127.0.0.1:8000/c/x/">这里</a>'

    async def product(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            escaped = words.replace("<", "&lt;")
            return httpx.Response(200, content=given_reply(content=f"<Content>{escaped}</Content>"))
        seen.append(request.headers["user-agent"])
        path = request.url.path
        if path == "/c/x/":
            login = (
                f"http://127.0.0.1:8010/connect/oauth2/authorize?appid={ACCOUNT.appid}&redirect_uri="
                "http%3A%2F%2F127.0.0.1%3A8000%2Foauth&response_type=code&scope=snsapi_base&state=s"
            )
            return httpx.Response(302, headers={"location": login})
        assert path == "/oauth"
        assert parse_qs(urlsplit(str(request.url)).query)["code"]
        return httpx.Response(200, content=b"in")

    async with given_client(PLAIN, product=product) as client:
        await order(client, "follow", citizen=1)
        visit = await order(client, "click", citizen=1)
        assert (visit["status"], visit["url"]) == (200, "http://127.0.0.1:8000/oauth")
        assert all("MicroMessenger" in agent for agent in seen)
        assert "code=" not in json.dumps(visit)
