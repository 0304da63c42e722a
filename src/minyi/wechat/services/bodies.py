# SPDX-License-Identifier: Apache-2.0
"""From the editor's rich text to the HTML WeChat takes: few tags, inline styles, its own pictures.

WeChat drops scripts, classes, pictures of others and most links. What it would drop is left out
here, so that the preview shows what readers get. Links to anything but WeChat's own articles
become text with the address behind it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

_STYLES = {
    "p": "margin:0 0 1em;line-height:1.75;font-size:17px;",
    "h2": "margin:1.5em 0 .75em;font-size:20px;line-height:1.4;font-weight:bold;",
    "h3": "margin:1.25em 0 .5em;font-size:18px;line-height:1.4;font-weight:bold;",
    "blockquote": "margin:0 0 1em;padding:.5em 1em;border-left:3px solid #07c160;color:#555;",
    "ul": "margin:0 0 1em;padding-left:1.5em;",
    "ol": "margin:0 0 1em;padding-left:1.5em;",
    "li": "line-height:1.75;font-size:17px;",
}
_BARE = {"strong": "strong", "b": "strong", "em": "em", "i": "em", "hr": "hr", "br": "br"}
_EMPTY = {"hr", "br"}
_IGNORED = {"script", "style", "iframe", "object"}
_PICTURE_STYLE = "max-width:100%;height:auto;display:block;margin:0 auto;"
_NOTE_STYLE = "color:#888;font-size:14px;line-height:1.6;"
_WECHAT = "mp.weixin.qq.com"


@dataclass(frozen=True, slots=True)
class BodyPicture:
    """A picture of a body as the page needs it."""

    url: str
    is_ai_made: bool = False


def pictures_in(body: str) -> list[int]:
    """Return the ids of the pictures of a body, in order, each once."""
    writer = _Writer({})
    writer.feed(body)
    return list(dict.fromkeys(writer.asked))


def wechat_html(body: str, *, pictures: Mapping[int, BodyPicture], is_ai_made: bool) -> str:
    """Return the body as WeChat takes it, with the mark of AI-made content (标识办法 art. 4)."""
    writer = _Writer(pictures)
    writer.feed(body)
    writer.close()
    mark = _("本文含人工智能生成内容")
    first = f'<section style="{_NOTE_STYLE}">{escape(mark)}</section>' if is_ai_made else ""
    return first + "".join(writer.parts)


class _Writer(HTMLParser):
    def __init__(self, pictures: Mapping[int, BodyPicture]) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.asked: list[int] = []
        self._pictures = pictures
        self._links: list[str] = []
        self._ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag in _IGNORED:
            self._ignored += 1
        elif tag == "embed" and given.get("embedtype") == "image":
            self._picture(given)
        elif tag == "a":
            self._open_link(given.get("href", ""))
        elif tag in _STYLES:
            self.parts.append(f'<{tag} style="{_STYLES[tag]}">')
        elif tag in _BARE:
            self.parts.append(f"<{_BARE[tag]}>")

    def handle_endtag(self, tag: str) -> None:
        if tag in _IGNORED:
            self._ignored = max(0, self._ignored - 1)
        elif tag == "a" and self._links:
            self.parts.append(self._links.pop())
        elif tag in _STYLES or (tag in _BARE and tag not in _EMPTY):
            self.parts.append(f"</{_BARE.get(tag, tag)}>")

    def handle_data(self, data: str) -> None:
        if not self._ignored:
            self.parts.append(escape(data))

    def _open_link(self, href: str) -> None:
        try:
            parts = urlsplit(href)
        except ValueError:  # a broken IPv6 address: words without a link
            parts = urlsplit("")
        if parts.scheme in ("http", "https") and parts.hostname == _WECHAT:
            self.parts.append(f'<a href="{escape(href)}">')
            self._links.append("</a>")
        elif parts.scheme in ("http", "https"):
            self._links.append(escape(_("（%(url)s）") % {"url": href}))
        else:
            self._links.append("")

    def _picture(self, given: Mapping[str, str]) -> None:
        number = given.get("id", "")
        if not number.isdecimal():
            return
        self.asked.append(int(number))
        picture = self._pictures.get(int(number))
        if picture is None:
            return
        words = escape(given.get("alt", ""))
        self.parts.append(
            f'<p><img src="{escape(picture.url)}" alt="{words}" style="{_PICTURE_STYLE}"></p>'
        )
        if picture.is_ai_made:
            mark = escape(_("图片由人工智能生成"))
            self.parts.append(f'<p style="text-align:center;{_NOTE_STYLE}">{mark}</p>')
