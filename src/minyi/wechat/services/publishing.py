# SPDX-License-Identifier: Apache-2.0
"""What the worker does for an article: bring it to the drafts, ask for publication, learn of it.

The outbox runs a row at least once. An edit in between changes `version`, so an old row finds
nothing to do. `asked_at` is committed before WeChat is asked to publish: a row that finds it set
does not ask again, but looks at WeChat what became of it.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from minyi.core.errors import DomainError
from minyi.core.outbox import Again, Delivery, Later, consumer, send, when_given_up
from minyi.wechat.asking import ask_wechat
from minyi.wechat.client.articles import Publication, PublishStatus
from minyi.wechat.errors import WeChatRefused, WeChatSilent
from minyi.wechat.models import Article

from .article_uploads import forget_uploads, save_draft
from .articles import PUBLISH_TOPIC, PUSH_TOPIC, State

POLL_TOPIC = "wechat.article_poll"
PATIENCE = 5  # attempts before a person is told
FIRST_LOOK = timedelta(seconds=20)  # the event usually comes earlier
LOOK_AGAIN = timedelta(seconds=60)
GIVE_UP_AFTER = timedelta(hours=24)
SETTLES_WITHIN = timedelta(minutes=3)  # a lost «submit» shows at WeChat by then
_NO_SUCH_MATERIAL = 40007


@consumer(PUSH_TOPIC)
def push(delivery: Delivery) -> None:
    """Bring one version of an article to WeChat's drafts."""
    article = _find(delivery, State.PUSHING)
    if article is None:
        return
    try:
        media_id = save_draft(
            article, progress=lambda done, all_: _progress(article, done, all_), now=delivery.now
        )
    except WeChatSilent as silent:
        if delivery.attempt < PATIENCE:
            raise Again(str(silent)) from silent
        _fail(article, silent)
    except WeChatRefused as refused:
        if refused.facts.get("errcode") == _NO_SUCH_MATERIAL and delivery.attempt == 1:
            forget_uploads(article.account)  # somebody tidied up the library at WeChat
            raise Again(str(refused)) from refused
        _fail(article, refused)
    except DomainError as refused:
        _fail(article, refused)
    else:
        _same_version(article).filter(state=State.PUSHING).update(
            state=State.READY, media_id=media_id, media_version=article.version
        )


@when_given_up(PUSH_TOPIC)
def give_up_pushing(delivery: Delivery, reason: str) -> None:
    """The outbox tries no more: the editors may submit it again."""
    article = _find(delivery, State.PUSHING)
    if article is not None:
        _same_version(article).filter(state=State.PUSHING).update(
            state=State.FAILED, reason=_given_up(reason)
        )


@consumer(PUBLISH_TOPIC)
def publish(delivery: Delivery) -> None:
    """Ask WeChat to publish the draft, once."""
    article = _find(delivery, State.PUBLISHING)
    if article is None or article.publish_id:
        return
    if article.asked_at is not None:
        _look_what_became_of_it(article, delivery.now)
        return
    if not _same_version(article).filter(asked_at=None).update(asked_at=delivery.now):
        raise Later(delivery.now + SETTLES_WITHIN, reason="another worker is asking")
    try:
        submitted = ask_wechat(
            article.account, lambda client: client.articles.submit(media_id=article.media_id)
        )
    except WeChatSilent as silent:
        raise Later(delivery.now + SETTLES_WITHIN, reason=str(silent)) from silent
    except DomainError as refused:
        _fail(article, refused)
        return
    with transaction.atomic():
        _same_version(article).update(
            publish_id=submitted.publish_id, msg_data_id=submitted.msg_data_id
        )
        send(
            topic=POLL_TOPIC,
            key=f"{article.pk}:{article.tries}",
            payload=delivery.payload,
            now=delivery.now,
            due_at=delivery.now + FIRST_LOOK,
        )


@consumer(POLL_TOPIC)
def poll(delivery: Delivery) -> None:
    """Ask how a publication went, in case its event does not arrive."""
    article = _find(delivery, State.PUBLISHING, State.UNKNOWN)
    if article is None or not article.publish_id:
        return
    try:
        found = ask_wechat(
            article.account, lambda client: client.articles.status(publish_id=article.publish_id)
        )
    except WeChatSilent as silent:
        raise Again(str(silent)) from silent
    except DomainError as refused:
        _unknown(article, refused.detail)
        return
    if found.status == PublishStatus.RUNNING:
        if delivery.now - delivery.asked_at > GIVE_UP_AFTER:
            _unknown(article, _("微信一直没有给出发布结果，请登录公众平台核对。"))
            return
        raise Later(delivery.now + LOOK_AGAIN, reason="still publishing")
    settle(article, found, now=delivery.now)


@when_given_up(PUBLISH_TOPIC)
@when_given_up(POLL_TOPIC)
def give_up_publishing(delivery: Delivery, reason: str) -> None:
    """The outbox tries no more: asked of WeChat or not decides whether anybody can know."""
    article = _find(delivery, State.PUBLISHING)
    if article is None:
        return
    if article.asked_at is None:
        _same_version(article).filter(state=State.PUBLISHING).update(
            state=State.FAILED, reason=_given_up(reason)
        )
    else:
        _unknown(article, _given_up(reason))


