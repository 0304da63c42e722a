# SPDX-License-Identifier: Apache-2.0
"""Comments below an article. They stay at WeChat: here is only who did what to which."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from minyi.core import audit
from minyi.core.actors import Actor
from minyi.wechat.asking import ask_wechat
from minyi.wechat.client.comments import MOST_REPLY, Comment, CommentPage, Shown
from minyi.wechat.errors import ArticleNotFound, NoComments, ReasonMissing, TooLong
from minyi.wechat.models import Article, Broadcast

if TYPE_CHECKING:
    from minyi.wechat.client import WeChatClient

MAY = "wechat.comments"
AT_ONCE = 20
_ONLY_ONE = 1  # our articles go out one by one


@dataclass(frozen=True, slots=True)
class Listed:
    """A comment, with the number of the sending it stands below."""

    comment: Comment
    sending: str


@dataclass(frozen=True, slots=True)
class Listing:
    """Comments of every sending of one article: up to AT_ONCE of each, and how many there are."""

    rows: tuple[Listed, ...]
    total: int
    has_more: bool


def sendings_of(article: Article) -> tuple[str, ...]:
    """Return the msg_data_ids WeChat keeps comments by: of publishing, then of each broadcast."""
    # Until it is sent, WeChat knows of no comments by its number (88001).
    sent = article.broadcasts.filter(state=Broadcast.State.SENT).order_by("pk")
    published = article.msg_data_id if article.state == Article.State.PUBLISHED else ""
    numbers = [published, *sent.values_list("msg_data_id", flat=True)]
    return tuple(dict.fromkeys(number for number in numbers if number))


def list_comments(
    *, article_id: int, begin: int = 0, shown: Shown = Shown.ALL, actor: Actor
) -> Listing:
    """Ask WeChat for a page of an article's comments, wherever the article was sent."""
    article = _find(article_id, actor)
    numbers = _numbers_of(article)

    async def ask(client: "WeChatClient") -> list[CommentPage]:
        return [
            await client.comments.page(
                msg_data_id=number, position=_ONLY_ONE, begin=begin, count=AT_ONCE, shown=shown
            )
            for number in numbers
        ]

    pages = ask_wechat(article.account, ask)
    return Listing(
        rows=tuple(
            Listed(comment, number)
            for number, page in zip(numbers, pages, strict=True)
            for comment in page.comments
        ),
        total=sum(page.total for page in pages),
        has_more=any(begin + AT_ONCE < page.total for page in pages),
    )


def elect_comment(
    *, article_id: int, sending: str, comment_id: str, actor: Actor, now: datetime
) -> None:
    """Show a comment to everybody."""

    def elect(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.elect(**about, comment_id=comment_id)  # type: ignore[arg-type]

    _do("elected", elect, article_id, actor, now, sending=sending, comment=comment_id)


def unelect_comment(
    *, article_id: int, sending: str, comment_id: str, actor: Actor, now: datetime
) -> None:
    """Show a comment to its writer alone again."""

    def unelect(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.unelect(**about, comment_id=comment_id)  # type: ignore[arg-type]

    _do("unelected", unelect, article_id, actor, now, sending=sending, comment=comment_id)


def reply_to_comment(
    *, article_id: int, sending: str, comment_id: str, words: str, actor: Actor, now: datetime
) -> None:
    """Answer a comment below it."""
    content = words.strip()
    if not 1 <= len(content) <= MOST_REPLY:
        raise TooLong(field="content", least=1, most=MOST_REPLY, found=len(content))

    def reply(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.reply(**about, comment_id=comment_id, content=content)  # type: ignore[arg-type]

    _do(
        "replied", reply, article_id, actor, now, sending=sending, comment=comment_id, reply=content
    )


def delete_reply(
    *, article_id: int, sending: str, comment_id: str, actor: Actor, now: datetime
) -> None:
    """Take our answer back."""

    def take_back(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.delete_reply(**about, comment_id=comment_id)  # type: ignore[arg-type]

    _do("reply_deleted", take_back, article_id, actor, now, sending=sending, comment=comment_id)


def delete_comment(
    *, article_id: int, sending: str, comment_id: str, reason: str, actor: Actor, now: datetime
) -> None:
    """Delete a citizen's comment, with the reason on the trail."""
    words = " ".join(reason.split())[:300]
    if not words:
        raise ReasonMissing

    def delete(client: "WeChatClient", about: dict[str, object]) -> Awaitable[None]:
        return client.comments.delete(**about, comment_id=comment_id)  # type: ignore[arg-type]

    _do(
        "deleted", delete, article_id, actor, now, sending=sending, comment=comment_id, reason=words
    )


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
    sending: str | None = None,
    **facts: object,
) -> None:
    """Do it at WeChat below one sending, or below all; then write it down.

    WeChat's numbers of comments are no personal data.
    """
    article = _find(article_id, actor)
    numbers = _numbers_of(article)
    if sending is not None:
        if sending not in numbers:
            raise NoComments
        numbers = (sending,)
        facts["sending"] = sending

    async def ask_each(client: "WeChatClient") -> None:
        for number in numbers:
            await ask(client, {"msg_data_id": number, "position": _ONLY_ONE})

    ask_wechat(article.account, ask_each)
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


def _numbers_of(article: Article) -> tuple[str, ...]:
    numbers = sendings_of(article)
    if not numbers:
        raise NoComments
    return numbers
