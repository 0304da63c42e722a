# SPDX-License-Identifier: Apache-2.0
"""Articles: list, editor, and one page on which a second person publishes, sends, withdraws."""

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.core.paginator import Paginator
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.rich_text import get_rich_text_editor_widget
from wagtail.images.widgets import AdminImageChooser

from minyi.core.errors import DomainError, NotAllowed, NotFound
from minyi.core.staff import AgencyPolicy
from minyi.wechat.capabilities import Ability, may
from minyi.wechat.models import Article, Broadcast, Contact, FollowerTag
from minyi.wechat.models.articles import BODY_FEATURES
from minyi.wechat.queries.articles import broadcast_quota, next_reset
from minyi.wechat.services import articles, broadcasts
from minyi.wechat.services.articles import EDITABLE, PUBLISH, WRITE, State, Text

from . import pages

ICON = "doc-full"
SEE = "wechat.view"
PER_PAGE = 30
PENDING = frozenset({State.PUSHING, State.PUBLISHING})
SENDING = (Broadcast.State.WAITING, Broadcast.State.SENDING)
BADGES = {
    State.DRAFT: "badge",
    State.PUSHING: "soon",
    State.READY: "soon",
    State.PUBLISHING: "soon",
    State.PUBLISHED: "open",
    State.FAILED: "stop",
    State.UNKNOWN: "stop",
    State.WITHDRAWN: "done",
}
_WORDS = {"yes": True, "no": False}


class ArticleForm(WagtailAdminModelForm):
    """What an editor writes; everything else belongs to the services."""

    source_url = forms.URLField(
        label=gettext_lazy("阅读原文链接"), max_length=1000, required=False, assume_scheme="https"
    )

    class Meta:
        model = Article
        fields = (
            *("title", "author", "digest", "cover", "body", "source_url"),
            *("is_ai_made", "opens_comments", "fans_only_comments"),
        )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        # Set here: Wagtail registers its own widgets only after this module is loaded.
        self.fields["body"].widget = get_rich_text_editor_widget(features=BODY_FEATURES)
        self.fields["cover"].widget = AdminImageChooser()

    def said(self):
        data = self.cleaned_data
        return Text(
            title=data["title"],
            author=data["author"],
            digest=data["digest"],
            cover_id=data["cover"].pk if data["cover"] else None,
            body=data["body"],
            source_url=data["source_url"],
            opens_comments=data["opens_comments"],
            fans_only_comments=data["fans_only_comments"],
            is_ai_made=data["is_ai_made"],
        )


@require_safe
def index(request, account_id):
    """List the articles of an account."""
    account = pages.account_for(request, account_id, SEE)
    rows = Article.objects.filter(account=account).select_related("written_by", "published_by")
    state = request.GET.get("state", "")
    if state in State.values:
        rows = rows.filter(state=state)
    page = Paginator(rows.defer("body"), PER_PAGE).get_page(request.GET.get("p"))
    return pages.show(
        request,
        "articles.html",
        title=_("文章"),
        icon=ICON,
        account=account,
        room="wechat_articles",
        page=page,
        rows=[(row, BADGES[row.state]) for row in page],
        states=State.choices,
        state=state,
        can_write=request.user.actor.can(WRITE, account.agency_id),
        ability=may(account, Ability.FREEPUBLISH),
    )


@require_http_methods(["GET", "POST"])
def add(request, account_id):
    """Write an article."""
    account = pages.account_for(request, account_id, WRITE)
    form = ArticleForm(request.POST or None, for_user=request.user)
    if request.method == "POST" and form.is_valid():
        doing = {"actor": request.user.actor, "now": timezone.now()}
        article = _saved(
            form, lambda: articles.write_article(account=account, text=form.said(), **doing)
        )
        if article is not None:
            return _go_on(request, article)
    return _form_page(request, account, form, title=_("写文章"))


@require_http_methods(["GET", "POST"])
def edit(request, article_id):
    """Change an article; whoever saved last is not overwritten unseen."""
    article = pages.row_for(request, Article, article_id, WRITE)
    if article.state not in EDITABLE:
        messages.error(request, _("文章的状态是“%s”，不能修改。") % article.get_state_display())
        return redirect("wechat_article", article.pk)
    form = ArticleForm(request.POST or None, instance=article, for_user=request.user)
    version = _version(request) if request.method == "POST" else article.version
    if request.method == "POST" and form.is_valid():
        saved = _saved(
            form,
            lambda: articles.edit_article(
                article_id=article_id,
                version=version,
                text=form.said(),
                actor=request.user.actor,
                now=timezone.now(),
            ),
        )
        if saved is not None:
            return _go_on(request, saved)
    return _form_page(
        request, article.account, form, title=_("修改文章"), article=article, version=version
    )


