# SPDX-License-Identifier: Apache-2.0
"""Mini programs: login, sealed data, phone number, codes, links, risk, and content checks."""

import base64
import hashlib
import hmac
import json
from contextlib import asynccontextmanager
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from wechatpy.crypto import WeChatWxaCrypto

from wechat_sandbox.office import minis
from wechat_sandbox.office.minis import sign_raw
from wechat_sandbox.tests.given import advance, given_account, order
from wechat_sandbox.tests.given_media import MINI, Office, given_office, path_of, token_of

pytestmark = pytest.mark.anyio
CHANGES = {name: getattr(MINI, name) for name in ("slug", "appid", "original_id", "name", "kind")}


@asynccontextmanager
async def given_program(**changes):
    async with given_office(**CHANGES, **changes) as office:
        yield office


async def login(office: Office, number: int) -> dict[str, str]:
    code = (await order(office.client, "mini/enter", citizen=number))["js_code"]
    return await redeem(office, code)


async def redeem(office: Office, code: str) -> dict[str, str]:
    return await office.get(
        "/sns/jscode2session",
        appid=office.account.appid,
        secret=office.account.secret,
        js_code=code,
        grant_type="authorization_code",
    )


async def test_a_login_code_works_once_within_five_minutes():
    async with given_program() as office:
        code = (await order(office.client, "mini/enter", citizen=3))["js_code"]
        told = await redeem(office, code)
        assert told["openid"] == office.openid(3)
        assert len(base64.b64decode(told["session_key"])) == 16
        assert "unionid" in told
        assert (await redeem(office, code))["errcode"] == 40163
        assert (await redeem(office, "unknown"))["errcode"] == 40029
        late = (await order(office.client, "mini/enter", citizen=3))["js_code"]
        await advance(office.client, 300)
        assert (await redeem(office, late))["errcode"] == 40029


async def test_a_citizen_logs_in_so_often_a_minute_and_no_more(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(minis, "LOGINS_PER_MINUTE", 2)
    async with given_program() as office:
        assert [(await login(office, 3)).get("errcode", 0) for _ in range(3)] == [0, 0, 45011]
        assert "openid" in await login(office, 4)
        await advance(office.client, 60)
        assert "openid" in await login(office, 3)


async def test_an_official_account_has_no_mini_program_interfaces():
    async with given_office() as office:
        assert (await redeem(office, "x"))["errcode"] == 48001
        assert await office.errcode("/wxa/getwxacodeunlimit", scene="a") == 48001


async def test_the_profile_is_sealed_as_wechatpy_opens_it():
    async with given_program() as office:
        told = await login(office, 3)
        sealed = await order(office.client, "mini/profile", citizen=3)
        crypto = WeChatWxaCrypto(told["session_key"], sealed["iv"], office.account.appid)
        opened = crypto.decrypt_message(sealed["encryptedData"])
        assert opened["openId"] == told["openid"]
        assert opened["unionId"] == told["unionid"]
        assert opened["watermark"]["appid"] == office.account.appid
        raw = json.loads(sealed["rawData"])
        assert raw["nickName"] == opened["nickName"]
        assert "openId" not in raw
        key = sealed["rawData"] + told["session_key"]
        assert sealed["signature"] == hashlib.sha1(key.encode()).hexdigest()


def test_raw_data_is_signed_as_the_documentation_shows():
    raw = (
        '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou",'
        '"province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/'
        '1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}'
    )
    signature = "75e81ceda165f4ffa64f4068af58c64b8f54b88c"
    assert sign_raw(raw, "HyVFkGl5F5OQWJZZaNzBBg==") == signature


async def test_the_phone_number_comes_by_its_own_code_or_sealed():
    async with given_program() as office:
        session = await login(office, 3)
        path = "/wxa/business/getuserphonenumber"
        given = await order(office.client, "mini/phone", citizen=3)
        told = await office.post(path, code=given["code"])
        assert told["phone_info"]["purePhoneNumber"] == "19900000003"
        assert told["phone_info"]["watermark"]["appid"] == office.account.appid
        assert await office.errcode(path, code=given["code"]) == 40163
        login_code = (await order(office.client, "mini/enter", citizen=3))["js_code"]
        assert await office.errcode(path, code=login_code) == 40029
        key, iv = (base64.b64decode(one) for one in (session["session_key"], given["iv"]))
        cipher = Cipher(AES(key), CBC(iv)).decryptor()
        plain = cipher.update(base64.b64decode(given["encryptedData"])) + cipher.finalize()
        assert json.loads(plain[: -plain[-1]])["phoneNumber"] == "19900000003"


async def test_the_phone_number_needs_a_verified_program():
    async with given_program(verified=False) as office:
        assert await office.errcode("/wxa/business/getuserphonenumber", code="x") == 48001


async def test_a_session_is_checked_and_reset():
    async with given_program() as office:
        told = await login(office, 3)
        signature = hmac.new(told["session_key"].encode(), b"", hashlib.sha256).hexdigest()
        asked = {"openid": told["openid"], "signature": signature, "sig_method": "hmac_sha256"}
        assert (await office.get("/wxa/checksession", **asked))["errcode"] == 0
        wrong = {**asked, "signature": "0" * 64}
        assert (await office.get("/wxa/checksession", **wrong))["errcode"] == 87009
        fresh = await office.get("/wxa/resetusersessionkey", **asked)
        assert fresh["session_key"] != told["session_key"]
        assert (await office.get("/wxa/checksession", **asked))["errcode"] == 87009
        assert (await login(office, 3))["session_key"] == fresh["session_key"]


async def test_a_code_image_is_a_png_of_about_the_width_asked():
    async with given_program() as office:
        asked = {"scene": "id=12", "page": "pages/vote/index"}
        image = await office.post("/wxa/getwxacodeunlimit", width=430, **asked)
        assert image.headers["content-type"] == "image/png"
        assert image.content.startswith(b"\x89PNG")
        width = int.from_bytes(image.content[16:20])
        assert 300 < width <= 430


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"scene": ""}, 40169),
        ({"scene": "a" * 33}, 40169),
        ({"scene": "中文"}, 40169),
        ({"scene": "a b"}, 40169),
        ({"width": 279}, 40097),
        ({"width": 1281}, 40097),
        ({"page": "/pages/vote"}, 41030),
        ({"page": "pages/vote?id=1"}, 41030),
        ({"page": "pages/unknown"}, 41030),
        ({"env_version": "beta"}, 40097),
    ],
)
async def test_what_no_code_can_be_made_of_is_named(changes, code):
    async with given_program() as office:
        await order(office.client, "mini/pages", pages=["pages/vote"])
        asked = {"scene": "id=12", "page": "pages/vote", **changes}
        assert await office.errcode("/wxa/getwxacodeunlimit", **asked) == code


