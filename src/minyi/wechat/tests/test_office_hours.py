# SPDX-License-Identifier: Apache-2.0
"""When people answer, by weekday and calendar, and by when the first answer is due."""

from datetime import date, datetime, time, timedelta

import pytest

from minyi.agencies.tests.given import given_account, given_agency
from minyi.core.models import DayOverride, Rule
from minyi.wechat.conversation.hours import back_by_account
from minyi.wechat.models import OfficeHours
from minyi.wechat.queries.office_hours import deadline_of, find_rule, read_schedules
from minyi.wechat.tests.given_desk import CHINA, china, given_rule

pytestmark = pytest.mark.django_db


@pytest.fixture
def account():
    return given_account(given_agency())


def given_hours(account, weekdays, *spans):
    for weekday in weekdays:
        for opens, closes in spans:
            OfficeHours.objects.create(
                account=account, weekday=weekday, opens=time(opens), closes=time(closes)
            )


def schedule_of(account, since=None):
    return read_schedules([account.pk], since=since or china(1, 0))[account.pk]


def test_an_account_without_hours_keeps_working_days_nine_to_five(account):
    schedule = schedule_of(account)
    assert schedule.is_open(china(20, 9))
    assert not schedule.is_open(china(20, 17))
    assert schedule.opens_at(china(20, 17)) == china(23, 9)  # over the weekend


def test_hours_have_a_break_and_may_have_a_saturday(account):
    given_hours(account, range(5), (9, 12), (14, 17))
    given_hours(account, [5], (9, 11))
    schedule = schedule_of(account)
    assert schedule.opens_at(china(20, 12, 30)) == china(20, 14)
    assert schedule.opens_at(china(20, 18)) == china(21, 9)
    assert schedule.opens_at(china(21, 11)) == china(23, 9)


def test_a_public_holiday_has_no_hours_and_a_make_up_day_has_the_weeks_first(account):
    given_hours(account, [1], (10, 16))
    given_hours(account, [5], (9, 11))
    schedule = schedule_of(account, since=datetime(2026, 9, 1, tzinfo=CHINA))
    assert schedule.spans_on(date(2026, 10, 3)) == ()  # a Saturday within the National Day holiday
    assert schedule.spans_on(date(2026, 10, 10)) == ((time(10), time(16)),)  # 调休上班
    assert schedule.spans_on(date(2026, 10, 17)) == ((time(9), time(11)),)


def test_a_day_off_entered_by_hand_counts(account):
    DayOverride.objects.create(day=date(2026, 11, 20), is_workday=False, source="防汛停工")
    assert schedule_of(account).opens_at(china(20, 10)) == china(23, 9)


def test_the_robot_says_the_hours_of_each_account(account):
    other = given_account(given_agency())
    slugs = [account.slug, other.slug]
    assert back_by_account(slugs, china(20, 16)) == {account.slug: None, other.slug: None}
    given_hours(account, range(5), (9, 12))
    assert back_by_account(slugs, china(20, 16)) == {account.slug: china(23, 9), other.slug: None}
    assert back_by_account(slugs, china(20, 11))[account.slug] is None


@pytest.mark.parametrize(
    ("unit", "amount", "asked", "due"),
    [
        ("hour", 2, china(20, 10), china(20, 12)),
        ("hour", 2, china(20, 16), china(23, 10)),  # one hour on Friday, one on Monday
        ("hour", 2, china(21, 3), china(23, 11)),  # Saturday night: from Monday morning
        ("workday", 1, china(20, 10), china(23, 17)),
        ("day", 1, china(19, 10), china(20, 17)),
    ],
)
def test_the_first_answer_is_due_by_the_rule_in_office_time(account, unit, amount, asked, due):
    rule = given_rule(amount, unit)
    deadline = deadline_of(schedule_of(account), rule, asked)
    assert deadline.at == due
    assert deadline.source == rule.source


def test_without_a_rule_in_force_there_is_no_deadline(account):
    rule = given_rule()
    rule.valid_to = date(2025, 12, 31)
    rule.save()
    found = find_rule(region_code="991100", on=date(2026, 11, 20))
    assert found is None
    assert deadline_of(schedule_of(account), found, china(20, 10)) is None


def test_a_rule_of_the_region_wins(account):
    given_rule(2)
    Rule.objects.create(
        key="desk.first_answer",
        region_code="991100",
        amount=1,
        unit="hour",
        source="本市规定（示例）",
        valid_from=date(2021, 1, 1),
    )
    assert find_rule(region_code="991100", on=date(2026, 11, 20)).amount == 1
    assert find_rule(region_code="991101", on=date(2026, 11, 20)).amount == 2


def test_the_schedules_of_many_accounts_take_two_queries(django_assert_num_queries):
    accounts = [given_account(given_agency()) for _ in range(4)]
    for account in accounts:
        given_hours(account, range(5), (9, 12))
    with django_assert_num_queries(2):
        schedules = read_schedules([a.pk for a in accounts], since=china(1, 0))
        for schedule in schedules.values():
            schedule.opens_at(china(20, 18) + timedelta(days=9))
