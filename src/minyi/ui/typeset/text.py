# SPDX-License-Identifier: Apache-2.0
"""Text as it may stand in a document, whoever wrote it."""

import re
from typing import TypeVar

# What XML 1.0 has no place for, and what turns the direction of the letters around it.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
Value = TypeVar("Value")


def printable(text: str) -> str:
    """Return the text without the characters that no document may hold."""
    return _UNPRINTABLE.sub("", text)


def printable_values(value: Value) -> Value:
    """Return lists and mappings of texts and numbers with every text made printable."""
    if isinstance(value, str):
        return printable(value)  # type: ignore[return-value]
    if isinstance(value, dict):
        return {key: printable_values(one) for key, one in value.items()}  # type: ignore[return-value]
    if isinstance(value, list | tuple):
        return [printable_values(one) for one in value]  # type: ignore[return-value]
    return value
