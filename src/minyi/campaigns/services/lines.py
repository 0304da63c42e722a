# SPDX-License-Identifier: Apache-2.0
"""The lines of a campaign as somebody wants them. `id` names the stored row a line replaces."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Translations = Mapping[str, Mapping[str, str]]  # language → field → text


@dataclass(frozen=True, slots=True)
class CriterionEntry:
    """One weighted standard."""

    name: str
    weight: int
    explanation: str = ""
    id: int | None = None
    translations: Translations = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CategoryEntry:
    """One category."""

    name: str
    id: int | None = None
    translations: Translations = field(default_factory=dict)
