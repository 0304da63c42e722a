# SPDX-License-Identifier: Apache-2.0
"""Comments below an article: read, elect, answer, delete. They stay at WeChat."""

from datetime import UTC, datetime

from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.core.errors import DomainError, NotAllowed, NotFound
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.client.comments import Shown
from minyi.wechat.models import Article, Contact
from minyi.wechat.services import comments

from . import pages

ICON = "comment"
SHOWN = {"": Shown.ALL, "normal": Shown.NORMAL, "elected": Shown.ELECTED}


@require_safe
def index(request, article_id):
    """List an article's comments as WeChat has them now."""
    article = pages.row_for(request, Article, article_id, comments.MAY)
    shown = request.GET.get("shown", "")
    begin = _number(request.GET.get("begin", ""))
    page, refused = None, None
    try:
        page = comments.list_comments(
            article_id=article.pk,
            begin=begin,
            shown=SHOWN.get(shown, Shown.ALL),
            actor=request.user.actor,
        )
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        refused = refusal
    return pages.show(
        request,
        "comments.html",
        title=_("留言"),
        icon=ICON,
        account=article.account,
        trail=[
            (_("文章"), reverse("wechat_articles", args=[article.account_id])),
            (article.title, reverse("wechat_article", args=[article.pk])),
        ],
        article=article,
        refused=refused,
        rows=_rows(article, page) if page else [],
        total=page.total if page else 0,
        shown=shown,
        choices=[("", _("全部")), ("normal", _("未精选")), ("elected", _("已精选"))],
        earlier=max(0, begin - comments.AT_ONCE) if begin else None,
        later=begin + comments.AT_ONCE if page and page.has_more else None,
        ability=may(article.account, Ability.COMMENTS),
    )


def _rows(article, page):
    """Join each comment with what the office calls its writer."""
    openids = {row.comment.openid for row in page.rows}
    names = dict(
        Contact.objects.filter(account=article.account_id, openid__in=openids)
        .exclude(remark="")
        .values_list("openid", "remark")
    )
    labels = _sendings(article)
    return [
        {
            "comment": row.comment,
            "sending": row.sending,
            "below": labels.get(row.sending, "") if len(labels) > 1 else "",
            "who": names.get(row.comment.openid) or _("粉丝 %s") % row.comment.openid[-6:],
            "at": datetime.fromtimestamp(row.comment.create_time, tz=UTC),
        }
        for row in page.rows
    ]


def _sendings(article):
    """Say for each of the article's msg_data_ids what it is."""
    broadcasts = {row.msg_data_id: _("群发") for row in article.broadcasts.all()}
    known = {**broadcasts, article.msg_data_id: _("发布")}
    return {number: known[number] for number in comments.sendings_of(article)}


def _act(verb, said):
    """Return the view of one act on a comment: posted, fenced, explained."""

    @require_POST
    def act(request, article_id, comment_id):
        pages.row_for(request, Article, article_id, comments.MAY)
        doing = {
            "article_id": article_id,
            "sending": request.POST.get("sending", ""),
            "comment_id": str(comment_id),
            "actor": request.user.actor,
            "now": timezone.now(),
        }
        pages.succeeded(request, lambda: verb(request, doing), said=said)
        return redirect("wechat_comments", article_id)

    return act


def _reply(request, doing):
    return comments.reply_to_comment(words=request.POST.get("words", ""), **doing)


def _delete(request, doing):
    return comments.delete_comment(reason=request.POST.get("reason", ""), **doing)


def _switch(verb, said):
    @require_POST
    def switch(request, article_id):
        pages.row_for(request, Article, article_id, comments.MAY)
        doing = {"article_id": article_id, "actor": request.user.actor, "now": timezone.now()}
        pages.succeeded(request, lambda: verb(**doing), said=said)
        return redirect("wechat_comments", article_id)

    return switch


def _number(text):
    return int(text) if text.isdecimal() and len(text) < 7 else 0


_BASE = "wechat/comments/<int:article_id>"
_ACTS = (
    ("elect", lambda _request, doing: comments.elect_comment(**doing), gettext_lazy("已精选。")),
    (
        "unelect",
        lambda _request, doing: comments.unelect_comment(**doing),
        gettext_lazy("已取消精选。"),
    ),
    ("reply", _reply, gettext_lazy("已回复。")),
    (
        "unreply",
        lambda _request, doing: comments.delete_reply(**doing),
        gettext_lazy("回复已删除。"),
    ),
    ("delete", _delete, gettext_lazy("留言已删除。")),
)
viewsets: list = []
urls = [
    path(f"{_BASE}/", index, name="wechat_comments"),
    path(
        f"{_BASE}/open/",
        _switch(comments.open_comments, gettext_lazy("留言已打开。")),
        name="wechat_comments_open",
    ),
    path(
        f"{_BASE}/close/",
        _switch(comments.close_comments, gettext_lazy("留言已关闭。")),
        name="wechat_comments_close",
    ),
    *(
        path(f"{_BASE}/<int:comment_id>/{name}/", _act(verb, said), name=f"wechat_comment_{name}")
        for name, verb, said in _ACTS
    ),
]
policies: list = []
