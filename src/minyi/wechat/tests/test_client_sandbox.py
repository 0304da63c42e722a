# SPDX-License-Identifier: Apache-2.0
"""Each group of calls against a living sandbox: what one side means the other understands."""

from datetime import datetime, timedelta

import pytest

from minyi.wechat.client import collect, mass
from minyi.wechat.client.api_errors import (
    CallsPaused,
    CodeRefused,
    ContentRefused,
    GrantSpent,
    NotOffered,
    NotPermitted,
    OutOfStep,
    Unreachable,
    WindowClosed,
)
from minyi.wechat.client.articles import PublishStatus
from minyi.wechat.client.drafts import Article
from minyi.wechat.client.mini_crypto import decrypt, is_signed
from minyi.wechat.client.safety import MediaType, Scene
from minyi.wechat.connection.line import Line
from minyi.wechat.connection.shelves import MemoryShelf
from minyi.wechat.queries import Account
from minyi.wechat.tests.live import sandbox_server
from wechat_sandbox.accounts import sample_accounts
from wechat_sandbox.people import openid_of
from wechat_sandbox.tests.given_media import JPEG, MP4, PNG, amr

NOBODY = "http://127.0.0.1:9"  # whoever hears the events: nobody does
OFFICE, NEWS, PROGRAM = (
    Account(
        slug=known.slug,
        name=known.name,
        kind=known.kind,
        is_verified=known.verified,
        appid=known.appid,
        original_id=known.original_id,
        mode=known.mode,
        secret=known.secret,
    )
    for known in sample_accounts(NOBODY)
)
CITIZEN = 5
OPENID = openid_of(OFFICE.appid, CITIZEN)
VOTE = {"name": "投票", "type": "click", "key": "vote"}
HOME = {"name": "主页", "type": "view", "url": "https://minyi.example/"}


@pytest.fixture(scope="module")
def wechat():
    with sandbox_server(NOBODY) as sandbox:
        sandbox.order("jobs/delay", kind="publish", seconds=None)
        sandbox.order("jobs/delay", kind="mass", seconds=30)
        yield sandbox


@pytest.fixture(scope="module")
def line(wechat):
    line = Line(base_url=wechat.url, mp_url=wechat.url, shelf=MemoryShelf())
    yield line
    line.hang_up()


@pytest.fixture(scope="module")
def follower(wechat):
    wechat.order("follow", account=OFFICE.slug, citizen=CITIZEN)
    return OPENID


@pytest.fixture(scope="module")
def cover(line) -> str:
    added = line.call(
        OFFICE, lambda c: c.materials.add(kind="image", name="cover.png", content=PNG)
    )
    assert added.url
    return added.media_id


def test_menus(line, follower):
    buttons = [VOTE, {"name": "办事", "sub_button": [HOME]}]
    line.call(OFFICE, lambda c: c.menus.create(buttons=buttons))
    own = line.call(OFFICE, lambda c: c.menus.get())
    assert own.buttons[0]["key"] == "vote"
    shown = line.call(OFFICE, lambda c: c.menus.current())
    assert shown.is_open
    assert shown.buttons[1]["sub_button"][0]["url"] == HOME["url"]
    menuid = line.call(OFFICE, lambda c: c.menus.add_conditional(buttons=[HOME], phone="2"))
    assert line.call(OFFICE, lambda c: c.menus.get()).conditional[0].menuid == menuid
    assert line.call(OFFICE, lambda c: c.menus.try_match(user=OPENID))
    line.call(OFFICE, lambda c: c.menus.delete_conditional(menuid=menuid))
    line.call(OFFICE, lambda c: c.menus.delete())
    with pytest.raises(OutOfStep):
        line.call(OFFICE, lambda c: c.menus.get())


def test_users_tags_and_the_blacklist(line, follower):
    assert follower in line.call(OFFICE, lambda c: collect(c.users.openids()))
    tag = line.call(OFFICE, lambda c: c.tags.create(name="志愿者"))
    line.call(OFFICE, lambda c: c.tags.rename(tag_id=tag.id, name="老年大学"))
    line.call(OFFICE, lambda c: c.tags.put_on(tag_id=tag.id, openids=[follower]))
    assert "老年大学" in [one.name for one in line.call(OFFICE, lambda c: c.tags.list())]
    assert line.call(OFFICE, lambda c: c.tags.of_follower(openid=follower)) == [tag.id]
    assert line.call(OFFICE, lambda c: collect(c.tags.holders(tag_id=tag.id))) == [follower]
    line.call(OFFICE, lambda c: c.users.set_remark(openid=follower, remark="三楼"))
    info = line.call(OFFICE, lambda c: c.users.info(openid=follower))
    assert (info.is_following, info.remark, info.tag_ids) == (True, "三楼", [tag.id])
    (batch,) = line.call(OFFICE, lambda c: c.users.batch_info(openids=[follower]))
    assert batch.openid == follower
    line.call(OFFICE, lambda c: c.tags.take_off(tag_id=tag.id, openids=[follower]))
    line.call(OFFICE, lambda c: c.tags.delete(tag_id=tag.id))
    line.call(OFFICE, lambda c: c.users.block(openids=[follower]))
    assert line.call(OFFICE, lambda c: collect(c.users.blacklist())) == [follower]
    line.call(OFFICE, lambda c: c.users.unblock(openids=[follower]))
    assert line.call(OFFICE, lambda c: collect(c.users.blacklist())) == []


