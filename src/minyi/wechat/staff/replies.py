# SPDX-License-Identifier: Apache-2.0
"""Keyword replies: the list in order, a form for one, a box to try them out, the welcome."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin.widgets import AdminAutoHeightTextInput

from minyi.core.staff import AgencyPolicy
from minyi.wechat.callback.endpoints import read_endpoints
from minyi.wechat.callback.messages import MAX_TEXT_BYTES
from minyi.wechat.conversation.planning import Lane, plan_for_words
from minyi.wechat.models import KeywordReply
from minyi.wechat.queries.replies import find_conflicts, fold
from minyi.wechat.services import replies

from . import pages

ICON = "comment"
EDIT = "wechat.menus"
MOST_WORDS = 20
LONGEST_WORD = 30
_NEEDED: dict[str, tuple[str, ...]] = {
    KeywordReply.Answer.TEXT: ("text",),
    KeywordReply.Answer.CARD: ("title", "url"),
}


def check_bytes(text):
    """Refuse a text longer than WeChat sends."""
    used = len(text.encode())
    if used > MAX_TEXT_BYTES:
        said = _("太长：现有 %(used)d 字节，不能超过 %(limit)d 字节（约 %(letters)d 个汉字）。")
        limits = {"used": used, "limit": MAX_TEXT_BYTES, "letters": MAX_TEXT_BYTES // 3}
        raise forms.ValidationError(said % limits)


def web_address(label, max_length, help_text=""):
    """Return a field for an address that may stay empty."""
    return forms.URLField(
        label=label,
        max_length=max_length,
        required=False,
        assume_scheme="https",
        help_text=help_text,
    )


def _bytes_area():
    return AdminAutoHeightTextInput(attrs={"data-limit": MAX_TEXT_BYTES})


class WelcomeForm(forms.Form):
    """What somebody reads who has just followed the account."""

    welcome = forms.CharField(
        label=gettext_lazy("关注后回复"),
        required=False,
        widget=_bytes_area(),
        validators=[check_bytes],
        help_text=gettext_lazy(
            "正在进行的活动会自动附在后面。从场景二维码关注的人，先看到该场景的欢迎语。"
        ),
    )


class ReplyForm(forms.ModelForm):
    """One answer and the words that call for it."""

    words = forms.CharField(
        label=gettext_lazy("关键词"),
        help_text=gettext_lazy("一行一个，最多 20 个，每个不超过 30 字。不分大小写。"),
        widget=AdminAutoHeightTextInput,
    )
    picture_url = web_address(gettext_lazy("卡片图片地址"), 500)
    url = web_address(gettext_lazy("点开的网页"), 1000)

    class Meta:
        model = KeywordReply
        fields = [
            *("words", "match", "answer_kind", "text"),
            *("title", "description", "picture_url", "url", "is_on"),
        ]
        widgets = {
            "text": _bytes_area(),
            "match": forms.RadioSelect,
            "answer_kind": forms.RadioSelect,
        }

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["words"] = "\n".join(self.instance.words)
        self.fields["text"].validators.append(check_bytes)

    def clean_words(self):
        lines = [line.strip() for line in self.cleaned_data["words"].splitlines()]
        words = list({fold(word): word for word in lines if word}.values())
        if not words:
            raise forms.ValidationError(_("请至少填写一个关键词。"))
        if len(words) > MOST_WORDS:
            raise forms.ValidationError(_("关键词最多 20 个。"))
        long = [word for word in words if len(word) > LONGEST_WORD]
        if long:
            raise forms.ValidationError(
                _("“%(word)s”太长，每个关键词不超过 30 字。") % {"word": long[0]}
            )
        return words

    def clean(self):
        said = super().clean()
        for name in _NEEDED.get(said.get("answer_kind", ""), ()):
            if not said.get(name) and name not in self.errors:
                self.add_error(name, _("请填写。"))
        return said

    def content(self):
        """Return what was filled in, ready for the service."""
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


@require_safe
def index(request, account_id):
    """Show the answers in order, with the words that never get theirs."""
    account = pages.account_for(request, account_id, "wechat.view")
    return _list_page(request, account, WelcomeForm(initial={"welcome": account.welcome}))


def _list_page(request, account, welcome, status=200):
    rows = list(KeywordReply.objects.filter(account=account))
    conflicts = _conflicts(rows)
    tried = request.GET.get("try", "").strip()
    return pages.show(
        request,
        "replies.html",
        title=_("自动回复"),
        icon=ICON,
        account=account,
        room="wechat_replies",
        status=status,
        rows=[(row, conflicts.get(row.pk, [])) for row in rows],
        welcome=welcome,
        tried=tried,
        plan=_plan_for(account, tried) if tried else None,
        can_edit=request.user.actor.can(EDIT, account.agency_id),
    )


def _conflicts(rows):
    """Return, by reply, the words that never get their answer, and what takes them."""
    by_pk = {row.pk: row for row in rows}
    found: dict[int, list[str]] = {}
    for one in find_conflicts([row for row in rows if row.is_on]):
        if one.taken_by:
            words = _("“%(word)s”已由上面的“%(by)s”回复")
            said = words % {"word": one.word, "by": by_pk[one.taken_by]}
        else:
            said = _("“%(word)s”由公众号自动识别，轮不到这条") % {"word": one.word}
        found.setdefault(one.pk, []).append(said)
    return found


def _plan_for(account, words):
    """Return what the callback itself would do with these words at this moment."""
    endpoints = read_endpoints(
        secrets=settings.WECHAT_SECRETS,
        public_url=settings.PUBLIC_URL,
        language=settings.LANGUAGE_CODE,
        now=timezone.now(),
    )
    plan = plan_for_words(endpoints[account.slug].book, words)
    return {
        "reply": plan.reply,
        "to_person": plan.lane is Lane.PERSON,
        "errand": _ERRANDS.get(plan.errand, ""),
    }


_ERRANDS = {
    "vote": gettext_lazy("按聊天投票办理，并回复结果。"),
    "matters": gettext_lazy("查询本人的推荐、选票等办理进度后回复。"),
    "ask": gettext_lazy("由智能问答回答，回答带有“AI 生成”标识。"),
}


@require_POST
def welcome(request, account_id):
    """Keep the words on following."""
    account = pages.account_for(request, account_id, EDIT)
    form = WelcomeForm(request.POST)
    if not form.is_valid():
        return _list_page(request, account, form, status=422)
    replies.change_welcome(
        account=account,
        welcome=form.cleaned_data["welcome"],
        actor=request.user.actor,
        now=timezone.now(),
    )
    messages.success(request, _("关注后回复已保存，几秒钟内生效。"))
    return redirect("wechat_replies", account.pk)


@require_http_methods(["GET", "HEAD", "POST"])
def add(request, account_id):
    """Add an answer."""
    account = pages.account_for(request, account_id, EDIT)
    form = ReplyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        replies.add_reply(
            account=account,
            content=form.content(),
            actor=request.user.actor,
            now=timezone.now(),
        )
        messages.success(request, _("已新增，几秒钟内生效。"))
        return redirect("wechat_replies", account.pk)
    return _form_page(request, account, form, title=_("新增关键词回复"))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request, reply_id):
    """Change an answer."""
    reply = pages.row_for(request, KeywordReply, reply_id, EDIT)
    form = ReplyForm(request.POST or None, instance=reply)
    if request.method == "POST" and form.is_valid():
        replies.change_reply(
            reply_id=reply.pk,
            content=form.content(),
            actor=request.user.actor,
            now=timezone.now(),
        )
        messages.success(request, _("已保存，几秒钟内生效。"))
        return redirect("wechat_replies", reply.account_id)
    return _form_page(request, reply.account, form, title=_("修改关键词回复"), reply=reply)


def _form_page(request, account, form, *, title, reply=None):
    return pages.show(
        request,
        "reply_form.html",
        title=title,
        icon=ICON,
        account=account,
        trail=[(_("自动回复"), reverse("wechat_replies", args=[account.pk]))],
        status=422 if form.errors else 200,
        form=form,
        reply=reply,
    )


@require_POST
def change(request, reply_id):
    """Move an answer, switch it, or delete it, from the list."""
    reply = pages.row_for(request, KeywordReply, reply_id, EDIT)
    doing = {"reply_id": reply.pk, "actor": request.user.actor, "now": timezone.now()}
    match request.POST.get("act"):
        case "up":
            replies.move_reply(steps=-1, **doing)
        case "down":
            replies.move_reply(steps=1, **doing)
        case "on":
            replies.switch_reply(is_on=True, **doing)
        case "off":
            replies.switch_reply(is_on=False, **doing)
        case "delete":
            replies.delete_reply(**doing)
            messages.success(request, _("已删除。"))
    return redirect("wechat_replies", reply.account_id)


class ReplyRoom(pages.AccountRoom):
    name = "wechat_replies"
    url_prefix = "wechat/replies"
    icon = ICON
    menu_label = gettext_lazy("自动回复")
    page = "wechat_replies"


viewsets = [ReplyRoom()]
urls = [
    path("wechat/replies/<int:account_id>/", index, name="wechat_replies"),
    path("wechat/replies/<int:account_id>/welcome/", welcome, name="wechat_welcome"),
    path("wechat/replies/<int:account_id>/add/", add, name="wechat_reply_add"),
    path("wechat/replies/edit/<int:reply_id>/", edit, name="wechat_reply"),
    path("wechat/replies/edit/<int:reply_id>/change/", change, name="wechat_reply_change"),
]
policies = [
    AgencyPolicy(KeywordReply, grants={"view": "wechat.view"}, agency_path="account__agency_id"),
]
