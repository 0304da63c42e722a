# SPDX-License-Identifier: Apache-2.0
"""The working-day clock: 调休 included, and every date explains itself.

Law: the day of the event is not counted (民法典 art. 201). A year whose holidays the State Council
has not announced yet gives a provisional date.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

import chinese_calendar

from .models import DayOverride

SATURDAY = 5


@dataclass(frozen=True, slots=True)
class DueDate:
    """A computed date. `provisional`: it crosses a year whose holidays are not announced."""

    day: date
    counted: tuple[date, ...]
    skipped: tuple[date, ...]
    provisional: bool


def add_workdays(*, start: date, amount: int) -> DueDate:
    """Return the day that lies `amount` working days after `start`, which itself is not counted."""
    counted: list[date] = []
    skipped: list[date] = []
    provisional = False
    by_hand = _entered_by_hand(start)
    day = start
    while len(counted) < amount:
        day += timedelta(days=1)
        is_workday, announced = _judge(day, by_hand)
        provisional |= not announced
        (counted if is_workday else skipped).append(day)
    return DueDate(day, tuple(counted), tuple(skipped), provisional)


def count_workdays(*, start: date, end: date) -> DueDate:
    """Return the working days after `start` up to and including `end`."""
    counted: list[date] = []
    skipped: list[date] = []
    provisional = False
    by_hand = _entered_by_hand(start)
    for offset in range(1, (end - start).days + 1):
        day = start + timedelta(days=offset)
        is_workday, announced = _judge(day, by_hand)
        provisional |= not announced
        (counted if is_workday else skipped).append(day)
    return DueDate(end, tuple(counted), tuple(skipped), provisional)


class DayKind(Enum):
    """What a day is to an office that keeps hours on some weekends too."""

    WORKDAY = "workday"  # make-up days at weekends included
    WEEKEND = "weekend"
    HOLIDAY = "holiday"  # public, or entered by hand


class Days:
    """The kinds of days from one day on, in one query however many are asked."""

    def __init__(self, *, start: date) -> None:
        self._by_hand = _entered_by_hand(start - timedelta(days=1))

    def kind_of(self, day: date) -> DayKind:
        """Return the kind; a year that is not announced has plain weekends only."""
        if day in self._by_hand:
            return DayKind.WORKDAY if self._by_hand[day] else DayKind.HOLIDAY
        try:
            is_off, occasion = chinese_calendar.get_holiday_detail(day)
        except NotImplementedError:
            is_off, occasion = day.weekday() >= SATURDAY, None
        if not is_off:
            return DayKind.WORKDAY
        return DayKind.HOLIDAY if occasion else DayKind.WEEKEND


def _entered_by_hand(after: date) -> dict[date, bool]:
    """Return the corrections an administrator made to the days after this one, in one query."""
    return dict(DayOverride.objects.filter(day__gt=after).values_list("day", "is_workday"))


def _judge(day: date, by_hand: Mapping[date, bool]) -> tuple[bool, bool]:
    """Return (is a working day, its year is announced)."""
    if day in by_hand:
        return by_hand[day], True
    try:
        return chinese_calendar.is_workday(day), True
    except NotImplementedError:
        return day.weekday() < SATURDAY, False