def test_codes(line, wechat):
    for scene in ("hall-3", 7):
        made = line.call(OFFICE, lambda c, s=scene: c.qrcodes.create_permanent(scene=s))
        assert made.expire_seconds == 0
        made = line.call(OFFICE, lambda c, s=scene: c.qrcodes.create_temporary(scene=s, seconds=60))
        assert (bool(made.ticket), made.expire_seconds) == (True, 60)

    async def address(client):
        return client.qrcodes.picture_url(ticket=made.ticket)

    assert line.call(OFFICE, address).startswith(wechat.url)


def test_materials(line, cover):
    picture = line.call(OFFICE, lambda c: c.materials.get(media_id=cover))
    assert picture == PNG
    voice = line.call(OFFICE, lambda c: c.materials.add(kind="voice", name="a.amr", content=amr(2)))
    video = line.call(
        OFFICE,
        lambda c: c.materials.add_video(
            name="a.mp4", content=MP4, title="宣传片", introduction="一分钟"
        ),
    )
    told = line.call(OFFICE, lambda c: c.materials.get_video(media_id=video.media_id))
    assert told.title == "宣传片"
    counts = line.call(OFFICE, lambda c: c.materials.counts())
    assert (counts.voice, counts.video) == (1, 1)
    page = line.call(OFFICE, lambda c: c.materials.page(kind="image"))
    assert cover in [item.media_id for item in page.items]
    line.call(OFFICE, lambda c: c.materials.delete(media_id=voice.media_id))
    with pytest.raises(OutOfStep):
        line.call(OFFICE, lambda c: c.materials.get(media_id=voice.media_id))
    url = line.call(OFFICE, lambda c: c.materials.add_body_picture(name="a.png", content=PNG))
    assert url.startswith("http")


def test_temporary_materials(line):
    made = line.call(
        OFFICE, lambda c: c.materials.add_temporary(kind="image", name="a.png", content=PNG)
    )
    got = line.call(OFFICE, lambda c: c.materials.get_temporary(media_id=made.number))
    assert got == PNG
    thumb = line.call(
        OFFICE, lambda c: c.materials.add_temporary(kind="thumb", name="a.jpg", content=JPEG)
    )
    assert thumb.number
    film = line.call(
        OFFICE, lambda c: c.materials.add_temporary(kind="video", name="a.mp4", content=MP4)
    )
    link = line.call(OFFICE, lambda c: c.materials.get_temporary_video(media_id=film.number))
    assert link.startswith("http")


