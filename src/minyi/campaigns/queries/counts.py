# SPDX-License-Identifier: Apache-2.0
"""The one gate through which every count passes: page, API, export, order, mail, staff console.

A count is a fold over the public log of the vote up to a named checkpoint; anybody can fold it
again (`votelog recount`). A round without a log, from before the ledger or where no key is set, is
folded from the table of ballots up to a named ballot. How far the fold may go today follows from
the campaign's mode, fixed before the vote opened and shown to everybody:

    live         the last ballot there is
    scheduled    the last ballot cast before the latest of the announced hours; of a sealed log,
                 what the office has written into it as the count of that hour
    after close  the last ballot, once the voting stage is over; nothing before. Of a sealed log,
                 once two trustees have opened it

Nobody sees more, staff included: a number that only the office knows is how votes are sold.
"""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import structlog
from django.db import OperationalError
from django.db.models import Max

from minyi.campaigns.errors import BallotsSealed, CampaignNotFound
from minyi.campaigns.models import Ballot, Campaign, CountSnapshot, Round
from minyi.core.clock import OFFICE_TIME, moment_at
from minyi.ledger.queries.logs import Tally, tally, tally_before

log = structlog.get_logger("minyi.counts")
SNAPSHOT_EVERY = 2_000  # ballots: a board that looks every second folds fewer than this


@dataclass(frozen=True, slots=True)
class LogMark:
    """The state of the public log a count follows from, as its checkpoint says it.

    `root` is empty where no checkpoint was published at exactly this size.
    """

    folder: str
    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Counts:
    """`votes` maps nominee number to votes; `ballots` counts ballots, not picks.

    What was counted is named by `mark`, or by `upto_ballot` where the round has no log.
    """

    upto_ballot: int
    ballots: int
    votes: Mapping[int, int]
    as_of: datetime
    next_at: datetime | None = None  # scheduled mode: when newer figures come
    mark: LogMark | None = None


@dataclass(frozen=True, slots=True)
class CountsHidden:
    """Nothing may be shown yet; `next_at` says when it will be."""

    mode: str
    next_at: datetime | None
    is_sealed: bool = False  # voting is over, and the trustees have not opened the choices yet


def published_counts(*, campaign_id: int, now: datetime) -> Counts | CountsHidden:
    """Return what everybody may know of the count at this moment."""
    campaign, paper = _round_of(campaign_id)
    if paper is None:
        return CountsHidden(campaign.count_mode, None)
    opens_at, closes_at = moment_at(paper.opens_ms), moment_at(paper.closes_ms)
    if now < opens_at:
        return CountsHidden(campaign.count_mode, _first_publication(campaign, opens_at, closes_at))
    if now >= closes_at or campaign.count_mode == Campaign.CountMode.LIVE:
        try:
            return count_whole(paper=paper, as_of=now)
        except BallotsSealed:
            return CountsHidden(campaign.count_mode, None, is_sealed=True)
    if campaign.count_mode == Campaign.CountMode.AFTER_CLOSE:
        return CountsHidden(campaign.count_mode, closes_at)
    hours = campaign.count_hours
    latest = latest_hour(hours, now)
    next_at = min(next_hour(hours, now), closes_at)
    if latest is None or latest <= opens_at:
        return CountsHidden(campaign.count_mode, next_at)
    if paper.is_sealed:
        return _announced(paper.log, campaign, next_at)
    if paper.log:
        return _from_log(paper.log, tally_before(paper.log, latest), latest, next_at)
    upto = last_ballot(paper.pk, cast_before=latest)
    counts = fold_counts(round_id=paper.pk, upto_ballot=upto, as_of=latest)
    return Counts(counts.upto_ballot, counts.ballots, counts.votes, latest, next_at)


def count_whole(*, paper: Round, as_of: datetime) -> Counts:
    """Count everything there is; who may see it is the caller's matter.

    Raises BallotsSealed.
    """
    if paper.log:
        found = tally(paper.log)
        if paper.is_sealed and (found.sealed or not found.size):
            raise BallotsSealed
        return _from_log(paper.log, found, as_of)
    return fold_counts(round_id=paper.pk, upto_ballot=last_ballot(paper.pk), as_of=as_of)


