# SPDX-License-Identifier: Apache-2.0
"""Messages to citizens: asked for here, in the caller's transaction; sent by the worker.

`services.sending` does the sending. What staff decides about a message that did not go out, and
what WeChat's events tell later, ends here as well.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from minyi.agencies.models import OfficialAccount
from minyi.citizens.notices import Notice, find_subject, get_purpose
from minyi.core import audit, outbox
from minyi.core.actors import Actor
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.errors import AccountNotFound, NobodyToTell, NotToDecide, OutgoingNotFound
from minyi.wechat.models import Contact, Outgoing, OutgoingChannel, OutgoingStep
from minyi.wechat.queries.waiting import NO_WAY, RETRIED_FOR, STALE_AFTER

from .desk_deliveries import note_delivery

TOPIC = "wechat.outgoing"
WINDOW_TOPIC = "wechat.window_opened"  # account (its number), openid
FAILED_TOPIC = "wechat.message_failed"  # account, wechat_id, openid, template_id, status
TOLD_WITHIN = timedelta(hours=1)  # WeChat tells within seconds how a message fared [R]
FEW = 3  # of what waited; the window has five messages, and the conversation needs some

State = Outgoing.State


@transaction.atomic
def send_to_citizen(
    *,
    account: str,
    purpose: str,
    words: Notice,
    url: str,
    key: str,
    now: datetime,
    openid: str = "",
    citizen_id: UUID | str | None = None,
    is_ai: bool = False,
    is_urgent: bool = False,
) -> Outgoing:
    """Take a message over: it goes out after this transaction, once, by the way that is open.

    The same person, purpose and key once more is the same message. `is_urgent` does not wait for
    the morning; `is_ai` prints WeChat's mark under what a machine wrote.
    """
    get_purpose(purpose)
    row = OfficialAccount.objects.filter(slug=account).first()
    if row is None:
        raise AccountNotFound
    if not openid and citizen_id:
        openid = find_subject(citizen_id=citizen_id, channel="wechat", account=account) or ""
    if not openid:
        raise NobodyToTell
    text, facts = words.rendered()
    outgoing, is_new = Outgoing.objects.get_or_create(
        account=row,
        openid=openid,
        purpose=purpose,
        key=key,
        defaults={
            "citizen_id": citizen_id,
            "text": text,
            "facts": facts,
            "url": url,
            "is_ai": is_ai,
            "is_urgent": is_urgent,
            "asked_at": now,
            "due_at": now,
        },
    )
    if is_new:
        note_step(outgoing, now=now)
        _queue(outgoing, now=now)
    return outgoing


@dataclass(frozen=True, slots=True)
class ReplyWords:
    """A message that leaves as the answer to what the citizen has just sent."""

    text: str
    url: str
    is_ai: bool


@transaction.atomic
def take_for_reply(
    *, account: str, openid: str, answering: str, now: datetime
) -> ReplyWords | None:
    """Take the oldest message that waits for this person, to be sent as the passive reply.

    Costs no quota and needs no certified account. The caller sends it with this very answer: from
    here on it counts as sent. `answering` is the identity of what the citizen wrote: when WeChat
    delivers that again, its answer was lost, and any process takes the same message again.
    """
    rows = Outgoing.objects.select_for_update(of=("self",)).filter(
        Q(state=State.WAITING, is_uncertain=False) | Q(state=State.NONE, reason=NO_WAY),
        account__slug=account,
        openid=openid,
        asked_at__gt=now - STALE_AFTER,
    )
    outgoing = rows.order_by("id").first()
    # Looked up after the lock: whoever held it may have been answering the same message.
    taken = _taken_for(account, openid, answering, now)
    if taken is not None:
        return ReplyWords(taken.text, taken.url, taken.is_ai)
    if outgoing is None or _wants_none(outgoing):
        return None
    outgoing.state, outgoing.channel = State.SENT, OutgoingChannel.REPLY
    outgoing.reason, outgoing.sent_at, outgoing.answering = "", now, answering
    outgoing.save(update_fields=["state", "channel", "reason", "sent_at", "answering"])
    note_step(outgoing, now=now)
    return ReplyWords(outgoing.text, outgoing.url, outgoing.is_ai)


@transaction.atomic
def send_what_waited(*, account_id: int, openid: str, now: datetime) -> int:
    """Try once more what found no way to this person, now that they have written to us.

    Where the account has no customer service, only a passive reply can carry it: that waits on.
    """
    account = OfficialAccount.objects.get(pk=account_id)
    if not may(account, Ability.CUSTOM_SEND).allowed:
        return 0
    rows = Outgoing.objects.select_for_update(of=("self",)).filter(
        account=account_id, openid=openid, state=State.NONE, asked_at__gt=now - STALE_AFTER
    )
    waited = list(rows.filter(reason=NO_WAY).order_by("id")[:FEW])
    for outgoing in waited:
        _begin_anew(outgoing, reason="window_opened", now=now)
    return len(waited)


@transaction.atomic
def confirm_sent(*, outgoing_id: int, actor: Actor, now: datetime) -> Outgoing:
    """Record that a message whose fate was unknown has arrived: it is never sent again."""
    outgoing = _lock_for_decision(outgoing_id, actor, State.UNKNOWN)
    outgoing.state, outgoing.reason = State.SENT, "confirmed"
    outgoing.sent_at = outgoing.sent_at or now
    outgoing.save(update_fields=["state", "reason", "sent_at"])
    note_step(outgoing, now=now, actor_name=actor.name)
    _record("confirmed", outgoing, actor, now)
    return outgoing


@transaction.atomic
def send_again(*, outgoing_id: int, actor: Actor, now: datetime) -> Outgoing:
    """Send once more what did not go out, or may not have: a person decided it."""
    outgoing = _lock_for_decision(outgoing_id, actor, State.UNKNOWN, State.NONE, State.FAILED)
    was = outgoing.state
    _begin_anew(outgoing, reason="sent_again", now=now, actor_name=actor.name)
    _record("sent_again", outgoing, actor, now, was=was)
    return outgoing


@transaction.atomic
def note_failed(
    *,
    account: str,
    wechat_id: str,
    status: str,
    now: datetime,
    openid: str = "",
    template_id: str = "",
) -> bool:
    """Take note that a message did not arrive after all; False: it is not known as sent (yet).

    Of a template message WeChat told us the number when it took it. Of a subscription notice it
    did not: there `openid` and `template_id` lead to the newest one.
    """
    rows = Outgoing.objects.select_for_update(of=("self",)).filter(account__slug=account)
    sent = rows.filter(state=State.SENT)
    outgoing = sent.filter(wechat_id=wechat_id).first() if wechat_id else None
    if outgoing is None and template_id:
        notices = rows.filter(
            channel=OutgoingChannel.SUBSCRIPTION,
            openid=openid,
            template_id=template_id,
            state__in=(State.SENDING, State.SENT),
            first_tried_at__gt=now - TOLD_WITHIN,
        )
        outgoing = notices.order_by("-first_tried_at", "-id").first()
    if outgoing is None or outgoing.state != State.SENT:
        return False
    outgoing.state = State.FAILED
    outgoing.reason = "user_block" if "user block" in status else "system_failed"
    outgoing.wechat_id = outgoing.wechat_id or wechat_id[:40]
    outgoing.save(update_fields=["state", "reason", "wechat_id"])
    note_step(outgoing, now=now, detail=status)
    return True


@transaction.atomic
def note_given_up(*, outgoing_id: int, round_: int, said: str, now: datetime) -> None:
    """The outbox gave a message up: it has failed, or nobody knows, but it waits no more."""
    rows = Outgoing.objects.select_for_update(of=("self",)).filter(
        pk=outgoing_id, round=round_, state__in=(State.WAITING, State.SENDING)
    )
    outgoing = rows.first()
    if outgoing is None:
        return
    if outgoing.is_uncertain or outgoing.state == State.SENDING:
        outgoing.state, outgoing.reason = State.UNKNOWN, "interrupted"
    else:
        outgoing.state, outgoing.reason = State.FAILED, "given_up"
    outgoing.save(update_fields=["state", "reason"])
    note_step(outgoing, now=now, detail=said)


def switch_notices(*, account: str, openid: str, wanted: bool, now: datetime) -> None:
    """Switch a person's notices off or on; a person we know only from a login is written down."""
    row = OfficialAccount.objects.filter(slug=account).first()
    if row is None:
        raise AccountNotFound
    Contact.objects.get_or_create(account=row, openid=openid, defaults={"last_seen_at": now})
    contact = Contact.objects.filter(account=row, openid=openid)
    if wanted:
        contact.update(opted_out_at=None)
    else:
        contact.filter(opted_out_at=None).update(opted_out_at=now)


