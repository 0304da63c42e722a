# SPDX-License-Identifier: Apache-2.0
"""Activity reports on the console: one click, the progress, the files with their hashes."""

from django.http import FileResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.campaigns.errors import ReportNotFound
from minyi.campaigns.models import ActivityReport
from minyi.campaigns.queries.certificates import may_certify
from minyi.campaigns.services import reporting
from minyi.core.staff import AgencyPolicy, Room

from . import pages

ICON = "doc-full-inverse"
SEE = ("reports.make", "results.export")
TYPES = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "pdf": "application/pdf",
}


@require_safe
def index(request):
    """List the campaigns with their latest report."""
    campaigns = pages.own_campaigns(request, *SEE).filter(
        launched_at__isnull=False, cancelled_at__isnull=True
    )
    rows = [
        {
            "campaign": campaign,
            "is_final": may_certify(getattr(campaign, "result", None)),
            "latest": campaign.reports.first(),
        }
        for campaign in campaigns.select_related("agency", "result")
    ]
    return pages.show(request, "report_index.html", title=_("活动报告"), icon=ICON, rows=rows)


@require_safe
def reports_of(request, campaign_id):
    """Show the reports of a campaign, and the button that makes one."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    return pages.show(
        request,
        "reports.html",
        title=_("活动报告"),
        icon=ICON,
        trail=[(_("活动报告"), reverse("activity_reports:index")), (campaign.title, "")],
        **_context(request, campaign),
    )


@require_safe
def progress(request, campaign_id):
    """Draw how far the reports are; the page asks every few seconds while one is made."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    return render(request, "campaigns/staff/_reports.html", _context(request, campaign))


@require_POST
def make(request, campaign_id):
    """Have a report made."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    pages.succeeded(
        request,
        lambda: reporting.start_report(
            campaign_id=campaign.pk, actor=request.user.actor, now=timezone.now()
        ),
        said=_("已开始生成，可以离开本页。"),
    )
    return redirect("activity_reports_of", campaign.pk)


@require_POST
def resume(request, report_id):
    """Go on with a report that stopped."""
    report = _report_for(request, report_id)
    pages.succeeded(
        request,
        lambda: reporting.resume_report(
            report_id=report.pk, actor=request.user.actor, now=timezone.now()
        ),
        said=_("已从中断处继续。"),
    )
    return redirect("activity_reports_of", report.campaign_id)


@require_safe
def download(request, report_id, kind):
    """Send a report as DOCX or PDF."""
    report = _report_for(request, report_id)
    if kind not in TYPES or not getattr(report, kind):
        raise ReportNotFound
    name = f"{report.campaign.title}-活动报告-{report.asked_at:%Y%m%d}.{kind}"
    response = FileResponse(
        getattr(report, kind).open("rb"),
        as_attachment=True,
        filename=name,
        content_type=TYPES[kind],
    )
    response["Cache-Control"] = "private, no-store"
    return response


def _context(request, campaign):
    reports = campaign.reports.select_related("asked_by")
    return {
        "campaign": campaign,
        "reports": reports,
        "running": reports.filter(state=ActivityReport.State.RUNNING).first(),
        "steps": reporting.STEPS,
        "step_names": (_("汇总数字"), _("试算稳健性"), _("生成 Word 文件"), _("生成 PDF 文件")),
        "is_final": may_certify(getattr(campaign, "result", None)),
        "may_make": request.user.actor.can("reports.make", campaign.agency_id),
    }


def _report_for(request, report_id):
    rows = ActivityReport.objects.visible_to(request.user.actor).select_related("campaign")
    report = rows.filter(pk=report_id).first()
    if report is None:
        raise ReportNotFound
    pages.campaign_for(request, report.campaign_id, *SEE)
    return report


class ReportRoom(Room):
    """The menu's way in."""

    name = "activity_reports"
    url_prefix = "activity-reports"
    icon = ICON
    menu_label = gettext_lazy("活动报告")
    permissions = SEE

    def get_urlpatterns(self):
        return [path("", index, name="index")]


viewsets = [ReportRoom()]
urls = [
    path("activity-reports/<int:campaign_id>/", reports_of, name="activity_reports_of"),
    path("activity-reports/<int:campaign_id>/make/", make, name="activity_report_make"),
    path("activity-reports/<int:campaign_id>/progress/", progress, name="activity_report_progress"),
    path("activity-reports/one/<int:report_id>/resume/", resume, name="activity_report_resume"),
    path(
        "activity-reports/one/<int:report_id>/report.<str:kind>",
        download,
        name="activity_report_file",
    ),
]
policies = [
    AgencyPolicy(
        ActivityReport, grants={"view": "results.export"}, agency_path="campaign__agency_id"
    )
]