def _announced(folder: str, campaign: Campaign, next_at: datetime) -> Counts | CountsHidden:
    """Return the last count the office has announced of a sealed log, as the log itself has it.

    Anybody can check it once the choices are open; until then it is the office's word.
    """
    found = tally(folder).announced
    if found is None:
        return CountsHidden(campaign.count_mode, next_at)
    votes = {int(label): count for label, count in found.votes.items() if count}
    mark = LogMark(folder, found.size, "")
    return Counts(0, found.ballots, votes, moment_at(found.hour), next_at, mark)


def _from_log(
    folder: str, found: Tally, as_of: datetime, next_at: datetime | None = None
) -> Counts:
    votes = {int(label): count for label, count in found.votes.items() if count}
    mark = LogMark(folder, found.size, found.root)
    return Counts(0, found.ballots, votes, as_of, next_at, mark)


def fold_counts(*, round_id: int, upto_ballot: int, as_of: datetime) -> Counts:
    """Fold the ballots of a round up to and including that ballot, from the nearest snapshot.

    The ballot box lets ids grow in commit order within a round, so the sum is exact and final.
    """
    start = (
        CountSnapshot.objects.filter(round_id=round_id, upto_ballot__lte=upto_ballot)
        .order_by("-upto_ballot")
        .first()
    )
    votes = Counter({int(n): v for n, v in start.votes.items()} if start else {})
    ballots = start.ballots if start else 0
    rows = (
        Ballot.objects.filter(
            round_id=round_id, id__gt=start.upto_ballot if start else 0, id__lte=upto_ballot
        )
        .order_by("id")
        .values_list("id", "picks")
    )
    snapshots = []
    for place, (ballot_id, picks) in enumerate(rows.iterator(chunk_size=5_000), start=1):
        votes.update(json.loads(picks))
        ballots += 1
        if place % SNAPSHOT_EVERY == 0:
            snapshots.append(_snapshot(round_id, ballot_id, ballots, votes))
    _keep(snapshots)
    return Counts(upto_ballot, ballots, dict(votes), as_of)


def _round_of(campaign_id: int) -> tuple[Campaign, Round | None]:
    campaign = Campaign.objects.select_related("round").filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    return campaign, getattr(campaign, "round", None)


def last_ballot(round_id: int, cast_before: datetime | None = None) -> int:
    """Return the newest ballot's id, or 0; found backwards along the order of ids."""
    ballots = Ballot.objects.filter(round_id=round_id)
    if cast_before is not None:
        ballots = ballots.filter(cast_ms__lt=int(cast_before.timestamp() * 1000))
    return ballots.aggregate(last=Max("id"))["last"] or 0


def _snapshot(round_id: int, upto: int, ballots: int, votes: Counter[int]) -> CountSnapshot:
    spelled = {str(number): count for number, count in votes.items()}
    return CountSnapshot(round_id=round_id, upto_ballot=upto, ballots=ballots, votes=spelled)


def _keep(snapshots: list[CountSnapshot]) -> None:
    """Keep the intermediate sums, after the last row has been read and never before.

    A read that is still open has an older picture of the database, and SQLite lets nobody write
    from there once a ballot has come in between. What cannot be kept is folded again next time.
    """
    if not snapshots:
        return
    try:
        CountSnapshot.objects.bulk_create(snapshots, ignore_conflicts=True)
    except OperationalError as error:
        log.info("snapshots_not_kept", count=len(snapshots), error=str(error))


def _first_publication(
    campaign: Campaign, opens_at: datetime, closes_at: datetime
) -> datetime | None:
    if campaign.count_mode == Campaign.CountMode.LIVE:
        return opens_at
    if campaign.count_mode == Campaign.CountMode.AFTER_CLOSE:
        return closes_at
    return min(next_hour(campaign.count_hours, opens_at), closes_at)


def latest_hour(hours: list[int], now: datetime) -> datetime | None:
    local = now.astimezone(OFFICE_TIME)
    days = (local.date(), local.date() - timedelta(days=1))
    moments = [datetime.combine(d, time(h), OFFICE_TIME) for d in days for h in hours]
    return max((moment for moment in moments if moment <= local), default=None)


def next_hour(hours: list[int], now: datetime) -> datetime:
    local = now.astimezone(OFFICE_TIME)
    days = (local.date(), local.date() + timedelta(days=1))
    moments = [datetime.combine(d, time(h), OFFICE_TIME) for d in days for h in hours]
    return min(
        (moment for moment in moments if moment > local),
        default=datetime.max.replace(tzinfo=OFFICE_TIME),
    )