def test_a_draft_becomes_an_article_with_comments(line, wechat, cover):
    article = Article(
        title="评选公告", content="<p>正文</p>", cover_media_id=cover, has_comments=True
    )
    media_id = line.call(OFFICE, lambda c: c.drafts.add(articles=[article, article]))
    second = article.model_copy(update={"title": "第二篇"})
    line.call(OFFICE, lambda c: c.drafts.update(media_id=media_id, position=2, article=second))
    kept = line.call(OFFICE, lambda c: c.drafts.get(media_id=media_id))
    assert [one.title for one in kept.articles] == ["评选公告", "第二篇"]
    assert line.call(OFFICE, lambda c: c.drafts.count()) == 1
    assert line.call(OFFICE, lambda c: c.drafts.page()).drafts[0].media_id == media_id
    assert line.call(OFFICE, lambda c: c.drafts.is_box_open())

    queued = line.call(OFFICE, lambda c: c.articles.submit(media_id=media_id))
    going = line.call(OFFICE, lambda c: c.articles.status(publish_id=queued.publish_id))
    assert going.status == PublishStatus.RUNNING
    wechat.order("publish/approve", publish_id=queued.publish_id)
    done = line.call(OFFICE, lambda c: c.articles.status(publish_id=queued.publish_id))
    assert done.status == PublishStatus.DONE
    assert [one.position for one in done.urls] == [1, 2]
    assert line.call(OFFICE, lambda c: c.drafts.count()) == 0
    saved = line.call(OFFICE, lambda c: c.articles.get(article_id=done.article_id))
    assert saved[1].title == "第二篇"
    assert line.call(OFFICE, lambda c: c.articles.page()).total == 1

    about = {"msg_data_id": queued.msg_data_id, "position": 1}
    line.call(OFFICE, lambda c: c.comments.open(**about))
    wechat.order("comments/sow", article_id=done.article_id, index=0, count=60)
    comments = line.call(OFFICE, lambda c: collect(c.comments.every(**about)))
    assert len(comments) == 60
    one = {**about, "comment_id": comments[0].id}
    line.call(OFFICE, lambda c: c.comments.elect(**one))
    line.call(OFFICE, lambda c: c.comments.reply(**one, content="谢谢您的意见"))
    with pytest.raises(ContentRefused):
        line.call(OFFICE, lambda c: c.comments.reply(**one, content="再说一遍"))
    answered = line.call(OFFICE, lambda c: c.comments.page(**about)).comments
    (told,) = [comment for comment in answered if comment.id == comments[0].id]
    assert (told.is_elected, told.reply.content) == (True, "谢谢您的意见")
    line.call(OFFICE, lambda c: c.comments.delete_reply(**one))
    line.call(OFFICE, lambda c: c.comments.unelect(**one))
    line.call(OFFICE, lambda c: c.comments.delete(**one))
    line.call(OFFICE, lambda c: c.comments.close(**about))

    line.call(OFFICE, lambda c: c.articles.delete(article_id=done.article_id, position=1))
    left = line.call(OFFICE, lambda c: c.articles.get(article_id=done.article_id))
    assert [one.is_deleted for one in left] == [True, False]
    line.call(OFFICE, lambda c: c.articles.delete_all(article_id=done.article_id))


def test_customer_service(line, wechat, follower):
    wechat.order("text", account=OFFICE.slug, citizen=CITIZEN, content="您好")
    for number in range(5):
        line.call(
            OFFICE,
            lambda c, n=number: c.service.send_text(openid=follower, content=f"第 {n} 条"),
        )
    with pytest.raises(WindowClosed):
        line.call(OFFICE, lambda c: c.service.send_text(openid=follower, content="第六条"))
    wechat.order("text", account=OFFICE.slug, citizen=CITIZEN, content="还在吗")
    line.call(OFFICE, lambda c: c.service.show_typing(openid=follower))
    line.call(
        OFFICE,
        lambda c: c.service.send_menu(
            openid=follower, head="满意吗？", choices={"1": "满意", "2": "不满意"}, is_ai=True
        ),
    )
    line.call(
        OFFICE,
        lambda c: c.service.send_card(
            openid=follower, title="投票", description="", url="https://minyi.example/"
        ),
    )
    assert isinstance(line.call(OFFICE, lambda c: c.service.desks()), list)
    assert isinstance(line.call(OFFICE, lambda c: c.service.online_desks()), list)
    stranger = openid_of(OFFICE.appid, 77)
    with pytest.raises((WindowClosed, Unreachable)):
        line.call(OFFICE, lambda c: c.service.send_text(openid=stranger, content="您好"))


def test_template_messages(line, follower):
    templates = line.call(OFFICE, lambda c: c.templates.list())
    if not templates:
        line.call(
            OFFICE, lambda c: c.templates.add(short_id="TM20101", keywords=["办理事项", "当前进度"])
        )
        templates = line.call(OFFICE, lambda c: c.templates.list())
    template = templates[0]
    names = [part.partition(".DATA")[0] for part in template.content.split("{{")[1:]]
    number = line.call(
        OFFICE,
        lambda c: c.templates.send(
            openid=follower,
            template_id=template.template_id,
            values=dict.fromkeys(names, "审核通过"),
            url="https://minyi.example/",
            client_msg_id="notice-1",
        ),
    )
    assert number > 0
    assert line.call(OFFICE, lambda c: c.templates.industries())
    with pytest.raises(OutOfStep):
        line.call(
            OFFICE,
            lambda c: c.templates.send(openid=follower, template_id="none", values={}),
        )


