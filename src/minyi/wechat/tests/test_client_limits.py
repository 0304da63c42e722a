# SPDX-License-Identifier: Apache-2.0
"""What breaks a documented limit is refused here: WeChat is not asked, and the field is named."""

from datetime import date

import pytest

from minyi.wechat.client import mass
from minyi.wechat.client.drafts import Article
from minyi.wechat.client.safety import Scene
from minyi.wechat.errors import BeyondLimits
from minyi.wechat.tests.fake_wechat import FakeLine, FakeWeChat, an_account

DAY = date(2026, 11, 21)


def button(**fields: object) -> dict[str, object]:
    return {"name": "投票", "type": "view", "url": "https://x/", **fields}


def article(**fields: object) -> Article:
    return Article(**{"title": "公告", "content": "正文", "cover_media_id": "m", **fields})


def add(**fields: object):
    return lambda c: c.drafts.add(articles=[article(), article(**fields)])


def menu(*buttons: object):
    return lambda c: c.menus.create(buttons=buttons)


def notice(**values: str):
    return lambda c: c.subscriptions.send(openid="o", template_id="t", values=values)


OFFICE = [
    (menu(), "button"),
    (menu(*[button()] * 4), "button"),
    (menu(button(), button(name="六个汉字呢呢")), "button[2].name"),
    (menu(button(name="")), "button[1].name"),
    (menu(button(type="jump")), "button[1].type"),
    (menu(button(url="")), "button[1].url"),
    (menu(button(url="https://x/" + "a" * 1015)), "button[1].url"),
    (menu(button(type="click", key="k" * 129)), "button[1].key"),
    (menu(button(sub_button=[button()] * 6)), "button[1].sub_button"),
    (menu(button(sub_button=[button(name="字" * 21)])), "button[1].sub_button[1].name"),
    (lambda c: c.menus.add_conditional(buttons=[button()]), "matchrule"),
    (lambda c: c.menus.add_conditional(buttons=[button()], phone="9"), "phone"),
    (lambda c: c.tags.create(name="字" * 31), "name"),
    (lambda c: c.tags.put_on(tag_id=1, openids=["o"] * 51), "openids"),
    (lambda c: c.users.batch_info(openids=["o"] * 101), "openids"),
    (lambda c: c.users.batch_info(openids=[]), "openids"),
    (lambda c: c.users.set_remark(openid="o", remark="字" * 30), "remark"),
    (lambda c: c.users.block(openids=["o"] * 21), "openids"),
    (lambda c: c.login.moved(from_appid="wx", openids=["o"] * 101), "openids"),
    (lambda c: c.qrcodes.create_temporary(scene="a", seconds=2_592_001), "seconds"),
    (lambda c: c.qrcodes.create_temporary(scene=0, seconds=60), "scene"),
    (lambda c: c.qrcodes.create_permanent(scene=100_001), "scene"),
    (lambda c: c.qrcodes.create_permanent(scene="x" * 65), "scene"),
    (lambda c: c.links.shorten(text="字" * 1366), "text"),
    (lambda c: c.materials.add(kind="image", name="a.webp", content=b"x"), "image"),
    (
        lambda c: c.materials.add(kind="thumb", name="a.jpg", content=b"x" * 65_537),
        "thumb.size",
    ),
    (lambda c: c.materials.add(kind="image", name="a.png", content=b""), "image.size"),
    (
        lambda c: c.materials.add_body_picture(name="a.jpg", content=b"x" * 1024 * 1024),
        "image.size",
    ),
    (lambda c: c.materials.add_body_picture(name="a.gif", content=b"x"), "image"),
    (lambda c: c.materials.page(kind="image", count=21), "count"),
    (add(title="字" * 33), "articles[2].title"),
    (add(title=""), "articles[2].title"),
    (add(author="字" * 17), "articles[2].author"),
    (add(digest="字" * 129), "articles[2].digest"),
    (add(content="字" * 20_000), "articles[2].content"),
    (add(source_url="https://" + "a" * 1017), "articles[2].source_url"),
    (add(cover_media_id=""), "articles[2].cover_media_id"),
    (add(kind="newspic"), "articles[2].picture_media_ids"),
    (lambda c: c.drafts.add(articles=[article()] * 9), "articles"),
    (lambda c: c.drafts.update(media_id="m", position=0, article=article()), "position"),
    (lambda c: c.drafts.update(media_id="m", position=9, article=article()), "position"),
    (lambda c: c.drafts.page(count=0), "count"),
    (lambda c: c.articles.delete(article_id="a", position=0), "position"),
    (lambda c: c.comments.page(msg_data_id="1", position=1, count=50), "count"),
    (lambda c: c.mass.delete(msg_id="1", position=0), "position"),
    (
        lambda c: c.mass.send_to_openids(openids=["o"], content=mass.news("m"), client_msg_id="j"),
        "openids",
    ),
    (
        lambda c: c.mass.send_to_all(content=mass.news("m"), client_msg_id="字" * 22),
        "client_msg_id",
    ),
    (lambda c: c.mass.set_speed(speed=5), "speed"),
    (lambda c: c.service.send_text(openid="o", content="字" * 683), "content"),
    (lambda c: c.service.send_text(openid="o", content=""), "content"),
    (lambda c: c.service.send_menu(openid="o", head="", choices={}), "choices"),
    (notice(thing1="字" * 21), "data.thing1"),
    (notice(thing1=""), "data.thing1"),
    (notice(phrase2="六个汉字以上"), "data.phrase2"),
    (notice(name3="字" * 11), "data.name3"),
    (notice(name3="a" * 21), "data.name3"),
    (notice(character_string4="1" * 33), "data.character_string4"),
    (lambda c: c.figures.users(begin=DAY, end=date(2026, 11, 28)), "end"),
    (lambda c: c.figures.users(begin=DAY, end=date(2026, 11, 20)), "end"),
    (lambda c: c.figures.reads(day=date(2025, 10, 31)), "begin"),
]
MINI = [
    (lambda c: c.mini.code_picture(scene="字" * 33), "scene"),
    (lambda c: c.mini.code_picture(scene="a", page="/pages/a"), "page"),
    (lambda c: c.mini.code_picture(scene="a", page="pages/a?b=1"), "page"),
    (lambda c: c.mini.code_picture(scene="a", width=279), "width"),
    (lambda c: c.mini.url_link(path="pages/a", days=31), "days"),
    (lambda c: c.mini.scheme(path="pages/a", query="a" * 1025), "query"),
    (
        lambda c: c.safety.check_text(openid="o", content="字" * 2501, scene=Scene.FORUM),
        "content",
    ),
]
LINES = [("SVC", *line) for line in OFFICE] + [("MP", *line) for line in MINI]


