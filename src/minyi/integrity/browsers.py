# SPDX-License-Identifier: Apache-2.0
"""What a phone says of itself, and how its network is called here. All of it can be forged."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_network

from django.utils.crypto import salted_hmac

from minyi.integrity.networks import find_address

_ANDROID = re.compile(
    r"Android (?P<osv>[\d.]{1,12}); (?P<model>[^;)]{1,60}?)(?: Build/[^;)]*)?[;)]"
)
_IOS = re.compile(r"(?P<model>iPhone|iPad); [^)]*?OS (?P<osv>\d[\d_]{0,10})")
_WECHAT = re.compile(r"MicroMessenger/(\d[\d.]{0,15})")
_NET = re.compile(r"NetType/([0-9A-Za-z]{1,8})")
# Programmes that say so themselves; a browser that says nothing is none of them.
_AUTOMATED = re.compile(
    "HeadlessChrome|PhantomJS|Puppeteer|Playwright|Selenium|Scrapy|python|aiohttp|curl/"
    "|Wget|Go-http-client|okhttp|Apache-HttpClient|^Java/|node-fetch|axios|libwww|Postman|jsdom",
    re.IGNORECASE,
)
# What WeChat adds to the address of a page that was shared or opened from somewhere.
_SOURCES = {
    "singlemessage": "single_share",
    "groupmessage": "group_share",
    "timeline": "timeline",
    "qrcode": "qr",
    "menu": "menu",
}


@dataclass(frozen=True, slots=True)
class Browser:
    """A phone as its browser describes it; what it does not say is empty."""

    model: str = ""
    os: str = ""
    osv: str = ""
    wxver: str = ""
    net: str = ""


def read_browser(user_agent: str) -> Browser:
    """Read model, system, WeChat version and kind of network out of a User-Agent header."""
    wxver, net = _WECHAT.search(user_agent), _NET.search(user_agent)
    said = {"wxver": wxver[1] if wxver else "", "net": net[1] if net else ""}
    if android := _ANDROID.search(user_agent):
        return Browser(android["model"].strip(), "Android", android["osv"], **said)
    if ios := _IOS.search(user_agent):
        return Browser(ios["model"], "iOS", ios["osv"].replace("_", "."), **said)
    return Browser(**said)


def is_automated(user_agent: str) -> bool:
    """Tell whether a browser names itself a programme that acts without a person."""
    return _AUTOMATED.search(user_agent) is not None


def is_loopback(address: str) -> bool:
    """Tell whether an address is this very machine's."""
    found = find_address(address)
    return found is not None and found.is_loopback


def source_of(mark: str) -> str:
    """Return how a page was reached, from the mark WeChat leaves in its address (`from=`)."""
    return _SOURCES.get(mark, "direct")


def door_of(address: str) -> str:
    """Return a network's name: a keyed hash of the IPv4 /24 or IPv6 /64, spelt as an IPv6 network.

    Whoever has the table but not the key learns no address from it; the engine, which groups by
    network, works on it as on any other.
    """
    found = find_address(address)
    if found is None:
        return ""
    prefix = 24 if isinstance(found, IPv4Address) else 64
    network = str(ip_network(f"{found}/{prefix}", strict=False))
    digest = salted_hmac("minyi.integrity.door", network, algorithm="sha256").hexdigest()
    return f"fd00:{digest[:4]}:{digest[4:8]}:{digest[8:12]}::"
