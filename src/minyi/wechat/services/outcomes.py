# SPDX-License-Identifier: Apache-2.0
"""What became of one attempt to send: WeChat's answer, sorted by what may be done next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from minyi.core.outbox import MOST_ATTEMPTS, Again, GiveUp, Later
from minyi.wechat.client import api_errors
from minyi.wechat.models import Contact, Outgoing
from minyi.wechat.outgoing import ways
from minyi.wechat.outgoing.carrier import SEND_PATHS, Parcel
from minyi.wechat.outgoing.ways import NoWay

from . import reservations
from .outgoing import note_step
from .reservations import Reservation

State = Outgoing.State

# How long WeChat drops a repeated client_msg_id; a minute less, for clocks and slow calls.
DROPS_REPEATS_FOR = timedelta(minutes=settings.WECHAT_FACTS.repeat_minutes - 1)
SLOW_DOWN = timedelta(minutes=1)
AFTER_MIDNIGHT = timedelta(minutes=5)  # WeChat's counters begin anew at midnight in China
_NEVER_ARRIVED = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})
_WHOLE_LINE = "wechat"  # `line` gave up waiting: we do not know how far the call had come

# Refusals that close one way and leave the others open.
_CLOSES_WAY: tuple[tuple[type[api_errors.ApiError], str], ...] = (
    (api_errors.NotPermitted, "not_offered"),
    (api_errors.OutOfStep, "template_missing"),
    (api_errors.ContentRefused, "content_refused"),
    (api_errors.OurFault, "our_fault"),
)
# Refusals that pass, or that somebody mends: tried again with growing pauses.
_PASSES: tuple[tuple[type[api_errors.ApiError], str], ...] = (
    (api_errors.Busy, "busy"),
    (api_errors.AccountFault, "account_fault"),
    (api_errors.TokenRefused, "account_fault"),
)
_UNFOLLOWED = frozenset({40003, 43004, 50005})
_BLACKLISTED, _REFUSES_MESSAGES = 43019, 48002


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try that has been written down as `sending`."""

    outgoing_id: int
    token: str
    parcel: Parcel
    held: Reservation


def sent(attempt: Attempt, *, now: datetime, wechat_id: str = "", reason: str = "") -> None:
    """Write down that WeChat has it."""
    with transaction.atomic():
        mine = _lock_mine(attempt)
        if mine is not None:
            change(mine, now=now, state=State.SENT, reason=reason, sent_at=now, wechat_id=wechat_id)


def refused(attempt: Attempt, error: api_errors.ApiError, *, now: datetime, tries: int) -> bool:
    """WeChat said no: nothing was sent. False: another way may be open; else nothing more now."""
    said = f"{error.code} {error.message} rid={error.rid or '-'}"
    if isinstance(error, api_errors.WindowClosed):
        with transaction.atomic():
            reservations.clear(attempt.held, now=now)
        code = "no_grant" if attempt.held.channel == ways.SUBSCRIPTION else "window_closed"
        return close_way(attempt, code, said, now=now, gives_back=False)
    for kind, code in _CLOSES_WAY:
        if isinstance(error, kind):
            return close_way(attempt, code, said, now=now)
    if isinstance(error, api_errors.Unreachable):
        _stop(attempt, error.code, said, now)
        return True
    if isinstance(error, api_errors.QuotaSpent):
        _put_off(attempt, midnight_after(now) + AFTER_MIDNIGHT, "quota_spent", said, now)
    if isinstance(error, api_errors.SlowDown):
        _put_off(attempt, now + SLOW_DOWN, "busy", said, now)
    reason = next((code for kind, code in _PASSES if isinstance(error, kind)), "unknown_error")
    _try_again(attempt, reason, said, now, tries)
    return True


def unanswered(
    attempt: Attempt, error: api_errors.Unanswered, *, now: datetime, tries: int
) -> None:
    """No answer came: only where the message cannot have arrived is it tried again."""
    said = f"{error.path}: {error.reason}"
    arrived = error.path in SEND_PATHS or error.path == _WHOLE_LINE
    if not arrived or error.reason in _NEVER_ARRIVED:
        _try_again(attempt, "unreachable_server", said, now, tries)
    with transaction.atomic():
        mine = _lock_mine(attempt)
        if mine is None:
            return
        repeats = may_repeat(mine, now=now)
        if repeats:
            change(
                mine,
                now=now,
                detail=said,
                state=State.WAITING,
                reason="no_answer",
                is_uncertain=True,
            )
        else:
            change(mine, now=now, detail=said, state=State.UNKNOWN, reason="no_answer")
    if repeats:
        raise Again(said)


