# SPDX-License-Identifier: Apache-2.0
"""What the public may know of how fair a count is: over time, by candidate, and how firm it is.

Everything here comes through the gate of `queries.adjudication.public_counts` and is a fold over
the public log. Many look, so one reading of the log serves everybody for a minute.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.cache import cache
from django.utils.timezone import localtime

from minyi.campaigns.models import Campaign
from minyi.campaigns.robustness import Rule, fewest_added, place_with, selected
from minyi.campaigns.scoring import Entry, Weights
from minyi.core.clock import OFFICE_TIME
from minyi.ledger.queries.logs import StateName

from .adjudication import PublicCounts, public_counts
from .counts import CountsHidden
from .prices import AttackPrice, attack_prices
from .public import PublicCampaign
from .report_ballots import BallotFacts, hour_at, read_facts
from .results import gather_entries, weights_of

FRESH_S = 60
LOCK_S = 120  # one reads the log, however many ask; it is let go of in the end
KEPT_S = 3600
MOST_ADDED = 100  # times the votes there are: what takes more is out of reach
FINE = timedelta(days=3)  # up to here ballots are shown by the hour, later on by the day
STATES: tuple[StateName, ...] = ("counted", "quarantined", "void")


@dataclass(frozen=True, slots=True)
class Span:
    """The ballots cast in one hour or one day, by what has become of them since."""

    at: datetime
    counted: int
    quarantined: int
    void: int


@dataclass(frozen=True, slots=True)
class CandidateVotes:
    """The votes for one candidate, by what has become of their ballots."""

    number: int
    name: str
    counted: int
    quarantined: int
    void: int


@dataclass(frozen=True, slots=True)
class Supposition:
    """Would the selection be another one if that share of the ballots in doubt were valid?"""

    share: int  # percent
    came: Sequence[str]
    went: Sequence[str]

    @property
    def changes(self) -> bool:
        """True where somebody else would be selected."""
        return bool(self.came or self.went)


@dataclass(frozen=True, slots=True)
class Firmness:
    """How firm the selection is.

    `public_only`: by the public's votes alone, because the rest is not public yet. `margin` is the
    fewest more votes for one candidate, `rival`, that change the selection; None: a hundred times
    the votes there are do not.
    """

    public_only: bool
    suppositions: Sequence[Supposition]
    margin: int | None
    rival: str
    prices: Sequence[AttackPrice]


@dataclass(frozen=True, slots=True)
class Fairness:
    """Everything but the sums, of the log as it stood at `as_of`."""

    as_of: datetime
    by_day: bool
    spans: Sequence[Span]
    candidates: Sequence[CandidateVotes]
    firmness: Firmness | None  # None: there is nobody to choose among, or nobody has voted

    @property
    def doubted(self) -> int:
        """Return how many votes are under review or struck out."""
        return sum(one.quarantined + one.void for one in self.candidates)


@dataclass(frozen=True, slots=True)
class FairCount:
    """The sums and what stands behind them."""

    counts: PublicCounts
    # None: a vote without a log, where nothing is ever held, or the log is being read just now.
    fairness: Fairness | None


def fair_count(*, campaign: PublicCampaign, now: datetime) -> FairCount | CountsHidden:
    """Return what everybody may know of how ballots were treated, or why nothing yet."""
    counts = public_counts(campaign=campaign, now=now)
    if isinstance(counts, CountsHidden):
        return counts
    if counts.mark is None:  # its sums may be of an hour past, and the ballots tell more
        return FairCount(counts, None)
    return FairCount(counts, _shared(campaign.id, lambda: _gather(campaign, now)))


def _shared(campaign_id: int, gather: Callable[[], Fairness]) -> Fairness | None:
    """Return what was gathered within the last minute; whoever comes first afterwards gathers.

    The others are shown what there was before, or None: a crowd at the door of a page that nobody
    has opened yet must not read a log of a million ballots a hundred times at once.
    """
    key = f"fairness:{campaign_id}"
    kept: Fairness | None = cache.get(key)
    is_fresh = cache.get(f"{key}:fresh") is not None
    if (kept is not None and is_fresh) or not cache.add(f"{key}:lock", 1, LOCK_S):
        return kept
    try:
        found = gather()
        cache.set(key, found, KEPT_S)
        cache.set(f"{key}:fresh", 1, FRESH_S)
    finally:
        cache.delete(f"{key}:lock")
    return found


def _gather(public: PublicCampaign, now: datetime) -> Fairness:
    rows = Campaign.objects.select_related("agency__region", "round")
    campaign: Campaign = rows.get(pk=public.id)
    facts = read_facts(campaign.round)
    votes = {state: facts.votes(states=(state,))[1] for state in STATES}
    entries = gather_entries(campaign, votes["counted"])
    by_day = _lasts_long(facts)
    return Fairness(
        as_of=now,
        by_day=by_day,
        spans=_spans(facts, by_day=by_day),
        candidates=[
            CandidateVotes(one.number, one.name, *(votes[state][one.number] for state in STATES))
            for one in entries
        ],
        firmness=_firmness(
            campaign, entries, votes, now, weights=_weights(campaign, is_public=public.has_result)
        )
        if facts.ballots() and len(entries) > campaign.seats
        else None,
    )


def _lasts_long(facts: BallotFacts) -> bool:
    hours = facts.by_hour(counted_only=False)
    return bool(hours) and timedelta(hours=max(hours) - min(hours)) > FINE


def _spans(facts: BallotFacts, *, by_day: bool) -> list[Span]:
    found: dict[datetime, Counter[str]] = {}
    for (hour, state, _single), pile in facts.piles.items():
        moment = hour_at(hour)
        at = moment.replace(hour=0) if by_day else moment
        found.setdefault(at, Counter())[state] += pile.ballots
    if not found:
        return []
    step = timedelta(days=1) if by_day else timedelta(hours=1)
    at, last, spans = min(found), max(found), []
    while at <= last:
        sums = found.get(at, Counter[str]())
        spans.append(Span(at.astimezone(OFFICE_TIME), *(sums[state] for state in STATES)))
        at += step
    return spans


def _firmness(
    campaign: Campaign,
    entries: list[Entry],
    votes: Mapping[StateName, Counter[int]],
    now: datetime,
    *,
    weights: Weights,
) -> Firmness:
    rule = Rule(weights, campaign.tie_rule, campaign.seats)
    shift = fewest_added(entries, rule, MOST_ADDED * max(sum(votes["counted"].values()), 1))
    names = {one.number: one.name for one in entries}
    today, region = localtime(now).date(), campaign.agency.region.code
    return Firmness(
        public_only=weights.public == 100 and campaign.public_weight != 100,
        suppositions=[_suppose(share, entries, votes, rule) for share in (100, 50)],
        margin=shift.ballots,
        rival=names.get(shift.nominee or 0, ""),
        prices=attack_prices(votes=shift.ballots, region_code=region, on=today)
        if shift.ballots
        else [],
    )


def _weights(campaign: Campaign, *, is_public: bool) -> Weights:
    """Return the weights of the result once it is public; until then the public's votes alone."""
    return weights_of(campaign) if is_public else Weights(100, 0, 0)


def _suppose(
    share: int, entries: list[Entry], votes: Mapping[StateName, Counter[int]], rule: Rule
) -> Supposition:
    """Let that share of each candidate's ballots in doubt count; the odd half vote does."""
    doubted = votes["quarantined"] + votes["void"]
    supposed = votes["counted"] + Counter(
        {number: -(-count * share // 100) for number, count in doubted.items()}
    )
    before = selected(place_with(entries, votes["counted"], rule))
    after = selected(place_with(entries, supposed, rule))
    names = {one.number: one.name for one in entries}
    return Supposition(
        share,
        [names[number] for number in sorted(after - before)],
        [names[number] for number in sorted(before - after)],
    )
