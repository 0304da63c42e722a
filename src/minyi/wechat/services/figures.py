# SPDX-License-Identifier: Apache-2.0
"""Fetching a day's figures of an account from WeChat, into rows that say so.

A day fetched twice gives the same rows. Figures WeChat has not counted yet (61503, or «is_delay»)
are asked for again an hour later.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import DomainError
from minyi.core.outbox import Delivery, Later, consumer, send
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import Ability
from minyi.wechat.client.figures import TOTAL_SOURCE, ArticleLife, Counters
from minyi.wechat.errors import WeChatRefused, WeChatSilent
from minyi.wechat.models import (
    ArticleFigures,
    Figures,
    FigureSync,
    FollowerDay,
    MessageDay,
    Origin,
    ReadDay,
)
from minyi.wechat.refusals import check_able

if TYPE_CHECKING:
    from minyi.wechat.client import WeChatClient

TOPIC = "wechat.figures"
MAY = "wechat.articles"
READY_HOUR = 8  # figures of yesterday are there by then
TRACKED_DAYS = 30  # of an article's life
ASK_AGAIN = timedelta(hours=1)
PATIENCE = timedelta(hours=36)
_NOT_READY = 61503
State = FigureSync.State


@dataclass(slots=True)
class _Fetched:
    """What WeChat told of one day."""

    rows: dict[type[Figures], list[tuple[dict[str, Any], dict[str, Any]]]] = field(
        default_factory=dict
    )
    is_late: bool = False

    def add(self, model: type[Figures], key: dict[str, Any], values: dict[str, Any]) -> None:
        self.rows.setdefault(model, []).append((key, values))


def ask_sync(*, account: OfficialAccount, day: date, actor: Actor, now: datetime) -> None:
    """Let the worker fetch a day's figures now."""
    actor.check(MAY, account.agency_id)
    check_able(account, Ability.DATACUBE)
    with transaction.atomic():
        _send(account, day, now, key=f"{account.slug}:{day}:{int(now.timestamp())}")
        # From here on the worker fetches every day by itself.
        schedule_day(account=account, day=day + timedelta(days=1), now=now)
        audit.record(
            actor=actor,
            act="wechat.figures.synced",
            target=account,
            now=now,
            agency_id=account.agency_id,
            day=str(day),
        )


def schedule_day(*, account: OfficialAccount, day: date, now: datetime) -> None:
    """Ask for a day's figures once they are ready; a second call changes nothing."""
    morning = datetime.combine(day + timedelta(days=1), datetime.min.time())
    ready = timezone.make_aware(morning.replace(hour=READY_HOUR, minute=15))
    _send(account, day, now, key=f"{account.slug}:{day}", due_at=max(ready, now))


@consumer(TOPIC)
def fetch(delivery: Delivery) -> None:
    """Fetch one day; go on to the next when this one is in."""
    account = OfficialAccount.objects.filter(slug=delivery.payload["account"]).first()
    if account is None:
        return
    day = date.fromisoformat(str(delivery.payload["day"]))
    done = sync_day(account=account, day=day, now=delivery.now)
    is_daily = delivery.key == f"{account.slug}:{day}"
    if is_daily and done.state != State.WAITING:
        schedule_day(account=account, day=day + timedelta(days=1), now=delivery.now)
    if done.state == State.WAITING:
        if delivery.now - delivery.asked_at > PATIENCE:
            _note(account, day, State.FAILED, done.reason, done.rows, delivery.now)
            if is_daily:
                schedule_day(account=account, day=day + timedelta(days=1), now=delivery.now)
            return
        raise Later(delivery.now + ASK_AGAIN, reason=done.reason)


def sync_day(*, account: OfficialAccount, day: date, now: datetime) -> FigureSync:
    """Fetch one day's figures into rows and say how it went; nothing is asked in a transaction."""
    try:
        check_able(account, Ability.DATACUBE)
        fetched = _fetch(account, day)
    except WeChatSilent as silent:
        return _note(account, day, State.WAITING, silent.detail, 0, now)
    except WeChatRefused as refused:
        is_early = refused.facts.get("errcode") == _NOT_READY
        state = State.WAITING if is_early else State.FAILED
        words = _("微信还没有统计好，稍后再取。") if is_early else refused.detail
        return _note(account, day, state, words, 0, now)
    except DomainError as refused:
        return _note(account, day, State.FAILED, refused.detail, 0, now)
    with transaction.atomic():
        many = _keep(account, fetched, now)
    if fetched.is_late:
        words = _("微信说还有数据没有到齐，稍后再取。")
        return _note(account, day, State.WAITING, words, many, now)
    return _note(account, day, State.DONE, "", many, now)


def _fetch(account: OfficialAccount, day: date) -> _Fetched:
    fetched = _Fetched()
    for ask in (_fetch_followers, _fetch_reads, _fetch_messages):
        ask(account, day, fetched)
    _fetch_articles(account, day, fetched)
    return fetched


