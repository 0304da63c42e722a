# SPDX-License-Identifier: Apache-2.0
"""Followers as the office sorts them: tags, remarks, the blacklist. WeChat keeps the truth."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import NotAllowed
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import Ability
from minyi.wechat.client.tags import MOST_AT_ONCE
from minyi.wechat.client.users import MOST_BLOCKED_AT_ONCE
from minyi.wechat.errors import NobodyChosen, ReasonMissing, RowNotFound, TooManyChosen
from minyi.wechat.models import Contact, FollowerTag
from minyi.wechat.refusals import check_able

MAY = ("wechat.menus", "wechat.desk")  # those who speak to citizens, by menu or in person


def check_may(actor: Actor, account: OfficialAccount) -> None:
    """Raise NotAllowed unless this person may sort the account's followers."""
    if not any(actor.can(permission, account.agency_id) for permission in MAY):
        raise NotAllowed


def read_tags(account: OfficialAccount) -> list[FollowerTag]:
    """Read WeChat's tags anew and keep them."""
    check_able(account, Ability.TAGS)
    tags = ask_wechat(account, lambda client: client.tags.list())
    with transaction.atomic():
        FollowerTag.objects.filter(account=account).exclude(
            wechat_id__in=[tag.id for tag in tags]
        ).delete()
        return [
            FollowerTag.objects.update_or_create(
                account=account,
                wechat_id=tag.id,
                defaults={"name": tag.name, "count": tag.count},
            )[0]
            for tag in tags
        ]


def create_tag(*, account: OfficialAccount, name: str, actor: Actor, now: datetime) -> FollowerTag:
    """Create a tag at WeChat and keep it."""
    check_may(actor, account)
    check_able(account, Ability.TAGS)
    made = ask_wechat(account, lambda client: client.tags.create(name=name))
    with transaction.atomic():
        tag, _made = FollowerTag.objects.update_or_create(
            account=account, wechat_id=made.id, defaults={"name": name}
        )
        _record(actor, "wechat.tag.created", account, now, tag=name)
    return tag


def rename_tag(*, tag: FollowerTag, name: str, actor: Actor, now: datetime) -> None:
    """Give a tag another name."""
    check_may(actor, tag.account)
    number, before = tag.wechat_id, tag.name
    ask_wechat(tag.account, lambda client: client.tags.rename(tag_id=number, name=name))
    with transaction.atomic():
        FollowerTag.objects.filter(pk=tag.pk).update(name=name)
        _record(actor, "wechat.tag.renamed", tag.account, now, before=before, after=name)


def delete_tag(*, tag: FollowerTag, actor: Actor, now: datetime) -> None:
    """Delete a tag; whoever carried it loses it."""
    check_may(actor, tag.account)
    number = tag.wechat_id
    ask_wechat(tag.account, lambda client: client.tags.delete(tag_id=number))
    with transaction.atomic():
        _forget_tag(tag.account, number)
        _record(actor, "wechat.tag.deleted", tag.account, now, tag=tag.name)
        tag.delete()


def set_tag(
    *,
    account: OfficialAccount,
    contact_ids: Sequence[int],
    tag_id: int,
    carries: bool,
    actor: Actor,
    now: datetime,
) -> int:
    """Give a tag to people, or take it from them; return how many it concerned."""
    check_may(actor, account)
    check_able(account, Ability.TAGS)
    tag = FollowerTag.objects.filter(account=account, wechat_id=tag_id).first()
    if tag is None:
        raise RowNotFound
    contacts = _chosen(account, contact_ids)
    openids = [contact.openid for contact in contacts]
    if carries:
        ask_wechat(account, lambda client: client.tags.put_on(tag_id=tag_id, openids=openids))
    else:
        ask_wechat(account, lambda client: client.tags.take_off(tag_id=tag_id, openids=openids))
    with transaction.atomic():
        others = sum(1 for contact in contacts if (tag_id in contact.tags) != carries)
        change = others if carries else -others
        tag = FollowerTag.objects.select_for_update().get(pk=tag.pk)
        tag.count = max(0, tag.count + change)
        tag.save(update_fields=["count"])
        for contact in contacts:
            kept = [one for one in contact.tags if one != tag_id]
            contact.tags = [*kept, tag_id] if carries else kept
        Contact.objects.bulk_update(contacts, ["tags"])
        _record(
            actor,
            "wechat.followers.tagged",
            account,
            now,
            tag=tag.name,
            carries=carries,
            people=len(contacts),
        )
    return len(contacts)


def set_remark(*, contact: Contact, remark: str, actor: Actor, now: datetime) -> None:
    """Write a note on a follower, as WeChat keeps it: the citizen does not see it."""
    check_may(actor, contact.account)
    account, openid = contact.account, contact.openid
    ask_wechat(account, lambda client: client.users.set_remark(openid=openid, remark=remark))
    with transaction.atomic():
        Contact.objects.filter(pk=contact.pk).update(remark=remark)
        _record(actor, "wechat.follower.remarked", account, now, contact=contact.pk)


def set_blocked(
    *,
    account: OfficialAccount,
    contact_ids: Sequence[int],
    blocked: bool,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Put people on the blacklist, or take them off it; return how many it concerned."""
    check_may(actor, account)
    check_able(account, Ability.USERS)
    if blocked and not reason:
        raise ReasonMissing
    contacts = _chosen(account, contact_ids)
    openids = [contact.openid for contact in contacts]
    for start in range(0, len(openids), MOST_BLOCKED_AT_ONCE):
        part = openids[start : start + MOST_BLOCKED_AT_ONCE]
        _block(account, part, blocked)
    with transaction.atomic():
        Contact.objects.filter(pk__in=[one.pk for one in contacts]).update(is_blocked=blocked)
        act = "wechat.followers.blocked" if blocked else "wechat.followers.unblocked"
        ids = [one.pk for one in contacts]
        _record(actor, act, account, now, contacts=ids, reason=reason)
    return len(contacts)


def _block(account: OfficialAccount, openids: list[str], blocked: bool) -> None:
    if blocked:
        ask_wechat(account, lambda client: client.users.block(openids=openids))
    else:
        ask_wechat(account, lambda client: client.users.unblock(openids=openids))


def _chosen(account: OfficialAccount, contact_ids: Sequence[int]) -> list[Contact]:
    if not contact_ids:
        raise NobodyChosen
    if len(contact_ids) > MOST_AT_ONCE:
        raise TooManyChosen(most=MOST_AT_ONCE, found=len(contact_ids))
    contacts = list(Contact.objects.filter(account=account, pk__in=contact_ids).order_by("pk"))
    if len(contacts) != len(set(contact_ids)):
        raise RowNotFound
    return contacts


def _forget_tag(account: OfficialAccount, number: int) -> None:
    carriers = [
        contact
        for contact in Contact.objects.filter(account=account).exclude(tags=[]).only("pk", "tags")
        if number in contact.tags
    ]
    for contact in carriers:
        contact.tags = [one for one in contact.tags if one != number]
    Contact.objects.bulk_update(carriers, ["tags"], batch_size=500)


def _record(
    actor: Actor, act: str, account: OfficialAccount, now: datetime, **facts: object
) -> None:
    audit.record(
        actor=actor, act=act, target=account, now=now, agency_id=account.agency_id, **facts
    )
