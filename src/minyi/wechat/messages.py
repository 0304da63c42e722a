# SPDX-License-Identifier: Apache-2.0
"""WeChat's XML: reading what a citizen sent, writing what the account answers."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple, NoReturn
from xml.parsers import expat

MAX_TEXT_BYTES = 2048  # of a text reply (wechat-api.md §1.7)
_ROOT_DEPTH = 1
_is_name = re.compile(r"[A-Za-z0-9_@.\-]{1,64}").fullmatch  # openids and original ids
_is_number = re.compile(r"[0-9]{1,20}").fullmatch
# Control characters that XML 1.0 §2.2 does not allow.
_forbidden = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


class NotAMessage(ValueError):
    """The body is no XML, has a document type or entities, or lacks what a message must have."""


class Message(NamedTuple):
    """One message or event. `sent_at` in Unix seconds, as text."""

    to: str
    sender: str
    sent_at: str
    kind: str
    content: str
    event: str
    identity: bytes  # the same for each delivery of the same message


@dataclass(frozen=True, slots=True)
class Article:
    """A card with a link."""

    title: str
    description: str
    picture_url: str
    url: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer written beforehand: everything of it that is the same for every citizen."""

    tail: bytes


def parse_xml(body: bytes) -> dict[str, str]:
    """Return the elements right below the root, by name; deeper ones are left out.

    A bare expat parser: it takes 7 µs where defusedxml takes 16, and is as safe, because without
    a document type there are no entities to expand and nothing outside to fetch.
    """
    if b"\0" in body:  # UTF-16, which expat would believe whatever we tell it
        raise NotAMessage
    fields: dict[str, str] = {}
    depth = 0
    name = ""

    def start(tag: str, _attributes: object) -> None:
        nonlocal depth, name
        name = tag if depth == _ROOT_DEPTH else ""
        depth += 1

    def end(_tag: str) -> None:
        nonlocal depth, name
        depth -= 1
        name = ""

    def text(piece: str) -> None:
        if name:
            fields[name] = fields.get(name, "") + piece

    parser = expat.ParserCreate("utf-8")  # whatever the document itself claims
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_document_type
    try:
        parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NotAMessage from error
    return fields


def read_message(fields: dict[str, str]) -> Message:
    """Return the message in the fields, if there is one."""
    to, sender = fields.get("ToUserName", "").strip(), fields.get("FromUserName", "").strip()
    sent_at, kind = fields.get("CreateTime", "").strip(), fields.get("MsgType", "").strip()
    if not (_is_name(to) and _is_name(sender) and _is_number(sent_at) and kind):
        raise NotAMessage
    event = fields.get("Event", "").strip()
    number = fields.get("MsgId", "").strip()
    # Two events can share a second, so their name and key are part of who they are (§1.4).
    told = [to, kind, number]
    if kind == "event" or not number:
        told += [sender, sent_at, event, fields.get("EventKey", ""), fields.get("MsgID", "")]
    identity = blake2b("\0".join(told).encode(), digest_size=16).digest()
    return Message(to, sender, sent_at, kind, fields.get("Content", ""), event, identity)


def text_reply(content: str) -> Reply:
    """Return a text; what is longer than WeChat takes is cut at a whole character."""
    cut = content.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")
    return Reply(f"<MsgType>text</MsgType><Content>{_cdata(cut)}</Content></xml>".encode())


def news_reply(articles: Sequence[Article]) -> Reply:
    """Return cards; WeChat shows one in answer to a text, up to eight after an event."""
    items = "".join(
        f"<item><Title>{_cdata(article.title)}</Title>"
        f"<Description>{_cdata(article.description)}</Description>"
        f"<PicUrl>{_cdata(article.picture_url)}</PicUrl><Url>{_cdata(article.url)}</Url></item>"
        for article in articles
    )
    return Reply(
        f"<MsgType>news</MsgType><ArticleCount>{len(articles)}</ArticleCount>"
        f"<Articles>{items}</Articles></xml>".encode()
    )


def write_reply(reply: Reply, *, answering: Message, now_s: int) -> bytes:
    """Return the reply addressed back to whoever sent the message."""
    return (
        f"<xml><ToUserName>{answering.sender}</ToUserName>"
        f"<FromUserName>{answering.to}</FromUserName><CreateTime>{now_s}</CreateTime>"
    ).encode() + reply.tail


def write_envelope(*, sealed: bytes, signature: str, now_s: int, nonce: str) -> bytes:
    """Return a sealed reply as WeChat takes it."""
    return (
        f"<xml><Encrypt>{sealed.decode()}</Encrypt><MsgSignature>{signature}</MsgSignature>"
        f"<TimeStamp>{now_s}</TimeStamp><Nonce>{_cdata(nonce)}</Nonce></xml>"
    ).encode()


def _cdata(text: str) -> str:
    # The one sequence a CDATA section cannot hold is cut in two.
    return f"<![CDATA[{text.translate(_forbidden).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _refuse_document_type(*_declared: object) -> NoReturn:
    raise NotAMessage
