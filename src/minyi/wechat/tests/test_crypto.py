# SPDX-License-Identifier: Apache-2.0
"""WeChat's published examples (wechat-api.md §13), and what is not a message of ours."""

import pytest

from minyi.wechat.callback.crypto import (
    BadKey,
    Malformed,
    MessageCrypt,
    Undecipherable,
    is_signed,
    sign,
)
from minyi.wechat.jssdk import is_own_page, sign_page
from minyi.wechat.tests.given import AES_KEY, APPID

A43 = "A" * 43
V3_SEALED = (
    b"+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJGQqcv"
    b"ZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuMcp3F"
    b"n2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSe"
    b"OBrebufAlr7F9mFUPAJGj04="
)
V4_SEALED = (
    b"ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
)
V5_SEALED = (
    b"jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
)
V6_ECHO = (
    b"P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
)
V6_SEALED = (
    b"RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3Qczcd"
    b"CUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLjvd4"
    b"Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMnvw2r+"
    b"KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k22Ncx4X"
    b"XZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2YoyyH2uyPIGH"
    b"BZZIs2pDBS8R07+qN+E7Q=="
)


@pytest.mark.parametrize(
    ("parts", "signature"),
    [
        ((b"AAAAA", b"1714036504", b"1514711492"), "f464b24fc39322e44b38aa78f5edd27bd1441696"),
        ((b"AAAAA", b"1714037059", b"486452656"), "899cf89e464efb63f54ddac96b0a0a235f53aa78"),
        ((b"AAAAA", b"1714112445", b"415670741"), "6c5c811b55cc85e0e1b54100749188c20beb3f5d"),
        (
            (b"AAAAA", b"1714112445", b"415670741", V3_SEALED),
            "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3",
        ),
        (
            (b"AAAAA", b"1713424427", b"415670741", V4_SEALED),
            "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1",
        ),
        (
            (b"pamtest", b"1409304348", b"xxxxxx", V5_SEALED),
            "82c962d39941aa48552f90ef55aa323dc620cc10",
        ),
        (
            (b"QDG6eK", b"1409659589", b"263014780", V6_ECHO),
            "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3",
        ),
        (
            (b"QDG6eK", b"1409659813", b"1372623149", V6_SEALED),
            "477715d11cdb4164915debcba66cb864d751f3e6",
        ),
    ],
    ids=["V1", "V2", "V3-url", "V3", "V4", "V5", "V6-echo", "V6"],
)
def test_signatures_agree_with_the_published_ones(parts, signature):
    assert sign(*parts) == signature
    assert is_signed(signature, *parts)
    assert not is_signed(signature, *parts[1:])


@pytest.mark.parametrize(
    ("aes_key", "appid", "sealed", "plain"),
    [
        (
            A43,
            "wxba5fad812f8e6fb9",
            V3_SEALED,
            b'{"ToUserName":"gh_97417a04a28d","FromUserName":"o9AgO5Kd5ggOC-bXrbNODIiE3bGY",'
            b'"CreateTime":1714112445,"MsgType":"event","Event":"debug_demo",'
            b'"debug_str":"hello world"}',
        ),
        (A43, "wxba5fad812f8e6fb9", V4_SEALED, b'{"demo_resp":"good luck"}'),
        (
            "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            "wxb11529c136998cb6",
            V5_SEALED,
            "我是中文abcd123".encode(),
        ),
        (
            "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
            "wx5823bf96d3bd56c7",
            V6_ECHO,
            b"1616140317555161061",
        ),
    ],
    ids=["V3", "V4", "V5", "V6-echo"],
)
def test_published_cipher_texts_open(aes_key, appid, sealed, plain):
    assert MessageCrypt(aes_key=aes_key, appid=appid).decrypt(sealed) == plain


