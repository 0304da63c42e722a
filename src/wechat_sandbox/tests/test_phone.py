# SPDX-License-Identifier: Apache-2.0
"""The phone's pages as they come from the server, without a browser and without script."""

import json
import re
from urllib.parse import quote

import httpx
import pytest

from wechat_sandbox.chats import Card
from wechat_sandbox.push.replies import read_reply
from wechat_sandbox.screens import HERE, open_in_phone, words_in
from wechat_sandbox.tests.given import ACCOUNT, PRODUCT, SANDBOX, given_account, given_client, order

pytestmark = pytest.mark.anyio
PLAIN = given_account(mode="plain")
PAGES = (
    "/",
    "/people",
    "/contacts",
    "/discover",
    "/scan",
    "/me",
    "/log",
    "/accounts/sandbox",
    "/accounts/sandbox/articles",
    "/accounts/sandbox/notices",
    "/mini?appid=wx1&path=a",
)


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
        assert "只能打开本产品和公众号网页授权域名下的网页" in answer.text
        assert "<iframe" not in answer.text


async def test_a_page_of_an_accounts_own_server_opens_as_it_is():
    async with given_client() as client:
        await order(client, "accounts/save", slug="bot", callback_url="http://127.0.0.1:5000/wx")
        await take_phone(client, 3)
        page = await client.get("/web", params={"account": "bot", "url": "http://127.0.0.1:5000/a"})
        assert 'src="http://127.0.0.1:5000/a"' in page.text
        assert " http://127.0.0.1:5000 " in page.headers["content-security-policy"]
        foreign = {"account": "sandbox", "url": "http://127.0.0.1:5000/a"}
        assert (await client.get("/web", params=foreign)).status_code == 400


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


async def test_a_press_that_only_looks_like_a_menu_button_is_refused():
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        await client.post("/accounts/sandbox/follow")
        for place in ("0", "9.9", "x", "-1", ""):
            answer = await client.post("/chats/sandbox/menu", data={"place": place})
            assert answer.status_code == 409, place
            assert 'role="alert"' in answer.text


async def test_a_file_that_wechat_would_not_take_is_refused_in_the_chat():
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        await client.post("/accounts/sandbox/follow")
        files = {"picture": ("x.png", b"not a picture", "image/png")}
        answer = await client.post("/chats/sandbox/picture", files=files)
        assert answer.status_code == 409
        assert "PNG、JPG 或 GIF" in answer.text
        assert (await client.get("/_sim/chat", params={"citizen": 3})).json()["bubbles"] == []


async def test_each_kind_of_bubble_has_its_own_look():
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        await client.post("/accounts/sandbox/follow")
        sandbox = client._transport.app.state.sandbox  # type: ignore[attr-defined]
        chat = sandbox.chat_of(PLAIN, 3)
        told = {"at": 0.0, "side": "account"}
        lines = (("事项", "社保卡"), ("进度", "已受理"))
        chat.add(**told, kind="template", card=Card(title="进度", lines=lines, url=f"{PRODUCT}/a"))
        chat.add(**told, kind="text", text="答复", is_ai=True)
        chat.add(**told, kind="text", text="您好", staff="小李")
        chat.add(**told, kind="miniprogrampage", card=Card(title="小程序", appid="wx1", page="p"))
        chat.add(**told, kind="link", card=Card(title="指南", url=f"{PRODUCT}/guide"))
        chat.add(**told, kind="image", media_id="gone")
        page = (await client.get("/chats/sandbox")).text
        for words in ("<dt>事项</dt><dd>社保卡</dd>", "内容由第三方 AI 生成", "客服 小李"):
            assert words in page
        assert "/mini?appid=wx1&amp;path=p" in page
        assert open_in_phone(f"{PRODUCT}/guide", "sandbox").replace("&", "&amp;") in page
        assert "［图片］ · 已过期" in page


async def test_the_settings_switch_messages_off_and_on():
    async with given_client(PLAIN, product=silent) as client:
        await take_phone(client, 3)
        await client.post("/accounts/sandbox/follow")
        for refuses, shown in (("1", "将被拒收"), ("0", "可以发来消息")):
            await client.post("/accounts/sandbox/messages", data={"refuses": refuses})
            assert shown in (await client.get("/accounts/sandbox/notices")).text


async def test_a_one_time_message_is_confirmed_and_the_site_hears_of_it():
    query = {
        "action": "get_confirm",
        "appid": ACCOUNT.appid,
        "scene": "7",
        "template_id": "t1",
        "redirect_url": f"{PRODUCT}/back?x=1",
        "reserved": "r",
    }
    async with given_client(PLAIN) as client:
        assert (await client.get("/mp/subscribemsg", params=query)).status_code == 403
        await take_phone(client, 3)
        assert (
            "申请向您发送一条服务消息" in (await client.get("/mp/subscribemsg", params=query)).text
        )
        for decision, action in (("allow", "confirm"), ("cancel", "cancel")):
            answer = await client.post(
                "/mp/subscribemsg", params=query, data={"decision": decision}
            )
            back = dict(httpx.URL(answer.headers["location"]).params)
            assert (back["action"], back["x"]) == (action, "1")
        for change in ({"scene": "10001"}, {"redirect_url": "https://evil.example/"}):
            refused = await client.get("/mp/subscribemsg", params=query | change)
            assert refused.status_code == 400


async def test_a_page_sent_to_a_friend_opens_here_and_nowhere_else():
    async with given_client() as client:
        for target, shown in (("/web?url=x", "/web?url=x"), ("//evil.example/", "/")):
            answer = await client.post("/people", data={"citizen": 4, "next": target})
            assert answer.headers["location"] == shown


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
        *("result_", "subject_", "fact_", "kind_", "problem_", "refused_", "mode_", "outcome_"),
        *("ability_", "advance_", "always_", "blank_", "choice_", "decide_", "group_", "job_"),
        *("notice_", "order_", "view_", "deed_", "article_", "area_", "why_"),
    )
    source = "".join(path.read_text("utf-8") for path in HERE.rglob("*.py"))
    shown_by_kind = {"image", "voice", "video", "music", "service_fault", "handed_to_staff"}
    unused = {
        word
        for word in chinese
        if f"t.{word}" not in written
        and f'"{word}"' not in source
        and not word.startswith("span_")
        and not word.startswith(composed)
        and word not in shown_by_kind
    }
    assert unused == set()


def test_every_refusal_the_code_can_give_has_words():
    chinese = json.dumps(sorted(words_in("zh")))
    source = "".join(path.read_text("utf-8") for path in HERE.rglob("*.py"))
    for code in re.findall(r"BadReply\(\"(\w+)\"\)|Unreached\(\"(\w+)\"\)", source):
        assert f'"result_{"".join(code)}"' in chinese
    for code in re.findall(r"AuthorizeRefused\((\d+)\)", source):
        assert f'"refused_{code}"' in chinese
    for code in re.findall(r"ActRefused\(\"(\w+)\"\)|problem=\"(\w+)\"", source):
        assert f'"problem_{"".join(code)}"' in chinese
