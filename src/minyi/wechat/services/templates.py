# SPDX-License-Identifier: Apache-2.0
"""Which of WeChat's templates carries which purpose, and which of our facts goes into which field.

WeChat's templates are read from WeChat each time somebody looks: it is their book, not ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from minyi.agencies.models import OfficialAccount
from minyi.citizens.notices import list_purposes
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import Ability, Answer, may
from minyi.wechat.errors import (
    PurposeUnknown,
    TemplateFieldMissing,
    TemplateFieldUnknown,
    TemplateNotFound,
)
from minyi.wechat.models import MessageTemplate
from minyi.wechat.outgoing import ways
from minyi.wechat.outgoing.template_words import TemplateWords, words_of

MAY = "wechat.menus"
Channel = MessageTemplate.Channel
NEEDS: Mapping[str, Ability] = {ways.SUBSCRIPTION: Ability.BIZSEND, ways.TEMPLATE: Ability.TEMPLATE}
ONCE, LASTING = 2, 3


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be registered: a template of WeChat's, and field → fact."""

    template_id: str
    title: str
    fields: Mapping[str, str]
    is_lasting: bool = False


def list_templates(*, account: OfficialAccount, channel: str) -> list[TemplateWords]:
    """Ask WeChat which templates of this kind the account has; raises what `ask_wechat` raises."""
    if channel == Channel.TEMPLATE:
        rows = ask_wechat(account, lambda client: client.templates.list())
        return [words_of(one.template_id, one.title, one.content, one.example) for one in rows]
    notices = ask_wechat(account, lambda client: client.subscriptions.templates())
    return [
        words_of(
            one.template_id, one.title, one.content, one.example, is_lasting=one.kind == LASTING
        )
        for one in notices
    ]


def may_use(account: OfficialAccount, channel: str) -> Answer:
    """Tell whether the account may send this way at all, and if not, why."""
    return may(account, NEEDS[channel])


@transaction.atomic
def register_template(
    *,
    account: OfficialAccount,
    purpose: str,
    channel: str,
    choice: Choice,
    is_on: bool = True,
    actor: Actor,
    now: datetime,
) -> MessageTemplate:
    """Have a template carry a purpose from now on, in place of the one before."""
    actor.check(MAY, account.agency_id)
    _check_facts(purpose, choice.fields)
    row, _is_new = MessageTemplate.objects.update_or_create(
        account=account,
        purpose=purpose,
        channel=channel,
        defaults={
            "template_id": choice.template_id,
            "title": choice.title[:60],
            "fields": dict(choice.fields),
            "is_lasting": choice.is_lasting,
            "is_on": is_on,
        },
    )
    fields = {"fields": dict(choice.fields), "template": choice.template_id}
    _record("registered", row, actor, now, **fields)
    return row


@transaction.atomic
def switch_template(*, template_id: int, is_on: bool, actor: Actor, now: datetime) -> None:
    """Let a registered template carry its purpose, or let it rest."""
    row = _lock(template_id, actor)
    if row.is_on != is_on:
        row.is_on = is_on
        row.save(update_fields=["is_on"])
        _record("switched", row, actor, now, is_on=is_on)


@transaction.atomic
def remove_template(*, template_id: int, actor: Actor, now: datetime) -> None:
    """Forget which template carries the purpose; at WeChat it stays."""
    row = _lock(template_id, actor)
    _record("removed", row, actor, now, template=row.template_id)
    row.delete()


def choose(words: TemplateWords, fields: Mapping[str, str]) -> Choice:
    """Return the choice of a template of WeChat's; each of its fields must have its fact."""
    missing = [field.label for field in words.fields if not fields.get(field.name)]
    if missing:
        raise TemplateFieldMissing(fields="、".join(missing))
    wanted = {field.name: fields[field.name] for field in words.fields}
    return Choice(words.template_id, words.title, wanted, words.is_lasting)


def _check_facts(purpose: str, fields: Mapping[str, str]) -> None:
    """Refuse what would arrive empty."""
    facts = next((one.facts for one in list_purposes() if one.key == purpose), None)
    if facts is None:
        raise PurposeUnknown(purpose=purpose)
    unknown = [f"{field}={fact}" for field, fact in fields.items() if fact not in facts]
    if unknown or not fields:
        known = "、".join(str(words) for words in facts.values())
        raise TemplateFieldUnknown(fields="、".join(unknown) or "—", known=known)


def _lock(template_id: int, actor: Actor) -> MessageTemplate:
    rows = MessageTemplate.objects.visible_to(actor).select_for_update(of=("self",))
    row: MessageTemplate | None = rows.select_related("account").filter(pk=template_id).first()
    if row is None:
        raise TemplateNotFound
    actor.check(MAY, row.account.agency_id)
    return row


def _record(verb: str, row: MessageTemplate, actor: Actor, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=f"wechat.template.{verb}",
        target=row,
        now=now,
        agency_id=row.account.agency_id,
        purpose=row.purpose,
        channel=row.channel,
        **facts,
    )
