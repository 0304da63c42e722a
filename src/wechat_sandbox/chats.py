# SPDX-License-Identifier: Apache-2.0
"""What a citizen's phone shows of an account: following, and the conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from wechat_sandbox.richtext import links_in

Side = Literal["citizen", "account", "notice"]

_KEPT_BUBBLES = 400


@dataclass(frozen=True, slots=True)
class Article:
    """One card of a news message."""

    title: str
    description: str
    picture_url: str
    url: str


@dataclass(frozen=True, slots=True)
class Bubble:
    """One thing in a conversation; a notice carries a key of the word list, not words."""

    number: int
    at: float
    side: Side
    kind: str
    text: str = ""
    articles: tuple[Article, ...] = ()


@dataclass(slots=True)
class Follow:
    """Since when and how a citizen follows an account; `at` is 0 for one who does not."""

    at: int = 0
    scene: str = "ADD_SCENE_SEARCH"
    qr_scene: str = ""

    @property
    def subscribed(self) -> bool:
        """Tell whether the citizen follows the account now."""
        return self.at > 0


@dataclass(slots=True)
class Chat:
    """The conversation of one citizen with one account."""

    bubbles: list[Bubble] = field(default_factory=list)
    last: int = 0
    seen: int = 0
    waiting: int = 0  # deliveries under way

    def add(
        self,
        *,
        at: float,
        side: Side,
        kind: str,
        text: str = "",
        articles: tuple[Article, ...] = (),
    ) -> Bubble:
        """Append a bubble; the oldest go when the conversation grows long."""
        self.last += 1
        bubble = Bubble(self.last, at, side, kind, text, articles)
        self.bubbles.append(bubble)
        del self.bubbles[:-_KEPT_BUBBLES]
        return bubble

    def since(self, number: int) -> list[Bubble]:
        """Return the bubbles after this number."""
        return [bubble for bubble in self.bubbles if bubble.number > number]

    @property
    def unread(self) -> int:
        """Return how many bubbles of the account the citizen has not seen."""
        return sum(1 for b in self.bubbles if b.number > self.seen and b.side == "account")

    def links(self) -> list[str]:
        """Return the addresses in the account's newest message, in reading order."""
        for bubble in reversed(self.bubbles):
            if bubble.side != "account":
                continue
            return [article.url for article in bubble.articles] or links_in(bubble.text)
        return []
