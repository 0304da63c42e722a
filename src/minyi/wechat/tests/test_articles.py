# SPDX-License-Identifier: Apache-2.0
"""Articles and broadcasts against a living sandbox: written by one person, sent out by another."""

from datetime import timedelta

import pytest
from django.utils import timezone

from minyi.agencies.models import User
from minyi.agencies.policies import Role
from minyi.agencies.services.libraries import keep_library
from minyi.agencies.tests.given import given_agency, given_client, given_post, given_staff
from minyi.core import outbox
from minyi.core.models import AuditEntry
from minyi.wechat.errors import (
    ArticleIncomplete,
    ArticleNotFound,
    BroadcastQuotaSpent,
    NotReadyToPublish,
    ReasonMissing,
    StaleArticle,
    WriterPublishes,
)
from minyi.wechat.models import Article, Broadcast, FollowerTag, Upload
from minyi.wechat.services import articles, broadcasts, comments, publishing
from minyi.wechat.services.bodies import BodyPicture, pictures_in, wechat_html

from .given_articles import doing, given_article_office, given_picture, work

State = Article.State


@pytest.fixture
def office(transactional_db, settings, tmp_path):
    """An account with an editor, a reviewer and a picture."""
    settings.MEDIA_ROOT = tmp_path
    return given_article_office()


def test_an_article_goes_to_the_drafts_with_its_pictures_uploaded_once(office, sandbox):
    article = office.ready()
    assert (article.steps_done, article.steps) == (3, 3)
    assert sorted(Upload.objects.values_list("use", flat=True)) == ["body", "cover"]

    articles.edit_article(
        **doing(article, office.editor, version=1, text=office.text(title="周日也开放"))
    )
    articles.submit_article(**doing(article, office.editor, version=2))
    work()
    assert sandbox.calls("/cgi-bin/draft/add") == 2
    assert sandbox.calls("/cgi-bin/media/uploadimg") == 1
    assert sandbox.calls("/cgi-bin/material/add_material") == 1


def test_a_reviewer_publishes_and_the_address_is_kept(office, sandbox):
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    work()
    article.refresh_from_db()
    assert article.publish_id
    sandbox.order("clock", advance_s=600)
    work(after=timedelta(seconds=30))

    article.refresh_from_db()
    assert (article.state, article.published_by_id) == (State.PUBLISHED, int(office.reviewer.id))
    assert article.url.startswith("http")
    assert article.article_id
    assert AuditEntry.objects.filter(act="wechat.article.published").count() == 1
    assert sandbox.calls("/cgi-bin/freepublish/submit") == 1


def tell(topic, **payload):
    """What the callback puts into the outbox when WeChat's event arrives."""
    outbox.send(
        topic=topic,
        key=f"{topic}-event",
        payload={"account": "sandbox", **payload},
        now=timezone.now(),
    )


def test_the_event_settles_a_publication_before_anybody_asks(office, sandbox):
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    work()
    article.refresh_from_db()
    tell(
        "wechat.published",
        publish_id=article.publish_id,
        status=0,
        article_id="a1",
        articles={"1": "https://mp.weixin.qq.com/s/new"},
        failed=[],
    )
    work()
    article.refresh_from_db()
    assert (article.state, article.url) == (State.PUBLISHED, "https://mp.weixin.qq.com/s/new")
    assert sandbox.calls("/cgi-bin/freepublish/get") == 0


def test_a_refused_publication_goes_back_to_the_editor_with_the_reason(office, sandbox):
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    work()
    article.refresh_from_db()
    tell(
        "wechat.published",
        publish_id=article.publish_id,
        status=4,
        article_id="",
        articles={},
        failed=[1],
    )
    work()
    article.refresh_from_db()
    assert (article.state, article.reason) == (State.FAILED, "微信的内容审核没有通过。")
    articles.edit_article(**doing(article, office.editor, version=1, text=office.text()))


def test_the_event_brings_the_numbers_of_a_broadcast(office, sandbox):
    article = office.ready()
    broadcast = broadcasts.start_broadcast(
        **doing(article, office.reviewer, version=1, tag_id=None)
    )
    work()
    broadcast.refresh_from_db()
    tell(
        "wechat.mass_sent",
        msg_id=broadcast.msg_id,
        status="send success",
        counts={"TotalCount": 100, "FilterCount": 80, "SentCount": 75, "ErrorCount": 5},
        articles={"1": "https://mp.weixin.qq.com/s/mass"},
    )
    work()
    broadcast.refresh_from_db()
    article.refresh_from_db()
    assert (broadcast.state, broadcast.total, broadcast.sent) == ("sent", 100, 75)
    assert (article.state, article.url) == (State.PUBLISHED, "https://mp.weixin.qq.com/s/mass")


