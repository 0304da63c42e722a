# SPDX-License-Identifier: Apache-2.0
"""Messages of citizens as WeChat posts them in secure mode, sealed before the clock starts."""

import base64
import hashlib
import os
import struct
import time

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

APPID = "wx5a4d1e9c0b7f2e63"
TOKEN = "sandboxtoken"
AES_KEY = "SandboxKeyForLocalDevelopmentOnly0123456789"
PATH = "/wechat/sandbox/callback"


def sealed_texts(count: int, words: str = "帮助") -> list[bytes]:
    """Return finished HTTP requests, each with a message, a nonce and a number of its own."""
    first = time.time_ns()
    return [_request(first + number, words) for number in range(count)]


def empty_posts(count: int) -> list[bytes]:
    """Return the same requests as bytes go, for a server that looks at nothing."""
    return sealed_texts(1) * count


def _request(number: int, words: str) -> bytes:
    stamp, nonce = str(int(time.time())), str(number % 10**10)
    message = (
        f"<xml><ToUserName><![CDATA[gh_5a4d1e9c0b7f]]></ToUserName>"
        f"<FromUserName><![CDATA[oBench{number % 10**9:022}]]></FromUserName>"
        f"<CreateTime>{stamp}</CreateTime><MsgType><![CDATA[text]]></MsgType>"
        f"<Content><![CDATA[{words}]]></Content><MsgId>{number}</MsgId></xml>"
    )
    sealed = _seal(message.encode())
    query = (
        f"signature={_sign(TOKEN, stamp, nonce)}&timestamp={stamp}&nonce={nonce}"
        f"&openid=oBench{number % 10**9:022}&encrypt_type=aes"
        f"&msg_signature={_sign(TOKEN, stamp, nonce, sealed)}"
    )
    body = (
        f"<xml><ToUserName><![CDATA[gh_5a4d1e9c0b7f]]></ToUserName>"
        f"<Encrypt><![CDATA[{sealed}]]></Encrypt></xml>"
    ).encode()
    return (
        f"POST {PATH}?{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/xml\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode() + body


def _seal(message: bytes) -> str:
    key = base64.b64decode(AES_KEY + "=")
    plain = os.urandom(16) + struct.pack(">I", len(message)) + message + APPID.encode()
    fill = 32 - len(plain) % 32
    encryptor = Cipher(AES(key), CBC(key[:16])).encryptor()
    return base64.b64encode(
        encryptor.update(plain + bytes([fill]) * fill) + encryptor.finalize()
    ).decode()


def _sign(*parts: str) -> str:
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()
