# SPDX-License-Identifier: Apache-2.0
"""Official accounts as frozen values: the row from the register, the secrets from the settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from minyi.agencies.models import OfficialAccount

from ..callback.crypto import KEY_LENGTH

Secrets = Mapping[str, Mapping[str, str]]
SECRET_NAMES = {"secret": "AppSecret", "token": "Token", "aes_key": "EncodingAESKey"}


@dataclass(frozen=True, slots=True)
class Account:
    """One official account with what it takes to speak for it; empty secrets are missing ones."""

    slug: str
    name: str
    kind: str  # SVC service account, SUB subscription account
    is_verified: bool
    appid: str
    original_id: str
    mode: str  # plain, compatible or secure
    welcome: str = ""
    phone: str = ""  # where its agency answers questions
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    aes_key: str = field(default="", repr=False)

    @property
    def may_log_in(self) -> bool:
        """Tell whether WeChat lets this account ask who a visitor is (wechat-api.md §4)."""
        return self.kind == OfficialAccount.Kind.SERVICE and self.is_verified

    @property
    def missing_secrets(self) -> list[str]:
        """Return the names, as WeChat's console writes them, of the secrets not yet usable."""
        missing = [title for name, title in SECRET_NAMES.items() if not getattr(self, name)]
        if self.aes_key and len(self.aes_key) != KEY_LENGTH:
            missing.append(SECRET_NAMES["aes_key"])
        return missing


def find_account(slug: str, *, secrets: Secrets) -> Account | None:
    """Return the account of that slug, or None when the register does not know it."""
    row = OfficialAccount.objects.filter(slug=slug).first()
    return _account_of(row, secrets) if row else None


def list_accounts(*, secrets: Secrets) -> list[Account]:
    """Return every account of the register."""
    return [
        _account_of(row, secrets)
        for row in OfficialAccount.objects.select_related("agency").order_by("slug")
    ]


def _account_of(row: OfficialAccount, secrets: Secrets) -> Account:
    own = secrets.get(row.slug, {})
    return Account(
        slug=row.slug,
        name=row.name,
        kind=row.kind,
        is_verified=row.is_verified,
        appid=row.appid,
        original_id=row.original_id,
        mode=row.mode,
        welcome=row.welcome,
        phone=row.agency.help_phone,
        secret=own.get("secret", ""),
        token=own.get("token", ""),
        aes_key=own.get("aes_key", ""),
    )