def test_nobody_publishes_what_they_wrote_or_changed(office, sandbox):
    both = given_staff(agency=office.account.agency, role=Role.EDITOR)
    given_post(office.account.agency, Role.REVIEWER, both)
    article = office.write()
    articles.edit_article(**doing(article, both.actor, version=1, text=office.text()))
    articles.submit_article(**doing(article, office.editor, version=2))
    work()
    with pytest.raises(WriterPublishes):
        articles.publish_article(**doing(article, both.actor, version=2))
    with pytest.raises(WriterPublishes):
        broadcasts.start_broadcast(**doing(article, both.actor, version=2, tag_id=None))
    assert sandbox.calls("/cgi-bin/freepublish/submit") == 0


def test_what_was_changed_after_the_review_is_not_published(office, sandbox):
    article = office.ready()
    articles.edit_article(
        **doing(article, office.editor, version=1, text=office.text(title="另一个标题"))
    )
    with pytest.raises(StaleArticle):
        articles.publish_article(**doing(article, office.reviewer, version=1))
    with pytest.raises(NotReadyToPublish):
        articles.publish_article(**doing(article, office.reviewer, version=2))


def test_a_publication_asked_for_twice_by_the_worker_is_asked_once_of_wechat(office, sandbox):
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    work()
    again = outbox.Delivery(
        topic=articles.PUBLISH_TOPIC,
        key="again",
        payload={"article": article.pk, "version": 1},
        attempt=2,
        asked_at=timezone.now(),
        now=timezone.now(),
    )
    outbox.consumers()[articles.PUBLISH_TOPIC](again)
    assert sandbox.calls("/cgi-bin/freepublish/submit") == 1


def test_two_workers_with_the_same_row_ask_wechat_to_publish_once(office, sandbox, monkeypatch):
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    stale = Article.objects.select_related("account").get(pk=article.pk)
    work()
    assert sandbox.calls("/cgi-bin/freepublish/submit") == 1
    # The other one read the row before this one wrote, and was stopped for longer than its lease.
    monkeypatch.setattr(publishing, "_find", lambda *_: stale)
    late = outbox.Delivery(
        topic=articles.PUBLISH_TOPIC,
        key="late",
        payload={"article": article.pk, "version": 1},
        attempt=2,
        asked_at=timezone.now(),
        now=timezone.now(),
    )
    with pytest.raises(outbox.Later):
        publishing.publish(late)
    assert sandbox.calls("/cgi-bin/freepublish/submit") == 1


def test_withdrawing_needs_a_reason_and_takes_it_off_wechat(office, sandbox):
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    work()
    sandbox.order("clock", advance_s=600)
    work(after=timedelta(seconds=30))
    with pytest.raises(ReasonMissing):
        articles.withdraw_article(**doing(article, office.reviewer, reason="  "))
    articles.withdraw_article(**doing(article, office.reviewer, reason="数据有误"))
    article.refresh_from_db()
    assert (article.state, article.reason) == (State.WITHDRAWN, "数据有误")
    assert sandbox.calls("/cgi-bin/freepublish/delete") == 1
    entry = AuditEntry.objects.get(act="wechat.article.withdrawn")
    assert entry.facts["reason"] == "数据有误"


def test_a_broadcast_goes_out_once_however_often_the_worker_runs_it(office, sandbox):
    article = office.ready()
    broadcast = broadcasts.start_broadcast(
        **doing(article, office.reviewer, version=1, tag_id=None)
    )
    work()
    broadcast.refresh_from_db()
    assert (broadcast.state, bool(broadcast.msg_id)) == (Broadcast.State.SENDING, True)
    first = broadcast.msg_id

    Broadcast.objects.update(state="waiting", msg_id="")  # the worker died before it wrote it down
    outbox.send(
        topic=broadcasts.TOPIC,
        key="again",
        payload={"broadcast": broadcast.pk, "version": 1},
        now=timezone.now(),
    )
    sandbox.order("clock", advance_s=90)
    work()
    broadcast.refresh_from_db()
    assert broadcast.msg_id == first


