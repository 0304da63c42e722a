# SPDX-License-Identifier: Apache-2.0
"""The registry of rolls: where a channel can be asked whether somebody is known to it.

A supervisor's sample of voters is held against it. `wechat` registers itself here.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, Protocol

from django.core.exceptions import ImproperlyConfigured

Known = Literal["found", "missing", "unknown"]


class Roll(Protocol):
    """What a channel must offer so that its people can be checked."""

    key: str  # as in ChannelIdentity.channel

    def ask(self, *, account: str, subjects: Sequence[str], now: datetime) -> Mapping[str, Known]:
        """Tell of each subject: found, missing (the channel knows of no such person), or unknown.

        Unknown is what the channel does not tell: no answer, or no word about this person.
        """


_rolls: dict[str, Roll] = {}


def register_roll(roll: Roll) -> None:
    """Add a roll; called from AppConfig.ready()."""
    if roll.key in _rolls:
        raise ImproperlyConfigured(f"Two rolls for the channel {roll.key!r}.")
    _rolls[roll.key] = roll


def find_roll(channel: str) -> Roll | None:
    """Return the roll of a channel, if it has one."""
    return _rolls.get(channel)