def test_notices_need_a_consent(line, follower):
    categories = line.call(OFFICE, lambda c: c.subscriptions.categories())
    ids = [category.id for category in categories]
    (title, *_) = line.call(OFFICE, lambda c: c.subscriptions.titles(category_ids=ids))
    words = line.call(OFFICE, lambda c: c.subscriptions.keywords(title_id=title.id))
    line.call(
        OFFICE,
        lambda c: c.subscriptions.add(
            title_id=title.id, keyword_ids=[word.id for word in words[:2]], scene="办件进度"
        ),
    )
    (template,) = line.call(OFFICE, lambda c: c.subscriptions.templates())
    names = [part.partition(".DATA")[0] for part in template.content.split("{{")[1:]]
    with pytest.raises(GrantSpent):
        line.call(
            OFFICE,
            lambda c: c.subscriptions.send(
                openid=follower,
                template_id=template.template_id,
                values=dict.fromkeys(names, "审核通过"),
            ),
        )


def test_mass_sending(line, wechat, cover):
    article = Article(title="群发公告", content="<p>正文</p>", cover_media_id=cover)
    media_id = line.call(OFFICE, lambda c: c.drafts.add(articles=[article]))
    job = line.call(
        OFFICE,
        lambda c: c.mass.send_to_all(content=mass.news(media_id), client_msg_id="job-1"),
    )
    assert job.msg_data_id
    wechat.order("clock", advance_s=61)  # sooner it is 45066: too fast
    again = line.call(
        OFFICE, lambda c: c.mass.send_to_all(content=mass.text("x"), client_msg_id="job-1")
    )
    assert (again.msg_id, again.is_repeated) == (job.msg_id, True)
    wechat.order("jobs/settle")
    assert line.call(OFFICE, lambda c: c.mass.status(msg_id=job.msg_id)).status == "SEND_SUCCESS"
    line.call(OFFICE, lambda c: c.mass.delete(msg_id=job.msg_id, position=1))
    line.call(OFFICE, lambda c: c.mass.set_speed(speed=2))
    assert line.call(OFFICE, lambda c: c.mass.speed()).speed == 2


def test_figures(line, wechat):
    now = wechat.order("clock", advance_s=86_400)["china"]
    yesterday = datetime.fromisoformat(now).date() - timedelta(days=1)
    for call in (
        lambda c: c.figures.users(begin=yesterday, end=yesterday),
        lambda c: c.figures.user_totals(begin=yesterday, end=yesterday),
        lambda c: c.figures.messages(begin=yesterday, end=yesterday),
        lambda c: c.figures.messages_by_hour(day=yesterday),
        lambda c: c.figures.messages_by_week(begin=yesterday, end=yesterday),
        lambda c: c.figures.messages_by_month(begin=yesterday, end=yesterday),
        lambda c: c.figures.message_spread(begin=yesterday, end=yesterday),
        lambda c: c.figures.message_spread_by_week(begin=yesterday, end=yesterday),
        lambda c: c.figures.message_spread_by_month(begin=yesterday, end=yesterday),
        lambda c: c.figures.interface(begin=yesterday, end=yesterday),
        lambda c: c.figures.interface_by_hour(day=yesterday),
    ):
        assert isinstance(line.call(OFFICE, call), list)
    for call in (
        lambda c: c.figures.reads(day=yesterday),
        lambda c: c.figures.shares(day=yesterday),
        lambda c: c.figures.summary(begin=yesterday, end=yesterday),
        lambda c: c.figures.lives(published_on=yesterday),
    ):
        assert line.call(OFFICE, call).is_late in (True, False)


def test_short_keys_quota_and_addresses(line, wechat):
    key = line.call(OFFICE, lambda c: c.links.shorten(text="https://minyi.example/很长"))
    assert line.call(OFFICE, lambda c: c.links.expand(key=key)).long_data.endswith("很长")
    used = line.call(OFFICE, lambda c: c.quota.of(path="/cgi-bin/shorten/gen"))
    assert used.used >= 1
    with pytest.raises(OutOfStep) as caught:
        line.call(OFFICE, lambda c: c.drafts.get(media_id="none"))
    record = line.call(OFFICE, lambda c: c.quota.record_of(rid=caught.value.rid))
    assert "draft/get" in record.request_url
    line.call(OFFICE, lambda c: c.quota.clear(path="/cgi-bin/shorten/gen"))
    assert line.call(OFFICE, lambda c: c.quota.api_addresses())
    assert line.call(OFFICE, lambda c: c.quota.callback_addresses())
    assert line.call(OFFICE, lambda c: c.quota.check_callback()) is not None


