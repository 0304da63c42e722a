# SPDX-License-Identifier: Apache-2.0
"""Read what an account's server answered, as strictly as WeChat does."""

from __future__ import annotations

import json
from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError, SubElement

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from wechat_sandbox.accounts import Account
from wechat_sandbox.chats import Article
from wechat_sandbox.push.crypto import Undecipherable, decrypt, is_signed
from wechat_sandbox.push.signature_check import explain

MAX_TEXT_BYTES = 2048
MAX_ARTICLES = 8
_MEDIA = {"image": "Image", "voice": "Voice", "video": "Video"}


class BadReply(Exception):
    """The citizen sees the fault banner; `code` says to the developer what is wrong."""

    def __init__(self, code: str, *, why: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.why = why  # the mistake behind it, where it can be told


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer the phone can show; `kind` is empty for a bare acknowledgement."""

    kind: str = ""
    text: str = ""
    articles: tuple[Article, ...] = ()
    media_id: str = ""
    staff: str = ""  # the member of the customer service a hand-over names


def read_reply(body: bytes, *, account: Account, openid: str, asked: str) -> Reply:
    """Read a reply to a message of type `asked`; raises BadReply."""
    if body.strip() in (b"", b"success"):
        return Reply()
    root = _opened(_parse(body, account), account)
    if _text(root, "ToUserName") != openid or _text(root, "FromUserName") != account.original_id:
        raise BadReply("wrong_direction")
    if not _text(root, "CreateTime").isdigit():
        raise BadReply("create_time_missing")
    return _content(root, account, asked)


def _parse(body: bytes, account: Account) -> Element:
    if account.data_format == "json":
        return _parse_json(body)
    try:
        root: Element = fromstring(body, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError) as error:
        raise BadReply("not_xml") from error
    if root.tag != "xml":
        raise BadReply("not_xml")
    return root


def _parse_json(body: bytes) -> Element:
    """Return the flat fields of a JSON reply in the shape of its XML twin."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadReply("not_json") from error
    if not isinstance(told, dict):
        raise BadReply("not_json")
    root = Element("xml")
    for name, value in told.items():
        SubElement(root, name).text = value if isinstance(value, str) else json.dumps(value)
    return root


def _opened(root: Element, account: Account) -> Element:
    sealed = _text(root, "Encrypt")
    if not sealed:
        if account.mode == "secure":
            raise BadReply("not_encrypted")
        return root
    if account.mode == "plain":
        raise BadReply("unexpected_encryption")
    stamp, nonce = _text(root, "TimeStamp"), _text(root, "Nonce")
    signature = _text(root, "MsgSignature")
    if not is_signed(signature, account.token, stamp, nonce, sealed):
        parts = {"timestamp": stamp, "nonce": nonce, "encrypt": sealed}
        raise BadReply(
            "wrong_signature", why=explain(account, signature=signature, **parts).mistake
        )
    try:
        plain = decrypt(sealed, aes_key=account.aes_key, appid=account.appid)
    except Undecipherable as error:
        raise BadReply("undecipherable", why=str(error)) from error
    return _parse(plain, account)


def _content(root: Element, account: Account, asked: str) -> Reply:
    kind = _text(root, "MsgType")
    if kind == "transfer_customer_service":
        return Reply(kind, staff=_text(root, "TransInfo/KfAccount"))
    if account.kind == "MP":
        # A mini program hands over to its customer service, or acknowledges.
        raise BadReply("unknown_type")
    if kind == "text":
        return Reply(kind, text=_checked_text(root))
    if kind == "news":
        return Reply(kind, articles=_checked_articles(root, asked))
    if kind in _MEDIA:
        media_id = _text(root, f"{_MEDIA[kind]}/MediaId")
        if not media_id:
            raise BadReply("media_missing")
        return Reply(kind, text=_text(root, f"{_MEDIA[kind]}/Title"), media_id=media_id)
    if kind == "music":
        return Reply(kind, text=_text(root, "Music/Title"))
    raise BadReply("unknown_type")


def _checked_text(root: Element) -> str:
    content = _text(root, "Content")
    if not content:
        raise BadReply("empty_content")
    if len(content.encode()) > MAX_TEXT_BYTES:
        raise BadReply("content_too_long")
    return content


def _checked_articles(root: Element, asked: str) -> tuple[Article, ...]:
    articles = tuple(
        Article(
            title=_text(item, "Title"),
            description=_text(item, "Description"),
            picture_url=_text(item, "PicUrl"),
            url=_text(item, "Url"),
        )
        for item in root.findall("Articles/item")
    )
    if not articles or _text(root, "ArticleCount") != str(len(articles)):
        raise BadReply("article_count")
    if len(articles) > (MAX_ARTICLES if asked == "event" else 1):
        raise BadReply("too_many_articles")
    return articles


def _text(root: Element, path: str) -> str:
    return (root.findtext(path) or "").strip()
