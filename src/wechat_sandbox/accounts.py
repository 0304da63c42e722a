# SPDX-License-Identifier: Apache-2.0
"""Official accounts the sandbox plays host to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

Kind = Literal["SVC", "SUB"]
Mode = Literal["plain", "compatible", "secure"]

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
    ip_whitelist: tuple[str, ...] = ()  # empty: the check is off
    daily_limits: Mapping[str, int] = field(default_factory=dict)  # path → calls a day

    def __post_init__(self) -> None:
        if not _AES_KEY.fullmatch(self.aes_key):
            raise BadAccount("aes_key must be 43 letters or digits")
        if not self.callback_url.startswith(("http://", "https://")):
            raise BadAccount("callback_url must be an http or https address")
        if self.mode not in ("plain", "compatible", "secure"):
            raise BadAccount("mode must be plain, compatible or secure")
        if self.kind not in ("SVC", "SUB"):
            raise BadAccount("kind must be SVC or SUB")

    @property
    def may_use_oauth(self) -> bool:
        """Tell whether web OAuth is open to this account (verified service accounts only)."""
        return self.kind == "SVC" and self.verified

    @property
    def may_read_users(self) -> bool:
        """Tell whether the user interface is open (not to unverified subscription accounts)."""
        return self.kind == "SVC" or self.verified


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
    )


def read_accounts(path: str, product_url: str) -> tuple[Account, ...]:
    """Read accounts from a JSON file: a list of objects with the fields of `Account`.

    `callback_url` and `oauth_domains` may be left out; they then point at the product.
    """
    rows = json.loads(Path(path).read_text(encoding="utf-8"))
    if not isinstance(rows, list) or not rows:
        raise BadAccount(f"{path}: a list of at least one account is expected")
    accounts = tuple(_account_of(row, product_url) for row in rows)
    for key in ("slug", "appid", "original_id"):
        if len({getattr(account, key) for account in accounts}) != len(accounts):
            raise BadAccount(f"{path}: {key} must differ between accounts")
    return accounts


def _account_of(row: Mapping[str, Any], product_url: str) -> Account:
    known = {item.name for item in fields(Account)}
    if unknown := set(row) - known:
        raise BadAccount(f"unknown field: {', '.join(sorted(unknown))}")
    values = dict(row)
    values.setdefault("callback_url", _default_callback(product_url, str(row.get("slug", ""))))
    values.setdefault("oauth_domains", _default_domains(product_url))
    for key in ("oauth_domains", "ip_whitelist"):
        if key in values:
            values[key] = tuple(values[key])
    try:
        return Account(**values)
    except TypeError as error:
        raise BadAccount(str(error)) from error


def _default_callback(product_url: str, slug: str) -> str:
    return f"{product_url}/wechat/{slug}/callback"


def _default_domains(product_url: str) -> tuple[str, ...]:
    return (urlsplit(product_url).netloc,)
