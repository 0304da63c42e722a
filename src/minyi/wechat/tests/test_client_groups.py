# SPDX-License-Identifier: Apache-2.0
"""What each call sends and what is understood of its answer, as wechat-api.md §§2-12 has it."""

import hmac
from datetime import date

import pytest

from minyi.wechat.client import WebIdentity, collect, mass
from minyi.wechat.client.api_errors import ApiError
from minyi.wechat.client.comments import Shown
from minyi.wechat.client.drafts import Article
from minyi.wechat.client.safety import MediaType, Scene
from minyi.wechat.errors import BeyondLimits
from minyi.wechat.tests.fake_wechat import APPID, SECRET, FakeLine, FakeWeChat, an_account

DAY = date(2026, 11, 21)
CLICK = {"name": "投票", "type": "click", "key": "vote"}


@pytest.fixture
def wechat():
    return FakeWeChat()


@pytest.fixture
def ask(wechat):
    line = FakeLine(wechat, an_account(), mp_url="https://mp.example")
    yield line
    line.line.hang_up()


@pytest.fixture
def ask_mini(wechat):
    line = FakeLine(wechat, an_account("MP"))
    yield line
    line.line.hang_up()


# --- calls that only send: the call, the path, the body ------------------------------------------
ORDERS = [
    (
        lambda c: c.menus.create(buttons=[CLICK]),
        "POST /cgi-bin/menu/create",
        {"button": [CLICK]},
    ),
    (lambda c: c.menus.delete(), "GET /cgi-bin/menu/delete", {}),
    (
        lambda c: c.menus.delete_conditional(menuid="208"),
        "POST /cgi-bin/menu/delconditional",
        {"menuid": "208"},
    ),
    (
        lambda c: c.tags.rename(tag_id=100, name="志愿者"),
        "POST /cgi-bin/tags/update",
        {"tag": {"id": 100, "name": "志愿者"}},
    ),
    (
        lambda c: c.tags.delete(tag_id=100),
        "POST /cgi-bin/tags/delete",
        {"tag": {"id": 100}},
    ),
    (
        lambda c: c.tags.put_on(tag_id=100, openids=["a", "b"]),
        "POST /cgi-bin/tags/members/batchtagging",
        {"openid_list": ["a", "b"], "tagid": 100},
    ),
    (
        lambda c: c.tags.take_off(tag_id=100, openids=["a"]),
        "POST /cgi-bin/tags/members/batchuntagging",
        {"openid_list": ["a"], "tagid": 100},
    ),
    (
        lambda c: c.users.set_remark(openid="a", remark="三楼窗口"),
        "POST /cgi-bin/user/info/updateremark",
        {"openid": "a", "remark": "三楼窗口"},
    ),
    (
        lambda c: c.users.block(openids=["a"]),
        "POST /cgi-bin/tags/members/batchblacklist",
        {"openid_list": ["a"]},
    ),
    (
        lambda c: c.users.unblock(openids=["a"]),
        "POST /cgi-bin/tags/members/batchunblacklist",
        {"openid_list": ["a"]},
    ),
    (
        lambda c: c.materials.delete(media_id="m"),
        "POST /cgi-bin/material/del_material",
        {"media_id": "m"},
    ),
    (lambda c: c.drafts.delete(media_id="m"), "POST /cgi-bin/draft/delete", {"media_id": "m"}),
    (
        lambda c: c.service.show_typing(openid="o"),
        "POST /cgi-bin/message/custom/typing",
        {"touser": "o", "command": "Typing"},
    ),
    (
        lambda c: c.service.hide_typing(openid="o"),
        "POST /cgi-bin/message/custom/typing",
        {"touser": "o", "command": "CancelTyping"},
    ),
    (
        lambda c: c.service.add_desk(name="desk1@qinghe", nickname="小禾"),
        "POST /customservice/kfaccount/add",
        {"kf_account": "desk1@qinghe", "nickname": "小禾"},
    ),
    (
        lambda c: c.service.begin_session(openid="o", desk="d@q"),
        "POST /customservice/kfsession/create",
        {"kf_account": "d@q", "openid": "o"},
    ),
    (
        lambda c: c.service.end_session(openid="o", desk="d@q"),
        "POST /customservice/kfsession/close",
        {"kf_account": "d@q", "openid": "o"},
    ),
    (
        lambda c: c.templates.set_industries(first="1", second="4"),
        "POST /cgi-bin/template/api_set_industry",
        {"industry_id1": "1", "industry_id2": "4"},
    ),
    (
        lambda c: c.templates.delete(template_id="t"),
        "POST /cgi-bin/template/del_private_template",
        {"template_id": "t"},
    ),
    (
        lambda c: c.subscriptions.send(
            openid="o",
            template_id="t",
            values={"thing1": "办结"},
            page="https://minyi.example/",
        ),
        "POST /cgi-bin/message/subscribe/bizsend",
        {
            "touser": "o",
            "template_id": "t",
            "data": {"thing1": {"value": "办结"}},
            "page": "https://minyi.example/",
        },
    ),
    (
        lambda c: c.subscriptions.delete(template_id="t"),
        "POST /wxaapi/newtmpl/deltemplate",
        {"priTmplId": "t"},
    ),
    (
        lambda c: c.subscriptions.send_one_time(
            openid="o", template_id="t", scene=7, title="结果公布", content="请查看"
        ),
        "POST /cgi-bin/message/template/subscribe",
        {
            "touser": "o",
            "template_id": "t",
            "scene": "7",
            "title": "结果公布",
            "data": {"content": {"value": "请查看"}},
        },
    ),
    (
        lambda c: c.mass.preview(content=mass.text("你好"), wechat_name="qinghe"),
        "POST /cgi-bin/message/mass/preview",
        {"towxname": "qinghe", "text": {"content": "你好"}, "msgtype": "text"},
    ),
    (
        lambda c: c.mass.set_speed(speed=3),
        "POST /cgi-bin/message/mass/speed/set",
        {"speed": 3},
    ),
    (lambda c: c.quota.clear_all(), "POST /cgi-bin/clear_quota", {"appid": APPID}),
    (
        lambda c: c.quota.clear(path="/cgi-bin/menu/get"),
        "POST /cgi-bin/openapi/quota/clear",
        {"cgi_path": "/cgi-bin/menu/get"},
    ),
]


