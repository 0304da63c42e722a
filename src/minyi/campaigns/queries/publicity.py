# SPDX-License-Identifier: Apache-2.0
"""公示: how a result has been shown, for how many working days, and what still stands open.

A result may become final when the public has seen **this ranking** for the announced working days
and nothing is undecided. A correction that leaves ranking and selection as they were goes on
counting; one that changes them starts anew (terms `publicity.again…`). ADR 19.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from django.db.models import Count, Q
from django.utils.timezone import localtime

from minyi.campaigns.errors import ResultUnsigned
from minyi.campaigns.models import (
    Appeal,
    Campaign,
    Objection,
    Result,
    ResultVersion,
    Round,
    Ruling,
    Stage,
)
from minyi.core.workdays import DueDate, add_workdays, count_workdays
from minyi.ledger.queries.logs import tally

from .terms import AGAIN, AGAIN_SAME, term_of

State = Literal["none", "showing", "handling", "correcting", "waiting", "final"]
# Remedies that make another result; a corrected text does not.
RECOMPUTED = (Objection.Remedy.RECOUNT, Objection.Remedy.BALLOTS, Objection.Remedy.NOMINEE)


@dataclass(frozen=True, slots=True)
class Shown:
    """For which working days the present ranking has stood, and how many are still missing.

    `due` says on which day it will have stood long enough, and by which days; None: it has.
    """

    signed_on: date
    counted: tuple[date, ...]
    missing: int
    due: DueDate | None


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What keeps a result from being final. All zero: nothing."""

    objections: int
    remedies: int
    appeals: int
    proposals: int
    quarantined: int

    def __bool__(self) -> bool:
        return any((self.objections, self.remedies, self.appeals, self.proposals, self.quarantined))


@dataclass(frozen=True, slots=True)
class Version:
    """A result that was signed, and until when and why it stood."""

    number: int
    digest: str
    signed_at: datetime
    ended_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Objections:
    """How many objections there were and what became of them; withdrawn ones are «other»."""

    filed: int
    open: int
    upheld: int
    dismissed: int
    declined: int


@dataclass(frozen=True, slots=True)
class Publicity:
    """The state of a result as everybody may know it.

    `days` are those of the announced stage: counted, skipped, provisional.
    """

    state: State
    opens_at: datetime | None
    closes_at: datetime | None
    days: DueDate | None
    may_object: bool
    objections: Objections
    appeals_open: int
    versions: tuple[Version, ...]


def publicity_of(*, campaign_id: int, now: datetime) -> Publicity:
    """Return how far the result of a launched campaign has come."""
    campaign = Campaign.objects.public().prefetch_related("stages").get(pk=campaign_id)
    stage = next((one for one in campaign.stages.all() if one.kind == "publicity"), None)
    result = Result.objects.filter(campaign=campaign).first()
    versions = shown_versions(result, stage) if result and stage else []
    objections = count_objections(campaign_id)
    appeals = Appeal.objects.filter(
        round__campaign_id=campaign_id, state__in=(Appeal.State.FILED, Appeal.State.PROPOSED)
    ).count()
    return Publicity(
        state=_state(result, stage, versions, objections.open + appeals, now),
        opens_at=stage.opens_at if stage else None,
        closes_at=stage.closes_at if stage else None,
        days=days_of(stage) if stage else None,
        may_object=any("object" in s.phase.features and s.is_open(now) for s in _stages(campaign)),
        objections=objections,
        appeals_open=appeals,
        versions=tuple(
            Version(v.number, v.digest, v.signed_at, v.ended_at, v.reason) for v in versions
        ),
    )


def days_of(stage: Stage) -> DueDate:
    """Return the working days of a stage, its first day not counted (民法典 art. 201)."""
    return count_workdays(start=localtime(stage.opens_at).date(), end=last_day_of(stage))


def last_day_of(stage: Stage) -> date:
    """Return the last day of a stage: one that closes at midnight ends with the day before."""
    return localtime(stage.closes_at - timedelta(microseconds=1)).date()


