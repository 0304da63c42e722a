# SPDX-License-Identifier: Apache-2.0
"""The menu editor: a form, a phone beside it, and what WeChat shows now."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minyi.core.errors import DomainError, NotAllowed, NotFound
from minyi.core.staff import AgencyPolicy
from minyi.wechat.buttons import Difference, read_draft, title_of
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.errors import RowNotFound, StaleMenu
from minyi.wechat.models import Menu, MenuVersion
from minyi.wechat.services import menus

from . import pages
from .menu_form import Grid, kinds, preview_of, rows_of, targets_of

ICON = "list-ul"
EDIT = "wechat.menus"
VERSIONS_SHOWN = 10


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, account_id):
    """Show the editor; take what was typed: a move, a look, a save, a publication."""
    account = pages.account_for(request, account_id, "wechat.view")
    menu = menus.open_menu(account)
    if request.method != "POST":
        return _page(request, account, menu, read_draft(menu.draft))
    request.user.actor.check(EDIT, account.agency_id)
    grid, act = Grid.read(request.POST), request.POST.get("act", "save")
    grid.apply(act)
    buttons = grid.buttons()
    if act not in ("save", "publish"):
        return _page(request, account, menu, buttons, version=read_version(request))
    return _save(request, account, buttons, publish=act == "publish")


def _save(request, account, buttons, *, publish):
    doing = {"account": account, "actor": request.user.actor, "now": timezone.now()}
    menu, stale, is_kept = menus.open_menu(account), None, False
    try:
        menu = menus.save_menu(buttons=buttons, version=read_version(request), **doing)
        is_kept = True
        if not publish:
            messages.success(request, _("草稿已保存，微信上的菜单没有变。"))
            return redirect("wechat_menu", account.pk)
        menus.publish_menu(version=menu.version, **doing)
    except (NotAllowed, NotFound):
        raise
    except StaleMenu as refusal:
        stale = refusal
    except DomainError as refusal:
        messages.error(request, refusal.summary)
        if is_kept:
            messages.warning(request, _("没有发布。您填写的内容已存为草稿，微信上的菜单没有变。"))
    else:
        messages.success(request, _("菜单已发布。粉丝的手机最迟约 5 分钟后看到新菜单。"))
        return redirect("wechat_menu", account.pk)
    # On a stale save the version shown is the newest: saving again is a decision, not an accident.
    return _page(request, account, menu, buttons, stale=stale, status=409)


@require_POST
def preview(request, account_id):
    """Draw the phone for what is being typed; nothing is kept."""
    account = pages.account_for(request, account_id, EDIT)
    buttons = Grid.read(request.POST).buttons()
    return render(
        request,
        "wechat/staff/_menu_phone.html",
        {"account": account, "preview": preview_of(buttons)},
    )


@require_safe
def compare(request, account_id):
    """Ask WeChat what it shows, and put it beside what we published."""
    account = pages.account_for(request, account_id, "wechat.view")
    menu, refused = menus.open_menu(account), None
    differences: list[Difference] | None = []
    try:
        differences = menus.compare_with_wechat(account=account, actor=request.user.actor)
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        refused = refusal
    return pages.show(
        request,
        "menu_compare.html",
        title=_("与微信上的菜单比较"),
        icon=ICON,
        account=account,
        trail=_trail(account),
        status=refused.status if refused else 200,
        menu=menu,
        refused=refused,
        is_missing=differences is None,
        differences=_titled(differences or []),
    )


@require_POST
def restore(request, account_id, number):
    """Make an earlier version the draft."""
    account = pages.account_for(request, account_id, EDIT)
    if not MenuVersion.objects.filter(menu__account=account, number=number).exists():
        raise RowNotFound
    menus.restore_version(
        account=account, number=number, actor=request.user.actor, now=timezone.now()
    )
    said = _("第 %(number)d 版已放入草稿，检查后再发布。") % {"number": number}
    messages.success(request, said)
    return redirect("wechat_menu", account.pk)


@require_POST
def unpublish(request, account_id):
    """Take the menu off WeChat."""
    account = pages.account_for(request, account_id, EDIT)
    pages.succeeded(
        request,
        lambda: menus.unpublish_menu(account=account, actor=request.user.actor, now=timezone.now()),
        said=_("菜单已停用，粉丝不再看到菜单。草稿仍在。"),
    )
    return redirect("wechat_menu", account.pk)


def _page(request, account, menu, buttons, *, version=None, stale=None, status=200):
    actor = request.user.actor
    rows = rows_of(buttons)
    return pages.show(
        request,
        "menu_edit.html",
        title=_("自定义菜单"),
        icon=ICON,
        account=account,
        room="wechat_menu",
        status=status,
        menu=menu,
        version=menu.version if version is None else version,
        rows=rows,
        kinds=kinds(),
        targets=targets_of(account, buttons),
        preview=preview_of(buttons),
        problems=sum(len(r.problems) + sum(len(s.problems) for s in r.sub) for r in rows),
        versions=list(menu.versions.select_related("published_by")[:VERSIONS_SHOWN]),
        is_published=menu.draft == menu.live and bool(menu.live),
        can_edit=actor.can(EDIT, account.agency_id),
        ability=may(account, Ability.MENU),
        by_tag=may(account, Ability.CONDITIONAL_MENU),
        stale=stale,
        stale_rows=_titled(stale.facts["differences"]) if stale else [],
        preview_url=reverse("wechat_menu_preview", args=[account.pk]),
    )


def _titled(differences):
    return [(title_of(one.place), one.here, one.there) for one in differences]


def _trail(account):
    return [(_("自定义菜单"), reverse("wechat_menu", args=[account.pk]))]


def read_version(request):
    """Return the version of the draft the form was drawn from; -1 when it says none."""
    posted = request.POST.get("version", "")
    return int(posted) if posted.isdecimal() and len(posted) < 10 else -1


class MenuRoom(pages.AccountRoom):
    name = "wechat_menus"
    url_prefix = "wechat/menus"
    icon = ICON
    menu_label = gettext_lazy("自定义菜单")
    page = "wechat_menu"


viewsets = [MenuRoom()]
urls = [
    path("wechat/menus/<int:account_id>/", edit, name="wechat_menu"),
    path("wechat/menus/<int:account_id>/preview/", preview, name="wechat_menu_preview"),
    path("wechat/menus/<int:account_id>/compare/", compare, name="wechat_menu_compare"),
    path(
        "wechat/menus/<int:account_id>/versions/<int:number>/restore/",
        restore,
        name="wechat_menu_restore",
    ),
    path("wechat/menus/<int:account_id>/unpublish/", unpublish, name="wechat_menu_unpublish"),
]
policies = [
    AgencyPolicy(Menu, grants={"view": "wechat.view"}, agency_path="account__agency_id"),
    AgencyPolicy(
        MenuVersion, grants={"view": "wechat.view"}, agency_path="menu__account__agency_id"
    ),
]
