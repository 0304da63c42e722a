# SPDX-License-Identifier: Apache-2.0
"""Web OAuth: the authorize page, codes, and what a web token opens."""

from urllib.parse import parse_qs, urlsplit

import pytest

from wechat_sandbox.people import openid_of, unionid_of
from wechat_sandbox.tests.given import (
    ACCOUNT,
    PRODUCT,
    SANDBOX,
    advance,
    authorize_url,
    call,
    code_for,
    given_account,
    given_client,
    order,
    redeem,
)

pytestmark = pytest.mark.anyio
PHONE = {"Cookie": "sandbox_phone=3"}


async def test_a_base_login_passes_silently_and_brings_only_the_openid():
    async with given_client() as client:
        answer = await client.get(authorize_url(), headers=PHONE)
        assert answer.status_code == 302
        back = urlsplit(answer.headers["location"])
        query = parse_qs(back.query)
        assert (back.netloc, back.path) == ("127.0.0.1:8000", "/wechat/sandbox/oauth")
        assert (query["next"], query["state"]) == (["/c/"], ["abc123"])
        told = await redeem(client, query["code"][0])
        assert told["openid"] == openid_of(ACCOUNT.appid, 3)
        assert told["scope"] == "snsapi_base"
        assert "unionid" not in told
        assert "is_snapshotuser" not in told
        asked = {"access_token": told["access_token"], "openid": told["openid"]}
        assert (await call(client, "/sns/auth", **asked))["errcode"] == 0
        assert (await call(client, "/sns/userinfo", **asked))["errcode"] == 48001


async def test_a_userinfo_login_asks_the_citizen_first():
    async with given_client() as client:
        url = authorize_url(scope="snsapi_userinfo")
        page = await client.get(url, headers=PHONE)
        assert page.status_code == 200
        assert "陈晓雯（示例）" in page.text
        allowed = await client.post(url, data={"decision": "allow"}, headers=PHONE)
        assert allowed.status_code == 303
        told = await redeem(
            client, parse_qs(urlsplit(allowed.headers["location"]).query)["code"][0]
        )
        asked = {"access_token": told["access_token"], "openid": told["openid"], "lang": "zh_CN"}
        answer = await client.get("/sns/userinfo", params=asked)
        assert answer.headers["content-type"].startswith("text/plain")
        assert "陈晓雯" in answer.content.decode("utf-8")
        person = answer.json()
        assert person["nickname"] == "陈晓雯（示例）"
        assert (person["sex"], person["city"], person["privilege"]) == (0, "", [])
        assert person["unionid"] == told["unionid"] == unionid_of(ACCOUNT.open_platform, 3)
        portrait = await client.get(person["headimgurl"])
        assert portrait.headers["content-type"].startswith("image/svg+xml")


async def test_the_consent_page_lets_its_form_lead_back_to_the_site_only():
    async with given_client() as client:
        page = await client.get(authorize_url(scope="snsapi_userinfo"), headers=PHONE)
        assert f"form-action 'self' {PRODUCT};" in page.headers["content-security-policy"]


async def test_a_citizen_who_denies_comes_back_without_a_code():
    async with given_client() as client:
        url = authorize_url(scope="snsapi_userinfo")
        denied = await client.post(url, data={"decision": "deny"}, headers=PHONE)
        query = parse_qs(urlsplit(denied.headers["location"]).query)
        assert "code" not in query
        assert query["state"] == ["abc123"]


async def test_an_unknown_decision_changes_nothing():
    async with given_client() as client:
        url = authorize_url(scope="snsapi_userinfo")
        answer = await client.post(url, data={"decision": "maybe"}, headers=PHONE)
        assert answer.status_code == 400


@pytest.mark.parametrize("how", ["decision", "address"])
async def test_a_snapshot_visitor_is_marked_and_is_nobody(how: str):
    async with given_client() as client:
        if how == "decision":
            code = await code_for(client, 3, scope="snsapi_userinfo", decision="snapshot")
        else:
            code = await code_for(client, 3, scope="snsapi_userinfo", forceSnapShot="true")
        told = await redeem(client, code)
        assert told["is_snapshotuser"] == 1
        assert told["openid"] != openid_of(ACCOUNT.appid, 3)
        asked = {"access_token": told["access_token"], "openid": told["openid"]}
        person = await call(client, "/sns/userinfo", **asked)
        assert (person["nickname"], person["headimgurl"]) == ("微信用户", "")
        assert "unionid" not in person


async def test_a_code_works_once():
    async with given_client() as client:
        code = await code_for(client, 1)
        assert "openid" in await redeem(client, code)
        assert (await redeem(client, code))["errcode"] == 40163


async def test_a_code_works_for_five_minutes():
    async with given_client() as client:
        code = await code_for(client, 1)
        late = await code_for(client, 2)
        await advance(client, 299)
        assert "openid" in await redeem(client, code)
        await advance(client, 1)
        assert (await redeem(client, late))["errcode"] == 42003


