# SPDX-License-Identifier: Apache-2.0
"""Menus only some followers see 个性化菜单. WeChat cannot edit one: a new one replaces it."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.asking import ask_wechat
from minyi.wechat.buttons import Button, read_draft, to_wechat, write_draft
from minyi.wechat.capabilities import Ability
from minyi.wechat.client.api_errors import OutOfStep
from minyi.wechat.errors import StaleMenu, WeChatRefused
from minyi.wechat.models import TagMenu
from minyi.wechat.refusals import check_able

from .menus import MAY, check_ready, user_id


@transaction.atomic
def add_tag_menu(
    *,
    account: OfficialAccount,
    name: str,
    tag_id: int | None,
    phone: str,
    actor: Actor,
    now: datetime,
) -> TagMenu:
    """Begin a menu for a tag, a kind of phone, or both."""
    actor.check(MAY, account.agency_id)
    menu = TagMenu.objects.create(account=account, name=name, tag_id=tag_id, phone=phone)
    _record(actor, "wechat.tag_menu.saved", menu, now)
    return menu


@transaction.atomic
def save_tag_menu(
    *, menu_id: int, buttons: Sequence[Button], version: int, actor: Actor, now: datetime
) -> TagMenu:
    """Keep the draft, unless somebody saved another one meanwhile."""
    menu = _locked(menu_id, actor)
    if menu.version != version:
        raise StaleMenu(who="", differences=[])
    draft = write_draft(buttons)
    if draft != menu.draft:
        menu.draft = draft
        menu.version += 1
        menu.save(update_fields=["draft", "version"])
        _record(actor, "wechat.tag_menu.saved", menu, now)
    return menu


def publish_tag_menu(*, menu_id: int, actor: Actor, now: datetime) -> TagMenu:
    """Send the menu to WeChat; the one sent before goes afterwards, so that one always stands."""
    menu = _own(menu_id, actor)
    account = menu.account
    check_able(account, Ability.CONDITIONAL_MENU)
    buttons = read_draft(menu.draft)
    check_ready(buttons)
    made = ask_wechat(
        account,
        lambda client: client.menus.add_conditional(
            buttons=to_wechat(buttons), tag_id=menu.tag_id, phone=menu.phone
        ),
    )
    before = menu.menuid
    with transaction.atomic():
        menu = _locked(menu_id, actor)
        menu.menuid, menu.live = made, write_draft(buttons)
        menu.published_at, menu.published_by_id = now, user_id(actor)
        menu.save()
        _record(actor, "wechat.tag_menu.published", menu, now)
    if before:
        _take_off(account, before)
    return menu


def unpublish_tag_menu(*, menu_id: int, actor: Actor, now: datetime) -> None:
    """Take the menu off WeChat; the draft stays."""
    menu = _own(menu_id, actor)
    if menu.menuid:
        _take_off(menu.account, menu.menuid)
    with transaction.atomic():
        menu = _locked(menu_id, actor)
        menu.menuid, menu.live, menu.published_at, menu.published_by = "", [], None, None
        menu.save()
        _record(actor, "wechat.tag_menu.unpublished", menu, now)


def delete_tag_menu(*, menu_id: int, actor: Actor, now: datetime) -> None:
    """Take the menu off WeChat and forget it."""
    menu = _own(menu_id, actor)
    if menu.menuid:
        _take_off(menu.account, menu.menuid)
    with transaction.atomic():
        menu = _locked(menu_id, actor)
        _record(actor, "wechat.tag_menu.deleted", menu, now)
        menu.delete()


def _take_off(account: OfficialAccount, menuid: str) -> None:
    try:
        ask_wechat(account, lambda client: client.menus.delete_conditional(menuid=menuid))
    except WeChatRefused as refused:
        if not isinstance(refused.__cause__, OutOfStep):  # gone already: what we wanted
            raise


def _own(menu_id: int, actor: Actor) -> TagMenu:
    menu: TagMenu = TagMenu.objects.visible_to(actor).select_related("account").get(pk=menu_id)
    actor.check(MAY, menu.account.agency_id)
    return menu


def _locked(menu_id: int, actor: Actor) -> TagMenu:
    rows = TagMenu.objects.visible_to(actor).select_for_update(of=("self",))
    menu: TagMenu = rows.select_related("account").get(pk=menu_id)
    actor.check(MAY, menu.account.agency_id)
    return menu


def _record(actor: Actor, act: str, menu: TagMenu, now: datetime) -> None:
    audit.record(actor=actor, act=act, target=menu, now=now, agency_id=menu.account.agency_id)
