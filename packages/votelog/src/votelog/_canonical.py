# SPDX-License-Identifier: Apache-2.0
"""Canonical JSON for entries: one value has one text, so that its hash means the value.

UTF-8, keys sorted, no spaces, no floats, at most 2 kB; the subset of RFC 8785 (JCS) in which
keys are ASCII and numbers are whole and exact in JavaScript.
"""

import json
from typing import Any, NoReturn

from votelog._errors import Malformed

MAX_CANONICAL_BYTES = 2048
MAX_INTEGER = (1 << 53) - 1
Json = Any  # a JSON value: object, list, text, whole number, true, false, null


def encode_canonical(value: Json) -> bytes:
    """Return the one text of a value.

    Raises Malformed: entry_not_canonical with a reason, entry_too_long.
    """
    try:
        _check(value)
        raw = _ENCODER.encode(value).encode()
    except (UnicodeEncodeError, RecursionError, TypeError, ValueError) as error:
        raise Malformed("entry_not_canonical", reason="it is no JSON value") from error
    if len(raw) > MAX_CANONICAL_BYTES:
        raise Malformed("entry_too_long", length=len(raw), limit=MAX_CANONICAL_BYTES)
    return raw


def decode_canonical(raw: bytes) -> dict[str, Json]:
    """Return the object that an entry holds, which must be written canonically.

    Raises Malformed: entry_not_canonical with a reason, entry_too_long.
    """
    if len(raw) > MAX_CANONICAL_BYTES:
        raise Malformed("entry_too_long", length=len(raw), limit=MAX_CANONICAL_BYTES)
    try:
        value = _DECODER.decode(raw.decode())
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise Malformed("entry_not_canonical", reason="it is no JSON") from error
    if not isinstance(value, dict):
        raise Malformed("entry_not_canonical", reason="it is no object")
    if encode_canonical(value) != raw:
        raise Malformed("entry_not_canonical", reason="the value is written in another way")
    return value


def _check(value: Json) -> None:
    """Refuse what JSON of another language would read differently."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return
    if kind is int:
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            raise Malformed("entry_not_canonical", reason="a number is beyond 2^53 - 1")
    elif kind is list:
        for item in value:
            _check(item)
    elif kind is dict:
        for key, item in value.items():
            if type(key) is not str or not key.isascii():
                raise Malformed("entry_not_canonical", reason="a key is not ASCII text")
            _check(item)
    else:
        raise Malformed("entry_not_canonical", reason=f"it holds a {kind.__name__}")


def _refuse_number(text: str) -> NoReturn:
    raise Malformed("entry_not_canonical", reason="a number is not whole")


_ENCODER = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
)
_DECODER = json.JSONDecoder(parse_float=_refuse_number, parse_constant=_refuse_number)
