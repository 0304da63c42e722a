# SPDX-License-Identifier: Apache-2.0
"""Proof of work: what a phone has computed before the ballot of a raised score is taken (ADR 25).

The challenge is ALTCHA's (version 2, PBKDF2-SHA-256, known counter): the page says salt, nonce and
the first half of a derived key, and the phone tries counters until it finds that key. The ticket
holds the key's signature, the first 16 bytes of HMAC-SHA256(work key, derived key). So the solution
belongs to one ticket, hence to one voter, round, session and half hour; nothing of the challenge
comes back that could be altered or made easier, and «once» stays the database's word.
"""

import hmac
from functools import lru_cache

from ballotbox.refusals import Refused
from ballotbox.ticket import Ticket, hmac_of

ALGORITHM = "PBKDF2/SHA-256"
COST = 5_000  # iterations for each counter tried
MOST_TRIES = 600  # counters, so the work has an upper bound: an old phone is never lost in it
KEY_BYTES = 32
MARK_CHARACTERS = 32


@lru_cache(maxsize=4)
def work_key(ticket_key: bytes) -> bytes:
    """Return the key that signs derived keys: another one than that of the tickets."""
    return hmac_of(ticket_key, b"minyi/work/v1")


def mark_of(derived_key: bytes, *, key: bytes) -> str:
    """Return what a ticket holds of the solution; `key` is the ticket key."""
    return hmac_of(work_key(key), derived_key).hex()[:MARK_CHARACTERS]


def check_work(ticket: Ticket, work: str, *, key: bytes) -> None:
    """Refuse a ballot whose ticket asks for work and that brings none, or that of another ticket.

    `work` is the derived key in hex.
    """
    if not ticket.work:
        return
    if not work:
        raise Refused("work_needed")
    try:
        derived_key = bytes.fromhex(work)
    except ValueError as error:
        raise Refused("work_wrong") from error
    if not hmac.compare_digest(mark_of(derived_key, key=key), ticket.work):
        raise Refused("work_wrong")
