# SPDX-License-Identifier: Apache-2.0
"""The registry of a person's own matters: each context tells how far its own have come.

Whoever asks is known by their channel identity. A provider says no more than the person's own
pages do: that a ballot was received, never what is on it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ImproperlyConfigured

from .session import CitizenSession


@dataclass(frozen=True, slots=True)
class Matter:
    """One matter: what it is, how it stands, since when, and the path of its page."""

    title: str
    state: str
    url: str
    at: datetime


Provider = Callable[[CitizenSession, datetime], list[Matter]]

_providers: dict[str, Provider] = {}


def register_matters(context: str, provider: Provider) -> None:
    """Add a context's matters; called from AppConfig.ready()."""
    if context in _providers:
        raise ImproperlyConfigured(f"Two providers of matters for {context!r}.")
    _providers[context] = provider


def list_matters(*, session: CitizenSession, now: datetime) -> list[Matter]:
    """Return all matters of this person, the latest first."""
    found = [matter for provider in _providers.values() for matter in provider(session, now)]
    return sorted(found, key=lambda matter: matter.at, reverse=True)
