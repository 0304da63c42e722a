# SPDX-License-Identifier: Apache-2.0
"""The way to the ballot box: the one every browser takes, POST /v/ballots (ADR 13).

The box lives in this very process unless MINYI_BALLOTS_URL names another one. Either way it is
asked as a browser asks: ticket, cookie and nonce, all checked by the box itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx
from django.conf import settings

from ballotbox.ticket import CITIZEN_COOKIE

TIMEOUT_S = 20  # the box answers when the ballot is on the disk; whoever waits gives up earlier


@dataclass(frozen=True, slots=True)
class Ballot:
    """A ballot ready to be posted."""

    ticket: str = field(repr=False)
    cookie: str = field(repr=False)
    picks: Sequence[int] = field(repr=False)
    nonce: str


@dataclass(frozen=True, slots=True)
class BoxAnswer:
    """What the box said: a receipt, or why not (the code, and the sentence)."""

    receipt: str = ""
    is_repeated: bool = False
    code: str = ""
    sentence: str = ""


async def post_ballot(ballot: Ballot, *, transport: httpx.AsyncBaseTransport) -> BoxAnswer:
    """Post a ballot and read the answer; an unreadable one is «storage_unavailable»."""
    async with httpx.AsyncClient(
        transport=transport, base_url=_base_url(), timeout=TIMEOUT_S, trust_env=False
    ) as client:
        try:
            answer = await client.post(
                "/v/ballots",
                json={
                    "ticket": ballot.ticket,
                    "nonce": ballot.nonce,
                    "picks": list(ballot.picks),
                },
                headers={"cookie": f"{CITIZEN_COOKIE}={ballot.cookie}"},
            )
            said = answer.json()
        except (httpx.HTTPError, ValueError):
            return BoxAnswer(code="storage_unavailable")
    if answer.is_success:
        return BoxAnswer(receipt=str(said["receipt"]), is_repeated=bool(said["repeated"]))
    return BoxAnswer(
        code=str(said.get("code", "storage_unavailable")), sentence=str(said.get("detail", ""))
    )


def box_transport() -> httpx.AsyncBaseTransport:
    """Return the way to the box: into this process, or over the network."""
    if settings.BALLOTS_URL:
        return httpx.AsyncHTTPTransport()
    from ballotbox.app import app  # made when first asked for: its settings come with the server

    return httpx.ASGITransport(app=app)


def _base_url() -> str:
    return settings.BALLOTS_URL or "http://ballots.invalid"
