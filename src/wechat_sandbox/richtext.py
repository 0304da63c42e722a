# SPDX-License-Identifier: Apache-2.0
"""The little markup WeChat knows in text messages: `<a href>` and bare addresses."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from markupsafe import Markup

_ANCHOR = re.compile(
    r"""<a\s(?:[^>]*?\s)?href\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>(.*?)</a>""",
    re.IGNORECASE | re.DOTALL,
)
_BARE = re.compile(r"https?://[A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]+")


def links_in(text: str) -> list[str]:
    """Return the addresses a reader could tap, in reading order."""
    return [address for address, _ in _pieces(text) if address]


def show_text(text: str, link_to: Callable[[str], str]) -> Markup:
    """Return the text as safe HTML; `link_to` says where a tap on an address leads."""
    shown = Markup()
    for address, words in _pieces(text):
        lines = Markup("<br>").join(words.split("\n"))
        shown += Markup('<a href="{}">{}</a>').format(link_to(address), lines) if address else lines
    return shown


def _pieces(text: str) -> list[tuple[str, str]]:
    """Cut the text into (address or "", words)."""
    pieces: list[tuple[str, str]] = []
    place = 0
    for anchor in _ANCHOR.finditer(text):
        pieces += _bare_pieces(text[place : anchor.start()])
        address = html.unescape(anchor[1] or anchor[2] or "").strip()
        # Only web addresses open; anything else is shown as its words.
        is_web = address.lower().startswith(("http://", "https://"))
        pieces.append((address if is_web else "", anchor[3]))
        place = anchor.end()
    return pieces + _bare_pieces(text[place:])


def _bare_pieces(text: str) -> list[tuple[str, str]]:
    pieces: list[tuple[str, str]] = []
    place = 0
    for found in _BARE.finditer(text):
        pieces.append(("", text[place : found.start()]))
        pieces.append((found[0], found[0]))
        place = found.end()
    pieces.append(("", text[place:]))
    return [(address, words) for address, words in pieces if words]
