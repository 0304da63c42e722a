# SPDX-License-Identifier: Apache-2.0
"""Sealed calls, against a WeChat that opens and seals with code of its own."""

import json
import sys
from base64 import b64decode, b64encode

import httpx
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.core.exceptions import ImproperlyConfigured

from minyi.wechat.client.api_errors import OurFault, Unanswered
from minyi.wechat.client.seals import GcmSeal, RsaSigner
from minyi.wechat.client.sm2 import make_signer
from minyi.wechat.connection.line import the_line
from minyi.wechat.connection.sealing import seals_from
from minyi.wechat.connection.shelves import MemoryShelf
from minyi.wechat.tests.fake_wechat import APPID, TOKEN, URL, FakeLine, an_account

PATH = "/cgi-bin/openapi/quota/get"
USAGE = {"quota": {"daily_limit": 10, "used": 4, "remain": 6}}
OURS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
WECHATS = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PADDING = PSS(MGF1(SHA256()), 32)
KEYS = {False: bytes(range(32)), True: bytes(range(16))}


class SealedWeChat:
    """Opens what it is sent, seals what it answers; `spoil` changes the answer on its way."""

    def __init__(self, *, uses_sm4: bool) -> None:
        self.uses_sm4 = uses_sm4
        self.key = KEYS[uses_sm4]
        self.opened: dict[str, object] = {}
        self.answer: dict[str, object] = USAGE
        self.spoil = lambda headers, body: (headers, body)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/cgi-bin/stable_token":
            return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 7200})
        assert dict(request.url.params) == {"access_token": TOKEN}
        stamp = request.headers["Wechatmp-TimeStamp"]
        assert request.headers["Wechatmp-Appid"] == APPID
        text = f"{URL}{PATH}\n{APPID}\n{stamp}\n".encode() + request.content
        signature = b64decode(request.headers["Wechatmp-Signature"])
        OURS.public_key().verify(signature, text, PADDING, SHA256())
        self.opened = json.loads(self._open(json.loads(request.content), stamp))
        headers, body = self.spoil(*self._sealed(stamp))
        return httpx.Response(200, headers=headers, content=body)

    def _bound(self, stamp: str) -> bytes:
        return f"{URL}{PATH}|{APPID}|{stamp}|key-1".encode()

    def _open(self, parts: dict[str, str], stamp: str) -> bytes:
        iv, data, tag = (b64decode(parts[name]) for name in ("iv", "data", "authtag"))
        if not self.uses_sm4:
            return AESGCM(self.key).decrypt(iv, data + tag, self._bound(stamp))
        decryptor = Cipher(SM4(self.key), GCM(iv, tag)).decryptor()
        decryptor.authenticate_additional_data(self._bound(stamp))
        return decryptor.update(data) + decryptor.finalize()

    def _sealed(self, stamp: str) -> tuple[dict[str, str], bytes]:
        plain, iv = json.dumps(self.answer).encode(), b"0" * 12
        if self.uses_sm4:
            encryptor = Cipher(SM4(self.key), GCM(iv)).encryptor()
            encryptor.authenticate_additional_data(self._bound(stamp))
            data = encryptor.update(plain) + encryptor.finalize()
            tag = encryptor.tag
        else:
            whole = AESGCM(self.key).encrypt(iv, plain, self._bound(stamp))
            data, tag = whole[:-16], whole[-16:]
        parts = {"iv": iv, "data": data, "authtag": tag}
        body = json.dumps({name: b64encode(value).decode() for name, value in parts.items()})
        text = f"{URL}{PATH}\n{APPID}\n{stamp}\n{body}".encode()
        headers = {
            "Wechatmp-Appid": APPID,
            "Wechatmp-TimeStamp": stamp,
            "Wechatmp-Serial": "cert-1",
            "Wechatmp-Signature": b64encode(WECHATS.sign(text, PADDING, SHA256())).decode(),
        }
        return headers, body.encode()


@pytest.fixture(params=[False, True], ids=["aes", "sm4"])
def wechat(request):
    return SealedWeChat(uses_sm4=request.param)


