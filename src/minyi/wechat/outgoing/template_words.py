# SPDX-License-Identifier: Apache-2.0
"""The words of WeChat's templates: their fields with labels, and how they look when filled.

WeChat writes `content` as lines like «审核结果:{{phrase2.DATA}}» (wechat-api.md §7.3, §7.4).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from .carrier import fill_fields

_PLACE = re.compile(r"\{\{(\w+)\.DATA\}\}")


@dataclass(frozen=True, slots=True)
class Field:
    """One place in a template."""

    name: str
    label: str


@dataclass(frozen=True, slots=True)
class TemplateWords:
    """One template of an account, as WeChat tells it."""

    template_id: str
    title: str
    content: str
    example: str
    fields: tuple[Field, ...]
    is_lasting: bool

    def filled(
        self, fields: Mapping[str, str], facts: Mapping[str, object]
    ) -> list[tuple[str, str]]:
        """Return label and value of each field, as the citizen would read them."""
        values = fill_fields(fields, facts)
        return [(field.label, values.get(field.name) or "—") for field in self.fields]


def words_of(
    template_id: str, title: str, content: str, example: str, *, is_lasting: bool = False
) -> TemplateWords:
    """Read a template's fields out of its text."""
    fields = []
    for line in content.splitlines():
        before = 0
        for place in _PLACE.finditer(line):
            label = line[before : place.start()].strip(" :：")
            fields.append(Field(place[1], label or place[1]))
            before = place.end()
    return TemplateWords(template_id, title, content, example, tuple(fields), is_lasting)


def preview_of(fields: Mapping[str, str], facts: Mapping[str, object]) -> list[tuple[str, str]]:
    """Return field and value, for a template whose text only WeChat has."""
    return list(fill_fields(fields, facts).items())
