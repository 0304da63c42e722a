# SPDX-License-Identifier: Apache-2.0
"""Builders of accounts, and of messages as WeChat sends them."""

import time
from itertools import count
from urllib.parse import urlencode

from django.utils import timezone

from minyi.agencies.models import OfficialAccount
from minyi.agencies.tests.given import given_agency
from minyi.campaigns.queries.chat import OpenRound
from minyi.wechat.callback.crypto import MessageCrypt, sign
from minyi.wechat.callback.endpoints import Endpoint, open_endpoint, read_endpoints
from minyi.wechat.conversation.phrases import RunningCampaign
from minyi.wechat.conversation.planning import Book
from minyi.wechat.models import Contact, FollowerSync, FollowerTag, TagMenu
from minyi.wechat.queries import Account

APPID = "wx5a4d1e9c0b7f2e63"
SECRET = "sandbox-secret-not-for-production"
TOKEN = "sandboxtoken"
AES_KEY = "SandboxKeyForLocalDevelopmentOnly0123456789"
ORIGINAL_ID = "gh_5a4d1e9c0b7f"
OPENID = "oCitizen0000000000000000001a"
SELECTION = RunningCampaign(
    title="十佳政务服务窗口",
    theme="让办事更省心",
    now="公众投票",
    url="https://minyi.example/c/windows-2026/",
    picture_url="https://minyi.example/media/cover.jpg",
)
SECRETS = {"sandbox": {"secret": SECRET, "token": TOKEN, "aes_key": AES_KEY}}
_number = count(1)


def given_official_account(**fields: object) -> OfficialAccount:
    """The sample account as a row of the register."""
    defaults = {
        "slug": "sandbox",
        "name": "青禾政务服务（示例）",
        "kind": OfficialAccount.Kind.SERVICE,
        "is_verified": True,
        "appid": APPID,
        "original_id": ORIGINAL_ID,
        "welcome": "感谢关注青禾政务服务（示例）。",
    }
    return OfficialAccount.objects.create(agency=given_agency(), **{**defaults, **fields})


def given_account(**fields: object) -> Account:
    """The sample account as a value, without a database."""
    defaults = {
        "slug": "sandbox",
        "name": "青禾政务服务（示例）",
        "kind": "SVC",
        "is_verified": True,
        "appid": APPID,
        "original_id": ORIGINAL_ID,
        "mode": "secure",
        "welcome": "感谢关注青禾政务服务（示例）。",
        "secret": SECRET,
        "token": TOKEN,
        "aes_key": AES_KEY,
    }
    return Account(**{**defaults, **fields})


def given_round(**fields: object) -> OpenRound:
    """A vote that is open, as a value."""
    values = {
        "account": "sandbox",
        "campaign_id": 1,
        "slug": "windows",
        "title": "窗口评议（示例）",
        "min_picks": 1,
        "max_picks": 2,
        "is_daily": False,
    }
    return OpenRound(**{**values, **fields})


def text_message(content: str = "投票", **fields: object) -> bytes:
    """A text message of a citizen, each with a number of its own."""
    return message(MsgType="text", Content=content, MsgId=next(_number), **fields)


def event(name: str, **fields: object) -> bytes:
    """An event of a citizen."""
    return message(MsgType="event", Event=name, **fields)


def message(**fields: object) -> bytes:
    whole = {
        "ToUserName": ORIGINAL_ID,
        "FromUserName": OPENID,
        "CreateTime": int(time.time()),
        **fields,
    }
    return xml(whole)


def xml(fields: dict[str, object]) -> bytes:
    parts = "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items())
    return f"<xml>{parts}</xml>".encode()


def sealed_post(plain: bytes, **changed: object) -> tuple[str, bytes]:
    """Query and body of a secure-mode callback; `changed` spoils or replaces its parts."""
    parts = {
        "timestamp": str(int(time.time())),
        "nonce": "415670741",
        "appid": APPID,
        "aes_key": AES_KEY,
        **changed,
    }
    crypt = MessageCrypt(aes_key=parts["aes_key"], appid=parts["appid"])
    sealed = parts.get("sealed", crypt.encrypt(plain))
    stamp, nonce = parts["timestamp"].encode(), parts["nonce"].encode()
    query = {
        "signature": sign(TOKEN.encode(), stamp, nonce),
        "timestamp": parts["timestamp"],
        "nonce": parts["nonce"],
        "openid": OPENID,
        "encrypt_type": "aes",
        "msg_signature": parts.get("signature", sign(TOKEN.encode(), stamp, nonce, sealed)),
    }
    body = xml({"ToUserName": ORIGINAL_ID, "Encrypt": sealed.decode()})
    return urlencode(query), body


def plain_query(**changed: str) -> str:
    """Query of a plain-mode callback or of the verification of the address."""
    stamp = changed.pop("timestamp", str(int(time.time())))
    nonce = changed.pop("nonce", "415670741")
    signature = sign(TOKEN.encode(), stamp.encode(), nonce.encode())
    return urlencode(
        {"signature": signature, "timestamp": stamp, "nonce": nonce, "openid": OPENID, **changed}
    )


def given_endpoint(
    account: Account | None = None, *campaigns: RunningCampaign, **options: object
) -> tuple[str, Endpoint]:
    """The counter of an account, under its slug."""
    account = account or given_account()
    home = "https://minyi.example/"
    return account.slug, open_endpoint(account, list(campaigns), home_url=home, **options)


def seed_followers(account: OfficialAccount) -> Contact:
    """A follower of the account, a tag, a menu for it, and a sync that stopped."""
    contact = given_contact(account)
    FollowerTag.objects.create(account=account, wechat_id=101, name="示例标签")
    TagMenu.objects.create(account=account, name="示例菜单", tag_id=101)
    FollowerSync.objects.create(account=account, state="stopped", started_at=timezone.now())
    return contact


def given_contact(account: OfficialAccount, openid: str = OPENID, **fields: object) -> Contact:
    """Somebody who follows the account."""
    now = timezone.now()
    values = {"is_following": True, "followed_at": now, "last_seen_at": now, **fields}
    return Contact.objects.create(account=account, openid=openid, **values)


def read_book(account: OfficialAccount) -> Book:
    """What the account knows by heart, as the callback would read it now."""
    endpoints = read_endpoints(
        secrets=SECRETS,
        public_url="https://minyi.example",
        language="zh-hans",
        now=timezone.now(),
    )
    return endpoints[account.slug].book
