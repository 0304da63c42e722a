# SPDX-License-Identifier: Apache-2.0
"""An article's way: written, brought to WeChat's drafts, published by somebody else, withdrawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from wagtail.models import Collection

from minyi.agencies.models import OfficialAccount
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.outbox import send
from minyi.publishing.models import Picture
from minyi.wechat.asking import ask_wechat
from minyi.wechat.capabilities import Ability
from minyi.wechat.client.mass import news
from minyi.wechat.errors import (
    ArticleNotFound,
    NothingToWithdraw,
    NotReadyToPublish,
    NotToEdit,
    NotToSettle,
    ReasonMissing,
    StaleArticle,
    WeChatRefused,
    WriterPublishes,
)
from minyi.wechat.models import Article, Broadcast
from minyi.wechat.refusals import check_able

from .article_uploads import check_complete
from .bodies import pictures_in

WRITE, PUBLISH = "wechat.articles", "wechat.publish"
PUSH_TOPIC, PUBLISH_TOPIC = "wechat.article_push", "wechat.article_publish"
State = Article.State
EDITABLE = frozenset({State.DRAFT, State.READY, State.FAILED, State.WITHDRAWN})
_GONE = (40007, 53600)  # WeChat does not know the draft or article: deleted there already


@dataclass(frozen=True, slots=True)
class Text:
    """What an editor fills in."""

    title: str
    author: str
    digest: str
    cover_id: int | None
    body: str
    source_url: str
    opens_comments: bool
    fans_only_comments: bool
    is_ai_made: bool


@transaction.atomic
def write_article(*, account: OfficialAccount, text: Text, actor: Actor, now: datetime) -> Article:
    """Begin an article."""
    actor.check(WRITE, account.agency_id)
    _check_pictures(text, actor)
    article = Article(
        account=account, written_by_id=int(actor.id), hands=[int(actor.id)], changed_at=now
    )
    _fill_in(article, text)
    article.save()
    _record("written", article, actor, now, version=1)
    return article


@transaction.atomic
def edit_article(
    *, article_id: int, version: int, text: Text, actor: Actor, now: datetime
) -> Article:
    """Change an article; what WeChat has as a draft is no longer what would be published."""
    article = _locked(article_id, actor, WRITE)
    if article.state not in EDITABLE:
        raise NotToEdit(state=article.get_state_display())
    _check_version(article, version)
    _check_pictures(text, actor)
    _fill_in(article, text)
    article.version += 1
    article.state, article.reason, article.changed_at = State.DRAFT, "", now
    article.hands = sorted({*article.hands, int(actor.id)})
    article.save()
    _record("written", article, actor, now, version=article.version)
    return article


@transaction.atomic
def submit_article(*, article_id: int, version: int, actor: Actor, now: datetime) -> Article:
    """Bring it to WeChat's drafts, so that a reviewer can look at it and publish it."""
    article = _locked(article_id, actor, WRITE)
    if article.state not in (State.DRAFT, State.FAILED):
        raise NotToEdit(state=article.get_state_display())
    _check_version(article, version)
    check_able(article.account, Ability.DRAFTS)
    check_complete(article)
    article.state, article.reason = State.PUSHING, ""
    article.steps_done = article.steps = 0
    article.tries += 1
    article.save()
    _send(PUSH_TOPIC, article, now)
    _record("submitted", article, actor, now, version=article.version)
    return article


@transaction.atomic
def return_article(
    *, article_id: int, version: int, reason: str, actor: Actor, now: datetime
) -> Article:
    """Give it back to the editors, with what is to be mended."""
    article = _locked(article_id, actor, PUBLISH)
    if article.state != State.READY:
        raise NotReadyToPublish(state=article.get_state_display())
    _check_version(article, version)
    article.state, article.reason = State.DRAFT, _given(reason)
    article.save(update_fields=["state", "reason"])
    _record("returned", article, actor, now, version=version, reason=article.reason)
    return article


@transaction.atomic
def publish_article(*, article_id: int, version: int, actor: Actor, now: datetime) -> Article:
    """Let WeChat publish exactly the version the reviewer saw; nobody publishes their own text."""
    article = _locked(article_id, actor, PUBLISH)
    check_reviewed(article, version, actor)
    if article.state != State.READY:
        raise NotReadyToPublish(state=article.get_state_display())
    check_able(article.account, Ability.FREEPUBLISH)
    article.state, article.reason = State.PUBLISHING, ""
    article.published_by_id = int(actor.id)
    article.asked_at, article.publish_id = None, ""
    article.tries += 1
    article.save()
    _send(PUBLISH_TOPIC, article, now)
    _record("published", article, actor, now, version=version)
    return article


@transaction.atomic
def settle_article(*, article_id: int, was_published: bool, actor: Actor, now: datetime) -> Article:
    """Take a person's word, who has looked at WeChat, for a publication whose fate is unknown."""
    article = _locked(article_id, actor, PUBLISH)
    if article.state != State.UNKNOWN:
        raise NotToSettle(state=article.get_state_display())
    if was_published:
        article.state, article.reason = State.PUBLISHED, _("工作人员核实已经发布。")
        article.published_at = article.published_at or now
    else:
        # Its draft may be gone all the same: it goes up anew before it is published.
        article.state, article.reason = State.FAILED, _("工作人员核实没有发布，可以重新提交。")
    article.save(update_fields=["state", "reason", "published_at"])
    _record("settled", article, actor, now, version=article.version, was_published=was_published)
    return article