@pytest.mark.parametrize(("order", "asked", "body"), ORDERS, ids=[line[1] for line in ORDERS])
def test_an_order_is_sent_as_documented(wechat, ask, order, asked, body):
    ask(order)
    assert wechat.asked == asked
    assert (wechat.body if wechat.last.content else {}) == body


# --- every kind of customer-service message ------------------------------------------------------
MESSAGES = [
    (lambda s: s.send_text(openid="o", content="您好"), "text", {"content": "您好"}),
    (lambda s: s.send_image(openid="o", media_id="m"), "image", {"media_id": "m"}),
    (lambda s: s.send_voice(openid="o", media_id="m"), "voice", {"media_id": "m"}),
    (
        lambda s: s.send_video(openid="o", media_id="m", thumb_media_id="t", title="标题"),
        "video",
        {"media_id": "m", "thumb_media_id": "t", "title": "标题", "description": ""},
    ),
    (
        lambda s: s.send_music(openid="o", url="u", better_url="v", thumb_media_id="t"),
        "music",
        {
            "title": "",
            "description": "",
            "musicurl": "u",
            "hqmusicurl": "v",
            "thumb_media_id": "t",
        },
    ),
    (
        lambda s: s.send_card(openid="o", title="投票", description="", url="https://x/"),
        "news",
        {"articles": [{"title": "投票", "description": "", "url": "https://x/", "picurl": ""}]},
    ),
    (
        lambda s: s.send_article(openid="o", article_id="a"),
        "mpnewsarticle",
        {"article_id": "a"},
    ),
    (
        lambda s: s.send_menu(openid="o", head="满意吗？", choices={"1": "满意", "2": "不满意"}),
        "msgmenu",
        {
            "head_content": "满意吗？",
            "list": [{"id": "1", "content": "满意"}, {"id": "2", "content": "不满意"}],
            "tail_content": "",
        },
    ),
    (lambda s: s.send_coupon(openid="o", card_id="c"), "wxcard", {"card_id": "c"}),
    (
        lambda s: s.send_mini_program(
            openid="o", title="办事", appid="wx1", page="pages/a", thumb_media_id="t"
        ),
        "miniprogrampage",
        {"title": "办事", "appid": "wx1", "pagepath": "pages/a", "thumb_media_id": "t"},
    ),
    (
        lambda s: s.send_link(openid="o", title="办事", description="", url="u", thumb_url="t"),
        "link",
        {"title": "办事", "description": "", "url": "u", "thumb_url": "t"},
    ),
]


