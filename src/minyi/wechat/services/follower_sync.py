# SPDX-License-Identifier: Apache-2.0
"""Reading all followers from WeChat, a part at a time; the outbox carries on from part to part.

Each part is one outbox message. The cursor moves in the transaction that stores the part and asks
for the next one, so a worker that dies loses nothing, and a part run twice changes nothing.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import DomainError
from minyi.core.outbox import Again, Delivery, consumer, send, when_given_up
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import Ability
from minyi.wechat.errors import SyncRunning, WeChatSilent
from minyi.wechat.models import Contact, FollowerSync
from minyi.wechat.refusals import check_able

from .followers import check_may, read_tags

if TYPE_CHECKING:
    from minyi.wechat.client.users import Follower

TOPIC = "wechat.follower_sync"
ASKED_AT_ONCE = 100  # user/info/batchget (wechat-api.md §8)
PART = 10 * ASKED_AT_ONCE
PATIENCE = 5  # attempts of one part
SKEW = timedelta(seconds=10)  # events carry WeChat's clock, in whole seconds
State = FollowerSync.State
_GOING = (State.WAITING, State.RUNNING)
_READ = ("is_following", "synced_at", "followed_at", "remark", "tags", "scene")


def start_sync(*, account: OfficialAccount, actor: Actor, now: datetime) -> FollowerSync:
    """Ask for all followers to be read; one sync of an account at a time."""
    check_may(actor, account)
    check_able(account, Ability.USERS)
    with transaction.atomic():
        OfficialAccount.objects.select_for_update().get(pk=account.pk)
        if FollowerSync.objects.filter(account=account, state__in=_GOING).exists():
            raise SyncRunning
        sync = FollowerSync.objects.create(
            account=account, started_at=now, asked_by_id=int(actor.id) if actor.id else None
        )
        _ask_for_next_part(sync, now)
        _record_asked(account, actor, now, step=sync.steps)
    return sync


@transaction.atomic
def resume_sync(*, sync_id: int, actor: Actor, now: datetime) -> None:
    """Go on with a sync that stopped, from where it stopped."""
    sync = FollowerSync.objects.visible_to(actor).select_related("account").get(pk=sync_id)
    check_may(actor, sync.account)
    OfficialAccount.objects.select_for_update().get(pk=sync.account_id)
    sync.refresh_from_db()
    others = FollowerSync.objects.filter(account_id=sync.account_id, state__in=_GOING)
    if sync.state != State.STOPPED or others.exists():
        raise SyncRunning
    sync.state, sync.reason, sync.finished_at = State.WAITING, "", None
    sync.steps += 1  # a new key for the outbox
    sync.save()
    _ask_for_next_part(sync, now)
    _record_asked(sync.account, actor, now, step=sync.steps)


@consumer(TOPIC)
def read_part(delivery: Delivery) -> None:
    """Read the next part of a sync."""
    sync = FollowerSync.objects.select_related("account").get(pk=delivery.payload["sync"])
    if sync.state not in _GOING or sync.steps != delivery.payload["step"]:
        return  # done already by a worker that did not live to say so
    try:
        _read_part(sync, delivery.now)
    except WeChatSilent as silent:
        if delivery.attempt < PATIENCE:
            raise Again(str(silent)) from silent
        _stop(sync, silent, delivery.now)
    except DomainError as refused:
        _stop(sync, refused, delivery.now)


@when_given_up(TOPIC)
def give_up(delivery: Delivery, reason: str) -> None:
    """The outbox tries this part no more: the sync stops, and can be resumed from here."""
    told = {name: int(str(value)) for name, value in delivery.payload.items()}
    sync = FollowerSync.objects.filter(pk=told["sync"], steps=told["step"], state__in=_GOING)
    words = _("多次尝试都没有办成，系统已停止重试：%(reason)s") % {"reason": reason}
    sync.update(state=State.STOPPED, reason=words[:300], finished_at=delivery.now)


def _read_part(sync: FollowerSync, now: datetime) -> None:
    account, after = sync.account, sync.next_openid
    if not after:
        check_able(account, Ability.USERS)
        _read_tags_if_any(account)
    waiting, total = list(sync.pending), sync.total
    if not waiting:
        page = ask_wechat(account, lambda client: client.users.page(after=after))
        waiting, total = list(page.openids), page.total
    openids = waiting[:PART]
    users: list[Follower] = []
    for start in range(0, len(openids), ASKED_AT_ONCE):
        users += _ask_about(account, openids[start : start + ASKED_AT_ONCE])
    with transaction.atomic():
        locked = FollowerSync.objects.select_for_update().get(pk=sync.pk)
        if locked.steps != sync.steps:
            return  # another worker was faster
        keep_users(account, users, now)
        locked.total, locked.done = total, locked.done + len(openids)
        locked.pending = waiting[PART:]
        locked.steps += 1
        if openids:
            locked.state, locked.next_openid = State.RUNNING, openids[-1]
            locked.save()
            _ask_for_next_part(locked, now)
        else:
            _finish(locked, now)


def _ask_about(account: OfficialAccount, openids: Sequence[str]) -> "Sequence[Follower]":
    return ask_wechat(account, lambda client: client.users.batch_info(openids=openids))


def keep_users(account: OfficialAccount, users: Sequence["Follower"], now: datetime) -> None:
    """Keep what WeChat says of these people; `now`: when we asked, or before.

    The rows are locked, so that an event that comes meanwhile is read here or written afterwards.
    """
    asked = Contact.objects.filter(account=account, openid__in=[user.openid for user in users])
    known = {contact.openid: contact for contact in asked.select_for_update().order_by("pk")}
    fresh = [
        Contact(account=account, openid=user.openid, last_seen_at=_moment(user.followed_at) or now)
        for user in users
        if user.openid not in known
    ]
    by_openid = {user.openid: user for user in users}
    for contact in [*known.values(), *fresh]:
        _note(contact, by_openid[contact.openid], now)
    Contact.objects.bulk_create(fresh, ignore_conflicts=True)
    Contact.objects.bulk_update(known.values(), _READ, batch_size=200)


def _note(contact: Contact, user: "Follower", now: datetime) -> None:
    contact.synced_at = now
    if _knows_better(contact, user, asked_at=now):
        return
    contact.is_following = user.is_following
    if not user.is_following:
        return
    contact.followed_at = _moment(user.followed_at)
    if contact.revoked_at is None:
        contact.remark, contact.tags = user.remark, list(user.tag_ids)
        contact.scene = contact.scene or user.scene_text or _number(user.scene_number)


def _knows_better(contact: Contact, user: "Follower", *, asked_at: datetime) -> bool:
    """Tell whether an event that contradicts the answer came after we began to ask."""
    if contact.is_following == user.is_following:
        return False
    changed_at = contact.followed_at if contact.is_following else contact.left_at
    return changed_at is not None and changed_at > asked_at - SKEW


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, tz=UTC) if seconds else None


def _number(scene: int) -> str:
    return str(scene) if scene else ""


def _finish(sync: FollowerSync, now: datetime) -> None:
    """Whoever WeChat did not name has left while our callback was not listening."""
    unseen = Q(synced_at__isnull=True) | Q(synced_at__lt=sync.started_at)
    came_meanwhile = Q(followed_at__gte=sync.started_at)
    gone = Contact.objects.filter(unseen, account_id=sync.account_id, is_following=True)
    gone.exclude(came_meanwhile).update(is_following=False)
    sync.state, sync.finished_at = State.DONE, now
    sync.save()


def _read_tags_if_any(account: OfficialAccount) -> None:
    try:
        read_tags(account)
    except DomainError as refused:
        if isinstance(refused, WeChatSilent):
            raise
        # An account without tags still has followers.


def _stop(sync: FollowerSync, refused: DomainError, now: datetime) -> None:
    FollowerSync.objects.filter(pk=sync.pk, steps=sync.steps).update(
        state=State.STOPPED, reason=refused.detail[:300], finished_at=now
    )


def _ask_for_next_part(sync: FollowerSync, now: datetime) -> None:
    payload = {"sync": sync.pk, "step": sync.steps}
    send(topic=TOPIC, key=f"{sync.pk}:{sync.steps}", payload=payload, now=now)


def _record_asked(account: OfficialAccount, actor: Actor, now: datetime, *, step: int) -> None:
    audit.record(
        actor=actor,
        act="wechat.followers.sync_asked",
        target=account,
        now=now,
        agency_id=account.agency_id,
        step=step,
    )
