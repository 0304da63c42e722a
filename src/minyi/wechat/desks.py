# SPDX-License-Identifier: Apache-2.0
"""Desks: what the callback needs of each account, frozen, and renewed behind its back.

A callback reads the desk from memory. When it is older than two seconds a thread of its own
reads the register and the running campaigns anew; callbacks meanwhile use what there is.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.db import Error as DatabaseFault
from django.db import close_old_connections
from django.utils import timezone, translation

from minyi.campaigns.queries.public import CampaignCard, list_campaigns

from .conversation import Phrases, RunningCampaign, write_phrases
from .crypto import BadKey, MessageCrypt
from .queries import Account, Secrets, list_accounts

RENEW_S = 2
FIRST_LOAD_S = 0.8  # WeChat waits five seconds; we promise one

log = structlog.get_logger("minyi.wechat")


@dataclass(frozen=True, slots=True)
class Desk:
    """One account at the counter; `crypt` is None in plain mode.

    A desk stays shut while its secrets are incomplete: an empty token would vouch for anybody.
    """

    is_open: bool
    token: bytes
    crypt: MessageCrypt | None
    phrases: Phrases


class NoDesksYet(Exception):
    """The register could not be read even once."""


class Desks:
    """All desks of this process; used on one event loop."""

    def __init__(self, load: Callable[[], Mapping[str, Desk]]) -> None:
        self._load = load
        self._desks: Mapping[str, Desk] | None = None
        self._asked_at = float("-inf")
        self._renewal: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wechat-desks")

    async def find(self, slug: str) -> Desk | None:
        """Return the desk of that account; only the first callback ever waits."""
        if time.monotonic() - self._asked_at > RENEW_S:
            self._asked_at = time.monotonic()
            self._renewal = asyncio.ensure_future(self._renew())
        if self._desks is None and self._renewal is not None:
            await asyncio.wait({self._renewal}, timeout=FIRST_LOAD_S)
        if self._desks is None:
            raise NoDesksYet
        return self._desks.get(slug)

    async def _renew(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._desks = await loop.run_in_executor(self._thread, self._load)
        except DatabaseFault as error:
            # Yesterday's greeting is better than none; the next callback tries again.
            log.error("desks_not_renewed", error=type(error).__name__)


def load_desks() -> Mapping[str, Desk]:
    """Read the register and the running campaigns; runs in a thread of its own."""
    close_old_connections()
    try:
        with translation.override(settings.LANGUAGE_CODE):
            return read_desks(
                secrets=settings.WECHAT_SECRETS,
                public_url=settings.PUBLIC_URL,
                language=settings.LANGUAGE_CODE,
                now=timezone.now(),
            )
    finally:
        close_old_connections()


def read_desks(
    *, secrets: Secrets, public_url: str, language: str, now: datetime
) -> Mapping[str, Desk]:
    """Return the desk of every registered account."""
    cards = [c for c in list_campaigns(language=language, now=now) if c.state == "open"]
    return {
        account.slug: open_desk(
            account,
            [_running(card, public_url) for card in cards if card.account == account.slug],
            home_url=f"{public_url}/",
        )
        for account in list_accounts(secrets=secrets)
    }


def open_desk(account: Account, campaigns: Sequence[RunningCampaign], *, home_url: str) -> Desk:
    """Return the desk of one account with these campaigns to point to."""
    phrases = write_phrases(
        name=account.name, welcome=account.welcome, campaigns=campaigns, home_url=home_url
    )
    token = account.token.encode()
    if account.mode == "plain":
        return Desk(bool(token), token, None, phrases)
    try:
        crypt = MessageCrypt(aes_key=account.aes_key, appid=account.appid)
    except BadKey:
        return Desk(False, token, None, phrases)  # the launch checklist names what is missing
    return Desk(bool(token), token, crypt, phrases)


def _running(card: CampaignCard, public_url: str) -> RunningCampaign:
    return RunningCampaign(
        title=str(card.title),
        theme=str(card.theme),
        now=card.stage.name if card.stage else "",
        url=f"{public_url}/c/{card.slug}/",
        picture_url=f"{public_url}{card.cover.url}" if card.cover else "",
    )
