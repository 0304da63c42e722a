# SPDX-License-Identifier: Apache-2.0
"""What a mini program hands over sealed or signed (wechat-api.md §13, V8 and the shape of V9)."""

import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from minyi.wechat.client.mini_crypto import NotFromMiniProgram, decrypt, is_signed, sign_raw

RAW = (
    '{"nickName":"Band","gender":1,"language":"zh_CN","city":"Guangzhou",'
    '"province":"Guangdong","country":"CN","avatarUrl":"http://wx.qlogo.cn/mmopen/vi_32/'
    '1vZvI39NWFQ9XM4LtQpFrQJ1xlgZxx3w7bQxKARol6503Iuswjjn6nIGBiaycAjAtpujxyzYsrztuuICqIM5ibXQ/0"}'
)
RAW_KEY = "HyVFkGl5F5OQWJZZaNzBBg=="
RAW_SIGNATURE = "75e81ceda165f4ffa64f4068af58c64b8f54b88c"

SESSION_KEY, IV = "tiihtNczf5v6AKRyjwEUhQ==", "r7BXXKkLb8qrSNn05n0qiA=="
APPID = "wx4f4bc4dec97d474b"
SEALED_AT = 1477314187
PROFILE = {
    "openId": "oGZUI0egBJY1zhBYw2KhdUfwVJJE",
    "unionId": "ocMvos6NjeKLIBqg5Mr9QjxrP1FA",
    "watermark": {"timestamp": SEALED_AT, "appid": APPID},
}


def seal(content: object) -> str:
    """Seal as WeChat does, without our own code."""
    plain = json.dumps(content).encode()
    fill = 16 - len(plain) % 16
    encryptor = Cipher(AES(b64decode(SESSION_KEY)), CBC(b64decode(IV))).encryptor()
    return b64encode(encryptor.update(plain + bytes((fill,)) * fill)).decode()


def opened(sealed: str, **changes: object):
    facts = {"iv": IV, "session_key": SESSION_KEY, "appid": APPID, **changes}
    return decrypt(sealed=sealed, **facts)


def test_the_published_signature_is_reproduced():
    assert sign_raw(RAW, RAW_KEY) == RAW_SIGNATURE
    assert is_signed(RAW, RAW_SIGNATURE, RAW_KEY)
    assert not is_signed(RAW + " ", RAW_SIGNATURE, RAW_KEY)
    assert not is_signed(RAW, "é", RAW_KEY)


def test_a_sealed_profile_is_opened():
    assert opened(seal(PROFILE)) == PROFILE


def test_a_profile_sealed_for_another_mini_program_is_refused():
    with pytest.raises(NotFromMiniProgram):
        opened(seal(PROFILE), appid="wx0000000000000000")


@pytest.mark.parametrize(
    "sealed",
    ["", "no base64!", "AAAA", seal(PROFILE)[:-24], seal(["a list"]), seal({"watermark": 1})],
)
def test_whatever_else_comes_is_refused_alike(sealed):
    with pytest.raises(NotFromMiniProgram):
        opened(sealed)


@pytest.mark.parametrize("changes", [{"session_key": "AAAA"}, {"iv": "AAAA"}, {"iv": "é"}])
def test_a_key_of_the_wrong_length_is_refused(changes):
    with pytest.raises(NotFromMiniProgram):
        opened(seal(PROFILE), **changes)


def test_an_old_seal_is_refused_where_freshness_counts():
    sealed_at = datetime.fromtimestamp(SEALED_AT, UTC)
    assert opened(seal(PROFILE), now=sealed_at + timedelta(minutes=9))
    with pytest.raises(NotFromMiniProgram):
        opened(seal(PROFILE), now=sealed_at + timedelta(minutes=11))
