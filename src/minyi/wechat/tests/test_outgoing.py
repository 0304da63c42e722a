# SPDX-License-Identifier: Apache-2.0
from datetime import timedelta
from threading import Barrier, Thread
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_staff
from minyi.citizens import notices
from minyi.citizens.notices import Notice, Purpose
from minyi.citizens.services.recognition import recognise_citizen
from minyi.core import outbox
from minyi.core.errors import NotAllowed
from minyi.core.models import AuditEntry
from minyi.core.outbox import MOST_ATTEMPTS
from minyi.core.outbox_worker import Worker
from minyi.wechat.client.api_errors import NotOffered, Unanswered
from minyi.wechat.client.fields import check_fields
from minyi.wechat.errors import NobodyToTell, NotToDecide, OutgoingNotFound, TooLong
from minyi.wechat.models import Contact, Grant, Outgoing
from minyi.wechat.outgoing import messenger
from minyi.wechat.outgoing.carrier import chat_text, fill_fields
from minyi.wechat.outgoing.quiet import read_quiet_hours
from minyi.wechat.outgoing.reasons import reason_for
from minyi.wechat.services import outgoing as service
from minyi.wechat.services.grants import note_grants
from minyi.wechat.services.sending import Surroundings, send_one
from minyi.wechat.tests.given import OPENID
from minyi.wechat.tests.given_outgoing import NOON, Office, no, state_of

pytestmark = pytest.mark.django_db

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
SEND_PATH = "/cgi-bin/message/custom/send"
TEMPLATE_PATH = "/cgi-bin/message/template/send"
NIGHT = NOON.replace(hour=23, minute=30)
ANSWER = Purpose(key="tests.receipt", title="回执", facts={}, is_answer=True)


@pytest.fixture
def _answers(monkeypatch):
    """A purpose that answers what the citizen has just asked for."""
    monkeypatch.setitem(notices._purposes, ANSWER.key, ANSWER)


def contact_now():
    return Contact.objects.get(openid=OPENID)


# --- Which way ----------------------------------------------------------------------------------


def test_whoever_wrote_to_us_is_told_by_customer_service():
    office = Office()
    office.given_contact(window=5)
    office.given_template("template")
    told = office.tell(is_ai=True)
    office.work()
    assert state_of(told) == ("sent", "service", "")
    parcel = office.wechat.parcels[0]
    assert (parcel.openid, parcel.is_ai) == (OPENID, True)
    assert parcel.text == "您推荐的“社区服务窗口”已通过审核。"
    assert contact_now().window_left == 4


def test_without_an_open_window_a_consent_is_used():
    office = Office()
    office.given_contact()
    office.given_template("subscription")
    office.given_template("template")
    office.given_grant(left=1)
    first, second = office.tell("1"), office.tell("2")
    office.work()
    assert state_of(first) == ("sent", "subscription", "")
    assert state_of(second) == ("sent", "template", "")
    assert Grant.objects.get().left == 0


def test_a_lasting_consent_is_not_used_up():
    office = Office()
    office.given_contact()
    office.given_template("subscription")
    office.given_grant(is_lasting=True)
    for key in "12":
        office.tell(key)
    office.work()
    assert office.wechat.ways == ["subscription", "subscription"]


def test_the_template_gets_its_fields_short_enough_and_never_empty():
    fields = {"thing1": "name", "phrase2": "outcome", "thing3": "reason"}
    facts = {"name": "很长的名称" * 5, "outcome": "已通过", "reason": ""}
    assert fill_fields(fields, facts) == {
        "thing1": "很长的名称很长的名称很长的名称很长的名…",
        "phrase2": "已通过",
        "thing3": "—",
    }


@pytest.mark.parametrize(
    ("field", "value", "fitted"),
    [
        ("number1", "1" * 33, "1" * 33),
        ("phone_number2", "0571-87654321 转 80001", "0571-87654321 转 80001"),
        ("character_string3", "A" * 40, "A" * 40),
        ("number1", "", ""),
        ("time4", "", ""),
        ("date5", "", ""),
        ("name6", "Alexandra Konstantinova", "Alexandra Konstantin"),
        ("name6", "阿卜杜热合曼·买买提依明", "阿卜杜热合曼·买买提"),
        ("name6", "", "无"),
        ("phrase7", "审核没有通过", "审核没有通"),
        ("phrase7", "", "无"),
        ("keyword1", "", "—"),
    ],
)
def test_words_are_shortened_and_what_is_not_words_is_left_as_it_is(field, value, fitted):
    assert fill_fields({field: "fact"}, {"fact": value}) == {field: fitted}


