# SPDX-License-Identifier: Apache-2.0
"""The public log of a campaign, as its pages tell of it, and the proof of one's own ballot."""

from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils.timezone import localtime

from ballotbox.sealing import Proof
from minyi.ledger import folders
from minyi.ledger.queries import proofs
from minyi.ledger.queries.logs import find_log_of

from .own import OwnBallot
from .public import PublicCampaign


@dataclass(frozen=True, slots=True)
class PublicLog:
    """A log: whose key signs it, since when it may be read, and how far it has come.

    Before `opens_at` nothing of its size is told, which would be the turnout.
    """

    folder: str
    path: str
    vkey: str
    opens_at: datetime
    is_open: bool
    size: int
    root: str
    published_at: datetime | None
    witnesses: tuple[str, ...]


def find_public_log(*, campaign: PublicCampaign, now: datetime) -> PublicLog | None:
    """Return the log of a campaign; None: its votes are counted without one."""
    found = find_log_of(campaign.voting.round_id) if campaign.voting else None
    if found is None:
        return None
    since = folders.read_beside(found.folder, "public_from")
    if not since.isdecimal():
        return None
    opens_at = localtime(datetime.fromtimestamp(int(since) / 1000, tz=UTC))
    is_open = opens_at <= now
    return PublicLog(
        folder=found.folder,
        path=f"/ledger/{found.folder}",
        vkey=found.vkey,
        opens_at=opens_at,
        is_open=is_open,
        size=found.size if is_open else 0,
        root=found.root if is_open else "",
        published_at=found.published_at if is_open else None,
        witnesses=found.witnesses if is_open else (),
    )


def find_own_proof(
    *, campaign: PublicCampaign, ballot: OwnBallot, log: PublicLog | None
) -> Proof | None:
    """Return the proof of the voter's own ballot, once the log it is in may be read."""
    if log is None or not log.is_open or campaign.voting is None:
        return None
    return proofs.find_proof(round_id=campaign.voting.round_id, ballot_id=ballot.id)
