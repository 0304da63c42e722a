# SPDX-License-Identifier: Apache-2.0
"""Objections as their objector reads them: never who in the office did what, nor internal notes."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from minyi.campaigns.models import Campaign, Objection

STEPS: dict[str, str | Promise] = {
    "filed": _("收到异议"),
    "accepted": _("受理，开始核查"),
    "assigned": _("指定承办人"),
    "noted": _("核查情况"),
    "proposed": _("提出办理意见，等待复核"),
    "returned": _("复核退回，继续核查"),
    "declined": _("不予受理"),
    "upheld": _("异议成立"),
    "dismissed": _("异议不成立"),
    "remedied": _("更正完成"),
    "withdrawn": _("本人撤回"),
    "looked_up": _("查看联系方式"),
}


@dataclass(frozen=True, slots=True)
class Step:
    """One step; `by` is empty in what the objector reads."""

    words: str
    text: str
    at: datetime
    by: str = ""
    is_internal: bool = False


@dataclass(frozen=True, slots=True)
class OwnObjection:
    """An objection and how far it has come."""

    number: int
    about: str
    nominee: str
    statement: str
    is_named: bool
    files: int
    state: str
    state_words: str
    is_open: bool
    answer: str
    remedy: str
    due_on: date
    filed_at: datetime
    steps: tuple[Step, ...]


def list_objections(*, campaign_id: int, citizen_id: str) -> list[OwnObjection]:
    """Return the citizen's own objections in a campaign, newest first."""
    rows = (
        Objection.objects.filter(campaign_id=campaign_id, by_citizen_id=UUID(citizen_id))
        .select_related("nominee")
        .prefetch_related("files", "steps")
        .order_by("-id")
    )
    return [_own(row) for row in rows]


@dataclass(frozen=True, slots=True)
class ObjectionAnywhere:
    """An objection in any campaign, and how far it has come."""

    campaign: str
    slug: str
    number: int
    state_words: str
    at: datetime


def list_all_objections(*, citizen_id: str) -> list[ObjectionAnywhere]:
    """Return the citizen's objections in the public campaigns, newest first."""
    rows = (
        Objection.objects.filter(
            by_citizen_id=UUID(citizen_id), campaign__in=Campaign.objects.public()
        )
        .select_related("campaign")
        .order_by("-id")
    )
    return [
        ObjectionAnywhere(
            campaign=row.campaign.title,
            slug=row.campaign.slug,
            number=row.number,
            state_words=row.get_state_display(),
            at=row.decided_at or row.filed_at,
        )
        for row in rows
    ]


def all_steps(objection: Objection) -> list[Step]:
    """Return every step as the office sees it."""
    return [
        Step(
            str(STEPS[step.verb]), step.text, step.at, str(step.by or _("异议人")), step.is_internal
        )
        for step in objection.steps.select_related("by")
    ]


def _own(row: Objection) -> OwnObjection:
    has_answer = not row.is_open
    return OwnObjection(
        number=row.number,
        about=row.get_about_display(),
        nominee=row.nominee.name if row.nominee else "",
        statement=row.statement,
        is_named=row.is_named,
        files=len(row.files.all()),
        state=row.state,
        state_words=row.get_state_display(),
        is_open=row.is_open,
        answer=row.answer if has_answer else "",
        remedy=row.get_remedy_display() if has_answer and row.remedy else "",
        due_on=row.due_on,
        filed_at=row.filed_at,
        steps=tuple(
            Step(str(STEPS[step.verb]), step.text, step.at)
            for step in row.steps.all()
            if not step.is_internal
        ),
    )
