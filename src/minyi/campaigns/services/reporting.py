# SPDX-License-Identifier: Apache-2.0
"""Making an activity report: figures, robustness, DOCX, PDF, one outbox message each.

A step keeps what it made in the transaction that asks for the next one, so a worker that dies
loses one step at most, and what was stopped goes on from where it stopped.
"""

import hashlib
from datetime import datetime

import msgspec
from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from minyi.campaigns.errors import CampaignNotFound, ReportNotFound, ReportRunning
from minyi.campaigns.models import ActivityReport, Campaign
from minyi.campaigns.queries.public import ORIGINAL
from minyi.campaigns.queries.report import (
    ReportFigures,
    campaign_of,
    check_reportable,
    gather_figures,
)
from minyi.campaigns.queries.report_document import compose
from minyi.campaigns.queries.report_robustness import Robustness, gather_robustness
from minyi.core import audit
from minyi.core.actors import Actor
from minyi.core.errors import DomainError
from minyi.core.outbox import Delivery, consumer, send, when_given_up
from minyi.ui.typeset.blocks import Document

TOPIC = "campaigns.report"
State = ActivityReport.State


@transaction.atomic
def start_report(*, campaign_id: int, actor: Actor, now: datetime) -> ActivityReport:
    """Have a report made of a campaign whose result is final; one at a time."""
    visible = Campaign.objects.visible_to(actor).select_for_update(of=("self",), no_key=True)
    campaign: Campaign | None = visible.filter(pk=campaign_id).first()
    if campaign is None or not campaign.is_launched:
        raise CampaignNotFound
    actor.check("reports.make", campaign.agency_id)
    check_reportable(campaign_of(campaign_id))
    if campaign.reports.filter(state=State.RUNNING).exists():
        raise ReportRunning
    report = ActivityReport.objects.create(
        campaign=campaign, asked_by_id=int(actor.id), asked_at=now
    )
    _ask_for_next_step(report, now)
    audit.record(
        actor=actor,
        act="campaigns.report.asked",
        target=campaign,
        now=now,
        agency_id=campaign.agency_id,
        report=report.pk,
    )
    return report


@transaction.atomic
def resume_report(*, report_id: int, actor: Actor, now: datetime) -> ActivityReport:
    """Go on with a report that stopped, from where it stopped."""
    visible = ActivityReport.objects.visible_to(actor).select_for_update(of=("self",))
    found = visible.select_related("campaign").filter(pk=report_id).first()
    if found is None:
        raise ReportNotFound
    report: ActivityReport = found
    actor.check("reports.make", report.campaign.agency_id)
    running = ActivityReport.objects.filter(campaign=report.campaign, state=State.RUNNING)
    if report.state != State.STOPPED or running.exists():
        raise ReportRunning
    report.state, report.reason, report.ended_at = State.RUNNING, "", None
    report.runs += 1  # a new key for the outbox
    report.save(update_fields=["state", "reason", "ended_at", "runs"])
    _ask_for_next_step(report, now)
    return report


@consumer(TOPIC)
def make_step(delivery: Delivery) -> None:
    """Do the next step of a report; a step that has been done already does nothing."""
    told = {name: int(str(value)) for name, value in delivery.payload.items()}
    report = ActivityReport.objects.get(pk=told["report"])
    if report.state != State.RUNNING or report.step != told["step"]:
        return
    try:
        with translation.override(ORIGINAL):
            fields = _STEPS[report.step](report, delivery.now)
    except DomainError as refused:
        _stop(told, refused.detail, delivery.now)
        return
    with transaction.atomic():
        report.step += 1
        if report.step == len(_STEPS):
            report.state, report.ended_at = State.READY, delivery.now
        report.save(update_fields=["step", "state", "ended_at", *fields])
        if report.state == State.RUNNING:
            _ask_for_next_step(report, delivery.now)


@when_given_up(TOPIC)
def give_up(delivery: Delivery, reason: str) -> None:
    """The outbox tries this step no more: the report stops, and can be resumed from here."""
    told = {name: int(str(value)) for name, value in delivery.payload.items()}
    words = _("多次尝试都没有办成，系统已停止重试：%(reason)s") % {"reason": reason}
    _stop(told, words, delivery.now)


def _gather(report: ActivityReport, now: datetime) -> list[str]:
    figures = gather_figures(campaign_id=report.campaign_id, now=report.asked_at)
    report.figures = msgspec.to_builtins(figures)
    return ["figures"]


def _test(report: ActivityReport, now: datetime) -> list[str]:
    report.robustness = msgspec.to_builtins(gather_robustness(campaign_id=report.campaign_id))
    return ["robustness"]


def _write_docx(report: ActivityReport, now: datetime) -> list[str]:
    # Here and not above: what writes documents is large, and most work of a worker needs none.
    from minyi.ui.typeset.docx import write_docx

    content = write_docx(document_of(report), made_at=report.asked_at)
    report.docx_digest = hashlib.sha256(content).hexdigest()
    report.docx.save(f"{_name_of(report)}.docx", ContentFile(content), save=False)
    return ["docx", "docx_digest"]


def _write_pdf(report: ActivityReport, now: datetime) -> list[str]:
    from minyi.ui.typeset.gongwen import write_pdf

    content = write_pdf(document_of(report), made_at=report.asked_at)
    report.pdf_digest = hashlib.sha256(content).hexdigest()
    report.pdf.save(f"{_name_of(report)}.pdf", ContentFile(content), save=False)
    return ["pdf", "pdf_digest"]


_STEPS = (_gather, _test, _write_docx, _write_pdf)
STEPS = len(_STEPS)


def document_of(report: ActivityReport) -> Document:
    """Return a report's document from the figures it has kept."""
    return compose(
        msgspec.convert(report.figures, ReportFigures),
        msgspec.convert(report.robustness, Robustness),
    )


def _name_of(report: ActivityReport) -> str:
    return f"report-{report.campaign_id}-{report.pk}"


def _ask_for_next_step(report: ActivityReport, now: datetime) -> None:
    send(
        topic=TOPIC,
        key=f"{report.pk}:{report.runs}:{report.step}",
        payload={"report": report.pk, "step": report.step},
        now=now,
    )


def _stop(told: dict[str, int], reason: str, now: datetime) -> None:
    running = ActivityReport.objects.filter(
        pk=told["report"], step=told["step"], state=State.RUNNING
    )
    running.update(state=State.STOPPED, reason=reason[:300], ended_at=now)
