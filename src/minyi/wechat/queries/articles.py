# SPDX-License-Identifier: Apache-2.0
"""What may still be sent, and what a reviewer looks at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from minyi.agencies.models import OfficialAccount

from ..models import Broadcast

# wechat-api.md §7.5: a subscription account sends once a day; each follower of a service account
# gets four in a calendar month, and the API takes a hundred calls a day.
_FACTS = settings.WECHAT_FACTS
PER_DAY = {
    OfficialAccount.Kind.SUBSCRIPTION: _FACTS.mass_per_day,
    OfficialAccount.Kind.SERVICE: _FACTS.mass_calls_per_day,
}
PER_MONTH_AND_FOLLOWER = _FACTS.mass_per_month
_NOT_SENT = (Broadcast.State.FAILED,)  # what nobody knows of, and what was deleted later, counts


@dataclass(frozen=True, slots=True)
class Quota:
    """How many sendings of a period are used, as far as this platform sent them."""

    period: str
    used: int
    limit: int

    @property
    def left(self) -> int:
        return max(0, self.limit - self.used)


def broadcast_quota(*, account: OfficialAccount, tag_id: int | None, now: datetime) -> Quota:
    """Return what is left for a sending to all, or to one tag.

    What was sent on WeChat's own console is not known here; WeChat counts it and refuses.
    """
    local = timezone.localtime(now)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Broadcast.objects.filter(account=account).exclude(state__in=_NOT_SENT)
    per_day = PER_DAY[OfficialAccount.Kind(account.kind)]
    today = Quota(_("今天"), rows.filter(asked_at__gte=day).count(), per_day)
    if account.kind == OfficialAccount.Kind.SUBSCRIPTION:
        return today
    month = rows.filter(asked_at__gte=day.replace(day=1))
    # Those with the tag got what went to all as well.
    reached = month.filter(tag_id=None).count()
    if tag_id is not None:
        reached += month.filter(tag_id=tag_id).count()
    monthly = Quota(_("本月每位粉丝"), reached, PER_MONTH_AND_FOLLOWER)
    return min(today, monthly, key=lambda quota: quota.left)


def next_reset(*, account: OfficialAccount, now: datetime) -> datetime:
    """Return when the count begins anew."""
    local = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    if account.kind == OfficialAccount.Kind.SUBSCRIPTION:
        return local + timedelta(days=1)
    return (local.replace(day=28) + timedelta(days=4)).replace(day=1)
