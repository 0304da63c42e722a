# SPDX-License-Identifier: Apache-2.0
"""WeChat's XML: reading what a citizen sent, writing what the account answers."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import NamedTuple, NoReturn
from xml.parsers import expat

from django.conf import settings
from django.utils.translation import gettext as _

MAX_TEXT_BYTES = settings.WECHAT_FACTS.text_bytes  # of a text reply (wechat-api.md §1.7)
_ROOT_DEPTH = 1
# Events whose own number lies further down, or that have none: the whole body is who they are.
_TOLD_DEEPER = {
    *("PUBLISHJOBFINISH", "subscribe_msg_popup_event", "subscribe_msg_change_event"),
    "wxa_media_check",
}
_DEEPEST = 8  # MASSSENDJOBFINISH needs 4
_is_name = re.compile(r"[A-Za-z0-9_@.\-]{1,64}").fullmatch  # openids and original ids
_is_number = re.compile(r"[0-9]{1,20}").fullmatch
_is_envelope = re.compile(
    rb"<xml>\s*<ToUserName>(?:<!\[CDATA\[[\w.@-]*\]\]>|[\w.@-]*)</ToUserName>\s*"
    rb"<Encrypt>(?:<!\[CDATA\[)?([A-Za-z0-9+/=]+)(?:\]\]>)?</Encrypt>\s*</xml>\s*"
).fullmatch
# A text of a citizen as WeChat writes it, without what XML would have to explain.
_is_text = re.compile(
    rb"[\t\n ]*".join(
        [
            rb"<xml>",
            rb"<ToUserName><!\[CDATA\[([\w.@-]{1,64})\]\]></ToUserName>",
            rb"<FromUserName><!\[CDATA\[([\w.@-]{1,64})\]\]></FromUserName>",
            rb"<CreateTime>([0-9]{1,20})</CreateTime>",
            rb"<MsgType><!\[CDATA\[text\]\]></MsgType>",
            rb"<Content><!\[CDATA\[([^<>&\x00-\x08\x0b-\x1f]*)\]\]></Content>",
            rb"<MsgId>([0-9]{1,64})</MsgId>",
            rb"</xml>",
        ]
    )
).fullmatch
# An element without others in it, from here on: its name, the start of a section if any, its text.
_element_at = re.compile(
    r"[\t\n ]*<([A-Za-z][A-Za-z0-9_]*)>(<!\[CDATA\[)?([^<]*)(?(2)\]\]>)</\1>"
).match
_not_flat = bytes([*range(9), 11, 12, *range(13, 32), ord("&")])
# Control characters that XML 1.0 §2.2 does not allow.
_forbidden = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


class NotAMessage(ValueError):
    """The body is no XML, has a document type or entities, or lacks what a message must have."""


class Message(NamedTuple):
    """One message or event. `sent_at` in Unix seconds, as text; `key` an event's EventKey.

    `plain` is the XML it came as: `read_tree` finds there what lies deeper than `fields`.
    """

    to: str
    sender: str
    sent_at: str
    kind: str
    content: str
    event: str
    identity: bytes  # the same for each delivery of the same message
    key: str
    fields: Mapping[str, str]
    plain: bytes


@dataclass(frozen=True, slots=True)
class Article:
    """A card with a link."""

    title: str
    description: str
    picture_url: str
    url: str


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer written beforehand: everything of it that is the same for every citizen.

    `said` is what is kept of it for readers of the conversation, `late` what is sent when it comes
    after WeChat's five seconds; both differ from the answer itself where that must stay nowhere.
    `is_alone`: nothing may go along with it, because only the answer itself says what it must.
    """

    tail: bytes
    kind: str = "text"
    said: str = ""
    late: str = ""
    articles: tuple[Article, ...] = ()
    is_ai: bool = False
    is_alone: bool = False


@dataclass(frozen=True, slots=True)
class CountedText:
    """A text that tells a number: `some` has a place for it, `none` is said instead of zero."""

    none: str
    some: str

    def reply(self, count: int) -> Reply:
        """Return the text for that number."""
        return text_reply(self.some % {"count": count} if count else self.none)


