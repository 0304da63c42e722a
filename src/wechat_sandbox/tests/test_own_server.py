# SPDX-License-Identifier: Apache-2.0
"""A developer with a server of their own: the bot of the how-to page, and WeRoBot as a server."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import HTTPServer
from pathlib import Path
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx
import pytest
from werobot import WeRoBot

from wechat_sandbox.accounts import sample_accounts
from wechat_sandbox.app import create_app
from wechat_sandbox.push.crypto import sign
from wechat_sandbox.settings import Settings
from wechat_sandbox.tests.given import PRODUCT, given_client, order
from wechat_sandbox.tests.live import free_port, served

HOW_TO = Path(__file__).parents[3] / "docs" / "how-to" / "sandbox.md"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[httpx.Client]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    settings = Settings(product_url=PRODUCT, sandbox_url=address, accounts=sample_accounts(PRODUCT))
    with served(create_app(settings), port), httpx.Client(base_url=address, timeout=20) as client:
        yield client


@contextmanager
def answering(server: HTTPServer) -> Iterator[str]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def give(sandbox: httpx.Client, name: str, **asked: object) -> dict:
    answer = sandbox.post(f"/_sim/{name}", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json()


def bot_of_the_page() -> dict:
    """Run the program printed in the how-to page and return its names."""
    (source,) = re.findall(r"```python\n(.*?)```", HOW_TO.read_text(encoding="utf-8"), re.DOTALL)
    names: dict = {"__name__": "bot"}
    exec(source, names)
    names["Bot"].log_message = lambda *_: None
    return names


def test_the_bot_of_the_how_to_page_works_as_it_says(sandbox: httpx.Client):
    names = bot_of_the_page()
    with answering(HTTPServer(("127.0.0.1", 0), names["Bot"])) as url:
        settings = {"callback_url": url, "token": names["TOKEN"], "mode": "plain"}
        account = give(sandbox, "accounts/save", slug="bot", **settings)
        assert give(sandbox, "verify", account="bot") == {"fault": ""}
        followed = give(sandbox, "follow", account="bot", citizen=1)
        assert followed["reply"]["text"] == "subscribe"
        assert give(sandbox, "text", account="bot", citizen=1, content="您好")["reply"]["text"] == (
            "您好"
        )
        give(sandbox, "accounts/save", slug="bot", token="another-token")
        refused = give(sandbox, "text", account="bot", citizen=1, content="再问")
        assert (refused["fault"], refused["attempts"]) == ("http_403", 3)
    keys = {"appid": account["appid"], "secret": account["secret"]}
    asked = {"grant_type": "client_credential", **keys}
    token = sandbox.post("/cgi-bin/stable_token", json=asked).json()["access_token"]
    followers = sandbox.get("/cgi-bin/user/get", params={"access_token": token}).json()
    assert followers["total"] == 1


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.mark.parametrize("mode", ["plain", "secure"])
def test_a_werobot_hears_and_answers_in_each_mode(sandbox: httpx.Client, mode: str):
    account = give(
        sandbox,
        "accounts/save",
        slug=f"robot-{mode}",
        callback_url="http://127.0.0.1:9/",
        mode=mode,
    )
    robot = WeRoBot(
        token=account["token"],
        encoding_aes_key=account["aes_key"],
        app_id=account["appid"],
    )
    robot.config["SESSION_STORAGE"] = False
    robot.subscribe(lambda message: "欢迎")
    robot.filter(re.compile("评选.*"))(lambda message: f"收到：{message.content}")
    robot.image(lambda message: [["图", "述", "http://a/p.png", "http://a/"]])
    robot.location(lambda message: f"{message.location[0]:.2f}")
    robot.click(lambda message: message.key)
    server = make_server("127.0.0.1", 0, robot.wsgi, handler_class=_Quiet)
    name = account["slug"]
    with answering(server) as url:
        give(sandbox, "accounts/save", slug=name, callback_url=f"{url}robot/")
        assert give(sandbox, "verify", account=name) == {"fault": ""}
        assert give(sandbox, "follow", account=name, citizen=2)["reply"]["text"] == "欢迎"
        for length in range(40):
            words = "评选" + "x" * length
            answer = give(sandbox, "text", account=name, citizen=2, content=words)
            assert answer["reply"]["text"] == f"收到：{words}"
        (article,) = give(sandbox, "media", account=name, citizen=2)["reply"]["articles"]
        assert (article["title"], article["url"]) == ("图", "http://a/")
        place = {"latitude": 31.23, "longitude": 121.47}
        answer = give(sandbox, "location", account=name, citizen=2, **place)
        assert answer["reply"]["text"] == "31.23"
        assert give(sandbox, "text", account=name, citizen=2, content="别的")["reply"]["kind"] == ""


@pytest.mark.anyio
async def test_a_registered_account_has_everything_a_server_needs():
    async with given_client() as client:
        told = await order(
            client, "accounts/save", slug="office", callback_url="http://127.0.0.1:5000/wx"
        )
        assert (len(told["aes_key"]), told["oauth_domains"]) == (43, ["127.0.0.1:5000"])
        changed = await order(client, "accounts/save", slug="office", name="办公室", kind="SUB")
        assert changed == {**told, "name": "办公室", "kind": "SUB"}
        listed = (await client.get("/_sim/accounts")).json()["accounts"]
        assert [one["slug"] for one in listed] == ["sandbox", "office"]
        assert "办公室" in (await client.get("/room/accounts")).text
        client.cookies.set("sandbox_phone", "1")
        assert "办公室" in (await client.get("/contacts")).text


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"slug": "A b"}, "slug"),
        ({"slug": "new"}, "callback_url"),
        ({"slug": "sandbox", "appid": "wx1"}, "appid"),
        ({"slug": "sandbox", "mode": "open"}, "mode"),
        ({"slug": "sandbox", "verified": "yes"}, "verified"),
        ({"slug": "sandbox", "aes_key": "short"}, "aes_key"),
        ({"slug": "sandbox", "ip_whitelist": "127.0.0.1"}, "ip_whitelist"),
        ({"slug": "sandbox", "oauth_domains": ["a; script-src *"]}, "oauth_domains"),
        ({"slug": "sandbox", "colour": "red"}, "colour"),
        ({"slug": "new", "callback_url": "http://a/", "appid": "wx5a4d1e9c0b7f2e63"}, "appid"),
    ],
)
async def test_an_account_that_cannot_be_is_refused_by_its_field(asked: dict, field: str):
    async with given_client() as client:
        answer = await client.post("/_sim/accounts/save", json=asked)
        assert (answer.status_code, field in answer.json()["detail"]) == (400, True)


TOKEN, STAMP, NONCE, SEALED = "sandboxtoken", "1795000000", "n1", "c2VhbGVk"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("signature", "mistake"),
    [
        (sign(TOKEN, STAMP, NONCE), None),
        (sign(TOKEN, STAMP, NONCE).upper(), "upper_case"),
        (sign(TOKEN + STAMP + NONCE), "not_sorted"),
        (sign("&".join(sorted([TOKEN, STAMP, NONCE]))), "joined_by_a_mark"),
        (sign(TOKEN + "\n", STAMP, NONCE), "space_in_token"),
        (sign(STAMP, NONCE), "token_left_out"),
        (sign("sandbox-secret-not-for-production", STAMP, NONCE), "secret_for_token"),
        ("0" * 40, ""),
    ],
)
async def test_the_usual_mistake_behind_a_signature_is_named(signature: str, mistake: str | None):
    async with given_client() as client:
        asked = {"timestamp": STAMP, "nonce": NONCE, "signature": signature}
        found = await order(client, "signature", **asked)
        assert found["expected"] == sign(TOKEN, STAMP, NONCE)
        assert found["signed_text"] == "".join(sorted([TOKEN, STAMP, NONCE]))
        assert found["agrees"] is (mistake is None)
        assert found["mistake"] == (mistake or "")
        assert len(found["said"]) == (2 if mistake else 0)


@pytest.mark.anyio
async def test_the_log_names_why_a_reply_and_an_echo_were_wrong():
    async def careless(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return httpx.Response(200, json=request.url.params["echostr"])
        signature = sign(TOKEN, STAMP, NONCE)  # Encrypt forgotten
        reply = f"<Encrypt>{SEALED}</Encrypt><MsgSignature>{signature}</MsgSignature>"
        stamped = f"<TimeStamp>{STAMP}</TimeStamp><Nonce>{NONCE}</Nonce>"
        return httpx.Response(200, text=f"<xml>{reply}{stamped}</xml>")

    async with given_client(product=careless) as client:
        assert (await order(client, "verify"))["fault"] == "wrong_echo"
        assert (await order(client, "follow", citizen=1))["fault"] == "wrong_signature"
        page = (await client.get("/room/log")).text
        assert "echostr 外有引号" in page
        assert "漏了 Encrypt" in page


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("debug_demo", "debug_str"),
        ("naming_verify_fail", "FailReason"),
        ("annual_renew", "Expired"),
    ],
)
async def test_the_account_is_told_of_itself(event: str, told: str):
    heard: list[str] = []

    async def server(request: httpx.Request) -> httpx.Response:
        heard.append(request.content.decode())
        return httpx.Response(200, text="success")

    async with given_client(product=server) as client:
        await order(client, "accounts/save", slug="sandbox", mode="plain")
        assert (await order(client, "notice", event=event))["fault"] == ""
        assert f"<Event><![CDATA[{event}]]></Event>" in heard[0]
        assert told in heard[0]