@pytest.mark.parametrize("value", ["", "1" * 33])
def test_a_number_that_does_not_fit_is_refused_before_wechat_is_asked(value):
    with pytest.raises(TooLong):
        check_fields({"number1": value})


def test_a_long_text_leaves_room_for_its_link():
    office = Office()
    office.given_contact(window=5)
    office.tell(words=Notice("好" * 1000))
    office.work()
    text = chat_text(office.wechat.parcels[0])
    assert len(text.encode()) <= 2048
    assert text.endswith(
        '…\n<a href="https://minyi.example/c/windows-2026/nominate/mine/">查看详情</a>'
    )


def test_with_no_way_open_staff_reads_why_for_each():
    office = Office(is_verified=False)
    office.given_contact(is_following=False)
    office.given_template("subscription")
    told = office.tell()
    office.work()
    assert state_of(told) == ("none", "", "no_way")
    assert office.wechat.parcels == []
    assert told.steps.last().detail == (
        "service:not_offered,subscription:no_grant,template:not_offered"
    )


def test_a_window_that_closed_meanwhile_is_not_tried():
    office = Office()
    office.given_contact(window=5)
    told = office.tell()
    office.wait(48 * HOUR)
    assert state_of(told) == ("none", "", "no_way")


def test_the_last_message_of_a_window_is_used_once():
    office = Office()
    office.given_contact(window=1)
    first, second = office.tell("1"), office.tell("2")
    office.work()
    assert state_of(first)[0] == "sent"
    assert state_of(second) == ("none", "", "no_way")


# --- WeChat says no -----------------------------------------------------------------------------


@pytest.mark.parametrize("code", [45015, 45047])
def test_a_window_wechat_calls_closed_leads_to_the_next_way(code):
    office = Office(no(code), None)
    office.given_contact(window=3)
    office.given_template("template")
    told = office.tell()
    office.work()
    assert state_of(told) == ("sent", "template", "")
    assert contact_now().window_left == 0
    states = [(step.state, step.channel) for step in told.steps.all()]
    assert states == [
        ("waiting", ""),
        ("sending", "service"),
        ("waiting", "service"),
        ("sending", "template"),
        ("sent", "template"),
    ]


def test_a_consent_wechat_does_not_know_is_cleared_and_the_next_way_taken():
    office = Office(no(43101), None)
    office.given_contact()
    office.given_template("subscription")
    office.given_template("template")
    office.given_grant(left=3)
    told = office.tell()
    office.work()
    assert state_of(told)[:2] == ("sent", "template")
    assert Grant.objects.get().left == 0


@pytest.mark.parametrize(
    "error", [no(48001), NotOffered("/cgi-bin/message/custom/send", reason="订阅号没有")]
)
def test_what_the_account_may_not_do_leads_to_the_next_way_and_costs_nothing(error):
    office = Office(error, None)
    office.given_contact(window=3)
    office.given_template("template")
    told = office.tell()
    office.work()
    assert state_of(told)[:2] == ("sent", "template")
    assert contact_now().window_left == 3


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (no(47003), "content_refused"),
        (no(40097), "our_fault"),
        (TooLong(field="text", least=1, most=2, found=3), "content_refused"),
    ],
)
def test_content_that_no_way_takes_has_failed(error, reason):
    office = Office(error)
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    assert state_of(told) == ("failed", "service", reason)


def test_a_missing_template_is_named_to_staff():
    office = Office(no(40037))
    office.given_contact()
    office.given_template("template")
    told = office.tell()
    office.work()
    assert state_of(told) == ("none", "", "no_way")
    assert "template:template_missing" in told.steps.last().detail


@pytest.mark.parametrize(
    ("code", "mark", "reason"),
    [
        (40003, {"is_following": False}, "unreachable"),
        (43004, {"is_following": False}, "unreachable"),
        (43019, {"is_blocked": True}, "unreachable"),
        (48002, {"refused_at": NOON, "opted_out_at": None}, "refuses_messages"),
    ],
)
def test_somebody_wechat_cannot_reach_is_not_tried_again(code, mark, reason):
    office = Office(no(code))
    office.given_contact()
    office.given_template("template")
    told = office.tell()
    office.work()
    assert state_of(told)[::2] == ("failed", reason)
    assert {name: getattr(contact_now(), name) for name in mark} == mark
    office.tell("2")
    office.work()
    assert len(office.wechat.parcels) == 1


