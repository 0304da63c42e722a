# SPDX-License-Identifier: Apache-2.0
"""The desk's acts on one conversation: take it, answer, hand it on, give it back, close it.

Whoever holds a conversation answers; its row is locked while that is decided, so two clicks at
once end with one holder. The audit trail names acts and lengths, never the citizen's words.
"""

from datetime import datetime
from typing import TypeAlias

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from minyi.citizens.notices import Notice
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.callback.changes import tell_change
from minyi.wechat.errors import (
    AlreadyHeld,
    AnswerStale,
    AnswerUnfit,
    ConversationNotFound,
    HolderChanged,
    NotAColleague,
    NotHeld,
    NoWayToAnswer,
    ReasonMissing,
)
from minyi.wechat.models import ChatMessage, Conversation, DeskNote, Handling
from minyi.wechat.models.desk import TalkQuerySet
from minyi.wechat.outgoing.carrier import LONGEST_TEXT
from minyi.wechat.outgoing.purposes import DESK_REPLY
from minyi.wechat.outgoing.ways import SERVICE
from minyi.wechat.queries.desk import read_clockwork
from minyi.wechat.queries.duty import DESK, list_colleagues
from minyi.wechat.queries.threads import find_reply_way

from .inbox import LONGEST_LAST_TEXT
from .outgoing import send_to_citizen

State = Conversation.State
Kind: TypeAlias = DeskNote.Kind
End: TypeAlias = Handling.End
NONCE_LENGTH = 32


@transaction.atomic
def take_over(*, conversation_id: int, actor: Actor, now: datetime) -> None:
    """Become the one who answers; taking twice is harmless, a colleague's is refused."""
    talk = _lock(conversation_id, actor)
    if _holds(talk, actor):
        return
    if talk.state == State.PERSON and talk.assignee is not None:
        raise AlreadyHeld(who=str(talk.assignee))
    _begin(talk, actor, now)
    _note(talk, Kind.TAKEN, actor, now)
    _record("taken", talk, actor, now)


@transaction.atomic
def take_from_colleague(
    *, conversation_id: int, holder_id: int, reason: str, actor: Actor, now: datetime
) -> None:
    """Take a conversation from the colleague who was seen to hold it; the reason stays."""
    talk = _lock(conversation_id, actor)
    if _holds(talk, actor):
        return
    if talk.state != State.PERSON or talk.assignee_id != holder_id:
        raise HolderChanged
    if not reason.strip():
        raise ReasonMissing
    was = str(talk.assignee)
    _handling(talk).update(staff=int(actor.id))
    _hold(talk, int(actor.id))
    _note(talk, Kind.TAKEN_FROM, actor, now, other=was, text=reason.strip())
    _record("taken_from_colleague", talk, actor, now, was=was)


@transaction.atomic
def hand_over(*, conversation_id: int, colleague_id: int, actor: Actor, now: datetime) -> None:
    """Hand a conversation one holds to a colleague."""
    talk = _lock_held(conversation_id, actor)
    if colleague_id == int(actor.id):
        return
    agency_id = talk.contact.account.agency_id
    colleagues = list_colleagues(agency_id=agency_id, on=timezone.localtime(now).date())
    colleague = next((one for one in colleagues if one.pk == colleague_id), None)
    if colleague is None:
        raise NotAColleague
    _handling(talk).update(staff=colleague_id)
    _hold(talk, colleague_id)
    _note(talk, Kind.HANDED, actor, now, other=colleague.name)
    _record("handed", talk, actor, now, to=colleague.name)


@transaction.atomic
def put_back(*, conversation_id: int, actor: Actor, now: datetime) -> None:
    """Let somebody else take it: it waits again, from now on."""
    talk = _lock_held(conversation_id, actor)
    _end(talk, End.QUEUED, now)
    _set(talk, state=State.WAITING, assignee=None, waiting_since=now)
    _note(talk, Kind.QUEUED, actor, now)
    _record("queued", talk, actor, now)