@pytest.mark.parametrize(("send", "kind", "content"), MESSAGES, ids=[m[1] for m in MESSAGES])
def test_every_kind_of_message_has_its_shape(wechat, ask, send, kind, content):
    ask(lambda client: send(client.service))
    assert wechat.asked == "POST /cgi-bin/message/custom/send"
    assert wechat.body == {"touser": "o", "msgtype": kind, kind: content}


def test_an_answer_of_an_ai_carries_the_mark(wechat, ask):
    ask(lambda c: c.service.send_text(openid="o", content="x", is_ai=True, desk="d@q"))
    assert wechat.body["aimsgcontext"] == {"is_ai_msg": 1}
    assert wechat.body["customservice"] == {"kf_account": "d@q"}


# --- positions: from one with us, as each interface wants it at WeChat ----------------------------
ARTICLE = Article(title="公告", content="<p>正文</p>", cover_media_id="m")
POSITIONS = [
    (lambda c, p: c.drafts.update(media_id="m", position=p, article=ARTICLE), "index", 0),
    (lambda c, p: c.comments.open(msg_data_id="9", position=p), "index", 0),
    (lambda c, p: c.comments.close(msg_data_id="9", position=p), "index", 0),
    (lambda c, p: c.comments.page(msg_data_id="9", position=p), "index", 0),
    (lambda c, p: c.comments.elect(msg_data_id="9", position=p, comment_id="5"), "index", 0),
    (lambda c, p: c.comments.unelect(msg_data_id="9", position=p, comment_id="5"), "index", 0),
    (lambda c, p: c.comments.delete(msg_data_id="9", position=p, comment_id="5"), "index", 0),
    (
        lambda c, p: c.comments.reply(msg_data_id="9", position=p, comment_id="5", content="谢谢"),
        "index",
        0,
    ),
    (
        lambda c, p: c.comments.delete_reply(msg_data_id="9", position=p, comment_id="5"),
        "index",
        0,
    ),
    (lambda c, p: c.articles.delete(article_id="a", position=p), "index", 1),
    (lambda c, p: c.mass.delete(msg_id="9", position=p), "article_idx", 1),
]


@pytest.mark.parametrize(("call", "name", "first"), POSITIONS)
def test_the_first_article_is_position_one_everywhere(wechat, ask, call, name, first):
    ask(lambda client: call(client, 1))
    assert wechat.body[name] == first
    ask(lambda client: call(client, 3))
    assert wechat.body[name] == first + 2


def test_deleting_everything_is_a_verb_of_its_own(wechat, ask):
    ask(lambda c: c.articles.delete_all(article_id="a"))
    assert wechat.body == {"article_id": "a", "index": 0}
    ask(lambda c: c.mass.delete_all(msg_id="9"))
    assert wechat.body == {"msg_id": 9, "article_idx": 0}


# --- answers -------------------------------------------------------------------------------------
def test_the_menu_citizens_see_comes_in_the_shape_it_is_made_in(wechat, ask):
    below = {"name": "办事", "sub_button": {"list": [CLICK]}}
    wechat.will({"is_menu_open": 1, "selfmenu_info": {"button": [CLICK, below]}})
    shown = ask(lambda c: c.menus.current())
    assert shown.is_open
    assert shown.buttons == [CLICK, {"name": "办事", "sub_button": [CLICK]}]


def test_own_menus_come_with_the_conditional_ones(wechat, ask):
    conditional = {"button": [CLICK], "matchrule": {"tag_id": 100}, "menuid": 208396993}
    wechat.will({"menu": {"button": [CLICK], "menuid": 1}, "conditionalmenu": [conditional]})
    own = ask(lambda c: c.menus.get())
    assert (own.buttons, own.menuid) == ([CLICK], "1")
    assert own.conditional[0].menuid == "208396993"
    assert own.conditional[0].rule == {"tag_id": 100}


def test_a_conditional_menu_names_its_rule_and_returns_its_number(wechat, ask):
    wechat.will({"menuid": "208379533"})
    made = ask(lambda c: c.menus.add_conditional(buttons=[CLICK], tag_id=100, phone="1"))
    assert made == "208379533"
    assert wechat.body["matchrule"] == {"tag_id": "100", "client_platform_type": "1"}


@pytest.mark.parametrize("answer", [{"button": [CLICK]}, {"menu": {"button": [CLICK]}}])
def test_trying_a_menu_out_tells_the_buttons(wechat, ask, answer):
    wechat.will(answer)
    assert ask(lambda c: c.menus.try_match(user="o")) == [CLICK]


