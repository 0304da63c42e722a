# SPDX-License-Identifier: Apache-2.0
"""The result on the console: compute, sign, publish, export. Before the vote is over: no figure."""

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from minyi.campaigns.errors import FiguresMissing, ResultNotFound
from minyi.campaigns.models import Result, Round
from minyi.campaigns.queries.exports import KINDS, export_result
from minyi.campaigns.queries.ledgers import log_notice, opening_notice
from minyi.campaigns.queries.publicity import unsettled_of
from minyi.campaigns.queries.results import jury_progress, staff_result, without_figures
from minyi.campaigns.services import results
from minyi.campaigns.services.manifests import verify_address_of
from minyi.core.staff import AgencyPolicy, Room
from minyi.core.words import listed
from minyi.ledger.queries.logs import tally

from . import pages

ICON = "success"
SEE = ("results.compute", "results.sign", "results.publish", "results.export")


@require_safe
def index(request):
    """List the campaigns with the state of their result."""
    campaigns = pages.own_campaigns(request, *SEE).filter(
        launched_at__isnull=False, cancelled_at__isnull=True
    )
    chosen = request.GET.get("campaign", "")
    if chosen.isdecimal() and campaigns.filter(pk=chosen).exists():
        return redirect("result_page", int(chosen))
    rows = [
        {"campaign": campaign, "state": _state(getattr(campaign, "result", None))}
        for campaign in campaigns.select_related("agency", "result")
    ]
    return pages.show(request, "result_index.html", title=_("评选结果"), icon=ICON, rows=rows)


@require_safe
def result(request, campaign_id):
    """Show what is missing for the result, or the result with what may be done now."""
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    actor, now = request.user.actor, timezone.now()
    found = staff_result(campaign_id=campaign.pk, actor=actor)
    checks = _checks(campaign, now)
    can = {
        name: actor.can(f"results.{name}", campaign.agency_id)
        for name in ("compute", "sign", "publish", "export")
    }
    chart = [
        {"key": line.number, "label": line.name, "values": [float(line.score)]}
        for line in (found.lines if found else ())
    ]
    return pages.show(
        request,
        "result_page.html",
        title=_("评选结果"),
        icon=ICON,
        trail=[(_("评选结果"), reverse("results:index")), (campaign.title, "")],
        campaign=campaign,
        result=found,
        checks=checks,
        is_ready=all(check["state"] == "passed" for check in checks),
        steps=_steps(found),
        can=can,
        is_computer=_is_computer(request, campaign),
        unsettled=unsettled_of(campaign.pk) if found else None,
        publicity=campaign.stages.filter(kind="publicity").first(),
        now=now,
        chart=chart,
        columns=[_("综合得分")],
        kinds=KINDS,
        notice=_notice(campaign, found),
        has_log=bool(_folder_of(campaign)),
    )


@require_POST
def compute(request, campaign_id):
    """Compute it, or compute it again."""
    return _act(request, campaign_id, results.compute_result, _("已汇总，请监督人员核对签字。"))


@require_POST
def sign(request, campaign_id):
    """Sign it as the supervisor."""
    note = request.POST.get("note", "")
    return _act(request, campaign_id, results.sign_result, _("已签字。"), note=note)


@require_POST
def unsign(request, campaign_id):
    """Take the signature back."""
    reason = request.POST.get("reason", "")
    return _act(request, campaign_id, results.withdraw_signature, _("已撤回签字。"), reason=reason)


@require_POST
def publish(request, campaign_id):
    """Make it final and public."""
    return _act(request, campaign_id, results.publish_result, _("结果已公布。"))


