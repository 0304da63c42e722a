# SPDX-License-Identifier: Apache-2.0
"""Objections to a proposed result: what was said, by whom (sealed), and every step since."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .campaign import Campaign
from .nominees import Nominee, OfCampaignQuerySet, private_storage


class Objection(models.Model):
    """One person's objection. `contact` is sealed; opening it is an act on the trail."""

    class About(models.TextChoices):
        NOMINEE = "nominee", _("候选对象的资格或者事迹")
        COUNT = "count", _("票数、计票")
        JURY = "jury", _("专家评审")
        PROCESS = "process", _("评选程序、工作人员")

    class State(models.TextChoices):
        FILED = "filed", _("待受理")
        ACCEPTED = "accepted", _("核查中")
        PROPOSED = "proposed", _("待复核")
        DECLINED = "declined", _("不予受理")
        UPHELD = "upheld", _("异议成立")
        DISMISSED = "dismissed", _("异议不成立")
        WITHDRAWN = "withdrawn", _("已撤回")

    class Remedy(models.TextChoices):
        NONE = "", _("不需更正")
        TEXT = "text", _("更正公示内容，名次不变")
        RECOUNT = "recount", _("重新汇总结果")
        BALLOTS = "ballots", _("认定相关选票无效，重新汇总")
        NOMINEE = "nominee", _("取消候选对象资格，重新汇总")

    OPEN = (State.FILED, State.ACCEPTED, State.PROPOSED)

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="objections", verbose_name=_("活动")
    )
    number = models.PositiveIntegerField(_("编号"))
    by_citizen = models.ForeignKey(
        "citizens.Citizen", models.SET_NULL, null=True, related_name="+", verbose_name=_("提出人")
    )
    about = models.CharField(_("事项"), max_length=8, choices=About.choices)
    nominee = models.ForeignKey(
        Nominee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("候选对象"),
    )
    statement = models.TextField(_("事实和理由"))
    is_named = models.BooleanField(_("实名"))
    contact = models.TextField(_("联系方式（密文）"), blank=True)
    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.FILED)
    filed_at = models.DateTimeField(_("提交时间"))
    due_on = models.DateField(_("办理期限"))
    handler = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("承办人"),
    )
    is_well_founded = models.BooleanField(_("拟认定成立"), null=True, blank=True)
    remedy = models.CharField(
        _("更正措施"), max_length=8, choices=Remedy.choices, blank=True, default=""
    )
    answer = models.CharField(_("答复"), max_length=500, blank=True)
    proposed_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("拟办人"),
    )
    decided_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("复核人"),
    )
    decided_at = models.DateTimeField(_("办结时间"), null=True, blank=True)
    remedied_at = models.DateTimeField(_("更正完成时间"), null=True, blank=True)

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("异议")
        verbose_name_plural = _("异议")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "number"], name="one_number_per_objection_and_campaign"
            ),
            models.CheckConstraint(
                name="nobody_decides_the_objection_they_proposed_on",
                condition=models.Q(decided_by__isnull=True)
                | models.Q(proposed_by__isnull=True)
                | ~models.Q(proposed_by=models.F("decided_by")),
            ),
        ]

    def __str__(self) -> str:
        return str(_("异议第 %d 号") % self.number)

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class ObjectionFile(models.Model):
    """A picture or document that proves what is said; never public."""

    class Kind(models.TextChoices):
        PICTURE = "picture", _("图片")
        DOCUMENT = "document", _("文件")

    objection = models.ForeignKey(Objection, models.CASCADE, related_name="files")
    kind = models.CharField(_("类型"), max_length=8, choices=Kind.choices)
    file = models.FileField(_("文件"), upload_to="objections/%Y/%m/", storage=private_storage)
    sha256 = models.CharField(_("SHA-256"), max_length=64)

    class Meta:
        verbose_name = _("异议材料")
        verbose_name_plural = _("异议材料")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class ObjectionStep(models.Model):
    """One step of an objection, in order; `text` is for the objector unless it is internal."""

    objection = models.ForeignKey(Objection, models.CASCADE, related_name="steps")
    verb = models.CharField(_("步骤"), max_length=12)
    text = models.CharField(_("说明"), max_length=500, blank=True)
    is_internal = models.BooleanField(_("内部"), default=False)
    by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, related_name="+", verbose_name=_("经办人")
    )  # null: the objector
    at = models.DateTimeField(_("时间"))

    class Meta:
        verbose_name = _("办理步骤")
        verbose_name_plural = _("办理步骤")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.verb