def test_who_takes_no_messages_has_not_opted_out_and_is_tried_again_once_they_write():
    office = Office(no(48002), None)
    contact = office.given_contact(window=5)
    office.tell("1")
    office.work()
    second = office.tell("2")
    office.work()
    assert state_of(second) == ("none", "", "refuses_messages")
    assert "接收消息" in reason_for("refuses_messages").sentence
    contact.refresh_from_db()
    contact.last_seen_at = office.clock.now = NOON + MINUTE
    contact.save()
    third = office.tell("3")
    office.work()
    assert state_of(third) == ("sent", "service", "")


def test_two_messages_to_one_person_leave_one_after_the_other():
    office = Office()
    office.given_contact(window=5)
    office.given_contact(window=5, openid="oSomebodyElse")
    office.tell("1")
    office.tell("2")
    office.tell("3", openid="oSomebodyElse")
    hands = office.worker.lease_due(4)
    assert [row.order_key.split(":")[1] for row in hands] == [OPENID, "oSomebodyElse"]


def test_wechat_being_busy_is_waited_out():
    office = Office(no(-1), None)
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    assert state_of(told) == ("waiting", "service", "busy")
    assert timedelta() < office.due_in() < timedelta(seconds=10)
    office.wait(10 * timedelta(seconds=1))
    assert state_of(told) == ("sent", "service", "")
    assert contact_now().window_left == 2


def test_too_many_calls_a_minute_wait_a_minute():
    office = Office(no(45011))
    office.given_contact(window=3)
    office.tell()
    office.work()
    assert office.due_in() == MINUTE


def test_a_spent_quota_waits_for_midnight_and_then_for_the_morning():
    office = Office(no(45009), None)
    office.given_contact()
    office.given_template("template")
    told = office.tell()
    office.work()
    assert state_of(told) == ("waiting", "template", "quota_spent")
    assert office.due_in() == 12 * HOUR + 5 * MINUTE
    office.wait(office.due_in())
    assert state_of(told) == ("waiting", "template", "quiet_hours")
    office.wait(office.due_in())
    assert state_of(told) == ("sent", "template", "")


def test_a_wrong_secret_is_tried_again_for_hours_and_then_given_up():
    office = Office(*[no(40125)] * 30)
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    for _try in range(MOST_ATTEMPTS - 1):
        assert state_of(told) == ("waiting", "service", "account_fault")
        office.wait(office.due_in())
    assert state_of(told) == ("failed", "service", "account_fault")
    assert len(office.wechat.parcels) == MOST_ATTEMPTS
    assert contact_now().window_left == 3


def test_an_answer_to_an_earlier_try_counts_as_sent():
    office = Office(no(45065))
    office.given_contact()
    office.given_template("template")
    told = office.tell()
    office.work()
    assert state_of(told) == ("sent", "template", "already_there")


# --- Never twice --------------------------------------------------------------------------------


def test_the_same_key_for_the_same_person_is_one_message():
    office = Office()
    office.given_contact(window=5)
    first, again = office.tell(), office.tell(words=Notice("别的话"))
    assert first == again
    office.work()
    office.tell()
    office.work()
    assert len(office.wechat.parcels) == 1


def test_the_same_key_for_two_people_is_two_messages():
    office = Office()
    office.given_contact(window=5)
    office.given_contact(window=5, openid="oAnother")
    office.tell()
    office.tell(openid="oAnother")
    office.work()
    assert len(office.wechat.parcels) == 2


@pytest.mark.parametrize(
    "lost",
    [
        Unanswered(SEND_PATH, reason="ReadTimeout"),
        Unanswered(SEND_PATH, reason="HTTP 502"),
        Unanswered(SEND_PATH, reason="no JSON object"),
        Unanswered("wechat", reason="too slow"),
    ],
)
def test_a_lost_answer_leaves_the_message_to_a_person(lost):
    office = Office(lost, None)
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    assert state_of(told) == ("unknown", "service", "no_answer")
    office.wait(100 * HOUR)
    assert len(office.wechat.parcels) == 1


@pytest.mark.parametrize(
    "lost",
    [
        Unanswered(SEND_PATH, reason="ConnectError"),
        Unanswered(SEND_PATH, reason="ConnectTimeout"),
        Unanswered("/cgi-bin/stable_token", reason="ReadTimeout"),
    ],
)
def test_what_never_reached_wechat_is_tried_again(lost):
    office = Office(lost, None)
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    assert state_of(told) == ("waiting", "service", "unreachable_server")
    office.wait(MINUTE)
    assert state_of(told)[0] == "sent"
    assert contact_now().window_left == 2