@transaction.atomic
def give_to_robot(*, conversation_id: int, actor: Actor, now: datetime) -> None:
    """Let the robot answer again, and tell the citizen so while they can be written to."""
    talk = _finish(conversation_id, End.ROBOT, Kind.ROBOT, "given_to_robot", actor, now)
    if find_reply_way(talk.contact, slug=talk.contact.account.slug, now=now).channel == SERVICE:
        _tell_of_robot(talk, now)


@transaction.atomic
def close(*, conversation_id: int, actor: Actor, now: datetime) -> None:
    """End the conversation: what the citizen says next begins a new one with the robot."""
    _finish(conversation_id, End.CLOSED, Kind.CLOSED, "closed", actor, now)


@transaction.atomic
def answer(
    *, conversation_id: int, words: str, nonce: str, seen: int, actor: Actor, now: datetime
) -> ChatMessage:
    """Answer the citizen; the outbox sends it after this transaction.

    The same `nonce` once more is the same answer: a double click sends once. `seen` is the newest
    message its writer had before their eyes.
    """
    talk = _lock(conversation_id, actor)
    identity = _identity(talk, nonce)
    said = ChatMessage.objects.filter(identity=identity).first()
    if said is not None:
        return said
    if not _holds(talk, actor):
        raise NotHeld
    words = words.strip()
    _check_words(words)
    if talk.messages.filter(pk__gt=seen).exists():
        raise AnswerStale
    _check_way(talk, now)
    message = _send(talk, words, identity=identity, author_id=int(actor.id), now=now)
    _set(talk, last_at=now, last_text=words[:LONGEST_LAST_TEXT], unread=0, unanswered=0)
    _handling(talk).filter(answered_at=None).update(answered_at=now)
    _record("answered", talk, actor, now, letters=len(words))
    return message


@transaction.atomic
def write_note(*, conversation_id: int, text: str, actor: Actor, now: datetime) -> None:
    """Add a remark for colleagues; the citizen never sees it."""
    talk = _lock(conversation_id, actor)
    text = text.strip()
    if not text:
        raise AnswerUnfit(why=_("备注没有内容。"))
    note = _note(talk, Kind.REMARK, actor, now, text=text[:1000])
    _record("noted", talk, actor, now, target=note)


def mark_read(*, conversation_id: int, seen: int, actor: Actor) -> None:
    """Take note that the holder has read everything up to that message."""
    held = Conversation.objects.visible_to(actor).filter(
        pk=conversation_id, assignee=int(actor.id), unread__gt=0
    )
    newer = ChatMessage.objects.filter(conversation=conversation_id, pk__gt=seen)
    if not newer.exists():
        held.update(unread=0)


def _lock(conversation_id: int, actor: Actor) -> Conversation:
    rows = Conversation.objects.visible_to(actor).select_for_update(of=("self",))
    talk = rows.select_related("contact__account__agency__region", "assignee")
    found: Conversation | None = talk.filter(pk=conversation_id).first()
    if found is None:
        raise ConversationNotFound
    actor.check(DESK, found.contact.account.agency_id)
    return found


def _lock_held(conversation_id: int, actor: Actor) -> Conversation:
    talk = _lock(conversation_id, actor)
    if not _holds(talk, actor):
        raise NotHeld
    return talk


def _holds(talk: Conversation, actor: Actor) -> bool:
    return talk.state == State.PERSON and talk.assignee_id == int(actor.id)


def _begin(talk: Conversation, actor: Actor, now: datetime) -> None:
    asked_at, due_at = talk.waiting_since, None
    if asked_at is not None:
        account = talk.contact.account
        clockwork = read_clockwork([account], since=min(asked_at, now), now=now)
        deadline = clockwork.deadline_of(account.pk, asked_at)
        due_at = deadline.at if deadline else None
    _end(talk, End.QUEUED, now)  # of a colleague who has no login any more
    talk.handlings.create(staff_id=int(actor.id), asked_at=asked_at, due_at=due_at, taken_at=now)
    _hold(talk, int(actor.id))


def _hold(talk: Conversation, user_id: int) -> None:
    _set(talk, state=State.PERSON, assignee_id=user_id, waiting_since=None)