def find_sealed(body: bytes) -> bytes:
    """Return the cipher text of a sealed message, or nothing where there is none.

    WeChat's envelope is always written alike: then one pattern finds in 1 µs what the parser finds
    in 8. Anything else is parsed.
    """
    found = _is_envelope(body)
    if found:
        return found[1]
    return parse_xml(body).get("Encrypt", "").strip().encode()


def parse_xml(body: bytes) -> dict[str, str]:
    """Return the elements right below the root, by name; deeper ones are left out.

    Most messages are a flat row of elements, which one pattern reads in half the time; whatever
    it does not read to the last byte is the parser's.
    """
    fields = _read_flat(body)
    return _parse(body) if fields is None else fields


def _read_flat(body: bytes) -> dict[str, str] | None:
    """Return the fields of a flat message, or None where there is anything only XML explains.

    That is an entity, a comment, an element in another or twice, «]]>» but at the end of a
    section, and what XML forbids or rewrites (control characters, CR).
    """
    if not (body.startswith(b"<xml>") and body.endswith(b"</xml>")):
        return None
    if len(body.translate(None, _not_flat)) != len(body):
        return None
    try:
        inner = body[5:-6].decode()
    except UnicodeDecodeError:
        return None
    fields: dict[str, str] = {}
    at = 0
    # Each match begins where the last one ended. A search would look for a beginning everywhere,
    # and 64 KiB of spaces would cost it ten seconds.
    while at < len(inner):
        found = _element_at(inner, at)
        if found is None or found[1] in fields:
            return None
        fields[found[1]] = found[3]
        at = found.end()
    if inner.count("]]>") != inner.count("<![CDATA[") or "\ufffe" in inner or "\uffff" in inner:
        return None
    return fields


def _parse(body: bytes) -> dict[str, str]:
    """Return the same by a bare expat parser.

    It takes half of what defusedxml takes, and is as safe, because without a document type there
    are no entities to expand and nothing outside to fetch.
    """
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

    _walk(body, start, end, text)
    return fields


