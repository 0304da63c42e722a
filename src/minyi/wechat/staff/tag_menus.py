# SPDX-License-Identifier: Apache-2.0
"""Menus only some followers see: the list, and the same editor for each."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from minyi.core.errors import DomainError, NotAllowed, NotFound
from minyi.core.staff import AgencyPolicy
from minyi.wechat.buttons import read_draft
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.models import FollowerTag, TagMenu
from minyi.wechat.services import tag_menus

from . import pages
from .menu_form import Grid, kinds, preview_of, rows_of, targets_of
from .menus import EDIT, ICON, read_version


class TagMenuForm(forms.Form):
    """Whom a menu is for."""

    name = forms.CharField(label=gettext_lazy("名称"), max_length=40)
    tag_id = forms.TypedChoiceField(
        label=gettext_lazy("粉丝标签"), coerce=int, empty_value=None, required=False
    )
    phone = forms.ChoiceField(
        label=gettext_lazy("手机"), choices=TagMenu.Phone.choices, required=False
    )

    def __init__(self, *args, tags, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tag_id"].choices = [("", _("不限")), *tags]

    def clean(self):
        said = super().clean()
        if not self.errors and not said.get("tag_id") and not said.get("phone"):
            raise forms.ValidationError(_("标签和手机至少选一项，否则等于默认菜单。"))
        return said


@require_http_methods(["GET", "HEAD", "POST"])
def index(request, account_id):
    """Show the menus by tag, and begin another one."""
    account = pages.account_for(request, account_id, "wechat.view")
    tags = list(FollowerTag.objects.filter(account=account).values_list("wechat_id", "name"))
    form = TagMenuForm(request.POST or None, tags=tags)
    if request.method == "POST":
        request.user.actor.check(EDIT, account.agency_id)
        if form.is_valid():
            menu = tag_menus.add_tag_menu(
                account=account,
                actor=request.user.actor,
                now=timezone.now(),
                **form.cleaned_data,
            )
            return redirect("wechat_tag_menu", menu.pk)
    names = dict(tags)
    rows = TagMenu.objects.filter(account=account).select_related("published_by")
    return pages.show(
        request,
        "tag_menus.html",
        title=_("个性化菜单"),
        icon=ICON,
        account=account,
        trail=_trail(account),
        status=422 if form.errors else 200,
        rows=[(menu, _whom(menu, names)) for menu in rows],
        form=form,
        can_edit=request.user.actor.can(EDIT, account.agency_id),
        ability=may(account, Ability.CONDITIONAL_MENU),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, tag_menu_id):
    """Show and save one of them."""
    menu = pages.row_for(request, TagMenu, tag_menu_id, "wechat.view")
    if request.method != "POST":
        return _page(request, menu, read_draft(menu.draft))
    request.user.actor.check(EDIT, menu.account.agency_id)
    grid, act = Grid.read(request.POST), request.POST.get("act", "save")
    grid.apply(act)
    buttons = grid.buttons()
    if act not in ("save", "publish"):
        return _page(request, menu, buttons, version=read_version(request))
    doing = {"menu_id": menu.pk, "actor": request.user.actor, "now": timezone.now()}
    try:
        tag_menus.save_tag_menu(buttons=buttons, version=read_version(request), **doing)
        if act == "publish":
            tag_menus.publish_tag_menu(**doing)
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        messages.error(request, refusal.summary)
        menu.refresh_from_db()
        return _page(request, menu, buttons, status=409)
    published, saved = _("个性化菜单已发布。"), _("草稿已保存，微信上的菜单没有变。")
    messages.success(request, published if act == "publish" else saved)
    return redirect("wechat_tag_menu", menu.pk)


@require_POST
def unpublish(request, tag_menu_id):
    """Take one off WeChat."""
    menu = pages.row_for(request, TagMenu, tag_menu_id, EDIT)
    pages.succeeded(
        request,
        lambda: tag_menus.unpublish_tag_menu(
            menu_id=menu.pk, actor=request.user.actor, now=timezone.now()
        ),
        said=_("个性化菜单已停用。"),
    )
    return redirect("wechat_tag_menu", menu.pk)


@require_POST
def delete(request, tag_menu_id):
    """Take one off WeChat and forget it."""
    menu = pages.row_for(request, TagMenu, tag_menu_id, EDIT)
    done = pages.succeeded(
        request,
        lambda: tag_menus.delete_tag_menu(
            menu_id=menu.pk, actor=request.user.actor, now=timezone.now()
        ),
        said=_("个性化菜单已删除。"),
    )
    if not done:
        return redirect("wechat_tag_menu", menu.pk)
    return redirect("wechat_tag_menus", menu.account_id)


def _page(request, menu, buttons, *, version=None, status=200):
    account = menu.account
    names = dict(FollowerTag.objects.filter(account=account).values_list("wechat_id", "name"))
    return pages.show(
        request,
        "tag_menu_edit.html",
        title=menu.name,
        icon=ICON,
        account=account,
        trail=[
            *_trail(account),
            (_("个性化菜单"), reverse("wechat_tag_menus", args=[account.pk])),
        ],
        status=status,
        menu=menu,
        whom=_whom(menu, names),
        version=menu.version if version is None else version,
        rows=rows_of(buttons),
        kinds=kinds(),
        targets=targets_of(account, buttons),
        preview=preview_of(buttons),
        can_edit=request.user.actor.can(EDIT, account.agency_id),
        ability=may(account, Ability.CONDITIONAL_MENU),
        preview_url=reverse("wechat_menu_preview", args=[account.pk]),
    )


def _whom(menu, names):
    """Say in words who sees the menu."""
    parts = []
    if menu.tag_id is not None:
        known = names.get(menu.tag_id, _("（标签已删除）"))
        parts.append(_("标签“%(tag)s”") % {"tag": known})
    if menu.phone:
        parts.append(str(menu.get_phone_display()))
    return " + ".join(parts)


def _trail(account):
    return [(_("自定义菜单"), reverse("wechat_menu", args=[account.pk]))]


viewsets: list = []
urls = [
    path("wechat/menus/<int:account_id>/by-tag/", index, name="wechat_tag_menus"),
    path("wechat/menus/by-tag/<int:tag_menu_id>/", edit, name="wechat_tag_menu"),
    path(
        "wechat/menus/by-tag/<int:tag_menu_id>/unpublish/",
        unpublish,
        name="wechat_tag_menu_unpublish",
    ),
    path("wechat/menus/by-tag/<int:tag_menu_id>/delete/", delete, name="wechat_tag_menu_delete"),
]
policies = [
    AgencyPolicy(TagMenu, grants={"view": "wechat.view"}, agency_path="account__agency_id"),
]