def note_step(outgoing: Outgoing, *, now: datetime, detail: str = "", actor_name: str = "") -> None:
    """Write down what has just happened to a message."""
    OutgoingStep.objects.create(
        outgoing=outgoing,
        at=now,
        state=outgoing.state,
        channel=outgoing.channel,
        reason=outgoing.reason,
        detail=detail[:200],
        actor_name=actor_name,
    )
    note_delivery(outgoing)  # an answer of the desk stands in its conversation as well


def _taken_for(account: str, openid: str, answering: str, now: datetime) -> Outgoing | None:
    return Outgoing.objects.filter(
        account__slug=account,
        openid=openid,
        answering=answering,
        sent_at__gt=now - RETRIED_FOR,
    ).first()


def _wants_none(outgoing: Outgoing) -> bool:
    contact = Contact.objects.filter(account_id=outgoing.account_id, openid=outgoing.openid)
    return contact.filter(Q(opted_out_at__isnull=False) | Q(is_blocked=True)).exists()


def _queue(outgoing: Outgoing, *, now: datetime) -> None:
    outbox.send(
        topic=TOPIC,
        key=f"{outgoing.pk}.{outgoing.round}",
        payload={"outgoing": outgoing.pk, "round": outgoing.round},
        now=now,
        # Two quick answers of the desk arrive as they were written.
        order_key=f"{outgoing.account_id}:{outgoing.openid}",
    )


