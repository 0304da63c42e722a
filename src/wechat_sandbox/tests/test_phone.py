# SPDX-License-Identifier: Apache-2.0
"""The phone's pages as they come from the server, without a browser and without script."""

import json
import re
from urllib.parse import quote

import httpx
import pytest

from wechat_sandbox.replies import read_reply
from wechat_sandbox.screens import HERE, words_in
from wechat_sandbox.tests.given import ACCOUNT, PRODUCT, SANDBOX, given_account, given_client, order

pytestmark = pytest.mark.anyio
PLAIN = given_account(mode="plain")
PAGES = ("/", "/people", "/contacts", "/discover", "/me", "/log", "/accounts/sandbox")


async def silent(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"success")


async def take_phone(client: httpx.AsyncClient, number: int) -> None:
    answer = await client.post("/people", data={"citizen": number})
    assert answer.status_code == 303


async def test_taking_another_phone_changes_who_logs_in():
    async with given_client() as client:
        assert "请选择一位示例市民" in (await client.get("/")).text
        await take_phone(client, 3)
        assert "陈晓雯" in (await client.get("/me")).text
        await take_phone(client, 4711)
        assert "陈晓雯" not in (await client.get("/me")).text.split('id="phone"')[1]


@pytest.mark.parametrize("number", ["0", "100001", "ten", "", "١"])
async def test_a_phone_nobody_owns_cannot_be_taken(number: str):
    async with given_client() as client:
        answer = await client.post("/people", data={"citizen": number})
        assert answer.status_code == 400
        assert "没有这个编号的市民" in answer.text
        assert "set-cookie" not in answer.headers


async def test_without_script_one_can_follow_write_and_leave():
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        followed = await client.post("/accounts/sandbox/follow")
        assert followed.headers["location"] == "/chats/sandbox"
        sent = await client.post("/chats/sandbox/text", data={"content": "<b>您好</b>"})
        assert sent.headers["location"] == "/chats/sandbox#end"
        page = (await client.get("/chats/sandbox")).text
        assert "&lt;b&gt;您好&lt;/b&gt;" in page
        await client.post("/accounts/sandbox/unfollow")
        assert "关注公众号" in (await client.get("/accounts/sandbox")).text
        refused = await client.post("/chats/sandbox/text", data={"content": "x"})
        assert refused.status_code == 409
        assert "请先关注" in refused.text


async def test_a_text_too_long_is_refused_and_not_sent():
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        await client.post("/accounts/sandbox/follow")
        answer = await client.post("/chats/sandbox/text", data={"content": "长" * 2001})
        assert answer.status_code == 409
        chat = (await client.get("/_sim/chat", params={"citizen": 3})).json()
        assert chat["bubbles"] == []


async def test_replies_show_links_and_nothing_else_of_their_markup():
    words = (
        '<a href="http://127.0.0.1:8000/c/x/?a=1&b=2">参加</a> <script>x</script> '
        '<a href="javascript:alert(1)">坏</a> http://127.0.0.1:8000/help/'
    )

    async def product(request: httpx.Request) -> httpx.Response:
        openid = dict(request.url.params)["openid"]
        body = (
            f"<xml><ToUserName>{openid}</ToUserName><FromUserName>{ACCOUNT.original_id}"
            f"</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType>"
            f"<Content><![CDATA[{words}]]></Content></xml>"
        ).encode()
        assert read_reply(body, account=PLAIN, openid=openid, asked="event").text == words
        return httpx.Response(200, content=body)

    async with given_client(PLAIN, product=product) as client:
        await take_phone(client, 3)
        await client.post("/accounts/sandbox/follow")
        page = (await client.get("/chats/sandbox")).text
        target = quote("http://127.0.0.1:8000/c/x/?a=1&b=2", safe="")
        assert f'<a href="/web?account=sandbox&amp;url={target}">参加</a>' in page
        assert "<script>x" not in page
        assert "javascript:" not in re.sub("&lt;.*?&gt;", "", page)
        assert quote("http://127.0.0.1:8000/help/", safe="") in page


async def test_a_link_goes_through_the_products_door():
    async with given_client() as client:
        await take_phone(client, 3)
        page = await client.get("/web", params={"url": f"{PRODUCT}/c/best/?x=1#top"})
        door = f"{PRODUCT}/wechat/sandbox/phone?next=%2Fc%2Fbest%2F%3Fx%3D1"
        assert f'src="{door}"' in page.text
        assert f"frame-src 'self' {PRODUCT};" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://example.org/",
        "javascript:alert(1)",
        "http://127.0.0.1:8000.evil/",
        f"{SANDBOX}/me",
    ],
)
async def test_a_foreign_address_is_not_opened(url: str):
    async with given_client() as client:
        await take_phone(client, 3)
        answer = await client.get("/web", params={"url": url})
        assert answer.status_code == 400
        assert "只能打开本产品的网页" in answer.text
        assert "<iframe" not in answer.text


