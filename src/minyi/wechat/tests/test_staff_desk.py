# SPDX-License-Identifier: Apache-2.0
"""The desk's pages and the duty page, as case workers, administrators and strangers meet them."""

import uuid
from datetime import date, time, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_agency, given_client, given_staff
from minyi.wechat.connection.line import the_line
from minyi.wechat.models import (
    ChatMessage,
    Conversation,
    DutyShift,
    OfficeHours,
    Outgoing,
    QuickReply,
)
from minyi.wechat.tests.given import SECRETS, given_account
from minyi.wechat.tests.given_desk import (
    given_clerk,
    given_conversation,
    given_rule,
    given_said,
    given_shift,
)
from minyi.wechat.tests.given_outgoing import Office
from wechat_sandbox.tests.given_media import PNG

pytestmark = pytest.mark.django_db


@pytest.fixture
def office():
    given_rule()
    return Office(now=timezone.now())


@pytest.fixture
def clerk(office):
    return given_clerk(office, "吴勤")


@pytest.fixture
def administrator(office):
    return given_staff(office.account.agency, Role.ADMINISTRATOR)


def inbox_of(user, **asked):
    return given_client(user).get(reverse("wechat_desk:index"), asked)


def page_of(talk, name="wechat_conversation"):
    return reverse(name, args=[talk.pk])


def act(user, talk, name, **fields):
    return given_client(user).post(
        page_of(talk, "wechat_conversation_act"), {"act": name, **fields}, follow=True
    )


def answer(user, talk, words, **fields):
    values = {"nonce": uuid.uuid4().hex, "seen": ChatMessage.objects.latest("pk").pk, **fields}
    return given_client(user).post(
        page_of(talk, "wechat_conversation_answer"), {"words": words, **values}
    )


def test_the_inbox_shows_who_waits_and_who_is_on_duty(office, clerk):
    given_conversation(office, said="社保卡怎么补办", waits=timedelta(minutes=12))
    today = timezone.localtime().date()
    DutyShift.objects.create(
        account=office.account, user=clerk, day=today, begins="00:00", ends="23:59:59"
    )
    page = inbox_of(clerk).content.decode()
    assert "社保卡怎么补办" in page
    assert "已等 12 分钟" in page
    assert "您在值班" in page
    assert "oCitizen" not in page  # the openid is shown by its end only


def test_an_empty_inbox_says_how_people_get_there(office, clerk):
    assert "没有人在等待" in inbox_of(clerk).content.decode()
    assert "没有找到" in inbox_of(clerk, state="all", words="养老").content.decode()


def test_the_inbox_costs_the_same_however_long_it_is(office, clerk, django_assert_max_num_queries):
    client = given_client(clerk)
    address = reverse("wechat_desk_rows")
    given_conversation(office, openid="oFirst")
    client.get(address)
    with django_assert_max_num_queries(15) as few:
        client.get(address)
    for number in range(25):
        given_conversation(office, openid=f"oNext{number}")
    with django_assert_max_num_queries(len(few)):
        assert client.get(address).content.decode().count('class="mi-talk"') == 26


def test_a_conversation_costs_the_same_however_long_it_is(
    office, clerk, django_assert_max_num_queries
):
    talk = given_conversation(office)
    client = given_client(clerk)
    address = page_of(talk, "wechat_conversation_live")
    client.get(address)
    with django_assert_max_num_queries(20) as few:
        client.get(address)
    for number in range(50):
        given_said(talk, f"第 {number} 条", at=office.clock.now)
    with django_assert_max_num_queries(len(few)):
        client.get(address)


def test_a_long_conversation_is_read_page_by_page(office, clerk):
    talk = given_conversation(office, said="最早的一句")
    for number in range(70):
        given_said(talk, f"第 {number} 条", at=office.clock.now + timedelta(seconds=number))
    client = given_client(clerk)
    page = client.get(page_of(talk))
    assert "最早的一句" not in page.content.decode()
    earlier = page.context["thread"].earlier
    assert "最早的一句" in client.get(page_of(talk), {"before": earlier}).content.decode()


def test_from_taking_over_to_the_end_by_the_pages(office, clerk):
    talk = given_conversation(office, said="几点下班")
    assert "由您接待" in act(clerk, talk, "take").content.decode()
    sent = answer(clerk, talk, "17:30 下班。")
    assert sent.status_code == 302
    page = given_client(clerk).get(page_of(talk)).content.decode()
    assert "17:30 下班。" in page
    assert "发送中" in page
    office.clock.now = timezone.now()
    office.work()
    page = given_client(clerk).get(page_of(talk)).content.decode()
    assert "已发送" in page
    assert "4 条" in page  # of five
    act(clerk, talk, "robot")
    assert Conversation.objects.get().state == "robot"


