# SPDX-License-Identifier: Apache-2.0
"""Endpoints: what the callback needs of each account, frozen, and renewed behind its back.

A callback reads the endpoint from memory. When it is older than two seconds a thread of its own
reads the register and the running campaigns anew; callbacks meanwhile use what there is. When a
person has just taken a conversation over in this process, the next callback waits for that.
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
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from minyi.campaigns.queries.chat import OpenRound, list_names, list_open_rounds
from minyi.campaigns.queries.public import CampaignCard, list_campaigns

from ..capabilities import Ability, who_may
from ..conversation.hours import back_by_account
from ..conversation.phrases import RunningCampaign, ask_elsewhere, write_phrases
from ..conversation.planning import Book, Place
from ..conversation.scripting import clicks_of, contained_of, exact_of, scenes_of
from ..queries import Account, Secrets, list_accounts
from ..queries.scripts import Script, read_scripts
from ..queries.waiting import who_waits
from .answering import find_answerer
from .changes import latest_change
from .crypto import BadKey, MessageCrypt

RENEW_S = 2
OLD_S = 4  # nobody called for a while: who is with a person now? This callback waits for the answer
FIRST_LOAD_S = 0.8  # WeChat waits five seconds; we promise one

_NOTHING_SET = Script()
log = structlog.get_logger("minyi.wechat")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One account at the counter; `crypt` is None in plain mode.

    An endpoint stays shut while its secrets are incomplete: an empty token would vouch for anybody.
    """

    is_open: bool
    token: bytes
    crypt: MessageCrypt | None
    book: Book
    # Openids to whom something waits that only a passive reply can carry.
    waited_for: frozenset[str] = frozenset()


class NoEndpointsYet(Exception):
    """The register could not be read even once."""


class Endpoints:
    """All endpoints of this process; used on one event loop."""

    def __init__(self, load: Callable[[], Mapping[str, Endpoint]]) -> None:
        self._load = load
        self._endpoints: Mapping[str, Endpoint] | None = None
        self._asked_at = self._read_at = float("-inf")
        self._asked_change = self._read_change = 0
        self._renewal: asyncio.Future[None] | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="wechat-endpoints")

    async def find(self, slug: str) -> Endpoint | None:
        """Return that account's endpoint; only the first callback after a silence ever waits."""
        now, change = time.monotonic(), latest_change()
        if now - self._asked_at > RENEW_S or change != self._asked_change:
            self._asked_at, self._asked_change = now, change
            self._renewal = asyncio.ensure_future(self._renew(change))
        is_old = now - self._read_at > OLD_S or change != self._read_change
        if is_old and self._renewal is not None:
            await asyncio.wait({self._renewal}, timeout=FIRST_LOAD_S)
        if self._endpoints is None:
            raise NoEndpointsYet
        return self._endpoints.get(slug)

    async def _renew(self, change: int) -> None:
        loop = asyncio.get_running_loop()
        try:
            self._endpoints = await loop.run_in_executor(self._thread, self._load)
            self._read_at, self._read_change = time.monotonic(), change
        except DatabaseFault as error:
            # Yesterday's greeting is better than none; the next callback tries again.
            log.error("endpoints_not_renewed", error=type(error).__name__)


def load_endpoints() -> Mapping[str, Endpoint]:
    """Read the register and the running campaigns; runs in a thread of its own."""
    close_old_connections()
    try:
        with translation.override(settings.LANGUAGE_CODE):
            return read_endpoints(
                secrets=settings.WECHAT_SECRETS,
                public_url=settings.PUBLIC_URL,
                language=settings.LANGUAGE_CODE,
                now=timezone.now(),
            )
    finally:
        close_old_connections()


def read_endpoints(
    *, secrets: Secrets, public_url: str, language: str, now: datetime
) -> Mapping[str, Endpoint]:
    """Return the endpoint of every registered account."""
    cards = [c for c in list_campaigns(language=language, now=now) if c.state == "open"]
    accounts = list_accounts(secrets=secrets)
    scripts = read_scripts()
    names = _names(cards, public_url, now)
    rounds = list_open_rounds(now=now)
    can_write = who_may(accounts, Ability.CUSTOM_SEND)
    mute = [one.slug for one in accounts if one.slug not in can_write]
    waited_for = who_waits(slugs=mute, now=now)
    back = back_by_account([one.slug for one in accounts], now)
    return {
        account.slug: open_endpoint(
            account,
            [_running(card, public_url) for card in cards if card.account == account.slug],
            home_url=f"{public_url}/",
            script=scripts.get(account.slug, _NOTHING_SET),
            names=names.get(account.slug, {}),
            rounds=[round_ for round_ in rounds if round_.account == account.slug],
            back_at=back[account.slug],
            waited_for=waited_for.get(account.slug, frozenset()),
            can_write=account.slug in can_write,
        )
        for account in accounts
    }


def open_endpoint(
    account: Account,
    campaigns: Sequence[RunningCampaign],
    *,
    home_url: str,
    script: Script = _NOTHING_SET,
    names: Mapping[str, Sequence[Place]] | None = None,
    rounds: Sequence[OpenRound] = (),
    back_at: datetime | None = None,
    waited_for: frozenset[str] = frozenset(),
    can_write: bool = True,
) -> Endpoint:
    """Return the endpoint of one account with these campaigns to point to.

    `can_write`: WeChat lets it send customer-service messages, so a person can answer in the chat.
    """
    book = Book(
        phrases=write_phrases(
            name=account.name,
            welcome=account.welcome,
            campaigns=campaigns,
            home_url=home_url,
            rounds=rounds,
            closed_until=date_format(timezone.localtime(back_at), "n月j日 H:i") if back_at else "",
            instead=None if can_write else ask_elsewhere(account.phone),
        ),
        exact=exact_of(script),
        contained=contained_of(script),
        clicks=clicks_of(script),
        scenes=scenes_of(script, name=account.name),
        names=names or {},
        campaigns=[Place(c.title, f"{c.now}。{c.theme}", c.url, c.picture_url) for c in campaigns],
        has_rounds=bool(rounds),
        with_person=script.with_person,
        called=script.called,
        has_answerer=find_answerer() is not None,
    )
    token = account.token.encode()
    if account.mode == "plain":
        return Endpoint(bool(token), token, None, book, waited_for)
    try:
        crypt = MessageCrypt(aes_key=account.aes_key, appid=account.appid)
    except BadKey:
        return Endpoint(False, token, None, book)  # the launch checklist names what is missing
    return Endpoint(bool(token), token, crypt, book, waited_for)


def _names(
    cards: Sequence[CampaignCard], public_url: str, now: datetime
) -> dict[str, dict[str, list[Place]]]:
    """Return, by account, who is meant by a name: only candidates that are announced."""
    found: dict[str, dict[str, list[Place]]] = {}
    for one in list_names(slugs=[card.slug for card in cards], now=now):
        title = _("%(number)d 号 %(name)s") % {"number": one.number, "name": one.name}
        description = "，".join(filter(None, (one.unit, one.campaign)))
        url = f"{public_url}/c/{one.slug}/nominees/{one.number}/"
        own = found.setdefault(one.account, {})
        own.setdefault(one.name.casefold(), []).append(Place(title, description, url))
    return found


def _running(card: CampaignCard, public_url: str) -> RunningCampaign:
    return RunningCampaign(
        title=str(card.title),
        theme=str(card.theme),
        now=card.stage.name if card.stage else "",
        url=f"{public_url}/c/{card.slug}/",
        picture_url=f"{public_url}{card.cover.url}" if card.cover else "",
    )
