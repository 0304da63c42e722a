# SPDX-License-Identifier: Apache-2.0
"""What a citizen does with the phone beyond writing: menu, cards, codes, notices, articles."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from chromium import PHONE, running_chromium
from wechat_sandbox.people import openid_of
from wechat_sandbox.tests.given import ACCOUNT
from wechat_sandbox.tests.given_media import PNG
from wechat_sandbox.tests.phone_world import (
    call_api,
    follow,
    give_order,
    given_page,
    phone_of,
    see,
    served_world,
    take_phone,
    upload_picture,
)

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[str, str]]:
    with served_world() as addresses:
        yield addresses


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


def given_menu(product: str, sandbox: str) -> None:
    below = [
        {"type": "click", "name": "办事指南", "key": "guide"},
        {"type": "location_select", "name": "附近大厅", "key": "near"},
        {"type": "pic_sysphoto", "name": "拍照反映", "key": "photo"},
    ]
    buttons = [
        {"name": "办事", "sub_button": below},
        {"type": "view", "name": "评选", "url": f"{product}/h5"},
    ]
    call_api(sandbox, "/cgi-bin/menu/create", button=buttons)


def given_template(sandbox: str) -> str:
    asked = {"tid": 20104, "kidList": [1, 2], "sceneDesc": "活动提醒"}
    return str(call_api(sandbox, "/wxaapi/newtmpl/addtemplate", **asked)["priTmplId"])


def given_article(sandbox: str) -> str:
    """Publish an article through the interfaces and return its id."""
    article = {
        "title": "评选公告",
        "content": "<p>各位市民：现开展评选活动。</p>",
        "thumb_media_id": upload_picture(sandbox, PNG),
        "need_open_comment": 1,
    }
    draft = call_api(sandbox, "/cgi-bin/draft/add", articles=[article])
    published = call_api(sandbox, "/cgi-bin/freepublish/submit", media_id=draft["media_id"])
    give_order(sandbox, "publish/approve", publish_id=published["publish_id"])
    jobs = see(sandbox, "jobs")["publishes"]
    return str(
        next(one for one in jobs if one["publish_id"] == published["publish_id"])["article_id"]
    )


def test_the_menu_answers_a_tap_and_opens_its_page(world, chromium):
    product, sandbox = world
    given_menu(product, sandbox)
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "陈晓雯")
    follow(page, sandbox)
    page.locator(".menu-tab summary", has_text="办事").click()
    page.get_by_role("button", name="办事指南").click()
    expect(phone_of(page).get_by_text("您点了guide")).to_be_visible()
    assert page.url == f"{sandbox}/chats/sandbox"
    page.get_by_role("button", name="评选", exact=True).click()
    who = page.frame_locator("iframe.web").locator("#who")
    expect(who).to_have_text(openid_of(ACCOUNT.appid, 3))
    events = [one["subject"] for one in see(sandbox, "log", kind="callback")["entries"]]
    assert {"CLICK", "VIEW"} <= set(events)
    page.context.close()


def test_a_jump_to_the_newest_message_leaves_the_bars_where_they_are(world, chromium):
    product, sandbox = world
    given_menu(product, sandbox)
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "周子墨")
    follow(page, sandbox)
    for _ in range(8):
        give_order(sandbox, "text", citizen=2, content="您好，请问评选怎么投票？\n" * 4)
    page.goto(f"{sandbox}/chats/sandbox#end")
    expect(page.get_by_role("link", name="返回")).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("button", name="评选", exact=True)).to_be_in_viewport(ratio=1)
    page.context.close()


def test_the_menu_is_worked_by_keyboard_and_gives_way_to_the_keyboard(world, chromium):
    product, sandbox = world
    given_menu(product, sandbox)
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "马志强")
    follow(page, sandbox)
    tab = page.locator(".menu-tab summary", has_text="办事")
    tab.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="办事指南")).to_be_focused()
    page.keyboard.press("Escape")
    expect(tab).to_be_focused()
    expect(page.get_by_role("button", name="办事指南")).to_be_hidden()
    page.get_by_label("切换到输入文字").click()
    expect(page.get_by_label("输入文字", exact=True)).to_be_focused()
    page.keyboard.type("您好")
    page.keyboard.press("Enter")
    expect(phone_of(page).get_by_text("已收到：您好")).to_be_visible()
    page.get_by_label("切换到菜单").click()
    expect(tab).to_be_visible()
    page.context.close()


def test_pictures_voice_and_places_are_sent_even_without_script(world, chromium):
    product, sandbox = world
    given_menu(product, sandbox)
    page = given_page(chromium, PHONE, script=False)
    take_phone(page, sandbox, "阿依古丽")
    follow(page, sandbox)
    for button, kind in (
        ("发示例图片", "image"),
        ("发 2 秒示例语音", "voice"),
        ("人民广场", "location"),
    ):
        page.get_by_label("切换到输入文字").click()
        page.get_by_label("更多发送方式").click()
        page.get_by_role("button", name=button).click()
        expect(phone_of(page).get_by_text(f"已收到{kind}")).to_be_visible()
        page.goto(f"{sandbox}/chats/sandbox")
    picture = page.locator(".picture img")
    expect(picture).not_to_have_js_property("naturalWidth", 0)
    page.locator(".menu-tab summary", has_text="办事").click()
    page.get_by_role("button", name="附近大厅").click()
    page.get_by_role("button", name="政务服务中心").click()
    expect(page.locator(".place b", has_text="青禾市政务服务中心")).to_be_visible()
    page.context.close()


def test_a_menu_message_is_answered_by_tapping_an_item(world, chromium):
    _, sandbox = world
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "刘建国")
    follow(page, sandbox)
    call_api(
        sandbox,
        "/cgi-bin/message/custom/send",
        touser=openid_of(ACCOUNT.appid, 6),
        msgtype="msgmenu",
        msgmenu={
            "head_content": "您对本次答复满意吗？",
            "list": [{"id": "101", "content": "满意"}, {"id": "102", "content": "不满意"}],
            "tail_content": "感谢参与。",
        },
    )
    page.get_by_role("button", name="满意", exact=True).click()
    expect(phone_of(page).get_by_text("已收到：满意")).to_be_visible()
    page.context.close()


def test_scanning_a_code_follows_and_then_greets(world, chromium):
    _, sandbox = world
    scene = {"scene": {"scene_str": "政务大厅"}}
    made = call_api(
        sandbox, "/cgi-bin/qrcode/create", action_name="QR_LIMIT_STR_SCENE", action_info=scene
    )
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "孙秀兰")
    page.get_by_role("link", name="发现").click()
    page.get_by_role("link", name="扫一扫").click()
    code = page.get_by_role("button", name="政务大厅")
    expect(code.locator("img")).not_to_have_js_property("naturalWidth", 0)
    code.click()
    expect(phone_of(page).get_by_text("欢迎关注")).to_be_visible()
    page.goto(f"{sandbox}/scan")
    page.get_by_label("二维码中的内容").fill(made["url"])
    page.get_by_role("button", name="扫一扫", exact=True).click()
    expect(phone_of(page).get_by_text("您在政务大厅扫码")).to_be_visible()
    page.goto(f"{sandbox}/scan")
    page.get_by_label("二维码中的内容").fill("https://example.org/")
    page.get_by_role("button", name="扫一扫", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("无法识别")
    page.context.close()


def test_a_notice_is_accepted_in_the_popup_and_withdrawn_in_the_settings(world, chromium):
    product, sandbox = world
    template = given_template(sandbox)
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "赵德明")
    follow(page, sandbox)
    page.goto(f"{sandbox}/web?url={product}/notice%3Ftemplate%3D{template}")
    inside = page.frame_locator("iframe.web")
    expect(inside.locator("#config")).to_have_text("ready")
    inside.get_by_role("button", name="订阅进度通知").click()
    popup = page.get_by_role("dialog")
    expect(popup.get_by_text("申请发送以下通知")).to_be_visible()
    popup.get_by_label("总是保持以上选择").check()
    popup.get_by_role("button", name="允许").click()
    answer = json.dumps({template: json.dumps({"status": "accept"}, separators=(",", ":"))})
    expect(inside.locator("#result")).to_have_text(answer.replace('": "', '":"'))
    relation = see(sandbox, "relation", citizen=10)
    assert [one["template_id"] for one in relation["accepted"]] == [template]

    inside.get_by_role("button", name="订阅进度通知").click()
    expect(popup).to_be_hidden()
    page.goto(f"{sandbox}/accounts/sandbox/notices")
    expect(page.get_by_text("不再询问的选择")).to_be_visible()
    page.get_by_role("button", name="取消订阅").click()
    expect(page.get_by_text("没有已同意的订阅通知")).to_be_visible()
    assert see(sandbox, "relation", citizen=10)["accepted"] == []
    events = [one["subject"] for one in see(sandbox, "log", kind="callback")["entries"]]
    assert {"subscribe_msg_popup_event", "subscribe_msg_change_event"} <= set(events)
    page.context.close()


def test_closing_the_popup_with_escape_is_a_refusal(world, chromium):
    product, sandbox = world
    template = given_template(sandbox)
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "吴桂英")
    follow(page, sandbox)
    page.goto(f"{sandbox}/web?url={product}/notice%3Ftemplate%3D{template}")
    inside = page.frame_locator("iframe.web")
    expect(inside.locator("#config")).to_have_text("ready")
    inside.get_by_role("button", name="订阅进度通知").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(inside.locator("#result")).to_contain_text("reject")
    assert see(sandbox, "relation", citizen=11)["accepted"] == []
    page.context.close()


def test_a_page_signed_wrongly_is_told_so(world, chromium):
    product, sandbox = world
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "何永福")
    page.goto(f"{sandbox}/web?url={product}/notice%3Ftemplate%3Dx%26wrong%3D1")
    inside = page.frame_locator("iframe.web")
    expect(inside.locator("#config")).to_have_text("config:invalid signature")
    expect(page.locator("[data-told]")).to_contain_text("invalid signature")
    page.context.close()


def test_a_page_passed_on_opens_on_the_friends_phone(world, chromium):
    product, sandbox = world
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "陈晓雯")
    page.goto(f"{sandbox}/web?url={product}/h5")
    inside = page.frame_locator("iframe.web")
    expect(inside.locator("#who")).to_have_text(openid_of(ACCOUNT.appid, 3))
    page.get_by_label("更多").click()
    page.get_by_role("button", name="周子墨").click()
    expect(inside.locator("#who")).to_have_text(openid_of(ACCOUNT.appid, 2))
    page.context.close()


def test_an_article_is_found_read_liked_and_commented(world, chromium):
    _, sandbox = world
    article_id = given_article(sandbox)
    page = given_page(chromium, PHONE)
    take_phone(page, sandbox, "黄美玲")
    follow(page, sandbox)
    page.goto(f"{sandbox}/accounts/sandbox/articles")
    page.get_by_role("link", name="评选公告").click()
    expect(page.get_by_role("heading", name="评选公告", level=1).first).to_be_visible()
    inside = page.frame_locator("iframe.web")
    inside.get_by_role("button", name=re.compile("点赞")).click()
    expect(inside.get_by_role("button", name=re.compile("点赞 1"))).to_be_visible()
    inside.get_by_label("写留言").fill("支持！")
    inside.get_by_role("button", name="发表").click()
    expect(inside.get_by_text("仅自己可见")).to_be_visible()
    article = next(
        one for one in see(sandbox, "articles")["articles"] if one["article_id"] == article_id
    )
    assert (article["reads"], article["comments"]) == (1, 1)
    call_api(
        sandbox,
        "/cgi-bin/comment/markelect",
        msg_data_id=article["msg_data_id"],
        index=0,
        user_comment_id=1,
    )
    other = given_page(chromium, PHONE)
    take_phone(other, sandbox, "林知夏")
    other.goto(f"{sandbox}/web?url={article['url']}")
    expect(other.frame_locator("iframe.web").get_by_text("支持！")).to_be_visible()
    page.context.close()
    other.context.close()
