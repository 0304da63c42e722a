# SPDX-License-Identifier: Apache-2.0
"""What the fields of a notice's template take (§7.4, `facts`); WeChat answers 47003 otherwise."""

import re
from collections.abc import Mapping

from django.conf import settings

from .limits import check_length

_FACTS = settings.WECHAT_FACTS
MOST_BY_KIND: Mapping[str, int] = {
    "thing": _FACTS.thing_chars,
    "number": _FACTS.number_chars,
    "letter": _FACTS.letter_chars,
    "character_string": _FACTS.character_string_chars,
    "symbol": _FACTS.symbol_chars,
    "phrase": _FACTS.phrase_chars,
    "phone_number": _FACTS.phone_number_chars,
    "car_number": _FACTS.car_number_chars,
}
MOST_NAME, MOST_LATIN_NAME = _FACTS.name_chars, _FACTS.latin_name_chars
KINDS = frozenset({*MOST_BY_KIND, "name", "amount", "date", "time", "const"})


def kind_of(field: str) -> str:
    """Return the kind that a field's name begins with: «thing» of «thing1»."""
    return re.sub(r"[0-9]+$", "", field)


def most_for(field: str, value: str) -> int | None:
    """Return how many characters such a value may have in this field; None: any number."""
    kind = kind_of(field)
    if kind == "name":
        return MOST_LATIN_NAME if value.isascii() else MOST_NAME
    return MOST_BY_KIND.get(kind)


def check_fields(values: Mapping[str, str]) -> None:
    """Refuse a value too long for the kind that its field's name begins with."""
    for name, value in values.items():
        if kind_of(name) in KINDS:
            most = most_for(name, value) or max(1, len(value))
            check_length(f"data.{name}", value, least=1, most=most)


def as_wechat(values: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return the values in WeChat's shape."""
    return {name: {"value": value} for name, value in values.items()}