@consumer("wechat.published")
def learn_of_publication(delivery: Delivery) -> None:
    """Take the event PUBLISHJOBFINISH in."""
    told = delivery.payload
    article = (
        Article.objects.filter(account__slug=told["account"], publish_id=str(told["publish_id"]))
        .exclude(publish_id="")
        .first()
    )
    if article is None:
        if delivery.attempt < PATIENCE:  # the event may overtake the answer that names the id
            raise Again("no article with this publish_id yet")
        return
    urls = told["articles"] if isinstance(told["articles"], Mapping) else {}
    publication = Publication.model_validate(
        {
            "publish_id": told["publish_id"],
            "status": told["status"],
            "article_id": told["article_id"],
            "urls": [{"idx": int(place), "article_url": url} for place, url in urls.items()],
            "failed_positions": told["failed"],
        }
    )
    settle(article, publication, now=delivery.now)


def settle(article: Article, publication: Publication, *, now: datetime) -> None:
    """Write down how it went; what is known already stays, but a deletion at WeChat is news."""
    status = publication.status
    rows = Article.objects.filter(pk=article.pk, publish_id=article.publish_id)
    going = rows.filter(state__in=(State.PUBLISHING, State.UNKNOWN))
    # A person may have said how it went meanwhile: WeChat knows better, and knows the address.
    unsaid = Q(state=State.FAILED) | Q(state=State.PUBLISHED, article_id="")
    if status == PublishStatus.DONE:
        url = next((one.url for one in publication.urls if one.position == 1), "")
        (going | rows.filter(unsaid)).update(
            state=State.PUBLISHED,
            reason="",
            article_id=publication.article_id,
            url=url,
            published_at=now,
        )
    elif status in (PublishStatus.DELETED, PublishStatus.BANNED):
        rows.exclude(state=State.WITHDRAWN).update(
            state=State.WITHDRAWN, reason=outcome_words(status)
        )
    elif status != PublishStatus.RUNNING:
        going.update(state=State.FAILED, reason=outcome_words(status))


def outcome_words(status: int) -> str:
    """Say what a publication's status means."""
    words = {
        PublishStatus.NOT_ORIGINAL: _("微信的原创审核没有通过。"),
        PublishStatus.FAILED: _("微信发布失败。"),
        PublishStatus.REFUSED: _("微信的内容审核没有通过。"),
        PublishStatus.DELETED: _("文章已在微信上删除。"),
        PublishStatus.BANNED: _("文章已被微信封禁。"),
    }
    known = {int(one): said for one, said in words.items()}
    return known.get(status) or _("微信返回了不认识的状态 %(status)d。") % {"status": status}


def _look_what_became_of_it(article: Article, now: datetime) -> None:
    """After a «submit» without an answer: published, still a draft, or nobody knows."""
    try:
        page = ask_wechat(article.account, lambda client: client.articles.page(with_content=True))
    except DomainError as refused:
        _unknown(article, refused.detail)
        return
    for found in page.articles:
        asked_at = article.asked_at
        if asked_at is None or found.update_time < asked_at.timestamp() - 60:
            continue
        if found.articles and found.articles[0].title == article.title:
            _same_version(article).update(
                state=State.PUBLISHED,
                article_id=found.media_id,
                url=found.articles[0].url,
                published_at=now,
            )
            return
    if _is_still_a_draft(article):
        _same_version(article).filter(state=State.PUBLISHING).update(
            state=State.READY, reason=_("微信没有收到发布请求，请重新发布。")
        )
        return
    _unknown(article, _("不能确定微信是否已经发布，请登录公众平台核对。"))


def _is_still_a_draft(article: Article) -> bool:
    try:
        ask_wechat(article.account, lambda client: client.drafts.get(media_id=article.media_id))
    except DomainError:
        return False
    return True


def _find(delivery: Delivery, *states: Article.State) -> Article | None:
    return (
        Article.objects.select_related("account", "cover")
        .filter(pk=delivery.payload["article"], version=delivery.payload["version"])
        .filter(state__in=states)
        .first()
    )


def _same_version(article: Article):  # type: ignore[no-untyped-def]
    return Article.objects.filter(pk=article.pk, version=article.version)


def _progress(article: Article, done: int, all_: int) -> None:
    _same_version(article).update(steps_done=done, steps=all_)


def _fail(article: Article, refused: DomainError) -> None:
    _same_version(article).update(state=State.FAILED, reason=refused.detail[:300])


def _unknown(article: Article, words: str) -> None:
    _same_version(article).filter(state=State.PUBLISHING).update(
        state=State.UNKNOWN, reason=words[:300]
    )


def _given_up(reason: str) -> str:
    words = _("多次尝试都没有办成，系统已停止重试：%(reason)s") % {"reason": reason}
    return words[:300]