def test_the_longer_published_message_opens_whole():
    key = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
    plain = MessageCrypt(aes_key=key, appid="wx5823bf96d3bd56c7").decrypt(V6_SEALED)
    assert len(plain) == 284
    assert b"<![CDATA[mycreate]]>" in plain
    assert b"4561255354251345929" in plain


@pytest.mark.parametrize(
    ("aes_key", "appid", "random", "message", "sealed"),
    [
        (
            A43,
            "wxba5fad812f8e6fb9",
            b"707722b803182950",
            b'{"demo_resp":"good luck"}',
            V4_SEALED,
        ),
        (
            "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG",
            "wxb11529c136998cb6",
            b"aaaabbbbccccdddd",
            "我是中文abcd123".encode(),
            V5_SEALED,
        ),
    ],
    ids=["V4", "V5"],
)
def test_sealing_gives_the_published_cipher_text(aes_key, appid, random, message, sealed):
    assert MessageCrypt(aes_key=aes_key, appid=appid).encrypt(message, random=random) == sealed


@pytest.mark.parametrize("length", range(65))
def test_every_length_around_the_32_byte_edge_comes_back(length):
    crypt = MessageCrypt(aes_key=AES_KEY, appid=APPID)
    assert crypt.decrypt(crypt.encrypt(b"x" * length)) == b"x" * length


def test_the_same_message_is_never_sealed_alike():
    crypt = MessageCrypt(aes_key=AES_KEY, appid=APPID)
    assert crypt.encrypt(b"x") != crypt.encrypt(b"x")


def test_a_message_for_another_account_is_refused():
    other = MessageCrypt(aes_key=AES_KEY, appid="wx0000000000000000")
    with pytest.raises(Undecipherable):
        MessageCrypt(aes_key=AES_KEY, appid=APPID).decrypt(other.encrypt(b"x"))


def test_a_message_under_another_key_is_refused():
    other = MessageCrypt(aes_key=A43, appid=APPID)
    with pytest.raises(Undecipherable):
        MessageCrypt(aes_key=AES_KEY, appid=APPID).decrypt(other.encrypt(b"x" * 40))


@pytest.mark.parametrize("sealed", [b"", b"!!!!", b"AAAA", b"AAAAAAAAAAAAAAAAAAAAAA=", b"\xff\xfe"])
def test_what_is_no_cipher_text_is_malformed(sealed):
    with pytest.raises(Malformed):
        MessageCrypt(aes_key=AES_KEY, appid=APPID).decrypt(sealed)


@pytest.mark.parametrize("key", ["", "short", "A" * 42, "A" * 44, "密" * 43])
def test_a_key_that_is_no_key_is_refused(key):
    with pytest.raises(BadKey):
        MessageCrypt(aes_key=key, appid=APPID)


def test_a_page_signature_agrees_with_the_published_one():
    signed = sign_page(
        appid=APPID,
        ticket="sM4AOVdWfPE4DxkXGEs8VMCPGGVi4C3VM0P37wVUCFvkVAy_90u5h9nbSlYy3-Sl-HhTdfl2fzFy1AOcHKP7qg",
        url="http://mp.weixin.qq.com?params=value#part",
        nonce="Wm3WZYTPz0wzccnW",
        timestamp=1414587457,
    )
    assert signed.signature == "0f9de62fce790f9a083d5c99e95740ceb90c27ed"


@pytest.mark.parametrize(
    ("url", "is_ours"),
    [
        ("https://minyi.example/c/a/", True),
        ("https://minyi.example/", True),
        ("http://minyi.example/", False),
        ("https://minyi.example:8443/", False),
        ("https://minyi.example.evil.example/", False),
        ("https://minyi.example@evil.example/", False),
        ("https://somebody@minyi.example/", False),
        ("https://minyi.example:port/", False),
        ("//minyi.example/", False),
        ("", False),
    ],
)
def test_only_pages_of_our_own_origin_are_signed(url, is_ours):
    assert is_own_page(url, public_url="https://minyi.example") is is_ours