def check_reviewed(article: Article, version: int, actor: Actor) -> None:
    """Raise unless this person may send this version out: the rule of two people."""
    _check_version(article, version)
    if int(actor.id or 0) in article.hands:
        raise WriterPublishes


def withdraw_article(*, article_id: int, reason: str, actor: Actor, now: datetime) -> Article:
    """Take a published article off WeChat, for good; it stays here with the reason."""
    words = _given(reason)
    article = _visible(article_id, actor)
    actor.check(PUBLISH, article.account.agency_id)
    if article.state != State.PUBLISHED or not article.article_id:
        raise NothingToWithdraw(what=article.title)
    _delete_at_wechat(article)
    with transaction.atomic():
        article = _locked(article_id, actor, PUBLISH)
        article.state, article.reason = State.WITHDRAWN, words
        article.msg_data_id = ""  # its comments are gone with it
        article.save(update_fields=["state", "reason", "msg_data_id"])
        _record("withdrawn", article, actor, now, reason=words, url=article.url)
    return article


def delete_draft(*, article_id: int, actor: Actor, now: datetime) -> None:
    """Delete an article that was never sent out, here and at WeChat."""
    article = _visible(article_id, actor)
    actor.check(WRITE, article.account.agency_id)
    is_used = Broadcast.objects.filter(article=article).exists()
    if article.state not in (State.DRAFT, State.READY, State.FAILED) or is_used or article.url:
        raise NotToEdit(state=article.get_state_display())
    if article.media_id:
        _ignoring_the_gone(
            lambda: ask_wechat(
                article.account, lambda client: client.drafts.delete(media_id=article.media_id)
            )
        )
    with transaction.atomic():
        article = _locked(article_id, actor, WRITE)
        _record("deleted", article, actor, now, title=article.title)
        article.delete()


def preview_article(*, article_id: int, openid: str, actor: Actor, now: datetime) -> None:
    """Send the draft to one follower's phone."""
    article = _visible(article_id, actor)
    may = (actor.can(one, article.account.agency_id) for one in (WRITE, PUBLISH))
    if not any(may):
        actor.check(WRITE, article.account.agency_id)
    if article.state != State.READY:
        raise NotReadyToPublish(state=article.get_state_display())
    ask_wechat(
        article.account,
        lambda client: client.mass.preview(content=news(article.media_id), openid=openid),
    )
    _record("previewed", article, actor, now, version=article.version)


def _delete_at_wechat(article: Article) -> None:
    _ignoring_the_gone(
        lambda: ask_wechat(
            article.account,
            lambda client: client.articles.delete(article_id=article.article_id, position=1),
        )
    )


def _ignoring_the_gone(ask) -> None:  # type: ignore[no-untyped-def]
    """Do it; what WeChat no longer has is as good as deleted."""
    try:
        ask()
    except WeChatRefused as refused:
        if refused.facts.get("errcode") not in _GONE:
            raise


def _visible(article_id: int, actor: Actor) -> Article:
    rows = Article.objects.visible_to(actor).select_related("account__agency", "cover")
    article: Article | None = rows.filter(pk=article_id).first()
    if article is None:
        raise ArticleNotFound
    return article


def _locked(article_id: int, actor: Actor, permission: str) -> Article:
    rows = Article.objects.visible_to(actor).select_related("account")
    article: Article | None = rows.select_for_update(of=("self",)).filter(pk=article_id).first()
    if article is None:
        raise ArticleNotFound
    actor.check(permission, article.account.agency_id)
    return article


def _check_version(article: Article, version: int) -> None:
    if article.version != version:
        raise StaleArticle


def _check_pictures(text: Text, actor: Actor) -> None:
    """Raise where the cover or a picture of the body is of a library the person may not use.

    The editor's own word for a picture is only its number. One that is gone shows nothing.
    """
    if actor.is_operator:
        return
    libraries = Collection.objects.none()
    for library in Collection.objects.filter(agency__in=actor.agency_ids):
        libraries |= Collection.objects.descendant_of(library, inclusive=True)
    asked = Picture.objects.filter(pk__in=[text.cover_id, *pictures_in(text.body)])
    if asked.exclude(collection__in=libraries).exists():
        raise ArticleNotFound


def _fill_in(article: Article, text: Text) -> None:
    article.title, article.author = text.title, text.author
    article.digest, article.cover_id, article.body = text.digest, text.cover_id, text.body
    article.source_url = text.source_url
    article.opens_comments = text.opens_comments
    article.fans_only_comments = text.opens_comments and text.fans_only_comments
    article.is_ai_made = text.is_ai_made


def _given(reason: str) -> str:
    words = " ".join(reason.split())[:300]
    if not words:
        raise ReasonMissing
    return words


def _send(topic: str, article: Article, now: datetime) -> None:
    payload: Mapping[str, object] = {"article": article.pk, "version": article.version}
    send(topic=topic, key=f"{article.pk}:{article.tries}", payload=payload, now=now)


def _record(verb: str, article: Article, actor: Actor, now: datetime, **facts: object) -> None:
    audit.record(
        actor=actor,
        act=f"wechat.article.{verb}",
        target=article,
        now=now,
        agency_id=article.account.agency_id,
        account=article.account.slug,
        **facts,
    )
