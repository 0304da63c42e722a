# SPDX-License-Identifier: Apache-2.0
"""A second independent client, WeRoBot, works against a live sandbox without knowing it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import requests
from defusedxml.ElementTree import fromstring
from requests.adapters import HTTPAdapter
from werobot.client import Client, ClientException
from werobot.crypto import MessageCrypt

from wechat_sandbox.app import create_app
from wechat_sandbox.people import openid_of
from wechat_sandbox.push import crypto
from wechat_sandbox.settings import Settings
from wechat_sandbox.tests.given import ACCOUNT, PRODUCT, given_account
from wechat_sandbox.tests.live import free_port, served

ME = openid_of(ACCOUNT.appid, 1)
MENU = {"button": [{"type": "click", "name": "办事", "key": "services"}]}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    port = free_port()
    nobody = f"http://127.0.0.1:{free_port()}"
    account = given_account(callback_url=f"{nobody}/callback")
    address = f"http://127.0.0.1:{port}"
    settings = Settings(product_url=PRODUCT, sandbox_url=address, accounts=(account,))
    with served(create_app(settings), port):
        yield address


@pytest.fixture
def client(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Return WeRoBot's client, whose every call to WeChat goes to the sandbox."""
    send = HTTPAdapter.send

    def redirected(
        self: HTTPAdapter, request: requests.PreparedRequest, *args: object, **kwargs: object
    ) -> requests.Response:
        parts = urlsplit(request.url)
        if parts.hostname and parts.hostname.endswith(".weixin.qq.com"):
            request.url = f"{sandbox}{parts.path}?{parts.query}"
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(HTTPAdapter, "send", redirected)
    return Client({"APP_ID": ACCOUNT.appid, "APP_SECRET": ACCOUNT.secret})


@pytest.fixture
def follower(sandbox: str) -> str:
    httpx.post(f"{sandbox}/_sim/follow", json={"citizen": 1}, timeout=20)
    httpx.post(f"{sandbox}/_sim/text", json={"citizen": 1, "content": "在吗"}, timeout=20)
    return ME


def test_token_and_addresses(client: Client):
    assert client.grant_token()["expires_in"] == 7200
    assert client.get_ip_list() == {"ip_list": ["127.0.0.1"]}


def test_menus(client: Client, follower: str):
    assert client.create_menu(MENU)["errcode"] == 0
    assert client.get_menu()["menu"]["button"][0]["name"] == "办事"
    added = client.create_custom_menu(MENU["button"], {"tag_id": "2"})
    assert client.match_custom_menu(follower)["button"][0]["key"] == "services"
    assert client.delete_custom_menu(added["menuid"])["errcode"] == 0
    assert client.get_custom_menu_config()["is_menu_open"] == 1
    assert client.delete_menu()["errcode"] == 0


def test_users(client: Client, follower: str):
    assert client.get_user_info(follower)["subscribe"] == 1
    assert client.get_users_info([follower])["user_info_list"][0]["openid"] == follower
    assert client.get_followers()["data"]["openid"] == [follower]
    assert client.remark_user(follower, "网格员")["errcode"] == 0
    with pytest.raises(ClientException, match="40003"):
        client.get_user_info("nobody")


def test_tags(client: Client, follower: str):
    tag_id = client.create_tag("东区")["tag"]["id"]
    assert client.tag_users(tag_id, [follower])["errcode"] == 0
    assert client.get_tags_by_user(follower)["tagid_list"] == [tag_id]
    assert client.get_users_by_tag(tag_id)["count"] == 1
    assert client.untag_users(tag_id, [follower])["errcode"] == 0
    assert client.update_tag(tag_id, "西区")["errcode"] == 0
    assert client.delete_tag(tag_id)["errcode"] == 0
    assert [tag["id"] for tag in client.get_tags()["tags"]] == [2]


def test_customer_service(client: Client, follower: str, sandbox: str):
    assert client.send_text_message(follower, "您好")["errcode"] == 0
    chat = httpx.get(f"{sandbox}/_sim/chat", params={"citizen": 1}).json()["bubbles"]
    assert (chat[-1]["side"], chat[-1]["text"]) == ("account", "您好")
    client.add_custom_service_account("a1@gh_x", "小青", "secret")
    client.update_custom_service_account("a1@gh_x", "小禾", "secret")
    assert client.get_custom_service_account_list()["kf_list"][0]["kf_nick"] == "小禾"
    online = client.get_online_custom_service_account_list()["kf_online_list"]
    assert online[0]["kf_account"] == "a1@gh_x"
    assert client.delete_custom_service_account("a1@gh_x", "小禾", "secret")["errcode"] == 0


def test_templates(client: Client, follower: str, sandbox: str):
    token = {"access_token": client.token}
    made = httpx.post(
        f"{sandbox}/cgi-bin/template/api_add_template",
        params=token,
        json={"template_id_short": "20104", "keyword_name_list": ["活动名称"]},
    ).json()
    data = {"thing1": {"value": "十佳窗口评选"}}
    sent = client.send_template_message(follower, made["template_id"], data)
    assert sent["msgid"] > 0


def test_parametric_codes(client: Client):
    scene = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "hall"}}}
    made = client.create_qrcode(scene)
    assert client.show_qrcode(made["ticket"]).content.startswith(b"\x89PNG")


@pytest.mark.parametrize("length", range(65))
def test_our_seal_and_theirs_open_each_other_around_the_padding_edge(length: int):
    theirs = MessageCrypt(ACCOUNT.token, ACCOUNT.aes_key, ACCOUNT.appid)
    plain = "x" * length
    sealed = crypto.encrypt(plain.encode(), aes_key=ACCOUNT.aes_key, appid=ACCOUNT.appid)
    signature = crypto.sign(ACCOUNT.token, "1795000000", "n1", sealed)
    assert theirs.decrypt_message("1795000000", "n1", signature, sealed) == plain.encode()
    answered = fromstring(theirs.encrypt_message(plain, "1795000000", "n1"))
    opened = crypto.decrypt(
        answered.findtext("Encrypt"), aes_key=ACCOUNT.aes_key, appid=ACCOUNT.appid
    )
    assert opened == plain.encode()
