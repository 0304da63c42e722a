# SPDX-License-Identifier: Apache-2.0
"""Who is on duty, who may be, and the week as a table."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import F
from django.utils import timezone

from minyi.agencies.models import Post
from minyi.agencies.policies import GRANTS
from minyi.core.workdays import DayKind
from minyi.wechat.models import Conversation, DutyShift, QuickReply

from .desk import WAITING
from .office_hours import Schedule, Span

DESK = "wechat.desk"
MOST_OFFERED = 500
DESK_ROLES = [role for role, granted in GRANTS.items() if DESK in granted]


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody who may answer citizens."""

    pk: int
    name: str
    title: str
    is_on_duty: bool = False


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Somebody who is on duty now, and until when."""

    user_id: int
    account_id: int
    name: str
    until: time


@dataclass(frozen=True, slots=True)
class ShiftRow:
    pk: int
    name: str
    begins: time
    ends: time


@dataclass(frozen=True, slots=True)
class DutyDay:
    """One column of the week. `kind` tells a holiday or a make-up working day."""

    day: date
    is_today: bool
    kind: DayKind
    spans: tuple[Span, ...]
    shifts: tuple[ShiftRow, ...]

    @property
    def is_made_up(self) -> bool:
        """Tell whether it is a working day at a weekend."""
        return self.kind is DayKind.WORKDAY and self.day.weekday() >= 5

    @property
    def is_holiday(self) -> bool:
        return self.kind is DayKind.HOLIDAY


@dataclass(frozen=True, slots=True)
class QuickText:
    pk: int
    title: str
    text: str


def list_on_duty(account_ids: Iterable[int], *, now: datetime) -> list[OnDuty]:
    """Return who is on duty now in these accounts."""
    local = timezone.localtime(now)
    rows = DutyShift.objects.filter(
        account__in=list(account_ids),
        day=local.date(),
        begins__lte=local.time(),
        ends__gt=local.time(),
        user__is_active=True,
    ).select_related("user")
    return [OnDuty(row.user_id, row.account_id, str(row.user), row.ends) for row in rows]


def offer_waiting(account_ids: Iterable[int], *, on_duty: Sequence[OnDuty]) -> Mapping[int, OnDuty]:
    """Return to whom of those on duty each waiting conversation is offered first.

    Whoever waits longest goes to the person with the fewest conversations, and so on: everybody
    at the desk is shown the same. It is an offer; whoever holds the permission may take any.
    """
    if not on_duty:
        return {}
    people: dict[int, list[OnDuty]] = {}
    for one in on_duty:
        people.setdefault(one.account_id, []).append(one)
    held = Conversation.objects.filter(
        state=Conversation.State.PERSON, assignee__in={one.user_id for one in on_duty}
    )
    load = Counter(held.values_list("assignee", flat=True))
    waiting = Conversation.objects.filter(WAITING, contact__account__in=list(account_ids))
    in_order = waiting.order_by(F("waiting_since").asc(nulls_last=True), "pk")
    offers: dict[int, OnDuty] = {}
    for pk, account_id in in_order.values_list("pk", "contact__account")[:MOST_OFFERED]:
        if account_id in people:
            chosen = min(people[account_id], key=lambda one: (load[one.user_id], one.user_id))
            load[chosen.user_id] += 1
            offers[pk] = chosen
    return offers


def list_colleagues(*, agency_id: int, on: date, on_duty: Iterable[int] = ()) -> list[Colleague]:
    """Return who may answer in that agency, those on duty first."""
    posts = Post.objects.current(on).filter(agency_id=agency_id, role__in=DESK_ROLES)
    there = set(on_duty)
    found = {
        post.user_id: Colleague(
            post.user_id, str(post.user), post.title, is_on_duty=post.user_id in there
        )
        for post in posts.select_related("user").order_by("user__first_name")
    }
    return sorted(found.values(), key=lambda one: not one.is_on_duty)


def list_week(*, account_id: int, monday: date, schedule: Schedule, today: date) -> list[DutyDay]:
    """Return seven days with their hours and shifts."""
    sunday = monday + timedelta(days=6)
    rows = DutyShift.objects.filter(account=account_id, day__range=(monday, sunday))
    shifts: dict[date, list[ShiftRow]] = {}
    for row in rows.select_related("user"):
        shift = ShiftRow(row.pk, str(row.user), row.begins, row.ends)
        shifts.setdefault(row.day, []).append(shift)
    week = [monday + timedelta(days=offset) for offset in range(7)]
    return [
        DutyDay(
            day=day,
            is_today=day == today,
            kind=schedule.days.kind_of(day),
            spans=schedule.spans_on(day),
            shifts=tuple(shifts.get(day, ())),
        )
        for day in week
    ]


def list_quick_texts(account_id: int) -> list[QuickText]:
    """Return an account's quick replies, in their order."""
    rows = QuickReply.objects.filter(account=account_id)
    return [QuickText(row.pk, row.title, row.text) for row in rows]