def test_a_second_take_over_is_refused_with_a_sentence(office, clerk):
    talk = given_conversation(office)
    colleague = given_clerk(office, "方知")
    act(clerk, talk, "take")
    page = act(colleague, talk, "take").content.decode()
    assert "吴勤已经在接待这位公众" in page
    assert '<textarea id="words"' not in page


def test_a_refused_answer_keeps_what_was_written(office, clerk):
    talk = given_conversation(office)
    act(clerk, talk, "take")
    seen = ChatMessage.objects.latest("pk").pk
    given_said(talk, "补充一下", at=timezone.now())
    refused = answer(clerk, talk, "请带身份证原件。", seen=seen)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "请带身份证原件。" in page
    assert "补充一下" in page
    assert not Outgoing.objects.exists()


def test_what_a_machine_wrote_and_what_only_staff_sees_is_marked(office, clerk):
    talk = given_conversation(office)
    given_said(
        talk,
        '见<a href="https://minyi.example/">网页</a>',
        at=timezone.now(),
        direction="out",
        author_kind="robot",
        is_ai=True,
        state="sent",
    )
    act(clerk, talk, "note", text="已电话核实")
    page = given_client(clerk).get(page_of(talk)).content.decode()
    assert "人工智能生成" in page
    assert "见网页" in page
    assert "已电话核实" in page


def test_what_a_citizen_writes_is_never_html(office, clerk):
    talk = given_conversation(office, said="<script>alert(1)</script>")
    for page in (inbox_of(clerk), given_client(clerk).get(page_of(talk))):
        assert "<script>alert(1)" not in page.content.decode()


def test_a_picture_is_fetched_when_somebody_looks(office, clerk, sandbox, settings):
    settings.WECHAT_SECRETS = SECRETS
    made = the_line().call(
        given_account(),
        lambda client: client.materials.add_temporary(kind="image", name="a.png", content=PNG),
    )
    talk = given_conversation(office)
    message = given_said(talk, "", at=timezone.now(), kind="image", media_id=made.number)
    gone = given_said(talk, "", at=timezone.now(), kind="image", media_id="gone")
    client = given_client(clerk)
    found = client.get(reverse("wechat_chat_media", args=[message.pk]))
    assert found.headers["Content-Type"] == "image/png"
    assert "sandbox" in found.headers["Content-Security-Policy"]
    assert found.content == PNG
    assert client.get(reverse("wechat_chat_media", args=[gone.pk])).status_code == 404


def test_strangers_and_other_posts_see_no_conversation(office, clerk):
    talk = given_conversation(office, said="只给本单位看")
    stranger = given_staff(given_agency(), Role.CASE_WORKER)
    editor = given_staff(office.account.agency, Role.EDITOR)
    assert "只给本单位看" not in inbox_of(stranger).content.decode()
    assert given_client(stranger).get(page_of(talk)).status_code == 404
    assert given_client(editor).get(page_of(talk)).status_code == 403
    assert given_client(editor).get(reverse("wechat_desk_rows")).status_code == 403


# --- Duty ----------------------------------------------------------------------------------------


def duty_page(user, office, **asked):
    return given_client(user).get(reverse("wechat_duty_room", args=[office.account.pk]), asked)


def post(poster, name, number, **fields):
    return given_client(poster).post(reverse(name, args=[number]), fields)


def test_hours_are_set_for_each_weekday_and_a_wrong_line_is_explained(office, administrator):
    fields = {"0-first-opens": "09:00", "0-first-closes": "12:00", "0-second-opens": "14:00"}
    wrong = post(administrator, "wechat_hours", office.account.pk, **fields)
    assert wrong.status_code == 422
    assert "请填写两头的时间" in wrong.content.decode()
    assert not OfficeHours.objects.exists()
    fields["0-second-closes"] = "17:00"
    assert post(administrator, "wechat_hours", office.account.pk, **fields).status_code == 302
    assert [str(row) for row in OfficeHours.objects.all()] == [
        "周一 09:00–12:00",
        "周一 14:00–17:00",
    ]


def test_overlapping_hours_are_refused(office, administrator):
    fields = {
        "0-first-opens": "9：00",  # as a Chinese keyboard writes it
        "0-first-closes": "13:00",
        "0-second-opens": "12:00",
        "0-second-closes": "17:00",
    }
    refused = post(administrator, "wechat_hours", office.account.pk, **fields)
    assert refused.status_code == 422
    assert "周一的两段时间重叠" in refused.content.decode()


