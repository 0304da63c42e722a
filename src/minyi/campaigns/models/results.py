# SPDX-License-Identifier: Apache-2.0
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet

from .campaign import Campaign, Criterion
from .nominees import Nominee, OfCampaignQuerySet


class Juror(models.Model):
    """A member of the jury of one campaign."""

    campaign = models.ForeignKey(
        Campaign, models.CASCADE, related_name="jurors", verbose_name=_("活动")
    )
    user = models.ForeignKey(
        "agencies.User", models.PROTECT, related_name="+", verbose_name=_("评审专家")
    )
    seat = models.CharField(_("评审身份"), max_length=60, blank=True)

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("评审专家")
        verbose_name_plural = _("评审专家")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "user"], name="one_seat_per_juror_and_campaign"
            ),
        ]

    def __str__(self) -> str:
        return str(self.user)


class JuryScore(models.Model):
    """What one juror gave one nominee on one criterion, 0 to 100."""

    class ScoreQuerySet(AgencyQuerySet):
        agency_path: ClassVar[str] = "juror__campaign__agency_id"

    juror = models.ForeignKey(Juror, models.PROTECT, related_name="scores")
    nominee = models.ForeignKey(Nominee, models.PROTECT, related_name="scores")
    criterion = models.ForeignKey(Criterion, models.PROTECT, related_name="scores")
    points = models.PositiveSmallIntegerField(
        _("得分"), validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    scored_at = models.DateTimeField(_("评分时间"))

    objects = ScoreQuerySet.as_manager()

    class Meta:
        verbose_name = _("专家评分")
        verbose_name_plural = _("专家评分")
        constraints = [
            models.UniqueConstraint(
                fields=["juror", "nominee", "criterion"],
                name="one_score_per_juror_nominee_and_criterion",
            ),
            models.CheckConstraint(
                name="points_are_at_most_100", condition=models.Q(points__lte=100)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points}"


class Result(models.Model):
    """The computed outcome: fixed by the ballot it counts up to, signed, then published."""

    campaign = models.OneToOneField(
        Campaign, models.PROTECT, related_name="result", verbose_name=_("活动")
    )
    upto_ballot = models.BigIntegerField(_("计至选票"))
    ballots = models.BigIntegerField(_("有效票数"))
    # The checkpoint of the public log that was counted; zero and blank: the round has none.
    log_size = models.BigIntegerField(_("计至账本条数"), default=0, db_default=0)
    log_root = models.CharField(_("账本根值"), max_length=44, blank=True, db_default="")
    # What a stranger's recount names as against the rules: [[code, place], …], see ledger.faults.
    faults = models.JSONField(_("不符合规则的条目"), default=list, blank=True)
    computed_at = models.DateTimeField(_("汇总时间"))
    computed_by = models.ForeignKey(
        "agencies.User", models.PROTECT, related_name="+", verbose_name=_("汇总人")
    )  # who computes does not sign
    digest = models.CharField(_("结果摘要"), max_length=64)  # what the supervisor signs: SHA-256
    signed_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("监督签字"),
    )
    signed_at = models.DateTimeField(_("签字时间"), null=True, blank=True)
    signed_note = models.CharField(_("监督意见"), max_length=300, blank=True)
    published_at = models.DateTimeField(_("公布时间"), null=True, blank=True)

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("评选结果")
        verbose_name_plural = _("评选结果")
        constraints = [
            models.CheckConstraint(
                name="nothing_is_published_unsigned",
                condition=models.Q(published_at__isnull=True) | models.Q(signed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return str(self.campaign)


class ResultLine(models.Model):
    """One nominee in the result. Points run from 0 to 100; score is their weighted sum."""

    result = models.ForeignKey(Result, models.CASCADE, related_name="lines")
    nominee = models.ForeignKey(Nominee, models.PROTECT, related_name="+")
    rank = models.PositiveSmallIntegerField(_("名次"))
    is_selected = models.BooleanField(_("入选"))
    votes = models.PositiveBigIntegerField(_("票数"))
    public_points = models.DecimalField(_("公众分"), max_digits=6, decimal_places=3)
    jury_points = models.DecimalField(_("专家分"), max_digits=6, decimal_places=3)
    figures_points = models.DecimalField(_("数据分"), max_digits=6, decimal_places=3)
    score = models.DecimalField(_("综合得分"), max_digits=6, decimal_places=3)

    class Meta:
        verbose_name = _("结果明细")
        verbose_name_plural = _("结果明细")
        ordering = ["rank", "nominee__number"]
        constraints = [
            models.UniqueConstraint(fields=["result", "nominee"], name="one_line_per_nominee"),
        ]

    def __str__(self) -> str:
        return f"{self.rank}"
