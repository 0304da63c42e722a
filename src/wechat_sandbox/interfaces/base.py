# SPDX-License-Identifier: Apache-2.0
"""What an interface is: how it is reached, who may, how often, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wechat_sandbox.accounts import Account
from wechat_sandbox.errors import ApiError
from wechat_sandbox.office.abilities import Ability
from wechat_sandbox.state import Sandbox

Access = Literal["secret", "token", "web", "open"]
Body = Literal["json", "optional", "multipart"]


@dataclass(frozen=True, slots=True)
class Binary:
    """An answer that is no JSON: a picture, a sound, a page's redirect."""

    body: bytes
    media_type: str
    filename: str = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Json = dict[str, Any]
Answer = Json | Binary

OK: Json = {"errcode": 0, "errmsg": "ok"}


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart body."""

    filename: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """One checked call: who asks, with which parameters and files, when."""

    account: Account | None
    params: Mapping[str, Any]
    now: float
    uploads: Mapping[str, Upload] = field(default_factory=dict)

    @property
    def caller(self) -> Account:
        """Return the account whose secret or token came with the call."""
        if self.account is None:
            raise ApiError(40013)
        return self.account

    def text(self, name: str) -> str:
        """Return a parameter as text, empty when missing."""
        value = self.params.get(name, "")
        return value if isinstance(value, str) else ""

    def whole(self, name: str, default: int | None = None, *, error: int = 40097) -> int:
        """Return a whole number, given as number or digits; raises `error` for anything else."""
        value = self.params.get(name, default)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 19:
            return int(value)
        raise ApiError(error, name)

    def texts(self, name: str, *, error: int = 40097) -> list[str]:
        """Return a list of texts; raises `error` for anything else."""
        value = self.params.get(name)
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ApiError(error, name)
        return value

    def fields(self, name: str, *, error: int = 47001) -> Json:
        """Return an object; raises `error` for anything else."""
        value = self.params.get(name)
        if not isinstance(value, dict):
            raise ApiError(error, name)
        return value


@dataclass(frozen=True, slots=True)
class Interface:
    """How an interface is reached, who may use it, how often, and who answers."""

    method: Literal["GET", "POST", "ANY"]
    access: Access
    answer: Callable[[Sandbox, Call], Answer]
    ability: Ability | None = None  # None: open to every account
    body: Body = "json"
    daily: int | None = None  # calls a day by default; an account's `daily_limits` come first
    per_minute: int | None = None