@pytest.mark.parametrize("path", ["/chats/sandbox", "/web?url=x", "/contacts", "/discover", "/me"])
async def test_without_a_phone_one_is_asked_to_choose(path: str):
    async with given_client() as client:
        answer = await client.get(path)
        assert (answer.status_code, "请先选择一部手机" in answer.text) == (409, True)


async def test_an_account_that_does_not_exist_is_not_found():
    async with given_client() as client:
        await take_phone(client, 3)
        for path in ("/accounts/nobody", "/chats/nobody"):
            assert (await client.get(path)).status_code == 404


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_keeps_script_and_style_out_of_line(path: str):
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        page = await client.get(path)
        assert page.status_code == 200
        assert (
            "default-src 'none'; script-src 'self'; style-src 'self'"
            in (page.headers["content-security-policy"])
        )
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", page.text)


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_chinese_and_english_on_request(path: str):
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        page = (await client.get(path)).text
        assert '<html lang="zh-Hans">' in page
        chosen = await client.post("/language", data={"language": "en", "back": path})
        assert chosen.headers["location"] == path
        assert '<html lang="en">' in (await client.get(path)).text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/", "/\\evil.example"])
async def test_the_language_switch_leads_nowhere_else(back: str):
    async with given_client() as client:
        answer = await client.post("/language", data={"language": "en", "back": back})
        assert answer.headers["location"] == "/"


async def test_localhost_is_sent_to_the_products_name_so_that_cookies_hold():
    async with given_client() as client:
        answer = await client.get("http://localhost:8010/")
        assert answer.headers["location"] == "http://127.0.0.1:8010/"


async def test_news_since_a_bubble_or_a_log_line_come_alone():
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        await client.post("/accounts/sandbox/follow")
        await client.post("/chats/sandbox/text", data={"content": "甲"})
        await client.post("/chats/sandbox/text", data={"content": "乙"})
        fresh = (await client.get("/chats/sandbox/new", params={"after": 1})).text
        assert ("乙" in fresh, "甲" in fresh) == (True, False)
        assert (await client.get("/chats/sandbox/new", params={"after": 2})).status_code == 204
        assert (await client.get("/chats/sandbox/new", params={"after": "x"})).status_code == 400
        last = (await client.get("/_sim/log")).json()["last"]
        assert (await client.get("/log/new", params={"after": last})).status_code == 204
        assert "文字消息" in (await client.get("/log/new", params={"after": 0})).text
        assert (await client.get("/log/new", params={"after": "-1"})).status_code == 400


async def test_unread_messages_are_counted_until_the_chat_is_opened():
    async def greeting(request: httpx.Request) -> httpx.Response:
        openid = dict(request.url.params)["openid"]
        return httpx.Response(
            200,
            text=f"<xml><ToUserName>{openid}</ToUserName><FromUserName>{ACCOUNT.original_id}"
            "</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType>"
            "<Content>欢迎</Content></xml>",
        )

    async with given_client(PLAIN, product=greeting) as client:
        await take_phone(client, 3)
        await order(client, "follow", citizen=3)
        assert 'class="unread"' in (await client.get("/")).text
        await client.get("/chats/sandbox")
        assert 'class="unread"' not in (await client.get("/")).text


async def test_every_sample_portrait_is_drawn():
    async with given_client() as client:
        for number in (*range(1, 40), 100_000):
            picture = await client.get(f"/portraits/{number}.svg")
            assert picture.text.startswith("<svg")
        assert (await client.get("/portraits/100001.svg")).status_code == 404


async def test_the_scan_of_a_citizen_list_stays_within_the_crowd():
    async with given_client() as client:
        asked = {"first": 99_999, "count": 10}
        told = (await client.get("/_sim/citizens", params=asked)).json()["citizens"]
        assert [person["number"] for person in told] == [99_999, 100_000]
        refused = await client.get("/_sim/citizens", params={"count": 1001})
        assert refused.json()["code"] == "bad_range"


def test_both_languages_have_the_same_words_and_each_is_used():
    chinese, english = words_in("zh"), words_in("en")
    assert chinese.keys() == english.keys()
    written = "".join(path.read_text("utf-8") for path in (HERE / "templates").iterdir())
    composed = (
        "result_",
        "subject_",
        "fact_",
        "kind_",
        "problem_",
        "refused_",
        "mode_",
        "outcome_",
    )
    shown_by_kind = {"image", "voice", "video", "music", "service_fault", "handed_to_staff"}
    unused = {
        word
        for word in chinese
        if f"t.{word}" not in written
        and not word.startswith(composed)
        and word not in shown_by_kind
    }
    assert unused == set()


def test_every_refusal_the_code_can_give_has_words():
    chinese = json.dumps(sorted(words_in("zh")))
    source = "".join(path.read_text("utf-8") for path in HERE.glob("*.py"))
    for code in re.findall(r"BadReply\(\"(\w+)\"\)|Unreached\(\"(\w+)\"\)", source):
        assert f'"result_{"".join(code)}"' in chinese
    for code in re.findall(r"AuthorizeRefused\((\d+)\)", source):
        assert f'"refused_{code}"' in chinese
    for code in re.findall(r"problem=\"(\w+)\"", source):
        assert f'"problem_{code}"' in chinese