@require_safe
def export(request, campaign_id, kind):
    """Send the result as a file."""
    campaign = pages.campaign_for(request, campaign_id, "results.export")
    found = staff_result(campaign_id=campaign.pk, actor=request.user.actor)
    if found is None:
        raise ResultNotFound
    file = export_result(found, kind)
    response = HttpResponse(file.content, content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{file.filename}"'
    return response


def _act(request, campaign_id, verb, said, **said_by_form):
    campaign = pages.campaign_for(request, campaign_id, *SEE)
    act = {"campaign_id": campaign.pk, "actor": request.user.actor, "now": timezone.now()}
    pages.succeeded(request, lambda: verb(**act, **said_by_form), said=said)
    return redirect("result_page", campaign.pk)


def _folder_of(campaign):
    return campaign.round.log if hasattr(campaign, "round") else ""


def _notice(campaign, found):
    """Return what the next official notice has to print: before the result, the key."""
    url = verify_address_of(campaign.slug)
    plain = opening_notice(folder=_folder_of(campaign), verify_url=url)
    return (log_notice(mark=found.mark, verify_url=url) if found else None) or plain


def _is_computer(request, campaign):
    return Result.objects.filter(campaign=campaign, computed_by_id=request.user.pk).exists()


def _state(found):
    """Return (words, kind of badge)."""
    if found is None:
        return _("未汇总"), "done"
    if found.published_at:
        return _("已公布"), "open"
    return (_("已签字"), "open") if found.signed_at else (_("待签字"), "soon")


def _steps(found):
    """Return the four steps with their state, for the timeline."""
    done = [
        bool(found),
        bool(found and found.signed_at),
        bool(found and found.published_at),
    ]
    names = (_("汇总"), _("监督签字"), _("公布"))
    moments = (
        found.computed_at if found else None,
        found.signed_at if found else None,
        found.published_at if found else None,
    )
    current = done.index(False) if False in done else len(done)
    return [
        {
            "name": name,
            "state": "done" if is_done else "now" if position == current else "soon",
            "opens_at": moment,
        }
        for position, (name, is_done, moment) in enumerate(zip(names, done, moments, strict=True))
    ]


def _checks(campaign, now):
    """Return what must be there before the result can be computed."""
    voting = campaign.stages.filter(kind="voting").first()
    is_over = voting is not None and now >= voting.closes_at
    checks = [_check(_("投票已经结束"), is_over, _("投票结束前不显示、不汇总任何票数。"))]
    paper = Round.objects.filter(campaign=campaign).first()
    if paper is not None and paper.is_sealed:
        found = tally(paper.log)
        why = _("须由两名受托人持份额开封，开封后才能计票。")
        url = reverse("staff_campaigns:trustees", args=[campaign.pk])
        checks.append(_check(_("选票已经开封"), bool(found.size) and not found.sealed, why, url))
    if campaign.jury_weight:
        progress = jury_progress(campaign)
        behind = [f"{one.name}（{one.done}/{one.due}）" for one in progress if one.missing]
        why = listed(behind) or _("还没有设置评审专家。")
        url = reverse("jury_campaign", args=[campaign.pk])
        checks.append(_check(_("专家评分齐全"), bool(progress) and not behind, why, url))
    if campaign.figures_weight:
        bare = without_figures(campaign)
        url = reverse("nominee_figures", args=[campaign.pk])
        why = FiguresMissing(weight=campaign.figures_weight, missing=listed(bare)).advice
        checks.append(_check(_("业务数据齐全"), not bare, why, url))
    return checks


def _check(title, is_met, reason, url=""):
    if is_met:
        return {"title": title, "state": "passed"}
    return {"title": title, "state": "blocked", "reason": reason, "url": url}


class ResultRoom(Room):
    """The menu's way in."""

    name = "results"
    icon = ICON
    menu_label = gettext_lazy("评选结果")
    permissions = SEE

    def get_urlpatterns(self):
        return [path("", index, name="index")]


viewsets = [ResultRoom()]
urls = [
    path("results/<int:campaign_id>/", result, name="result_page"),
    path("results/<int:campaign_id>/compute/", compute, name="result_compute"),
    path("results/<int:campaign_id>/sign/", sign, name="result_sign"),
    path("results/<int:campaign_id>/unsign/", unsign, name="result_unsign"),
    path("results/<int:campaign_id>/publish/", publish, name="result_publish"),
    path("results/<int:campaign_id>/export/<str:kind>/", export, name="result_export"),
]
policies = [
    AgencyPolicy(Result, grants={"view": "results.export"}, agency_path="campaign__agency_id"),
]