def _begin_anew(outgoing: Outgoing, *, reason: str, now: datetime, actor_name: str = "") -> None:
    outgoing.state, outgoing.channel, outgoing.reason = State.WAITING, "", reason
    outgoing.refused, outgoing.token, outgoing.wechat_id = {}, "", ""
    outgoing.is_uncertain = False
    outgoing.first_tried_at = outgoing.sent_at = None
    outgoing.due_at = now
    outgoing.round += 1
    outgoing.save()
    note_step(outgoing, now=now, actor_name=actor_name)
    _queue(outgoing, now=now)


def _lock_for_decision(outgoing_id: int, actor: Actor, *states: str) -> Outgoing:
    rows = Outgoing.objects.visible_to(actor).filter(pk=outgoing_id)
    seen = rows.select_related("account").first()
    if seen is None:
        raise OutgoingNotFound
    actor.check("wechat.outgoing", seen.account.agency_id)
    locked = Outgoing.objects.select_for_update().filter(Q(pk=outgoing_id), state__in=states)
    outgoing: Outgoing | None = locked.first()
    if outgoing is None:
        raise NotToDecide(state=seen.get_state_display())
    return outgoing


def _record(verb: str, outgoing: Outgoing, actor: Actor, now: datetime, **facts: object) -> None:
    agency_id = OfficialAccount.objects.values_list("agency_id", flat=True).get(
        pk=outgoing.account_id
    )
    audit.record(
        actor=actor,
        act=f"wechat.outgoing.{verb}",
        target=outgoing,
        now=now,
        agency_id=agency_id,
        purpose=outgoing.purpose,
        **facts,
    )
