# SPDX-License-Identifier: Apache-2.0
"""The seam for answers nobody wrote beforehand: `assistant` registers an answerer later.

Without one, what no keyword fits goes to a person.
"""

from dataclasses import dataclass
from typing import Protocol

from django.core.exceptions import ImproperlyConfigured


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer. `is_ai` is what the platform's mark says to the citizen: a machine wrote it."""

    text: str
    is_ai: bool


class Answerer(Protocol):
    """Whoever can answer a question in words; called in a thread of its own."""

    def answer(self, *, account: str, openid: str, question: str) -> Answered | None:
        """Return an answer, or None where a person should see the question."""


_answerers: list[Answerer] = []


def register_answerer(answerer: Answerer) -> None:
    """Name the one answerer; called from AppConfig.ready()."""
    if _answerers:
        raise ImproperlyConfigured("Two answerers.")
    _answerers.append(answerer)


def find_answerer() -> Answerer | None:
    """Return the answerer, if there is one."""
    return _answerers[0] if _answerers else None
