# SPDX-License-Identifier: Apache-2.0
"""The furniture of the accounts' console pages: one account at a time, fenced by its agency."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from minyi.agencies.models import OfficialAccount
from minyi.campaigns.staff.pages import explain, succeeded
from minyi.core.errors import NotAllowed
from minyi.core.staff import Room
from minyi.wechat.errors import AccountNotFound

__all__ = [
    "AccountRoom",
    "account_for",
    "explain",
    "own_accounts",
    "row_for",
    "show",
    "succeeded",
]


def show(request, template, *, title, icon, account=None, room="", trail=(), status=200, **context):
    """Render a page in the console's frame. `room` is the list to change the account in."""
    steps = [(_("首页"), reverse("wagtailadmin_home")), *trail, (title, "")]
    furniture = {
        "header_title": title,
        "page_title": title,
        "header_icon": icon,
        "breadcrumbs_items": [{"label": label, "url": url} for label, url in steps],
        "account": account,
        "room": room,
        "accounts": list(own_accounts(request, "wechat.view")) if room else [],
    }
    return render(request, f"wechat/staff/{template}", {**furniture, **context}, status=status)


def account_for(request, account_id, *permissions):
    """Return an account of the actor's own agencies on which they hold one of the permissions."""
    actor = request.user.actor
    rows = OfficialAccount.objects.visible_to(actor).select_related("agency")
    account = rows.filter(pk=account_id).first()
    if account is None:
        raise AccountNotFound
    if not any(actor.can(permission, account.agency_id) for permission in permissions):
        raise NotAllowed
    return account


def own_accounts(request, *permissions):
    """Return the accounts on which the actor holds one of the permissions, the oldest first."""
    actor = request.user.actor
    rows = OfficialAccount.objects.visible_to(actor).select_related("agency").order_by("pk")
    if actor.is_operator:
        return rows
    agencies = {agency for agency, held in actor.grants if held in permissions}
    return rows.filter(agency__in=agencies)


def row_for(request, model, pk, *permissions):
    """Return a row of one of the actor's own accounts on which they hold one of the permissions."""
    actor = request.user.actor
    row = model.objects.visible_to(actor).select_related("account__agency").filter(pk=pk).first()
    if row is None:
        raise Http404
    if not any(actor.can(permission, row.account.agency_id) for permission in permissions):
        raise NotAllowed
    return row


class AccountRoom(Room):
    """A menu item whose way in leads to the person's first account, or says there is none.

    `page` names the address of one account's page; `permissions` are what lets a person see it.
    """

    page = ""
    permissions: tuple[str, ...] = ("wechat.view",)

    def get_urlpatterns(self):
        """Return the way in; the pages themselves are in the module's `urls`."""
        return [path("", require_safe(self.enter), name="index")]

    def enter(self, request):
        """Go to the page of the first account, or say that there is none."""
        account = own_accounts(request, *self.permissions).first()
        if account is not None:
            return redirect(self.page, account.pk)
        return show(request, "no_account.html", title=self.menu_label, icon=self.icon)
