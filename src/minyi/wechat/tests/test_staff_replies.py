# SPDX-License-Identifier: Apache-2.0
"""Keyword replies and the welcome, as the office writes them."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_agency, given_client, given_staff
from minyi.core.models import AuditEntry
from minyi.wechat.conversation.planning import Lane, plan_for_words
from minyi.wechat.models import KeywordReply
from minyi.wechat.queries.replies import find_conflicts
from minyi.wechat.tests.given import given_official_account, read_book

pytestmark = pytest.mark.django_db
URL = "/staff/wechat/replies"
Answer, Match = KeywordReply.Answer, KeywordReply.Match


@pytest.fixture
def account():
    return given_official_account()


@pytest.fixture
def editor(account) -> Client:
    return given_client(given_staff(account.agency, Role.EDITOR))


def given_reply(account, *words: str, **fields: object) -> KeywordReply:
    order = KeywordReply.objects.filter(account=account).count() + 1
    values = {"text": f"关于{words[0]}", "order": order, **fields}
    return KeywordReply.objects.create(account=account, words=list(words), **values)


def said_to(account, words: str) -> str:
    """What a citizen reads who sends these words; empty where a person takes over."""
    plan = plan_for_words(read_book(account), words)
    return plan.reply.said if plan.reply and plan.lane is Lane.ANSWERED else ""


def test_an_answer_is_added_with_its_words_each_once(editor, account):
    form = {
        "words": "社保\n 医保 \n社保\n\n",
        "match": "contains",
        "answer_kind": "text",
        "text": "在二楼",
    }
    assert editor.post(f"{URL}/{account.pk}/add/", {**form, "is_on": "on"}).status_code == 302
    reply = KeywordReply.objects.get()
    assert (reply.words, reply.text, reply.is_on, reply.order) == (
        ["社保", "医保"],
        "在二楼",
        True,
        1,
    )
    assert AuditEntry.objects.get().act == "wechat.reply.saved"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"words": " \n "}, "words"),
        ({"words": "长" * 31}, "words"),
        ({"words": "\n".join(f"词{n}" for n in range(21))}, "words"),
        ({"text": ""}, "text"),
        ({"text": "字" * 683}, "text"),  # 2049 bytes
        ({"answer_kind": "card", "title": "标题"}, "url"),
        ({"answer_kind": "card", "url": "https://a.example/"}, "title"),
        ({"answer_kind": "shout"}, "answer_kind"),
    ],
)
def test_what_cannot_be_sent_is_said_beside_the_field(editor, account, changed, field):
    form = {"words": "社保", "match": "contains", "answer_kind": "text", "text": "在二楼"}
    answer = editor.post(f"{URL}/{account.pk}/add/", {**form, **changed})
    assert answer.status_code == 422
    assert field in answer.context["form"].errors
    assert not KeywordReply.objects.exists()


def test_a_text_of_exactly_2048_bytes_passes(editor, account):
    text = "字" * 682 + "ab"
    form = {"words": "社保", "match": "exact", "answer_kind": "text", "text": text}
    assert editor.post(f"{URL}/{account.pk}/add/", form).status_code == 302


def test_an_exact_word_comes_first_and_then_the_order(account):
    given_reply(account, "社保", text="第一条")
    given_reply(account, "社保卡", text="第二条")
    given_reply(account, "社保卡", match=Match.EXACT, text="第三条")
    given_reply(account, "公积金", is_on=False, text="第四条")
    assert said_to(account, " 社保卡 ") == "第三条"
    assert said_to(account, "我的社保卡丢了") == "第一条"
    assert said_to(account, "公积金") == ""


def test_letters_large_and_small_are_the_same(account):
    given_reply(account, "WiFi", text="密码在柜台")
    assert said_to(account, "大厅有wifi吗") == "密码在柜台"


def test_a_word_that_never_gets_its_answer_is_shown(editor, account):
    above = given_reply(account, "社保")
    below = given_reply(account, "社保卡", "公积金")
    (conflict,) = find_conflicts([above, below])
    assert (conflict.pk, conflict.word, conflict.taken_by) == (below.pk, "社保卡", above.pk)
    assert "“社保卡”已由上面的“社保”回复" in editor.get(f"{URL}/{account.pk}/").content.decode()


def test_a_word_the_account_understands_by_itself_is_shown(editor, account):
    reply = given_reply(account, "人工", text="请打电话")
    assert [one.taken_by for one in find_conflicts([reply])] == [0]
    assert said_to(account, "人工") == ""
    assert "由公众号自动识别" in editor.get(f"{URL}/{account.pk}/").content.decode()


def test_an_exact_word_takes_only_itself(account):
    exact = given_reply(account, "社保", match=Match.EXACT)
    again = given_reply(account, "社保", match=Match.EXACT)
    part = given_reply(account, "社保")
    assert [one.pk for one in find_conflicts([exact, again, part])] == [again.pk]


def test_the_box_says_what_a_citizen_would_get(editor, account):
    given_reply(account, "社保", text="社保在二楼 5 号窗口")
    tried = editor.get(f"{URL}/{account.pk}/?try=社保怎么办").content.decode()
    assert "社保在二楼 5 号窗口" in tried
    assert "转给人工接待" in editor.get(f"{URL}/{account.pk}/?try=天气怎样").content.decode()


def test_what_a_citizen_might_send_is_not_run_in_the_page(editor, account):
    page = editor.get(f"{URL}/{account.pk}/", {"try": "<script>alert(1)</script>"}).content.decode()
    assert "<script>alert(1)" not in page


def test_answers_move_switch_and_go(editor, account):
    first, second = given_reply(account, "甲"), given_reply(account, "乙")
    editor.post(f"{URL}/edit/{second.pk}/change/", {"act": "up"})
    assert [row.pk for row in KeywordReply.objects.all()] == [second.pk, first.pk]
    editor.post(f"{URL}/edit/{second.pk}/change/", {"act": "up"})  # at the top already
    editor.post(f"{URL}/edit/{second.pk}/change/", {"act": "off"})
    second.refresh_from_db()
    assert not second.is_on
    editor.post(f"{URL}/edit/{first.pk}/change/", {"act": "delete"})
    assert [row.pk for row in KeywordReply.objects.all()] == [second.pk]
    acts = list(AuditEntry.objects.order_by("id").values_list("act", flat=True))
    assert acts == ["wechat.reply.moved", "wechat.reply.switched", "wechat.reply.deleted"]


def test_the_welcome_is_changed_and_the_old_words_stay_on_the_record(editor, account):
    before = account.welcome
    editor.post(f"{URL}/{account.pk}/welcome/", {"welcome": "您好"})
    account.refresh_from_db()
    assert account.welcome == "您好"
    assert AuditEntry.objects.get(act="wechat.welcome.changed").facts["before"] == before
    long = editor.post(f"{URL}/{account.pk}/welcome/", {"welcome": "字" * 683})
    assert long.status_code == 422


def test_a_neighbour_changes_nothing(account):
    reply = given_reply(account, "社保")
    neighbour = given_client(given_staff(given_agency(), Role.EDITOR))
    assert neighbour.post(f"{URL}/edit/{reply.pk}/change/", {"act": "delete"}).status_code == 404
    assert neighbour.get(f"{URL}/{account.pk}/").status_code == 404
    assert KeywordReply.objects.exists()


def test_the_list_asks_no_more_for_many_answers(editor, account, django_assert_max_num_queries):
    given_reply(account, "词")
    editor.get(f"{URL}/{account.pk}/")
    with CaptureQueriesContext(connection) as one:
        editor.get(f"{URL}/{account.pk}/")
    for number in range(30):
        given_reply(account, f"第{number}号")
    with django_assert_max_num_queries(len(one)):
        editor.get(f"{URL}/{account.pk}/")