def _saved(form, save):
    try:
        return save()
    except (NotAllowed, NotFound):
        raise
    except DomainError as refusal:
        pages.explain(form, refusal)
        return None


def _go_on(request, article):
    """After saving: submit it as well when the person asked for that."""
    if request.POST.get("act") == "submit":
        pages.succeeded(
            request,
            lambda: articles.submit_article(
                article_id=article.pk,
                version=article.version,
                actor=request.user.actor,
                now=timezone.now(),
            ),
            said=_("已保存并提交，正在上传到微信草稿箱。"),
        )
    else:
        messages.success(request, _("文章已保存。"))
    return redirect("wechat_article", article.pk)


def _form_page(request, account, form, *, title, article=None, version=0):
    trail = [(_("文章"), reverse("wechat_articles", args=[account.pk]))]
    if article is not None:
        trail.append((article.title, reverse("wechat_article", args=[article.pk])))
    return pages.show(
        request,
        "article_edit.html",
        title=title,
        icon=ICON,
        account=account,
        trail=trail,
        status=422 if form.errors else 200,
        form=form,
        version=version,
        article=article,
    )


@require_safe
def article(request, article_id):
    """Show an article as readers see it, with what may be done now."""
    found = pages.row_for(request, Article, article_id, SEE)
    actor, account, now = request.user.actor, found.account, timezone.now()
    can = {
        "write": actor.can(WRITE, account.agency_id),
        "publish": actor.can(PUBLISH, account.agency_id),
        "comment": actor.can("wechat.comments", account.agency_id),
    }
    tags = list(FollowerTag.objects.filter(account=account))
    names = {tag.wechat_id: tag.name for tag in tags}
    sent = list(found.broadcasts.select_related("asked_by"))
    return pages.show(
        request,
        "article.html",
        title=found.title,
        icon=ICON,
        account=account,
        trail=[(_("文章"), reverse("wechat_articles", args=[account.pk]))],
        article=found,
        badge=BADGES[found.state],
        can=can,
        is_writer=_is_writer(actor, found),
        is_editable=found.state in EDITABLE,
        is_pending=_is_pending(found),
        publishing=may(account, Ability.FREEPUBLISH),
        mass=may(account, Ability.MASS_ALL),
        quota=broadcast_quota(account=account, tag_id=None, now=now),
        reset=next_reset(account=account, now=now),
        tags=tags if can["publish"] else [],
        followers=Contact.objects.filter(account=account, is_following=True).count(),
        sent=[(one, names.get(one.tag_id, one.tag_id)) for one in sent],
        went_to_all=any(one.tag_id is None and one.state == "sent" for one in sent),
        is_unclear=found.broadcasts.filter(state=Broadcast.State.UNKNOWN).exists(),
    )


@require_safe
def progress(request, article_id):
    """Tell how far the job in hand is: a fragment the page asks for again and again."""
    found = pages.row_for(request, Article, article_id, SEE)
    return render(
        request,
        "wechat/staff/_article_state.html",
        {
            "article": found,
            "badge": BADGES[found.state],
            "is_pending": _is_pending(found),
            "sent": list(found.broadcasts.all()),
        },
    )


def _is_pending(found):
    return found.state in PENDING or found.broadcasts.filter(state__in=SENDING).exists()


def _is_writer(actor, found):
    return actor.id.isdecimal() and int(actor.id) in found.hands


def _act(verb, said):
    """Return the view of one act on an article: posted, fenced, explained."""

    @require_POST
    def act(request, article_id):
        pages.row_for(request, Article, article_id, SEE)
        doing = {"article_id": article_id, "actor": request.user.actor, "now": timezone.now()}
        done = pages.succeeded(request, lambda: verb(request, doing), said=said)
        if done and not Article.objects.filter(pk=article_id).exists():
            return redirect("wechat_articles_home:index")
        return redirect("wechat_article", article_id)

    return act


def _submit(request, doing):
    return articles.submit_article(version=_version(request), **doing)


