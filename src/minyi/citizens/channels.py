# SPDX-License-Identifier: Apache-2.0
"""The registry of channels through which citizens come. `wechat` registers itself here."""

from dataclasses import dataclass
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest


@dataclass(frozen=True, slots=True)
class ShareCard:
    """What a page looks like when somebody passes it on."""

    title: str
    description: str
    url: str
    picture_url: str = ""


class Channel(Protocol):
    """What a channel must offer so that citizens can come through it."""

    key: str

    def recognises(self, request: HttpRequest) -> bool:
        """Tell whether this request comes from inside the channel."""

    def login_url(self, request: HttpRequest, *, account: str, come_back_to: str) -> str:
        """Return where to send the browser to find out who it is."""

    def missing_settings(self, *, account: str) -> list[str]:
        """Return, in words, what the account still lacks before citizens can vote through it."""


_channels: dict[str, Channel] = {}


def register_channel(channel: Channel) -> None:
    """Add a channel; called from AppConfig.ready()."""
    if channel.key in _channels:
        raise ImproperlyConfigured(f"Two channels call themselves {channel.key!r}.")
    _channels[channel.key] = channel


def find_channel(request: HttpRequest) -> Channel | None:
    """Return the channel this request comes from, or None for an ordinary browser."""
    return next((c for c in _channels.values() if c.recognises(request)), None)


def get_channel(key: str) -> Channel:
    """Return the channel of that name."""
    return _channels[key]