async def test_an_unknown_page_passes_where_the_check_is_off():
    async with given_program() as office:
        await order(office.client, "mini/pages", pages=["pages/vote"])
        asked = {"scene": "id=12", "page": "pages/later", "check_path": False}
        image = await office.post("/wxa/getwxacodeunlimit", **asked)
        assert image.content.startswith(b"\x89PNG")


async def test_a_url_link_leads_into_the_program_until_it_expires():
    async with given_program() as office:
        asked = {"path": "pages/vote", "query": "id=12", "expire_type": 1, "expire_interval": 1}
        link = (await office.post("/wxa/generate_urllink", **asked))["url_link"]
        told = await office.post("/wxa/query_urllink", url_link=link)
        assert told["url_link_info"]["query"] == "id=12"
        opened = await office.client.get(path_of(link))
        target = parse_qs(urlsplit(opened.headers["location"]).query)
        assert target == {"appid": [office.account.appid], "path": ["pages/vote?id=12"]}
        await advance(office.client, 86_400)
        assert (await office.client.get(path_of(link))).status_code == 404


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"expire_interval": 31}, 85401),
        ({"expire_interval": 0}, 85401),
        ({"path": "pages/vote?id=1"}, 40165),
        ({"query": "x" * 1025}, 40212),
        ({"env_version": "beta"}, 40097),
    ],
)
async def test_a_link_has_its_limits(changes, code):
    async with given_program() as office:
        asked = {"path": "pages/vote", "expire_type": 1, "expire_interval": 30, **changes}
        assert await office.errcode("/wxa/generate_urllink", **asked) == code


async def test_schemes_and_short_links_are_told_again():
    async with given_program() as office:
        asked = {"jump_wxa": {"path": "pages/vote", "query": "id=1"}}
        link = (await office.post("/wxa/generatescheme", **asked))["openlink"]
        assert link.startswith("weixin://dl/business/?t=")
        told = await office.post("/wxa/queryscheme", scheme=link)
        assert told["scheme_info"]["path"] == "pages/vote"
        asked = {"page_url": "pages/vote?id=1", "page_title": "评选"}
        short = await office.post("/wxa/genwxashortlink", **asked)
        assert short["link"].startswith("#小程序://")
        assert await office.errcode("/wxa/queryscheme", scheme="x") == 40097


async def test_the_risk_rank_is_what_was_set():
    async with given_program() as office:
        await order(office.client, "mini/rank", citizen=3, rank=4)
        asked = {
            "appid": office.account.appid,
            "openid": office.openid(3),
            "scene": 0,
            "client_ip": "127.0.0.1",
        }
        path = "/wxa/getuserriskrank"
        assert (await office.post(path, **asked))["risk_rank"] == 4
        assert (await office.post(path, **(asked | {"openid": office.openid(4)})))["risk_rank"] == 0
        assert await office.errcode(path, **(asked | {"openid": "x"})) == 40003
        assert await office.errcode(path, **(asked | {"scene": 9})) == 40129


