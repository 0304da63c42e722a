# SPDX-License-Identifier: Apache-2.0
"""The bodies WeChat posts to an account's server, and their query."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wechat_sandbox.accounts import Account
from wechat_sandbox.push.crypto import encrypt, sign

# A list stands for repeated elements of the same name.
Value = str | int | float | Mapping[str, "Value"] | Sequence["Value"]
Fields = dict[str, Value]
Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Letter:
    """One message ready to be posted: the body is the same in every attempt."""

    body: bytes
    sealed: str  # the cipher text inside, empty in plain mode
    content_type: str


def write_xml(fields: Mapping[str, Value]) -> str:
    """Return the fields as WeChat writes them: words in CDATA, numbers bare."""
    return f"<xml>{_elements(fields)}</xml>"


def write_letter(account: Account, fields: Mapping[str, Value]) -> Letter:
    """Return the message in the account's mode and format."""
    as_json = account.data_format == "json"
    write = _write_json if as_json else write_xml
    content_type = "application/json" if as_json else "text/xml"
    plain = write(fields)
    if account.mode == "plain":
        return Letter(plain.encode(), "", content_type)
    sealed = encrypt(plain.encode(), aes_key=account.aes_key, appid=account.appid)
    outer: Fields = {"ToUserName": account.original_id, "Encrypt": sealed}
    if account.mode == "compatible":
        outer = {**fields, "Encrypt": sealed}
    return Letter(write(outer).encode(), sealed, content_type)


def address_letter(account: Account, letter: Letter, *, openid: str, timestamp: int) -> Query:
    """Return the query of one attempt, freshly signed, in WeChat's order."""
    nonce, query = sign_query(account, timestamp=timestamp)
    query.append(("openid", openid))
    if letter.sealed:
        signature = sign(account.token, str(timestamp), nonce, letter.sealed)
        query += [("encrypt_type", "aes"), ("msg_signature", signature)]
    return tuple(query)


def sign_query(account: Account, *, timestamp: int) -> tuple[str, list[tuple[str, str]]]:
    """Return a fresh nonce and the parameters that every request to the server carries."""
    nonce = str(secrets.randbelow(9 * 10**9) + 10**9)
    stamp = str(timestamp)
    signature = sign(account.token, stamp, nonce)
    return nonce, [("signature", signature), ("timestamp", stamp), ("nonce", nonce)]


def _write_json(fields: Mapping[str, Value]) -> str:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def _elements(fields: Mapping[str, Value]) -> str:
    return "".join(_element(name, value) for name, value in fields.items())


def _element(name: str, value: Value) -> str:
    if isinstance(value, int | float):
        return f"<{name}>{value}</{name}>"
    if isinstance(value, Mapping):
        return f"<{name}>{_elements(value)}</{name}>"
    if not isinstance(value, str):
        return "".join(_element(name, one) for one in value)
    # The one sequence CDATA cannot hold is cut in two.
    return f"<{name}><![CDATA[{value.replace(']]>', ']]]]><![CDATA[>')}]]></{name}>"
