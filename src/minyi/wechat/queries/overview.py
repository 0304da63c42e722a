# SPDX-License-Identifier: Apache-2.0
"""What needs doing in each account, for the page one comes to first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from minyi.agencies.models import OfficialAccount
from minyi.wechat.models import (
    Article,
    Broadcast,
    Contact,
    Conversation,
    Menu,
    Outgoing,
)

from .alerts import standing_alerts
from .desk import WAITING

_NEED_SOMEBODY = (Outgoing.State.UNKNOWN, Outgoing.State.NONE, Outgoing.State.FAILED)


@dataclass(frozen=True, slots=True)
class Talks:
    """How many wait for a person, since when the first, and how many a person answers now."""

    waiting: int = 0
    since: datetime | None = None
    held: int = 0


@dataclass(frozen=True, slots=True)
class AccountOverview:
    """How one account stands; `menu` is "published", "changed" or "none"."""

    account: OfficialAccount
    talks: Talks
    unsent: int
    alerts: int
    to_review: int
    unknown: int
    menu: str
    heard_at: datetime | None


def read_overview(
    accounts: Sequence[OfficialAccount], *, now: datetime
) -> Sequence[AccountOverview]:
    """Return how these accounts stand, in a handful of queries however many there are."""
    ids = [account.pk for account in accounts]
    talks = _talks(ids)
    unsent = _count(Outgoing.objects.filter(account__in=ids, state__in=_NEED_SOMEBODY))
    to_review = _count(Article.objects.filter(account__in=ids, state=Article.State.READY))
    unknown = _count(Article.objects.filter(account__in=ids, state=Article.State.UNKNOWN))
    unknown_sendings = _count(
        Broadcast.objects.filter(account__in=ids, state=Broadcast.State.UNKNOWN)
    )
    alerts = _alerts([account.slug for account in accounts], now)
    menus = {menu.account_id: _menu_state(menu) for menu in Menu.objects.filter(account__in=ids)}
    heard = dict(
        Contact.objects.filter(account__in=ids)
        .order_by()
        .values_list("account")
        .annotate(at=Max("last_seen_at"))
    )
    return [
        AccountOverview(
            account=account,
            talks=talks.get(account.pk, Talks()),
            unsent=unsent.get(account.pk, 0),
            alerts=alerts.get(account.slug, 0),
            to_review=to_review.get(account.pk, 0),
            unknown=unknown.get(account.pk, 0) + unknown_sendings.get(account.pk, 0),
            menu=menus.get(account.pk, "none"),
            heard_at=heard.get(account.pk),
        )
        for account in accounts
    ]


def _talks(ids: Sequence[int]) -> dict[int, Talks]:
    rows = Conversation.objects.filter(contact__account__in=ids).order_by()
    counted = rows.values_list("contact__account").annotate(
        waiting=Count("pk", filter=WAITING),
        since=Min("waiting_since", filter=WAITING),
        held=Count("pk", filter=Q(state=Conversation.State.PERSON, assignee__isnull=False)),
    )
    return {account: Talks(*found) for account, *found in counted}


def _count(rows: QuerySet[Any]) -> dict[int, int]:
    return dict(rows.order_by().values_list("account").annotate(size=Count("pk")))


def _alerts(slugs: Sequence[str], now: datetime) -> dict[str, int]:
    rows = standing_alerts(now).filter(account__in=slugs).order_by()
    return dict(rows.values_list("account").annotate(size=Count("pk")))


def _menu_state(menu: Menu) -> str:
    if not menu.live:
        return "none"
    return "published" if menu.live == menu.draft else "changed"