def _fetch_followers(account: OfficialAccount, day: date, fetched: _Fetched) -> None:
    summary = ask_wechat(account, lambda client: client.figures.users(begin=day, end=day))
    totals = ask_wechat(account, lambda client: client.figures.user_totals(begin=day, end=day))
    for row in summary:
        fetched.add(
            FollowerDay,
            {"day": row.day, "source": str(row.source)},
            {"new": row.new, "cancelled": row.lost, "net": row.new - row.lost},
        )
    for total in totals:
        own = [row for row in summary if row.day == total.day]
        new, lost = sum(row.new for row in own), sum(row.lost for row in own)
        fetched.add(
            FollowerDay,
            {"day": total.day, "source": ""},
            {"new": new, "cancelled": lost, "net": new - lost, "total": total.total},
        )


def _fetch_reads(account: OfficialAccount, day: date, fetched: _Fetched) -> None:
    found = ask_wechat(account, lambda client: client.figures.summary(begin=day, end=day))
    fetched.is_late = fetched.is_late or found.is_late
    for row in found.rows:
        detail = row.detail
        fetched.add(
            ReadDay,
            {"day": row.day, "channel": TOTAL_SOURCE},
            {
                "read_users": detail.readers,
                "share_users": detail.sharers,
                "original_users": detail.to_original,
                "favourite_users": detail.collectors,
                "sent": detail.send_page_count,
                "extra": _other_counters(detail),
            },
        )
        for source in detail.sources:
            key = {"day": row.day, "channel": source.name[:40]}
            fetched.add(ReadDay, key, {"read_users": source.users})


def _fetch_messages(account: OfficialAccount, day: date, fetched: _Fetched) -> None:
    rows = ask_wechat(account, lambda client: client.figures.messages(begin=day, end=day))
    if rows:
        # One row for each kind of message: people who sent two kinds are counted twice.
        users = max(row.users for row in rows) if len(rows) == 1 else None
        fetched.add(
            MessageDay,
            {"day": day},
            {
                "users": users,
                "messages": sum(row.count for row in rows),
                "extra": {f"msg_type {row.kind}": f"{row.users}/{row.count}" for row in rows},
            },
        )


def _fetch_articles(account: OfficialAccount, day: date, fetched: _Fetched) -> None:
    """Ask for that day's articles, and again for those of the days before that still move."""
    moving = set(
        ArticleFigures.objects.filter(
            account=account,
            origin=Origin.API,
            published_on__range=(day - timedelta(days=TRACKED_DAYS - 1), day),
        ).values_list("published_on", flat=True)
    )
    for published_on in sorted(moving | {day}):
        found = ask_wechat(account, _lives_of(published_on))
        fetched.is_late = fetched.is_late or found.is_late
        for life in found.rows:
            fetched.add(ArticleFigures, {"key": life.article[:200]}, _article(life))


def _lives_of(published_on: date):  # type: ignore[no-untyped-def]
    def ask(client: "WeChatClient"):  # type: ignore[no-untyped-def]
        return client.figures.lives(published_on=published_on)

    return ask


def _article(life: ArticleLife) -> dict[str, Any]:
    """Return an article's figures up to the last day WeChat tells; its counters run on."""
    values: dict[str, Any] = {
        "title": life.title[:200],
        "published_on": life.day,
        "url": life.url[:1000],
    }
    last = max(life.days, key=lambda one: one.day, default=None)
    if last is None:
        return values
    return values | {
        "read_users": last.readers,
        "share_users": last.sharers,
        "followed": last.subscribed_while_reading,
        "delivered_rate": Decimal(str(last.delivery_rate)),
        "finish_rate": Decimal(str(last.finish_rate)),
        "extra": {
            **_other_counters(last),
            "stat_date": str(last.day),
            "collection_user": str(last.collectors),
            "redirect_ori_page_user": str(last.to_original),
            **{f"read_user {one.name}": str(one.users) for one in last.sources},
        },
    }


def _other_counters(detail: Counters) -> dict[str, str]:
    return {
        "zaikan_user": str(detail.zaikan),
        "like_user": str(detail.likers),
        "comment_count": str(detail.comment_count),
    }


def _keep(account: OfficialAccount, fetched: _Fetched, now: datetime) -> int:
    """Put the rows in the place of what was fetched before; return how many there are."""
    many = 0
    for model, rows in fetched.rows.items():
        for key, values in _last_of_each(rows):
            model._default_manager.update_or_create(
                account=account,
                origin=Origin.API,
                **key,
                defaults={**values, "as_of": now},
            )
            many += 1
    return many


def _last_of_each(
    rows: Iterable[tuple[dict[str, Any], dict[str, Any]]],
) -> Iterable[tuple[Mapping[str, Any], Mapping[str, Any]]]:
    return {tuple(key.items()): (key, values) for key, values in rows}.values()


def _note(
    account: OfficialAccount, day: date, state: State, reason: str, rows: int, now: datetime
) -> FigureSync:
    done, _made = FigureSync.objects.update_or_create(
        account=account,
        day=day,
        defaults={"state": state, "reason": reason[:200], "rows": rows, "tried_at": now},
    )
    return done


def _send(
    account: OfficialAccount,
    day: date,
    now: datetime,
    *,
    key: str,
    due_at: datetime | None = None,
) -> None:
    payload = {"account": account.slug, "day": str(day)}
    send(topic=TOPIC, key=key, payload=payload, now=now, due_at=due_at)
