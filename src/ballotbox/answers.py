# SPDX-License-Identifier: Apache-2.0
"""Answers ready to send: receipts, problem details (RFC 9457), redirects for plain forms."""

from typing import Any
from urllib.parse import quote

import msgspec

from ballotbox.ballots import Receipt, StoredBallot
from ballotbox.refusals import Refused, describe
from ballotbox.rules import moment_in_china

Headers = list[tuple[bytes, bytes]]

SECURITY_HEADERS: Headers = [
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The two ASGI messages of an answer."""

    start: dict[str, Any]
    end: dict[str, Any]


def _start(status: int, headers: Headers) -> dict[str, Any]:
    return {
        "type": "http.response.start",
        "status": status,
        "headers": [*headers, *SECURITY_HEADERS],
    }


def _end(body: bytes) -> dict[str, Any]:
    return {"type": "http.response.body", "body": body}


# Made once: the server adds the length of the body.
_RECEIPT = _start(201, [(b"content-type", b"application/json")])
_RECEIPT_AGAIN = _start(200, [(b"content-type", b"application/json")])


def receipt_body(
    stored: StoredBallot, *, picks: str = "", index: int = -1, proof: str = ""
) -> bytes:
    """Return what the voter of a stored ballot is told, with its place in the public log if any.

    `picks` are the voter's own, where the table holds them sealed; `proof` is a JSON string
    already. The sequencer makes the body, so that the event loop has nothing left to do but to
    send it.
    """
    # Written by hand: base32, digits and an RFC 3339 moment need no escaping.
    row = stored.row
    place = f',"index":{index},"proof":{proof}' if index >= 0 else ""
    return (
        f'{{"receipt":"{row.receipt}","picks":{picks or row.picks},'
        f'"cast_at":"{moment_in_china(stored.cast_ms)}",'
        f'"repeated":{"true" if stored.repeated else "false"}{place}}}'
    ).encode()


def receipt_answer(receipt: Receipt) -> Answer:
    """Answer 201 for a new ballot, 200 for one sent again; the receipt is the same."""
    return Answer(_RECEIPT_AGAIN if receipt.repeated else _RECEIPT, _end(receipt.body))


def refusal_answer(refused: Refused, *, language: str) -> Answer:
    """Answer with a problem document in the voter's language."""
    row, title, sentence, action = describe(refused, language=language)
    problem = {
        "type": f"/help/errors#{row.code}",
        "title": title,
        "status": row.status,
        "code": row.code,
        "detail": sentence,
        "action": action,
    }
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-language", language.encode()),
    ]
    if row.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % row.retry_after_s))
    if row.code == "method_not_allowed":
        headers.append((b"allow", str(refused.facts["allow"]).encode()))
    if row.code in ("too_large", "too_slow"):
        # The rest of the body is not read, so the connection cannot carry another request.
        headers.append((b"connection", b"close"))
    return Answer(_start(row.status, headers), _end(msgspec.json.encode(problem)))


def ballot_page(slug: str, **query: str) -> Answer:
    """Send a plain form on to the page that shows its receipt or refusal."""
    asked = "&".join(f"{name}={quote(value)}" for name, value in query.items())
    return _see_other(f"/c/{quote(slug)}/ballot/?{asked}")


def error_page(code: str) -> Answer:
    """Send a plain form without a readable ticket on to the list of refusals."""
    return _see_other(f"/help/errors#{code}")


def text_answer(status: int, body: bytes, media_type: str) -> Answer:
    """Answer with a body as it is."""
    return Answer(_start(status, [(b"content-type", media_type.encode())]), _end(body))


def _see_other(location: str) -> Answer:
    return Answer(_start(303, [(b"location", location.encode())]), _end(b""))
