# SPDX-License-Identifier: Apache-2.0
"""Taking, answering, handing on and ending conversations; one holder, one sending."""

import json
import uuid
from datetime import timedelta

import pytest

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_agency, given_staff
from minyi.core.errors import DomainError, NotAllowed
from minyi.core.models import AuditEntry
from minyi.wechat.callback.changes import latest_change
from minyi.wechat.callback.messages import read_message, text_reply
from minyi.wechat.models import ChatMessage, Contact, Conversation, Handling, Outgoing
from minyi.wechat.queries.desk import DeskFilter, count_conversations, list_conversations
from minyi.wechat.queries.threads import find_reply_way, read_thread
from minyi.wechat.services import desk
from minyi.wechat.services.inbox import Letter, record_letters
from minyi.wechat.tests.given import OPENID
from minyi.wechat.tests.given import text_message as text_of
from minyi.wechat.tests.given_desk import (
    NOON,
    given_clerk,
    given_conversation,
    given_rule,
    given_said,
)
from minyi.wechat.tests.given_outgoing import Office, no

pytestmark = pytest.mark.django_db
ANSWER = "您的申请正在复核，预计周三办结。"


@pytest.fixture
def office():
    given_rule()
    return Office(now=NOON)


@pytest.fixture
def wu(office):
    return given_clerk(office, "吴勤")


@pytest.fixture
def fang(office):
    return given_clerk(office, "方知")


def take(talk, clerk, office):
    desk.take_over(conversation_id=talk.pk, actor=clerk.actor, now=office.clock.now)


def newest(talk):
    return ChatMessage.objects.filter(conversation=talk).latest("pk").pk


def answer(talk, clerk, office, words=ANSWER, **fields):
    values = {"nonce": uuid.uuid4().hex, "seen": newest(talk), **fields}
    return desk.answer(
        conversation_id=talk.pk, words=words, actor=clerk.actor, now=office.clock.now, **values
    )


def now_of(talk):
    talk.refresh_from_db()
    return talk


def shown(office, clerk, state, words=""):
    rows, _page = list_conversations(
        accounts=[office.account],
        user_id=clerk.pk,
        chosen=DeskFilter(state=state, words=words),
        page=1,
        now=office.clock.now,
    )
    return rows


def test_whoever_takes_over_holds_it_and_nobody_else_takes_it(office, wu, fang):
    talk = given_conversation(office)
    take(talk, wu, office)
    take(talk, wu, office)  # twice is harmless
    with pytest.raises(DomainError) as refused:
        take(talk, fang, office)
    assert refused.value.code == "conversation_held"
    assert "吴勤" in refused.value.detail
    assert (now_of(talk).state, talk.assignee_id) == ("person", wu.pk)
    assert Handling.objects.count() == 1


def test_an_answer_is_shown_as_sending_at_once_and_then_as_sent(office, wu):
    talk = given_conversation(office)
    take(talk, wu, office)
    message = answer(talk, wu, office)
    assert message.state == "sending"
    office.work()
    message.refresh_from_db()
    assert message.state == "sent"
    assert [(p.channel, p.text) for p in office.wechat.parcels] == [("service", ANSWER)]
    assert now_of(talk).last_text == ANSWER


def test_a_double_click_sends_once(office, wu):
    talk = given_conversation(office)
    take(talk, wu, office)
    nonce, seen = uuid.uuid4().hex, newest(talk)
    first = answer(talk, wu, office, nonce=nonce, seen=seen)
    assert answer(talk, wu, office, nonce=nonce, seen=seen).pk == first.pk
    office.work()
    assert len(office.wechat.parcels) == 1


def test_what_wechat_refuses_is_told_with_what_to_do():
    office = Office(no(45015), now=NOON)
    wu = given_clerk(office)
    talk = given_conversation(office)
    take(talk, wu, office)
    answer(talk, wu, office)
    office.work()
    entry = read_thread(now_of(talk)).entries[-1]
    assert (entry.side, entry.state) == ("staff", "failed")
    assert str(entry.reason.sentence)
    assert entry.outgoing_id == Outgoing.objects.get().pk


def test_who_does_not_hold_it_does_not_answer(office, wu, fang):
    talk = given_conversation(office)
    take(talk, wu, office)
    with pytest.raises(DomainError) as refused:
        answer(talk, fang, office)
    assert refused.value.code == "conversation_not_held"
    assert not Outgoing.objects.exists()


def test_an_answer_to_an_older_state_of_the_talk_is_refused(office, wu):
    talk = given_conversation(office)
    take(talk, wu, office)
    seen = newest(talk)
    given_said(talk, "等等，我找到回执了", at=office.clock.now)
    with pytest.raises(DomainError) as refused:
        answer(talk, wu, office, seen=seen)
    assert refused.value.code == "answer_stale"
    assert answer(talk, wu, office).pk


@pytest.mark.parametrize("words", ["", "  \n ", "民" * 683])
def test_an_empty_or_too_long_answer_is_refused(office, wu, words):
    talk = given_conversation(office)
    take(talk, wu, office)
    with pytest.raises(DomainError) as refused:
        answer(talk, wu, office, words=words)
    assert refused.value.code == "answer_unfit"