@pytest.fixture
def ask(wechat):
    seal = GcmSeal(
        appid=APPID,
        key_number="key-1",
        key=wechat.key,
        signer=RsaSigner(OURS, WECHATS.public_key()),
        certificate_number="cert-1",
        uses_sm4=wechat.uses_sm4,
        paths=frozenset({PATH}),
    )
    line = FakeLine(wechat, an_account(), seals={"office": seal})
    yield line
    line.line.hang_up()


def usage(client):
    return client.quota.of(path="/cgi-bin/menu/get")


def test_a_sealed_call_is_opened_by_wechat_and_its_answer_by_us(wechat, ask):
    assert ask(usage).remain == 6
    assert wechat.opened["cgi_path"] == "/cgi-bin/menu/get"
    assert wechat.opened["_appid"] == APPID
    assert isinstance(wechat.opened["_timestamp"], int)
    assert len(wechat.opened["_n"]) >= 16
    assert "access_token" not in wechat.opened


def test_no_two_calls_are_sealed_alike(wechat, ask):
    ask(usage)
    first = wechat.opened["_n"]
    ask(usage)
    assert wechat.opened["_n"] != first


def spoilt_signature(headers, body):
    return {**headers, "Wechatmp-Signature": b64encode(b"x" * 256).decode()}, body


def spoilt_body(headers, body):
    return headers, body.replace(b'"data": "', b'"data": "A')


def other_account(headers, body):
    return {**headers, "Wechatmp-Appid": "wx0"}, body


def other_moment(headers, body):
    return {**headers, "Wechatmp-TimeStamp": "1"}, body


def other_certificate(headers, body):
    return {**headers, "Wechatmp-Serial": "cert-9"}, body


def no_seal(headers, body):
    return {}, json.dumps(USAGE).encode()


SPOILERS = [
    spoilt_signature,
    spoilt_body,
    other_account,
    other_moment,
    other_certificate,
    no_seal,
]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_an_answer_that_is_not_sealed_by_wechat_for_us_is_not_read(wechat, ask, spoil):
    wechat.spoil = spoil
    with pytest.raises(Unanswered, match="seal"):
        ask(usage)


def test_while_certificates_change_the_older_signature_counts_as_well(wechat, ask):
    def changing(headers, body):
        older = {
            "Wechatmp-Serial-Deprecated": headers["Wechatmp-Serial"],
            "Wechatmp-Signature-Deprecated": headers["Wechatmp-Signature"],
        }
        newer = {"Wechatmp-Serial": "cert-2", "Wechatmp-Signature": b64encode(b"new").decode()}
        return {**headers, **older, **newer}, body

    wechat.spoil = changing
    assert ask(usage).remain == 6


def test_a_refusal_before_the_seal_was_opened_comes_bare(wechat, ask):
    wechat.spoil = lambda headers, body: ({}, b'{"errcode":47001,"errmsg":"data format error"}')
    with pytest.raises(OurFault):
        ask(usage)


def test_what_wechat_does_not_seal_stays_open(wechat):
    sent = []

    def plain(request):
        sent.append(request)
        return httpx.Response(200, json={"access_token": TOKEN, "expires_in": 7200, **USAGE})

    seal = GcmSeal(APPID, "key-1", wechat.key, RsaSigner(OURS, WECHATS.public_key()))
    line = FakeLine(plain, an_account(), seals={"another": seal})
    assert line(usage).remain == 6
    line.line.hang_up()
    assert not any("Wechatmp-Appid" in request.headers for request in sent)


def test_the_fake_itself_refuses_a_foreign_signature():
    with pytest.raises(InvalidSignature):
        OURS.public_key().verify(WECHATS.sign(b"x", PADDING, SHA256()), b"x", PADDING, SHA256())


