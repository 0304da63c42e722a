# SPDX-License-Identifier: Apache-2.0
"""Access tokens as WeChat's documentation describes them."""

import re

import pytest

from wechat_sandbox.tests.given import (
    SECRET,
    advance,
    call,
    errcode_of_token,
    given_account,
    given_client,
    legacy_token,
    order,
    stable_token,
)

RID = re.compile(r" rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$")
GRANT = {"grant_type": "client_credential"}
pytestmark = pytest.mark.anyio


async def test_each_legacy_call_brings_a_new_token_and_the_old_one_dies_after_five_minutes():
    async with given_client() as client:
        first = await legacy_token(client)
        second = await legacy_token(client)
        assert first != second
        assert await errcode_of_token(client, first) == 0
        await advance(client, 300)
        assert await errcode_of_token(client, first) == 40001
        assert await errcode_of_token(client, second) == 0


async def test_the_stable_token_stays_and_tells_what_is_left_of_its_life():
    async with given_client() as client:
        first = await stable_token(client)
        assert first["expires_in"] == 7200
        await advance(client, 1000)
        again = await stable_token(client)
        assert again == {"access_token": first["access_token"], "expires_in": 6200}


async def test_in_the_last_five_minutes_old_and_new_stable_tokens_both_work():
    async with given_client() as client:
        first = await stable_token(client)
        await advance(client, 6901)
        second = await stable_token(client)
        assert second["access_token"] != first["access_token"]
        assert second["expires_in"] == 7200
        assert await errcode_of_token(client, first["access_token"]) == 0
        await advance(client, 299)
        assert await errcode_of_token(client, first["access_token"]) == 42001
        assert await errcode_of_token(client, second["access_token"]) == 0


async def test_the_two_families_leave_each_other_alone():
    async with given_client() as client:
        stable = (await stable_token(client))["access_token"]
        legacy = await legacy_token(client)
        await stable_token(client, force=True)
        await legacy_token(client)
        assert await errcode_of_token(client, stable) == 0
        assert await errcode_of_token(client, legacy) == 0


async def test_forcing_twice_thirty_seconds_apart_stops_a_leaked_token():
    async with given_client() as client:
        leaked = (await stable_token(client))["access_token"]
        await stable_token(client, force=True)
        assert await errcode_of_token(client, leaked) == 0
        await advance(client, 30)
        await stable_token(client, force=True)
        assert await errcode_of_token(client, leaked) == 40001


async def test_forcing_again_within_thirty_seconds_changes_nothing():
    async with given_client() as client:
        first = await stable_token(client, force=True)
        await advance(client, 29)
        again = await stable_token(client, force=True)
        assert again["access_token"] == first["access_token"]


async def test_forcing_works_twenty_times_a_day():
    async with given_client() as client:
        seen = []
        for _ in range(21):
            seen.append((await stable_token(client, force=True))["access_token"])
            await advance(client, 31)
        assert len(set(seen)) == 20
        await advance(client, 86_400)
        assert (await stable_token(client, force=True))["access_token"] not in seen


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"grant_type": "password"}, 40002),
        ({"appid": ""}, 41002),
        ({"appid": "wx0000000000000000"}, 40013),
        ({"secret": ""}, 41004),
        ({"secret": "wrong"}, 40125),
    ],
)
async def test_wrong_credentials_are_named(changes: dict[str, str], code: int):
    async with given_client() as client:
        answer = await call(client, "/cgi-bin/token", **(GRANT | SECRET | changes))
        assert answer["errcode"] == code
        assert RID.search(answer["errmsg"])
        stable = await client.post("/cgi-bin/stable_token", json=GRANT | SECRET | changes)
        assert stable.json()["errcode"] == code


async def test_a_frozen_secret_is_named():
    async with given_client(given_account(secret_frozen=True)) as client:
        assert (await call(client, "/cgi-bin/token", **GRANT, **SECRET))["errcode"] == 40243


@pytest.mark.parametrize(
    ("token", "code"), [("", 41001), ("short", 40014), (f"10_{'x' * 134}", 40001)]
)
async def test_tokens_that_were_never_given_out_are_refused(token: str, code: int):
    async with given_client() as client:
        assert await errcode_of_token(client, token) == code


