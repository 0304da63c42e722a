# SPDX-License-Identifier: Apache-2.0
"""The timetable of a campaign: planned from a template, then moved with a reason."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.utils.translation import gettext as _

from minyi.campaigns.blueprints import PlannedStage
from minyi.campaigns.errors import CampaignInvalid, StageFrozen
from minyi.campaigns.models import Campaign, Result, Stage
from minyi.campaigns.phases import PHASES
from minyi.core.clock import OFFICE_TIME
from minyi.core.workdays import add_workdays

from .lines import Translations

LEAD_DAYS = 7  # between drafting and the first stage: time for checks and signatures
OPENS, CLOSES = time(9, 0), time(18, 0)  # an office keeps office hours


@dataclass(frozen=True, slots=True)
class StageEntry:
    """One line of the timetable as somebody wants it; `kind` names the stage."""

    kind: str
    opens_at: datetime
    closes_at: datetime
    note: str = ""
    translations: Translations = field(default_factory=dict)


def plan_stages(planned: Sequence[PlannedStage], *, now: datetime) -> list[StageEntry]:
    """Lay the stages of a template on the calendar, one after the other.

    Each opens at 9:00 and closes at 18:00; publicity closes on its last working day.
    """
    first = now.astimezone(OFFICE_TIME).date() + timedelta(days=LEAD_DAYS)
    entries = []
    for stage in planned:
        if stage.unit == "workday":
            last = add_workdays(start=first, amount=stage.length).day
        else:
            last = first + timedelta(days=stage.length - 1)
        entries.append(
            StageEntry(
                stage.kind,
                datetime.combine(first, OPENS, OFFICE_TIME),
                datetime.combine(last, CLOSES, OFFICE_TIME),
                stage.note,
            )
        )
        first = last + timedelta(days=1)
    return entries


def write_stages(*, campaign: Campaign, entries: Iterable[StageEntry]) -> None:
    """Make the campaign's stages exactly these."""
    entries = _checked(list(entries))
    campaign.stages.exclude(kind__in=[entry.kind for entry in entries]).delete()
    for entry in entries:
        Stage.objects.update_or_create(
            campaign=campaign,
            kind=entry.kind,
            defaults={
                "opens_at": entry.opens_at,
                "closes_at": entry.closes_at,
                "note": entry.note,
                "translations": entry.translations,
            },
        )


def move_stages(*, campaign: Campaign, entries: Iterable[StageEntry], now: datetime) -> None:
    """Change the timetable of a launched campaign: only what has not happened yet may move.

    A stage that has begun keeps its beginning; one that is over keeps its end as well, but for
    publicity, which goes on when a result had to be put right and shown again. No stage joins or
    leaves a timetable that the public has read.
    """
    entries = _checked(list(entries))
    wanted = {entry.kind: entry for entry in entries}
    stored = {stage.kind: stage for stage in campaign.stages.all()}
    for kind in wanted.keys() ^ stored.keys():
        raise StageFrozen(stage=PHASES[kind].name, why=_("活动发布后不能增加或取消环节。"))
    for kind, stage in stored.items():
        _check_move(stage, wanted[kind], now)
    write_stages(campaign=campaign, entries=entries)


def stage_entries(campaign: Campaign) -> list[StageEntry]:
    """Return the stored timetable in order."""
    return [
        StageEntry(s.kind, s.opens_at, s.closes_at, s.note, s.translations)
        for s in campaign.stages.all()
    ]


def _check_move(stage: Stage, wanted: StageEntry, now: datetime) -> None:
    moves = (
        (stage.opens_at, wanted.opens_at, _("已经开始的环节不能更改开始时间，也不能改到过去。")),
        (stage.closes_at, wanted.closes_at, _("已经结束的环节不能更改结束时间，也不能改到过去。")),
    )
    for before, after, why in moves:
        if before == after or (after > now and _is_shown_again(stage, before, after)):
            continue
        if before <= now or after < now:
            raise StageFrozen(stage=stage.phase.name, why=why)


def _is_shown_again(stage: Stage, before: datetime, after: datetime) -> bool:
    """Tell whether this prolongs publicity before the result is published."""
    if stage.kind != "publicity" or before != stage.closes_at or after < before:
        return False
    published = Result.objects.filter(campaign_id=stage.campaign_id, published_at__isnull=False)
    return not published.exists()


def _checked(entries: list[StageEntry]) -> list[StageEntry]:
    problems = []
    kinds = [entry.kind for entry in entries]
    for entry in entries:
        if entry.kind not in PHASES:
            problems.append(_("没有“%s”这个环节。") % entry.kind)
        elif entry.closes_at <= entry.opens_at:
            problems.append(_("“%s”的结束时间须晚于开始时间。") % PHASES[entry.kind].name)
        elif kinds.count(entry.kind) > 1:
            problems.append(_("“%s”出现了不止一次。") % PHASES[entry.kind].name)
    if problems:
        unique = list(dict.fromkeys(problems))
        raise CampaignInvalid(summary="".join(unique), problems={"stages": unique})
    return entries


def has_voting_opened(campaign: Campaign, now: datetime) -> bool:
    """Tell whether the first ballot may already have been cast."""
    return bool(campaign.stages.filter(kind="voting", opens_at__lte=now).exists())