def _publish(request, doing):
    return articles.publish_article(version=_version(request), **doing)


def _return(request, doing):
    reason = request.POST.get("reason", "")
    return articles.return_article(version=_version(request), reason=reason, **doing)


def _withdraw(request, doing):
    return articles.withdraw_article(reason=request.POST.get("reason", ""), **doing)


def _delete(_request, doing):
    return articles.delete_draft(**doing)


def _preview(request, doing):
    return articles.preview_article(openid=request.POST.get("openid", "").strip()[:64], **doing)


def _send(request, doing):
    tag = request.POST.get("tag", "")
    tag_id = int(tag) if tag.isdecimal() and len(tag) < 10 else None
    return broadcasts.start_broadcast(version=_version(request), tag_id=tag_id, **doing)


def _settle(request, doing):
    return articles.settle_article(was_published=_word(request), **doing)


@require_POST
def settle_sending(request, broadcast_id):
    """Take a person's word for what became of a sending."""
    found = pages.row_for(request, Broadcast, broadcast_id, SEE)
    pages.succeeded(
        request,
        lambda: broadcasts.settle_broadcast(
            broadcast_id=broadcast_id,
            was_sent=_word(request),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("已记下核实的结果。"),
    )
    return redirect("wechat_article", found.article_id)


def _word(request):
    try:
        return _WORDS[request.POST.get("word", "")]
    except KeyError:
        raise BadRequest from None


@require_POST
def unsend(request, broadcast_id):
    """Take a sent article off the followers' telephones."""
    found = pages.row_for(request, Broadcast, broadcast_id, SEE)
    pages.succeeded(
        request,
        lambda: broadcasts.delete_broadcast(
            broadcast_id=broadcast_id,
            reason=request.POST.get("reason", ""),
            actor=request.user.actor,
            now=timezone.now(),
        ),
        said=_("群发的文章已在微信上删除。"),
    )
    return redirect("wechat_article", found.article_id)


def _version(request):
    posted = request.POST.get("version", "")
    return int(posted) if posted.isdecimal() and len(posted) < 10 else 0


class ArticlesRoom(pages.AccountRoom):
    name = "wechat_articles"
    url_namespace = "wechat_articles_home"
    url_prefix = "wechat/articles"
    icon = ICON
    menu_label = gettext_lazy("文章")
    page = "wechat_articles"


_ACTS = (
    ("submit", _submit, gettext_lazy("已提交，正在上传到微信草稿箱。")),
    ("publish", _publish, gettext_lazy("已经请微信发布，结果会自动更新。")),
    ("return", _return, gettext_lazy("已退回，编写人可以看到理由。")),
    ("settle", _settle, gettext_lazy("已记下核实的结果。")),
    ("withdraw", _withdraw, gettext_lazy("文章已从微信撤回。")),
    ("delete", _delete, gettext_lazy("草稿已删除。")),
    ("preview", _preview, gettext_lazy("预览已发到对方的微信。")),
    ("send", _send, gettext_lazy("已交给微信群发，结果会自动更新。")),
)
viewsets = [ArticlesRoom()]
urls = [
    path("wechat/articles/<int:account_id>/", index, name="wechat_articles"),
    path("wechat/articles/<int:account_id>/add/", add, name="wechat_article_add"),
    path("wechat/articles/article/<int:article_id>/", article, name="wechat_article"),
    path("wechat/articles/article/<int:article_id>/edit/", edit, name="wechat_article_edit"),
    path(
        "wechat/articles/article/<int:article_id>/progress/",
        progress,
        name="wechat_article_progress",
    ),
    *(
        path(
            f"wechat/articles/article/<int:article_id>/{name}/",
            _act(verb, said),
            name=f"wechat_article_{name}",
        )
        for name, verb, said in _ACTS
    ),
    path("wechat/articles/sent/<int:broadcast_id>/delete/", unsend, name="wechat_unsend"),
    path(
        "wechat/articles/sent/<int:broadcast_id>/settle/",
        settle_sending,
        name="wechat_settle_sending",
    ),
]
policies = [
    AgencyPolicy(
        Article,
        grants={"view": SEE, "add": WRITE, "change": WRITE},
        agency_path="account__agency_id",
    ),
    AgencyPolicy(Broadcast, grants={"view": SEE}, agency_path="account__agency_id"),
]
