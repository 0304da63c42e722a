# SPDX-License-Identifier: Apache-2.0
"""Read the callback's answers as WeChat does."""

from xml.etree import ElementTree

from minyi.wechat.callback.crypto import MessageCrypt, is_signed
from minyi.wechat.tests.given import AES_KEY, APPID, TOKEN


def opened(body: bytes) -> dict[str, str]:
    """A sealed reply, checked and opened."""
    outer = {element.tag: element.text for element in ElementTree.fromstring(body)}
    parts = (outer["TimeStamp"], outer["Nonce"], outer["Encrypt"])
    assert is_signed(outer["MsgSignature"], TOKEN.encode(), *(part.encode() for part in parts))
    plain = MessageCrypt(aes_key=AES_KEY, appid=APPID).decrypt(outer["Encrypt"].encode())
    return {element.tag: element.text for element in ElementTree.fromstring(plain)}
