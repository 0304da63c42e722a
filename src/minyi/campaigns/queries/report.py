# SPDX-License-Identifier: Apache-2.0
"""The figures of an activity report, frozen: each from a named source, none from an estimate."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from django.db.models import Count

from minyi.campaigns.errors import CampaignNotFound, ReportTooEarly
from minyi.campaigns.models import Campaign, Nomination, Result, Round
from minyi.campaigns.reasons import reason_words
from minyi.core.clock import moment_at
from minyi.ledger.queries.logs import tally

from .adjudication import Appeals, count_appeals
from .certificates import may_certify
from .publicity import Objections, count_objections
from .report_ballots import BallotFacts, hour_at, hours_between, read_facts
from .results import ShownResult, published_result

NIGHT = range(6)


@dataclass(frozen=True, slots=True)
class StageFigure:
    """A stage of the timetable."""

    name: str
    opens_at: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True)
class DayFigure:
    """Ballots of one day in the office's time: all that were received, and those that count."""

    day: str
    received: int
    counted: int


@dataclass(frozen=True, slots=True)
class NomineeFigure:
    """One line of the result. `share` is votes per counted ballot, in per cent."""

    rank: int
    number: int
    name: str
    unit: str
    category: str
    votes: int
    share: float
    public_points: str
    jury_points: str
    figures_points: str
    score: str
    is_selected: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A count with its name."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Unevenness:
    """How unevenly the counted ballots lie over the hours in which people could vote.

    Shares are per cent of the counted ballots. `gini` is 0 where every hour has as many, 1 where
    one has them all. `*_at` are moments in the office's time as text; empty without ballots.
    """

    hours: int
    hours_without: int
    busiest_hour_at: str
    busiest_hour: int
    busiest_hour_share: float
    busiest_tenth_share: float
    busiest_minute_at: str
    busiest_minute: int
    night_share: float
    gini: float


@dataclass(frozen=True, slots=True)
class ReportFigures:
    """Everything a report says in numbers, but for robustness."""

    title: str
    slug: str
    agency: str
    region: str
    is_award: bool
    approval_number: str
    purpose: str
    as_of: datetime
    source: str
    digest: str
    published_at: datetime
    agrees: bool
    stages: Sequence[StageFigure]
    min_picks: int
    max_picks: int
    is_daily: bool
    seats: int
    formula: Sequence[str]
    tie_words: str
    jurors: int
    received: int
    counted: int
    quarantined: int
    void: int
    single_pick: int
    votes: int
    excluded_by_rule: Sequence[Named]
    days: Sequence[DayFigure]
    hours_of_day: Sequence[int]
    unevenness: Unevenness
    nominees: Sequence[NomineeFigure]
    votes_by_category: Sequence[Named]
    nominations: Sequence[Named]
    objections: Objections
    appeals: Appeals

    @property
    def selected(self) -> list[NomineeFigure]:
        return [one for one in self.nominees if one.is_selected]


def check_reportable(campaign: Campaign) -> Result:
    """Return the final result, or raise ReportTooEarly: a report tells all that was hidden."""
    result: Result | None = getattr(campaign, "result", None)
    if result is None or not may_certify(result):
        raise ReportTooEarly
    return result


def campaign_of(campaign_id: int) -> Campaign:
    """Return the campaign with what a report reads of it."""
    rows = Campaign.objects.select_related("agency__region", "result__campaign", "round")
    campaign: Campaign | None = rows.prefetch_related("stages").filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    return campaign


def gather_figures(*, campaign_id: int, now: datetime) -> ReportFigures:
    """Compute every figure from rows and from one reading of the ballots."""
    campaign = campaign_of(campaign_id)
    check_reportable(campaign)
    result = published_result(campaign_id=campaign_id)
    paper: Round = campaign.round
    facts = read_facts(paper)
    counted, votes = facts.votes()
    stages = {stage.kind: stage for stage in campaign.stages.all()}
    voting = stages["voting"]
    return ReportFigures(
        title=campaign.title,
        slug=campaign.slug,
        agency=campaign.agency.name,
        region=campaign.agency.region.name,
        is_award=campaign.type == Campaign.Type.AWARD,
        approval_number=campaign.approval_number,
        purpose=campaign.purpose,
        as_of=now,
        source=_source_words(facts),
        digest=result.digest,
        published_at=result.published_at or now,
        agrees=_agrees(result, counted, votes),
        stages=[
            StageFigure(str(stage.phase.name), stage.opens_at, stage.closes_at)
            for stage in campaign.stages.all()
        ],
        min_picks=campaign.min_picks,
        max_picks=campaign.max_picks,
        is_daily=campaign.frequency == Campaign.Frequency.DAY,
        seats=campaign.seats,
        formula=result.formula_lines,
        tie_words=result.tie_words,
        jurors=result.jurors if campaign.jury_weight else 0,
        received=facts.ballots(),
        counted=counted,
        quarantined=facts.ballots("quarantined"),
        void=facts.ballots("void"),
        single_pick=counted - facts.votes(without_single=True)[0],
        votes=votes.total(),
        excluded_by_rule=_excluded(paper),
        days=_days(facts, hours_between(voting.opens_at, voting.closes_at)),
        hours_of_day=_hours_of_day(facts),
        unevenness=_unevenness(facts, hours_between(voting.opens_at, voting.closes_at)),
        nominees=_nominees(result),
        votes_by_category=_by_category(result),
        nominations=_nominations(campaign),
        objections=count_objections(campaign_id),
        appeals=count_appeals(campaign_id),
    )