def test_followers_come_page_after_page(wechat, ask):
    wechat.will(
        {"total": 3, "count": 2, "data": {"openid": ["a", "b"]}, "next_openid": "b"},
        {"total": 3, "count": 1, "data": {"openid": ["c"]}, "next_openid": "c"},
        {"total": 3, "count": 0, "next_openid": ""},
    )
    assert ask(lambda c: collect(c.users.openids())) == ["a", "b", "c"]
    assert [request.url.params["next_openid"] for request in wechat.requests] == ["", "b", "c"]


def test_holders_of_a_tag_and_the_blacklist_come_page_after_page(wechat, ask):
    pages = [
        {"count": 1, "data": {"openid": ["a"]}, "next_openid": "a"},
        {"count": 0, "next_openid": ""},
    ]
    wechat.will(*pages)
    assert ask(lambda c: collect(c.tags.holders(tag_id=100))) == ["a"]
    wechat.will(*pages)
    assert ask(lambda c: collect(c.users.blacklist())) == ["a"]
    assert wechat.body == {"begin_openid": "a"}


def test_a_follower_is_told_in_our_words(wechat, ask):
    wechat.will(
        {
            "subscribe": 1,
            "openid": "o",
            "language": "zh_CN",
            "subscribe_time": 1434093047,
            "unionid": "u",
            "remark": "",
            "groupid": 0,
            "tagid_list": [128, 2],
            "subscribe_scene": "ADD_SCENE_QR_CODE",
            "qr_scene": 98765,
            "qr_scene_str": "",
        }
    )
    follower = ask(lambda c: c.users.info(openid="o"))
    assert (follower.is_following, follower.tag_ids, follower.way, follower.scene_number) == (
        True,
        [128, 2],
        "ADD_SCENE_QR_CODE",
        98765,
    )
    wechat.will({"user_info_list": [{"subscribe": 0, "openid": "p"}]})
    (stranger,) = ask(lambda c: c.users.batch_info(openids=["p"]))
    assert not stranger.is_following


@pytest.mark.parametrize(
    ("make", "body"),
    [
        (
            lambda q: q.create_temporary(scene="hall-3", seconds=600),
            {
                "action_name": "QR_STR_SCENE",
                "expire_seconds": 600,
                "action_info": {"scene": {"scene_str": "hall-3"}},
            },
        ),
        (
            lambda q: q.create_temporary(scene=7, seconds=600),
            {
                "action_name": "QR_SCENE",
                "expire_seconds": 600,
                "action_info": {"scene": {"scene_id": 7}},
            },
        ),
        (
            lambda q: q.create_permanent(scene="hall-3"),
            {
                "action_name": "QR_LIMIT_STR_SCENE",
                "action_info": {"scene": {"scene_str": "hall-3"}},
            },
        ),
        (
            lambda q: q.create_permanent(scene=7),
            {"action_name": "QR_LIMIT_SCENE", "action_info": {"scene": {"scene_id": 7}}},
        ),
    ],
)
def test_a_code_is_made_for_words_or_numbers(wechat, ask, make, body):
    wechat.will({"ticket": "gQ/+=", "url": "http://weixin.qq.com/q/x"})
    code = ask(lambda c: make(c.qrcodes))
    assert wechat.body == body
    assert code.url == "http://weixin.qq.com/q/x"


def test_the_picture_of_a_code_is_at_an_address_with_its_ticket_escaped(ask):
    async def address(client):
        return client.qrcodes.picture_url(ticket="gQ/+=")

    assert ask(address) == "https://mp.example/cgi-bin/showqrcode?ticket=gQ%2F%2B%3D"


def test_a_draft_is_sent_field_by_field(wechat, ask):
    wechat.will({"media_id": "m1"})
    article = Article(
        title="公告",
        content="<p>正文</p>",
        author="青禾",
        digest="摘要",
        source_url="https://x/",
        cover_media_id="m",
        has_comments=True,
    )
    assert ask(lambda c: c.drafts.add(articles=[article])) == "m1"
    assert wechat.body == {
        "articles": [
            {
                "article_type": "news",
                "title": "公告",
                "content": "<p>正文</p>",
                "need_open_comment": 1,
                "only_fans_can_comment": 0,
                "author": "青禾",
                "digest": "摘要",
                "content_source_url": "https://x/",
                "thumb_media_id": "m",
            }
        ]
    }
    pictures = Article(kind="newspic", title="图集", content="x", picture_media_ids=("p1", "p2"))
    wechat.will({})
    ask(lambda c: c.drafts.update(media_id="m1", position=1, article=pictures))
    assert isinstance(wechat.body["articles"], dict)  # one object, not a list
    assert wechat.body["articles"]["image_info"] == {
        "image_list": [{"image_media_id": "p1"}, {"image_media_id": "p2"}]
    }


