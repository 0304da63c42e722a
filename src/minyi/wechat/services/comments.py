# SPDX-License-Identifier: Apache-2.0
"""Comments below an article. They stay at WeChat: here is only who did what to which."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.asking import ask_wechat
from minyi.wechat.client.comments import MOST_REPLY, CommentPage, Shown
from minyi.wechat.errors import ArticleNotFound, NoComments, ReasonMissing, TooLong
from minyi.wechat.models import Article

if TYPE_CHECKING:
    from minyi.wechat.client import WeChatClient

MAY = "wechat.comments"
AT_ONCE = 20
_ONLY_ONE = 1  # our articles go out one by one


def comments_id(article: Article) -> str:
    """Return the number WeChat knows the comments by: of the last sending, else of publishing."""
    sent = article.broadcasts.exclude(msg_data_id="").order_by("-pk").first()
    return sent.msg_data_id if sent else article.msg_data_id


def list_comments(
    *, article_id: int, begin: int = 0, shown: Shown = Shown.ALL, actor: Actor
) -> CommentPage:
    """Ask WeChat for a page of an article's comments."""
    article = _find(article_id, actor)
    number = _number_of(article)
    return ask_wechat(
        article.account,
        lambda client: client.comments.page(
            msg_data_id=number, position=_ONLY_ONE, begin=begin, count=AT_ONCE, shown=shown
        ),
    )


def elect_comment(*, article_id: int, comment_id: str, actor: Actor, now: datetime) -> None:
    """Show a comment to everybody."""

    def elect(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.elect(**about, comment_id=comment_id)  # type: ignore[arg-type]

    _do("elected", elect, article_id, actor, now, comment=comment_id)


def unelect_comment(*, article_id: int, comment_id: str, actor: Actor, now: datetime) -> None:
    """Show a comment to its writer alone again."""

    def unelect(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.unelect(**about, comment_id=comment_id)  # type: ignore[arg-type]

    _do("unelected", unelect, article_id, actor, now, comment=comment_id)


def reply_to_comment(
    *, article_id: int, comment_id: str, words: str, actor: Actor, now: datetime
) -> None:
    """Answer a comment below it."""
    content = words.strip()
    if not 1 <= len(content) <= MOST_REPLY:
        raise TooLong(field="content", least=1, most=MOST_REPLY, found=len(content))

    def reply(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.reply(**about, comment_id=comment_id, content=content)  # type: ignore[arg-type]

    _do("replied", reply, article_id, actor, now, comment=comment_id, reply=content)


def delete_reply(*, article_id: int, comment_id: str, actor: Actor, now: datetime) -> None:
    """Take our answer back."""

    def take_back(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.delete_reply(**about, comment_id=comment_id)  # type: ignore[arg-type]

    _do("reply_deleted", take_back, article_id, actor, now, comment=comment_id)


def delete_comment(
    *, article_id: int, comment_id: str, reason: str, actor: Actor, now: datetime
) -> None:
    """Delete a citizen's comment, with the reason on the trail."""
    words = " ".join(reason.split())[:300]
    if not words:
        raise ReasonMissing

    def delete(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.delete(**about, comment_id=comment_id)  # type: ignore[arg-type]

    _do("deleted", delete, article_id, actor, now, comment=comment_id, reason=words)


def open_comments(*, article_id: int, actor: Actor, now: datetime) -> None:
    """Let citizens comment on an article that is out already."""

    def open_(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.open(**about)  # type: ignore[arg-type]

    _do("opened", open_, article_id, actor, now, noun="comments")
    Article.objects.filter(pk=article_id).update(opens_comments=True)


def close_comments(*, article_id: int, actor: Actor, now: datetime) -> None:
    """Let nobody comment any more."""

    def close(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.close(**about)  # type: ignore[arg-type]

    _do("closed", close, article_id, actor, now, noun="comments")
    Article.objects.filter(pk=article_id).update(opens_comments=False)


def _do(
    verb: str,
    ask: "Callable[[WeChatClient, dict[str, object]], Awaitable[None]]",
    article_id: int,
    actor: Actor,
    now: datetime,
    *,
    noun: str = "comment",
    **facts: object,
) -> None:
    """Do it at WeChat, then write it down. WeChat's numbers of comments are no personal data."""
    article = _find(article_id, actor)
    about: dict[str, object] = {"msg_data_id": _number_of(article), "position": _ONLY_ONE}
    ask_wechat(article.account, lambda client: ask(client, about))
    audit.record(
        actor=actor,
        act=f"wechat.{noun}.{verb}",
        target=article,
        now=now,
        agency_id=article.account.agency_id,
        account=article.account.slug,
        **facts,
    )


def _find(article_id: int, actor: Actor) -> Article:
    rows = Article.objects.visible_to(actor).select_related("account")
    article: Article | None = rows.filter(pk=article_id).first()
    if article is None:
        raise ArticleNotFound
    actor.check(MAY, article.account.agency_id)
    return article


def _number_of(article: Article) -> str:
    number = comments_id(article)
    if not number:
        raise NoComments
    return number
