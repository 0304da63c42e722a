# SPDX-License-Identifier: Apache-2.0
"""WeChat's documented limits, checked before the call: the refusal names the field."""

from collections.abc import Collection, Sized

from django.conf import settings

from ..errors import BeyondLimits, NotOneOf, TooLong, TooLongInBytes, TooMany


def check_length(field: str, value: str, *, most: int, least: int = 0) -> None:
    """Refuse a text of too many or too few characters."""
    if not least <= len(value) <= most:
        raise TooLong(field=field, least=least, most=most, found=len(value))


def check_bytes(field: str, value: str, *, most: int, least: int = 0) -> None:
    """Refuse a text of too many bytes; a Chinese character has three."""
    size = len(value.encode())
    if not least <= size <= most:
        raise TooLongInBytes(field=field, least=least, most=most, found=size)


def check_count(field: str, values: Sized, *, most: int, least: int = 1) -> None:
    """Refuse a list with too many or too few entries."""
    if not least <= len(values) <= most:
        raise TooMany(field=field, least=least, most=most, found=len(values))


def check_range(field: str, value: int, *, least: int, most: int) -> None:
    """Refuse a number outside its range."""
    if not least <= value <= most:
        raise BeyondLimits(field=field, least=least, most=most, found=value)


def check_one_of(field: str, value: object, choices: Collection[object]) -> None:
    """Refuse what is not among the values WeChat knows."""
    if value not in choices:
        raise NotOneOf(field=field, found=str(value), choices="、".join(map(str, choices)))


def check_given(field: str, value: str) -> None:
    """Refuse an empty text."""
    check_length(field, value, least=1, most=max(1, len(value)))


def check_position(position: int) -> int:
    """Return WeChat's index from zero of a position that people count from one."""
    check_range("position", position, least=1, most=settings.WECHAT_FACTS.articles_per_draft)
    return position - 1
