# SPDX-License-Identifier: Apache-2.0
"""Why a developer's signature differs from WeChat's: the usual mistakes, tried one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import permutations

from wechat_sandbox.accounts import Account
from wechat_sandbox.push.crypto import sign


@dataclass(frozen=True, slots=True)
class Finding:
    """What was to be hashed, what comes out, and what the given signature was made of instead."""

    signed_text: str  # token, timestamp, nonce and, for msg_signature, Encrypt: sorted, joined
    expected: str
    agrees: bool
    mistake: str = ""  # a code of the word lists; empty: none of the usual ones
    made_of: str = ""


def explain(
    account: Account, *, timestamp: str, nonce: str, signature: str, encrypt: str = ""
) -> Finding:
    """Compare a signature with the right one; `encrypt` is given for a msg_signature."""
    parts = [account.token, timestamp, nonce, *([encrypt] if encrypt else [])]
    text = "".join(sorted(parts, key=str.encode))
    expected = sign(*parts)
    if signature == expected:
        return Finding(text, expected, agrees=True)
    for mistake, made_of, made in _mistakes(account, parts, text):
        if made == signature:
            return Finding(text, expected, False, mistake, made_of)
    return Finding(text, expected, False)


def explain_echo(answer: bytes, echo: str) -> str:
    """Return the usual mistake behind an echo that is not the one sent, empty when unknown."""
    given, sent = answer, echo.encode()
    if given.startswith(b"\xef\xbb\xbf"):
        return "echo_after_bom"
    if given.strip() == sent:
        return "echo_with_space"
    if given.strip(b"\"' \n") == sent:
        return "echo_in_quotes"
    if sent in given:
        return "echo_in_a_page"
    return "" if given else "echo_empty"


def _mistakes(account: Account, parts: list[str], text: str) -> Iterator[tuple[str, str, str]]:
    yield "upper_case", text, _sha1(text).upper()
    for name in ("md5", "sha256"):
        made = hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()
        yield f"hashed_by_{name}", text, made
    for order in permutations(parts):
        yield "not_sorted", "".join(order), _sha1("".join(order))
        for mark in ("&", ",", "\n", " "):
            yield "joined_by_a_mark", mark.join(order), _sha1(mark.join(order))
    if len(parts) == 4:
        without = "".join(sorted(parts[:3], key=str.encode))
        yield "encrypt_left_out", without, _sha1(without)
    for token in (f"{account.token}\n", f" {account.token}", f"{account.token} ", ""):
        other = "".join(sorted([token, *parts[1:]], key=str.encode))
        yield ("space_in_token" if token else "token_left_out"), other, _sha1(other)
    for word, value in (("secret", account.secret), ("aes_key", account.aes_key)):
        other = "".join(sorted([value, *parts[1:]], key=str.encode))
        yield f"{word}_for_token", other, _sha1(other)


def _sha1(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
