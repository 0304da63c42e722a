# SPDX-License-Identifier: Apache-2.0
"""When people answer, and by when the first answer is due.

A public holiday has no hours. A make-up working day at a weekend keeps the hours of the week's
first office day. An account whose hours nobody has set keeps the default of `wechat.hours`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from minyi.core.models import Rule
from minyi.core.workdays import SATURDAY, DayKind, Days, add_workdays
from minyi.wechat.conversation.hours import CLOSES, OPENS, Back, working_days_nine_to_five
from minyi.wechat.models import OfficeHours

RULE = "desk.first_answer"
FARTHEST = 400  # days: whoever opens on one weekday only still opens within a year
Span = tuple[time, time]
DEFAULT: Mapping[int, tuple[Span, ...]] = dict.fromkeys(range(SATURDAY), ((OPENS, CLOSES),))


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when the first answer is due, and on what rule that rests."""

    at: datetime
    rule: str
    source: str


@dataclass(frozen=True, slots=True)
class Schedule:
    """The hours of one account."""

    days: Days
    spans: Mapping[int, tuple[Span, ...]] = field(default_factory=lambda: DEFAULT)

    def is_open(self, moment: datetime) -> bool:
        """Tell whether people are there."""
        return self.opens_at(moment) == timezone.localtime(moment)

    def opens_at(self, moment: datetime) -> datetime:
        """Return the moment itself while people are there, else when they are there again."""
        local = timezone.localtime(moment)
        return next(max(begin, local) for begin, _end in self._spans_from(local))

    def after_hours(self, moment: datetime, hours: int) -> datetime:
        """Return the moment by which that many hours of answering have passed."""
        left, local = timedelta(hours=hours), timezone.localtime(moment)
        for begin, end in self._spans_from(local):
            start = max(begin, local)
            if end - start >= left:
                return start + left
            left -= end - start
        raise AssertionError("There is always another day.")

    def closes_on(self, day: date) -> datetime:
        """Return the end of that day's hours; midnight where it has none."""
        spans = self.spans_on(day)
        zone = timezone.get_default_timezone()
        if spans:
            return datetime.combine(day, spans[-1][1], tzinfo=zone)
        return datetime.combine(day + timedelta(days=1), time(0), tzinfo=zone)

    def spans_on(self, day: date) -> tuple[Span, ...]:
        """Return from when to when people are there on that day."""
        kind = self.days.kind_of(day)
        if kind is DayKind.HOLIDAY:
            return ()
        own = self.spans.get(day.weekday(), ())
        if kind is DayKind.WORKDAY and day.weekday() >= SATURDAY:
            weekdays = (self.spans.get(weekday, ()) for weekday in range(SATURDAY))
            return next((spans for spans in weekdays if spans), own)
        return own

    def _spans_from(self, local: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the spans that are not over yet."""
        for offset in range(FARTHEST):
            day = local.date() + timedelta(days=offset)
            for opens, closes in self.spans_on(day):
                begin = datetime.combine(day, opens, tzinfo=local.tzinfo)
                end = datetime.combine(day, closes, tzinfo=local.tzinfo)
                if end > local:
                    yield begin, end


def read_schedules(account_ids: Iterable[int], *, since: datetime) -> dict[int, Schedule]:
    """Return the schedules of accounts for moments not before `since`, in two queries."""
    wanted = list(account_ids)
    days = Days(start=timezone.localtime(since).date())
    spans: dict[int, dict[int, list[Span]]] = {}
    for row in OfficeHours.objects.filter(account__in=wanted).order_by("weekday", "opens"):
        own = spans.setdefault(row.account_id, {})
        own.setdefault(row.weekday, []).append((row.opens, row.closes))
    return {
        account_id: Schedule(days, {day: tuple(some) for day, some in spans[account_id].items()})
        if account_id in spans
        else Schedule(days)
        for account_id in wanted
    }


def back_by_account(accounts: Sequence[str], now: datetime) -> Back:
    """Return when people are there again, or None while they are: what the robot says.

    In three queries however many accounts there are.
    """
    rows = OfficeHours.objects.filter(account__slug__in=accounts)
    ids = dict(rows.values_list("account__slug", "account_id").distinct().order_by())
    schedules = read_schedules(ids.values(), since=now) if ids else {}
    back = dict(working_days_nine_to_five(accounts, now))
    for slug, account_id in ids.items():
        schedule = schedules[account_id]
        back[slug] = None if schedule.is_open(now) else schedule.opens_at(now)
    return back


def find_rule(*, region_code: str, on: date) -> Rule | None:
    """Return the rule for the first answer; one of the region wins over the national one."""
    rows = Rule.objects.in_force(on).filter(key=RULE, region_code__in=("", region_code))
    return rows.order_by("-region_code", "-valid_from").first()


def deadline_of(schedule: Schedule, rule: Rule | None, asked_at: datetime) -> Deadline | None:
    """Return by when somebody who called at that moment must have a first answer.

    Outside the hours the time runs from when people are there again. Without a rule in force, or
    with a unit that is no time, there is no deadline: nobody guesses one.
    """
    if rule is None:
        return None
    start = schedule.opens_at(asked_at)
    match rule.unit:
        case Rule.Unit.HOUR:
            at = schedule.after_hours(start, rule.amount)
        case Rule.Unit.WORKDAY:
            day = add_workdays(start=start.date(), amount=rule.amount).day
            at = schedule.closes_on(day)
        case Rule.Unit.DAY:
            at = schedule.closes_on(start.date() + timedelta(days=rule.amount))
        case _:
            return None
    return Deadline(at, f"{rule.amount} {rule.get_unit_display()}", rule.source)