async def test_an_old_token_is_expired_not_invalid():
    async with given_client() as client:
        token = await legacy_token(client)
        await advance(client, 7200)
        assert await errcode_of_token(client, token) == 42001


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("POST", "/cgi-bin/token", 43001),
        ("GET", "/cgi-bin/stable_token", 43002),
        ("DELETE", "/sns/userinfo", 43001),
    ],
)
async def test_a_wrong_method_is_an_error_code_with_status_200(method: str, path: str, code: int):
    async with given_client() as client:
        answer = await client.request(method, path)
        assert (answer.status_code, answer.json()["errcode"]) == (200, code)


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"", 44002), (b"{", 47001), (b"[]", 47001), (b"\xff\xfe", 47001), (b"x" * 1_100_000, 47001)],
)
async def test_a_body_that_is_no_object_is_refused(body: bytes, code: int):
    async with given_client() as client:
        answer = await client.post("/cgi-bin/stable_token", content=body)
        assert (answer.status_code, answer.json()["errcode"]) == (200, code)


async def test_a_path_wechat_does_not_have_is_not_found():
    async with given_client() as client:
        assert (await client.get("/cgi-bin/datacube/getusersummary")).status_code == 404


async def test_an_address_outside_the_whitelist_is_refused_and_named():
    account = given_account(ip_whitelist=("10.0.0.1",))
    async with given_client(account) as client:
        answer = await call(client, "/cgi-bin/token", **GRANT, **SECRET)
        assert answer["errcode"] == 40164
        assert "127.0.0.1" in answer["errmsg"]
    async with given_client(account, client_address="10.0.0.1") as client:
        assert "access_token" in await call(client, "/cgi-bin/token", **GRANT, **SECRET)


async def test_the_daily_quota_ends_at_chinese_midnight():
    async with given_client(given_account(daily_limits={"/cgi-bin/token": 2})) as client:
        await legacy_token(client)
        await legacy_token(client)
        refused = await call(client, "/cgi-bin/token", **GRANT, **SECRET)
        assert refused["errcode"] == 45009
        state = (await client.get("/_sim/state")).json()
        assert state["calls_today"][SECRET["appid"]]["/cgi-bin/token"] == 2
        await advance(client, 86_400)
        await legacy_token(client)


async def test_the_js_ticket_is_kept_for_two_hours():
    async with given_client() as client:
        token = await legacy_token(client)
        asked = {"access_token": token, "type": "jsapi"}
        first = await call(client, "/cgi-bin/ticket/getticket", **asked)
        assert (first["errcode"], first["expires_in"]) == (0, 7200)
        again = await call(client, "/cgi-bin/ticket/getticket", **asked)
        assert again["ticket"] == first["ticket"]
        await advance(client, 7200)
        asked["access_token"] = await legacy_token(client)
        assert (await call(client, "/cgi-bin/ticket/getticket", **asked))["ticket"] != first[
            "ticket"
        ]
        wrong = await call(client, "/cgi-bin/ticket/getticket", **(asked | {"type": "x"}))
        assert wrong["errcode"] == 40097


@pytest.mark.parametrize("path", ["/cgi-bin/get_api_domain_ip", "/cgi-bin/getcallbackip"])
async def test_wechats_own_addresses_are_this_machine(path: str):
    async with given_client() as client:
        answer = await call(client, path, access_token=await legacy_token(client))
        assert answer == {"ip_list": ["127.0.0.1"]}


async def test_an_ordered_error_comes_as_often_as_ordered():
    async with given_client() as client:
        await order(client, "faults", path="/cgi-bin/token", errcode=-1, times=2)
        answers = [await call(client, "/cgi-bin/token", **GRANT, **SECRET) for _ in range(3)]
        assert [answer.get("errcode", 0) for answer in answers] == [-1, -1, 0]


async def test_an_ordered_status_and_delay_are_kept():
    async with given_client() as client:
        await order(client, "faults", path="/cgi-bin/token", http_status=502, delay_ms=20)
        answer = await client.get("/cgi-bin/token", params=GRANT | SECRET)
        assert answer.status_code == 502
        assert answer.elapsed.total_seconds() >= 0.02


async def test_cleared_faults_do_not_come():
    async with given_client() as client:
        await order(client, "faults", path="/cgi-bin/token", errcode=-1)
        await order(client, "faults/clear")
        await legacy_token(client)
