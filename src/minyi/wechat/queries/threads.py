# SPDX-License-Identifier: Apache-2.0
"""One conversation as the desk reads it: what was said, by whom, what became of it, and what may
still be sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from minyi.citizens.notices import list_purposes
from minyi.core.errors import Words
from minyi.wechat.models import ChatMessage, Contact, Conversation, DeskNote, Outgoing
from minyi.wechat.models.outgoing import OutgoingChannel
from minyi.wechat.outgoing import ways
from minyi.wechat.outgoing.purposes import DESK_REPLY
from minyi.wechat.outgoing.reasons import Reason, reason_for
from minyi.wechat.outgoing.ways import NoWay
from minyi.wechat.outgoing.windows import ALLOWANCES, closes_at, messages_left

from .accounts import find_account
from .situations import read_situation

MOST = 60
Direction, State = ChatMessage.Direction, ChatMessage.State
_LINK = re.compile(r"<a\b[^>]*>(.*?)</a>", re.DOTALL)
_EVENTS: Mapping[str, Words] = {
    "subscribe": _("关注了公众号"),
    "unsubscribe": _("取消了关注"),
    "SCAN": _("扫描了二维码"),
    "scancode_push": _("用菜单扫了码"),
    "scancode_waitmsg": _("用菜单扫了码"),
    "subscribe_msg_popup_event": _("在订阅通知弹窗中作了选择"),
    "subscribe_msg_change_event": _("修改了订阅通知"),
}
_KINDS: Mapping[str, Words] = {
    "image": _("图片"),
    "voice": _("语音"),
    "video": _("视频"),
    "shortvideo": _("小视频"),
    "location": _("位置"),
    "link": _("链接"),
    "news": _("图文卡片"),
}
FETCHED = ("image", "voice")  # what can be shown or saved here


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the thread. `side`: citizen, robot, staff, event (theirs) or desk (only ours)."""

    pk: int
    side: str
    at: datetime
    author: str
    text: str
    label: Words = ""
    media: str = ""  # image or voice, to be fetched by the message's number
    is_ai: bool = False
    state: str = ""  # sending, sent, failed
    reason: Reason | None = None
    outgoing_id: int | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """The end of a conversation. `seen`: the newest message here, for refusing late answers."""

    entries: tuple[Entry, ...]
    seen: int
    earlier: int | None  # ask for what lies before this message


@dataclass(frozen=True, slots=True)
class ReplyWay:
    """How an answer would go now. `channel` is empty where there is no way."""

    channel: str
    left: int
    closes_at: datetime | None
    trigger: str
    obstacle: Reason | None = None

    @property
    def is_chat(self) -> bool:
        return self.channel == ways.SERVICE

    @property
    def channel_name(self) -> Words:
        return OutgoingChannel(self.channel).label if self.channel else ""


def read_thread(talk: Conversation, *, before: int | None = None) -> Thread:
    """Return the newest messages, or those before one; notices and the desk's own lines between."""
    rows = ChatMessage.objects.filter(conversation=talk).select_related("author")
    if before is not None:
        rows = rows.filter(pk__lt=before)
    newest = list(rows.order_by("-pk")[: MOST + 1])
    messages = newest[:MOST][::-1]
    begins = messages[0].sent_at if len(newest) > MOST else None
    ends = messages[-1].sent_at if messages and before is not None else None
    span = {"gte": begins, "lte": ends}
    outgoing = _outgoing_of(talk.contact)
    by_key = {row.key: row.pk for row in outgoing if row.purpose == DESK_REPLY.key}
    lines = chain(
        (((m.sent_at, 1, m.pk), _message(m, by_key)) for m in messages),
        (
            ((o.asked_at, 2, o.pk), _notice(o))
            for o in outgoing
            if o.purpose != DESK_REPLY.key and _within(o.asked_at, begins, ends)
        ),
        (
            ((n.at, 0, n.pk), _note(n))
            for n in DeskNote.objects.filter(
                conversation=talk, **{f"at__{k}": v for k, v in span.items() if v is not None}
            )
        ),
    )
    return Thread(
        entries=tuple(entry for _key, entry in sorted(lines, key=lambda line: line[0])),
        seen=messages[-1].pk if messages else 0,
        earlier=messages[0].pk if len(newest) > MOST else None,
    )


