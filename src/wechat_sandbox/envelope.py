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


def write_xml(fields: Fields) -> str:
    """Return the fields as WeChat writes them: words in CDATA, numbers bare."""
    return f"<xml>{''.join(_element(name, value) for name, value in fields.items())}</xml>"


def seal_post(account: Account, *, openid: str, fields: Fields, timestamp: int) -> Post:
    """Return the attempt in the account's mode, freshly signed."""
    nonce, query = sign_query(account, timestamp=timestamp)
    query.append(("openid", openid))
    plain = write_xml(fields)
    if account.mode == "plain":
        return Post(tuple(query), plain.encode())
    sealed = encrypt(plain.encode(), aes_key=account.aes_key, appid=account.appid)
    query += [
        ("encrypt_type", "aes"),
        ("msg_signature", sign(account.token, str(timestamp), nonce, sealed)),
    ]
    outer: Fields = {"ToUserName": account.original_id, "Encrypt": sealed}
    if account.mode == "compatible":
        outer = {**fields, "Encrypt": sealed}
    return Post(tuple(query), write_xml(outer).encode())


def sign_query(account: Account, *, timestamp: int) -> tuple[str, list[tuple[str, str]]]:
    """Return a fresh nonce and the parameters that every request to the server carries."""
    nonce = str(secrets.randbelow(9 * 10**9) + 10**9)
    stamp = str(timestamp)
    signature = sign(account.token, stamp, nonce)
    return nonce, [("signature", signature), ("timestamp", stamp), ("nonce", nonce)]


def _element(name: str, value: str | int) -> str:
    if isinstance(value, int):
        return f"<{name}>{value}</{name}>"
    # The one sequence CDATA cannot hold is cut in two.
    return f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