def test_a_shift_is_arranged_shown_and_cancelled(office, clerk, administrator):
    monday = date(2026, 11, 16)
    fields = {"user": clerk.pk, "day": "2026-11-18", "begins": "09:00", "ends": "12:00"}
    assert post(administrator, "wechat_shift_add", office.account.pk, **fields).status_code == 302
    again = post(administrator, "wechat_shift_add", office.account.pk, **fields)
    assert again.status_code == 422
    assert "已有重叠的值班" in again.content.decode()
    page = duty_page(administrator, office, week=monday.isoformat()).content.decode()
    assert "吴勤" in page
    shift = DutyShift.objects.get()
    post(administrator, "wechat_shift_remove", shift.pk)
    assert not DutyShift.objects.exists()


def test_somebody_without_the_post_is_not_put_on_duty(office, administrator):
    editor = given_staff(office.account.agency, Role.EDITOR)
    fields = {"user": editor.pk, "day": "2026-11-18", "begins": "09:00", "ends": "12:00"}
    post(administrator, "wechat_shift_add", office.account.pk, **fields)
    assert not DutyShift.objects.exists()


def test_a_week_is_copied_once(office, clerk, administrator):
    given_shift(office, clerk, date(2026, 11, 10))
    copy = {"week": "2026-11-16"}
    post(administrator, "wechat_shifts_copy", office.account.pk, **copy)
    post(administrator, "wechat_shifts_copy", office.account.pk, **copy)
    days = DutyShift.objects.values_list("day", flat=True)
    assert list(days) == [date(2026, 11, 10), date(2026, 11, 17)]


def test_quick_replies_are_written_ordered_and_offered(office, clerk, administrator):
    account = office.account.pk
    for title in ("问候", "再见"):
        post(administrator, "wechat_quick_add", account, title=title, text=f"{title}！")
    twice = post(administrator, "wechat_quick_add", account, title="问候", text="嗨")
    assert twice.status_code == 422
    assert "已有标题为“问候”" in twice.content.decode()
    last = QuickReply.objects.get(title="再见")
    post(administrator, "wechat_quick_change", last.pk, act="up")
    talk = given_conversation(office)
    act(clerk, talk, "take")
    page = given_client(clerk).get(page_of(talk))
    assert [one.title for one in page.context["quick"]] == ["再见", "问候"]
    post(administrator, "wechat_quick_change", last.pk, act="delete")
    assert QuickReply.objects.count() == 1


def test_only_who_may_arrange_duty_sees_its_page(office, clerk, administrator):
    assert duty_page(administrator, office).status_code == 200
    assert duty_page(clerk, office).status_code == 403
    stranger = given_staff(given_agency(), Role.ADMINISTRATOR)
    assert duty_page(stranger, office).status_code == 404


def given_day_shift(office, user):
    """On duty the whole of today."""
    today = timezone.localtime(office.clock.now).date()
    return DutyShift.objects.create(
        account=office.account, user=user, day=today, begins=time(0), ends=time(23, 59, 59)
    )


def test_who_waits_is_offered_to_those_on_duty_in_turn_and_to_nobody_else(office, clerk):
    other, off_duty = given_clerk(office, "方知"), given_clerk(office, "孙平")
    for one in (clerk, other):
        given_day_shift(office, one)
    first = given_conversation(office, waits=timedelta(minutes=2), openid="oFirst", said="第一位")
    given_conversation(office, waits=timedelta(minutes=1), openid="oSecond", said="第二位")
    mine, theirs = inbox_of(clerk).content.decode(), inbox_of(other).content.decode()
    assert mine.count("建议您接待") == theirs.count("建议您接待") == 1
    assert "建议 方知 接待" in mine
    assert mine.index("第一位") < mine.index("第二位")
    assert theirs.index("第二位") < theirs.index("第一位")  # what is offered to them stands first
    assert "建议您接待" not in inbox_of(off_duty).content.decode()
    assert "建议接待人" in given_client(off_duty).get(page_of(first)).content.decode()
    act(off_duty, first, "take")  # an offer locks nobody out
    first.refresh_from_db()
    assert first.assignee == off_duty


def test_the_page_calls_those_on_duty_first_and_everybody_after_three_minutes(office, clerk):
    given_day_shift(office, clerk)
    off_duty = given_clerk(office, "孙平")
    talk = given_conversation(office, waits=timedelta(minutes=1))
    assert 'data-waiting="1"' in inbox_of(clerk).content.decode()
    assert 'data-waiting="0"' in inbox_of(off_duty).content.decode()
    Conversation.objects.filter(pk=talk.pk).update(
        waiting_since=office.clock.now - timedelta(minutes=4)
    )
    assert 'data-waiting="1"' in inbox_of(off_duty).content.decode()


def test_without_anybody_on_duty_everybody_is_called(office, clerk):
    given_conversation(office)
    page = inbox_of(clerk).content.decode()
    assert 'data-waiting="1"' in page
    assert "建议" not in page