@pytest.mark.parametrize(("kind", "call", "field"), LINES)
def test_a_broken_limit_is_refused_here_and_names_its_field(kind, call, field):
    wechat = FakeWeChat()
    line = FakeLine(wechat, an_account(kind))
    with pytest.raises(BeyondLimits) as caught:
        line(call)
    line.line.hang_up()
    assert caught.value.facts["field"] == field
    assert field in caught.value.detail
    assert wechat.requests == []


WITHIN = [
    menu(*[button(name="五个汉字的")] * 3),
    menu(button(sub_button=[button(name="字" * 20)] * 5)),
    add(title="字" * 32, author="字" * 16, digest="字" * 128, content="字" * 19_999),
    notice(thing1="字" * 20, phrase2="五个汉字呀", name3="a" * 20),
    lambda c: c.service.send_text(openid="o", content="字" * 682),
    lambda c: c.figures.users(begin=DAY, end=date(2026, 11, 27)),
]


@pytest.mark.parametrize("call", WITHIN)
def test_what_just_keeps_the_limit_is_sent(call):
    wechat = FakeWeChat()
    wechat.will({"media_id": "m", "list": []})
    line = FakeLine(wechat, an_account())
    line(call)
    line.line.hang_up()
    assert len(wechat.requests) == 1
