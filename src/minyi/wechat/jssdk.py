# SPDX-License-Identifier: Apache-2.0
"""The signature that lets a page use WeChat's JS-SDK (wechat-api.md §5)."""

from dataclasses import dataclass
from hashlib import sha1
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class PageSignature:
    """What `wx.config` is given; `timestamp` in Unix seconds."""

    appid: str
    timestamp: int
    nonce: str
    signature: str


def sign_page(*, appid: str, ticket: str, url: str, nonce: str, timestamp: int) -> PageSignature:
    """Sign the address of one page; what follows «#» is no part of it."""
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    signature = sha1(text.encode(), usedforsecurity=False).hexdigest()
    return PageSignature(appid, timestamp, nonce, signature)


def is_own_page(url: str, *, public_url: str) -> bool:
    """Tell whether the address lies on our own origin: we sign no other."""
    try:
        asked, own = urlsplit(url), urlsplit(public_url)
        return (asked.scheme, asked.hostname, asked.port) == (
            own.scheme,
            own.hostname,
            own.port,
        ) and asked.username is None
    except ValueError:  # a port that is no number, a broken IPv6 address
        return False