def test_a_publication_is_followed_to_its_addresses(wechat, ask):
    wechat.will({"errcode": 0, "publish_id": 2247503051, "msg_data_id": 2247503051})
    assert ask(lambda c: c.articles.submit(media_id="m")).publish_id == "2247503051"
    wechat.will(
        {
            "publish_id": "2247503051",
            "publish_status": 0,
            "article_id": "a",
            "article_detail": {"count": 1, "item": [{"idx": 1, "article_url": "https://x/"}]},
            "fail_idx": [],
        }
    )
    told = ask(lambda c: c.articles.status(publish_id="2247503051"))
    assert (told.status, told.article_id) == (0, "a")
    assert (told.urls[0].position, told.urls[0].url) == (1, "https://x/")


def test_comments_come_page_after_page(wechat, ask):
    first = {"user_comment_id": 1, "openid": "o", "content": "好", "comment_type": 1}
    second = {"user_comment_id": 2, "reply": {"content": "谢谢", "create_time": 5}}
    wechat.will({"total": 2, "comment": [first]}, {"total": 2, "comment": [second]})
    found = ask(lambda c: collect(c.comments.every(msg_data_id="9", position=1, shown=Shown.ALL)))
    assert [(one.id, one.is_elected) for one in found] == [("1", True), ("2", False)]
    assert found[1].reply.content == "谢谢"
    assert wechat.body["begin"] == 1


def test_a_template_message_returns_its_number(wechat, ask):
    wechat.will({"errcode": 0, "errmsg": "ok", "msgid": 200228332})
    number = ask(
        lambda c: c.templates.send(
            openid="o",
            template_id="t",
            values={"first": "办结"},
            url="https://x/",
            mini_program=("wx1", "pages/a"),
            client_msg_id="notice-1",
        )
    )
    assert number == 200228332
    assert wechat.body == {
        "touser": "o",
        "template_id": "t",
        "data": {"first": {"value": "办结"}},
        "url": "https://x/",
        "miniprogram": {"appid": "wx1", "pagepath": "pages/a"},
        "client_msg_id": "notice-1",
    }


def test_the_page_of_a_one_time_consent_has_everything_in_its_address(ask):
    async def address(client):
        return client.subscriptions.one_time_url(
            scene=7, template_id="t", return_url="https://x/?a=1", reserved="r"
        )

    assert ask(address) == (
        f"https://mp.example/mp/subscribemsg?action=get_confirm&appid={APPID}&scene=7"
        "&template_id=t&redirect_url=https%3A%2F%2Fx%2F%3Fa%3D1&reserved=r#wechat_redirect"
    )


def test_notice_templates_are_told_in_our_words(wechat, ask):
    wechat.will({"data": [{"priTmplId": "t", "title": "办件进度", "type": 3}]})
    (template,) = ask(lambda c: c.subscriptions.templates())
    assert (template.template_id, template.kind) == ("t", 3)
    wechat.will({"priTmplId": "t2"})
    added = ask(lambda c: c.subscriptions.add(title_id="401", keyword_ids=[1, 2], scene="办件进度"))
    assert added == "t2"
    assert wechat.body == {"tid": "401", "kidList": [1, 2], "sceneDesc": "办件进度"}


@pytest.mark.parametrize(
    ("send", "path", "target"),
    [
        (
            lambda m, **k: m.send_to_all(**k),
            "/cgi-bin/message/mass/sendall",
            {"filter": {"is_to_all": True}},
        ),
        (
            lambda m, **k: m.send_to_tag(tag_id=2, **k),
            "/cgi-bin/message/mass/sendall",
            {"filter": {"is_to_all": False, "tag_id": 2}},
        ),
        (
            lambda m, **k: m.send_to_openids(openids=["a", "b"], **k),
            "/cgi-bin/message/mass/send",
            {"touser": ["a", "b"]},
        ),
    ],
)
def test_a_mass_message_goes_to_whom_it_names(wechat, ask, send, path, target):
    wechat.will({"errcode": 0, "errmsg": "send job", "msg_id": 34182, "msg_data_id": 206227730})
    job = ask(lambda c: send(c.mass, content=mass.news("m"), client_msg_id="job-1"))
    assert (job.msg_id, job.msg_data_id, job.is_repeated) == ("34182", "206227730", False)
    assert wechat.last.url.path == path
    assert wechat.body == {
        **target,
        "mpnews": {"media_id": "m"},
        "msgtype": "mpnews",
        "clientmsgid": "job-1",
        "send_ignore_reprint": 0,
    }


