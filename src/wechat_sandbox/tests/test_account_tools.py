# SPDX-License-Identifier: Apache-2.0
"""Rights by kind of account, quotas, the calls behind a rid, and the smaller tools."""

import re
from typing import Any

import httpx
import pytest

from wechat_sandbox.accounts import sample_accounts
from wechat_sandbox.interfaces import INTERFACES
from wechat_sandbox.office.abilities import ABILITIES, may
from wechat_sandbox.tests.given import PRODUCT, SECRET, advance, given_account, given_client, order
from wechat_sandbox.tests.given_media import MINI, PNG, given_office, token_of

pytestmark = pytest.mark.anyio
QUOTA, RID = "/cgi-bin/openapi/quota/get", "/cgi-bin/openapi/rid/get"


def rights(**changes: Any) -> set[str]:
    account = given_account(**changes)
    return {ability for ability in ABILITIES if may(account, ability)}


def test_a_verified_service_account_may_do_all_but_what_is_for_mini_programs():
    for_mini = {"mini", "phone_number", "safety", "subscribe_send"}
    assert rights() == set(ABILITIES) - for_mini


def test_a_subscription_account_lacks_what_the_fact_sheet_says():
    missing = {"oauth", "qrcode", "template", "bizsend", "newtmpl", "mass_openid"}
    assert rights() - rights(kind="SUB") == missing


def test_an_unverified_account_lacks_more():
    assert not rights(kind="SUB", verified=False) & {"freepublish", "custom_send", "users"}
    assert "menu" in rights(kind="SUB", verified=False)
    assert "conditional_menu" not in rights(verified=False)
    assert {"freepublish", "users"} <= rights(verified=False)


def test_what_is_unconfirmed_can_be_given_and_taken():
    assert "oauth" in rights(kind="SUB", extra_abilities=("oauth",))
    assert "menu" not in rights(lacking_abilities=("menu",))


async def test_the_sample_accounts_show_the_differences():
    assert [account.kind for account in sample_accounts(PRODUCT)] == ["SVC", "SUB", "MP"]
    async with given_client(*sample_accounts(PRODUCT)) as client:
        codes = {}
        for account in sample_accounts(PRODUCT):
            params = {"access_token": await token_of(client, account)}
            for path in ("/cgi-bin/menu/get", "/cgi-bin/template/get_industry"):
                told = (await client.get(path, params=params)).json()
                codes[account.kind, path.rpartition("/")[2]] = told.get("errcode", 0)
    assert codes == {
        ("SVC", "get"): 46003,
        ("SVC", "get_industry"): 0,
        ("SUB", "get"): 46003,
        ("SUB", "get_industry"): 48001,
        ("MP", "get"): 48001,
        ("MP", "get_industry"): 48001,
    }


def body_for(path: str) -> dict[str, Any]:
    if INTERFACES[path].body == "multipart":
        return {"files": {"media": ("a.png", PNG)}}
    return {"json": {"x": 1}}


GUARDED = [path for path, one in INTERFACES.items() if one.ability is not None]
BY_TOKEN = [path for path, one in INTERFACES.items() if one.access == "token"]


