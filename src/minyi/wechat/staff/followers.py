# SPDX-License-Identifier: Apache-2.0
"""Followers: the list with its filters, tags for up to fifty at once, the sync with WeChat."""

from django import forms
from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from minyi.core.staff import AgencyPolicy
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.models import Contact, FollowerSync, FollowerTag, Scene
from minyi.wechat.queries.followers import FollowerFilter, list_followers
from minyi.wechat.services import follower_sync, followers

from . import pages

ICON = "group"
SEE = followers.MAY
TAG_NAME_BYTES = 30


def check_tag_name(name):
    """Refuse a name WeChat would not take."""
    if len(name.encode()) > TAG_NAME_BYTES:
        raise forms.ValidationError(_("标签名称不能超过 10 个汉字。"))


class FilterForm(forms.Form):
    """What the list is narrowed to."""

    state = forms.ChoiceField(
        label=gettext_lazy("状态"),
        choices=[
            ("following", gettext_lazy("已关注")),
            ("left", gettext_lazy("已取消关注")),
            ("blocked", gettext_lazy("黑名单")),
            ("all", gettext_lazy("全部")),
        ],
        required=False,
    )
    tag = forms.TypedChoiceField(
        label=gettext_lazy("标签"), coerce=int, empty_value=None, required=False
    )
    scene = forms.ChoiceField(label=gettext_lazy("来源"), required=False)
    words = forms.CharField(label=gettext_lazy("备注或编号"), max_length=40, required=False)

    def __init__(self, *args, tags, scenes, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["tag"].choices = [("", _("不限")), *tags.items()]
        self.fields["scene"].choices = [("", _("不限")), *scenes.items()]

    def chosen(self):
        """Return the filter; what makes no sense narrows nothing."""
        self.is_valid()
        said = self.cleaned_data
        return FollowerFilter(
            state=said.get("state") or "following",
            tag_id=said.get("tag"),
            scene=said.get("scene") or "",
            words=said.get("words") or "",
        )


class TagForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("标签名称"), max_length=30, validators=[check_tag_name]
    )


class RemarkForm(forms.Form):
    remark = forms.CharField(label=gettext_lazy("备注"), max_length=29, required=False)


@require_safe
def index(request, account_id):
    """Show a page of followers."""
    account = pages.account_for(request, account_id, *SEE)
    tags = _tag_names(account)
    scenes = dict(Scene.objects.filter(account=account).values_list("key", "name"))
    form = FilterForm(request.GET, tags=tags, scenes=scenes)
    asked = request.GET.get("p", "1")
    rows, page = list_followers(
        account_id=account.pk,
        chosen=form.chosen(),
        page=int(asked) if asked.isdecimal() and len(asked) < 7 else 1,
        tag_names=tags,
        scene_names=scenes,
    )
    kept = request.GET.copy()
    kept.pop("p", None)
    return pages.show(
        request,
        "followers.html",
        title=_("粉丝"),
        icon=ICON,
        account=account,
        room="wechat_followers",
        rows=rows,
        page=page,
        query=kept.urlencode(),
        form=form,
        tags=tags,
        sync=_last_sync(account),
        most=followers.MOST_AT_ONCE,
        users=may(account, Ability.USERS),
        tagging=may(account, Ability.TAGS),
    )


@require_POST
def sort(request, account_id):
    """Tag the people chosen, take a tag away, or move them in or out of the blacklist."""
    account = pages.account_for(request, account_id, *SEE)
    chosen = [int(pk) for pk in request.POST.getlist("contact") if pk.isdecimal() and len(pk) < 19]
    doing = {
        "account": account,
        "contact_ids": chosen,
        "actor": request.user.actor,
        "now": timezone.now(),
    }
    act, tag = request.POST.get("act", ""), request.POST.get("tag", "")
    tag_id = int(tag) if tag.isdecimal() and len(tag) < 10 else 0
    if act in ("tag", "untag"):
        pages.succeeded(
            request,
            lambda: followers.set_tag(tag_id=tag_id, carries=act == "tag", **doing),
            said=_("标签已调整。"),
        )
    elif act in ("block", "unblock"):
        reason = request.POST.get("reason", "").strip()[:200]
        pages.succeeded(
            request,
            lambda: followers.set_blocked(blocked=act == "block", reason=reason, **doing),
            said=_("已加入黑名单，他们发来的消息不再送达。")
            if act == "block"
            else _("已移出黑名单。"),
        )
    back = request.POST.get("query", "")
    return redirect(f"{reverse('wechat_followers', args=[account.pk])}?{back}")