@pytest.mark.parametrize(("code", "errcode"), [("", 41008), ("invented", 40029)])
async def test_a_code_nobody_was_given_is_refused(code: str, errcode: int):
    async with given_client() as client:
        assert (await redeem(client, code))["errcode"] == errcode


async def test_a_code_of_another_account_is_refused():
    other = given_account(
        slug="other",
        appid="wx1111111111111111",
        original_id="gh_other",
        secret="another",
    )
    async with given_client(given_account(), other) as client:
        code = await code_for(client, 1)
        asked = {"appid": other.appid, "secret": other.secret, "code": code}
        answer = await call(
            client, "/sns/oauth2/access_token", grant_type="authorization_code", **asked
        )
        assert answer["errcode"] == 40029


async def test_a_refresh_token_renews_the_web_token_for_thirty_days():
    async with given_client() as client:
        told = await redeem(client, await code_for(client, 1))
        await advance(client, 7200)
        old = {"access_token": told["access_token"], "openid": told["openid"]}
        assert (await call(client, "/sns/auth", **old))["errcode"] == 42001
        asked = {
            "appid": ACCOUNT.appid,
            "grant_type": "refresh_token",
            "refresh_token": told["refresh_token"],
        }
        fresh = await call(client, "/sns/oauth2/refresh_token", **asked)
        new = {"access_token": fresh["access_token"], "openid": told["openid"]}
        assert (await call(client, "/sns/auth", **new))["errcode"] == 0
        await advance(client, 30 * 86_400)
        assert (await call(client, "/sns/oauth2/refresh_token", **asked))["errcode"] == 42002


async def test_a_forged_or_foreign_web_token_opens_nothing():
    async with given_client() as client:
        told = await redeem(client, await code_for(client, 1))
        token, openid = told["access_token"], told["openid"]
        for wrong, code in (
            ({"access_token": "", "openid": openid}, 41001),
            ({"access_token": "nonsense", "openid": openid}, 40001),
            ({"access_token": "10_" + "é" * 60, "openid": openid}, 40001),
            ({"access_token": told["refresh_token"], "openid": openid}, 40001),
            ({"access_token": token, "openid": ""}, 41009),
            ({"access_token": token, "openid": openid_of(ACCOUNT.appid, 2)}, 40003),
        ):
            assert (await call(client, "/sns/auth", **wrong))["errcode"] == code


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"appid": ""}, 10012),
        ({"appid": "wx0000000000000000"}, 10016),
        ({"redirect_uri": ""}, 10011),
        ({"redirect_uri": "https://evil.example/oauth"}, 10003),
        ({"redirect_uri": "http://127.0.0.1:8000.evil.example/"}, 10003),
        ({"redirect_uri": "javascript://127.0.0.1:8000/%0aalert(1)"}, 10003),
        ({"scope": ""}, 10010),
        ({"scope": "snsapi_login"}, 10005),
        ({"response_type": "token"}, 10004),
        ({"state": "a b"}, 10013),
        ({"state": "x" * 129}, 10013),
    ],
)
async def test_a_wrong_authorize_address_shows_its_error(changes: dict[str, str], code: int):
    async with given_client() as client:
        page = await client.get(authorize_url(**changes), headers=PHONE)
        assert page.status_code == 400
        assert str(code) in page.text
        refused = await client.post(
            "/_sim/oauth", json={"citizen": 1, "url": authorize_url(**changes)}
        )
        assert refused.json()["code"] == "authorize_refused"


async def test_a_subscription_account_has_no_web_login():
    async with given_client(given_account(kind="SUB")) as client:
        page = await client.get(authorize_url(), headers=PHONE)
        assert "10005" in page.text


async def test_a_browser_without_a_phone_is_told_to_use_wechat():
    async with given_client() as client:
        page = await client.get(authorize_url())
        assert page.status_code == 403
        assert "请在微信客户端打开链接" in page.text


async def test_a_crowd_logs_in_by_the_control_plane():
    async with given_client() as client:
        openids = set()
        for number in range(1, 201):
            openids.add((await redeem(client, await code_for(client, number)))["openid"])
        assert len(openids) == 200


async def test_the_control_plane_answers_this_machine_only_and_json_only():
    order_ = {"citizen": 1, "url": authorize_url()}
    async with given_client(client_address="10.1.2.3") as client:
        assert (await client.post("/_sim/oauth", json=order_)).status_code == 403
        assert (await client.get("/_sim/log")).status_code == 403
    async with given_client() as client:
        form = await client.post("/_sim/oauth", data=order_)
        assert form.json()["code"] == "not_json"


async def test_neither_secret_nor_token_nor_code_reaches_the_log():
    async with given_client() as client:
        code = await code_for(client, 1)
        told = await redeem(client, code)
        log = (await client.get("/_sim/log")).text
        for secret in (ACCOUNT.secret, code, told["access_token"], told["refresh_token"]):
            assert secret not in log
        assert (await order(client, "clock"))["ahead_s"] == 0
        assert SANDBOX not in log
