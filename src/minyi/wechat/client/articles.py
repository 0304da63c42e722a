# SPDX-License-Identifier: Apache-2.0
"""Publishing drafts (freepublish, wechat-api.md §9): no push to followers, no mass quota.

`position` counts from one, and so does WeChat here: it is passed on unchanged.
"""

from collections.abc import Sequence
from enum import IntEnum

from pydantic import Field

from ..capabilities import Ability
from .answers import Answer, Text
from .drafts import MOST_PER_PAGE, Draft, SavedArticle
from .group import Group
from .limits import check_position, check_range


class PublishStatus(IntEnum):
    """How far a publication is."""

    DONE = 0
    RUNNING = 1
    NOT_ORIGINAL = 2
    FAILED = 3
    REFUSED = 4  # by WeChat's review
    DELETED = 5  # afterwards, all articles, by us
    BANNED = 6  # afterwards, all articles, by WeChat


class Submitted(Answer):
    """A publication in the queue: success means only that it was accepted."""

    publish_id: Text
    msg_data_id: Text = ""


class PublishedUrl(Answer):
    """Where one article of a publication can be read; `position` from one."""

    position: int = Field(alias="idx")
    url: str = Field(alias="article_url")


class Publication(Answer):
    """How a publication went."""

    publish_id: Text
    status: int
    article_id: str = ""
    urls: list[PublishedUrl] = []
    failed_positions: list[int] = []


class PublishedPage(Answer):
    total: int = 0
    articles: list[Draft] = []  # `media_id` holds the article_id


class _Detail(Answer):
    item: list[PublishedUrl] = []


class _Publication(Answer):
    publish_id: Text
    publish_status: int
    article_id: str = ""
    article_detail: _Detail = _Detail()
    fail_idx: list[int] = []


class _Content(Answer):
    news_item: list[SavedArticle] = []


class _Item(Answer):
    article_id: str
    content: _Content = _Content()
    update_time: int = 0


class _Page(Answer):
    total_count: int = 0
    item: list[_Item] = []


class Articles(Group):
    """Published articles."""

    ability = Ability.FREEPUBLISH

    async def submit(self, *, media_id: str) -> Submitted:
        """Put a draft into the queue; the outcome comes as PUBLISHJOBFINISH, or by `status`."""
        return await self._post("/cgi-bin/freepublish/submit", {"media_id": media_id}, Submitted)

    async def status(self, *, publish_id: str) -> Publication:
        """Return how far a publication is."""
        body = {"publish_id": publish_id}
        found = await self._post("/cgi-bin/freepublish/get", body, _Publication)
        return Publication(
            publish_id=found.publish_id,
            status=found.publish_status,
            article_id=found.article_id,
            urls=found.article_detail.item,
            failed_positions=found.fail_idx,
        )

    async def get(self, *, article_id: str) -> Sequence[SavedArticle]:
        """Return the articles published together under one id."""
        body = {"article_id": article_id}
        return (await self._post("/cgi-bin/freepublish/getarticle", body, _Content)).news_item

    async def page(
        self, *, offset: int = 0, count: int = MOST_PER_PAGE, with_content: bool = False
    ) -> PublishedPage:
        """Return a page of published articles, the newest first."""
        check_range("count", count, least=1, most=MOST_PER_PAGE)
        body = {"offset": offset, "count": count, "no_content": 0 if with_content else 1}
        page = await self._post("/cgi-bin/freepublish/batchget", body, _Page)
        articles = [
            Draft(
                media_id=item.article_id,
                update_time=item.update_time,
                articles=item.content.news_item,
            )
            for item in page.item
        ]
        return PublishedPage(total=page.total_count, articles=articles)

    async def delete(self, *, article_id: str, position: int) -> None:
        """Take one article off; there is no way back."""
        check_position(position)
        body = {"article_id": article_id, "index": position}
        await self._order("/cgi-bin/freepublish/delete", body)

    async def delete_all(self, *, article_id: str) -> None:
        """Take everything published under one id off; there is no way back."""
        body = {"article_id": article_id, "index": 0}
        await self._order("/cgi-bin/freepublish/delete", body)