def test_a_mass_message_sent_before_is_a_success(wechat, ask):
    wechat.will({"errcode": 45065, "errmsg": "clientmsgid exist", "msg_id": 34182})
    job = ask(lambda c: c.mass.send_to_all(content=mass.text("x"), client_msg_id="job-1"))
    assert (job.msg_id, job.is_repeated) == ("34182", True)


def test_pictures_are_sent_in_the_plural(wechat, ask):
    wechat.will({"msg_id": 1})
    content = mass.images(["a", "b"], words="看图")
    ask(lambda c: c.mass.send_to_all(content=content, client_msg_id="j"))
    assert wechat.body["msgtype"] == "image"
    assert wechat.body["images"]["media_ids"] == ["a", "b"]


SPAN = {"begin_date": "2026-11-21", "end_date": "2026-11-21"}
FIGURES = [
    (lambda f: f.users(begin=DAY, end=DAY), "getusersummary"),
    (lambda f: f.user_totals(begin=DAY, end=DAY), "getusercumulate"),
    (lambda f: f.reads(day=DAY), "getarticleread"),
    (lambda f: f.shares(day=DAY), "getarticleshare"),
    (lambda f: f.summary(begin=DAY, end=DAY), "getbizsummary"),
    (lambda f: f.lives(published_on=DAY), "getarticletotaldetail"),
    (lambda f: f.messages(begin=DAY, end=DAY), "getupstreammsg"),
    (lambda f: f.messages_by_hour(day=DAY), "getupstreammsghour"),
    (lambda f: f.messages_by_week(begin=DAY, end=DAY), "getupstreammsgweek"),
    (lambda f: f.messages_by_month(begin=DAY, end=DAY), "getupstreammsgmonth"),
    (lambda f: f.message_spread(begin=DAY, end=DAY), "getupstreammsgdist"),
    (lambda f: f.message_spread_by_week(begin=DAY, end=DAY), "getupstreammsgdistweek"),
    (lambda f: f.message_spread_by_month(begin=DAY, end=DAY), "getupstreammsgdistmonth"),
    (lambda f: f.interface(begin=DAY, end=DAY), "getinterfacesummary"),
    (lambda f: f.interface_by_hour(day=DAY), "getinterfacesummaryhour"),
]


@pytest.mark.parametrize(("call", "name"), FIGURES, ids=[line[1] for line in FIGURES])
def test_figures_are_asked_for_by_day_at_the_root(wechat, ask, call, name):
    wechat.will({"list": []})
    ask(lambda c: call(c.figures))
    assert wechat.asked == f"POST /datacube/{name}"
    assert wechat.body == SPAN


def test_how_often_citizens_wrote_comes_in_our_words(wechat, ask):
    row = {"ref_date": "2026-11-21", "count_interval": 2, "msg_user": 7}
    wechat.will({"list": [row]})
    (spread,) = ask(lambda c: c.figures.message_spread(begin=DAY, end=DAY))
    assert (spread.day, spread.interval, spread.users) == (DAY, 2, 7)


def test_the_old_article_figures_are_not_offered(ask):
    async def names(client):
        return dir(client.figures)

    assert not {"getarticlesummary", "getuserread"} & set(ask(names))


def test_figures_come_in_our_words_and_without_the_row_of_sums(wechat, ask):
    sources = [
        {"scene_desc": "全部", "user_count": 9},
        {"scene_desc": "公众号消息", "user_count": 9},
    ]
    detail = {"read_user": 9, "read_user_source": sources}
    row = {"ref_date": "2026-11-21", "msgid": "2247_1", "detail": detail}
    wechat.will({"list": [row], "is_delay": True})
    figures = ask(lambda c: c.figures.reads(day=DAY))
    assert figures.is_late
    assert (figures.rows[0].day, figures.rows[0].article) == (DAY, "2247_1")
    assert [source.name for source in figures.rows[0].detail.sources] == ["公众号消息"]


def test_the_life_of_an_article_is_read_to_the_end(wechat, ask):
    day = {
        "stat_date": "2026-11-21",
        "read_user": 5,
        "read_finish_rate": 0.42,
        "read_avg_activetime": 31.5,
        "read_jump_position": [{"position": 1, "rate": 0.2}],
    }
    row = {"ref_date": "2026-11-21", "msgid": "2247_1", "title": "公告", "detail_list": [day]}
    wechat.will({"list": [row]})
    (life,) = ask(lambda c: c.figures.lives(published_on=DAY)).rows
    assert (life.title, life.days[0].readers, life.days[0].finish_rate) == ("公告", 5, 0.42)