async def test_words_are_judged_by_the_sandbox_s_list():
    async with given_program() as office:
        await login(office, 3)
        asked = {"version": 2, "openid": office.openid(3), "scene": 2}
        path = "/wxa/msg_sec_check"
        told = await office.post(path, content="很好的活动", **asked)
        assert told["result"] == {"suggest": "pass", "label": 100}
        await order(office.client, "check/word", word="坏词", suggest="risky", label=20003)
        told = await office.post(path, content="这是坏词", **asked)
        assert told["result"] == {"suggest": "risky", "label": 20003}
        assert told["detail"][1]["keyword"] == "坏词"
        await order(office.client, "check/word", word="坏词", suggest="pass", label=100)
        told = await office.post(path, content="这是坏词", **asked)
        assert told["result"]["suggest"] == "pass"


async def test_only_somebody_who_used_the_program_within_two_hours_can_be_checked():
    async with given_program() as office:
        asked = {"version": 2, "openid": office.openid(3), "scene": 2, "content": "您好"}
        path = "/wxa/msg_sec_check"
        assert await office.errcode(path, **asked) == 61010
        await login(office, 3)
        assert await office.errcode(path, **asked) == 0
        await advance(office.client, 7200)
        office.token = await token_of(office.client, office.account)
        assert await office.errcode(path, **asked) == 0
        await advance(office.client, 1)
        assert await office.errcode(path, **asked) == 61010


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"version": 1}, 40097),
        ({"scene": 5}, 40129),
        ({"openid": "x"}, 40003),
        ({"content": "字" * 2501}, 40097),
        ({"content": ""}, 40097),
    ],
)
async def test_a_check_has_its_limits(changes, code):
    async with given_program() as office:
        await login(office, 3)
        asked = {"version": 2, "openid": office.openid(3), "scene": 2, "content": "您好"}
        assert await office.errcode("/wxa/msg_sec_check", **(asked | changes)) == code


MEDIA = {"version": 2, "scene": 2, "media_type": 2}


async def test_a_picture_is_fetched_and_judged_by_event():
    async with given_program() as office:
        await login(office, 3)
        asked = {**MEDIA, "openid": office.openid(3), "media_url": "http://files.example/a.png"}
        trace = (await office.post("/wxa/media_check_async", **asked))["trace_id"]
        await advance(office.client, 2)
        await order(office.client, "jobs/settle")
        (event,) = office.events
        assert event.findtext("Event") == "wxa_media_check"
        assert (event.findtext("trace_id"), event.findtext("errcode")) == (trace, "0")
        assert event.findtext("result/suggest") == "pass"
        assert event.findtext("detail/strategy") == "content_model"


async def test_a_verdict_can_be_ordered():
    async with given_program() as office:
        await login(office, 3)
        asked = {**MEDIA, "openid": office.openid(3), "media_url": "http://files.example/a.png"}
        trace = (await office.post("/wxa/media_check_async", **asked))["trace_id"]
        await order(office.client, "check/result", trace_id=trace, suggest="risky", label=20002)
        (event,) = office.events
        assert event.findtext("result/suggest") == "risky"
        assert event.findtext("result/label") == "20002"


async def test_a_picture_that_cannot_be_fetched_is_a_download_error():
    async def gone(request: httpx.Request) -> httpx.Response:
        return httpx.Response(404)

    async with given_program(product=gone) as office:
        await login(office, 3)
        asked = {**MEDIA, "openid": office.openid(3), "media_url": "http://files.example/a.png"}
        await office.post("/wxa/media_check_async", **asked)
        await advance(office.client, 2)
        await order(office.client, "jobs/settle")
        (event,) = office.events
        assert event.findtext("errcode") == "-1008"
        assert event.find("result") is None


async def test_mini_orders_need_a_mini_program():
    async with given_office() as office:
        refused = await office.client.post("/_sim/mini/enter", json={"citizen": 3})
        assert refused.json()["code"] == "no_mini_program"
    other = given_account(**CHANGES)
    async with given_office(others=(other,)) as office:
        assert "js_code" in await order(office.client, "mini/enter", citizen=3)


LASTING = ("/wxa/getwxacode", "/cgi-bin/wxaapp/createwxaqrcode")


@pytest.mark.parametrize("interface", LASTING)
async def test_a_code_with_a_path_is_a_picture(interface: str):
    async with given_program() as office:
        image = await office.post(interface, path="pages/vote?round=7", width=300)
        assert image.content.startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("interface", "asked", "code"),
    [
        (LASTING[0], {}, 40159),
        (LASTING[0], {"path": "p" * 1025}, 40159),
        (LASTING[1], {"path": "p" * 129}, 40159),
        (LASTING[0], {"path": "a", "width": 279}, 40097),
        (LASTING[0], {"path": "a", "env_version": "beta"}, 40097),
    ],
)
async def test_a_wrong_path_or_width_is_refused(interface: str, asked: dict, code: int):
    async with given_program() as office:
        assert await office.errcode(interface, **asked) == code


async def test_codes_with_a_path_are_counted_together_for_ever(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(minis, "MAX_LASTING_CODES", 2)
    async with given_program() as office:
        for interface in LASTING:
            await office.post(interface, path="pages/vote")
        assert await office.errcode(LASTING[0], path="pages/vote") == 45029
        scene = await office.post("/wxa/getwxacodeunlimit", scene="a=1")
        assert scene.content.startswith(b"\x89PNG")
