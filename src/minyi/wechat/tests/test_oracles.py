# SPDX-License-Identifier: Apache-2.0
"""Foreign code as witness: wechatpy 1.8.18 and WeRoBot 1.13.1 seal, we answer, they read."""

import random
import time
from dataclasses import replace
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from wechatpy import parse_message as parse_by_wechatpy
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import to_text
from werobot.crypto import MessageCrypt as WeRoBotCrypt
from werobot.parser import parse_user_msg

from minyi.wechat.callback.errands import Asked, Errands
from minyi.wechat.callback.messages import (
    MAX_TEXT_BYTES,
    Reply,
    read_message,
    text_reply,
)
from minyi.wechat.tests.given import (
    AES_KEY,
    APPID,
    ORIGINAL_ID,
    SELECTION,
    TOKEN,
    event,
    given_account,
    given_endpoint,
    plain_query,
    text_message,
)
from minyi.wechat.tests.posting import Line

pytestmark = pytest.mark.once

NONCE = "1372623149"


def seal_by_wechatpy(plain: str, stamp: str) -> str:
    return WeChatCrypto(TOKEN, AES_KEY, APPID).encrypt_message(plain, NONCE, stamp)


def seal_by_werobot(plain: str, stamp: str) -> str:
    return WeRoBotCrypt(TOKEN, AES_KEY, APPID).encrypt_message(plain, stamp, NONCE)


def open_by_wechatpy(body: bytes, reply: dict[str, str]) -> str:
    crypt = WeChatCrypto(TOKEN, AES_KEY, APPID)
    return to_text(
        crypt.decrypt_message(body, reply["MsgSignature"], reply["TimeStamp"], reply["Nonce"])
    )


def open_by_werobot(body: bytes, reply: dict[str, str]) -> str:
    crypt = WeRoBotCrypt(TOKEN, AES_KEY, APPID)
    return crypt.decrypt_message(
        reply["TimeStamp"], reply["Nonce"], reply["MsgSignature"], reply["Encrypt"]
    ).decode()


def answer_to(line: Line, seal, plain: str) -> tuple[bytes, dict[str, str]]:
    """Post what the foreign library sealed, as WeChat would, and return our envelope."""
    stamp = str(int(time.time()))
    envelope = seal(plain, stamp)
    parts = {element.tag: element.text for element in ElementTree.fromstring(envelope)}
    inner = f"<ToUserName>{ORIGINAL_ID}</ToUserName><Encrypt>{parts['Encrypt']}</Encrypt>"
    query = urlencode({"timestamp": stamp, "nonce": NONCE, "msg_signature": parts["MsgSignature"]})
    answer = line.post(query, f"<xml>{inner}</xml>".encode())
    assert answer.status_code == 200
    return answer.content, {e.tag: e.text for e in ElementTree.fromstring(answer.content)}


SEALERS = pytest.mark.parametrize("seal", [seal_by_wechatpy, seal_by_werobot])
OPENERS = pytest.mark.parametrize("open_reply", [open_by_wechatpy, open_by_werobot])


@SEALERS
@OPENERS
def test_they_seal_and_we_answer_and_they_read_it(seal, open_reply):
    line = Line(given_endpoint(None, SELECTION))
    body, reply = answer_to(line, seal, text_message("投票").decode())
    plain = open_reply(body, reply)
    articles = ElementTree.fromstring(plain).findall("Articles/item")
    assert [item.findtext("Title") for item in articles] == [SELECTION.title]


@SEALERS
def test_every_message_length_around_the_32_byte_edge_is_answered(seal):
    line = Line()
    for length in range(65):
        body, reply = answer_to(line, seal, text_message("x" * length).decode())
        assert "您的留言已收到" in open_by_wechatpy(body, reply)


@OPENERS
def test_every_reply_length_around_the_32_byte_edge_is_read(open_reply):
    for length in range(1, 66):
        line = Line(given_endpoint(given_account(welcome="x" * length)))
        subscribe = (
            text_message("")
            .decode()
            .replace("<![CDATA[text]]>", "<![CDATA[event]]>")
            .replace("</xml>", "<Event>subscribe</Event></xml>")
        )
        body, reply = answer_to(line, seal_by_wechatpy, subscribe)
        assert f"[CDATA[{'x' * length}\n" in open_reply(body, reply)


# The longest text WeChat takes has 2,048 bytes: the envelope's padding edge lies around it as well.
EDGES = [*range(65), *range(2048 - 33, 2048 + 34)]


@SEALERS
@OPENERS
def test_any_text_at_any_length_goes_through_both_ways(seal, open_reply):
    """An echo: what a citizen wrote comes back, whoever sealed it and whoever opens it."""
    chance = random.Random(20261122)
    line = Line(asking_desk(), errands=Echo())
    for length in EDGES:
        words = written(chance, length)
        body, reply = answer_to(line, seal, in_cdata(words).decode())
        plain = ElementTree.fromstring(open_reply(body, reply))
        cut = words.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")
        assert plain.findtext("Content") == cut


def test_their_parsers_read_what_we_answer_in_plain_mode():
    line = Line(asking_desk(given_account(mode="plain", aes_key="")), errands=Echo())
    for length in EDGES[1:]:
        words = "答" * (length // 3) + "x" * (length % 3)
        answer = line.post(plain_query(), text_message(words))
        cut = words.encode()[:MAX_TEXT_BYTES].decode(errors="ignore")
        assert parse_by_wechatpy(answer.content).content == cut
        assert parse_user_msg(answer.content).content == cut


def written(chance: random.Random, length: int) -> str:
    """Some text of that many bytes: Chinese, emoji, and what XML and CDATA stumble over."""
    text = ""
    while (room := length - len(text.encode())) > 0:
        pieces = ("答", "x", "😀", "]]>", "<a>", "&amp;", "\n", "]")
        text += chance.choice([one for one in pieces if len(one.encode()) <= room])
    return text


def in_cdata(words: str) -> bytes:
    """A text message whose words may hold the one sequence a CDATA section cannot."""
    return text_message(words.replace("]]>", "]]]]><![CDATA[>"))


class Echo(Errands):
    """Says back what was said."""

    def __init__(self) -> None:
        super().__init__(find_answerer=lambda: None)

    async def ask(self, asked: Asked) -> Reply | None:
        return text_reply(asked.message.content)


def asking_desk(account=None):
    slug, desk = given_endpoint(account)
    return slug, replace(desk, book=replace(desk.book, has_answerer=True))


@pytest.mark.parametrize(
    ("name", "key"),
    [("subscribe", "qrscene_hall"), ("SCAN", "hall"), ("CLICK", "k"), ("VIEW", "http://x")],
)
def test_their_parsers_and_ours_find_the_same_in_events(name, key):
    sent = event(name, EventKey=key, Ticket="t")
    ours = read_message(sent)
    theirs = parse_by_wechatpy(sent)
    assert theirs._data["Event"].lower().startswith(ours.event.lower())
    assert ours.key.removeprefix("qrscene_") == theirs._data["EventKey"]  # wechatpy cuts it off
    by_werobot = parse_user_msg(sent).__dict__.get("key", key)
    assert by_werobot.removeprefix("qrscene_") == key.removeprefix("qrscene_")


def test_their_parsers_read_the_messages_of_our_tests():
    plain = text_message("投票")
    assert parse_by_wechatpy(plain).content == "投票"
    assert parse_user_msg(plain).content == "投票"