def test_short_keys_go_both_ways(wechat, ask):
    wechat.will({"short_key": "k"}, {"long_data": "text", "expire_seconds": 9})
    assert ask(lambda c: c.links.shorten(text="text", seconds=9)) == "k"
    assert ask(lambda c: c.links.expand(key="k")).long_data == "text"


def test_quota_rid_and_addresses_are_asked_for(wechat, ask):
    wechat.will(
        {"quota": {"daily_limit": 10, "used": 4, "remain": 6}},
        {"request": {"cost_in_ms": 30, "client_ip": "203.0.113.7"}},
        {"dns": [{"ip": "1.2.3.4", "real_operator": "UNICOM"}], "ping": []},
        {"ip_list": ["1.1.1.1"]},
        {"ip_list": ["2.2.2.2"]},
    )
    assert ask(lambda c: c.quota.of(path="/cgi-bin/menu/get")).remain == 6
    assert ask(lambda c: c.quota.record_of(rid="66-77-88")).client_ip == "203.0.113.7"
    assert ask(lambda c: c.quota.check_callback()).dns[0].operator == "UNICOM"
    assert ask(lambda c: c.quota.api_addresses()) == ["1.1.1.1"]
    assert ask(lambda c: c.quota.callback_addresses()) == ["2.2.2.2"]


def test_a_web_login_needs_no_token(wechat, ask):
    wechat.will({"openid": "o", "is_snapshotuser": 1, "scope": "snsapi_base", "unionid": "u"})
    identity = ask(lambda c: c.exchange_code("code"))
    assert identity == WebIdentity("o", "u", is_snapshot=True, scope="snsapi_base")
    assert wechat.query == {
        "appid": APPID,
        "secret": SECRET,
        "code": "code",
        "grant_type": "authorization_code",
    }
    assert wechat.tokens == 0


# --- mini programs -------------------------------------------------------------------------------
def test_a_mini_program_spends_its_login_code(wechat, ask_mini):
    wechat.will({"openid": "o", "session_key": "k==", "unionid": "u"})
    session = ask_mini(lambda c: c.mini.exchange_code(code="c"))
    assert (session.openid, session.session_key) == ("o", "k==")
    assert "k==" not in repr(session)
    assert wechat.query["js_code"] == "c"
    assert wechat.tokens == 0


MINI = [
    (
        lambda m: m.phone_number(code="c"),
        "/wxa/business/getuserphonenumber",
        {"phone_info": {"phoneNumber": "13800000000", "countryCode": 86}},
        {"code": "c"},
        lambda answer: answer.number == "13800000000" and answer.country_code == "86",
    ),
    (
        lambda m: m.url_link_state(url_link="https://wxaurl.cn/x"),
        "/wxa/query_urllink",
        {"url_link_info": {"path": "pages/a", "expire_time": 9}, "visit_openid": "o"},
        {"url_link": "https://wxaurl.cn/x"},
        lambda answer: (
            (answer.link.path, answer.link.expires_at, answer.opened_by) == ("pages/a", 9, "o")
        ),
    ),
    (
        lambda m: m.scheme_state(scheme="weixin://dl/business/?t=x"),
        "/wxa/queryscheme",
        {"scheme_info": {"path": "pages/a", "create_time": 1, "env_version": "trial"}},
        {"scheme": "weixin://dl/business/?t=x"},
        lambda answer: (answer.link.made_at, answer.link.version) == (1, "trial"),
    ),
    (
        lambda m: m.url_link(path="pages/a", query="b=1", days=7),
        "/wxa/generate_urllink",
        {"url_link": "https://wxaurl.cn/x"},
        {
            "path": "pages/a",
            "query": "b=1",
            "expire_type": 1,
            "expire_interval": 7,
            "env_version": "release",
        },
        lambda answer: answer == "https://wxaurl.cn/x",
    ),
    (
        lambda m: m.scheme(path="pages/a", days=7),
        "/wxa/generatescheme",
        {"openlink": "weixin://dl/business/?t=x"},
        {
            "jump_wxa": {"path": "pages/a", "query": "", "env_version": "release"},
            "is_expire": True,
            "expire_type": 1,
            "expire_interval": 7,
        },
        lambda answer: answer.startswith("weixin://"),
    ),
    (
        lambda m: m.risk_of(openid="o", scene=1, client_ip="203.0.113.7"),
        "/wxa/getuserriskrank",
        {"risk_rank": 2, "unoin_id": 123},
        {"appid": APPID, "openid": "o", "scene": 1, "client_ip": "203.0.113.7"},
        lambda answer: (answer.rank, answer.union_id) == (2, "123"),
    ),
    (
        lambda m: m.send(openid="o", template_id="t", values={"thing1": "办结"}),
        "/cgi-bin/message/subscribe/send",
        {},
        {
            "touser": "o",
            "template_id": "t",
            "miniprogram_state": "formal",
            "lang": "zh_CN",
            "data": {"thing1": {"value": "办结"}},
        },
        lambda answer: answer is None,
    ),
]


