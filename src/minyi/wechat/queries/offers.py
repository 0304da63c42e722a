# SPDX-License-Identifier: Apache-2.0
"""What a citizen can subscribe to on a page."""

from minyi.citizens.notices import Offer
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.models import Grant, MessageTemplate
from minyi.wechat.outgoing import ways

from .accounts import Account

_NEEDS = (Ability.JSSDK, Ability.BIZSEND)


def find_offer(*, account: Account | None, openid: str, purpose: str) -> Offer | None:
    """Return the subscription notice this purpose has in the account, and what was accepted."""
    if account is None or not all(may(account, need).allowed for need in _NEEDS):
        return None
    rows = MessageTemplate.objects.filter(
        account__slug=account.slug, purpose=purpose, channel=ways.SUBSCRIPTION, is_on=True
    )
    template = rows.first()
    if template is None:
        return None
    grants = Grant.objects.filter(
        account_id=template.account_id, openid=openid, template_id=template.template_id
    )
    left = grants.values_list("left", flat=True).first() or 0
    return Offer(template.template_id, template.is_lasting, left)
