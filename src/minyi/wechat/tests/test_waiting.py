# SPDX-License-Identifier: Apache-2.0
"""What found no way to somebody goes out when they are heard of again, and once only."""

import time
from collections.abc import Iterator

import pytest
from django.utils import timezone

from minyi.core.models import OutboxMessage
from minyi.core.outbox_worker import Worker
from minyi.wechat.models import Contact, Outgoing
from minyi.wechat.outgoing import messenger
from minyi.wechat.queries.threads import read_thread
from minyi.wechat.services import outgoing as service
from minyi.wechat.tests.given import OPENID, event, text_message
from minyi.wechat.tests.given_outgoing import Office, state_of
from minyi.wechat.tests.test_chat_votes import Chat, _chats

pytestmark = pytest.mark.django_db(transaction=True)


class Counter(Office):
    """An office whose citizens write to it as well."""

    def __init__(self, **account: object) -> None:
        super().__init__(now=timezone.now(), **account)
        self.worker = Worker(
            consumers={
                service.TOPIC: lambda told: messenger.deliver(told, carrier=self.wechat),
                service.WINDOW_TOPIC: messenger.use_window,
            },
            clock=timezone.now,
        )
        self.given_contact()

    def tell_in_vain(self, **fields: object) -> Outgoing:
        told = self.tell(url="", **fields)
        self.work()
        assert state_of(told)[::2] == ("none", "no_way")
        return told


@pytest.fixture(autouse=True)
def _quiet_streets(settings) -> Iterator[None]:
    settings.PUBLIC_URL, settings.QUIET_HOURS = "https://minyi.example", ""
    yield
    while _chats:
        chat = _chats.pop()
        chat.run(chat.box.stop())
        chat.close()


def test_a_word_of_theirs_lets_out_what_waited_for_them():
    office = Counter()
    told = office.tell_in_vain()
    answer = Chat().say("帮助")
    assert told.text not in answer
    office.work()
    assert state_of(told) == ("sent", "service", "")
    assert [parcel.text for parcel in office.wechat.parcels] == [told.text]


def test_an_event_that_opens_no_window_lets_nothing_out():
    office = Counter()
    told = office.tell_in_vain()
    Chat().send_in(event("VIEW", EventKey="https://minyi.example/"))
    office.work()
    assert state_of(told)[0] == "none"


def test_a_message_of_somebody_else_lets_nothing_out():
    office = Counter()
    told = office.tell_in_vain()
    Chat().send_in(text_message("帮助", FromUserName="oSomebodyElse0000000000000a"))
    office.work()
    assert state_of(told)[0] == "none"
    assert not OutboxMessage.objects.filter(topic=service.WINDOW_TOPIC).exists()


def test_staff_read_in_the_conversation_what_went_out_and_that_it_did():
    office = Counter()
    told = office.tell_in_vain()
    Chat().say("帮助")
    talk = Contact.objects.get(openid=OPENID).conversation
    (notice,) = (entry for entry in read_thread(talk).entries if entry.outgoing_id)
    assert (notice.outgoing_id, notice.state, str(notice.label)) == (
        told.pk,
        "failed",  # no way to this person yet; the worker tries again now that they have written
        "推荐的审核结果",
    )
    office.work()
    (notice,) = (entry for entry in read_thread(talk).entries if entry.outgoing_id)
    assert (notice.side, notice.state) == ("robot", "sent")


def mute_office() -> Counter:
    """An account without customer service: a passive reply is all it has."""
    return Counter(kind="SUB", is_verified=False)


@pytest.mark.parametrize("words", ["帮助", "进度"])
def test_without_customer_service_it_goes_before_the_answer_whatever_was_said(words):
    office = mute_office()
    told = office.tell_in_vain()
    chat = Chat()
    sent = text_message(words)
    answer = chat.send_in(sent)
    first, _blank, rest = answer.partition("\n\n")
    assert (first, bool(rest)) == (told.text, True)
    assert state_of(told) == ("sent", "reply", "")
    assert chat.send_in(sent) == answer, "WeChat's second attempt gets the same"
    assert Chat().say(words) == rest


def test_when_the_answer_is_lost_another_process_gives_the_same_notice_again():
    office = mute_office()
    first, second = office.tell_in_vain(key="1"), office.tell_in_vain(key="2")
    sent = text_message("帮助")
    answer = Chat().send_in(sent)
    assert Chat().send_in(sent) == answer
    assert answer.startswith(first.text)
    assert (state_of(first)[0], state_of(second)[0]) == ("sent", "none")
    assert first.steps.filter(state="sent").count() == 1


def test_what_comes_too_late_for_wechat_s_patience_takes_nothing_along(monkeypatch):
    told = mute_office().tell_in_vain()
    monkeypatch.setattr("minyi.wechat.callback.reception.TAKEN_WITHIN_S", 0.0)
    assert told.text not in Chat().say("帮助")
    assert state_of(told)[0] == "none"


def test_what_was_taken_too_late_is_put_back(monkeypatch):
    told = mute_office().tell_in_vain()
    monkeypatch.setattr("minyi.wechat.callback.reception.TAKEN_WITHIN_S", 0.5)
    taken = []

    def take_slowly(**asked: object) -> service.ReplyWords | None:
        taken.append(service.take_for_reply(**asked))
        time.sleep(0.6)
        return taken[0]

    monkeypatch.setattr("minyi.wechat.callback.reception.take_for_reply", take_slowly)
    assert told.text not in Chat().say("帮助")
    assert [one.text for one in taken] == [told.text]
    assert state_of(told)[0] == "none"


def test_where_there_is_nothing_to_answer_it_goes_alone():
    office = mute_office()
    told = office.tell_in_vain()
    assert Chat().say("人工").startswith(told.text)


def test_an_account_in_which_nobody_can_answer_names_the_telephone_of_its_office():
    agency = mute_office().account.agency
    agency.help_phone = "0990-54321"
    agency.save()
    assert Chat().say("人工").endswith("请拨打咨询电话：0990-54321。")


def test_it_also_goes_before_the_word_that_a_person_will_read_this():
    told = mute_office().tell_in_vain()
    assert Chat().say("无人能懂的话").startswith(f"{told.text}\n\n您的留言")


def test_two_that_wait_go_one_with_each_answer():
    office = mute_office()
    first, second = office.tell_in_vain(key="1"), office.tell_in_vain(key="2")
    assert Chat().say("帮助").startswith(first.text)
    assert state_of(second)[0] == "none"
    assert Chat().say("帮助").startswith(second.text)
    assert state_of(second)[0] == "sent"


def test_an_answer_that_leaves_no_room_goes_without_it():
    office = mute_office()
    office.account.welcome = "欢迎" * 250
    office.account.save()
    told = office.tell_in_vain()
    assert Chat().send_in(event("subscribe")).startswith("欢迎")
    assert state_of(told)[0] == "none"


def test_whoever_leaves_is_told_nothing():
    office = mute_office()
    told = office.tell_in_vain()
    assert Chat().send_in(event("unsubscribe")) == ""
    assert state_of(told)[0] == "none"
    assert not Contact.objects.get(openid=OPENID).is_following