@pytest.mark.parametrize(("call", "path", "reply", "body", "holds"), MINI, ids=[m[1] for m in MINI])
def test_a_mini_program_asks_as_documented(wechat, ask_mini, call, path, reply, body, holds):
    wechat.will(reply)
    assert holds(ask_mini(lambda c: call(c.mini)))
    assert (wechat.last.url.path, wechat.body) == (path, body)


def test_the_picture_of_a_mini_program_code_is_bytes(wechat, ask_mini):
    wechat.will(b"\xff\xd8jpeg")
    picture = ask_mini(
        lambda c: c.mini.code_picture(scene="a=1", page="pages/a", line_color=(0, 66, 120))
    )
    assert picture == b"\xff\xd8jpeg"
    assert wechat.body["line_color"] == {"r": 0, "g": 66, "b": 120}
    wechat.will(b'{"errcode":41030,"errmsg":"invalid page rid: 66-77-88"}')
    with pytest.raises(ApiError) as caught:
        ask_mini(lambda c: c.mini.code_picture(scene="a=1"))
    assert (caught.value.code, caught.value.rid) == (41030, "66-77-88")


def test_a_code_that_opens_a_page_with_its_query_is_bytes(wechat, ask_mini):
    wechat.will(b"\xff\xd8jpeg")
    picture = ask_mini(lambda c: c.mini.limited_code_picture(path="pages/a?b=1", width=300))
    assert picture == b"\xff\xd8jpeg"
    assert wechat.asked == "POST /wxa/getwxacode"
    assert (wechat.body["path"], wechat.body["width"]) == ("pages/a?b=1", 300)


def test_a_square_code_is_asked_for_with_its_path(wechat, ask_mini):
    wechat.will(b"\x89PNG")
    assert ask_mini(lambda c: c.mini.square_code_picture(path="pages/a?b=1")) == b"\x89PNG"
    assert wechat.asked == "POST /cgi-bin/wxaapp/createwxaqrcode"
    assert wechat.body == {"path": "pages/a?b=1", "width": 430}
    with pytest.raises(BeyondLimits):
        ask_mini(lambda c: c.mini.square_code_picture(path="p" * 129))


def test_a_session_key_is_replaced_without_being_told(wechat, ask_mini):
    wechat.will({"openid": "o", "session_key": "new=="})
    session = ask_mini(lambda c: c.mini.reset_session(openid="o", session_key="old=="))
    assert session.session_key == "new=="
    assert "new==" not in repr(session)
    assert wechat.asked == "GET /wxa/resetusersessionkey"
    assert wechat.query == {
        "openid": "o",
        "signature": hmac.new(b"old==", b"", "sha256").hexdigest(),
        "sig_method": "hmac_sha256",
    }


def test_a_text_is_looked_at_and_a_file_later(wechat, ask_mini):
    wechat.will(
        {
            "errcode": 0,
            "trace_id": "t1",
            "result": {"suggest": "risky", "label": 20002},
            "detail": [{"strategy": "keyword", "label": 20002, "keyword": "…", "prob": 90}],
        },
        {"errcode": 0, "trace_id": "t2"},
    )
    checked = ask_mini(lambda c: c.safety.check_text(openid="o", content="x", scene=Scene.COMMENT))
    assert (checked.result.suggest, checked.findings[0].strategy) == ("risky", "keyword")
    assert wechat.body == {"version": 2, "openid": "o", "scene": 2, "content": "x"}
    trace = ask_mini(
        lambda c: c.safety.check_media(
            openid="o", url="https://x/a.jpg", media_type=MediaType.IMAGE, scene=Scene.FORUM
        )
    )
    assert trace == "t2"
    assert wechat.body["media_type"] == 2
