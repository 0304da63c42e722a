# SPDX-License-Identifier: Apache-2.0
"""Official accounts the sandbox plays host to."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

Kind = Literal["SVC", "SUB", "MP"]
DataFormat = Literal["xml", "json"]
Mode = Literal["plain", "compatible", "secure"]
# What the account's administrator said to a call from a new address.
Confirmation = Literal["given", "awaited", "refused_for_a_day", "refused_for_an_hour"]

_HOST = re.compile(r"[A-Za-z0-9.\-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](:[0-9]{1,5})?")
_AES_KEY = re.compile(r"[A-Za-z0-9]{43}")


class BadAccount(ValueError):
    """The description of an account cannot be used; the message names the field."""


@dataclass(frozen=True, slots=True)
class Account:
    """An official account as its back office would show it."""

    slug: str
    appid: str
    secret: str
    original_id: str
    token: str
    aes_key: str
    name: str
    callback_url: str
    oauth_domains: tuple[str, ...]
    mode: Mode = "secure"
    kind: Kind = "SVC"
    verified: bool = True
    introduction: str = ""
    open_platform: str = "sample-open-platform"
    secret_frozen: bool = False
    data_format: DataFormat = "xml"  # only a mini program may choose JSON
    category: str = ""  # "gov": the long-term subscription templates are open
    extra_abilities: tuple[str, ...] = ()  # beyond what `abilities` gives this kind
    lacking_abilities: tuple[str, ...] = ()
    mass_protect: bool = False  # 群发保护: an administrator confirms messages to everybody
    ip_whitelist: tuple[str, ...] = ()  # empty: the check is off
    ip_confirmation: Confirmation = "given"
    daily_limits: Mapping[str, int] = field(default_factory=dict)  # path → calls a day

    def __post_init__(self) -> None:
        if not _AES_KEY.fullmatch(self.aes_key):
            raise BadAccount("aes_key must be 43 letters or digits")
        if not all(_HOST.fullmatch(host) for host in self.oauth_domains):
            raise BadAccount("oauth_domains must be host names, each with its port")
        if not self.callback_url.startswith(("http://", "https://")):
            raise BadAccount("callback_url must be an http or https address")
        if self.mode not in ("plain", "compatible", "secure"):
            raise BadAccount("mode must be plain, compatible or secure")
        if self.kind not in ("SVC", "SUB", "MP"):
            raise BadAccount("kind must be SVC, SUB or MP")
        if self.ip_confirmation not in get_args(Confirmation):
            raise BadAccount(f"ip_confirmation must be one of {', '.join(get_args(Confirmation))}")
        if self.data_format not in ("xml", "json"):
            raise BadAccount("data_format must be xml or json")
        if self.data_format == "json" and self.kind != "MP":
            raise BadAccount("data_format json is for mini programs only")


# What tells an account apart and what everything it owns hangs on: never changed.
_IDENTITY = ("slug", "appid", "original_id")
_LISTS = ("oauth_domains", "ip_whitelist", "extra_abilities", "lacking_abilities")
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
_LETTERS = string.ascii_letters + string.digits


def changed_account(account: Account, row: Mapping[str, Any]) -> Account:
    """Return the account with other settings; raises BadAccount for a field it cannot take."""
    for name in _IDENTITY:
        if row.get(name, getattr(account, name)) != getattr(account, name):
            raise BadAccount(f"{name} cannot be changed; register another account")
    return replace(account, **_values(row))


def new_account(row: Mapping[str, Any]) -> Account:
    """Return an account of its own; whatever identifies it is invented where it is not given."""
    slug = row.get("slug")
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug):
        raise BadAccount("slug must be 1 to 40 small letters, digits or hyphens")
    if not row.get("callback_url"):
        raise BadAccount("callback_url is needed")
    invented = {
        "appid": f"wx{secrets.token_hex(8)}",
        "secret": secrets.token_hex(16),
        "original_id": f"gh_{secrets.token_hex(6)}",
        "token": _random_letters(16),
        "aes_key": _random_letters(43),
        "name": slug,
        "oauth_domains": _default_domains(str(row["callback_url"])),
    }
    return Account(**(invented | _values(row)))


def _values(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields of a description in the types of `Account`; raises BadAccount."""
    kinds = {item.name: item.type for item in fields(Account)}
    if unknown := row.keys() - kinds.keys():
        raise BadAccount(f"unknown field: {', '.join(sorted(unknown))}")
    values = dict(row)
    for name, value in row.items():
        if name in _LISTS:
            if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
                raise BadAccount(f"{name} must be a list of texts")
            values[name] = tuple(value)
        elif kinds[name] == "bool" and not isinstance(value, bool):
            raise BadAccount(f"{name} must be true or false")
        elif name == "daily_limits":
            _check_limits(value)
        elif kinds[name] != "bool" and not isinstance(value, str):
            raise BadAccount(f"{name} must be a text")
    return values


