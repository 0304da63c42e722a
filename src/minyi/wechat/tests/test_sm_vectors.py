# SPDX-License-Identifier: Apache-2.0
"""SM2 and SM4-GCM against the published examples and against code that is not ours.

Published: GB/T 32918.5-2017 annex A (SM2 on the recommended curve, the identity of GM/T 0009) and
RFC 8998 appendix A.1 (SM4-GCM). Not ours: OpenSSL 3 for SM2; GCM after NIST SP 800-38D over the
SM4 of gmssl for whole sealed calls.
"""

import json
import shutil
import subprocess
from base64 import b64decode
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from gmssl.sm4 import SM4_ENCRYPT, CryptSM4

from minyi.wechat.client.seals import GcmSeal
from minyi.wechat.client.sm2 import make_signer

pytestmark = pytest.mark.once

PRIVATE = "3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8"
PUBLIC = (
    "09f9df311e5421a150dd7d161e4bc5c672179fad1833fc076bb08ff356f35020"
    "ccea490ce26775a52dc6ea718cc1aa600aed05fbf35e084a6632f6072da9ad13"
)
MESSAGE = b"message digest"
R = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
S = "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
SIGNATURE = bytes.fromhex(f"3046022100{R}022100{S}")
NONCE = 0x59276E27D506861A16680F3AD9C02DCCEF3CC1FA3CDBE4CE6D54B80DEAC1BC21
IDENTITY = "1234567812345678"


def test_the_signature_of_the_standard_is_good():
    signer = make_signer(PRIVATE, PUBLIC)
    assert signer.is_signed(SIGNATURE, MESSAGE)
    assert not signer.is_signed(SIGNATURE, MESSAGE + b".")
    assert not signer.is_signed(SIGNATURE[:-1] + b"\xab", MESSAGE)


