# SPDX-License-Identifier: Apache-2.0
"""Tell a citizen something, by whatever channel they came through.

Contexts name their purposes in `AppConfig.ready()` and call `notify`; a channel that can carry
messages (`wechat`) registers a messenger. Whether, when and how a message goes is the messenger's.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import translation

from minyi.core.errors import Words

from .models import ChannelIdentity


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why we write to citizens.

    `is_answer`: the citizen has just asked for it (a receipt, the state of a case). Such a message
    goes out at night and to those who want no notices, while their own message is being answered.
    `facts`: what the message knows, by name, for the fields of WeChat's templates.
    """

    key: str
    title: Words
    facts: Mapping[str, Words]
    is_answer: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """What to tell. `text` has places like `%(name)s` for its facts; both may be lazy."""

    text: Words
    facts: Mapping[str, Words] = field(default_factory=dict)

    def rendered(self) -> tuple[str, dict[str, str]]:
        """Return text and facts in the language of the office, whoever triggered them."""
        with translation.override(settings.LANGUAGE_CODE):
            facts = {name: str(value) for name, value in self.facts.items()}
            text = str(self.text)
            return (text % facts if facts else text), facts


@dataclass(frozen=True, slots=True)
class Offer:
    """A notice the citizen may ask for beforehand, in the channel's own words.

    `left`: how many of them they have asked for already; where `is_lasting`, one is all.
    """

    template_id: str
    is_lasting: bool
    left: int


class Messenger(Protocol):
    """What a channel must offer to carry notices."""

    key: str  # as in ChannelIdentity.channel

    def send(
        self,
        *,
        account: str,
        subject: str,
        citizen_id: UUID,
        purpose: Purpose,
        key: str,
        words: Notice,
        url: str,
        now: datetime,
    ) -> None:
        """Take the message over, in the caller's transaction; the same key twice is once."""

    def is_wanted(self, *, account: str, subject: str) -> bool:
        """Tell whether this person has not switched notices off."""

    def switch(self, *, account: str, subject: str, wanted: bool, now: datetime) -> None:
        """Switch this person's notices on or off."""

    def find_offer(self, *, account: str, subject: str, purpose: str) -> Offer | None:
        """Return the notice this person can ask for on a page, if the channel has one for that."""


_messengers: dict[str, Messenger] = {}
_purposes: dict[str, Purpose] = {}


def register_messenger(messenger: Messenger) -> None:
    """Add a messenger; called from AppConfig.ready()."""
    if messenger.key in _messengers:
        raise ImproperlyConfigured(f"Two messengers for the channel {messenger.key!r}.")
    _messengers[messenger.key] = messenger


def register_purposes(purposes: Iterable[Purpose]) -> None:
    """Add purposes; called from AppConfig.ready()."""
    for purpose in purposes:
        if purpose.key in _purposes:
            raise ImproperlyConfigured(f"Two purposes call themselves {purpose.key!r}.")
        _purposes[purpose.key] = purpose


def get_purpose(key: str) -> Purpose:
    """Return the purpose of that name; naming one is the programmer's duty."""
    return _purposes[key]


def list_purposes() -> list[Purpose]:
    """Return every purpose, in the order they were named."""
    return list(_purposes.values())


def notify(
    *,
    citizen_id: UUID | str | None,
    account: str,
    purpose: str,
    key: str,
    words: Notice,
    url: str,
    now: datetime,
) -> None:
    """Tell a citizen something through an account, in the caller's transaction.

    `url` is a path of ours or a whole address. Somebody who never came through that account, or
    has been forgotten, cannot be told: nothing happens.
    """
    chosen = get_purpose(purpose)
    if citizen_id is None or not account:
        return
    rows = ChannelIdentity.objects.filter(citizen_id=citizen_id, account=account).order_by("-id")
    for identity in rows:
        messenger = _messengers.get(identity.channel)
        if messenger is not None:
            messenger.send(
                account=account,
                subject=identity.subject,
                citizen_id=identity.citizen_id,
                purpose=chosen,
                key=key,
                words=words,
                url=settings.PUBLIC_URL + url if url.startswith("/") else url,
                now=now,
            )
            return


def find_offer(*, channel: str, account: str, subject: str, purpose: str) -> Offer | None:
    """Return the notice this person can ask for on a page; None where nothing can be asked."""
    messenger = _messengers.get(channel)
    if messenger is None or not messenger.is_wanted(account=account, subject=subject):
        return None
    return messenger.find_offer(account=account, subject=subject, purpose=purpose)


def find_subject(*, citizen_id: UUID | str, channel: str, account: str) -> str | None:
    """Return who a citizen is in one channel's account."""
    rows = ChannelIdentity.objects.filter(citizen_id=citizen_id, channel=channel, account=account)
    return rows.order_by("-id").values_list("subject", flat=True).first()


def find_messenger(channel: str) -> Messenger | None:
    """Return the messenger of a channel, if it has one."""
    return _messengers.get(channel)
