# SPDX-License-Identifier: Apache-2.0
"""Two independent clients work with files, messages of every kind, comments, mass and figures."""

import io
from collections.abc import Iterator
from urllib.parse import urlsplit

import httpx
import pytest
import requests
from requests.adapters import HTTPAdapter
from wechatpy import WeChatClient
from wechatpy.exceptions import WeChatClientException
from werobot.client import Client, ClientException

from wechat_sandbox.app import create_app
from wechat_sandbox.people import openid_of
from wechat_sandbox.settings import Settings
from wechat_sandbox.tests.given import ACCOUNT, PRODUCT, given_account
from wechat_sandbox.tests.given_media import JPEG, MINI, MP4, PNG, amr
from wechat_sandbox.tests.live import free_port, served
from wechat_sandbox.tests.test_wechatpy import Redirecting

ONE, TWO = openid_of(ACCOUNT.appid, 1), openid_of(ACCOUNT.appid, 2)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[str]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    nobody = f"http://127.0.0.1:{free_port()}/callback"
    accounts = (given_account(callback_url=nobody), MINI)
    with served(create_app(Settings(PRODUCT, address, accounts)), port):
        for citizen in (1, 2):
            give(address, "follow", citizen=citizen)
        yield address


@pytest.fixture
def wechatpy(sandbox: str) -> WeChatClient:
    client = WeChatClient(ACCOUNT.appid, ACCOUNT.secret, timeout=5)
    client._http.mount("https://api.weixin.qq.com/", Redirecting(sandbox))
    return client


