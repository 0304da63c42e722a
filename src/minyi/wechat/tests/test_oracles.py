# SPDX-License-Identifier: Apache-2.0
"""Foreign code as witness: wechatpy 1.8.18 and WeRoBot 1.13.1 seal, we answer, they read."""

import time
from urllib.parse import urlencode
from xml.etree import ElementTree

import pytest
from wechatpy import parse_message as parse_by_wechatpy
from wechatpy.crypto import WeChatCrypto
from wechatpy.utils import to_text
from werobot.crypto import MessageCrypt as WeRoBotCrypt
from werobot.parser import parse_user_msg

from minyi.wechat.tests.given import (
    AES_KEY,
    APPID,
    ORIGINAL_ID,
    SELECTION,
    TOKEN,
    given_desk,
    text_message,
)
from minyi.wechat.tests.posting import Line

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
    line = Line(given_desk(None, SELECTION))
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
    from minyi.wechat.tests.given import given_account

    for length in range(1, 66):
        line = Line(given_desk(given_account(welcome="x" * length)))
        subscribe = (
            text_message("")
            .decode()
            .replace("<![CDATA[text]]>", "<![CDATA[event]]>")
            .replace("</xml>", "<Event>subscribe</Event></xml>")
        )
        body, reply = answer_to(line, seal_by_wechatpy, subscribe)
        assert f"[CDATA[{'x' * length}\n" in open_reply(body, reply)


def test_their_parsers_read_the_messages_of_our_tests():
    plain = text_message("投票")
    assert parse_by_wechatpy(plain).content == "投票"
    assert parse_user_msg(plain).content == "投票"
