# SPDX-License-Identifier: Apache-2.0
"""The bodies WeChat posts to an account's server, and their query."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from wechat_sandbox.accounts import Account
from wechat_sandbox.crypto import encrypt, sign

Fields = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Post:
    """One HTTP attempt: query parameters in WeChat's order, and the body."""

    query: tuple[tuple[str, str], ...]
    body: bytes
    nonce: str


def write_xml(fields: Fields) -> str:
    """Return the fields as WeChat writes them: words in CDATA, numbers bare."""
    return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def seal_post(account: Account, *, openid: str, fields: Fields, timestamp: int) -> Post:
    """Return the attempt in the account's mode, freshly signed."""
    nonce = str(secrets.randbelow(9 * 10**9) + 10**9)
    stamp = str(timestamp)
    query = [
        ("signature", sign(account.token, stamp, nonce)),
        ("timestamp", stamp),
        ("nonce", nonce),
        ("openid", openid),
    ]
    plain = write_xml(fields)
    if account.mode == "plain":
        return Post(tuple(query), plain.encode(), nonce)
    sealed = encrypt(plain.encode(), aes_key=account.aes_key, appid=account.appid)
    query += [
        ("encrypt_type", "aes"),
        ("msg_signature", sign(account.token, stamp, nonce, sealed)),
    ]
    outer: Fields = {"ToUserName": account.original_id, "Encrypt": sealed}
    if account.mode == "compatible":
        outer = {**fields, "Encrypt": sealed}
    return Post(tuple(query), write_xml(outer).encode(), nonce)


def _element(name: str, value: str | int) -> str:
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    # The one sequence CDATA cannot hold is cut in two.
    return f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
