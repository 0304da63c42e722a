# SPDX-License-Identifier: Apache-2.0
"""Figures by API beside those of files; comments; all against a living sandbox."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_agency, given_client, given_staff
from minyi.core.actors import SYSTEM
from minyi.core.clock import today
from minyi.core.models import AuditEntry, OutboxMessage
from minyi.wechat.client.comments import Shown
from minyi.wechat.errors import NoComments, ReasonMissing
from minyi.wechat.models import ArticleFigures, FigureSync, FollowerDay, ReadDay
from minyi.wechat.queries import figures as numbers
from minyi.wechat.services import articles, broadcasts, comments, figures
from minyi.wechat.services.imports import import_file

from .backoffice_files import ARTICLES, KEYWORDS, PERIOD, READS, USERS, as_csv
from .given import given_official_account
from .test_articles import doing, office, work  # noqa: F401 - a fixture of that module

State = FigureSync.State


def take_in(account, rows, name="users.CSV", title=""):
    import_file(
        account=account,
        filename=name,
        content=as_csv(rows, title=title),
        actor=SYSTEM,
        now=timezone.now(),
    )


@pytest.mark.django_db(transaction=True)
def test_a_day_fetched_twice_gives_the_same_rows(sandbox):
    account = given_official_account()
    day = today() - timedelta(days=1)
    sow_figures(sandbox, day)
    for _twice in range(2):
        done = figures.sync_day(account=account, day=day, now=timezone.now())
        assert done.state == State.DONE, done.reason
    by_source = FollowerDay.objects.filter(account=account, day=day, source__in=["1", "30"])
    assert [(row.source, row.new, row.cancelled, row.origin) for row in by_source] == [
        ("1", 5, 1, "api"),
        ("30", 8, 0, "api"),
    ]
    article = ArticleFigures.objects.get(key="2247480001_1")
    assert (article.title, article.read_users, article.finish_rate) == (
        "周六开放",
        44,
        Decimal("0.5"),
    )
    assert FigureSync.objects.count() == 1


def sow_figures(sandbox, day):
    """Two sources of followers and one article that is two days old."""
    ref = {"ref_date": str(day)}
    sandbox.order(
        "figures/sow",
        account="sandbox",
        table="getusersummary",
        rows=[
            {**ref, "user_source": 1, "new_user": 5, "cancel_user": 1},
            {**ref, "user_source": 30, "new_user": 8, "cancel_user": 0},
        ],
    )
    detail = {"read_user": 44, "share_user": 3, "read_finish_rate": 0.5}
    sandbox.order(
        "figures/sow",
        account="sandbox",
        table="getarticletotaldetail",
        rows=[
            {
                **ref,
                "msgid": "2247480001_1",
                "title": "周六开放",
                "content_url": "https://mp.weixin.qq.com/s/x",
                "detail_list": [{**detail, "stat_date": str(day)}],
            }
        ],
    )


@pytest.mark.django_db(transaction=True)
def test_what_is_not_counted_yet_is_asked_for_again(sandbox):
    account = given_official_account()
    day = today() - timedelta(days=1)
    sandbox.order("faults", path="/datacube/getusersummary", errcode=61503, times=1)
    figures.schedule_day(account=account, day=day, now=timezone.now() - timedelta(days=1))
    OutboxMessage.objects.update(due_at=timezone.now())
    work()
    assert FigureSync.objects.get(day=day).state == State.WAITING
    assert OutboxMessage.objects.get(key=f"sandbox:{day}").state == "waiting"

    work(after=timedelta(hours=1, minutes=1))
    assert FigureSync.objects.get(day=day).state == State.DONE
    assert OutboxMessage.objects.filter(key=f"sandbox:{day + timedelta(days=1)}").exists()


@pytest.mark.django_db
def test_where_both_tell_of_a_day_the_api_is_shown_and_both_are_kept():
    account = given_official_account()
    take_in(account, USERS)
    FollowerDay.objects.create(
        account=account,
        day=date(2026, 9, 2),
        source="",
        total=1010,
        new=5,
        cancelled=1,
        origin="api",
        as_of=timezone.now(),
    )
    chart = numbers.follower_totals(
        account_id=account.pk, first=date(2026, 9, 1), last=date(2026, 9, 3)
    )
    assert [row.values for row in chart.rows] == [[1009], [1010], [1007]]
    assert {(one.origin, one.filename, one.rows) for one in chart.sources} == {
        ("import", "users.CSV", 2),
        ("api", "", 1),
    }
    assert FollowerDay.objects.filter(day=date(2026, 9, 2)).count() == 2


@pytest.mark.django_db
def test_new_followers_by_source_are_not_counted_again_in_their_sum():
    account = given_official_account()
    for source, new in (("", 9), ("30", 7), ("1", 2)):
        FollowerDay.objects.create(
            account=account,
            day=date(2026, 9, 2),
            source=source,
            new=new,
            cancelled=0,
            origin="api",
            as_of=timezone.now(),
        )
    chart = numbers.new_followers(
        account_id=account.pk, first=date(2026, 9, 1), last=date(2026, 9, 3)
    )
    assert chart.columns == ["搜索", "扫描二维码", "取消关注"]
    assert chart.rows[0].values == [2, 7, 0]


@pytest.mark.django_db
def test_wechats_own_sum_row_stays_out_of_the_channels():
    account = given_official_account()
    take_in(account, READS)
    chart = numbers.reads_by_channel(
        account_id=account.pk, first=date(2026, 9, 1), last=date(2026, 9, 1)
    )
    assert chart.columns == ["公众号消息", "朋友圈"]
    assert chart.rows[0].values == [31, 6]
    assert ReadDay.objects.filter(channel="全部").exists()


@pytest.mark.django_db
def test_an_export_holds_no_formula():
    account = given_official_account()
    take_in(
        account,
        [KEYWORDS[0], ("1", "=1+1", "60"), ("2", "＋2", "8")],
        "k.CSV",
        title=f"全部关键词{PERIOD}",
    )
    client = given_client(given_staff(account.agency, Role.LEADER))
    answer = client.get(f"/staff/wechat/figures/{account.pk}/rows/keywords/export/")
    text = b"".join(answer.streaming_content).decode()
    assert "'=1+1" in text
    assert "'＋2" in text
    assert ",=1+1" not in text


@pytest.mark.django_db
def test_the_page_says_where_each_chart_comes_from_in_few_queries(django_assert_max_num_queries):
    account = given_official_account()
    take_in(account, USERS)
    take_in(account, READS, "reads.CSV")
    take_in(account, ARTICLES, "articles.CSV")
    client = given_client(given_staff(account.agency, Role.LEADER))
    client.get("/staff/")
    with django_assert_max_num_queries(30):
        page = client.get(f"/staff/wechat/figures/{account.pk}/").content.decode()
    for name in ("users.CSV", "reads.CSV", "articles.CSV"):
        assert f"后台导出文件 {name}" in page
    assert "办事大厅国庆期间照常开放" in page
    assert "导入后台报表" not in page  # a leader looks, an editor imports


@pytest.mark.django_db
def test_people_of_other_agencies_see_no_figure_and_no_file():
    account = given_official_account()
    take_in(account, USERS)
    client = given_client(given_staff(given_agency(), Role.EDITOR))
    table = account.pk and FollowerDay.objects.first().table_id
    for path in (
        f"{account.pk}/",
        f"{account.pk}/import/",
        f"{account.pk}/rows/users/",
        f"{account.pk}/rows/users/export/",
        f"imports/{table}/",
    ):
        assert client.get(f"/staff/wechat/figures/{path}").status_code == 404, path


@pytest.mark.django_db
def test_an_upload_imports_the_sound_file_and_explains_the_broken_one():
    from django.core.files.uploadedfile import SimpleUploadedFile

    account = given_official_account()
    client = given_client(given_staff(account.agency, Role.EDITOR))
    # The name says nothing: the content decides.
    files = [
        SimpleUploadedFile("report.xls", as_csv(USERS)),
        SimpleUploadedFile("broken.csv", as_csv(USERS).replace(b",12,", b",a,", 1)),
    ]
    answer = client.post(f"/staff/wechat/figures/{account.pk}/import/", {"files": files})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "broken.csv 第 2 行“新关注人数”列" in page
    assert FollowerDay.objects.count() == 3


def published(office, sandbox):  # noqa: F811
    article = office.ready()
    articles.publish_article(**doing(article, office.reviewer, version=1))
    work()
    sandbox.order("clock", advance_s=600)
    work(after=timedelta(seconds=30))
    article.refresh_from_db()
    return article


def test_comments_are_elected_answered_and_deleted_with_a_reason(office, sandbox):  # noqa: F811
    article = published(office, sandbox)
    sandbox.order("comments/sow", article_id=article.article_id, count=3)
    listed = comments.list_comments(article_id=article.pk, actor=office.editor)
    assert listed.total == 3
    about = {"comment_id": listed.rows[0].comment.id, "sending": listed.rows[0].sending}
    comments.elect_comment(**doing(article, office.editor, **about))
    comments.reply_to_comment(**doing(article, office.editor, words="谢谢您的建议。", **about))
    with pytest.raises(ReasonMissing):
        comments.delete_comment(**doing(article, office.editor, reason="", **about))

    page = given_client_of(office).get(f"/staff/wechat/comments/{article.pk}/").content.decode()
    assert "谢谢您的建议。" in page
    assert "已精选" in page

    comments.delete_comment(**doing(article, office.editor, reason="广告", **about))
    assert comments.list_comments(article_id=article.pk, actor=office.editor).total == 2
    acts = AuditEntry.objects.filter(act__startswith="wechat.comment.").order_by("id")
    assert [entry.act.rsplit(".", 1)[1] for entry in acts] == ["elected", "replied", "deleted"]


def test_comments_below_the_publication_and_below_its_broadcast_are_both_at_hand(office, sandbox):  # noqa: F811
    article = published(office, sandbox)
    sandbox.order("comments/sow", article_id=article.article_id, count=2)
    asked = doing(article, office.reviewer, version=1, tag_id=None)
    broadcast = broadcasts.start_broadcast(**asked)
    work()
    listed = comments.list_comments(article_id=article.pk, actor=office.editor)
    assert listed.total == 2, "WeChat does not know the broadcast yet"
    sandbox.order("clock", advance_s=600)
    work(after=timedelta(minutes=20))
    broadcast.refresh_from_db()
    assert broadcast.state == "sent"
    (mass,) = (row for row in sandbox.articles() if row["is_mass"])
    sandbox.order("comments/sow", article_id=mass["article_id"], count=1)

    listed = comments.list_comments(article_id=article.pk, actor=office.editor)
    sendings = [row.sending for row in listed.rows]
    assert sendings == [article.msg_data_id] * 2 + [broadcast.msg_data_id]
    page = given_client_of(office).get(f"/staff/wechat/comments/{article.pk}/").content.decode()
    for number in sendings:
        assert f'name="sending" value="{number}"' in page
    last = listed.rows[-1]
    below = f"/staff/wechat/comments/{article.pk}/{last.comment.id}"
    given_client_of(office).post(f"{below}/elect/", {"sending": last.sending})
    chosen = {"shown": Shown.ELECTED, "actor": office.editor}
    elected = comments.list_comments(article_id=article.pk, **chosen)
    assert [row.sending for row in elected.rows] == [broadcast.msg_data_id]
    gone = {"reason": "广告", "sending": article.msg_data_id}
    gone["comment_id"] = listed.rows[0].comment.id
    comments.delete_comment(**doing(article, office.editor, **gone))
    left = comments.list_comments(article_id=article.pk, actor=office.editor)
    assert [row.sending for row in left.rows] == [article.msg_data_id, broadcast.msg_data_id]
    with pytest.raises(NoComments):
        comments.elect_comment(
            **doing(article, office.editor, sending="999", comment_id=last.comment.id)
        )


def test_an_article_that_is_not_out_has_no_comments(office):  # noqa: F811
    article = office.write()
    with pytest.raises(NoComments):
        comments.list_comments(article_id=article.pk, actor=office.editor)


def given_client_of(office):  # noqa: F811
    from minyi.agencies.models import User

    return given_client(User.objects.get(pk=office.editor.id))
