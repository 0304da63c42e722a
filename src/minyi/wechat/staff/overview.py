# SPDX-License-Identifier: Apache-2.0
"""`/staff/wechat/`: every account of the office at one glance, with what needs doing first."""

from dataclasses import dataclass

from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from minyi.core.errors import NotAllowed
from minyi.core.staff import Room
from minyi.wechat.queries.overview import read_overview

from . import pages
from .outgoing import NEED_SOMEBODY

ICON = "mail"
SEE = ("wechat.view", "wechat.desk", "wechat.outgoing")


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: how many, what, since when, and where; `url` is empty for who may not."""

    words: str
    link: str
    url: str
    is_urgent: bool = False
    since: object = None


@require_safe
def index(request):
    """Show the accounts, those with something to do first."""
    accounts = list(pages.own_accounts(request, *SEE))
    if not accounts and not any(request.user.actor.can_anywhere(one) for one in SEE):
        raise NotAllowed
    found = read_overview(accounts, now=timezone.now())
    rows = [(one, _tasks(request.user.actor, one)) for one in found]
    rows.sort(key=lambda row: not any(task.is_urgent for task in row[1]))
    return pages.show(request, "overview.html", title=_("公众号总览"), icon=ICON, rows=rows)


def _tasks(actor, one):
    """Return what needs doing in one account, in the order of who waits."""
    account = one.account
    able = _Links(actor, account)
    tasks = []
    if one.talks.waiting:
        words = _("%(count)d 位公众在等待人工接待") % {"count": one.talks.waiting}
        url = able.link("wechat.desk", f"{reverse('wechat_desk:index')}?account={account.pk}")
        tasks.append(Task(words, _("去接待"), url, is_urgent=True, since=one.talks.since))
    if one.alerts:
        words = _("微信停用了账号的 %(count)d 项能力或者接口") % {"count": one.alerts}
        url = able.link("wechat.view", reverse("wechat_abilities", args=[account.pk]))
        tasks.append(Task(words, _("看怎么办"), url, is_urgent=True))
    if one.unsent:
        query = "&".join([*(f"state={state}" for state in NEED_SOMEBODY), f"account={account.pk}"])
        words = _("%(count)d 条消息没有送达或者结果不明") % {"count": one.unsent}
        url = able.link("wechat.outgoing", f"{reverse('wechat_outgoing:index')}?{query}")
        tasks.append(Task(words, _("去处理"), url, is_urgent=True))
    articles = reverse("wechat_articles", args=[account.pk])
    if one.unknown:
        words = _("%(count)d 篇文章的发布或者群发结果不明，需要人工核实") % {"count": one.unknown}
        tasks.append(Task(words, _("去核实"), able.link("wechat.view", articles), is_urgent=True))
    if one.to_review:
        words = _("%(count)d 篇文章等待审核") % {"count": one.to_review}
        tasks.append(Task(words, _("去审核"), able.link("wechat.view", articles)))
    if one.menu != "published":
        words = _("菜单还没有发布") if one.menu == "none" else _("菜单有修改没有发布")
        url = able.link("wechat.view", reverse("wechat_menu", args=[account.pk]))
        tasks.append(Task(words, _("打开菜单"), url))
    if one.heard_at is None:
        words = _("还没有收到过市民的消息，请核对公众平台上的服务器地址")
        url = able.link("wechat.view", reverse("wechat_abilities", args=[account.pk]))
        tasks.append(Task(words, _("看连接状态"), url))
    return tasks


class _Links:
    """What this person may open in this account."""

    def __init__(self, actor, account):
        self._actor, self._agency_id = actor, account.agency_id

    def link(self, permission, url):
        return url if self._actor.can(permission, self._agency_id) else ""


class OverviewRoom(Room):
    name = "wechat_overview"
    url_prefix = "wechat"
    icon = ICON
    menu_label = gettext_lazy("公众号总览")
    permissions = SEE

    def get_urlpatterns(self):
        return [path("", index, name="index")]


viewsets = [OverviewRoom()]
urls: list = []
policies: list = []