def find_reply_way(contact: Contact, *, slug: str, now: datetime) -> ReplyWay:
    """Return how an answer of the desk would reach this person now."""
    account = find_account(slug, secrets={})
    if account is None:
        raise LookupError(slug)  # the foreign key keeps it from going away
    probe = Outgoing(
        account_id=contact.account_id, openid=contact.openid, purpose=DESK_REPLY.key, refused={}
    )
    situation = read_situation(probe, account=account, now=now)
    # What waits for the worker has not been taken from the window yet.
    waiting = Outgoing.objects.filter(
        account=contact.account_id, openid=contact.openid, state=Outgoing.State.WAITING
    ).count()
    left = max(0, situation.service_left - waiting)
    way = ways.find_way(replace(situation, service_left=left), is_answer=True)
    if isinstance(way, NoWay):
        code = way.each.get(ways.SERVICE, way.reason)
        channel, obstacle = "", reason_for(code)
    else:
        channel, obstacle = way.channel, None
    return ReplyWay(
        channel=channel,
        left=left,
        closes_at=closes_at(kind=contact.window_kind, at=contact.window_at),
        trigger=contact.window_kind,
        obstacle=obstacle,
    )


def window_words(contact: Contact, *, now: datetime) -> tuple[Words, int]:
    """Return why we may write to this person, and for how many messages that began."""
    allowance = ALLOWANCES.get(contact.window_kind)
    open_now = messages_left(
        kind=contact.window_kind, at=contact.window_at, left=contact.window_left, now=now
    )
    if allowance is None or not open_now:
        return "", 0
    return Contact.WindowKind(contact.window_kind).label, allowance.messages


def _outgoing_of(contact: Contact) -> list[Outgoing]:
    rows = Outgoing.objects.filter(account=contact.account_id, openid=contact.openid)
    return list(rows.order_by("-pk")[: 2 * MOST])


def _within(at: datetime, begins: datetime | None, ends: datetime | None) -> bool:
    return (begins is None or at >= begins) and (ends is None or at <= ends)


def _message(row: ChatMessage, by_key: Mapping[str, int]) -> Entry:
    side = row.author_kind
    text, label = _LINK.sub(r"\1", row.text), _KINDS.get(row.kind, "")
    if row.direction == Direction.IN and row.kind == "event":
        side, text, label = "event", "", _event_words(row.text)
    is_ours = row.direction == Direction.OUT and row.state != State.RECEIVED
    return Entry(
        pk=row.pk,
        side=side,
        at=row.sent_at,
        author=str(row.author) if row.author else "",
        text=text,
        label=label,
        media=row.kind if row.kind in FETCHED and row.media_id else "",
        is_ai=row.is_ai,
        state=row.state if is_ours else "",
        reason=reason_for(row.reason),
        outgoing_id=by_key.get(row.identity or ""),
    )


def _event_words(text: str) -> Words:
    name, _space, key = text.partition(" ")
    if name == "CLICK":
        return format_lazy(_("点击了菜单“{key}”"), key=key.removeprefix("say:"))
    return _EVENTS.get(name, name)


_FAILED = (Outgoing.State.UNKNOWN, Outgoing.State.NONE, Outgoing.State.FAILED)


def message_state(outgoing: Outgoing) -> str:
    """Return the state of a message of the outbox as a conversation tells it."""
    if outgoing.state == Outgoing.State.SENT:
        return State.SENT.value
    return State.FAILED.value if outgoing.state in _FAILED else State.SENDING.value


def _notice(row: Outgoing) -> Entry:
    """Tell of a notice; only what answers the conversation itself is repeated here."""
    title = next((p.title for p in list_purposes() if p.key == row.purpose), row.purpose)
    return Entry(
        pk=row.pk,
        side="robot",
        at=row.asked_at,
        author="",
        text=row.text if row.purpose.startswith("wechat.") else "",
        label=title,
        is_ai=row.is_ai,
        state=message_state(row),
        reason=reason_for(row.reason),
        outgoing_id=row.pk,
    )


def _note(row: DeskNote) -> Entry:
    label: Words = DeskNote.Kind(row.kind).label
    if row.other_name:
        label = format_lazy("{what}：{who}", what=label, who=row.other_name)
    is_remark = row.kind == DeskNote.Kind.REMARK
    return Entry(
        pk=row.pk,
        side="remark" if is_remark else "desk",
        at=row.at,
        author=row.author_name,
        text=row.text,
        label=label,
    )
