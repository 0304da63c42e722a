# SPDX-License-Identifier: Apache-2.0
"""The body of an article: what WeChat keeps of the HTML, and its plain words."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from html.parser import HTMLParser

from markupsafe import Markup

_VOID = frozenset({"br", "hr", "img"})
_KEPT = _VOID | frozenset(
    [
        "a",
        "b",
        "blockquote",
        "caption",
        "code",
        "dd",
        "del",
        "div",
        "dl",
        "dt",
        "em",
        "figcaption",
        "figure",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "i",
        "ins",
        "li",
        "mark",
        "ol",
        "p",
        "pre",
        "s",
        "section",
        "small",
        "span",
        "strong",
        "sub",
        "sup",
        "table",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "u",
        "ul",
    ]
)
_SILENT = frozenset({"script", "style", "iframe", "object", "embed", "form", "template", "svg"})
# Styles are kept by WeChat; the sandbox's pages run without inline styles, so they go here.
_ATTRIBUTES = {
    "a": ("href",),
    "img": ("src", "alt", "width", "height"),
    "td": ("colspan", "rowspan"),
    "th": ("colspan", "rowspan", "scope"),
}
_WEB = re.compile(r"https?://", re.IGNORECASE)


def clean_content(content: str, may_show: Callable[[str], bool]) -> str:
    """Return the HTML without scripts and without pictures that `may_show` refuses."""
    reader = _Cleaner(may_show)
    reader.feed(content)
    reader.close()
    return reader.result()


def show_content(cleaned: str) -> Markup:
    """Return a body that `clean_content` made as safe HTML."""
    return Markup(cleaned)  # noqa: S704


def plain_words(content: str) -> str:
    """Return the words of the HTML, without its tags, on one line."""
    reader = _Words()
    reader.feed(content)
    reader.close()
    return " ".join("".join(reader.pieces).split())


class _Cleaner(HTMLParser):
    """Write out only what is on the lists, every tag closed."""

    def __init__(self, may_show: Callable[[str], bool]) -> None:
        super().__init__(convert_charrefs=True)
        self._may_show = may_show
        self._pieces: list[str] = []
        self._open: list[str] = []
        self._silent = 0

    def result(self) -> str:
        return "".join(self._pieces) + "".join(f"</{tag}>" for tag in reversed(self._open))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        if self._silent or tag not in _KEPT:
            return
        given = {name: value or "" for name, value in attrs}
        if tag == "img":
            # Editors write the address into data-src, as WeChat's own pages do.
            given["src"] = given.get("data-src") or given.get("src", "")
            if not self._may_show(given["src"]):
                return
        if tag == "a" and not _WEB.match(given.get("href", "")):
            given.pop("href", None)
        shown = "".join(
            f' {name}="{html.escape(given[name])}"'
            for name in _ATTRIBUTES.get(tag, ())
            if name in given
        )
        self._pieces.append(f"<{tag}{shown}>")
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
            return
        if self._silent or tag not in self._open:
            return
        while self._open:
            closed = self._open.pop()
            self._pieces.append(f"</{closed}>")
            if closed == tag:
                return

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self._pieces.append(html.escape(data, quote=False))


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in _SILENT
        self.pieces.append(" " if tag in ("br", "p", "div", "section", "li", "tr") else "")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.pieces.append(data)
