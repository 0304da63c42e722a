# SPDX-License-Identifier: Apache-2.0
"""The inbox of the staff desk: conversations by who answers, with how long somebody has waited."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from minyi.agencies.models import OfficialAccount
from minyi.core.models import Rule
from minyi.wechat.models import ChatMessage, Conversation, Handling

from .office_hours import Deadline, Schedule, deadline_of, find_rule, read_schedules

PAGE = 30
State = Conversation.State
# Somebody waits, or was left behind: the colleague who held it has no login any more.
WAITING = Q(state=State.WAITING) | Q(state=State.PERSON, assignee=None)


@dataclass(frozen=True, slots=True)
class DeskFilter:
    """What the inbox is narrowed to."""

    state: str = "waiting"  # waiting, mine, colleague, robot, closed, all
    words: str = ""
    account_id: int | None = None


@dataclass(frozen=True, slots=True)
class DeskCounts:
    waiting: int
    mine: int
    colleague: int


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One line of the inbox. `due_at`: when the first answer is due; empty once it was given."""

    pk: int
    who: str
    account: str
    state: str  # waiting, mine, colleague, robot, closed
    holder: str
    last_text: str
    last_at: datetime
    unread: int
    waiting_since: datetime | None
    promised_at: datetime | None  # they called outside the hours: when people are there
    due_at: datetime | None
    is_overdue: bool


@dataclass(frozen=True, slots=True)
class Clockwork:
    """The schedules and rules of the accounts a person looks after."""

    schedules: Mapping[int, Schedule]
    rules: Mapping[int, Rule | None]

    def deadline_of(self, account_id: int, asked_at: datetime) -> Deadline | None:
        """Return by when a first answer is due."""
        return deadline_of(self.schedules[account_id], self.rules[account_id], asked_at)

    def promised_at(self, account_id: int, asked_at: datetime) -> datetime | None:
        """Return when people are there again, for who called while nobody was."""
        schedule = self.schedules[account_id]
        return None if schedule.is_open(asked_at) else schedule.opens_at(asked_at)


def read_clockwork(
    accounts: Sequence[OfficialAccount], *, since: datetime, now: datetime
) -> Clockwork:
    """Return what deadlines of these accounts need, for calls not before `since`."""
    regions = {account.pk: account.agency.region.code for account in accounts}
    today = timezone.localtime(now).date()
    by_region = {code: find_rule(region_code=code, on=today) for code in set(regions.values())}
    return Clockwork(
        schedules=read_schedules(regions, since=since),
        rules={pk: by_region[code] for pk, code in regions.items()},
    )


def list_conversations(
    *,
    accounts: Sequence[OfficialAccount],
    user_id: int,
    chosen: DeskFilter,
    page: int,
    now: datetime,
) -> tuple[list[ConversationRow], Page[Any]]:
    """Return one page of the inbox; who waits longest comes first."""
    rows = _narrowed(_all_of(accounts), chosen, user_id)
    open_one = Handling.objects.filter(conversation=OuterRef("pk"), ended_at=None)
    rows = rows.annotate(
        due=Subquery(open_one.filter(answered_at=None).values("due_at")[:1]),
        is_closed=_is_closed(),
    ).select_related("contact__account", "assignee")
    order = [F("waiting_since").asc(nulls_last=True)] if chosen.state == "waiting" else []
    found = Paginator(rows.order_by(*order, "-last_at", "-pk"), PAGE).get_page(page)
    talks = list(found)
    waited = [talk.waiting_since for talk in talks if talk.waiting_since]
    clockwork = read_clockwork(accounts, since=min([*waited, now]), now=now)
    return [_row(talk, user_id, clockwork, now) for talk in talks], found


def count_conversations(*, accounts: Sequence[OfficialAccount], user_id: int) -> DeskCounts:
    """Return how many wait, how many are mine and how many my colleagues'."""
    person = Q(state=State.PERSON)
    counted = _all_of(accounts).aggregate(
        waiting=Count("pk", filter=WAITING),
        mine=Count("pk", filter=person & Q(assignee=user_id)),
        colleague=Count("pk", filter=person & Q(assignee__isnull=False) & ~Q(assignee=user_id)),
    )
    return DeskCounts(**counted)


def waiting_since_by_conversation(
    accounts: Sequence[OfficialAccount],
) -> dict[int, datetime | None]:
    """Return since when each conversation waits."""
    return dict(_all_of(accounts).filter(WAITING).values_list("pk", "waiting_since"))


def state_of(talk: Conversation, user_id: int, *, is_closed: bool) -> str:
    """Return who answers, as the desk says it."""
    if talk.state == State.WAITING or (talk.state == State.PERSON and talk.assignee_id is None):
        return "waiting"
    if talk.state == State.PERSON:
        return "mine" if talk.assignee_id == user_id else "colleague"
    return "closed" if is_closed else "robot"


def is_closed(talk: Conversation) -> bool:
    """Tell whether a person closed it and nothing was said since."""
    ends = Handling.objects.filter(
        conversation=talk, ended_how=Handling.End.CLOSED, ended_at__gte=talk.last_at
    )
    return talk.state == State.ROBOT and ends.exists()


def _all_of(accounts: Sequence[OfficialAccount]) -> QuerySet[Conversation]:
    return Conversation.objects.filter(contact__account__in=[account.pk for account in accounts])


def _is_closed() -> Exists:
    """Closed by a person, and nothing said since: after the next word the robot has it."""
    ends = Handling.objects.filter(
        conversation=OuterRef("pk"),
        ended_how=Handling.End.CLOSED,
        ended_at__gte=OuterRef("last_at"),
    )
    return Exists(ends)


def _narrowed(
    rows: QuerySet[Conversation], chosen: DeskFilter, user_id: int
) -> QuerySet[Conversation]:
    if chosen.account_id is not None:
        rows = rows.filter(contact__account=chosen.account_id)
    if chosen.words:
        said = ChatMessage.objects.filter(conversation=OuterRef("pk"), text__icontains=chosen.words)
        rows = rows.filter(
            Exists(said)
            | Q(contact__remark__icontains=chosen.words)
            | Q(contact__openid__iendswith=chosen.words)
        )
    match chosen.state:
        case "waiting":
            return rows.filter(WAITING)
        case "mine":
            return rows.filter(state=State.PERSON, assignee=user_id)
        case "colleague":
            held = rows.filter(state=State.PERSON, assignee__isnull=False)
            return held.exclude(assignee=user_id)
        case "robot":
            return rows.filter(~_is_closed(), state=State.ROBOT)
        case "closed":
            return rows.filter(_is_closed(), state=State.ROBOT)
    return rows


def _row(talk: Conversation, user_id: int, clockwork: Clockwork, now: datetime) -> ConversationRow:
    account_id, since = talk.contact.account_id, talk.waiting_since
    state = state_of(talk, user_id, is_closed=talk.is_closed)  # type: ignore[attr-defined]
    due_at, promised_at = talk.due, None  # type: ignore[attr-defined]
    if state == "waiting" and since is not None:
        deadline = clockwork.deadline_of(account_id, since)
        due_at = deadline.at if deadline else None
        promised_at = clockwork.promised_at(account_id, since)
    return ConversationRow(
        pk=talk.pk,
        who=str(talk.contact),
        account=talk.contact.account.name,
        state=state,
        holder=str(talk.assignee) if talk.assignee else "",
        last_text=talk.last_text,
        last_at=talk.last_at,
        unread=talk.unread,
        waiting_since=since if state == "waiting" else None,
        promised_at=promised_at,
        due_at=due_at,
        is_overdue=due_at is not None and due_at < now,
    )
