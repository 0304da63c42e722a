# SPDX-License-Identifier: Apache-2.0
"""The published vectors of the message push, and wechatpy as an independent reader."""

import pytest
from wechatpy.crypto import WeChatCrypto

from wechat_sandbox.push.crypto import Undecipherable, decrypt, encrypt, is_signed, sign

A_KEY = "A" * 43
OPEN_APPID = "wxba5fad812f8e6fb9"
SECURE_POST = (
    "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8TPxLKJG"
    "QqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrf"
    "MZuMcp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgR"
    "tWygb3VIYnSeOBrebufAlr7F9mFUPAJGj04="
)
SECURE_REPLY = (
    "ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ=="
)
DEMO_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
DEMO_SEALED = (
    "jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg=="
)
CORP_KEY = "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C"
CORP_ID = "wx5823bf96d3bd56c7"
CORP_ECHO = (
    "P9nAzCzyDtyTWESHep1vC5X9xho/qYX3Zpb4yKa9SKld1DsH3Iyt3tP3zNdtp+4RPcs8TgAE7OaBO+FZXvnaqQ=="
)
CORP_POST = (
    "RypEvHKD8QQKFhvQ6QleEB4J58tiPdvo+rtK1I9qca6aM/wvqnLSV5zEPeusUiX5L5X/0lWfrf0QADHHhGd3Qczc"
    "dCUpj911L3vg3W/sYYvuJTs3TUUkSUXxaccAS0qhxchrRYt66wiSpGLYL42aM6A8dTT+6k4aSknmPj48kzJs8qLj"
    "vd4Xgpue06DOdnLxAUHzM6+kDZ+HMZfJYuR+LtwGc2hgf5gsijff0ekUNXZiqATP7PF5mZxZ3Izoun1s4zG4LUMn"
    "vw2r+KqCKIw+3IQH03v+BCA9nMELNqbSf6tiWSrXJB3LAVGUcallcrw8V2t9EL4EhzJWrQUax5wLVMNS0+rUPA3k"
    "22Ncx4XXZS9o0MBH27Bo6BpNelZpS+/uh9KsNlY6bHCmJU9p8g7m3fVKn28H3KDYA5Pl/T8Z1ptDAVe0lXdQ2Yoy"
    "yH2uyPIGHBZZIs2pDBS8R07+qN+E7Q=="
)


def test_v1_the_address_check_is_signed_over_token_time_and_nonce():
    assert sign("AAAAA", "1714036504", "1514711492") == "f464b24fc39322e44b38aa78f5edd27bd1441696"


def test_v2_a_plain_post_is_signed_the_same_way():
    assert sign("AAAAA", "1714037059", "486452656") == "899cf89e464efb63f54ddac96b0a0a235f53aa78"


def test_v3_a_secure_post_is_signed_over_its_cipher_and_opens():
    signature = "046e02f8204d34f8ba5fa3b1db94908f3df2e9b3"
    assert is_signed(signature, "AAAAA", "1714112445", "415670741", SECURE_POST)
    assert sign("AAAAA", "1714112445", "415670741") == "6c5c811b55cc85e0e1b54100749188c20beb3f5d"
    plain = decrypt(SECURE_POST, aes_key=A_KEY, appid=OPEN_APPID)
    assert len(plain) == 167
    assert plain.startswith(b'{"ToUserName":"gh_97417a04a28d"')
    assert plain.endswith(b'"debug_str":"hello world"}')


def test_v4_a_secure_reply_comes_out_byte_for_byte():
    sealed = encrypt(
        b'{"demo_resp":"good luck"}',
        aes_key=A_KEY,
        appid=OPEN_APPID,
        random=b"707722b803182950",
    )
    assert sealed == SECURE_REPLY
    assert sign("AAAAA", "1713424427", "415670741", sealed) == (
        "1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1"
    )


def test_v5_chinese_text_of_the_official_demo():
    message = "我是中文abcd123".encode()
    sealed = encrypt(
        message, aes_key=DEMO_KEY, appid="wxb11529c136998cb6", random=b"aaaabbbbccccdddd"
    )
    assert sealed == DEMO_SEALED
    assert decrypt(sealed, aes_key=DEMO_KEY, appid="wxb11529c136998cb6") == message
    assert sign("pamtest", "1409304348", "xxxxxx", sealed) == (
        "82c962d39941aa48552f90ef55aa323dc620cc10"
    )


def test_v6_the_same_algorithm_of_the_corporate_demo():
    assert is_signed(
        "5c45ff5e21c57e6ad56bac8758b79b1d9ac89fd3", "QDG6eK", "1409659589", "263014780", CORP_ECHO
    )
    assert decrypt(CORP_ECHO, aes_key=CORP_KEY, appid=CORP_ID) == b"1616140317555161061"
    assert is_signed(
        "477715d11cdb4164915debcba66cb864d751f3e6", "QDG6eK", "1409659813", "1372623149", CORP_POST
    )
    plain = decrypt(CORP_POST, aes_key=CORP_KEY, appid=CORP_ID)
    assert len(plain) == 284
    assert b"4561255354251345929" in plain


@pytest.mark.parametrize("length", range(100))
def test_wechatpy_reads_what_we_seal_and_we_read_what_it_seals(length: int):
    ours = "政" * (length // 3) + "a" * (length % 3)
    oracle = WeChatCrypto("token", DEMO_KEY, OPEN_APPID)
    sealed = encrypt(ours.encode(), aes_key=DEMO_KEY, appid=OPEN_APPID)
    envelope = {"Encrypt": sealed}
    signature = sign("token", "1", "n", sealed)
    assert oracle.decrypt_message(envelope, signature, "1", "n") == ours

    theirs = oracle.encrypt_message(ours, "n", "1")
    inner = theirs.split("<Encrypt><![CDATA[")[1].split("]]>")[0]
    assert decrypt(inner, aes_key=DEMO_KEY, appid=OPEN_APPID).decode() == ours


@pytest.mark.parametrize(
    "sealed",
    [
        "",
        "not base64!",
        "QUFBQQ==",
        SECURE_REPLY[:-8] + "AAAAAA==",
        encrypt(b"x", aes_key=A_KEY, appid="wx0000000000000000"),
    ],
    ids=["nothing", "no base64", "no whole block", "changed", "another account"],
)
def test_what_was_not_sealed_for_this_account_is_refused(sealed: str):
    with pytest.raises(Undecipherable):
        decrypt(sealed, aes_key=A_KEY, appid=OPEN_APPID)