def _source_words(facts: BallotFacts) -> str:
    if facts.mark is not None:
        mark = facts.mark
        return f"公开账本 {mark.folder}，前 {mark.size} 条，校验码 {mark.root}"
    return f"选票表，计至第 {facts.upto_ballot} 号选票（本次活动没有公开账本）"


def _agrees(result: ShownResult, counted: int, votes: Counter[int]) -> bool:
    """Tell whether the ballots read now are those the published result was counted from."""
    return counted == result.ballots and all(
        votes.get(line.number, 0) == line.votes for line in result.lines
    )


def _excluded(paper: Round) -> list[Named]:
    if not paper.log:
        return []
    found = tally(paper.log)
    rules: Counter[str] = Counter(found.void_by_rule)
    rules.update(found.quarantined_by_rule)
    return [Named(reason_words(rule), count) for rule, count in sorted(rules.items())]


def _days(facts: BallotFacts, hours: range) -> list[DayFigure]:
    received, counted = Counter[str](), Counter[str]()
    for by_day, ballots in (
        (received, facts.by_hour(counted_only=False)),
        (counted, facts.by_hour()),
    ):
        for hour, many in ballots.items():
            by_day[f"{hour_at(hour):%Y-%m-%d}"] += many
    days = dict.fromkeys(f"{hour_at(hour):%Y-%m-%d}" for hour in hours)
    return [DayFigure(day, received[day], counted[day]) for day in sorted({*days, *received})]


def _hours_of_day(facts: BallotFacts) -> list[int]:
    found = [0] * 24
    for hour, many in facts.by_hour().items():
        found[hour_at(hour).hour] += many
    return found


def _unevenness(facts: BallotFacts, hours: range) -> Unevenness:
    ballots = facts.by_hour()
    series = sorted(ballots[hour] for hour in {*hours, *ballots})
    total = sum(series)
    top = max(ballots.items(), key=lambda pair: (pair[1], -pair[0]), default=None)
    tenth = series[len(series) - max(len(series) // 10, 1) :]
    minute = facts.busiest_minute
    return Unevenness(
        hours=len(series),
        hours_without=series.count(0),
        busiest_hour_at=f"{hour_at(top[0]):%Y-%m-%d %H}时" if top else "",
        busiest_hour=top[1] if top else 0,
        busiest_hour_share=percent(top[1] if top else 0, total),
        busiest_tenth_share=percent(sum(tenth), total),
        busiest_minute_at=f"{moment_at(minute[0]):%Y-%m-%d %H:%M}" if minute else "",
        busiest_minute=minute[1] if minute else 0,
        night_share=percent(sum(_hours_of_day(facts)[hour] for hour in NIGHT), total),
        gini=gini(series),
    )


def gini(series: Sequence[int]) -> float:
    """Return the Gini coefficient of an ascending series, to three places; 0 where all is 0."""
    total = sum(series)
    if not total:
        return 0.0
    area = sum(accumulate(series)) / total
    return round((len(series) + 1 - 2 * area) / len(series), 3)


def percent(part: int, whole: int) -> float:
    """Return a share in per cent, to one place; 0 of nothing."""
    return round(100 * part / whole, 1) if whole else 0.0


def _nominees(result: ShownResult) -> list[NomineeFigure]:
    return [
        NomineeFigure(
            rank=line.rank,
            number=line.number,
            name=line.name,
            unit=line.unit,
            category=line.category,
            votes=line.votes,
            share=percent(line.votes, result.ballots),
            public_points=line.public_points,
            jury_points=line.jury_points,
            figures_points=line.figures_points,
            score=line.score,
            is_selected=line.is_selected,
        )
        for line in result.lines
    ]


def _by_category(result: ShownResult) -> list[Named]:
    found: Counter[str] = Counter()
    for line in result.lines:
        found[line.category or "未分类"] += line.votes
    return [Named(name, count) for name, count in found.most_common()]


def _nominations(campaign: Campaign) -> list[Named]:
    by_state = dict(campaign.nominations.order_by().values_list("status").annotate(Count("pk")))
    return [
        Named(str(Nomination.Status(state).label), by_state[state])
        for state in Nomination.Status.values
        if state in by_state
    ]
