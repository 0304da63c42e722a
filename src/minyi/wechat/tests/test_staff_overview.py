# SPDX-License-Identifier: Apache-2.0
"""The first page of the accounts: what needs doing, for whoever may do it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_account, given_agency, given_client, given_staff
from minyi.wechat.models import AccountStop, Menu
from minyi.wechat.tests.given_desk import given_clerk, given_conversation
from minyi.wechat.tests.given_outgoing import Office

pytestmark = pytest.mark.django_db
URL = "/staff/wechat/"


@pytest.fixture
def office():
    return Office(now=timezone.now())


def shown_to(user) -> str:
    answer = given_client(user).get(URL)
    assert answer.status_code == 200
    return answer.content.decode()


def test_what_waits_is_named_with_the_way_to_it(office):
    given_conversation(office, waits=timedelta(minutes=20))
    AccountStop.objects.create(
        account=office.account.slug,
        scope="ability",
        ability="news",
        path="/cgi-bin/draft/add",
        code=48001,
        is_alert=True,
        since=timezone.now(),
        last_at=timezone.now(),
    )
    page = shown_to(given_clerk(office))
    assert "1 位公众在等待人工接待" in page
    assert "分钟前" in page
    assert f"/staff/wechat/desk/?account={office.account.pk}" in page
    assert "微信停用了账号的 1 项能力" in page
    assert "菜单还没有发布" in page


def test_a_message_nobody_got_is_named(office):
    office.given_contact(window=0)
    office.tell()
    office.work()
    assert "1 条消息没有送达或者结果不明" in shown_to(given_clerk(office))


def test_an_account_in_order_says_so(office):
    office.given_contact()
    Menu.objects.create(account=office.account, draft=[{"name": "一"}], live=[{"name": "一"}])
    page = shown_to(given_clerk(office))
    assert "没有需要处理的事项" in page
    Menu.objects.update(draft=[{"name": "二"}])
    assert "菜单有修改没有发布" in shown_to(given_clerk(office))


def test_who_may_not_answer_sees_that_somebody_waits_and_no_link(office):
    given_conversation(office)
    page = shown_to(given_staff(office.account.agency, Role.EDITOR))
    assert "1 位公众在等待人工接待" in page
    assert "/staff/wechat/desk/?account" not in page


def test_another_agency_sees_its_own_accounts_only(office):
    page = shown_to(given_staff(given_agency(), Role.CASE_WORKER))
    assert office.account.name not in page
    assert "还没有公众号" in page


def test_many_accounts_cost_no_more_queries_than_one(office):
    given_conversation(office)
    clerk = given_client(given_clerk(office))
    clerk.get(URL)
    with CaptureQueriesContext(connection) as for_one:
        clerk.get(URL)
    others = [given_account(office.account.agency) for _number in range(3)]
    with CaptureQueriesContext(connection) as for_four:
        page = clerk.get(URL).content.decode()
    assert all(other.name in page for other in others)
    assert len(for_four) == len(for_one)