def test_a_lost_answer_to_a_template_is_repeated_under_the_same_number():
    office = Office(Unanswered(TEMPLATE_PATH, reason="ReadTimeout"), None)
    office.given_contact()
    office.given_template("template")
    told = office.tell()
    office.work()
    contact = Contact.objects.filter(openid=OPENID)  # they write: the window opens meanwhile
    contact.update(window_kind="message", window_at=office.clock.now, window_left=5)
    office.wait(MINUTE)
    assert state_of(told)[:2] == ("sent", "template")
    first, second = office.wechat.parcels
    assert first.client_msg_id == second.client_msg_id


def test_a_lost_answer_to_a_template_is_not_repeated_once_wechat_has_forgotten_its_number():
    office = Office(Unanswered(TEMPLATE_PATH, reason="ReadTimeout"), None)
    office.given_contact()
    office.given_template("template")
    told = office.tell()
    office.work()
    office.wait(10 * MINUTE)
    assert state_of(told) == ("unknown", "template", "no_answer")
    assert len(office.wechat.parcels) == 1


class Killed(BaseException):
    """The process ends here."""


def test_a_worker_killed_during_the_call_leaves_the_message_to_a_person():
    office = Office(Killed())
    office.given_contact(window=3)
    told = office.tell()
    with pytest.raises(Killed):
        office.work()
    assert state_of(told)[:2] == ("sending", "service")
    assert office.work() == 0  # another worker, while the lease runs
    office.wait(timedelta(seconds=61))
    assert state_of(told) == ("unknown", "service", "interrupted")
    assert len(office.wechat.parcels) == 1


def test_a_worker_killed_before_the_call_was_written_down_is_no_loss(monkeypatch):
    office = Office()
    office.given_contact(window=3)
    told = office.tell()
    assert len(office.worker.lease_due(1)) == 1  # leased, then killed
    office.wait(timedelta(seconds=61))
    assert state_of(told)[0] == "sent"