def test_once_the_window_is_closed_nothing_is_promised(office, wu):
    talk = given_conversation(office)
    take(talk, wu, office)
    office.clock.now += timedelta(hours=48, minutes=1)
    with pytest.raises(DomainError) as refused:
        answer(talk, wu, office)
    assert refused.value.code == "no_way_to_answer"
    assert "48" in refused.value.detail


def test_what_waits_for_the_worker_counts_as_sent_in_the_window(office, wu):
    talk = given_conversation(office, window=2)
    take(talk, wu, office)
    answer(talk, wu, office)
    way = find_reply_way(talk.contact, slug=office.account.slug, now=office.clock.now)
    assert (way.channel, way.left) == ("service", 1)
    answer(talk, wu, office, words="还有一句。")
    with pytest.raises(DomainError):
        answer(talk, wu, office, words="再说一句。")


def test_a_template_of_the_office_is_the_way_when_the_window_is_closed(office, wu):
    office.given_template(purpose="wechat.desk_reply", fields={"thing1": "answer"})
    talk = given_conversation(office, window=0)
    take(talk, wu, office)
    answer(talk, wu, office)
    office.work()
    assert office.wechat.ways == ["template"]


def test_a_conversation_is_handed_to_a_colleague_who_may_answer(office, wu, fang):
    talk = given_conversation(office)
    stranger = given_staff(given_agency(), Role.CASE_WORKER)
    editor = given_staff(office.account.agency, Role.EDITOR)
    take(talk, wu, office)
    doing = {"conversation_id": talk.pk, "actor": wu.actor, "now": office.clock.now}
    for person in (stranger, editor):
        with pytest.raises(DomainError) as refused:
            desk.hand_over(colleague_id=person.pk, **doing)
        assert refused.value.code == "not_a_colleague"
    desk.hand_over(colleague_id=fang.pk, **doing)
    assert now_of(talk).assignee_id == fang.pk
    answer(talk, fang, office)
    with pytest.raises(DomainError):
        answer(talk, wu, office)


def test_taking_it_from_a_colleague_needs_a_reason_and_the_colleague_one_saw(office, wu, fang):
    talk = given_conversation(office)
    take(talk, wu, office)
    doing = {"conversation_id": talk.pk, "actor": fang.actor, "now": office.clock.now}
    with pytest.raises(DomainError) as refused:
        desk.take_from_colleague(holder_id=fang.pk, reason="同事休假", **doing)
    assert refused.value.code == "holder_changed"
    with pytest.raises(DomainError) as refused:
        desk.take_from_colleague(holder_id=wu.pk, reason=" ", **doing)
    assert refused.value.code == "reason_missing"
    desk.take_from_colleague(holder_id=wu.pk, reason="同事休假", **doing)
    assert now_of(talk).assignee_id == fang.pk
    assert "同事休假" in [entry.text for entry in read_thread(talk).entries]


def test_put_back_it_waits_again(office, wu, fang):
    talk = given_conversation(office)
    take(talk, wu, office)
    desk.put_back(conversation_id=talk.pk, actor=wu.actor, now=office.clock.now)
    assert (now_of(talk).state, talk.waiting_since) == ("waiting", office.clock.now)
    take(talk, fang, office)
    assert Handling.objects.filter(ended_at=None).get().staff_id == fang.pk


def test_given_back_the_robot_has_it_and_closed_it_is_over_until_the_next_word(office, wu):
    talk = given_conversation(office)
    doing = {"conversation_id": talk.pk, "actor": wu.actor}
    take(talk, wu, office)
    desk.give_to_robot(now=office.clock.now, **doing)
    assert [row.pk for row in shown(office, wu, "robot")] == [talk.pk]
    take(talk, wu, office)
    desk.close(now=office.clock.now, **doing)
    assert [row.state for row in shown(office, wu, "closed")] == ["closed"]
    assert shown(office, wu, "robot") == []
    later = office.clock.now + timedelta(minutes=1)
    Conversation.objects.update(last_at=later)
    assert shown(office, wu, "closed") == []
    assert [row.pk for row in shown(office, wu, "robot")] == [talk.pk]


def test_the_inbox_sorts_by_who_answers_and_who_waits_longest_comes_first(office, wu, fang):
    quick = given_conversation(office, waits=timedelta(minutes=5), openid="oQuick")
    slow = given_conversation(office, waits=timedelta(hours=3), openid="oSlow")
    mine = given_conversation(office, openid="oMine")
    other = given_conversation(office, openid="oOther")
    given_conversation(office, waits=None, openid="oRobot", said="评选规则")
    take(mine, wu, office)
    take(other, fang, office)
    waiting = shown(office, wu, "waiting")
    assert [row.pk for row in waiting] == [slow.pk, quick.pk]
    assert [row.is_overdue for row in waiting] == [True, False]
    assert [row.pk for row in shown(office, wu, "mine")] == [mine.pk]
    assert [(row.pk, row.holder) for row in shown(office, wu, "colleague")] == [(other.pk, "方知")]
    assert [row.last_text for row in shown(office, wu, "all", words="评选")] == ["评选规则"]
    counts = count_conversations(accounts=[office.account], user_id=wu.pk)
    assert (counts.waiting, counts.mine, counts.colleague) == (2, 1, 1)


