# SPDX-License-Identifier: Apache-2.0
"""Conversations as the desk finds them, and people who sit there."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from minyi.agencies.models import User
from minyi.agencies.policies import Role
from minyi.agencies.tests.given import given_staff
from minyi.core.models import Rule
from minyi.wechat.models import ChatMessage, Contact, Conversation, DutyShift
from minyi.wechat.tests.given_outgoing import Office

CHINA = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 16)
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=CHINA)  # a Friday


def china(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in China."""
    return datetime(2026, 11, day, hour, minute, tzinfo=CHINA)


def given_rule(amount: int = 2, unit: str = "hour") -> Rule:
    """The rule for the first answer, in place of the one the migration wrote."""
    Rule.objects.filter(key="desk.first_answer").delete()
    return Rule.objects.create(
        key="desk.first_answer",
        amount=amount,
        unit=unit,
        source="规则依据（示例）",
        valid_from=date(2021, 1, 1),
    )


def given_clerk(office: Office, name: str = "") -> User:
    clerk = given_staff(office.account.agency, Role.CASE_WORKER)
    if name:
        clerk.first_name = name
        clerk.save()
    return clerk


def given_conversation(
    office: Office,
    *,
    said: str = "我的申请到哪一步了？",
    waits: timedelta | None = timedelta(minutes=5),
    window: int = 5,
    openid: str = "oCitizen0000000000000000001a",
    **fields: object,
) -> Conversation:
    """Somebody who wrote; `waits`: for a person, since that long."""
    now = office.clock.now
    contact = office.given_contact(window=window, openid=openid)
    waiting = {"state": "waiting", "waiting_since": now - waits} if waits is not None else {}
    talk = Conversation.objects.create(
        contact=contact, last_at=now, last_text=said, **{"unread": 1, **waiting, **fields}
    )
    given_said(talk, said, at=now)
    return talk


def given_said(talk: Conversation, text: str, *, at: datetime, **fields: object) -> ChatMessage:
    """A message of the citizen."""
    values = {
        "direction": "in",
        "kind": "text",
        "author_kind": "citizen",
        "state": "received",
        **fields,
    }
    return ChatMessage.objects.create(conversation=talk, text=text, sent_at=at, **values)


def given_shift(
    office: Office, user: User, day: date, begins: int = 9, ends: int = 17
) -> DutyShift:
    return DutyShift.objects.create(
        account=office.account, user=user, day=day, begins=time(begins), ends=time(ends)
    )


def seed_conversation(contact: Contact) -> Conversation:
    """A conversation with a picture, for walks through every page."""
    talk = Conversation.objects.create(
        contact=contact, last_at=contact.last_seen_at, last_text="示例图片", state="waiting"
    )
    given_said(talk, "示例图片", at=contact.last_seen_at, kind="image", media_id="示例素材")
    return talk