def test_a_slow_worker_may_still_write_what_it_knows():
    office = Office()
    office.given_contact(window=3)
    told = office.tell()

    class SlowWeChat:
        parcels = ()

        def carry(self, parcel):
            office.wait(timedelta(seconds=61))  # meanwhile another worker gave the message up
            assert state_of(told)[0] == "unknown"
            return ""

    office.new_worker(SlowWeChat()).run_due()
    assert state_of(told) == ("sent", "service", "")


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_one_message_send_it_once():
    if connection.vendor == "sqlite":
        pytest.skip("the in-memory database of this run has one connection; PostgreSQL shows it")
    office = Office()
    office.given_contact(window=5)
    told = office.tell()
    begin = Barrier(4)
    around = Surroundings(office.wechat, {}, read_quiet_hours(""))

    def send() -> None:
        begin.wait()
        send_one(outgoing_id=told.pk, round_=0, tries=1, around=around, now=office.clock.now)
        connection.close()

    # Without leases: four at the same row at once, as after long pauses of their processes.
    threads = [Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(office.wechat.parcels) == 1
    assert contact_now().window_left == 4


# --- Wishes -------------------------------------------------------------------------------------


def test_at_night_a_message_waits_for_the_morning_and_says_so():
    office = Office(now=NIGHT)
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    assert state_of(told) == ("waiting", "", "quiet_hours")
    told.refresh_from_db()
    morning = told.due_at.astimezone(ZoneInfo("Asia/Shanghai"))
    assert f"{morning:%d %H:%M}" == "21 07:00"
    office.wait(office.due_in() - timedelta(seconds=1))
    assert office.wechat.parcels == []
    office.wait(timedelta(seconds=1))
    assert state_of(told)[0] == "sent"


def test_what_is_urgent_does_not_wait():
    office = Office(now=NIGHT)
    office.given_contact(window=3)
    office.tell(is_urgent=True)
    office.work()
    assert office.wechat.ways == ["service"]


@pytest.mark.usefixtures("_answers")
def test_an_answer_to_somebody_who_is_there_does_not_wait():
    office = Office(now=NIGHT)
    office.given_contact(window=3)
    office.tell(purpose=ANSWER.key)
    office.work()
    assert office.wechat.ways == ["service"]


def test_an_office_may_have_other_quiet_hours(settings):
    settings.QUIET_HOURS = ""
    office = Office(now=NIGHT)
    office.given_contact(window=3)
    office.tell()
    office.work()
    assert office.wechat.ways == ["service"]


@pytest.mark.usefixtures("_answers")
def test_who_switched_notices_off_gets_answers_only_and_only_as_answers():
    office = Office()
    office.given_contact(window=1)
    office.given_template("template", purpose=ANSWER.key)
    service.switch_notices(account="sandbox", openid=OPENID, wanted=False, now=NOON)
    notice, answer = office.tell("1"), office.tell("2", purpose=ANSWER.key)
    late_answer = office.tell("3", purpose=ANSWER.key)
    office.work()
    assert state_of(notice) == ("none", "", "opted_out")
    assert state_of(answer) == ("sent", "service", "")
    assert state_of(late_answer) == ("none", "", "opted_out")


def test_notices_can_be_switched_on_again_by_somebody_we_know_only_from_a_login():
    office = Office()
    service.switch_notices(account="sandbox", openid=OPENID, wanted=False, now=NOON)
    messenger = notices.find_messenger("wechat")
    assert not messenger.is_wanted(account="sandbox", subject=OPENID)
    service.switch_notices(account="sandbox", openid=OPENID, wanted=True, now=NOON)
    assert messenger.is_wanted(account="sandbox", subject=OPENID)
    assert office.account.pk == contact_now().account_id


def test_consents_are_counted_as_wechat_tells_them():
    office = Office()
    office.given_template("subscription", template_id="once")
    office.given_template("template", template_id="lasting", is_lasting=True)
    tell = {"account": "sandbox", "openid": OPENID, "now": NOON}
    note_grants(accepted=["once", "lasting"], **tell)
    note_grants(accepted=["once", "lasting"], **tell)
    grants = Grant.objects.order_by("template_id").values_list("template_id", "left", "is_lasting")
    assert list(grants) == [("lasting", 1, True), ("once", 2, False)]
    note_grants(withdrawn=["once"], **tell)
    assert Grant.objects.get(template_id="once").left == 0


# --- Later --------------------------------------------------------------------------------------


def test_what_found_no_way_goes_out_with_the_answer_to_the_next_message():
    office = Office()
    office.given_contact()
    told = office.tell()
    office.work()
    words = service.take_for_reply(
        account="sandbox", openid=OPENID, answering="a1" * 16, now=office.clock.now
    )
    assert words.text.startswith("您推荐的")
    assert state_of(told) == ("sent", "reply", "")
    assert (
        service.take_for_reply(
            account="sandbox", openid=OPENID, answering="b2" * 16, now=office.clock.now
        )
        is None
    )
    office.wait(HOUR)
    assert office.wechat.parcels == []


def test_who_wants_no_notices_gets_none_with_an_answer_either():
    office = Office()
    office.given_contact(opted_out_at=NOON)
    office.tell()
    assert (
        service.take_for_reply(account="sandbox", openid=OPENID, answering="a1" * 16, now=NOON)
        is None
    )


def test_what_found_no_way_goes_out_when_the_person_writes_again():
    office = Office()
    contact = office.given_contact()
    told = office.tell()
    office.work()
    contact.window_kind, contact.window_at, contact.window_left = "message", NOON, 5
    contact.save()
    assert service.send_what_waited(account_id=office.account.pk, openid=OPENID, now=NOON) == 1
    office.work()
    assert state_of(told) == ("sent", "service", "")


def test_what_wechat_reports_later_is_taken_note_of():
    office = Office()
    office.given_contact()
    office.given_template("template")
    told = office.tell()
    office.work()
    told.refresh_from_db()
    assert service.note_failed(
        account="sandbox", wechat_id=told.wechat_id, status="failed:user block", now=NOON
    )
    assert state_of(told) == ("failed", "template", "user_block")


def test_a_report_that_overtakes_our_own_note_is_not_lost():
    office = Office()
    office.given_contact()
    office.given_template("template")
    told = office.tell()
    outbox.send(
        topic=service.FAILED_TOPIC,
        key="event",
        payload={"account": "sandbox", "wechat_id": "200001", "status": "failed:user block"},
        now=NOON,
    )
    hearing = {service.FAILED_TOPIC: messenger.learn_of_failure}
    assert Worker(consumers=hearing, clock=office.clock).run_due() == 1
    assert state_of(told)[0] == "waiting"
    office.work()
    assert state_of(told)[0] == "sent"
    office.clock.now += MINUTE
    Worker(consumers=hearing, clock=office.clock).run_due()
    assert state_of(told) == ("failed", "template", "user_block")


def test_a_failed_subscription_notice_is_found_by_person_and_template():
    office = Office()
    office.given_contact()
    office.given_template("subscription")
    office.given_grant(left=2)
    first = office.tell("1")
    office.work()
    office.clock.now += MINUTE
    second = office.tell("2")
    office.work()
    Outgoing.objects.update(wechat_id="")  # a notice is sent without telling us its number
    report = {"account": "sandbox", "wechat_id": "99", "status": "failed", "now": office.clock.now}
    assert not service.note_failed(**report, openid="oSomebodyElse", template_id="subscription-id")
    assert service.note_failed(**report, openid=OPENID, template_id="subscription-id")
    assert state_of(first)[0] == "sent"
    assert state_of(second) == ("failed", "subscription", "system_failed")


def test_staff_confirms_what_arrived_and_it_is_never_sent_again():
    office = Office(Unanswered(SEND_PATH, reason="ReadTimeout"))
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    clerk = given_staff(office.account.agency, Role.CASE_WORKER)
    service.confirm_sent(outgoing_id=told.pk, actor=clerk.actor, now=NOON)
    assert state_of(told) == ("sent", "service", "confirmed")
    with pytest.raises(NotToDecide):
        service.send_again(outgoing_id=told.pk, actor=clerk.actor, now=NOON)
    office.wait(HOUR)
    assert len(office.wechat.parcels) == 1
    assert AuditEntry.objects.get().act == "wechat.outgoing.confirmed"


def test_staff_sends_again_what_did_not_arrive_once_for_each_decision():
    office = Office(Unanswered(SEND_PATH, reason="ReadTimeout"), None)
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    clerk = given_staff(office.account.agency, Role.CASE_WORKER)
    service.send_again(outgoing_id=told.pk, actor=clerk.actor, now=NOON)
    with pytest.raises(NotToDecide):
        service.send_again(outgoing_id=told.pk, actor=clerk.actor, now=NOON)
    office.work()
    assert state_of(told) == ("sent", "service", "")
    assert len(office.wechat.parcels) == 2
    assert AuditEntry.objects.get().facts == {"purpose": told.purpose, "was": "unknown"}


def test_another_office_finds_nothing_and_an_editor_may_not_decide():
    office = Office()
    told = office.tell()
    stranger = given_staff(Office(slug="other", appid="wx2").account.agency, Role.CASE_WORKER)
    with pytest.raises(OutgoingNotFound):
        service.send_again(outgoing_id=told.pk, actor=stranger.actor, now=NOON)
    editor = given_staff(office.account.agency, Role.EDITOR)
    with pytest.raises(NotAllowed):
        service.send_again(outgoing_id=told.pk, actor=editor.actor, now=NOON)


# --- From below ---------------------------------------------------------------------------------


def test_a_context_that_knows_no_wechat_tells_a_citizen():
    office = Office()
    citizen = recognise_citizen(channel="wechat", account="sandbox", subject=OPENID, now=NOON)
    notices.notify(
        citizen_id=citizen.pk,
        account="sandbox",
        purpose="campaigns.nomination_decided",
        key="7:accepted",
        words=Notice("满意度 100%"),
        url="/c/windows-2026/",
        now=NOON,
    )
    told = Outgoing.objects.get()
    assert (told.account, told.openid, told.citizen_id) == (office.account, OPENID, citizen.pk)
    assert told.text == "满意度 100%"
    assert told.url.endswith("/c/windows-2026/")
    assert told.url.startswith("http")


def test_a_citizen_who_never_came_through_the_account_cannot_be_told():
    Office()
    citizen = recognise_citizen(channel="wechat", account="elsewhere", subject="o1", now=NOON)
    notices.notify(
        citizen_id=citizen.pk,
        account="sandbox",
        purpose="campaigns.nomination_decided",
        key="1",
        words=Notice("…"),
        url="/",
        now=NOON,
    )
    assert not Outgoing.objects.exists()
    with pytest.raises(NobodyToTell):
        service.send_to_citizen(
            account="sandbox",
            citizen_id=citizen.pk,
            purpose="campaigns.nomination_decided",
            key="1",
            words=Notice("…"),
            url="/",
            now=NOON,
        )
