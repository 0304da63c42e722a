# SPDX-License-Identifier: Apache-2.0
"""What screening found in a vote, and what people think of it (ADR 22)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.integrity.signals import leading

from .adjudication import EvidenceFile, Ruling
from .nominees import OfCampaignQuerySet
from .voting import Round


class OfRoundQuerySet(OfCampaignQuerySet):
    agency_path = "round__campaign__agency_id"


class Opinion(models.TextChoices):
    """What one reviewer thinks of ballots they have looked at."""

    BRUSHED = "brushed", _("属刷票")
    GENUINE = "genuine", _("属正常投票")
    UNSURE = "unsure", _("无法判断")


class Cluster(models.Model):
    """Ballots that belong together by what they have in common: a finding, not a judgement.

    Held back by `hold`, or only shown to the reviewers (`not_held` says why, in a code).
    """

    class Source(models.TextChoices):
        STREAM = "stream", _("实时监测")
        BATCH = "batch", _("定时筛查")

    round = models.ForeignKey(
        Round, models.PROTECT, related_name="clusters", verbose_name=_("投票")
    )
    number = models.PositiveIntegerField(_("编号"))
    source = models.CharField(_("来源"), max_length=8, choices=Source.choices)
    candidate = models.PositiveIntegerField(_("候选编号"))
    rules = models.CharField(_("规则"), max_length=200)  # codes joined by «|», the strongest first
    ballots = models.JSONField(_("账本序号"))  # [[low, high], …] half-open, as of a ruling
    ballot_count = models.PositiveIntegerField(_("选票数"))
    first_ms = models.BigIntegerField(_("最早一票"))
    last_ms = models.BigIntegerField(_("最晚一票"))
    # What its pictures are drawn from (queries/clusters.py); nothing in it identifies a person.
    picture = models.JSONField(_("图示数据"), default=dict)
    evidence = models.ForeignKey(
        EvidenceFile, models.PROTECT, null=True, related_name="+", verbose_name=_("依据")
    )
    hold = models.ForeignKey(
        Ruling, models.PROTECT, null=True, related_name="clusters", verbose_name=_("核查认定")
    )
    not_held = models.CharField(_("未列入核查的原因"), max_length=16, blank=True)
    found_at = models.DateTimeField(_("发现时间"))

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("选票群")
        verbose_name_plural = _("选票群")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="one_number_per_cluster"),
        ]

    def __str__(self) -> str:
        return str(_("第 %d 号选票群") % self.number)

    @property
    def leading_rule(self) -> str:
        return leading(self.rules)


class ClusterRuling(models.Model):
    """A ruling on the ballots of a cluster; those made in one act are decided together."""

    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="rulings")
    ruling = models.OneToOneField(Ruling, models.PROTECT, related_name="of_cluster")
    lot = models.PositiveBigIntegerField(_("批次"), db_index=True)  # the first ruling of the act
    left_out = models.PositiveIntegerField(_("未列入的选票数"))  # in a state that takes no such act

    class Meta:
        verbose_name = _("选票群认定")
        verbose_name_plural = _("选票群认定")
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.cluster_id}: {self.ruling_id}"


class ClusterOpinion(models.Model):
    """One reviewer's opinion of a cluster, given without seeing the others'; never deleted."""

    cluster = models.ForeignKey(Cluster, models.PROTECT, related_name="opinions")
    reviewer = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    opinion = models.CharField(_("意见"), max_length=8, choices=Opinion.choices)
    note = models.CharField(_("说明"), max_length=300, blank=True)
    given_at = models.DateTimeField(_("提出时间"))
    withdrawn_at = models.DateTimeField(_("撤回时间"), null=True)

    class Meta:
        verbose_name = _("群组意见")
        verbose_name_plural = _("群组意见")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["cluster", "reviewer"],
                condition=models.Q(withdrawn_at=None),
                name="one_standing_opinion_per_reviewer",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cluster_id}: {self.opinion}"


class BlindSample(models.Model):
    """A ballot shown to reviewers without what the engine thinks of it.

    One in a hundred of the held ballots, with as many that count: how often people find a held one
    genuine estimates how often screening is wrong.
    """

    round = models.ForeignKey(Round, models.PROTECT, related_name="+", verbose_name=_("投票"))
    place = models.BigIntegerField(_("账本序号"))
    is_held = models.BooleanField(_("列入核查"))
    drawn_at = models.DateTimeField(_("抽取时间"))

    objects = OfRoundQuerySet.as_manager()

    class Meta:
        verbose_name = _("盲审选票")
        verbose_name_plural = _("盲审选票")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "place"], name="one_blind_sample_per_ballot"),
        ]

    def __str__(self) -> str:
        return f"{self.round_id}:{self.place}"


class BlindVerdict(models.Model):
    """What one reviewer says of a blind sample."""

    sample = models.ForeignKey(BlindSample, models.PROTECT, related_name="verdicts")
    reviewer = models.ForeignKey("agencies.User", models.PROTECT, related_name="+")
    opinion = models.CharField(_("意见"), max_length=8, choices=Opinion.choices)
    given_at = models.DateTimeField(_("提出时间"))

    class Meta:
        verbose_name = _("盲审意见")
        verbose_name_plural = _("盲审意见")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["sample", "reviewer"], name="one_blind_verdict_per_reviewer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.sample_id}: {self.opinion}"
