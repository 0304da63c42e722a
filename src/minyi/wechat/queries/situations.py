# SPDX-License-Identifier: Apache-2.0
"""What decides how one person can be reached in one account at this moment."""

from datetime import datetime

from minyi.wechat.capabilities import Ability, may
from minyi.wechat.models import Contact, Grant, MessageTemplate, Outgoing
from minyi.wechat.outgoing import ways
from minyi.wechat.outgoing.ways import Situation, TemplateChoice
from minyi.wechat.outgoing.windows import messages_left
from minyi.wechat.queries.accounts import Account

ABILITIES = {
    ways.SERVICE: Ability.CUSTOM_SEND,
    ways.SUBSCRIPTION: Ability.BIZSEND,
    ways.TEMPLATE: Ability.TEMPLATE,
}


def read_situation(outgoing: Outgoing, *, account: Account, now: datetime) -> Situation:
    """Read window, consents, templates and wishes for this message."""
    contact = Contact.objects.filter(account_id=outgoing.account_id, openid=outgoing.openid).first()
    templates = {
        row.channel: TemplateChoice(row.template_id, row.fields)
        for row in MessageTemplate.objects.filter(
            account_id=outgoing.account_id, purpose=outgoing.purpose, is_on=True
        )
    }
    common = {
        "grants_left": _grants_left(outgoing, templates.get(ways.SUBSCRIPTION)),
        "offered": frozenset(c for c, need in ABILITIES.items() if may(account, need).allowed),
        "templates": templates,
        "refused": outgoing.refused,
    }
    if contact is None:
        return Situation(**common)
    return Situation(
        is_following=contact.is_following,
        is_blocked=contact.is_blocked,
        has_opted_out=contact.opted_out_at is not None,
        refuses_messages=_refuses_messages(contact),
        service_left=messages_left(
            kind=contact.window_kind, at=contact.window_at, left=contact.window_left, now=now
        ),
        **common,
    )


def _refuses_messages(contact: Contact) -> bool:
    """Tell whether WeChat said so, and the person has not written since."""
    return contact.refused_at is not None and contact.last_seen_at <= contact.refused_at


def _grants_left(outgoing: Outgoing, template: TemplateChoice | None) -> int:
    if template is None:
        return 0
    found = Grant.objects.filter(
        account_id=outgoing.account_id,
        openid=outgoing.openid,
        template_id=template.template_id,
    )
    return found.values_list("left", flat=True).first() or 0
