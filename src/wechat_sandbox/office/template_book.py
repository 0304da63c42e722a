# SPDX-License-Identifier: Apache-2.0
"""Template messages of one account: industry, private templates, one-time permissions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from wechat_sandbox.errors import ApiError
from wechat_sandbox.office.notices import (
    INDUSTRIES,
    TEMPLATE_LIBRARY,
    Keyword,
    PublicTemplate,
    content_of,
    example_of,
)

MAX_TEMPLATES = 25
INDUSTRY_CHANGES_PER_MONTH = 5
SAME_MESSAGE_S = 600  # the same client_msg_id is dropped within ten minutes [R]


@dataclass(frozen=True, slots=True)
class Template:
    """A template the account may send."""

    id: str
    title: str
    keywords: tuple[Keyword, ...]
    industry: tuple[str, str]

    @property
    def content(self) -> str:
        """Return the text with its places."""
        return content_of(self.keywords)

    @property
    def example(self) -> str:
        """Return the text filled with samples."""
        return example_of(self.keywords)


@dataclass(slots=True)
class TemplateBook:
    """What one account keeps for its template messages."""

    industries: tuple[str, str] = ("40", "23")
    private: dict[str, Template] = field(default_factory=dict)
    confirmed: dict[tuple[int, str, int], int] = field(default_factory=dict)
    changes: list[str] = field(default_factory=list)  # the months of the changes of industry
    sent: dict[str, tuple[int, float]] = field(default_factory=dict)  # client_msg_id → id, moment

    def set_industries(self, first: str, second: str, month: str) -> None:
        """Choose two industries; raises 40102 or, the sixth time in a month, 43100."""
        if first not in INDUSTRIES or second not in INDUSTRIES:
            raise ApiError(40102)
        self.changes = [one for one in self.changes if one == month]
        if len(self.changes) >= INDUSTRY_CHANGES_PER_MONTH:
            raise ApiError(43100)
        self.changes.append(month)
        self.industries = (first, second)

    def add(self, short_id: str, names: list[str]) -> Template:
        """Take a template from the library; raises 40037, 40097 or 45026."""
        entry = TEMPLATE_LIBRARY.get(short_id)
        if entry is None:
            raise ApiError(40037)
        if len(self.private) >= MAX_TEMPLATES:
            raise ApiError(45026)
        by_name = {word.name: word for word in entry.keywords}
        if unknown := [name for name in names if name not in by_name]:
            raise ApiError(40097, f"keyword_name_list {unknown[0]}")
        keywords = tuple(by_name[name] for name in names) if names else entry.keywords
        industry = INDUSTRIES[self.industries[0]]
        template = Template(secrets.token_urlsafe(32)[:43], entry.title, keywords, industry)
        self.private[template.id] = template
        return template

    def add_sample(self, template_id: str, entry: PublicTemplate) -> None:
        """Have a template under an id known beforehand, as an account in use has them."""
        industry = INDUSTRIES[self.industries[0]]
        self.private[template_id] = Template(template_id, entry.title, entry.keywords, industry)

    def get(self, template_id: str) -> Template:
        """Return a private template; raises 40037."""
        template = self.private.get(template_id)
        if template is None:
            raise ApiError(40037)
        return template

    def delete(self, template_id: str) -> None:
        """Remove a private template; raises 40037."""
        self.get(template_id)
        del self.private[template_id]

    def sent_before(self, client_msg_id: str, now: float) -> int | None:
        """Return the id of the same message, if it went out within ten minutes."""
        message_id, at = self.sent.get(client_msg_id, (0, 0.0))
        return message_id if message_id and now < at + SAME_MESSAGE_S else None

    def confirm_once(self, number: int, template_id: str, scene: int) -> None:
        """Note that a citizen allowed one message of a scene."""
        key = (number, template_id, scene)
        self.confirmed[key] = self.confirmed.get(key, 0) + 1

    def spend_once(self, number: int, template_id: str, scene: int) -> None:
        """Use up one permission; raises 43101 without one."""
        key = (number, template_id, scene)
        if not self.confirmed.get(key):
            raise ApiError(43101)
        self.confirmed[key] -= 1
