# SPDX-License-Identifier: Apache-2.0
"""Challenges of a proof of work, made with ALTCHA's library; the box checks them (ADR 25)."""

import json
import secrets
from dataclasses import dataclass

import altcha

from ballotbox.work import ALGORITHM, COST, MARK_CHARACTERS, MOST_TRIES, work_key

_SHOWN = ("algorithm", "cost", "keyLength", "keyPrefix", "nonce", "salt")


@dataclass(frozen=True, slots=True)
class WorkOrder:
    """`challenge` is JSON for the page; `mark` goes into the ticket and knows the solution."""

    challenge: str
    mark: str


def make_work(*, ticket_key: bytes) -> WorkOrder:
    """Make a challenge that one to MOST_TRIES tries of the phone solve; takes us about 1 ms."""
    made = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=secrets.randbelow(MOST_TRIES),
        hmac_secret=ticket_key,
        hmac_key_secret=work_key(ticket_key),
    )
    parameters = made.parameters.to_dict()
    shown = {name: parameters[name] for name in _SHOWN}
    return WorkOrder(
        json.dumps({"parameters": shown}), parameters["keySignature"][:MARK_CHARACTERS]
    )