@require_http_methods(["GET", "HEAD", "POST"])
def remark(request, contact_id):
    """Show one follower and write a note on them."""
    contact = pages.row_for(request, Contact, contact_id, *SEE)
    account = contact.account
    form = RemarkForm(request.POST or None, initial={"remark": contact.remark})
    if request.method == "POST" and form.is_valid():
        done = pages.succeeded(
            request,
            lambda: followers.set_remark(
                contact=contact,
                remark=form.cleaned_data["remark"],
                actor=request.user.actor,
                now=timezone.now(),
            ),
            said=_("备注已保存。"),
        )
        if done:
            return redirect("wechat_followers", account.pk)
    names = _tag_names(account)
    return pages.show(
        request,
        "follower.html",
        title=str(contact),
        icon=ICON,
        account=account,
        trail=[(_("粉丝"), reverse("wechat_followers", args=[account.pk]))],
        status=422 if form.errors else 200,
        contact=contact,
        tags=[names.get(tag, str(tag)) for tag in contact.tags],
        form=form,
        users=may(account, Ability.USERS),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def tags(request, account_id):
    """Show the tags; create one."""
    account = pages.account_for(request, account_id, *SEE)
    form = TagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        pages.succeeded(
            request,
            lambda: followers.create_tag(
                account=account,
                name=form.cleaned_data["name"],
                actor=request.user.actor,
                now=timezone.now(),
            ),
            said=_("标签已新建。"),
        )
        return redirect("wechat_tags", account.pk)
    return pages.show(
        request,
        "tags.html",
        title=_("粉丝标签"),
        icon=ICON,
        account=account,
        room="wechat_tags",
        trail=[(_("粉丝"), reverse("wechat_followers", args=[account.pk]))],
        status=422 if form.errors else 200,
        rows=list(FollowerTag.objects.filter(account=account)),
        form=form,
        ability=may(account, Ability.TAGS),
    )


@require_POST
def change_tag(request, tag_row_id):
    """Rename or delete a tag."""
    tag = pages.row_for(request, FollowerTag, tag_row_id, *SEE)
    doing = {"tag": tag, "actor": request.user.actor, "now": timezone.now()}
    if request.POST.get("act") == "delete":
        pages.succeeded(request, lambda: followers.delete_tag(**doing), said=_("标签已删除。"))
        return redirect("wechat_tags", tag.account_id)
    form = TagForm(request.POST)
    if form.is_valid():
        name = form.cleaned_data["name"]
        pages.succeeded(
            request, lambda: followers.rename_tag(name=name, **doing), said=_("标签已改名。")
        )
    else:
        messages.error(request, str(form.errors["name"][0]))
    return redirect("wechat_tags", tag.account_id)


@require_POST
def start(request, account_id):
    """Have all followers read from WeChat."""
    account = pages.account_for(request, account_id, *SEE)
    pages.succeeded(
        request,
        lambda: follower_sync.start_sync(
            account=account, actor=request.user.actor, now=timezone.now()
        ),
        said=_("已开始同步，可以离开本页。"),
    )
    return redirect("wechat_followers", account.pk)


@require_POST
def resume(request, sync_id):
    """Go on with a sync that stopped."""
    sync = pages.row_for(request, FollowerSync, sync_id, *SEE)
    pages.succeeded(
        request,
        lambda: follower_sync.resume_sync(
            sync_id=sync.pk, actor=request.user.actor, now=timezone.now()
        ),
        said=_("已从中断处继续。"),
    )
    return redirect("wechat_followers", sync.account_id)


@require_safe
def progress(request, account_id):
    """Draw how far the sync is; the page asks every few seconds while it runs."""
    account = pages.account_for(request, account_id, *SEE)
    return render(
        request,
        "wechat/staff/_sync.html",
        {"account": account, "sync": _last_sync(account), "users": may(account, Ability.USERS)},
    )


def _tag_names(account):
    return dict(FollowerTag.objects.filter(account=account).values_list("wechat_id", "name"))


def _last_sync(account):
    return FollowerSync.objects.filter(account=account).first()


class FollowerRoom(pages.AccountRoom):
    name = "wechat_followers"
    url_prefix = "wechat/followers"
    icon = ICON
    menu_label = gettext_lazy("粉丝")
    page = "wechat_followers"
    permissions = SEE


viewsets = [FollowerRoom()]
urls = [
    path("wechat/followers/<int:account_id>/", index, name="wechat_followers"),
    path("wechat/followers/<int:account_id>/sort/", sort, name="wechat_followers_sort"),
    path("wechat/followers/<int:account_id>/tags/", tags, name="wechat_tags"),
    path("wechat/followers/<int:account_id>/sync/", start, name="wechat_sync_start"),
    path("wechat/followers/<int:account_id>/progress/", progress, name="wechat_sync_progress"),
    path("wechat/followers/tags/<int:tag_row_id>/", change_tag, name="wechat_tag_change"),
    path("wechat/followers/syncs/<int:sync_id>/resume/", resume, name="wechat_sync_resume"),
    path("wechat/followers/people/<int:contact_id>/", remark, name="wechat_follower"),
]
policies = [
    AgencyPolicy(Contact, grants={"view": "wechat.desk"}, agency_path="account__agency_id"),
    AgencyPolicy(FollowerTag, grants={"view": "wechat.view"}, agency_path="account__agency_id"),
    AgencyPolicy(FollowerSync, grants={"view": "wechat.view"}, agency_path="account__agency_id"),
]