def _walk(
    body: bytes,
    start: Callable[[str, object], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Tell of each element and text as it comes; raises NotAMessage."""
    if b"\0" in body:  # UTF-16, which expat would believe whatever we tell it
        raise NotAMessage
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


@dataclass(slots=True)
class Element:
    """One element of a document: its text, and the elements below it in their order."""

    name: str
    text: str
    children: list["Element"]

    def find(self, name: str) -> "Element":
        """Return the first element of that name below this one; an empty one when there is none."""
        found = next((child for child in self.children if child.name == name), None)
        return found or Element(name, "", [])

    def below(self, name: str) -> list["Element"]:
        """Return every element of that name at any depth, in the order of the document."""
        found = []
        for child in self.children:
            if child.name == name:
                found.append(child)
            found += child.below(name)
        return found

    def value(self, name: str) -> str:
        """Return the text of the first element of that name below this one."""
        return self.find(name).text.strip()


def read_tree(body: bytes) -> Element:
    """Return the whole document: for the few events that say something further down.

    As safe as `parse_xml`, and no deeper than WeChat ever goes: nobody exhausts our stack.
    """
    top = Element("", "", [])
    path = [top]

    def start(tag: str, _attributes: object) -> None:
        if len(path) > _DEEPEST:
            raise NotAMessage
        element = Element(tag, "", [])
        path[-1].children.append(element)
        path.append(element)

    def end(_tag: str) -> None:
        path.pop()

    def text(piece: str) -> None:
        path[-1].text += piece

    _walk(body, start, end, text)
    return top.children[0]


def read_message(plain: bytes) -> Message:
    """Return the message in a document.

    Nearly all are texts, written alike: then one pattern reads in 3 µs what takes 8 otherwise.
    """
    return _read_text(plain) or _read_fields(parse_xml(plain), plain)


def _read_text(plain: bytes) -> Message | None:
    found = _is_text(plain)
    if found is None:
        return None
    try:
        to, sender, sent_at, content, number = [part.decode() for part in found.groups()]
    except UnicodeDecodeError:
        return None
    if "\ufffe" in content or "\uffff" in content:
        return None
    fields = {
        "ToUserName": to,
        "FromUserName": sender,
        "CreateTime": sent_at,
        "MsgType": "text",
        "Content": content,
        "MsgId": number,
    }
    identity = _identity(to, "text", number)
    return Message(to, sender, sent_at, "text", content, "", identity, "", fields, plain)


def _identity(*told: str) -> bytes:
    return blake2b("\0".join(told).encode(), digest_size=16).digest()


def _read_fields(fields: dict[str, str], plain: bytes) -> Message:
    to, sender = fields.get("ToUserName", "").strip(), fields.get("FromUserName", "").strip()
    sent_at, kind = fields.get("CreateTime", "").strip(), fields.get("MsgType", "").strip()
    if not (_is_name(to) and _is_name(sender) and _is_number(sent_at) and kind):
        raise NotAMessage
    event = fields.get("Event", "").strip()
    number = fields.get("MsgId", "").strip()
    # Two events can share a second, so their name and key are part of who they are (§1.4).
    told = [to, kind, number]
    key = fields.get("EventKey", "").strip()
    if kind == "event" or not number:
        told += [sender, sent_at, event, key, fields.get("MsgID", "")]
        if event in _TOLD_DEEPER:
            told.append(plain.hex())
    identity = _identity(*told)
    content = fields.get("Content", "")
    return Message(to, sender, sent_at, kind, content, event, identity, key, fields, plain)


def text_reply(content: str, *, is_ai: bool = False) -> Reply:
    """Return a text; what is longer than WeChat takes is cut at a whole character.

    What a machine wrote says so on its last line, however long it is (生成式人工智能服务管理暂行
    办法 art. 12): a passive reply has no field for it.
    """
    mark = "\n" + _("（以上内容由人工智能生成，仅供参考）") if is_ai else ""
    room = MAX_TEXT_BYTES - len(mark.encode())
    cut = content.encode()[:room].decode(errors="ignore")
    tail = f"<MsgType>text</MsgType><Content>{_cdata(cut + mark)}</Content></xml>".encode()
    return Reply(tail, said=cut, late=cut, is_ai=is_ai)


def news_reply(articles: Sequence[Article]) -> Reply:
    """Return cards; WeChat shows one in answer to a text, up to eight after an event."""
    items = "".join(
        f"<item><Title>{_cdata(article.title)}</Title>"
        f"<Description>{_cdata(article.description)}</Description>"
        f"<PicUrl>{_cdata(article.picture_url)}</PicUrl><Url>{_cdata(article.url)}</Url></item>"
        for article in articles
    )
    tail = (
        f"<MsgType>news</MsgType><ArticleCount>{len(articles)}</ArticleCount>"
        f"<Articles>{items}</Articles></xml>"
    ).encode()
    said = "\n".join(f"{article.title} {article.url}" for article in articles)
    return Reply(tail, kind="news", said=said, late=said, articles=tuple(articles))


def write_reply(reply: Reply, *, answering: Message, now_s: int) -> bytes:
    """Return the reply addressed back to whoever sent the message."""
    return (
        f"<xml><ToUserName>{answering.sender}</ToUserName>"
        f"<FromUserName>{answering.to}</FromUserName><CreateTime>{now_s}</CreateTime>"
    ).encode() + reply.tail


def write_envelope(*, sealed: bytes, signature: str, now_s: int, nonce: str) -> bytes:
    """Return a sealed reply as WeChat takes it."""
    written = nonce if nonce.isascii() and nonce.isalnum() else _cdata(nonce)
    return (
        f"<xml><Encrypt>{sealed.decode()}</Encrypt><MsgSignature>{signature}</MsgSignature>"
        f"<TimeStamp>{now_s}</TimeStamp><Nonce>{written}</Nonce></xml>"
    ).encode()


def _cdata(text: str) -> str:
    # The one sequence a CDATA section cannot hold is cut in two.
    return f"<![CDATA[{text.translate(_forbidden).replace(']]>', ']]]]><![CDATA[>')}]]>"


def _refuse_document_type(*_declared: object) -> NoReturn:
    raise NotAMessage