@pytest.mark.parametrize("path", GUARDED)
async def test_an_account_without_the_right_is_told_48001(path: str):
    async with given_office(lacking_abilities=tuple(ABILITIES)) as office:
        interface, params = INTERFACES[path], {"access_token": office.token}
        if interface.access == "secret":
            params = {**SECRET, "grant_type": "authorization_code"}
        method = "GET" if interface.method == "GET" else "POST"
        sent = {} if method == "GET" else body_for(path)
        told = (await office.client.request(method, path, params=params, **sent)).json()
        assert told["errcode"] == 48001
        assert re.search(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$", told["errmsg"])


@pytest.mark.parametrize("path", INTERFACES)
async def test_an_error_can_be_ordered_for_every_path(path: str):
    async with given_client() as client:
        await order(client, "faults", path=path, errcode=-1)
        told = (await client.post(path)).json()
        assert (told["errcode"], "rid: " in told["errmsg"]) == (-1, True)


@pytest.mark.parametrize("path", BY_TOKEN)
async def test_every_interface_of_an_account_asks_for_its_token_and_address(path: str):
    method = "GET" if INTERFACES[path].method == "GET" else "POST"
    sent = {} if method == "GET" else body_for(path)
    async with given_client() as client:
        assert (await client.request(method, path, **sent)).json()["errcode"] == 41001
    account = given_account(ip_whitelist=("10.0.0.1",))
    async with given_client(account) as client:
        sandbox = client._transport.app.state.sandbox
        token, _ = sandbox.tokens.issue_stable(account.appid, sandbox.clock.now())
        params = {"access_token": token}
        told = (await client.request(method, path, params=params, **sent)).json()
        assert told["errcode"] == 40164


async def test_what_was_used_of_a_quota_is_told():
    async with given_office(daily_limits={"/cgi-bin/menu/get": 3}) as office:
        for _ in range(2):
            await office.get("/cgi-bin/menu/get")
        told = await office.post(QUOTA, cgi_path="/cgi-bin/menu/get")
        assert told["quota"] == {"daily_limit": 3, "used": 2, "remain": 1}
        stable = await office.post(QUOTA, cgi_path="/cgi-bin/stable_token")
        assert stable["rate_limit"] == {"call_count": 10_000, "refresh_second": 60}
        assert await office.errcode(QUOTA, cgi_path="/cgi-bin/unknown") == 76021


async def test_a_used_up_quota_can_be_cleared_ten_times_a_month():
    async with given_office(daily_limits={"/cgi-bin/menu/get": 1}) as office:
        codes = [(await office.get("/cgi-bin/menu/get"))["errcode"] for _ in range(2)]
        assert codes == [46003, 45009]
        appid = office.account.appid
        assert await office.errcode("/cgi-bin/clear_quota", appid=appid) == 0
        assert (await office.get("/cgi-bin/menu/get"))["errcode"] == 46003
        by_secret = {"appid": appid, "appsecret": office.account.secret}
        second = "/cgi-bin/clear_quota/v2"
        answers = [(await office.client.post(second, json=by_secret)).json() for _ in range(10)]
        assert [one["errcode"] for one in answers] == [0] * 9 + [48006]
        assert await office.errcode("/cgi-bin/clear_quota", appid="wx0") == 40013
        await advance(office.client, 31 * 86_400)
        assert (await office.client.post(second, json=by_secret)).json()["errcode"] == 0


async def test_one_path_can_be_cleared_alone():
    async with given_office(daily_limits={"/cgi-bin/menu/get": 1}) as office:
        await office.get("/cgi-bin/menu/get")
        clear = "/cgi-bin/openapi/quota/clear"
        assert await office.errcode(clear, cgi_path="/cgi-bin/menu/get") == 0
        assert (await office.get("/cgi-bin/menu/get"))["errcode"] == 46003
        codes = [await office.errcode(clear, cgi_path="/cgi-bin/menu/get") for _ in range(50)]
        assert codes == [0] * 49 + [48006]


async def test_the_call_behind_a_rid_is_found_for_seven_days_without_its_secrets():
    async with given_office(others=(MINI,)) as office:
        refused = await office.get("/cgi-bin/menu/get")
        rid = refused["errmsg"].rpartition(" ")[2]
        told = (await office.post(RID, rid=rid))["request"]
        assert told["request_url"] == "/cgi-bin/menu/get?access_token=*"
        assert '"errcode":46003' in told["response_body"]
        assert office.token not in str(told)
        assert await office.errcode(RID, rid="x") == 76002
        assert await office.errcode(RID, rid="00000000-00000000-00000000") == 76001
        params = {"access_token": await token_of(office.client, MINI)}
        other = await office.client.post(RID, params=params, json={"rid": rid})
        assert other.json()["errcode"] == 76003
        await advance(office.client, 7 * 86_400)
        office.token = await token_of(office.client, office.account)
        assert await office.errcode(RID, rid=rid) == 76004


async def test_the_callback_address_is_checked():
    async with given_office() as office:
        path = "/cgi-bin/callback/check"
        told = await office.post(path, action="all", check_operator="DEFAULT")
        assert told["dns"][0]["ip"] == "127.0.0.1"
        assert told["ping"][0]["package_loss"] == "0%"
        assert "ping" not in await office.post(path, action="dns", check_operator="UNICOM")
        assert await office.errcode(path, action="x", check_operator="CAP") == 40202
        assert await office.errcode(path, action="dns", check_operator="x") == 40203


async def test_long_words_come_back_until_they_expire():
    async with given_office() as office:
        gen, fetch = "/cgi-bin/shorten/gen", "/cgi-bin/shorten/fetch"
        key = (await office.post(gen, long_data="长" * 1000, expire_seconds=60))["short_key"]
        told = await office.post(fetch, short_key=key)
        assert (told["long_data"], told["expire_seconds"]) == ("长" * 1000, 60)
        await advance(office.client, 60)
        assert await office.errcode(fetch, short_key=key) == 40097
        assert await office.errcode(gen, long_data="x" * 4097) == 40097
        assert await office.errcode(gen, long_data="x", expire_seconds=2_592_001) == 40097


async def test_escaped_characters_are_noted_in_the_log():
    async with given_office() as office:
        params = {"access_token": office.token}
        body = b'{"tag": {"name": "\\u4e1c"}}'
        await office.client.post("/cgi-bin/tags/create", params=params, content=body)
        log = (await office.client.get("/_sim/log", params={"kind": "api"})).json()["entries"]
        assert log[-1]["facts"]["escaped"] == "yes"


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"content": b""}, 44002),
        ({"json": {"media": "x"}}, 41005),
        ({"data": {"media": "x"}}, 41005),
        (
            {
                "content": b"--x\r\nnonsense",
                "headers": {"content-type": "multipart/form-data; boundary=x"},
            },
            41005,
        ),
    ],
)
async def test_an_upload_that_is_none_is_refused(sent: dict[str, Any], code: int):
    async with given_office() as office:
        params = {"access_token": office.token, "type": "image"}
        told: httpx.Response = await office.client.post(
            "/cgi-bin/media/upload", params=params, **sent
        )
        assert told.json()["errcode"] == code
