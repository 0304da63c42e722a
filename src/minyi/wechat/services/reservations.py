# SPDX-License-Identifier: Apache-2.0
"""Take what a message will use up before it is sent: one of the window, or one consent.

Taken first, so that two messages at once never use the last one twice; given back when WeChat
says that nothing was sent.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from minyi.wechat.models import Contact, Grant
from minyi.wechat.outgoing import ways
from minyi.wechat.outgoing.ways import Way


@dataclass(frozen=True, slots=True)
class Reservation:
    """What was taken. `window_at` names the window: a newer one is not paid back into."""

    account_id: int
    openid: str
    channel: str
    template_id: str = ""
    window_at: datetime | None = None


def take(*, account_id: int, openid: str, way: Way) -> Reservation | None:
    """Take one; None when somebody else has just taken the last."""
    template_id = way.template.template_id if way.template else ""
    held = Reservation(account_id, openid, way.channel, template_id)
    if way.channel == ways.SERVICE:
        window = _window(held).filter(window_left__gt=0)
        window_at = window.values_list("window_at", flat=True).first()
        if not window.filter(window_at=window_at).update(window_left=F("window_left") - 1):
            return None
        return Reservation(account_id, openid, way.channel, "", window_at)
    if way.channel == ways.SUBSCRIPTION:
        grant = _grant(held).filter(left__gt=0)
        if grant.filter(is_lasting=True).exists():
            return held
        return held if grant.update(left=F("left") - 1) else None
    return held


def give_back(held: Reservation) -> None:
    """Undo `take`: nothing was sent."""
    if held.channel == ways.SERVICE:
        window = _window(held).filter(window_at=held.window_at)
        window.update(window_left=F("window_left") + 1)
    elif held.channel == ways.SUBSCRIPTION:
        _grant(held).filter(is_lasting=False).update(left=F("left") + 1)


def clear(held: Reservation, *, now: datetime) -> None:
    """Take note that WeChat knows of no open window, or of no consent."""
    if held.channel == ways.SERVICE:
        _window(held).filter(window_at=held.window_at).update(window_left=0)
    elif held.channel == ways.SUBSCRIPTION:
        _grant(held).update(left=0, changed_at=now)


def _window(held: Reservation) -> "QuerySet[Contact]":
    return Contact.objects.filter(account_id=held.account_id, openid=held.openid)


def _grant(held: Reservation) -> "QuerySet[Grant]":
    return Grant.objects.filter(
        account_id=held.account_id, openid=held.openid, template_id=held.template_id
    )
