# SPDX-License-Identifier: Apache-2.0
"""Articles being written (wechat-api.md §9). A draft is gone once it is published or mass-sent.

`position` counts from one, as people do; WeChat counts the articles of a draft from zero.
"""

from collections.abc import Sequence
from typing import Literal

from django.conf import settings
from pydantic import BaseModel, ConfigDict, Field

from ..capabilities import Ability
from .answers import Answer, Text
from .group import Group
from .limits import (
    check_bytes,
    check_count,
    check_given,
    check_length,
    check_position,
    check_range,
)

MOST_ARTICLES = settings.WECHAT_FACTS.articles_per_draft
MOST_TITLE, MOST_AUTHOR, MOST_DIGEST = 32, 16, 128  # characters
MOST_CONTENT = 19_999  # characters; also fewer than a million bytes
MOST_CONTENT_BYTES = 1024 * 1024 - 1
MOST_SOURCE_URL = 1024  # bytes
MOST_PICTURES = 20
MOST_PER_PAGE = 20


class Article(BaseModel):
    """One article to be saved. `news` needs a cover (a permanent picture), `newspic` pictures."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["news", "newspic"] = "news"
    title: str
    content: str
    author: str = ""
    digest: str = ""  # WeChat takes the first 54 characters of the text when empty
    source_url: str = ""  # 阅读原文
    cover_media_id: str = ""
    picture_media_ids: tuple[str, ...] = ()
    has_comments: bool = False
    only_followers_comment: bool = False
    crop_wide: str = ""  # «x1_y1_x2_y2» of 2.35:1, each from 0 to 1
    crop_square: str = ""


class SavedArticle(Answer):
    """One article as WeChat keeps it."""

    kind: str = Field(default="news", alias="article_type")
    title: str = ""
    author: str = ""
    digest: str = ""
    content: str = ""
    source_url: str = Field(default="", alias="content_source_url")
    cover_media_id: str = Field(default="", alias="thumb_media_id")
    cover_url: str = Field(default="", alias="thumb_url")
    url: str = ""  # of a draft: a preview for a while; of an article: where citizens read it
    is_deleted: bool = False


class Draft(Answer):
    """The articles of one draft, in order."""

    media_id: str = ""
    update_time: int = 0
    articles: list[SavedArticle] = []


class DraftPage(Answer):
    total: int = 0
    drafts: list[Draft] = []


class _MediaId(Answer):
    media_id: str


class _Content(Answer):
    news_item: list[SavedArticle] = []


class _Item(Answer):
    media_id: str
    content: _Content = _Content()
    update_time: int = 0


class _Page(Answer):
    total_count: int = 0
    item: list[_Item] = []


class _Count(Answer):
    total_count: int = 0


class _Switch(Answer):
    is_open: Text = ""


class Drafts(Group):
    """The drafts box of an account."""

    ability = Ability.DRAFTS

    async def add(self, *, articles: Sequence[Article]) -> str:
        """Save a draft of up to eight articles; return its media_id."""
        check_count("articles", articles, most=MOST_ARTICLES)
        for number, article in enumerate(articles, start=1):
            check_article(f"articles[{number}]", article)
        body = {"articles": [_article(article) for article in articles]}
        return (await self._post("/cgi-bin/draft/add", body, _MediaId)).media_id

    async def update(self, *, media_id: str, position: int, article: Article) -> None:
        """Replace the article at that position, counted from one."""
        index = check_position(position)
        check_article("article", article)
        body = {"media_id": media_id, "index": index, "articles": _article(article)}
        await self._order("/cgi-bin/draft/update", body)

    async def get(self, *, media_id: str) -> Draft:
        """Return a draft with its texts."""
        found = await self._post("/cgi-bin/draft/get", {"media_id": media_id}, _Content)
        return Draft(media_id=media_id, articles=found.news_item)

    async def delete(self, *, media_id: str) -> None:
        """Delete a draft; there is no way back."""
        await self._order("/cgi-bin/draft/delete", {"media_id": media_id})

    async def count(self) -> int:
        """Return how many drafts there are."""
        return (await self._get("/cgi-bin/draft/count", _Count)).total_count

    async def page(
        self, *, offset: int = 0, count: int = MOST_PER_PAGE, with_content: bool = False
    ) -> DraftPage:
        """Return a page of drafts, the newest first."""
        check_range("count", count, least=1, most=MOST_PER_PAGE)
        body = {"offset": offset, "count": count, "no_content": 0 if with_content else 1}
        page = await self._post("/cgi-bin/draft/batchget", body, _Page)
        drafts = [
            Draft(
                media_id=item.media_id,
                update_time=item.update_time,
                articles=item.content.news_item,
            )
            for item in page.item
        ]
        return DraftPage(total=page.total_count, drafts=drafts)

    async def is_box_open(self) -> bool:
        """Tell whether the account has the drafts box at all; old accounts had to open it."""
        found = await self._post_with("/cgi-bin/draft/switch", {"checkonly": 1}, _Switch)
        return found.is_open == "1"


def check_article(place: str, article: Article) -> None:
    """Refuse an article that WeChat would refuse, naming the field."""
    check_length(f"{place}.title", article.title, least=1, most=MOST_TITLE)
    check_length(f"{place}.author", article.author, most=MOST_AUTHOR)
    check_length(f"{place}.digest", article.digest, most=MOST_DIGEST)
    check_length(f"{place}.content", article.content, least=1, most=MOST_CONTENT)
    check_bytes(f"{place}.content", article.content, most=MOST_CONTENT_BYTES)
    check_bytes(f"{place}.source_url", article.source_url, most=MOST_SOURCE_URL)
    if article.kind == "news":
        check_given(f"{place}.cover_media_id", article.cover_media_id)
    else:
        check_count(f"{place}.picture_media_ids", article.picture_media_ids, most=MOST_PICTURES)


def _article(article: Article) -> dict[str, object]:
    fields: dict[str, object] = {
        "article_type": article.kind,
        "title": article.title,
        "content": article.content,
        "need_open_comment": int(article.has_comments),
        "only_fans_can_comment": int(article.only_followers_comment),
    }
    optional = {
        "author": article.author,
        "digest": article.digest,
        "content_source_url": article.source_url,
        "thumb_media_id": article.cover_media_id,
        "pic_crop_235_1": article.crop_wide,
        "pic_crop_1_1": article.crop_square,
    }
    fields |= {name: value for name, value in optional.items() if value}
    if article.picture_media_ids:
        pictures = [{"image_media_id": media_id} for media_id in article.picture_media_ids]
        fields["image_info"] = {"image_list": pictures}
    return fields
