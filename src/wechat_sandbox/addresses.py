# SPDX-License-Identifier: Apache-2.0
"""Addresses from outside: whatever is sent in their place, reading one does not fail."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

_NOTHING = urlsplit("")


def parts_of(address: str) -> SplitResult:
    """Return the parts of an address; all of them empty for what is none, as `http://[`."""
    try:
        return urlsplit(address)
    except ValueError:
        return _NOTHING
