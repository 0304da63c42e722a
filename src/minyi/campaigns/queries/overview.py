# SPDX-License-Identifier: Apache-2.0
"""What the console says of a campaign at a moment: state, timetable, figures, what is due.

No count passes here but `published_counts`: staff see what the public sees.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db.models import Count, Q

from minyi.campaigns.models import Campaign, Nomination, Nominee, Result, Round, Stage
from minyi.campaigns.phases import PHASES
from minyi.core.models import AuditEntry

from .counts import Counts, CountsHidden, published_counts

State = Literal["draft", "soon", "running", "paused", "over", "cancelled"]
StageState = Literal["done", "now", "soon"]


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage on the timetable; `left` and `width` place it on the picture, in per cent."""

    kind: str
    name: str
    state: StageState
    opens_at: datetime
    closes_at: datetime
    note: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Figures:
    """How far the work is. `bare`: candidates whose 业务数据 carry weight and are not entered.

    `counts` is what everybody may know at this moment.
    """

    waiting: int
    nominations: int
    candidates: int
    withdrawn: int
    bare: int
    jurors: int
    counts: Counts | CountsHidden


@dataclass(frozen=True, slots=True)
class Overview:
    """`today` places the present moment on the picture in per cent, None when off it."""

    state: State
    stages: Sequence[StageLine]
    today: float | None
    figures: Figures
    pause_reason: str
    is_computed: bool
    is_signed: bool
    is_published: bool


@dataclass(frozen=True, slots=True)
class Act:
    """One line of the audit trail that concerns the campaign."""

    at: datetime
    who: str
    act: str
    reason: str


def campaign_overview(*, campaign: Campaign, now: datetime) -> Overview:
    """Return everything the overview page shows of the campaign itself."""
    stages = list(campaign.stages.all())
    paper = Round.objects.filter(campaign=campaign).first()
    result = Result.objects.filter(campaign=campaign).first()
    is_paused = paper is not None and paper.paused
    return Overview(
        state=campaign_state(campaign, stages=stages, is_paused=is_paused, now=now),
        stages=_timetable(stages, now),
        today=_today(stages, now),
        figures=_figures(campaign, now),
        pause_reason=paper.pause_reason if paper and paper.paused else "",
        is_computed=result is not None,
        is_signed=result is not None and result.signed_at is not None,
        is_published=result is not None and result.published_at is not None,
    )


def campaign_state(
    campaign: Campaign, *, stages: Sequence[Stage], is_paused: bool, now: datetime
) -> State:
    """Say in one word where a campaign stands."""
    if campaign.cancelled_at is not None:
        return "cancelled"
    if campaign.launched_at is None:
        return "draft"
    if stages and now >= max(stage.closes_at for stage in stages):
        return "over"
    if is_paused:
        return "paused"
    return "running" if any(stage.opens_at <= now for stage in stages) else "soon"


def recent_acts(*, campaign: Campaign, most: int = 8) -> list[Act]:
    """Return the latest acts on the campaign itself, newest first."""
    target = f"{campaign._meta.label_lower}:{campaign.pk}"
    return [
        Act(entry.at, entry.actor_name, entry.act, str(entry.facts.get("reason", "")))
        for entry in AuditEntry.objects.filter(target=target)[:most]
    ]


def _figures(campaign: Campaign, now: datetime) -> Figures:
    nominations = Nomination.objects.filter(campaign=campaign).aggregate(
        waiting=Count("pk", filter=Q(status=Nomination.Status.SUBMITTED)), all=Count("pk")
    )
    nominees = Nominee.objects.filter(campaign=campaign).aggregate(
        candidates=Count("pk", filter=Q(status=Nominee.Status.CANDIDATE)),
        withdrawn=Count("pk", filter=Q(status=Nominee.Status.WITHDRAWN)),
        bare=Count("pk", filter=Q(status=Nominee.Status.CANDIDATE, figures=None)),
    )
    return Figures(
        waiting=nominations["waiting"],
        nominations=nominations["all"],
        candidates=nominees["candidates"],
        withdrawn=nominees["withdrawn"],
        bare=nominees["bare"] if campaign.figures_weight else 0,
        jurors=campaign.jurors.count(),
        counts=published_counts(campaign_id=campaign.pk, now=now),
    )


def _timetable(stages: Sequence[Stage], now: datetime) -> list[StageLine]:
    return [
        StageLine(
            kind=stage.kind,
            name=str(PHASES[stage.kind].name),
            state="done" if stage.closes_at <= now else "now" if stage.is_open(now) else "soon",
            opens_at=stage.opens_at,
            closes_at=stage.closes_at,
            note=stage.note,
            left=_share(stages, stage.opens_at),
            width=_share(stages, stage.closes_at) - _share(stages, stage.opens_at),
        )
        for stage in stages
    ]


def _today(stages: Sequence[Stage], now: datetime) -> float | None:
    if not stages:
        return None
    share = _share(stages, now)
    return share if 0 <= share <= 100 else None


def _share(stages: Sequence[Stage], moment: datetime) -> float:
    """Place the moment between the first opening and the last closing, in per cent."""
    first = min(stage.opens_at for stage in stages)
    last = max(stage.closes_at for stage in stages)
    return round((moment - first) / (last - first) * 100, 2)
