# SPDX-License-Identifier: Apache-2.0
"""The console's pages of sent messages, as clerks, strangers and editors meet them."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_agency, given_staff
from minyi.wechat.client.api_errors import Unanswered
from minyi.wechat.models import Outgoing
from minyi.wechat.tests.given_outgoing import Office

pytestmark = pytest.mark.django_db
SEND_PATH = "/cgi-bin/message/custom/send"


@pytest.fixture(autouse=True)
def no_quiet_hours(settings):
    """The pages go by the real clock, so the worker does too, at whatever hour this runs."""
    settings.QUIET_HOURS = ""


def given_office(*answers, **fields) -> Office:
    return Office(*answers, now=timezone.now(), **fields)


def sign_in(client, agency, role=Role.CASE_WORKER):
    user = given_staff(agency, role)
    client.force_login(user, backend="minyi.agencies.backends.PostBackend")
    return user


def page_of(outgoing, name="wechat_outgoing_one"):
    return reverse(name, args=[outgoing.pk])


def given_unknown(office):
    office.given_contact(window=3)
    told = office.tell()
    office.work()
    return told


def test_an_empty_list_says_what_will_stand_here(client):
    sign_in(client, given_office().account.agency)
    page = client.get(reverse("wechat_outgoing:index")).content.decode()
    assert "还没有发出消息" in page
    filtered = client.get(reverse("wechat_outgoing:index"), {"state": "failed"})
    assert "没有符合条件的消息" in filtered.content.decode()


def test_the_list_says_how_each_message_left_and_leads_to_what_needs_somebody(client):
    office = given_office()
    office.given_contact(window=1)
    office.tell("1")
    office.tell("2")
    office.work()
    sign_in(client, office.account.agency)
    page = client.get(reverse("wechat_outgoing:index")).content.decode()
    assert "已发送" in page
    assert "客服消息" in page
    assert "目前没有可用的发送方式" in page
    assert "推荐的审核结果" in page
    assert "需要处理（1）" in page
    needs = client.get(reverse("wechat_outgoing:index"), {"state": ["none", "unknown"]})
    assert [row.state for row in needs.context["object_list"]] == ["none"]


def test_an_empty_list_says_so(client):
    sign_in(client, given_office().account.agency)
    response = client.get(reverse("wechat_outgoing:index"))
    assert response.status_code == 200
    assert "需要处理" not in response.content.decode()


def test_the_list_costs_the_same_however_long_it_is(client, django_assert_max_num_queries):
    office = given_office()
    office.given_contact(window=5)
    sign_in(client, office.account.agency)
    for number in range(15):
        office.tell(str(number))
    with django_assert_max_num_queries(24):
        client.get(reverse("wechat_outgoing:index"))


def test_a_message_without_a_way_explains_each_closed_way_and_what_helps(client):
    office = given_office(is_verified=False)
    told = office.tell()
    office.work()
    sign_in(client, office.account.agency)
    page = client.get(page_of(told)).content.decode()
    assert "公众号的类型或认证状态没有这项能力" in page
    assert "这项用途还没有配置模板" in page
    assert "请改用电话等方式告知" in page
    assert "再发一次" in page
    assert "确认已送达" not in page


def test_a_message_that_was_sent_offers_nothing_to_decide(client):
    office = given_office()
    office.given_contact(window=1)
    told = office.tell()
    office.work()
    sign_in(client, office.account.agency)
    page = client.get(page_of(told)).content.decode()
    assert "再发一次" not in page
    assert told.openid not in page


def test_a_clerk_confirms_or_sends_again(client):
    office = given_office(*[Unanswered(SEND_PATH, reason="ReadTimeout")] * 2)
    told = given_unknown(office)
    clerk = sign_in(client, office.account.agency)
    assert "为避免重复，不会自动再发" in client.get(page_of(told)).content.decode()
    client.post(page_of(told, "wechat_outgoing_again"))
    told.refresh_from_db()
    assert told.state == Outgoing.State.WAITING
    office.wait(timedelta(minutes=1))
    client.post(page_of(told, "wechat_outgoing_confirm"))
    told.refresh_from_db()
    assert (told.state, told.reason) == ("sent", "confirmed")
    assert told.steps.last().actor_name == str(clerk)


def test_a_decision_that_came_too_late_is_explained(client):
    office = given_office()
    office.given_contact(window=1)
    told = office.tell()
    office.work()
    sign_in(client, office.account.agency)
    page = client.post(page_of(told, "wechat_outgoing_again"), follow=True).content.decode()
    assert "消息现在的状态是“已发送”" in page


def test_another_office_sees_nothing(client):
    office = given_office()
    told = office.tell()
    sign_in(client, given_agency())
    listed = client.get(reverse("wechat_outgoing:index"))
    assert list(listed.context["object_list"]) == []
    assert client.get(page_of(told)).status_code == 404
    assert client.post(page_of(told, "wechat_outgoing_again")).status_code == 404


def test_who_has_no_business_with_messages_stays_outside(client):
    office = given_office()
    told = office.tell()
    sign_in(client, office.account.agency, Role.EDITOR)
    assert client.get(reverse("wechat_outgoing:index")).status_code in (302, 403)
    assert client.get(page_of(told)).status_code == 403
