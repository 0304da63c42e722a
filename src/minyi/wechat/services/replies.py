# SPDX-License-Identifier: Apache-2.0
"""What an account answers by itself: keywords, their order, and the words on following."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.models import KeywordReply

MAY = "wechat.menus"


@transaction.atomic
def add_reply(
    *, account: OfficialAccount, content: Mapping[str, Any], actor: Actor, now: datetime
) -> KeywordReply:
    """Add an answer behind the others."""
    actor.check(MAY, account.agency_id)
    last = KeywordReply.objects.filter(account=account).aggregate(last=Max("order"))["last"] or 0
    reply = KeywordReply.objects.create(account=account, order=last + 1, **content)
    _record(actor, "wechat.reply.saved", reply, now)
    return reply


@transaction.atomic
def change_reply(
    *, reply_id: int, content: Mapping[str, Any], actor: Actor, now: datetime
) -> KeywordReply:
    """Change the words or the answer."""
    reply = _locked(reply_id, actor)
    changed = sorted(name for name, value in content.items() if getattr(reply, name) != value)
    if changed:
        for name in changed:
            setattr(reply, name, content[name])
        reply.save(update_fields=changed)
        _record(actor, "wechat.reply.saved", reply, now, changed=changed)
    return reply


@transaction.atomic
def switch_reply(*, reply_id: int, is_on: bool, actor: Actor, now: datetime) -> None:
    """Switch an answer on or off."""
    reply = _locked(reply_id, actor)
    if reply.is_on != is_on:
        reply.is_on = is_on
        reply.save(update_fields=["is_on"])
        _record(actor, "wechat.reply.switched", reply, now, is_on=is_on)


@transaction.atomic
def move_reply(*, reply_id: int, steps: int, actor: Actor, now: datetime) -> None:
    """Move an answer up (-1) or down (1): the first that matches is the one sent."""
    reply = _locked(reply_id, actor)
    rows = list(KeywordReply.objects.filter(account_id=reply.account_id).select_for_update())
    place = next(number for number, row in enumerate(rows) if row.pk == reply.pk)
    wanted = min(max(place + steps, 0), len(rows) - 1)
    if wanted == place:
        return
    rows.insert(wanted, rows.pop(place))
    for order, row in enumerate(rows, start=1):
        row.order = order
    KeywordReply.objects.bulk_update(rows, ["order"])
    _record(actor, "wechat.reply.moved", reply, now, to=wanted + 1)


@transaction.atomic
def delete_reply(*, reply_id: int, actor: Actor, now: datetime) -> None:
    """Delete an answer."""
    reply = _locked(reply_id, actor)
    _record(actor, "wechat.reply.deleted", reply, now, words=reply.words)
    reply.delete()


@transaction.atomic
def change_welcome(*, account: OfficialAccount, welcome: str, actor: Actor, now: datetime) -> None:
    """Change what somebody reads who has just followed the account."""
    actor.check(MAY, account.agency_id)
    row = OfficialAccount.objects.select_for_update().get(pk=account.pk)
    if row.welcome == welcome:
        return
    before, row.welcome = row.welcome, welcome
    row.save(update_fields=["welcome"])
    audit.record(
        actor=actor,
        act="wechat.welcome.changed",
        target=row,
        now=now,
        agency_id=row.agency_id,
        before=before,
    )


def _locked(reply_id: int, actor: Actor) -> KeywordReply:
    rows = KeywordReply.objects.visible_to(actor).select_for_update(of=("self",))
    reply: KeywordReply = rows.select_related("account").get(pk=reply_id)
    actor.check(MAY, reply.account.agency_id)
    return reply


def _record(actor: Actor, act: str, reply: KeywordReply, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=act,
        target=reply,
        now=now,
        agency_id=reply.account.agency_id,
        **facts,
    )
