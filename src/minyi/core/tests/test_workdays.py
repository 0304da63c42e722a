# SPDX-License-Identifier: Apache-2.0
from datetime import date

import pytest

from minyi.core.models import DayOverride
from minyi.core.workdays import add_workdays, count_workdays

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("event", "amount", "due"),
    [
        (date(2026, 2, 10), 5, date(2026, 2, 24)),
        (date(2026, 2, 13), 20, date(2026, 3, 19)),
        (date(2026, 2, 14), 1, date(2026, 2, 24)),  # a Saturday that was worked
        (date(2026, 4, 30), 5, date(2026, 5, 11)),
        (date(2026, 9, 18), 5, date(2026, 9, 24)),
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 9, 30), 5, date(2026, 10, 13)),
        (date(2025, 9, 26), 20, date(2025, 10, 30)),
        (date(2025, 1, 24), 15, date(2025, 2, 20)),
    ],
)
def test_working_days_follow_the_state_councils_notices(event, amount, due):
    answer = add_workdays(start=event, amount=amount)
    assert answer.day == due
    assert len(answer.counted) == amount
    assert not answer.provisional


def test_a_year_not_yet_announced_gives_a_provisional_date():
    assert add_workdays(start=date(2026, 12, 25), amount=5).provisional


def test_a_day_entered_by_hand_wins_and_is_not_provisional():
    DayOverride.objects.create(day=date(2026, 11, 23), is_workday=False, source="示例通知")
    answer = add_workdays(start=date(2026, 11, 21), amount=1)
    assert answer.day == date(2026, 11, 24)
    assert date(2026, 11, 23) in answer.skipped


def test_counting_and_adding_agree():
    due = add_workdays(start=date(2026, 9, 18), amount=7)
    assert len(count_workdays(start=date(2026, 9, 18), end=due.day).counted) == 7
