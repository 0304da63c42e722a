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


def test_menus(sandbox: str):
    client = given_wechatpy(sandbox)
    menu = {"button": [{"type": "click", "name": "办事", "key": "services"}]}
    assert client.menu.create(menu)["errcode"] == 0
    assert client.menu.get()["menu"]["button"][0]["key"] == "services"
    assert client.menu.get_menu_info()["is_menu_open"] == 1
    added = client.menu.add_conditional({**menu, "matchrule": {"tag_id": "2"}})
    assert client.menu.del_conditional(added["menuid"])["errcode"] == 0
    given_follower(sandbox)
    assert client.menu.try_match(ME)["button"][0]["name"] == "办事"
    assert client.menu.delete()["errcode"] == 0
    # The library turns 46003 into nothing.
    assert client.menu.get() is None


def test_users_and_tags(sandbox: str):
    client = given_wechatpy(sandbox)
    given_follower(sandbox)
    assert list(client.user.iter_followers()) == [ME]
    assert client.user.get_batch([ME])[0]["openid"] == ME
    assert client.user.update_remark(ME, "网格员")["errcode"] == 0
    tag = client.tag.create("东区")
    assert client.tag.update(tag["id"], "西区")["errcode"] == 0
    client.tag.tag_user(tag["id"], ME)
    assert client.tag.get_user_tag(ME) == [tag["id"]]
    assert list(client.tag.iter_tag_users(tag["id"])) == [ME]
    assert {"id": tag["id"], "name": "西区", "count": 1} in client.tag.get()
    client.tag.untag_user(tag["id"], [ME])
    assert client.tag.delete(tag["id"])["errcode"] == 0
    client.tag.batch_black_list([ME])
    assert client.tag.get_black_list()["data"]["openid"] == [ME]
    client.tag.batch_unblack_list([ME])


def test_customer_service(sandbox: str):
    client = given_wechatpy(sandbox)
    given_follower(sandbox)
    httpx.post(f"{sandbox}/_sim/text", json={"citizen": 1, "content": "在吗"}, timeout=20)
    assert client.message.send_text(ME, "您好")["errcode"] == 0
    article = {"title": "题", "description": "述", "url": "http://a/", "image": ""}
    assert client.message.send_articles(ME, [article])["errcode"] == 0
    chat = httpx.get(f"{sandbox}/_sim/chat", params={"citizen": 1}).json()["bubbles"]
    assert [bubble["kind"] for bubble in chat[-2:]] == ["text", "news"]
    service, name = client.customservice, "a1@gh_x"
    service.add_account(name, "小青", "secret")
    service.update_account(name, "小禾", "secret")
    assert service.get_accounts()[0]["kf_nick"] == "小禾"
    assert service.get_online_accounts()[0]["kf_account"] == name
    service.create_session(ME, name)
    assert service.get_session(ME)["kf_account"] == name
    assert service.get_session_list(name)[0]["openid"] == ME
    service.close_session(ME, name)
    assert service.get_wait_case()["count"] == 0
    assert service.delete_account(name)["errcode"] == 0


def test_templates(sandbox: str):
    client = given_wechatpy(sandbox)
    given_follower(sandbox)
    assert client.template.set_industry(40, 23)["errcode"] == 0
    assert client.template.get_industry()["primary_industry"]["second_class"] == "政府"
    template_id = client.template.get("20104")
    listed = client.template.get_all_private_template()["template_list"]
    assert listed[0]["template_id"] == template_id
    data = {
        "thing1": {"value": "十佳窗口评选"},
        "time2": {"value": "2026年11月20日 09:00"},
        "thing3": {"value": "每人每天可投一次"},
    }
    assert client.message.send_template(ME, template_id, data)["msgid"] > 0
    with pytest.raises(WeChatClientException) as refused:
        client.message.send_template(ME, template_id, data | {"time2": {"value": "明天"}})
    assert refused.value.errcode == 47003
    assert client.template.del_private_template(template_id)["errcode"] == 0


def test_parametric_codes(sandbox: str, monkeypatch: pytest.MonkeyPatch):
    client = given_wechatpy(sandbox)
    made = client.qrcode.create(
        {"action_name": "QR_SCENE", "action_info": {"scene": {"scene_id": 123}}}
    )
    # This library fetches the picture past its own session.
    send = HTTPAdapter.send

    def redirected(
        self: HTTPAdapter, request: requests.PreparedRequest, *args: object, **kwargs: object
    ) -> requests.Response:
        parts = urlsplit(request.url)
        request.url = f"{sandbox}{parts.path}?{parts.query}"
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(HTTPAdapter, "send", redirected)
    assert client.qrcode.show(made["ticket"]).content.startswith(b"\x89PNG")


def given_follower(sandbox: str) -> None:
    """Let the first citizen follow; a second time changes nothing."""
    httpx.post(f"{sandbox}/_sim/follow", json={"citizen": 1}, timeout=20)
