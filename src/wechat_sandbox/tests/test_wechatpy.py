# SPDX-License-Identifier: Apache-2.0
"""An independent client, wechatpy, works against a live sandbox without knowing it."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient, WeChatOAuth
from wechatpy.exceptions import WeChatClientException, WeChatOAuthException

from wechat_sandbox.app import create_app
from wechat_sandbox.people import openid_of
from wechat_sandbox.settings import Settings
from wechat_sandbox.tests.given import ACCOUNT, PRODUCT, given_account
from wechat_sandbox.tests.live import free_port, served

ME = openid_of(ACCOUNT.appid, 1)


class Redirecting(HTTPAdapter):
    """Send what was meant for WeChat to the sandbox."""

    def __init__(self, sandbox: str) -> None:
        super().__init__()
        self._sandbox = sandbox

    def send(self, request: requests.PreparedRequest, *args, **kwargs) -> requests.Response:
        parts = urlsplit(request.url)
        request.url = f"{self._sandbox}{parts.path}?{parts.query}"
        return super().send(request, *args, **kwargs)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    # Nobody answers callbacks here; the sandbox must bear that too.
    nobody = f"http://127.0.0.1:{free_port()}"
    account = given_account(callback_url=f"{nobody}/callback")
    settings = Settings(product_url=PRODUCT, sandbox_url=address, accounts=(account,))
    with served(create_app(settings), port):
        yield address


def given_wechatpy(sandbox: str) -> WeChatClient:
    client = WeChatClient(ACCOUNT.appid, ACCOUNT.secret, timeout=5)
    client._http.mount("https://api.weixin.qq.com/", Redirecting(sandbox))
    return client


def test_token_user_and_ticket(sandbox: str):
    client = given_wechatpy(sandbox)
    assert client.user.get(ME) == {"subscribe": 0, "openid": ME}
    followed = httpx.post(f"{sandbox}/_sim/scan", json={"citizen": 1, "scene": "42"}, timeout=20)
    assert followed.json()["fault"] == "no_connection"
    person = client.user.get(ME)
    assert (person["subscribe"], person["qr_scene"], person["subscribe_scene"]) == (
        1,
        42,
        "ADD_SCENE_QR_CODE",
    )
    assert "nickname" not in person
    assert len(client.jsapi.get_ticket()["ticket"]) == 86
    assert client.misc.get_wechat_ips() == ["127.0.0.1"]


def test_a_token_that_died_is_fetched_anew_by_the_library(sandbox: str):
    client = given_wechatpy(sandbox)
    client.session.set(f"{ACCOUNT.appid}_access_token", f"10_{'x' * 134}")
    assert client.user.get(ME)["openid"] == ME


def test_errors_are_understood(sandbox: str):
    with pytest.raises(WeChatClientException) as refused:
        given_wechatpy(sandbox).user.get("nobody")
    assert refused.value.errcode == 40003


def test_web_login(sandbox: str):
    oauth = WeChatOAuth(
        ACCOUNT.appid, ACCOUNT.secret, f"{PRODUCT}/oauth", scope="snsapi_userinfo", state="s1"
    )
    oauth._http.mount("https://api.weixin.qq.com/", Redirecting(sandbox))
    url = oauth.authorize_url.replace("https://open.weixin.qq.com", sandbox)
    allowed = httpx.post(f"{sandbox}/_sim/oauth", json={"citizen": 1, "url": url})
    code = parse_qs(urlsplit(allowed.json()["redirect"]).query)["code"][0]
    assert oauth.fetch_access_token(code)["openid"] == ME
    assert oauth.get_user_info()["nickname"] == "林知夏（示例）"
    assert oauth.check_access_token() is True
    assert oauth.refresh_access_token(oauth.refresh_token)["openid"] == ME
    with pytest.raises(WeChatOAuthException) as refused:
        oauth.fetch_access_token(code)
    assert refused.value.errcode == 40163


def test_an_ordered_drop_breaks_the_line(sandbox: str):
    httpx.post(f"{sandbox}/_sim/faults", json={"path": "/cgi-bin/token", "drop": True})
    with pytest.raises(httpx.RemoteProtocolError):
        httpx.get(f"{sandbox}/cgi-bin/token")
    assert httpx.get(f"{sandbox}/cgi-bin/token").json()["errcode"] == 41002