def test_a_mini_program(line, wechat):
    code = wechat.order("mini/enter", account=PROGRAM.slug, citizen=CITIZEN)["js_code"]
    session = line.call(PROGRAM, lambda c: c.mini.exchange_code(code=code))
    assert session.openid == openid_of(PROGRAM.appid, CITIZEN)
    with pytest.raises(CodeRefused):
        line.call(PROGRAM, lambda c: c.mini.exchange_code(code=code))
    given = wechat.order("mini/profile", account=PROGRAM.slug, citizen=CITIZEN)
    assert is_signed(given["rawData"], given["signature"], session.session_key)
    profile = decrypt(
        sealed=given["encryptedData"],
        iv=given["iv"],
        session_key=session.session_key,
        appid=PROGRAM.appid,
    )
    assert profile["openId"] == session.openid
    line.call(
        PROGRAM,
        lambda c: c.mini.check_session(openid=session.openid, session_key=session.session_key),
    )
    phone = wechat.order("mini/phone", account=PROGRAM.slug, citizen=CITIZEN)["code"]
    assert line.call(PROGRAM, lambda c: c.mini.phone_number(code=phone)).pure_number
    for ask in (
        lambda c: c.mini.code_picture(scene="a=1", checks_page=False),
        lambda c: c.mini.limited_code_picture(path="pages/a?b=1"),
        lambda c: c.mini.square_code_picture(path="pages/a?b=1"),
    ):
        assert line.call(PROGRAM, ask).startswith(b"\x89PNG")
    link = line.call(PROGRAM, lambda c: c.mini.url_link(path="/pages/a"))
    assert link.startswith("http")
    known = line.call(PROGRAM, lambda c: c.mini.url_link_state(url_link=link)).link
    assert (known.path, known.appid) == ("/pages/a", PROGRAM.appid)
    scheme = line.call(PROGRAM, lambda c: c.mini.scheme(path="/pages/b"))
    assert scheme.startswith("weixin:")
    known = line.call(PROGRAM, lambda c: c.mini.scheme_state(scheme=scheme)).link
    assert known.expires_at > known.made_at > 0
    wechat.order("mini/rank", account=PROGRAM.slug, citizen=CITIZEN, rank=3)
    risk = line.call(
        PROGRAM,
        lambda c: c.mini.risk_of(openid=session.openid, scene=1, client_ip="203.0.113.7"),
    )
    assert risk.rank == 3
    renewed = line.call(
        PROGRAM,
        lambda c: c.mini.reset_session(openid=session.openid, session_key=session.session_key),
    )
    assert renewed.session_key != session.session_key
    with pytest.raises(CodeRefused):
        line.call(
            PROGRAM,
            lambda c: c.mini.check_session(openid=session.openid, session_key=session.session_key),
        )


def test_content_is_looked_at(line, wechat):
    wechat.order("mini/enter", account=PROGRAM.slug, citizen=CITIZEN)
    openid = openid_of(PROGRAM.appid, CITIZEN)
    checked = line.call(
        PROGRAM,
        lambda c: c.safety.check_text(openid=openid, content="今天天气好", scene=Scene.COMMENT),
    )
    assert checked.result.suggest == "pass"
    trace = line.call(
        PROGRAM,
        lambda c: c.safety.check_media(
            openid=openid,
            url=f"{wechat.url}/portraits/5.svg",
            media_type=MediaType.IMAGE,
            scene=Scene.FORUM,
        ),
    )
    assert trace


def test_what_an_account_lacks_is_refused_here_and_would_be_there(line, settings):
    def make(client):
        return client.qrcodes.create_permanent(scene="hall")

    with pytest.raises(NotOffered):
        line.call(NEWS, make)
    settings.WECHAT_ABILITIES = {NEWS.slug: {"qrcode": True}}
    with pytest.raises(NotPermitted) as caught:
        line.call(NEWS, make)
    assert not isinstance(caught.value, NotOffered)
    assert caught.value.rid


@pytest.mark.parametrize(
    ("answer", "code"),
    [("awaited", 89503), ("refused_for_a_day", 89506), ("refused_for_an_hour", 89507)],
)
def test_while_the_administrator_is_asked_wechat_is_left_alone(wechat, answer: str, code: int):
    wechat.order("accounts/save", slug=NEWS.slug, ip_confirmation=answer)
    line = Line(base_url=wechat.url, mp_url=wechat.url, shelf=MemoryShelf())
    asked = wechat.calls("/cgi-bin/stable_token")
    try:
        for _ in range(3):
            with pytest.raises(CallsPaused) as caught:
                line.call(NEWS, lambda c: c.users.page())
            assert caught.value.code == code
        assert wechat.calls("/cgi-bin/stable_token") == asked + 1
    finally:
        line.hang_up()
        wechat.order("accounts/save", slug=NEWS.slug, ip_confirmation="given")
