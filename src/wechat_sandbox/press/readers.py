# SPDX-License-Identifier: Apache-2.0
"""Published articles and their readers: pages, comments, counters, and who followed when."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from wechat_sandbox.clock import china_day
from wechat_sandbox.errors import ApiError
from wechat_sandbox.press.library import new_key

# scene_desc of read_user_source; the first is a total row, not a source.
ALL_SOURCES = "全部"
SOURCES = ("公众号消息", "聊天会话", "朋友圈", "公众号主页", "推荐", "搜一搜", "其它")
OTHER_SOURCE = SOURCES[-1]

# Counters of a day that a reader raises once, whatever they do again.
ONCE = ("share_user", "zaikan_user", "like_user", "collection_user", "redirect_ori_page_user")


@dataclass(slots=True)
class Comment:
    """What a citizen wrote under an article; number 0: an invented reader."""

    user_comment_id: int
    number: int
    openid: str
    created_at: int
    content: str
    is_elected: bool = False
    is_deleted: bool = False
    reply: str = ""
    replied_at: int = 0


@dataclass(slots=True)
class Tally:
    """One article on one day: who read it from where, who did what, and numbers sown."""

    readers: dict[str, str] = field(default_factory=dict)  # visitor → source
    actors: dict[str, set[str]] = field(default_factory=dict)  # counter → visitors
    comments: int = 0
    sown: Counter[str] = field(default_factory=Counter)
    sown_reads: Counter[str] = field(default_factory=Counter)

    def count(self, name: str) -> int:
        """Return a counter of ONCE, or comment_count."""
        own = self.comments if name == "comment_count" else len(self.actors.get(name, ()))
        return own + self.sown[name]

    def reads_by_source(self) -> Counter[str]:
        """Return how many read from where."""
        return Counter(self.readers.values()) + self.sown_reads


@dataclass(slots=True)
class Page:
    """One published article at its address."""

    key: str
    appid: str
    article: dict[str, Any]
    msg_data_id: int
    index: int  # from 0
    published_at: int
    url: str
    is_deleted: bool = False
    is_open_for_comments: bool = False
    comments: list[Comment] = field(default_factory=list)
    days: dict[str, Tally] = field(default_factory=dict)

    @property
    def msgid(self) -> str:
        """Return the name of the article in the statistics, which counts from 1."""
        return f"{self.msg_data_id}_{self.index + 1}"

    def on(self, day: str) -> Tally:
        """Return the day's tally, begun when missing."""
        return self.days.setdefault(day, Tally())

    def total(self, name: str) -> int:
        """Return a counter over all days."""
        return sum(tally.count(name) for tally in self.days.values())

    @property
    def reads(self) -> int:
        """Return how often the article was read, once per visitor and day."""
        return sum(tally.reads_by_source().total() for tally in self.days.values())

    def has_acted(self, name: str, visitor: str) -> bool:
        """Tell whether a visitor already did this, on whichever day."""
        return any(visitor in tally.actors.get(name, ()) for tally in self.days.values())

    def add_comment(self, *, number: int, openid: str, content: str, now: float) -> Comment:
        """Append a comment."""
        comment = Comment(len(self.comments) + 1, number, openid, int(now), content)
        self.comments.append(comment)
        return comment


@dataclass(slots=True)
class Issue:
    """Articles that came out together, by publication or by mass message."""

    article_id: str
    appid: str
    msg_data_id: int
    pages: list[Page]
    published_at: int
    is_mass: bool
    is_banned: bool = False


@dataclass(frozen=True, slots=True)
class Passage:
    """A citizen began or ceased to follow."""

    appid: str
    day: str
    user_source: int
    change: int  # 1 or -1


# What `user/info` calls the way of following, as the statistics number it.
USER_SOURCES = {
    "ADD_SCENE_SEARCH": 1,
    "ADD_SCENE_PROFILE_CARD": 17,
    "ADD_SCENE_QR_CODE": 30,
    "ADD_SCENE_PAID": 51,
    "ADD_SCENE_PROFILE_LINK": 57,
    "ADD_SCENE_PROFILE_ITEM": 57,
    "ADD_SCENE_WECHAT_ADVERTISEMENT": 100,
    "ADD_SCENE_WXA": 149,
    "ADD_SCENE_REPRINT": 161,
    "ADD_SCENE_CHANNELS": 200,
    "ADD_SCENE_LIVESTREAM": 201,
}


class Readers:
    """Keep what was published and what people did with it."""

    def __init__(self) -> None:
        self.issues: dict[str, Issue] = {}
        self.passages: list[Passage] = []
        # Rows a developer sowed: (appid, path) → rows that carry a ref_date.
        self.sown: dict[tuple[str, str], list[dict[str, Any]]] = {}
        self._pages: dict[str, Page] = {}
        self._by_message: dict[int, Issue] = {}

    def publish(
        self,
        appid: str,
        articles: list[dict[str, Any]],
        *,
        msg_data_id: int,
        home: str,
        is_mass: bool,
        now: float,
    ) -> Issue:
        """Put articles on the web under `home`."""
        pages = []
        for index, article in enumerate(articles):
            key = new_key()
            page = Page(key, appid, article, msg_data_id, index, int(now), f"{home}/s/{key}")
            page.is_open_for_comments = article.get("need_open_comment") == 1
            pages.append(page)
            self._pages[key] = page
        issue = Issue(new_key() + new_key(), appid, msg_data_id, pages, int(now), is_mass)
        self.issues[issue.article_id] = issue
        self._by_message[msg_data_id] = issue
        return issue

    def find_page(self, key: str) -> Page | None:
        """Return the article at an address."""
        return self._pages.get(key)

    def get_issue(self, appid: str, article_id: str) -> Issue:
        """Return published articles; raises 53600."""
        issue = self.issues.get(article_id)
        if issue is None or issue.appid != appid:
            raise ApiError(53600)
        return issue

    def get_by_message(self, appid: str, msg_data_id: int, index: int) -> Page:
        """Return one article by its message number, counted from 0; raises 88001."""
        issue = self._by_message.get(msg_data_id)
        if issue is None or issue.appid != appid or not 0 <= index < len(issue.pages):
            raise ApiError(88001)
        return issue.pages[index]

    def pages_of(self, appid: str) -> list[Page]:
        """Return every article of the account that is still to be seen, oldest first."""
        return [
            page for page in self._pages.values() if page.appid == appid and not page.is_deleted
        ]

    def note_follow(self, appid: str, scene: str, change: int, now: float) -> None:
        """Remember for the statistics that somebody began (1) or ceased (-1) to follow."""
        source = USER_SOURCES.get(scene, 0)
        self.passages.append(Passage(appid, china_day(now), source, change))
