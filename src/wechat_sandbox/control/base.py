# SPDX-License-Identifier: Apache-2.0
"""What every order of the control plane reads: the account, the citizen, whole numbers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from wechat_sandbox import people
from wechat_sandbox.accounts import Account
from wechat_sandbox.state import Sandbox

Asked = dict[str, Any]
Order = Callable[[Sandbox, Asked], Awaitable[Asked]]
View = Callable[[Sandbox, Asked], Asked]


class BadOrder(Exception):
    """The order cannot be carried out; the sentence says what is expected."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def read_account(sandbox: Sandbox, asked: Asked) -> Account:
    """Return the account an order names, the first one when it names none."""
    slug = str(asked.get("account", sandbox.accounts[0].slug))
    if slug not in sandbox.by_slug:
        raise BadOrder("unknown_account", f"account: one of {', '.join(sandbox.by_slug)}.")
    return sandbox.by_slug[slug]


def read_citizen(asked: Asked) -> int:
    """Return the number of the citizen an order names."""
    number = read_whole(asked.get("citizen"), "citizen")
    if not 1 <= number <= people.MAX_CITIZENS:
        raise BadOrder("unknown_citizen", f"citizen: a number from 1 to {people.MAX_CITIZENS}.")
    return number


def read_whole(value: object, name: str) -> int:
    """Return a whole number, given as number or digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:
        return int(value)
    raise BadOrder("not_a_number", f"{name}: a whole number.")
