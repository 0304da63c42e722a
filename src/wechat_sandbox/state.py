# SPDX-License-Identifier: Apache-2.0
"""Everything the sandbox remembers while it runs. Nothing outlives the process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

import httpx

from wechat_sandbox.accounts import Account
from wechat_sandbox.chats import Chat, Follow
from wechat_sandbox.clock import Clock
from wechat_sandbox.faults import Faults
from wechat_sandbox.journal import Journal
from wechat_sandbox.oauth import Grants
from wechat_sandbox.quota import Quotas
from wechat_sandbox.sender import TIMEOUT_S, Sender
from wechat_sandbox.settings import Settings
from wechat_sandbox.tokens import ApiTokens


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
    follows: dict[tuple[str, int], Follow] = field(default_factory=dict)
    chats: dict[tuple[str, int], Chat] = field(default_factory=dict)
    by_slug: dict[str, Account] = field(default_factory=dict)
    by_appid: dict[str, Account] = field(default_factory=dict)
    running: set[asyncio.Task[object]] = field(default_factory=set)
    last_message: int = 0

    def follow_of(self, account: Account, number: int) -> Follow:
        """Return whether and how a citizen follows an account."""
        return self.follows.get((account.appid, number)) or Follow()

    def chat_of(self, account: Account, number: int) -> Chat:
        """Return the conversation of a citizen with an account, begun when missing."""
        return self.chats.setdefault((account.appid, number), Chat())

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
) -> Sandbox:
    """Return a fresh sandbox; `transport` stands in for the network in tests."""
    clock = clock or Clock()
    journal = Journal()
    return Sandbox(
        settings=settings,
        clock=clock,
        journal=journal,
        sender=Sender(clock=clock, journal=journal, transport=transport, timeout_s=timeout_s),
        by_slug={account.slug: account for account in settings.accounts},
        by_appid={account.appid: account for account in settings.accounts},
    )