def test_who_called_at_night_has_been_promised_the_morning_and_is_due_from_then(office, wu):
    office.clock.now = NOON.replace(hour=22)
    given_conversation(office, waits=timedelta(0))
    row = shown(office, wu, "waiting")[0]
    monday = NOON.replace(day=23, hour=9)
    assert (row.promised_at, row.due_at) == (monday, monday.replace(hour=11))
    assert not row.is_overdue


def test_the_first_answer_ends_the_clock_and_stays_on_the_record(office, wu):
    talk = given_conversation(office, waits=timedelta(minutes=30))
    take(talk, wu, office)
    assert shown(office, wu, "mine")[0].due_at == NOON + timedelta(hours=1, minutes=30)
    answer(talk, wu, office)
    assert shown(office, wu, "mine")[0].due_at is None
    handling = Handling.objects.get()
    assert handling.asked_at == NOON - timedelta(minutes=30)
    assert handling.answered_at == NOON


def test_the_robot_is_silent_for_whom_a_person_holds_and_speaks_again_afterwards(office, wu):
    talk = given_conversation(office)
    take(talk, wu, office)
    assert reply_of_the_robot(office) is None
    desk.give_to_robot(conversation_id=talk.pk, actor=wu.actor, now=office.clock.now)
    assert reply_of_the_robot(office) == "好"


def test_who_is_given_back_to_the_robot_is_told_so_once_while_they_can_be_written_to(office, wu):
    talk = given_conversation(office)
    take(talk, wu, office)
    desk.give_to_robot(conversation_id=talk.pk, actor=wu.actor, now=office.clock.now)
    told = talk.messages.get(author_kind="robot", direction="out")
    assert "接下来由自动回复为您服务" in told.text
    assert Outgoing.objects.get().text == told.text
    take(talk, wu, office)
    office.clock.now += timedelta(hours=49)
    desk.give_to_robot(conversation_id=talk.pk, actor=wu.actor, now=office.clock.now)
    assert Outgoing.objects.count() == 1  # nothing is promised once WeChat's window is closed


def test_taking_over_silences_the_callbacks_of_this_process_at_once(
    office, wu, django_capture_on_commit_callbacks
):
    talk = given_conversation(office)
    before = latest_change()
    with django_capture_on_commit_callbacks(execute=True):
        take(talk, wu, office)
    assert latest_change() > before


def reply_of_the_robot(office):
    xml = text_of("你们几点下班")
    letter = Letter(
        office.account.slug,
        read_message(xml),
        text_reply("好"),
        must_see=True,
        when_called=text_reply("请稍候"),
    )
    (recorded,) = record_letters([letter], account_ids={office.account.slug: office.account.pk})
    reply = letter.reply(recorded)
    return reply.said if reply else None


def test_every_act_is_on_the_trail_without_the_citizens_words_or_ours(office, wu, fang):
    talk = given_conversation(office, said="我的身份证丢了怎么办")
    Contact.objects.update(remark="王女士")
    take(talk, wu, office)
    answer(talk, wu, office)
    doing = {"conversation_id": talk.pk, "now": office.clock.now}
    desk.write_note(text="已电话核实", actor=wu.actor, **doing)
    desk.hand_over(colleague_id=fang.pk, actor=wu.actor, **doing)
    desk.close(actor=fang.actor, **doing)
    entries = list(AuditEntry.objects.order_by("id"))
    assert [entry.act.removeprefix("wechat.desk.") for entry in entries] == [
        *("taken", "answered", "noted", "handed", "closed"),
    ]
    told = json.dumps([[e.target_name, e.facts] for e in entries], ensure_ascii=False)
    for words in ("身份证", "王女士", "复核", "电话核实", OPENID):
        assert words not in told
    assert {entry.agency_id for entry in entries} == {office.account.agency_id}


def test_people_of_another_agency_and_other_posts_do_nothing(office):
    talk = given_conversation(office)
    stranger = given_staff(given_agency(), Role.CASE_WORKER)
    with pytest.raises(DomainError) as refused:
        take(talk, stranger, office)
    assert refused.value.code == "conversation_not_found"
    with pytest.raises(NotAllowed):
        take(talk, given_staff(office.account.agency, Role.EDITOR), office)


def test_a_conversation_whose_holder_has_gone_waits_for_anybody(office, wu, fang):
    talk = given_conversation(office)
    take(talk, wu, office)
    Conversation.objects.update(assignee=None)
    assert [row.pk for row in shown(office, fang, "waiting")] == [talk.pk]
    take(talk, fang, office)
    assert now_of(talk).assignee_id == fang.pk
