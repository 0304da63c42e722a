# SPDX-License-Identifier: Apache-2.0
"""The menu of an account: written here, sent to WeChat, and taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.asking import ask_wechat
from minyi.wechat.buttons import (
    Button,
    Difference,
    compare,
    find_problems,
    read_draft,
    to_wechat,
    write_draft,
)
from minyi.wechat.capabilities import Ability
from minyi.wechat.errors import EmptyMenu, MenuNotReady, StaleMenu
from minyi.wechat.models import Menu, MenuVersion, TagMenu
from minyi.wechat.refusals import check_able

MAY = "wechat.menus"


def open_menu(account: OfficialAccount) -> Menu:
    """Return the account's menu; the first who looks makes an empty one."""
    rows = Menu.objects.select_related("account", "changed_by", "published_by")
    menu: Menu = rows.get_or_create(account=account)[0]
    return menu


@transaction.atomic
def save_menu(
    *,
    account: OfficialAccount,
    buttons: Sequence[Button],
    version: int,
    actor: Actor,
    now: datetime,
) -> Menu:
    """Keep the draft, unless somebody saved another one after `version` was read."""
    actor.check(MAY, account.agency_id)
    menu = _locked(account)
    draft = write_draft(buttons)
    if menu.version != version:
        raise StaleMenu(
            who=_who_changed(menu, actor),
            differences=compare(read_draft(menu.draft), to_wechat(buttons)),
        )
    if draft == menu.draft:
        return menu
    _store_draft(menu, draft, actor, now)
    _record(actor, "wechat.menu.saved", menu, now, version=menu.version)
    return menu


def publish_menu(
    *, account: OfficialAccount, version: int, actor: Actor, now: datetime
) -> MenuVersion:
    """Send the draft to WeChat and keep it as a version.

    WeChat is asked outside any transaction. Should the process die in between, WeChat shows the
    new menu and we the old one: «compare» tells, and publishing again mends it.
    """
    actor.check(MAY, account.agency_id)
    check_able(account, Ability.MENU)
    menu = open_menu(account)
    if menu.version != version:
        raise StaleMenu(who=_who_changed(menu, actor), differences=[])
    buttons = read_draft(menu.draft)
    check_ready(buttons)
    ask_wechat(account, lambda client: client.menus.create(buttons=to_wechat(buttons)))
    return _keep_version(account=account, draft=write_draft(buttons), actor=actor, now=now)


def check_ready(buttons: Sequence[Button]) -> None:
    """Raise unless WeChat could take this menu."""
    if not buttons:
        raise EmptyMenu
    problems = find_problems(buttons)
    if problems:
        raise MenuNotReady(problems=sum(len(wrong) for wrong in problems.values()))


@transaction.atomic
def _keep_version(
    *, account: OfficialAccount, draft: list[dict[str, Any]], actor: Actor, now: datetime
) -> MenuVersion:
    menu = _locked(account)
    menu.live, menu.published_at, menu.published_by_id = draft, now, user_id(actor)
    menu.save(update_fields=["live", "published_at", "published_by"])
    last = menu.versions.aggregate(last=Max("number"))["last"] or 0
    kept = menu.versions.create(
        number=last + 1, buttons=draft, published_at=now, published_by_id=user_id(actor)
    )
    _record(actor, "wechat.menu.published", menu, now, number=kept.number)
    return kept


@transaction.atomic
def restore_version(*, account: OfficialAccount, number: int, actor: Actor, now: datetime) -> Menu:
    """Make an earlier version the draft; WeChat keeps showing what it shows."""
    actor.check(MAY, account.agency_id)
    menu = _locked(account)
    kept = menu.versions.get(number=number)
    _store_draft(menu, kept.buttons, actor, now)
    _record(actor, "wechat.menu.restored", menu, now, number=number)
    return menu


def unpublish_menu(*, account: OfficialAccount, actor: Actor, now: datetime) -> None:
    """Take the menu off WeChat; WeChat drops the menus by tag along with it."""
    actor.check(MAY, account.agency_id)
    check_able(account, Ability.MENU)
    ask_wechat(account, lambda client: client.menus.delete())
    with transaction.atomic():
        menu = _locked(account)
        menu.live, menu.published_at, menu.published_by_id = [], None, None
        menu.save(update_fields=["live", "published_at", "published_by"])
        TagMenu.objects.filter(account=account).update(
            menuid="", live=[], published_at=None, published_by=None
        )
        _record(actor, "wechat.menu.unpublished", menu, now)


def compare_with_wechat(*, account: OfficialAccount, actor: Actor) -> list[Difference] | None:
    """Return where WeChat's menu differs from the one we published; None: WeChat shows none."""
    actor.check("wechat.view", account.agency_id)
    shown = ask_wechat(account, lambda client: client.menus.current())
    if not shown.is_open:
        return None
    return compare(read_draft(open_menu(account).live), shown.buttons)


def _locked(account: OfficialAccount) -> Menu:
    open_menu(account)
    menu: Menu = Menu.objects.select_for_update().get(account=account)
    return menu


def _who_changed(menu: Menu, actor: Actor) -> str:
    if menu.changed_by_id is not None and menu.changed_by_id == user_id(actor):
        return _("您自己在另一个窗口")
    return str(menu.changed_by or _("同事"))


def _store_draft(menu: Menu, draft: list[dict[str, Any]], actor: Actor, now: datetime) -> None:
    menu.draft, menu.changed_at, menu.changed_by_id = draft, now, user_id(actor)
    menu.version += 1
    menu.save(update_fields=["draft", "version", "changed_at", "changed_by"])


def user_id(actor: Actor) -> int | None:
    return int(actor.id) if actor.kind == "staff" else None


def _record(actor: Actor, act: str, menu: Menu, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor, act=act, target=menu, now=now, agency_id=menu.account.agency_id, **facts
    )
