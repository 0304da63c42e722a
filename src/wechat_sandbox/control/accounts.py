# SPDX-License-Identifier: Apache-2.0
"""Orders of the control plane for the back office of an account: register it, set it up, check.

The answers hold tokens and secrets: they are made up here, and only this machine may ask.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import get_args

from wechat_sandbox.accounts import BadAccount, changed_account, new_account
from wechat_sandbox.control.base import Asked, BadOrder, Order, View, read_account
from wechat_sandbox.push.backoffice import AccountNotice, tell_notice
from wechat_sandbox.push.signature_check import explain
from wechat_sandbox.screens import LANGUAGES, words_in
from wechat_sandbox.state import Sandbox


async def _save(sandbox: Sandbox, asked: Asked) -> Asked:
    """Register an account, or change the settings of the one with this slug."""
    known = sandbox.by_slug.get(str(asked.get("slug", "")))
    try:
        account = changed_account(known, asked) if known else new_account(asked)
    except BadAccount as error:
        raise BadOrder("bad_account", f"{error}.") from error
    for other in sandbox.accounts:
        same = account.appid == other.appid or account.original_id == other.original_id
        if other.slug != account.slug and same:
            raise BadOrder("bad_account", "appid and original_id must differ between accounts.")
    sandbox.register(account)
    return asdict(account)


async def _check_signature(sandbox: Sandbox, asked: Asked) -> Asked:
    """Say what the signature of a callback should be, and which mistake leads to the given one."""
    account = read_account(sandbox, asked)
    parts = {name: str(asked.get(name, "")) for name in ("timestamp", "nonce", "encrypt")}
    found = explain(account, signature=str(asked.get("signature", "")), **parts)
    why = f"why_{found.mistake}"
    said = [words_in(language)[why] for language in LANGUAGES] if found.mistake else []
    return {**asdict(found), "said": said}


async def _notice(sandbox: Sandbox, asked: Asked) -> Asked:
    account = read_account(sandbox, asked)
    for event in get_args(AccountNotice):
        if event == asked.get("event"):
            return asdict(await tell_notice(sandbox, account, event))
    raise BadOrder("bad_event", f"event: one of {', '.join(get_args(AccountNotice))}.")


def _accounts(sandbox: Sandbox, asked: Asked) -> Asked:
    return {"accounts": [asdict(account) for account in sandbox.accounts]}


ORDERS: dict[str, Order] = {
    "accounts/save": _save,
    "signature": _check_signature,
    "notice": _notice,
}
VIEWS: dict[str, View] = {"accounts": _accounts}