def _check_limits(value: object) -> None:
    if not isinstance(value, dict) or not all(
        isinstance(calls, int) and not isinstance(calls, bool) and calls >= 0
        for calls in value.values()
    ):
        raise BadAccount("daily_limits must be an object of path and calls a day")


def _random_letters(length: int) -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def sample_account(product_url: str) -> Account:
    """Return the account that the product's sample settings know."""
    return Account(
        slug="sandbox",
        appid="wx5a4d1e9c0b7f2e63",
        secret="sandbox-secret-not-for-production",  # noqa: S106
        original_id="gh_5a4d1e9c0b7f",
        token="sandboxtoken",  # noqa: S106
        aes_key="SandboxKeyForLocalDevelopmentOnly0123456789",
        name="青禾政务服务（示例）",
        introduction="青禾市人民政府政务服务示例公众号。青禾市为虚构城市，内容仅供演示。",
        callback_url=_default_callback(product_url, "sandbox"),
        oauth_domains=_default_domains(product_url),
        category="gov",
    )


def sample_accounts(product_url: str) -> tuple[Account, ...]:
    """Return one account of each kind, so that the differences can be seen; the first is usual."""
    service = sample_account(product_url)
    return (service, _sample_subscription(product_url), _sample_program(product_url))


def _sample_subscription(product_url: str) -> Account:
    return Account(
        slug="sandbox-sub",
        appid="wx7b3c8f2a6d1e4095",
        secret="sandbox-sub-secret-not-for-production",  # noqa: S106
        original_id="gh_7b3c8f2a6d1e",
        token="sandboxsubtoken",  # noqa: S106
        aes_key="SandboxSubKeyForLocalDevelopmentOnly0123456",
        name="青禾发布（示例）",
        introduction="青禾市人民政府新闻办公室示例订阅号。青禾市为虚构城市，内容仅供演示。",
        callback_url=_default_callback(product_url, "sandbox-sub"),
        oauth_domains=_default_domains(product_url),
        kind="SUB",
        category="gov",
    )


def _sample_program(product_url: str) -> Account:
    return Account(
        slug="sandbox-mini",
        appid="wx2e9d5c7a1b4f8036",
        secret="sandbox-mini-secret-not-for-production",  # noqa: S106
        original_id="gh_2e9d5c7a1b4f",
        token="sandboxminitoken",  # noqa: S106
        aes_key="SandboxMiniKeyForLocalDevelopmentOnly012345",
        name="青禾办事（示例）",
        introduction="青禾市政务服务示例小程序。青禾市为虚构城市，内容仅供演示。",
        callback_url=_default_callback(product_url, "sandbox-mini"),
        oauth_domains=_default_domains(product_url),
        kind="MP",
        data_format="json",
        category="gov",
    )


def read_accounts(path: str, product_url: str) -> tuple[Account, ...]:
    """Read accounts from a JSON file: a list of objects with the fields of `Account`.

    `callback_url` and `oauth_domains` may be left out; they then point at the product.
    """
    try:
        rows = json.loads(Path(path).read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadAccount(f"{path}: {error}") from error
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise BadAccount(f"{path}: a list of at least one account is expected")
    accounts = tuple(_account_of(row, product_url) for row in rows)
    for key in ("slug", "appid", "original_id"):
        if len({getattr(account, key) for account in accounts}) != len(accounts):
            raise BadAccount(f"{path}: {key} must differ between accounts")
    return accounts


def _account_of(row: Mapping[str, Any], product_url: str) -> Account:
    values = _values(row)
    values.setdefault("callback_url", _default_callback(product_url, str(row.get("slug", ""))))
    values.setdefault("oauth_domains", _default_domains(product_url))
    try:
        return Account(**values)
    except TypeError as error:
        raise BadAccount(str(error)) from error


def _default_callback(product_url: str, slug: str) -> str:
    return f"{product_url}/wechat/{slug}/callback"


def _default_domains(product_url: str) -> tuple[str, ...]:
    return (urlsplit(product_url).netloc,)