def shown_for(*, result: Result, stage: Stage) -> Shown:
    """Return for which working days the present, signed ranking stands until the stage ends."""
    campaign = result.campaign
    versions = shown_versions(result, stage)
    signed_at = result.signed_at
    if signed_at is None:
        raise ResultUnsigned
    signed_on, last = localtime(signed_at).date(), last_day_of(stage)
    if signed_at <= stage.opens_at:
        return Shown(signed_on, days_of(stage).counted, 0, None)
    run = _same_ranking(versions)
    fresh = count_workdays(start=signed_on, end=last).counted
    counted = sorted({*_days_before(run, stage, last), *fresh})
    region, on = campaign.agency.region.code, signed_on
    needed = max(campaign.publicity_days, 1)
    if len(versions) > len(run):
        needed = max(needed, term_of(AGAIN, region_code=region, on=on))
    missing = needed - len(counted)
    if len(run) > 1:
        missing = max(missing, term_of(AGAIN_SAME, region_code=region, on=on) - len(fresh))
    if missing <= 0:
        return Shown(signed_on, tuple(counted), 0, None)
    return Shown(
        signed_on,
        tuple(counted),
        missing,
        add_workdays(start=signed_on, amount=len(fresh) + missing),
    )


def shown_versions(result: Result, stage: Stage) -> list[ResultVersion]:
    """Return the versions the public has seen or sees, oldest first."""
    unseen = Q(ended_at__lte=stage.opens_at)
    return list(result.versions.exclude(unseen).order_by("number"))


def count_objections(campaign_id: int) -> Objections:
    """Return how many objections a campaign has had, by outcome."""
    rows = Objection.objects.filter(campaign_id=campaign_id).order_by()
    by = dict(rows.values_list("state").annotate(Count("pk")))
    states = Objection.State
    return Objections(
        filed=sum(by.values()),
        open=sum(by.get(state, 0) for state in Objection.OPEN),
        upheld=by.get(states.UPHELD, 0),
        dismissed=by.get(states.DISMISSED, 0),
        declined=by.get(states.DECLINED, 0),
    )


def unsettled_of(campaign_id: int) -> Unsettled:
    """Return what is still undecided about a result."""
    objections = Objection.objects.filter(campaign_id=campaign_id)
    paper = Round.objects.filter(campaign_id=campaign_id).first()
    remedies = objections.filter(state=Objection.State.UPHELD, remedied_at=None)
    return Unsettled(
        objections=objections.filter(state__in=Objection.OPEN).count(),
        remedies=remedies.exclude(remedy="").count(),
        appeals=Appeal.objects.filter(
            round=paper, state__in=(Appeal.State.FILED, Appeal.State.PROPOSED)
        ).count(),
        proposals=Ruling.objects.filter(round=paper, state=Ruling.State.PROPOSED).count(),
        quarantined=tally(paper.log).quarantined if paper and paper.log else 0,
    )


def _stages(campaign: Campaign) -> Sequence[Stage]:
    return list(campaign.stages.all())


def _state(
    result: Result | None,
    stage: Stage | None,
    versions: Sequence[ResultVersion],
    undecided: int,
    now: datetime,
) -> State:
    if result is None or stage is None or now < stage.opens_at:
        return "final" if result is not None and result.published_at else "none"
    if result.published_at:
        return "final"
    if result.signed_at is None:
        return "correcting" if versions else "none"
    if now < stage.closes_at:
        return "showing"
    return "handling" if undecided else "waiting"


def _same_ranking(versions: Sequence[ResultVersion]) -> list[ResultVersion]:
    """Return the last versions that all have the ranking of the very last."""
    run: list[ResultVersion] = []
    for version in reversed(versions):
        if run and version.ranking != run[-1].ranking:
            break
        run.append(version)
    return run[::-1]


def _days_before(run: Sequence[ResultVersion], stage: Stage, last: date) -> set[date]:
    """Return the working days on which earlier versions of the same ranking could be seen."""
    days: set[date] = set()
    for version in run[:-1]:
        start = localtime(max(version.signed_at, stage.opens_at)).date()
        ended = localtime(version.ended_at).date() if version.ended_at else last
        days.update(count_workdays(start=start, end=min(ended, last)).counted)
    return days
