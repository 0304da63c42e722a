# SPDX-License-Identifier: Apache-2.0
"""What a result leaves behind: every version that was shown, and the award record."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .campaign import Campaign
from .nominees import OfCampaignQuerySet
from .results import Result


class ResultVersion(models.Model):
    """A result as it was signed, and how long it stood. The one that still stands has no end."""

    result = models.ForeignKey(Result, models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("版次"))
    digest = models.CharField(_("结果摘要"), max_length=64)
    ranking = models.JSONField(_("名次"))  # [[nominee number, rank, is selected], …]
    ballots = models.BigIntegerField(_("有效票数"))
    signed_at = models.DateTimeField(_("签字时间"))
    ended_at = models.DateTimeField(_("撤回时间"), null=True, blank=True)
    reason = models.CharField(_("撤回理由"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("结果版次")
        verbose_name_plural = _("结果版次")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["result", "number"], name="one_number_per_version"),
        ]

    def __str__(self) -> str:
        return f"{self.number}"


class AwardRecord(models.Model):
    """The file of a selection that is final: who, for what, when, on which ground, counted where.

    `document` is frozen at publication; `digest` is the SHA-256 of its canonical JSON.
    """

    campaign = models.OneToOneField(
        Campaign, models.PROTECT, related_name="award_record", verbose_name=_("活动")
    )
    document = models.JSONField(_("档案内容"))
    digest = models.CharField(_("档案摘要"), max_length=64)
    made_at = models.DateTimeField(_("定论时间"))

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("评选档案")
        verbose_name_plural = _("评选档案")

    def __str__(self) -> str:
        return str(self.campaign)
