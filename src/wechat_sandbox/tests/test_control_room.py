# SPDX-License-Identifier: Apache-2.0
"""The control room as it comes from the server."""

import re

import httpx
import pytest

from wechat_sandbox.control.plane import control_routes
from wechat_sandbox.journal import Journal, mask_secrets
from wechat_sandbox.people import openid_of
from wechat_sandbox.room.forms import FORMS
from wechat_sandbox.room.orders import all_orders
from wechat_sandbox.screens import words_in
from wechat_sandbox.tests.given import (
    ACCOUNT,
    SECRET,
    call,
    given_account,
    given_client,
    legacy_token,
    order,
)

pytestmark = pytest.mark.anyio
PLAIN = given_account(mode="plain")
PAGES = (
    "/room",
    "/room/accounts",
    "/room/citizens",
    "/room/interfaces",
    "/room/log",
    "/room/orders",
)


async def silent(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, content=b"success")


@pytest.mark.parametrize("path", PAGES)
async def test_only_this_machine_enters_the_room(path: str):
    async with given_client(client_address="192.0.2.7") as client:
        answer = await client.get(path)
        assert (answer.status_code, "只供本机使用" in answer.text) == (403, True)
        assert ACCOUNT.appid not in answer.text


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_is_chinese_and_english_without_inline_code(path: str):
    async with given_client(PLAIN, product=silent) as client:
        await order(client, "follow", citizen=3)
        page = await client.get(path)
        assert (page.status_code, '<html lang="zh-Hans">' in page.text) == (200, True)
        assert not re.search(r"\son\w+=|\sstyle=|<style|<script(?![^>]*\ssrc=)", page.text)
        await client.post("/language", data={"language": "en", "back": path})
        english = (await client.get(path)).text
        assert '<html lang="en">' in english
        chinese = [
            words for words in words_in("zh").values() if len(re.findall(r"[一-鿿]", words)) > 3
        ]
        assert [words for words in chinese if words in english] == []


async def test_every_order_of_the_control_plane_has_a_form_with_its_command():
    async with given_client() as client:
        page = (await client.get("/room/orders")).text
    for route in control_routes():
        assert route.path in page
    for form in all_orders():
        assert f'data-order="{form.name}"' in page
    commands = re.findall(r"<code data-command>(.*?)</code>", page, re.DOTALL)
    assert len(commands) == len(all_orders())


def test_every_order_is_described_and_every_label_has_words():
    described = {form.name for form in FORMS}
    assert [form.name for form in all_orders() if form.name not in described] == []
    words = words_in("zh")
    labels = {blank.label for form in FORMS for blank in form.blanks}
    titles = {f"order_{form.word}" for form in FORMS}
    choices = {f"choice_{one}" for form in FORMS for blank in form.blanks for one in blank.choices}
    assert (labels | titles | choices) - words.keys() == set()


async def test_an_account_shows_how_its_callback_fares():
    async def broken(request: httpx.Request) -> httpx.Response:
        return httpx.Response(500)

    async with given_client(PLAIN, product=broken) as client:
        assert "尚未推送" in (await client.get("/room")).text
        await order(client, "follow", citizen=3)
        page = (await client.get("/room")).text
        assert "HTTP 500" in page
        assert "共推送 3 次，故障 3 次" in page


async def test_an_account_shows_what_it_may_and_may_not():
    async with given_client(given_account(kind="SUB", verified=False)) as client:
        page = (await client.get("/room")).text
        assert re.search(r'class="lacks"><span class="hidden">无权限：</span>网页授权', page)
        assert '<li class="has">自定义菜单' in page


async def test_quotas_show_what_is_used_of_what():
    async with given_client(given_account(daily_limits={"/cgi-bin/token": 4})) as client:
        await legacy_token(client)
        page = (await client.get("/room")).text
        assert "1 / 4" in page
        assert 'value="25"' in page


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("4711", [4711]),
        ("陈晓雯", [3]),
        (openid_of(ACCOUNT.appid, 42), [42]),
        ("0", []),
        ("没有这个人", []),
    ],
)
async def test_citizens_are_found_by_number_name_and_openid(words: str, found: list[int]):
    async with given_client() as client:
        page = (await client.get("/room/citizens", params={"words": words})).text
        assert [int(one) for one in re.findall(r'<td class="figure">(\d+)</td>', page)] == found
        assert ("没有符合条件的市民" in page) == (found == [])


async def test_followers_alone_are_listed_and_pages_go_on():
    async with given_client(PLAIN, product=silent) as client:
        for number in (9, 4):
            await order(client, "follow", citizen=number)
        page = (await client.get("/room/citizens", params={"only": "followers"})).text
        assert re.findall(r'<td class="figure">(\d+)</td>', page) == ["4", "9"]
        everybody = (await client.get("/room/citizens")).text
        assert "first=51" in everybody
        second = (await client.get("/room/citizens", params={"first": 51})).text
        assert re.findall(r'<td class="figure">(\d+)</td>', second)[0] == "51"


async def test_the_log_is_filtered_and_shows_the_attempts_of_a_message():
    async def broken(request: httpx.Request) -> httpx.Response:
        return httpx.Response(502)

    async with given_client(PLAIN, product=broken) as client:
        await order(client, "follow", citizen=3)
        await order(client, "text", citizen=3, content="十佳窗口")
        await legacy_token(client)
        calls = (await client.get("/room/log", params={"kind": "api"})).text
        assert ("文字消息" in calls, "GET /cgi-bin/token" in calls) == (False, True)
        words = (await client.get("/room/log", params={"words": "十佳窗口"})).text
        assert words.count('class="entry') == 3
        assert "全部推送" in words
        none = (await client.get("/room/log", params={"outcome": "refused"})).text
        assert "没有符合条件的记录" in none
        older = (await client.get("/room/log", params={"before": 2})).text
        assert older.count('class="entry') == 1


async def test_the_log_tells_request_and_answer_but_no_secret():
    async with given_client() as client:
        token = await legacy_token(client)
        await call(client, "/cgi-bin/user/info", access_token=token, openid="nobody")
        page = (await client.get("/room/log")).text
        assert "nobody" in page
        assert re.search(r"rid: [0-9a-f-]{26}", page)
        assert token not in page
        assert SECRET["secret"] not in page


@pytest.mark.parametrize(
    ("told", "masked"),
    [
        ('{"access_token": "abc", "openid": "o1"}', '{"access_token": "***", "openid": "o1"}'),
        ("/x?secret=abc&appid=wx1", "/x?secret=***&appid=wx1"),
        ('{"errcode": 40029}', '{"errcode": 40029}'),
    ],
)
def test_secrets_are_masked_and_nothing_else(told: str, masked: str):
    assert mask_secrets(told) == masked


def test_the_journal_finds_the_newest_first():
    journal = Journal()
    for number in range(3):
        journal.write(at=0, kind="api", outcome="ok", subject=f"GET /{number}", result="ok")
    journal.write(at=0, kind="job", outcome="ok", subject="job_mass", result="x", account="a")
    assert [entry.number for entry in journal.find(kind="api")] == [3, 2, 1]
    assert [entry.number for entry in journal.find(account="a")] == [4]
