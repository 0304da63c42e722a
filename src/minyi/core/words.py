# SPDX-License-Identifier: Apache-2.0
"""Putting words together in the reader's language: the marks between them differ."""

from collections.abc import Iterable

from django.utils.translation import get_language, pgettext


def listed(words: Iterable[object]) -> str:
    """Return «a、b、c», in English «a, b, c»."""
    return pgettext("between the words of a list", "、").join(str(word) for word in words)


def sentence_of(clauses: Iterable[object]) -> str:
    """Return «a；b。», in English «a; b.»."""
    joined = pgettext("between clauses", "；").join(str(clause) for clause in clauses)
    return joined + pgettext("end of a sentence", "。")


def sentences(said: Iterable[object]) -> str:
    """Return «甲。乙。», in English «One. Two.»: Chinese leaves no space between sentences."""
    space = "" if (get_language() or "").startswith("zh") else " "
    return space.join(text for text in map(str, said) if text)
