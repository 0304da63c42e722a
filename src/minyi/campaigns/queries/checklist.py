# SPDX-License-Identifier: Apache-2.0
"""The launch checklist (R074): every condition with its finding; a pure read."""

from datetime import date, datetime

from django.conf import settings
from django.db.models import Prefetch
from django.utils.timezone import localtime

from minyi.agencies.models import OfficialAccount, Post
from minyi.agencies.policies import Role
from minyi.campaigns.errors import CampaignNotFound
from minyi.campaigns.models import Campaign, Nominee, NomineePicture
from minyi.citizens.channels import get_channel
from minyi.core.models import Rule
from minyi.ledger.queries.trustees import find_key

from .checks import CheckItem, Subject
from .checks_law import LAW_CHECKS
from .checks_setup import SETUP_CHECKS

__all__ = ["CheckItem", "launch_checklist"]


def launch_checklist(*, campaign_id: int, now: datetime) -> list[CheckItem]:
    """Return every check with its finding; launching needs all blocking ones met."""
    subject = _read(campaign_id, now)
    return [check(subject) for check in (*LAW_CHECKS, *SETUP_CHECKS)]


def _read(campaign_id: int, now: datetime) -> Subject:
    related = ("agency__region", "account", "cover", "approval_document")
    campaign = Campaign.objects.select_related(*related).filter(pk=campaign_id).first()
    if campaign is None:
        raise CampaignNotFound
    nominees = campaign.nominees.filter(status=Nominee.Status.CANDIDATE).prefetch_related(
        Prefetch("gallery", queryset=NomineePicture.objects.select_related("picture"))
    )
    today = localtime(now).date()
    return Subject(
        campaign=campaign,
        stages={stage.kind: stage for stage in campaign.stages.all()},
        criteria=list(campaign.criteria.all()),
        categories=list(campaign.categories.all()),
        nominees=list(nominees),
        rules=_rules(campaign.agency.region.code, today),
        jurors=campaign.jurors.count(),
        supervisors=Post.objects.current(today)
        .filter(agency_id=campaign.agency_id, role=Role.SUPERVISOR)
        .count(),
        account_lacks=_account_lacks(campaign.account),
        key=find_key(campaign_id) if settings.LEDGER_KEY else None,
        keeps_log=bool(settings.LEDGER_KEY),
        now=now,
    )


def _rules(region_code: str, today: date) -> dict[str, Rule]:
    """Return the rules in force by key; a rule of the region wins over the national one."""
    rows = Rule.objects.in_force(today).filter(
        key__in=("award.publicity", "campaign.title"), region_code__in=("", region_code)
    )
    # Later rows win: the national before the regional, the older before the newer.
    return {row.key: row for row in rows.order_by("region_code", "valid_from")}


def _account_lacks(account: OfficialAccount | None) -> list[str]:
    return get_channel("wechat").missing_settings(account=account.slug) if account else []
