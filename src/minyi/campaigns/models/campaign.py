# SPDX-License-Identifier: Apache-2.0
from datetime import datetime
from typing import ClassVar, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _
from modelcluster.fields import ParentalKey
from modelcluster.models import ClusterableModel

from minyi.campaigns.phases import PHASE_CHOICES, PHASES, Phase
from minyi.core.models import AgencyQuerySet

PERCENT = [MinValueValidator(0), MaxValueValidator(100)]


class CampaignQuerySet(AgencyQuerySet):
    def public(self) -> Self:
        """Keep what citizens may see: launched and not withdrawn."""
        return self.filter(launched_at__isnull=False, cancelled_at__isnull=True)


class Campaign(ClusterableModel):
    """A selection 评选 or evaluation 评议, from plan to result (R047-R049)."""

    class Type(models.TextChoices):
        AWARD = "award", _("表彰评选（授予称号）")
        EVALUATION = "evaluation", _("民意征集、评议（不授予称号）")

    class CountMode(models.TextChoices):
        LIVE = "live", _("实时公布")
        SCHEDULED = "scheduled", _("每日定时公布")
        AFTER_CLOSE = "after_close", _("投票结束后公布")

    class Frequency(models.TextChoices):
        CAMPAIGN = "campaign", _("整个活动期间一次")
        DAY = "day", _("每日一次")

    class TieRule(models.TextChoices):
        JURY_FIRST = "jury", _("专家评分高者在前")
        PUBLIC_FIRST = "public", _("公众得票多者在前")
        SHARED = "shared", _("名次并列")

    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("主办单位")
    )
    account = models.ForeignKey(
        "agencies.OfficialAccount",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("公众号"),
    )
    slug = models.SlugField(_("网址标识"), max_length=60, unique=True)
    type = models.CharField(_("活动类型"), max_length=12, choices=Type.choices)
    title = models.CharField(_("活动名称"), max_length=25)  # E-10: no longer than 25 characters
    theme = models.CharField(_("主题"), max_length=60, blank=True)
    purpose = models.TextField(_("目的和意义"))
    scope = models.TextField(_("评选范围和对象"), blank=True)
    seats = models.PositiveSmallIntegerField(
        _("入选名额"), default=10, validators=[MinValueValidator(1)]
    )
    cover = models.ForeignKey(
        "publishing.Picture",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("封面"),
    )
    languages = models.JSONField(_("界面语言"), default=list)
    translations = models.JSONField(_("其他语言文本"), default=dict, blank=True)

    approval_number = models.CharField(_("批准文号"), max_length=60, blank=True)
    approval_document = models.ForeignKey(
        "publishing.OfficialDocument",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("批准文件"),
    )
    publicity_days = models.PositiveSmallIntegerField(_("公示工作日数"), default=5)
    publicity_reason = models.CharField(_("少于规定天数的理由"), max_length=200, blank=True)
    is_free = models.BooleanField(_("承诺不收取任何费用"), default=False)
    is_voluntary = models.BooleanField(_("承诺不摊派投票任务、不以关注或转发为条件"), default=False)

    min_picks = models.PositiveSmallIntegerField(_("最少选择"), default=1)
    max_picks = models.PositiveSmallIntegerField(_("最多选择"), default=1)
    frequency = models.CharField(
        _("投票次数"), max_length=8, choices=Frequency.choices, default=Frequency.CAMPAIGN
    )
    count_mode = models.CharField(
        _("票数公布方式"), max_length=12, choices=CountMode.choices, default=CountMode.AFTER_CLOSE
    )
    count_hours = models.JSONField(_("每日公布时点"), default=list, blank=True)  # [18]: at 18:00
    public_weight = models.PositiveSmallIntegerField(
        _("公众投票权重 %"), default=70, validators=PERCENT
    )
    jury_weight = models.PositiveSmallIntegerField(
        _("专家评审权重 %"), default=30, validators=PERCENT
    )
    figures_weight = models.PositiveSmallIntegerField(
        _("业务数据权重 %"), default=0, validators=PERCENT
    )
    tie_rule = models.CharField(
        _("同分处理"), max_length=8, choices=TieRule.choices, default=TieRule.JURY_FIRST
    )

    # Signals of brushing that this vote does without, by code (minyi.integrity.signals).
    silent_signals = models.JSONField(_("停用的识别信号"), default=list, blank=True)

    # Counts the edits: who saves a form that somebody else has changed meanwhile is told so.
    version = models.PositiveIntegerField(_("版本"), default=1, editable=False)
    created_at = models.DateTimeField(_("创建时间"))
    launched_at = models.DateTimeField(_("发布时间"), null=True, blank=True)
    cancelled_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("评选活动")
        verbose_name_plural = _("评选活动")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="picks_make_sense",
                condition=models.Q(min_picks__gte=1, max_picks__gte=models.F("min_picks")),
            ),
            models.CheckConstraint(
                name="weights_make_a_whole",
                condition=models.Q(
                    public_weight=100 - models.F("jury_weight") - models.F("figures_weight")
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_launched(self) -> bool:
        return self.launched_at is not None and self.cancelled_at is None


class Criterion(models.Model):
    """One of the weighted standards of the selection (R049)."""

    campaign = ParentalKey(Campaign, on_delete=models.CASCADE, related_name="criteria")
    name = models.CharField(_("标准"), max_length=40)
    explanation = models.CharField(_("说明"), max_length=200, blank=True)
    weight = models.PositiveSmallIntegerField(_("权重 %"), validators=PERCENT)
    translations = models.JSONField(_("其他语言文本"), default=dict, blank=True)
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)

    class Meta:
        verbose_name = _("评选标准")
        verbose_name_plural = _("评选标准")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return f"{self.name}（{self.weight}%）"


class Category(models.Model):
    """A group of nominees, such as 窗口 or 社区."""

    campaign = ParentalKey(Campaign, on_delete=models.CASCADE, related_name="categories")
    name = models.CharField(_("类别"), max_length=40)
    translations = models.JSONField(_("其他语言文本"), default=dict, blank=True)
    position = models.PositiveSmallIntegerField(_("顺序"), default=0)

    class Meta:
        verbose_name = _("类别")
        verbose_name_plural = _("类别")
        ordering = ["position", "id"]

    def __str__(self) -> str:
        return self.name


class Stage(models.Model):
    """A dated part of a campaign. It opens and closes by the clock alone: nobody flips a switch."""

    campaign = ParentalKey(Campaign, on_delete=models.CASCADE, related_name="stages")
    kind = models.CharField(_("环节"), max_length=14, choices=PHASE_CHOICES)
    opens_at = models.DateTimeField(_("开始时间"))
    closes_at = models.DateTimeField(_("结束时间"))
    note = models.CharField(_("说明"), max_length=200, blank=True)
    translations = models.JSONField(_("其他语言文本"), default=dict, blank=True)

    class StageQuerySet(models.QuerySet):
        def open_at(self, now: datetime) -> Self:
            """Keep those open at that moment: from opens_at on, up to and without closes_at."""
            return self.filter(opens_at__lte=now, closes_at__gt=now)

    objects: ClassVar = StageQuerySet.as_manager()

    class Meta:
        verbose_name = _("环节")
        verbose_name_plural = _("日程")
        ordering = ["opens_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="a_stage_ends_after_it_begins",
                condition=models.Q(closes_at__gt=models.F("opens_at")),
            ),
            models.UniqueConstraint(
                fields=["campaign", "kind"], name="one_stage_of_each_kind_per_campaign"
            ),
        ]

    def __str__(self) -> str:
        return str(self.phase.name)

    @property
    def phase(self) -> Phase:
        return PHASES[self.kind]

    def is_open(self, now: datetime) -> bool:
        return self.opens_at <= now < self.closes_at
