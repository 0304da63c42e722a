# SPDX-License-Identifier: Apache-2.0
"""What the sandbox is told from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from wechat_sandbox.accounts import Account, read_accounts, sample_accounts


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the product and the sandbox live, and which accounts exist."""

    product_url: str
    sandbox_url: str
    accounts: tuple[Account, ...]
    # The sample account has a template and a notice in its books, as an account in use has.
    has_sample_notices: bool = False

    @property
    def product_origin(self) -> str:
        """Return scheme, host and port of the product, as a browser writes an origin."""
        parts = urlsplit(self.product_url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def product_host(self) -> str:
        """Return the product's host name without port."""
        return urlsplit(self.product_url).hostname or ""


def settings_from_env(env: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; every one has a working default."""
    product_url = env.get("MINYI_PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
    sandbox_url = env.get("WECHAT_OPEN_URL", "http://127.0.0.1:8010").rstrip("/")
    path = env.get("MINYI_SANDBOX_ACCOUNTS", "")
    accounts = read_accounts(path, product_url) if path else sample_accounts(product_url)
    return Settings(
        product_url=product_url,
        sandbox_url=sandbox_url,
        accounts=accounts,
        has_sample_notices=env.get("MINYI_SANDBOX_NOTICES", "0") == "1",
    )