def _finish(
    conversation_id: int, how: End, kind: Kind, verb: str, actor: Actor, now: datetime
) -> Conversation:
    talk = _lock_held(conversation_id, actor)
    _end(talk, how, now)
    _set(talk, state=State.ROBOT, assignee=None, waiting_since=None, unread=0, unanswered=0)
    _note(talk, kind, actor, now)
    _record(verb, talk, actor, now)
    return talk


def _tell_of_robot(talk: Conversation, now: datetime) -> None:
    words = _("工作人员的接待到此结束，接下来由自动回复为您服务。需要时请回复“人工”。")
    ended = Handling.objects.filter(conversation=talk).order_by("-pk").values_list("pk", flat=True)
    _send(talk, words, identity=f"desk-{talk.pk}-robot-{ended[0]}", author_id=None, now=now)


def _send(
    talk: Conversation, words: str, *, identity: str, author_id: int | None, now: datetime
) -> ChatMessage:
    kinds = ChatMessage.AuthorKind
    message = talk.messages.create(
        direction=ChatMessage.Direction.OUT,
        kind="text",
        text=words,
        identity=identity,
        sent_at=now,
        author_kind=kinds.STAFF if author_id else kinds.ROBOT,
        author_id=author_id,
        state=ChatMessage.State.SENDING,
    )
    send_to_citizen(
        account=talk.contact.account.slug,
        openid=talk.contact.openid,
        citizen_id=talk.contact.citizen_id,
        purpose=DESK_REPLY.key,
        key=identity,
        words=Notice("%(answer)s", {"answer": words}),
        url="",
        is_urgent=True,  # somebody sits at the desk; they need not wait for the morning
        now=now,
    )
    return message


def _end(talk: Conversation, how: End, now: datetime) -> None:
    _handling(talk).update(ended_at=now, ended_how=how)


def _handling(talk: Conversation) -> TalkQuerySet:
    return Handling.objects.filter(conversation=talk, ended_at=None)


def _set(talk: Conversation, **fields: object) -> None:
    for name, value in fields.items():
        setattr(talk, name, value)
    talk.save(update_fields=[name.removesuffix("_id") for name in fields])
    if "state" in fields:
        transaction.on_commit(tell_change)  # the robot falls silent, or answers again, at once


def _note(
    talk: Conversation, kind: Kind, actor: Actor, now: datetime, *, other: str = "", text: str = ""
) -> DeskNote:
    return DeskNote.objects.create(
        conversation=talk, kind=kind, at=now, author_name=actor.name, other_name=other, text=text
    )


def _record(
    verb: str,
    talk: Conversation,
    actor: Actor,
    now: datetime,
    *,
    target: DeskNote | None = None,
    **facts: object,
) -> None:
    """Name the handling as the target: a conversation's own name may hold a remark on a person."""
    audit.record(
        actor=actor,
        act=f"wechat.desk.{verb}",
        target=target or Handling.objects.filter(conversation=talk)[:1].get(),
        now=now,
        agency_id=talk.contact.account.agency_id,
        conversation=talk.pk,
        **facts,
    )


def _identity(talk: Conversation, nonce: str) -> str:
    if len(nonce) != NONCE_LENGTH or not nonce.isalnum() or not nonce.isascii():
        raise AnswerUnfit(why=_("页面已经过期，请刷新后再发。"))
    return f"desk-{talk.pk}-{nonce}"


def _check_words(words: str) -> None:
    if not words:
        raise AnswerUnfit(why=_("答复没有内容。"))
    used = len(words.encode())
    if used > LONGEST_TEXT:
        why = _("答复太长：%(used)d 字节，微信最多 %(limit)d 字节（约 %(letters)d 个汉字）。")
        limits = {"used": used, "limit": LONGEST_TEXT, "letters": LONGEST_TEXT // 3}
        raise AnswerUnfit(why=why % limits)


def _check_way(talk: Conversation, now: datetime) -> None:
    way = find_reply_way(talk.contact, slug=talk.contact.account.slug, now=now)
    if not way.channel:
        obstacle = way.obstacle
        raise NoWayToAnswer(
            why=obstacle.sentence if obstacle else "", what=obstacle.action if obstacle else ""
        )
