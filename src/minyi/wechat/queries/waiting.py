# SPDX-License-Identifier: Apache-2.0
"""For whom a message waits that found no way to them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db.models import Q

from minyi.wechat.models import Outgoing

STALE_AFTER = timedelta(days=14)  # nobody wants last month's notice because they wrote today
RETRIED_FOR = timedelta(seconds=30)  # WeChat: three attempts of five seconds, and some slack
NO_WAY = "no_way"
_MOST = 5_000  # names kept in the callback's memory; the oldest messages first


def who_waits(*, slugs: Sequence[str], now: datetime) -> Mapping[str, frozenset[str]]:
    """Return, by account, the openids a passive reply could tell something.

    Also those it has just told: the answer may be lost, and WeChat then asks another process.
    """
    if not slugs:
        return {}
    rows = Outgoing.objects.filter(account__slug__in=slugs).values_list(
        "account__slug", "openid", "id"
    )
    waiting = rows.filter(state=Outgoing.State.NONE, reason=NO_WAY, asked_at__gt=now - STALE_AFTER)
    just_told = rows.filter(~Q(answering=""), sent_at__gt=now - RETRIED_FOR)
    found: dict[str, set[str]] = defaultdict(set)
    for slug, openid, _id in waiting.order_by().union(just_told.order_by()).order_by("id")[:_MOST]:
        found[slug].add(openid)
    return {slug: frozenset(openids) for slug, openids in found.items()}


def find_waiting(*, places: Sequence[tuple[int, str]], now: datetime) -> Sequence[tuple[int, str]]:
    """Return those of these (account id, openid) for whom a message waits."""
    rows = Outgoing.objects.filter(
        account__in={account for account, _openid in places},
        openid__in={openid for _account, openid in places},
        state=Outgoing.State.NONE,
        reason=NO_WAY,
        asked_at__gt=now - STALE_AFTER,
    )
    asked = set(places)
    return sorted(asked & set(rows.values_list("account_id", "openid")))
