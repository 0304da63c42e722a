# SPDX-License-Identifier: Apache-2.0
"""Reading WeChat's XML: the quick way reads nothing that the parser reads differently."""

import random
import time
from contextlib import suppress
from xml.etree import ElementTree

import pytest

from minyi.wechat.callback.messages import (
    Message,
    NotAMessage,
    find_sealed,
    parse_xml,
    read_message,
)

PIECES = [
    *("<A>1</A>", "<B><![CDATA[二]]></B>", "<C></C>", "\n", " ", "x", "你"),
    *("<A>", "</A>", "<B>", "</B>", "<A/>", "<xml>", "</xml>", "<A b='1'>"),
    *("<![CDATA[", "]]>", "]]", "]", ">", "<!--", "-->", "<?p?>", "<!DOCTYPE xml>"),
    *("&amp;", "&#65;", "&", "\r\n", "\r", "\t", "\0", "\x07", "\x7f", "\x85", "\ufffe", "\uff01"),
]


def read_by_another_parser(body: bytes) -> dict[str, str]:
    fields: dict[str, str] = {}
    for element in ElementTree.fromstring(body):
        own = (element.text or "") + "".join(child.tail or "" for child in element)
        fields[element.tag] = fields.get(element.tag, "") + own
    return {name: text for name, text in fields.items() if text}


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_read_another_parser_reads_alike(seed):
    lots = random.Random(seed)
    read = 0
    for _ in range(2_000):
        likely = PIECES if lots.random() < 0.5 else PIECES[:7]
        inside = "".join(lots.choices(likely, k=lots.randint(0, 8)))
        body = f"<xml>{inside}</xml>".encode()
        try:
            fields = {name: text for name, text in parse_xml(body).items() if text}
        except NotAMessage:
            continue
        assert fields == _without_deeper_text(body, fields)
        read += 1
    assert read > 400


def _without_deeper_text(body: bytes, fields: dict[str, str]) -> dict[str, str]:
    expected = read_by_another_parser(body)
    if any(len(element) for element in ElementTree.fromstring(body)):
        # Text behind an inner element is nobody's: what stands before it counts alone.
        return {name: text for name, text in fields.items() if expected[name].startswith(text)}
    return expected


@pytest.mark.parametrize(
    "inside",
    ["<A>]]></A>", "<A><![CDATA[x]]>y]]></A>", "<A>1</B>", "<A>&lt;</A><A>\x07</A>", "\x00"],
)
def test_what_is_no_xml_is_no_message(inside):
    with pytest.raises(NotAMessage):
        parse_xml(f"<xml>{inside}</xml>".encode())


def test_full_width_letters_and_empty_elements_are_read():
    body = "<xml><A><![CDATA[您好！（二）]]></A>\n<B></B></xml>".encode()
    assert parse_xml(body)["A"] == "您好！（二）"
    assert parse_xml(body).get("B", "") == ""


SPACES = b" " * 65_000
TRICKY = {
    "spaces": b"<xml>" + SPACES + b"</xml>",
    "spaces and a stray mark": b"<xml>" + SPACES + b"<</xml>",
    "openings": b"<xml>" + b"<a>" * 20_000 + b"</xml>",
    "sections": b"<xml>" + b"<a><![CDATA[" * 5_000 + b"</xml>",
    "brackets": b"<xml><a><![CDATA[" + b"]" * 65_000 + b"</a></xml>",
    "an envelope that never ends": b"<xml><ToUserName>a</ToUserName>" + SPACES + b"<Encrypt>",
}


@pytest.mark.parametrize("body", TRICKY.values(), ids=TRICKY)
def test_no_body_takes_longer_to_read_than_it_took_to_send(body):
    """Before its signature is known: 64 KiB of spaces once held the whole process for 12 s."""
    began = time.process_time()
    for read in (parse_xml, find_sealed):
        with suppress(NotAMessage):
            read(body)
    assert time.process_time() - began < 0.5


TEXTS = [
    *("帮助", "", " 投 3 7 ", "a]]", "]", "\n二\t三", "😀", "x" * 4000),
    *("<b>", "a&amp;b", ">", "\r\n", "\x07", "\x00", "\ufffe", "\uffff", "]]>"),
]


@pytest.mark.parametrize("gap", ["", "\n", " \t\n"])
@pytest.mark.parametrize("text", TEXTS)
def test_a_text_read_quickly_is_what_the_parser_reads(text, gap):
    elements = [
        *("<xml>", "<ToUserName><![CDATA[gh_1]]></ToUserName>"),
        *("<FromUserName><![CDATA[o-a_B.9]]></FromUserName>", "<CreateTime>1348831</CreateTime>"),
        *("<MsgType><![CDATA[text]]></MsgType>", f"<Content><![CDATA[{text}]]></Content>"),
        *("<MsgId>1234567890123456</MsgId>", "</xml>"),
    ]
    quick = gap.join(elements).encode()
    parsed = quick.replace(b"<xml>", b"<xml><!-- no pattern knows comments -->")
    assert _read_or_refuse(quick) == _read_or_refuse(parsed)


@pytest.mark.parametrize("cut", [b"gh_1", b"o-a_B.9", b"1348831860", b"text", b"1234567890123456"])
def test_a_text_that_lacks_something_is_left_to_the_parser(cut):
    body = (
        b"<xml><ToUserName><![CDATA[gh_1]]></ToUserName>"
        b"<FromUserName><![CDATA[o-a_B.9]]></FromUserName><CreateTime>1348831860</CreateTime>"
        b"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[1]]></Content>"
        b"<MsgId>1234567890123456</MsgId></xml>"
    ).replace(cut, b"")
    parsed = body.replace(b"<xml>", b"<xml><!-- -->")
    assert _read_or_refuse(body) == _read_or_refuse(parsed)


def _read_or_refuse(body: bytes) -> Message | None:
    try:
        message = read_message(body)
    except NotAMessage:
        return None
    told = {name: text for name, text in message.fields.items() if text}
    return message._replace(fields=told, plain=b"")
