# SPDX-License-Identifier: Apache-2.0
"""What is written down of a conversation, once and in the right order."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from minyi.wechat.callback.messages import (
    CountedText,
    Message,
    Reply,
    read_message,
    text_reply,
)
from minyi.wechat.models import ChatMessage, Contact, Conversation, Grant
from minyi.wechat.outgoing.windows import messages_left
from minyi.wechat.services.inbox import Letter, Recorded, Says, record_letters
from minyi.wechat.tests.given import OPENID, event, given_official_account, text_message

pytestmark = pytest.mark.django_db
START = datetime(2026, 9, 2, 10, 0, tzinfo=UTC)
ROBOT, CALLED = text_reply("机器人的答复"), text_reply("已转人工")


@pytest.fixture
def account_ids() -> dict[str, int]:
    return {"sandbox": given_official_account().pk}


def arrived(xml: bytes) -> Message:
    return read_message(xml)


def said(words: str = "投票", *, after_s: float = 0, openid: str = OPENID) -> Message:
    at = int((START + timedelta(seconds=after_s)).timestamp())
    return arrived(text_message(words, CreateTime=at, FromUserName=openid))


def did(name: str, *, after_s: float = 0, **fields: object) -> Message:
    at = int((START + timedelta(seconds=after_s)).timestamp())
    return arrived(event(name, CreateTime=at, **fields))


def letter(message: Message, answer: Reply | None = ROBOT, **fields: object) -> Letter:
    return Letter("sandbox", message, answer, **fields)


def unfitting(message: Message) -> Letter:
    return letter(message, must_see=True, missed=True, when_called=CALLED)


def contact() -> Contact:
    return Contact.objects.get(openid=OPENID)


def test_a_message_and_its_answer_stand_in_the_conversation(account_ids):
    record_letters([letter(said("投票"))], account_ids=account_ids)
    conversation = contact().conversation
    told = list(conversation.messages.values_list("direction", "author_kind", "text", "state"))
    assert told == [
        ("in", "citizen", "投票", "received"),
        ("out", "robot", "机器人的答复", "sent"),
    ]
    assert (conversation.state, conversation.last_text, conversation.unread) == ("robot", "投票", 0)
    assert (contact().last_seen_at, conversation.last_at) == (START, START)


def test_the_same_message_again_changes_nothing(account_ids):
    twice = unfitting(said("你好"))
    first = record_letters([twice], account_ids=account_ids)
    Contact.objects.update(window_left=2)
    again = record_letters([twice, twice], account_ids=account_ids)
    assert again == [Recorded(False, Says.NOTHING)] * 2
    assert first == [Recorded(True, Says.ANSWER)]
    assert ChatMessage.objects.filter(direction="in").count() == 1
    assert (contact().window_left, contact().conversation.unread) == (2, 1)
    assert contact().conversation.unanswered == 1


def test_the_second_message_nothing_fits_calls_a_person(account_ids):
    (first,) = record_letters([unfitting(said())], account_ids=account_ids)
    (second,) = record_letters([unfitting(said(after_s=60))], account_ids=account_ids)
    (third,) = record_letters([unfitting(said(after_s=90))], account_ids=account_ids)
    told = [one.says for one in (first, second, third)]
    assert told == [Says.ANSWER, Says.CALLED, Says.NOTHING]
    conversation = contact().conversation
    assert (conversation.state, conversation.unread) == ("waiting", 3)
    assert conversation.waiting_since == START + timedelta(seconds=60)


def test_a_fitting_answer_in_between_starts_the_count_anew(account_ids):
    for place, one in enumerate((unfitting, letter, unfitting)):
        record_letters([one(said(after_s=place))], account_ids=account_ids)
    assert contact().conversation.state == "robot"
    batch = [letter(said(after_s=9)), unfitting(said(after_s=10)), letter(said(after_s=11))]
    record_letters([*batch, unfitting(said(after_s=12))], account_ids=account_ids)
    assert (contact().conversation.state, contact().conversation.unanswered) == ("robot", 1)


@pytest.mark.parametrize("batches", [[2], [1, 1]])
def test_however_the_messages_are_batched_two_in_a_row_call(account_ids, batches):
    messages = iter([unfitting(said()), unfitting(said(after_s=1))])
    for size in batches:
        record_letters([next(messages) for _ in range(size)], account_ids=account_ids)
    assert contact().conversation.state == "waiting"


def test_asking_for_a_person_calls_one_and_says_so_each_time(account_ids):
    for second in (0, 30):
        asked = letter(
            said("人工", after_s=second), None, must_see=True, calls=True, when_called=CALLED
        )
        (recorded,) = record_letters([asked], account_ids=account_ids)
        assert recorded.says == Says.CALLED
    assert contact().conversation.waiting_since == START


def test_who_calls_again_is_told_how_many_wait_before_them(account_ids):
    def call(second, openid=OPENID):
        calling = letter(
            said("人工", after_s=second, openid=openid),
            None,
            must_see=True,
            calls=True,
            when_called=CALLED,
            when_still_called=CountedText("第一位", "前面还有 %(count)d 位"),
        )
        (recorded,) = record_letters([calling], account_ids=account_ids)
        return calling.reply(recorded).said

    assert call(0, "oEarlier") == call(10) == CALLED.said
    assert call(20) == "前面还有 1 位"
    assert call(30, "oEarlier") == "第一位"


def test_a_fitting_answer_is_withheld_when_a_person_has_just_taken_over(account_ids):
    call = letter(said("人工"), None, must_see=True, calls=True, when_called=CALLED)
    record_letters([call], account_ids=account_ids)

    def keyword(second):
        fitting = letter(said(after_s=second), must_see=True, unless_taken=True)
        (recorded,) = record_letters([fitting], account_ids=account_ids)
        return fitting.reply(recorded)

    assert keyword(5) == ROBOT  # waiting, they may still use the robot
    Conversation.objects.update(state="person", unread=0)
    assert keyword(10) is None
    assert contact().conversation.unread == 1


def test_the_robot_is_silent_while_a_person_is_there(account_ids):
    record_letters([letter(said())], account_ids=account_ids)
    Conversation.objects.update(state="person")
    (recorded,) = record_letters([unfitting(said(after_s=5))], account_ids=account_ids)
    assert recorded.says == Says.NOTHING
    assert contact().conversation.messages.filter(direction="out").count() == 1
    assert contact().conversation.state == "person"


@pytest.mark.parametrize(
    ("happened", "kind", "left"),
    [
        ([said()], "message", 5),
        ([did("CLICK", EventKey="k")], "menu", 3),
        ([did("subscribe")], "follow", 3),
        ([did("SCAN", EventKey="k")], "scan", 3),
        ([did("VIEW", EventKey="k")], "", 0),
        ([said(), did("CLICK", EventKey="k", after_s=9)], "message", 5),
        ([did("CLICK", EventKey="k"), said(after_s=9)], "message", 5),
        ([did("subscribe"), did("CLICK", EventKey="k", after_s=30)], "follow", 3),
        ([did("subscribe"), did("CLICK", EventKey="k", after_s=61)], "menu", 3),
        ([said(), did("CLICK", EventKey="k", after_s=48 * 3600 + 1)], "menu", 3),
        ([did("subscribe"), did("unsubscribe", after_s=5)], "", 0),
    ],
)
def test_what_opens_which_window(account_ids, happened, kind, left):
    for message in happened:
        record_letters([letter(message)], account_ids=account_ids)
    assert (contact().window_kind, contact().window_left) == (kind, left)


def test_a_weaker_trigger_counts_when_it_leaves_more(account_ids):
    record_letters([letter(said())], account_ids=account_ids)
    Contact.objects.update(window_left=2)
    record_letters([letter(did("CLICK", EventKey="k", after_s=9))], account_ids=account_ids)
    found = contact()
    assert (found.window_kind, found.window_left) == ("menu", 3)
    for seconds, left in ((30, 3), (9 + 60, 0)):
        now = START + timedelta(seconds=seconds)
        assert left == messages_left(
            kind=found.window_kind, at=found.window_at, left=found.window_left, now=now
        )


def test_following_through_a_code_and_leaving(account_ids):
    record_letters([letter(did("subscribe", EventKey="qrscene_hall-3"))], account_ids=account_ids)
    assert (contact().is_following, contact().scene) == (True, "hall-3")
    assert contact().followed_at == START
    record_letters([letter(did("unsubscribe", after_s=60), None)], account_ids=account_ids)
    assert not contact().is_following


def test_a_message_shows_that_its_sender_follows_even_if_we_never_heard_so(account_ids):
    Contact.objects.create(
        account_id=account_ids["sandbox"], openid=OPENID, is_following=False, last_seen_at=START
    )
    record_letters(
        [letter(did("VIEW", EventKey="http://x", after_s=1), None)], account_ids=account_ids
    )
    assert not contact().is_following
    record_letters([letter(said(after_s=2))], account_ids=account_ids)
    assert contact().is_following


def test_a_message_older_than_the_leaving_brings_nobody_back(account_ids):
    record_letters([letter(did("subscribe"))], account_ids=account_ids)
    record_letters([letter(did("unsubscribe", after_s=60), None)], account_ids=account_ids)
    record_letters([letter(said(after_s=59))], account_ids=account_ids)
    assert not contact().is_following
    record_letters([letter(said(after_s=61))], account_ids=account_ids)
    assert contact().is_following


def test_whoever_leaves_has_no_consents_left(account_ids):
    for openid, template, is_lasting in (
        (OPENID, "T1", False),
        (OPENID, "T2", True),
        ("o2", "T1", False),
    ):
        Grant.objects.create(
            account_id=account_ids["sandbox"],
            openid=openid,
            template_id=template,
            is_lasting=is_lasting,
            left=1,
            changed_at=START,
        )
    record_letters([letter(did("unsubscribe", after_s=60), None)], account_ids=account_ids)
    assert list(Grant.objects.filter(left__gt=0).values_list("openid", flat=True)) == ["o2"]
    ended = Grant.objects.filter(openid=OPENID).values_list("changed_at", flat=True)
    assert set(ended) == {START + timedelta(seconds=60)}


def test_what_only_tells_that_somebody_was_there_makes_no_conversation(account_ids):
    record_letters([letter(did("VIEW", EventKey="http://x"), None)], account_ids=account_ids)
    assert contact().last_seen_at == START
    assert not Conversation.objects.exists()


def test_a_ballot_is_not_kept_beside_its_voter(account_ids):
    record_letters([letter(said("投 3 7"), text="（内容不留存）")], account_ids=account_ids)
    kept = ChatMessage.objects.get(direction="in")
    assert kept.text == contact().conversation.last_text == "（内容不留存）"


def test_a_crowd_is_written_in_a_handful_of_statements(account_ids, django_assert_max_num_queries):
    crowd = [letter(said(openid=f"oCrowd{number:022}")) for number in range(500)]
    its_turn = connection.vendor == "postgresql"  # one statement more, for the advisory lock
    with django_assert_max_num_queries(9 + its_turn):
        record_letters(crowd, account_ids=account_ids)
    assert ChatMessage.objects.count() == 1000


def test_the_clock_of_the_rows_is_the_database_s_own(account_ids):
    """Moments written by SQL and by the ORM compare and read alike."""
    record_letters([letter(said())], account_ids=account_ids)
    assert Contact.objects.filter(last_seen_at=START, window_at=START).exists()
    Contact.objects.update(last_seen_at=timezone.now())
    assert contact().last_seen_at > START
