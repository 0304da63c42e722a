# SPDX-License-Identifier: Apache-2.0
"""Subscription notices of one account: private templates, and what each citizen accepted."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from wechat_sandbox.errors import ApiError
from wechat_sandbox.office.notices import (
    LONG_TERM,
    Keyword,
    Kind,
    PublicTemplate,
    content_of,
    example_of,
    find_public,
)

MAX_PRIVATE = 50
MAX_KEYWORDS = 5
MIN_KEYWORDS = 2
MAX_SCENE_WORDS = 15


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """A notice the account may send to those who accepted it."""

    id: str
    title: str
    kind: Kind
    keywords: tuple[Keyword, ...]
    scene: str

    @property
    def content(self) -> str:
        """Return the text with its places."""
        return content_of(self.keywords)

    @property
    def example(self) -> str:
        """Return the text filled with samples."""
        return example_of(self.keywords)


@dataclass(frozen=True, slots=True)
class Accepted:
    """What a citizen allowed for one template."""

    template_id: str
    title: str
    kind: Kind
    left: int  # of a one-off; 1 for a long-term one


@dataclass(slots=True)
class SubscriptionBook:
    """Private templates and grants of one account."""

    private: dict[str, NoticeTemplate] = field(default_factory=dict)
    grants: dict[tuple[int, str], int] = field(default_factory=dict)

    def add(self, tid: int, kids: list[int], scene: str, *, long_term: bool) -> NoticeTemplate:
        """Take a template from the library; raises 200012, 200014, 200020 or 200021."""
        entry = find_public(tid, long_term=long_term)
        if entry is None:
            raise ApiError(200014)
        if len(self.private) >= MAX_PRIVATE:
            raise ApiError(200012)
        by_kid = {word.kid: word for word in entry.keywords}
        fits = MIN_KEYWORDS <= len(kids) <= MAX_KEYWORDS and len(set(kids)) == len(kids)
        if not fits or not set(kids) <= by_kid.keys():
            raise ApiError(200020)
        if len(scene) > MAX_SCENE_WORDS:
            raise ApiError(200021)
        keywords = tuple(by_kid[kid] for kid in kids)
        template = NoticeTemplate(
            secrets.token_urlsafe(32)[:43], entry.title, entry.kind, keywords, scene
        )
        self.private[template.id] = template
        return template

    def add_sample(self, template_id: str, entry: PublicTemplate, scene: str) -> None:
        """Have a template under an id known beforehand, as an account in use has them."""
        keywords = entry.keywords[:MAX_KEYWORDS]
        sample = NoticeTemplate(template_id, entry.title, entry.kind, keywords, scene)
        self.private[template_id] = sample

    def get(self, template_id: str) -> NoticeTemplate:
        """Return a private template; raises 40037."""
        template = self.private.get(template_id)
        if template is None:
            raise ApiError(40037)
        return template

    def delete(self, template_id: str) -> None:
        """Remove a private template with every grant for it; raises 40037."""
        self.get(template_id)
        del self.private[template_id]
        self.grants = {key: left for key, left in self.grants.items() if key[1] != template_id}

    def accept(self, number: int, template_id: str) -> None:
        """Note one acceptance; a long-term one holds until it is withdrawn."""
        template = self.get(template_id)
        key = (number, template_id)
        self.grants[key] = 1 if template.kind == LONG_TERM else self.grants.get(key, 0) + 1

    def withdraw(self, number: int, template_id: str) -> None:
        """Take back what was accepted."""
        self.grants.pop((number, template_id), None)

    def spend(self, number: int, template: NoticeTemplate) -> None:
        """Use one acceptance; raises 43101 without one. A long-term one is not used up."""
        key = (number, template.id)
        left = self.grants.get(key, 0)
        if left < 1:
            raise ApiError(43101)
        if template.kind != LONG_TERM:
            self.grants[key] = left - 1

    def accepted_by(self, number: int) -> list[Accepted]:
        """Return what a citizen accepted, for the phone's settings."""
        return [
            Accepted(template_id, self.get(template_id).title, self.get(template_id).kind, left)
            for (holder, template_id), left in self.grants.items()
            if holder == number and left > 0
        ]