def test_the_quota_stops_a_fifth_broadcast_to_everybody_in_a_month(office, sandbox):
    article = office.ready()
    for _each in range(4):
        Broadcast.objects.create(
            account=office.account,
            article=article,
            key=f"earlier-{_each}",
            state="sent",
            asked_by_id=int(office.reviewer.id),
            asked_at=timezone.now(),
        )
    with pytest.raises(BroadcastQuotaSpent):
        broadcasts.start_broadcast(**doing(article, office.reviewer, version=1, tag_id=None))


def test_an_article_without_a_cover_is_not_submitted(office):
    article = office.write(cover_id=None)
    with pytest.raises(ArticleIncomplete):
        articles.submit_article(**doing(article, office.editor, version=1))


def test_people_of_other_agencies_find_nothing(office):
    article = office.write()
    stranger = given_staff(given_agency(), role=Role.REVIEWER).actor
    for act in (
        lambda: articles.publish_article(**doing(article, stranger, version=1)),
        lambda: articles.withdraw_article(**doing(article, stranger, reason="x")),
        lambda: comments.list_comments(article_id=article.pk, actor=stranger),
        lambda: broadcasts.start_broadcast(**doing(article, stranger, version=1, tag_id=None)),
    ):
        with pytest.raises(ArticleNotFound):
            act()


def test_no_picture_of_another_agency_goes_into_an_article(office):
    other = given_agency()
    keep_library(other)
    other.refresh_from_db()
    theirs = given_picture(other.library)
    article = office.write()
    body = f'<p>大厅</p><embed embedtype="image" id="{theirs.pk}" alt=""/>'
    for text in (office.text(body=body), office.text(cover_id=theirs.pk)):
        with pytest.raises(ArticleNotFound):
            articles.edit_article(**doing(article, office.editor, version=1, text=text))
    album = office.account.agency.library.add_child(name="大厅")
    ours = given_picture(album)
    articles.edit_article(
        **doing(article, office.editor, version=1, text=office.text(cover_id=ours.pk))
    )


def test_the_body_keeps_what_wechat_keeps_and_marks_what_ai_made():
    body = (
        '<h2>标题</h2><p onclick="x()">文字<script>alert(1)</script><b>粗</b></p>'
        '<embed embedtype="image" id="7" alt="图&quot;例"/>'
        '<p><a href="https://gov.example/a">网站</a><a href="https://mp.weixin.qq.com/s/1">旧文</a></p>'
    )
    html = wechat_html(body, pictures={7: BodyPicture("https://mmbiz/1", True)}, is_ai_made=True)
    assert html.startswith("<section")
    assert "本文含人工智能生成内容" in html
    assert "script" not in html
    assert "alert" not in html
    assert "onclick" not in html
    assert '<img src="https://mmbiz/1" alt="图&quot;例"' in html
    assert "图片由人工智能生成" in html
    assert "网站（https://gov.example/a）" in html
    assert '<a href="https://mp.weixin.qq.com/s/1">旧文</a>' in html
    assert pictures_in(body) == [7]


def test_a_link_that_is_no_address_leaves_its_words():
    body = '<p><a href="http://[x">办事指南</a></p>'
    shown = wechat_html(body, pictures={}, is_ai_made=False)
    assert "办事指南" in shown
    assert "<a" not in shown


def test_the_page_warns_of_sending_to_nobody_and_to_everybody_twice(office):
    article = office.write()
    Article.objects.filter(pk=article.pk).update(state=State.PUBLISHED)
    FollowerTag.objects.create(account=office.account, wechat_id=101, name="青年", count=0)
    reviewer = given_client(User.objects.get(pk=office.reviewer.id))
    page = reviewer.get(f"/staff/wechat/articles/article/{article.pk}/").content.decode()
    assert "青年（没有粉丝，无人会收到）" in page
    assert "已经群发给全部粉丝" not in page
    about = {"account": office.account, "article": article, "state": "sent"}
    about |= {"asked_by_id": int(office.reviewer.id), "asked_at": timezone.now()}
    Broadcast.objects.create(key="a", **about)
    Broadcast.objects.create(key="b", tag_id=101, **about)
    page = reviewer.get(f"/staff/wechat/articles/article/{article.pk}/").content.decode()
    assert "已经群发给全部粉丝" in page
    assert "标签 青年" in page