# --- from the settings ---------------------------------------------------------------------------
def pem_of(key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def a_setting(*, uses_sm4: bool = False, **changes) -> dict[str, str]:
    public = WECHATS.public_key()
    return {
        "appid": APPID,
        "key_number": "key-1",
        "key": b64encode(KEYS[uses_sm4]).decode(),
        "cipher": "SM4" if uses_sm4 else "AES",
        "private_key": pem_of(OURS),
        "wechat_key": public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(),
        "certificate_number": "cert-1",
        **changes,
    }


def test_the_settings_seal_the_calls_of_the_accounts_they_name(wechat, settings, monkeypatch):
    settings.WECHAT_SEALS = {"office": a_setting(uses_sm4=wechat.uses_sm4)}
    settings.WECHAT_API_URL = URL
    # The token's call is sealed as well, and this fake opens one path only.
    monkeypatch.setattr("minyi.wechat.client.seals.SEALED_PATHS", frozenset({PATH}))
    monkeypatch.setattr(GcmSeal, "covers", lambda self, path: path == PATH)
    monkeypatch.setattr("minyi.wechat.connection.line.DatabaseShelf", MemoryShelf)
    opened = httpx.AsyncClient
    monkeypatch.setattr(
        "minyi.wechat.connection.line.httpx.AsyncClient",
        lambda **options: opened(**{**options, "transport": httpx.MockTransport(wechat)}),
    )
    the_line.cache_clear()
    line = the_line()
    try:
        assert line.call(an_account(), usage).remain == 6
        assert wechat.opened["cgi_path"] == "/cgi-bin/menu/get"
    finally:
        line.hang_up()
        the_line.cache_clear()


@pytest.mark.parametrize(
    "changes",
    [
        {"cipher": "DES"},
        {"key": "no base64!"},
        {"key": b64encode(b"short").decode()},
        {"private_key": "no PEM"},
        {"signature": "no.such.module"},
        {"unknown": "1"},
        {"key_number": ""},
    ],
    ids=str,
)
def test_a_wrong_setting_is_refused_at_start_and_names_no_key(changes):
    setting = a_setting(**changes)
    with pytest.raises(ImproperlyConfigured, match="WECHAT_SEALS: office") as caught:
        seals_from({"office": setting})
    for hidden in ("key", "private_key"):
        assert setting[hidden] not in str(caught.value)


class OwnSigner:
    def __init__(self, private_key: str, wechat_key: str) -> None:
        self.keys = private_key, wechat_key

    def sign(self, message: bytes) -> bytes:
        return b"signed"

    def is_signed(self, signature: bytes, message: bytes) -> bool:
        return signature == b"signed"


def test_an_operator_may_bring_a_signer_of_their_own():
    path = f"{__name__}.OwnSigner"
    setting = a_setting(signature=path, private_key="slot 1", wechat_key="slot 2")
    seal = seals_from({"office": setting})["office"]
    sealed = seal.seal(url=URL + PATH, params={}, body={}, now=1)
    assert sealed.headers["Wechatmp-Signature"] == b64encode(b"signed").decode()
    assert seal.signer.keys == ("slot 1", "slot 2")


# A pair of gmssl's own documentation.
SM2_OWN = "00B9AB0B828FF68872F21A837FC303668428DEA11DCD1B24429D0C99E24EED83D5"[2:]
SM2_PUBLIC = (
    "B9C9A6E04E9C91F7BA880429273747D7EF5DDEB0BB2FF6317EB00BEF331A8308"
    "1A6994B8993F3F5D6EADDDB81872266C87C018FB4162F5AF347B483E24620207"
)


def test_sm2_signs_and_checks_by_the_national_standard():
    pytest.importorskip("gmssl")
    signer = make_signer(SM2_OWN, f"04{SM2_PUBLIC}")
    signature = signer.sign("您好".encode())
    assert signature[0] == 0x30  # DER
    assert signer.is_signed(signature, "您好".encode())
    assert not signer.is_signed(signature, "你好".encode())
    assert not signer.is_signed(b"nonsense", "您好".encode())
    assert signer.sign(b"x") != signer.sign(b"x")


def test_sm2_without_its_package_says_what_is_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "gmssl.sm2", None)
    setting = a_setting(signature="SM2", private_key=SM2_OWN, wechat_key=SM2_PUBLIC)
    with pytest.raises(ImproperlyConfigured, match="gmssl"):
        seals_from({"office": setting})
