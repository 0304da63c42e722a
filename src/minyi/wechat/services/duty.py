# SPDX-License-Identifier: Apache-2.0
"""Office hours, shifts and quick replies: what the desk's office sets for an account."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.errors import (
    NotAColleague,
    NothingToCopy,
    QuickReplyExists,
    RowNotFound,
    ShiftOverlaps,
    SpansOverlap,
)
from minyi.wechat.models import DutyShift, OfficeHours, QuickReply, Weekday
from minyi.wechat.queries.duty import list_colleagues

DUTY = "wechat.duty"
WEEK = timedelta(days=7)


class HoursSpan(NamedTuple):
    """From when to when people answer on one weekday."""

    weekday: int
    opens: time
    closes: time


@transaction.atomic
def set_hours(
    *, account: OfficialAccount, spans: Sequence[HoursSpan], actor: Actor, now: datetime
) -> None:
    """Replace an account's office hours; none at all means the default."""
    actor.check(DUTY, account.agency_id)
    ordered = sorted(spans)
    for first, second in pairwise(ordered):
        if first.weekday == second.weekday and second.opens < first.closes:
            raise SpansOverlap(day=Weekday(first.weekday).label)
    OfficeHours.objects.filter(account=account).delete()
    OfficeHours.objects.bulk_create(
        OfficeHours(account=account, **span._asdict()) for span in ordered
    )
    audit.record(
        actor=actor,
        act="wechat.hours.changed",
        target=account,
        now=now,
        agency_id=account.agency_id,
        spans=[f"{s.weekday} {s.opens:%H:%M}-{s.closes:%H:%M}" for s in ordered],
    )


@transaction.atomic
def add_shift(
    *,
    account: OfficialAccount,
    user_id: int,
    day: date,
    begins: time,
    ends: time,
    actor: Actor,
    now: datetime,
) -> DutyShift:
    """Put somebody on duty."""
    actor.check(DUTY, account.agency_id)
    colleagues = list_colleagues(
        agency_id=account.agency_id, on=max(day, timezone.localtime(now).date())
    )
    if user_id not in {one.pk for one in colleagues}:
        raise NotAColleague
    _check_free(account, user_id, day, begins, ends)
    shift = DutyShift.objects.create(
        account=account, user_id=user_id, day=day, begins=begins, ends=ends
    )
    _record("shift.added", shift, account, actor, now)
    return shift


@transaction.atomic
def remove_shift(*, shift: DutyShift, actor: Actor, now: datetime) -> None:
    """Take somebody off duty."""
    actor.check(DUTY, shift.account.agency_id)
    _record("shift.removed", shift, shift.account, actor, now)
    shift.delete()


@transaction.atomic
def copy_week(*, account: OfficialAccount, monday: date, actor: Actor, now: datetime) -> int:
    """Repeat the week before; what is there already stays, who has left is left out."""
    actor.check(DUTY, account.agency_id)
    rows = DutyShift.objects.filter(account=account)
    before = rows.filter(day__range=(monday - WEEK, monday - timedelta(days=1)))
    there = {one.pk for one in list_colleagues(agency_id=account.agency_id, on=monday)}
    taken = {
        (row.user_id, row.day): True
        for row in rows.filter(day__range=(monday, monday + timedelta(days=6)))
    }
    copies = [
        DutyShift(
            account=account,
            user_id=row.user_id,
            day=row.day + WEEK,
            begins=row.begins,
            ends=row.ends,
        )
        for row in before
        if row.user_id in there and (row.user_id, row.day + WEEK) not in taken
    ]
    if not copies:
        raise NothingToCopy
    DutyShift.objects.bulk_create(copies)
    audit.record(
        actor=actor,
        act="wechat.shifts.copied",
        target=account,
        now=now,
        agency_id=account.agency_id,
        monday=monday,
        shifts=len(copies),
    )
    return len(copies)


@transaction.atomic
def save_quick_reply(
    *,
    account: OfficialAccount,
    title: str,
    text: str,
    actor: Actor,
    now: datetime,
    quick_reply_id: int | None = None,
) -> QuickReply:
    """Add a quick reply at the end, or change one."""
    actor.check(DUTY, account.agency_id)
    rows = QuickReply.objects.filter(account=account)
    if rows.filter(title=title).exclude(pk=quick_reply_id).exists():
        raise QuickReplyExists(title=title)
    if quick_reply_id is None:
        last = rows.aggregate(last=Max("order"))["last"] or 0
        reply = QuickReply(account=account, order=last + 1)
    else:
        reply = _quick_reply(account, quick_reply_id)
    reply.title, reply.text = title, text
    reply.save()
    _record("quick_reply.saved", reply, account, actor, now)
    return reply


@transaction.atomic
def move_quick_reply(*, reply: QuickReply, steps: int, actor: Actor, now: datetime) -> None:
    """Move a quick reply up (-1) or down (1)."""
    actor.check(DUTY, reply.account.agency_id)
    rows = list(QuickReply.objects.select_for_update().filter(account=reply.account))
    place = next(index for index, row in enumerate(rows) if row.pk == reply.pk)
    other = place + steps
    if not 0 <= other < len(rows):
        return
    rows[place], rows[other] = rows[other], rows[place]
    for order, row in enumerate(rows, start=1):
        row.order = order
    QuickReply.objects.bulk_update(rows, ["order"])
    _record("quick_reply.moved", reply, reply.account, actor, now)


@transaction.atomic
def delete_quick_reply(*, reply: QuickReply, actor: Actor, now: datetime) -> None:
    """Delete a quick reply."""
    actor.check(DUTY, reply.account.agency_id)
    _record("quick_reply.deleted", reply, reply.account, actor, now)
    reply.delete()


def _check_free(
    account: OfficialAccount, user_id: int, day: date, begins: time, ends: time
) -> None:
    rows = DutyShift.objects.filter(account=account, user=user_id, day=day)
    other = rows.filter(begins__lt=ends, ends__gt=begins).select_related("user").first()
    if other is not None:
        span = f"{other.begins:%H:%M}–{other.ends:%H:%M}"
        raise ShiftOverlaps(who=str(other.user), span=span)


def _quick_reply(account: OfficialAccount, quick_reply_id: int) -> QuickReply:
    rows = QuickReply.objects.filter(account=account, pk=quick_reply_id)
    found: QuickReply | None = rows.first()
    if found is None:
        raise RowNotFound
    return found


def _record(
    act: str,
    target: DutyShift | QuickReply,
    account: OfficialAccount,
    actor: Actor,
    now: datetime,
) -> None:
    audit.record(
        actor=actor, act=f"wechat.{act}", target=target, now=now, agency_id=account.agency_id
    )
