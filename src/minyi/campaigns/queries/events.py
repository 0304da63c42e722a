# SPDX-License-Identifier: Apache-2.0
"""A vote as the event log of the integrity engine (docs/reference/integrity.md)."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from minyi.campaigns.models import Ballot, Nominee, Round
from minyi.integrity.pictures import Row
from minyi.integrity.queries.visits import Seen, find_visits
from minyi.ledger.errors import LogDamaged
from minyi.ledger.queries.logs import read_choices

COLUMNS = (
    "event_id", "ts", "openid", "choices", "ip", "net", "model", "os", "osv", "wxver", "src",
    "dwell_ms", "touch_n", "pv", "first_seen", "prior_n",
)  # fmt: skip
AT_ONCE = 2000


def write_events(*, round_id: int, folder: Path) -> int:
    """Write `events.csv` and `candidates.csv` there; return the number of ballots.

    `event_id` is the ballot's row, `openid` its pseudonym in this vote. What nobody saw is empty:
    a ballot cast in the chat, or by a browser without script.
    """
    paper = Round.objects.get(pk=round_id)
    with (folder / "candidates.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["candidate", "city", "kind"])
        numbers = Nominee.objects.filter(campaign_id=paper.campaign_id).values_list("number")
        table.writerows([number, "", ""] for (number,) in numbers)
    count = 0
    picks_of = _opened_picks(paper) if paper.hides_choices else _stored_picks
    with (folder / "events.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(COLUMNS)
        for ballots in _batches(round_id):
            seen = find_visits(round_id=round_id, voters=[ballot.voter_ref for ballot in ballots])
            table.writerows(_event(ballot, seen, picks_of(ballot)) for ballot in ballots)
            count += len(ballots)
    return count


def rows_of(*, round_id: int, ballots: Sequence[Ballot]) -> list[Row]:
    """Return these ballots, whose choices stand in clear, as rows of an event log."""
    seen = find_visits(round_id=round_id, voters=[ballot.voter_ref for ballot in ballots])
    return [
        dict(zip(COLUMNS, map(str, _event(one, seen, _stored_picks(one))), strict=True))
        for one in ballots
    ]


def _stored_picks(ballot: Ballot) -> list[int]:
    picks: list[int] = json.loads(ballot.picks)
    return picks


def _opened_picks(paper: Round) -> Callable[[Ballot], list[int]]:
    """Return what gives the picks of each ballot in turn: log and table have one order."""
    choices = read_choices(paper.log)

    def next_picks(ballot: Ballot) -> list[int]:
        nonce, labels = next(choices, ("", ()))
        if nonce != ballot.nonce:
            raise LogDamaged(findings=f"ballot {ballot.pk}")
        return [int(label) for label in labels]

    return next_picks


def _batches(round_id: int) -> Iterator[list[Ballot]]:
    after = 0
    rows = Ballot.objects.filter(round_id=round_id).order_by("id")
    while batch := list(rows.filter(id__gt=after)[:AT_ONCE]):
        yield batch
        after = batch[-1].pk


def _event(ballot: Ballot, visits: Mapping[str, Seen], picks: list[int]) -> list[object]:
    seen = visits.get(ballot.voter_ref)
    conduct = ballot.conduct.split(",") if ballot.conduct else ["", "", ""]
    place = [seen.ip, seen.net, seen.model, seen.os, seen.osv, seen.wxver, seen.src] if seen else []
    return [
        ballot.pk,
        ballot.cast_ms,
        ballot.voter_ref,
        "|".join(map(str, picks)),
        *(place or [""] * 7),
        *conduct,
        *(_known(seen.first_seen, seen.prior_n) if seen else ("", "")),
    ]


def _known(*facts: int | None) -> list[object]:
    """Leave empty what nobody knows."""
    return ["" if fact is None else fact for fact in facts]