def test_with_the_nonce_of_the_standard_we_sign_as_the_standard(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("minyi.wechat.client.sm2.secrets.randbelow", lambda _: NONCE - 1)
    assert make_signer(PRIVATE, PUBLIC).sign(MESSAGE) == SIGNATURE


@pytest.fixture(scope="module")
def openssl(tmp_path_factory: pytest.TempPathFactory) -> "OpenSsl":
    program = shutil.which("openssl")
    listed = subprocess.run(
        [program or "true", "list", "-public-key-algorithms"], capture_output=True, text=True
    )
    if "SM2" not in listed.stdout:
        pytest.skip("no openssl with SM2 on this machine")
    return OpenSsl(str(program), tmp_path_factory.mktemp("sm2"))


class OpenSsl:
    """Signs and checks with SM2 and SM3 by the command line."""

    def __init__(self, program: str, folder: Path) -> None:
        self._program, self._folder = program, folder
        # SEC 1: version, the number, the curve 1.2.156.10197.1.301, the point.
        curve = "a00a06082a811ccf5501822d"
        sec1 = f"307702010104 20{PRIVATE}{curve}a14403420004{PUBLIC}".replace(" ", "")
        (folder / "key.der").write_bytes(bytes.fromhex(sec1))
        self._run("pkey", "-inform", "DER", "-in", "key.der", "-out", "key.pem")
        self._run("pkey", "-in", "key.pem", "-pubout", "-out", "public.pem")

    def sign(self, message: bytes) -> bytes:
        (self._folder / "message").write_bytes(message)
        self._run("pkeyutl", "-sign", "-inkey", "key.pem", "-out", "signature", *self._how)
        return (self._folder / "signature").read_bytes()

    def is_signed(self, signature: bytes, message: bytes) -> bool:
        (self._folder / "message").write_bytes(message)
        (self._folder / "signature").write_bytes(signature)
        asked = ("pkeyutl", "-verify", "-pubin", "-inkey", "public.pem", "-sigfile", "signature")
        return self._run(*asked, *self._how, may_fail=True) == 0

    _how = ("-rawin", "-digest", "sm3", "-in", "message", "-pkeyopt", f"distid:{IDENTITY}")

    def _run(self, *asked: str, may_fail: bool = False) -> int:
        ended = subprocess.run([self._program, *asked], cwd=self._folder, capture_output=True)
        assert may_fail or ended.returncode == 0, ended.stderr
        return ended.returncode


def test_openssl_reads_our_signatures_and_we_read_its(openssl: OpenSsl):
    signer = make_signer(PRIVATE, PUBLIC)
    # Numbers with a high first bit and with a leading zero both occur among so many.
    for number in range(24):
        message = f"第{number}封".encode() * number
        assert openssl.is_signed(signer.sign(message), message)
        assert signer.is_signed(openssl.sign(message), message)
    assert not openssl.is_signed(signer.sign(b"a"), b"b")


KEY = bytes.fromhex("0123456789abcdeffedcba9876543210")
IV = bytes.fromhex("00001234567800000000abcd")
BOUND = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
PLAIN = b"".join(bytes([pair]) * 8 for pair in b"\xaa\xbb\xcc\xdd\xee\xff\xee\xaa")
SEALED = bytes.fromhex(
    "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
    "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
)
TAG = bytes.fromhex("83de3541e4c2b58177e065a9bf7b62ec")


def test_the_sealing_of_rfc_8998_comes_out_of_both_implementations():
    assert gcm_by_the_book(KEY, IV, PLAIN, BOUND) == (SEALED, TAG)
    encryptor = Cipher(SM4(KEY), GCM(IV)).encryptor()
    encryptor.authenticate_additional_data(BOUND)
    assert (encryptor.update(PLAIN) + encryptor.finalize(), encryptor.tag) == (SEALED, TAG)


@pytest.mark.parametrize("words", ["", "x", "十五个字的正文十五个字的正文", "y" * 100])
def test_a_sealed_call_is_what_the_book_makes_of_it(words: str):
    seal = GcmSeal(
        appid="wx1",
        key_number="key-1",
        key=KEY,
        signer=make_signer(PRIVATE, PUBLIC),
        uses_sm4=True,
    )
    url = "https://api.weixin.qq.com/cgi-bin/message/custom/send"
    sealed = seal.seal(url=url, params={}, body={"content": words}, now=1_795_000_000)
    parts = {name: b64decode(one) for name, one in json.loads(sealed.content).items()}
    bound = f"{url}|wx1|1795000000|key-1".encode()
    # Counter mode is its own inverse: sealing the sealed opens it.
    plain, _ = gcm_by_the_book(KEY, parts["iv"], parts["data"], bound)
    assert json.loads(plain)["content"] == words
    assert gcm_by_the_book(KEY, parts["iv"], plain, bound) == (parts["data"], parts["authtag"])


def gcm_by_the_book(key: bytes, iv: bytes, plain: bytes, bound: bytes) -> tuple[bytes, bytes]:
    """Return cipher text and tag as NIST SP 800-38D §7.1 makes them, for an IV of 12 bytes."""
    block = CryptSM4()
    block.set_key(key, SM4_ENCRYPT)

    def enciphered(counter: int) -> int:
        given = iv + counter.to_bytes(4)
        return int.from_bytes(bytes(block.one_round(block.sk, list(given))))

    subkey = int.from_bytes(bytes(block.one_round(block.sk, [0] * 16)))
    cipher = b""
    for place in range(0, len(plain), 16):
        piece = plain[place : place + 16]
        stream = enciphered(place // 16 + 2).to_bytes(16)
        cipher += bytes(one ^ other for one, other in zip(piece, stream, strict=False))
    lengths = (8 * len(bound)).to_bytes(8) + (8 * len(cipher)).to_bytes(8)
    digest = 0
    whole = _filled(bound) + _filled(cipher) + lengths
    for place in range(0, len(whole), 16):
        digest = _times(digest ^ int.from_bytes(whole[place : place + 16]), subkey)
    return cipher, (digest ^ enciphered(1)).to_bytes(16)


def _filled(given: bytes) -> bytes:
    return given + bytes(-len(given) % 16)


def _times(one: int, other: int) -> int:
    """Multiply in GF(2^128) with the bits in the order of SP 800-38D §6.3."""
    product = 0
    for bit in range(127, -1, -1):
        if one >> bit & 1:
            product ^= other
        other = other >> 1 ^ (0xE1 << 120 if other & 1 else 0)
    return product
