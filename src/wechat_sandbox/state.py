# SPDX-License-Identifier: Apache-2.0
"""Everything the sandbox remembers while it runs. Nothing outlives the process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

import httpx

from wechat_sandbox.accounts import Account
from wechat_sandbox.chats import Chat, Follow
from wechat_sandbox.clock import Clock
from wechat_sandbox.faults import Faults
from wechat_sandbox.journal import Journal
from wechat_sandbox.oauth import Grants
from wechat_sandbox.office.menus import Menu, MenuBook
from wechat_sandbox.office.minis import Minis
from wechat_sandbox.office.qrcodes import QrCodes
from wechat_sandbox.office.quota import ClearedQuotas, Limit, Quotas
from wechat_sandbox.office.relations import Relation
from wechat_sandbox.office.sample_notices import SAMPLE_ACCOUNT, add_sample_notices
from wechat_sandbox.office.service_desk import ServiceDesk
from wechat_sandbox.office.subscription_book import SubscriptionBook
from wechat_sandbox.office.tags import Tags
from wechat_sandbox.office.template_book import TemplateBook
from wechat_sandbox.press.jobs import Jobs
from wechat_sandbox.press.library import Library
from wechat_sandbox.press.readers import Readers
from wechat_sandbox.push.sender import TIMEOUT_S, Sender
from wechat_sandbox.rids import Rids
from wechat_sandbox.settings import Settings
from wechat_sandbox.tokens import ApiTokens


@dataclass(frozen=True, slots=True)
class ShortKey:
    """Words kept behind a short key."""

    words: str
    made_at: float
    expires_at: float


@dataclass(slots=True)
class Belongings:
    """What one account has set up."""

    tags: Tags
    menus: MenuBook
    desk: ServiceDesk
    templates: TemplateBook
    subscriptions: SubscriptionBook


@dataclass(slots=True)
class Sandbox:
    """The state of one sandbox; only its event loop touches it."""

    settings: Settings
    clock: Clock
    journal: Journal
    sender: Sender
    tokens: ApiTokens = field(default_factory=ApiTokens)
    grants: Grants = field(default_factory=Grants)
    quotas: Quotas = field(default_factory=Quotas)
    faults: Faults = field(default_factory=Faults)
    rids: Rids = field(default_factory=Rids)
    library: Library = field(default_factory=Library)
    jobs: Jobs = field(default_factory=Jobs)
    readers: Readers = field(default_factory=Readers)
    minis: Minis = field(default_factory=Minis)
    follows: dict[tuple[str, int], Follow] = field(default_factory=dict)
    chats: dict[tuple[str, int], Chat] = field(default_factory=dict)
    relations: dict[tuple[str, int], Relation] = field(default_factory=dict)
    qrcodes: QrCodes = field(default_factory=QrCodes)
    cleared: ClearedQuotas = field(default_factory=ClearedQuotas)
    short_keys: dict[tuple[str, str], ShortKey] = field(default_factory=dict)
    by_account: dict[str, Belongings] = field(default_factory=dict)
    by_slug: dict[str, Account] = field(default_factory=dict)
    by_appid: dict[str, Account] = field(default_factory=dict)
    running: set[asyncio.Task[object]] = field(default_factory=set)
    last_message: int = 0
    # Popup answers a citizen wants repeated unasked: (appid, number, template) → accept or reject.
    habits: dict[tuple[str, int, str], str] = field(default_factory=dict)
    platform: str = "2"  # of the sandbox's phones, as match rules count: Android

    @property
    def accounts(self) -> tuple[Account, ...]:
        """Return every account, in the order they were registered; the first is the usual one."""
        return tuple(self.by_slug.values())

    def register(self, account: Account) -> None:
        """Add an account or put it in the place of the one with its slug."""
        self.by_slug[account.slug] = account
        self.by_appid[account.appid] = account

    def follow_of(self, account: Account, number: int) -> Follow:
        """Return whether and how a citizen follows an account."""
        return self.follows.get((account.appid, number)) or Follow()

    def chat_of(self, account: Account, number: int) -> Chat:
        """Return the conversation of a citizen with an account, begun when missing."""
        return self.chats.setdefault((account.appid, number), Chat())

    def relation_of(self, account: Account, number: int) -> Relation:
        """Return what an account keeps about a citizen, begun when missing."""
        return self.relations.setdefault((account.appid, number), Relation())

    def of(self, account: Account) -> Belongings:
        """Return what an account has set up: tags, menus, staff, templates, notices."""
        if account.appid not in self.by_account:
            self.by_account[account.appid] = Belongings(
                tags=Tags(),
                menus=MenuBook(),
                desk=ServiceDesk(account.original_id),
                templates=TemplateBook(),
                subscriptions=SubscriptionBook(),
            )
            if self.settings.has_sample_notices and account.slug == SAMPLE_ACCOUNT:
                found = self.by_account[account.appid]
                add_sample_notices(found.templates, found.subscriptions)
        return self.by_account[account.appid]

    def menu_of(self, account: Account, number: int) -> Menu | None:
        """Return the menu a citizen sees below the conversation."""
        relation = self.relations.get((account.appid, number))
        return self.of(account).menus.seen_by(relation.tag_ids if relation else [], self.platform)

    def followers_of(self, account: Account) -> list[int]:
        """Return who follows an account, in the order they came."""
        return [number for appid, number in self.follows if appid == account.appid]

    def next_message_id(self) -> int:
        """Return a message id as WeChat gives them: 64 bits, never twice."""
        self.last_message += 1
        return 24_000_000_000_000_000 + int(self.clock.now()) * 1000 + self.last_message


def build_sandbox(
    settings: Settings,
    *,
    clock: Clock | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
    timeout_s: float = TIMEOUT_S,
    limits: Mapping[str, Limit] | None = None,
) -> Sandbox:
    """Return a fresh sandbox; `transport` stands in for the network in tests."""
    clock = clock or Clock()
    journal = Journal()
    return Sandbox(
        settings=settings,
        clock=clock,
        journal=journal,
        sender=Sender(clock=clock, journal=journal, transport=transport, timeout_s=timeout_s),
        quotas=Quotas(limits),
        by_slug={account.slug: account for account in settings.accounts},
        by_appid={account.appid: account for account in settings.accounts},
    )
