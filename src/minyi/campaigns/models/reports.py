# SPDX-License-Identifier: Apache-2.0
from django.db import models
from django.utils.translation import gettext_lazy as _

from .campaign import Campaign
from .nominees import OfCampaignQuerySet, private_storage


class ActivityReport(models.Model):
    """An activity report, made step by step; each step keeps what it has made.

    `step` counts the steps done; `runs` how often the making was begun or resumed.
    """

    class State(models.TextChoices):
        RUNNING = "running", _("生成中")
        READY = "ready", _("已生成")
        STOPPED = "stopped", _("已中断")

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="reports", verbose_name=_("活动")
    )
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.RUNNING)
    step = models.PositiveSmallIntegerField(_("已完成步骤"), default=0)
    runs = models.PositiveSmallIntegerField(_("次数"), default=1)
    reason = models.CharField(_("中断原因"), max_length=300, blank=True)
    figures = models.JSONField(_("数字"), default=dict)
    robustness = models.JSONField(_("稳健性"), default=dict)
    docx = models.FileField(upload_to="reports/%Y/%m/", storage=private_storage, blank=True)
    docx_digest = models.CharField(max_length=64, blank=True)  # SHA-256, hex
    pdf = models.FileField(upload_to="reports/%Y/%m/", storage=private_storage, blank=True)
    pdf_digest = models.CharField(max_length=64, blank=True)
    asked_by = models.ForeignKey(
        "agencies.User", models.PROTECT, related_name="+", verbose_name=_("发起人")
    )
    asked_at = models.DateTimeField(_("发起时间"))
    ended_at = models.DateTimeField(_("完成时间"), null=True, blank=True)

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("活动报告")
        verbose_name_plural = _("活动报告")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=models.Q(state="running"),
                name="one_running_report_per_campaign",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign} · {self.asked_at:%Y-%m-%d %H:%M}"