@pytest.fixture
def werobot(sandbox: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    # WeRoBot calls `requests` itself, with every address written out.
    send = HTTPAdapter.send

    def to_the_sandbox(self, request: requests.PreparedRequest, *args, **kwargs):
        if "api.weixin.qq.com" in str(request.url):
            parts = urlsplit(request.url)
            request.url = f"{sandbox}{parts.path}?{parts.query}"
        return send(self, request, *args, **kwargs)

    monkeypatch.setattr(HTTPAdapter, "send", to_the_sandbox)
    return Client({"APP_ID": ACCOUNT.appid, "APP_SECRET": ACCOUNT.secret})


def give(sandbox: str, name: str, **asked: object) -> dict[str, object]:
    answer = httpx.post(f"{sandbox}/_sim/{name}", json=asked, timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()


def published(sandbox: str, token: str) -> dict[str, object]:
    """Publish an article with comments, which neither library can, and return its names."""

    def post(path: str, **asked: object) -> dict[str, object]:
        url = f"{sandbox}/cgi-bin/{path}"
        return httpx.post(url, params={"access_token": token}, json=asked).json()

    files = {"media": ("a.png", PNG)}
    thumb = httpx.post(
        f"{sandbox}/cgi-bin/material/add_material",
        params={"access_token": token, "type": "image"},
        files=files,
    ).json()["media_id"]
    article = {"title": "公告", "content": "正文", "thumb_media_id": thumb, "need_open_comment": 1}
    draft = post("draft/add", articles=[article])["media_id"]
    queued = post("freepublish/submit", media_id=draft)
    give(sandbox, "publish/approve", publish_id=queued["publish_id"])
    told = post("freepublish/get", publish_id=queued["publish_id"])
    return {**told, "msg_data_id": queued["msg_data_id"]}


def test_wechatpy_uploads_and_fetches_temporary_files(wechatpy: WeChatClient):
    told = wechatpy.media.upload("image", ("a.png", io.BytesIO(PNG)))
    assert wechatpy.media.download(told["media_id"]).content == PNG
    thumb = wechatpy.media.upload("thumb", ("a.jpg", io.BytesIO(JPEG)))
    assert thumb["thumb_media_id"]
    with pytest.raises(WeChatClientException) as refused:
        wechatpy.media.upload("image", ("a.png", io.BytesIO(b"no picture")))
    assert refused.value.errcode == 40005


def test_wechatpy_gets_an_address_for_a_body_picture(wechatpy: WeChatClient, sandbox: str):
    url = wechatpy.media.upload_image(("a.png", io.BytesIO(PNG)))
    assert httpx.get(url).content == PNG
    assert url.startswith(sandbox)


def test_wechatpy_keeps_lists_and_deletes_permanent_files(wechatpy: WeChatClient):
    before = wechatpy.material.get_count()["image_count"]
    told = wechatpy.material.add("image", ("窗口.png", io.BytesIO(PNG)))
    assert wechatpy.material.get_count()["image_count"] == before + 1
    listed = wechatpy.material.batchget("image", 0, 1)
    assert listed["item"][0]["media_id"] == told["media_id"]
    assert wechatpy.material.get(told["media_id"]).content == PNG
    wechatpy.material.delete(told["media_id"])
    with pytest.raises(WeChatClientException) as refused:
        wechatpy.material.get(told["media_id"])
    assert refused.value.errcode == 40007


def test_wechatpy_keeps_a_video_with_its_title(wechatpy: WeChatClient):
    told = wechatpy.material.add("video", ("a.mp4", io.BytesIO(MP4)), "办事指南", "三分钟看懂")
    assert wechatpy.material.get(told["media_id"])["title"] == "办事指南"


def test_wechatpy_manages_comments(wechatpy: WeChatClient, sandbox: str):
    told = published(sandbox, wechatpy.access_token)
    give(sandbox, "comments/sow", article_id=told["article_id"], count=2)
    material, number = wechatpy.material, told["msg_data_id"]
    assert material.list_comment(number, 0, 0, 49)["total"] == 2
    material.markelect_comment(number, 0, 1)
    assert material.list_comment(number, 0, 0, 49, 2)["total"] == 1
    material.unmarkelect_comment(number, 0, 1)
    material.add_reply_comment(number, 0, 1, "感谢关注")
    material.delete_reply_comment(number, 0, 1)
    material.delete_comment(number, 0, 1)
    material.close_comment(number, 0)
    material.open_comment(number, 0)
    with pytest.raises(WeChatClientException) as refused:
        # Its default index is 1, though comments count from 0.
        material.open_comment(number)
    assert refused.value.errcode == 88001


def test_wechatpy_sends_to_many(wechatpy: WeChatClient):
    told = wechatpy.message.send_mass_text(None, "通知", is_to_all=True)
    assert wechatpy.message.get_mass(told["msg_id"])["msg_status"] == "SENDING"
    media_id = wechatpy.media.upload("image", ("a.png", io.BytesIO(PNG)))["media_id"]
    listed = wechatpy.message.send_mass_text([ONE, TWO], "通知", client_msg_id="sdk-1")
    assert listed["msg_id"] != told["msg_id"]
    with pytest.raises(WeChatClientException) as refused:
        wechatpy.message.send_mass_text([ONE, TWO], "通知", client_msg_id="sdk-1")
    assert refused.value.errcode == 45066
    assert wechatpy.message.send_mass_image(ONE, media_id, preview=True)["errcode"] == 0
    wechatpy.message.delete_mass(told["msg_id"])
    assert wechatpy.message.get_mass(told["msg_id"])["msg_status"] == "DELETE"


def test_wechatpy_knows_only_the_article_figures_that_are_offline(wechatpy: WeChatClient):
    assert wechatpy.datacube.get_user_summary("2026-11-01", "2026-11-07") == []
    assert len(wechatpy.datacube.get_user_cumulate("2026-11-01", "2026-11-07")) == 7
    with pytest.raises(WeChatClientException) as refused:
        wechatpy.datacube.get_article_summary("2026-11-01", "2026-11-01")
    assert refused.value.errcode == 47009


def test_wechatpy_fetches_a_mini_program_code_and_session(sandbox: str):
    client = WeChatClient(MINI.appid, MINI.secret, timeout=5)
    client._http.mount("https://api.weixin.qq.com/", Redirecting(sandbox))
    code = give(sandbox, "mini/enter", account="mini", citizen=1)["js_code"]
    told = client.wxa.code_to_session(code)
    assert told["openid"] == openid_of(MINI.appid, 1)
    image = client.wxa.get_wxa_code_unlimited("id=12", page="pages/vote")
    assert image.content.startswith(b"\x89PNG")


def test_werobot_uploads_fetches_lists_and_deletes(werobot: Client):
    told = werobot.upload_media("voice", ("a.amr", io.BytesIO(amr(1))))
    assert werobot.download_media(told["media_id"]).content == amr(1)
    kept = werobot.upload_permanent_media("image", ("a.png", io.BytesIO(PNG)))
    assert werobot.download_permanent_media(kept["media_id"]).content == PNG
    assert werobot.get_media_list("image", 0, 1)["item"][0]["media_id"] == kept["media_id"]
    counted = werobot.get_media_count()["image_count"]
    assert werobot.delete_permanent_media(kept["media_id"])["errcode"] == 0
    assert werobot.get_media_count()["image_count"] == counted - 1
    assert werobot.upload_news_picture(("a.png", io.BytesIO(PNG)))["url"]
    with pytest.raises(ClientException, match="40007"):
        werobot.delete_permanent_media(kept["media_id"])


def test_werobot_sends_to_many_and_sets_the_speed(werobot: Client):
    told = werobot.send_mass_msg("text", "通知")
    assert werobot.get_mass_msg_status(told["msg_id"])["msg_status"] == "SENDING"
    werobot.send_mass_preview_to_user("text", "预览", ONE)
    werobot.set_mass_msg_speed(2)
    assert werobot.get_mass_msg_speed()["speed"] == 2
    werobot.delete_mass_msg(told["msg_id"])


def test_a_published_article_is_readable_by_a_browser_without_a_phone(sandbox: str):
    client = WeChatClient(ACCOUNT.appid, ACCOUNT.secret, timeout=5)
    client._http.mount("https://api.weixin.qq.com/", Redirecting(sandbox))
    told = published(sandbox, client.access_token)
    (item,) = told["article_detail"]["item"]
    page = httpx.get(item["article_url"])
    assert (page.status_code, "正文" in page.text) == (200, True)


@pytest.fixture
def kept(wechatpy: WeChatClient) -> dict[str, str]:
    """Return the media_id of a file of each kind."""
    files = {"image": ("a.png", PNG), "voice": ("a.amr", amr(1)), "video": ("a.mp4", MP4)}
    files["thumb"] = ("a.jpg", JPEG)
    return {
        kind: wechatpy.media.upload(kind, (name, io.BytesIO(body)))[
            "thumb_media_id" if kind == "thumb" else "media_id"
        ]
        for kind, (name, body) in files.items()
    }


ARTICLE = {"title": "题", "description": "述", "url": "http://a/", "image": "http://a/p.png"}
PAGE = {"title": "办事", "appid": MINI.appid, "pagepath": "pages/a"}
MENU = {
    "head_content": "满意吗？",
    "list": [{"id": "1", "content": "满意"}],
    "tail_content": "谢谢",
}
WECHATPY_SENDS = {
    "text": lambda m, kept: m.send_text(ONE, "您好"),
    "image": lambda m, kept: m.send_image(ONE, kept["image"]),
    "voice": lambda m, kept: m.send_voice(ONE, kept["voice"]),
    "video": lambda m, kept: m.send_video(ONE, kept["video"], "题", "述"),
    "music": lambda m, kept: m.send_music(ONE, "http://a/", "http://a/", kept["thumb"], "曲"),
    "news": lambda m, kept: m.send_articles(ONE, [ARTICLE]),
    "miniprogrampage": lambda m, kept: m.send_mini_program_page(
        ONE, PAGE | {"thumb_media_id": kept["thumb"]}
    ),
    "msgmenu": lambda m, kept: m.send_msg_menu(ONE, MENU),
    "wxcard": lambda m, kept: m.send_card(ONE, "card-1"),
}


@pytest.mark.parametrize("kind", WECHATPY_SENDS)
def test_wechatpy_sends_a_citizen_every_kind_of_message(sandbox, wechatpy, kept, kind: str):
    give(sandbox, "text", citizen=1, content="在吗")  # opens the window anew
    assert WECHATPY_SENDS[kind](wechatpy.message, kept)["errcode"] == 0
    assert kind in newest_bubbles(sandbox)


WEROBOT_SENDS = {
    "text": lambda c, kept: c.send_text_message(ONE, "您好"),
    "image": lambda c, kept: c.send_image_message(ONE, kept["image"]),
    "voice": lambda c, kept: c.send_voice_message(ONE, kept["voice"]),
    "video": lambda c, kept: c.send_video_message(ONE, kept["video"], "题", "述"),
    "music": lambda c, kept: c.send_music_message(ONE, "http://a/", "http://a/", kept["thumb"]),
    "news": lambda c, kept: c.send_article_message(ONE, [{**ARTICLE, "picurl": ARTICLE["image"]}]),
    "miniprogrampage": lambda c, kept: c.send_miniprogrampage_message(
        ONE, PAGE["title"], PAGE["appid"], PAGE["pagepath"], kept["thumb"]
    ),
}


@pytest.mark.parametrize("kind", WEROBOT_SENDS)
def test_werobot_sends_a_citizen_every_kind_of_message(sandbox, werobot, kept, kind: str):
    give(sandbox, "text", citizen=1, content="在吗")
    assert WEROBOT_SENDS[kind](werobot, kept)["errcode"] == 0
    assert kind in newest_bubbles(sandbox)


def test_both_hear_that_articles_of_the_old_library_cannot_be_sent(wechatpy, werobot, kept):
    with pytest.raises(WeChatClientException) as refused:
        wechatpy.message.send_articles(ONE, kept["image"])
    assert refused.value.errcode == 40008
    with pytest.raises(ClientException, match="40008"):
        werobot.send_news_message(ONE, kept["image"])


def newest_bubbles(sandbox: str) -> list[str]:
    """Kinds of what the account said since the citizen spoke; a mass sending may come between."""
    chat = httpx.get(f"{sandbox}/_sim/chat", params={"citizen": 1}).json()["bubbles"]
    sides = [one["side"] for one in chat]
    since = len(sides) - sides[::-1].index("citizen")
    return [one["kind"] for one in chat[since:]]


def test_wechatpy_sends_notices_a_citizen_accepted(sandbox: str, wechatpy: WeChatClient):
    made = httpx.post(
        f"{sandbox}/wxaapi/newtmpl/addtemplate",
        params={"access_token": wechatpy.access_token},
        json={"tid": "20104", "kidList": [1, 2], "sceneDesc": "活动提醒"},
    ).json()["priTmplId"]
    data = {"thing1": {"value": "十佳窗口评选"}, "time2": {"value": "2026年11月20日 09:00"}}
    with pytest.raises(WeChatClientException) as refused:
        wechatpy.message.send_subscribe_message(ONE, made, data)
    assert refused.value.errcode == 43101
    give(sandbox, "popup", citizen=1, templates=[made], decision="accept")
    assert wechatpy.message.send_subscribe_message(ONE, made, data)["errcode"] == 0
    back = f"{PRODUCT}/back"
    once = {"template_id": "once-1", "scene": 7, "redirect_url": back, "decision": "accept"}
    give(sandbox, "confirm-once", citizen=1, **once)
    content = {"content": {"value": "评选开始", "color": "#126073"}}
    sent = wechatpy.message.send_subscribe_template(ONE, "once-1", 7, "评选", content)
    assert sent["errcode"] == 0
    with pytest.raises(WeChatClientException):
        wechatpy.message.send_subscribe_template(ONE, "once-1", 7, "评选", content)


def test_wechatpy_reads_every_figure_of_messages_and_callbacks(wechatpy: WeChatClient):
    figures, day = wechatpy.datacube, "2026-11-10"
    for ask in (
        *(figures.get_upstream_msg, figures.get_upstream_msg_hour, figures.get_upstream_msg_week),
        *(figures.get_upstream_msg_month, figures.get_upstream_msg_dist),
        *(figures.get_upstream_msg_dist_week, figures.get_upstream_msg_dist_month),
        *(figures.get_interface_summary, figures.get_interface_summary_hour),
    ):
        assert ask(day, day) == []


def test_wechatpy_makes_the_other_codes_of_a_mini_program(sandbox: str):
    client = WeChatClient(MINI.appid, MINI.secret, timeout=5)
    client._http.mount("https://api.weixin.qq.com/", Redirecting(sandbox))
    for ask in (client.wxa.create_qrcode, client.wxa.get_wxa_code):
        assert ask("pages/vote?id=12").content.startswith(b"\x89PNG")


def test_werobot_gives_a_staff_account_a_face(werobot: Client):
    werobot.add_custom_service_account("face@gh_x", "小青", "secret")
    face = ("a.jpg", io.BytesIO(JPEG))
    assert werobot.upload_custom_service_account_avatar("face@gh_x", face)["errcode"] == 0
    werobot.delete_custom_service_account("face@gh_x", "小青", "secret")
