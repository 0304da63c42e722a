# SPDX-License-Identifier: Apache-2.0
"""The public board: the counts that may be published, beside the names they belong to."""

from dataclasses import dataclass
from datetime import datetime

from minyi.campaigns.models import Campaign, Nominee

from .counts import CountsHidden, LogMark, published_counts


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One nominee on the board."""

    number: int
    name: str
    votes: int
    is_withdrawn: bool


@dataclass(frozen=True, slots=True)
class Board:
    """What everybody may know now. `ballots` counts ballots, `votes` of a row counts picks."""

    ballots: int
    as_of: datetime
    next_at: datetime | None
    mark: LogMark | None  # of the public log these counts follow from
    rows: tuple[BoardRow, ...]  # by number; a page may rank them, for these counts are public


def board_of(*, campaign_id: int, now: datetime) -> Board | CountsHidden:
    """Return the board, or the reason why there is none yet."""
    counts = published_counts(campaign_id=campaign_id, now=now)
    if isinstance(counts, CountsHidden):
        return counts
    nominees = Nominee.objects.filter(campaign_id=campaign_id).order_by("number")
    rows = tuple(
        BoardRow(number, name, counts.votes.get(number, 0), status == Nominee.Status.WITHDRAWN)
        for number, name, status in nominees.values_list("number", "name", "status")
    )
    return Board(counts.ballots, counts.as_of, counts.next_at, counts.mark, rows)


def live_board(*, slug: str, now: datetime) -> Board | None:
    """Return the board while it changes by the second; None when there is nothing to follow.

    That is: in live mode, from the first moment of voting to the last.
    """
    campaign = (
        Campaign.objects.public()
        .filter(
            slug=slug,
            count_mode=Campaign.CountMode.LIVE,
            round__opens_ms__lte=_ms(now),
            round__closes_ms__gt=_ms(now),
        )
        .values_list("pk", flat=True)
        .first()
    )
    if campaign is None:
        return None
    found = board_of(campaign_id=campaign, now=now)
    return found if isinstance(found, Board) else None


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