def close_way(
    attempt: Attempt, code: str, said: str, *, now: datetime, gives_back: bool = True
) -> bool:
    """Leave this way out from now on; False: look for another one."""
    with transaction.atomic():
        if gives_back:
            reservations.give_back(attempt.held)
        mine = _lock_mine(attempt)
        if mine is None:
            return True
        closed = {**mine.refused, attempt.parcel.channel: code}
        change(mine, now=now, detail=said, state=State.WAITING, reason=code, refused=closed)
    return False


def no_way(outgoing: Outgoing, way: NoWay, *, now: datetime) -> None:
    """Write down why nothing can be sent. What WeChat refused for its content has failed."""
    each = ",".join(f"{channel}:{code}" for channel, code in way.each.items())
    faults = {"content_refused", "our_fault"} & set(way.each.values())
    if outgoing.is_uncertain:
        change(outgoing, now=now, detail=each, state=State.UNKNOWN, reason="no_answer")
    elif faults:
        change(outgoing, now=now, detail=each, state=State.FAILED, reason=faults.pop())
    else:
        change(outgoing, now=now, detail=each, state=State.NONE, channel="", reason=way.reason)


def may_repeat(outgoing: Outgoing, *, now: datetime) -> bool:
    """Tell whether WeChat itself would drop a repetition of this message."""
    return (
        outgoing.channel == ways.TEMPLATE
        and outgoing.first_tried_at is not None
        and now - outgoing.first_tried_at < DROPS_REPEATS_FOR
    )


def change(outgoing: Outgoing, *, now: datetime, detail: str = "", **fields: object) -> None:
    """Set fields of a locked message and add a line to its history."""
    for name, value in fields.items():
        setattr(outgoing, name, value)
    outgoing.save(update_fields=list(fields))
    note_step(outgoing, now=now, detail=detail)


def midnight_after(now: datetime) -> datetime:
    """Return the next midnight in China (the office's time zone)."""
    local = timezone.localtime(now)
    return local.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _lock_mine(attempt: Attempt) -> Outgoing | None:
    """Return the message if this attempt is still its last one."""
    rows = Outgoing.objects.select_for_update().filter(
        pk=attempt.outgoing_id,
        token=attempt.token,
        state__in=(State.SENDING, State.UNKNOWN),
    )
    return rows.first()


def _stop(attempt: Attempt, code: int, said: str, now: datetime) -> None:
    """This person cannot be reached here: remember it, so that nobody tries again."""
    with transaction.atomic():
        reservations.give_back(attempt.held)
        contact = Contact.objects.filter(
            account_id=attempt.held.account_id, openid=attempt.held.openid
        )
        if code in _UNFOLLOWED:
            contact.update(is_following=False, window_left=0)
        elif code == _BLACKLISTED:
            contact.update(is_blocked=True)
        elif code == _REFUSES_MESSAGES:
            contact.update(refused_at=now)
        reason = "refuses_messages" if code == _REFUSES_MESSAGES else "unreachable"
        mine = _lock_mine(attempt)
        if mine is not None:
            change(mine, now=now, detail=said, state=State.FAILED, reason=reason)


def _put_off(attempt: Attempt, at: datetime, reason: str, said: str, now: datetime) -> None:
    with transaction.atomic():
        reservations.give_back(attempt.held)
        mine = _lock_mine(attempt)
        if mine is not None:
            change(mine, now=now, detail=said, state=State.WAITING, reason=reason, due_at=at)
    raise Later(at, reason=said)


def _try_again(attempt: Attempt, reason: str, said: str, now: datetime, tries: int) -> None:
    is_last = tries >= MOST_ATTEMPTS
    with transaction.atomic():
        reservations.give_back(attempt.held)
        mine = _lock_mine(attempt)
        if mine is not None:
            state = State.FAILED if is_last else State.WAITING
            change(mine, now=now, detail=said, state=state, reason=reason)
    raise GiveUp(said) if is_last else Again(said)
