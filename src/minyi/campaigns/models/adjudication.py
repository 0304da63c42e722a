# SPDX-License-Identifier: Apache-2.0
"""Rulings on ballots in the log, the evidence they rest on, and the appeals against them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .campaign import Campaign
from .nominees import OfCampaignQuerySet, private_storage
from .voting import Round


class EvidenceFile(models.Model):
    """What a ruling rests on. The file stays private; its hash stands in the public log."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="+", verbose_name=_("活动"))
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    name = models.CharField(_("文件名"), max_length=100)
    file = models.FileField(_("文件"), upload_to="evidence/%Y/%m/", storage=private_storage)
    stored_at = models.DateTimeField(_("存档时间"))

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("认定依据")
        verbose_name_plural = _("认定依据")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "sha256"], name="one_evidence_file_per_hash"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Ruling(models.Model):
    """One decision on ballots, by ranges of places in the log. Nothing is ever deleted.

    A first quarantine and a release take effect at once. Void, restore and every further
    quarantine are proposed by one person and confirmed by another.
    """

    class Kind(models.TextChoices):
        QUARANTINE = "quarantine", _("列入核查")
        RELEASE = "release", _("解除核查")
        VOID = "void", _("认定无效")
        RESTORE = "restore", _("恢复有效")

    class State(models.TextChoices):
        PROPOSED = "proposed", _("待确认")
        IN_FORCE = "in_force", _("已生效")
        TURNED_DOWN = "turned_down", _("未通过")
        WITHDRAWN = "withdrawn", _("已撤回")

    round = models.ForeignKey(Round, models.PROTECT, related_name="rulings", verbose_name=_("投票"))
    kind = models.CharField(_("认定"), max_length=10, choices=Kind.choices)
    ballots = models.JSONField(_("账本序号"))  # [[low, high], …] half-open, ascending, apart
    ballot_count = models.PositiveIntegerField(_("选票数"))
    rule = models.CharField(_("规则"), max_length=120)
    evidence = models.ForeignKey(
        EvidenceFile, models.PROTECT, related_name="+", verbose_name=_("依据")
    )
    by = models.CharField(_("身份"), max_length=20)  # as in the log: a role, never a name
    state = models.CharField(_("状态"), max_length=12, choices=State.choices)
    # Blank: the platform itself, by its rules.
    proposed_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("提出人"),
    )
    proposed_at = models.DateTimeField(_("提出时间"))
    decided_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("确认人"),
    )
    decided_at = models.DateTimeField(_("确认时间"), null=True, blank=True)
    reason = models.CharField(_("说明"), max_length=300, blank=True)
    refusal = models.CharField(_("不同意的理由"), max_length=300, blank=True)

    class RulingQuerySet(OfCampaignQuerySet):
        agency_path = "round__campaign__agency_id"

    objects = RulingQuerySet.as_manager()

    class Meta:
        verbose_name = _("选票认定")
        verbose_name_plural = _("选票认定")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="nobody_confirms_their_own_ruling",
                condition=models.Q(proposed_by__isnull=True)
                | models.Q(decided_by__isnull=True)
                | ~models.Q(proposed_by=models.F("decided_by")),
            ),
        ]

    def __str__(self) -> str:
        facts = {"kind": self.get_kind_display(), "many": self.ballot_count}
        return str(_("%(kind)s %(many)d 张") % facts)


class Appeal(models.Model):
    """A voter's appeal against a ruling on their ballot.

    It knows the ballot and its pseudonym, never the person: nobody learns here who voted for whom.
    """

    class State(models.TextChoices):
        FILED = "filed", _("待处理")
        PROPOSED = "proposed", _("待复核")
        UPHELD = "upheld", _("申诉成立")
        DISMISSED = "dismissed", _("申诉不成立")

    round = models.ForeignKey(Round, models.PROTECT, related_name="appeals", verbose_name=_("投票"))
    number = models.PositiveIntegerField(_("编号"))
    place = models.BigIntegerField(_("账本序号"))
    voter_ref = models.CharField(max_length=32)
    statement = models.TextField(_("申诉理由"))
    salt = models.CharField(max_length=32, blank=True)  # hex; blank: filed before it was salted
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.FILED)
    filed_at = models.DateTimeField(_("提交时间"))
    is_well_founded = models.BooleanField(_("拟认定成立"), null=True, blank=True)
    answer = models.CharField(_("答复"), max_length=500, blank=True)
    proposed_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("承办人"),
    )
    decided_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("复核人"),
    )
    decided_at = models.DateTimeField(_("复核时间"), null=True, blank=True)

    class AppealQuerySet(OfCampaignQuerySet):
        agency_path = "round__campaign__agency_id"

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("选票申诉")
        verbose_name_plural = _("选票申诉")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["round", "number"], name="one_number_per_appeal"),
            models.CheckConstraint(
                name="nobody_decides_the_appeal_they_handled",
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(proposed_by=models.F("decided_by")),
            ),
        ]

    def __str__(self) -> str:
        return str(_("申诉第 %d 号") % self.number)
