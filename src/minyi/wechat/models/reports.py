# SPDX-License-Identifier: Apache-2.0
"""What WeChat reports about an account, or about something it was asked to look at."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet


class ReportQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "account__agency_id"


class AccountNotice(models.Model):
    """What WeChat told us about the account itself: its certification, its name, a yearly fee."""

    class Kind(models.TextChoices):
        QUALIFIED = "qualification_verify_success", _("资质认证通过")
        NOT_QUALIFIED = "qualification_verify_fail", _("资质认证未通过")
        NAMED = "naming_verify_success", _("名称认证通过")
        NOT_NAMED = "naming_verify_fail", _("名称认证未通过")
        RENEW = "annual_renew", _("需要办理年审")
        EXPIRED = "verify_expired", _("认证已经失效")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    kind = models.CharField(_("通知"), max_length=32, choices=Kind.choices)
    identity = models.CharField(max_length=32, unique=True)  # of the event
    told_at = models.DateTimeField(_("时间"))
    expires_at = models.DateTimeField(_("有效期至"), null=True, blank=True)
    reason = models.CharField(_("原因"), max_length=300, blank=True)  # WeChat's own words

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("账号通知")
        verbose_name_plural = _("账号通知")
        ordering = ["-told_at", "-id"]
        indexes = [models.Index(fields=["account", "-told_at"], name="notices_of_account")]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class MediaVerdict(models.Model):
    """What WeChat found in a picture or recording (client.safety.check_media named `trace_id`).

    With an `error` WeChat could not look at it, and there is neither `suggest` nor `label`.
    """

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    trace_id = models.CharField(_("检测编号"), max_length=128)
    suggest = models.CharField(_("建议"), max_length=16, blank=True)  # pass, review, risky
    label = models.PositiveIntegerField(_("类别"), null=True, blank=True)
    error = models.IntegerField(_("错误码"), default=0)
    told_at = models.DateTimeField(_("时间"))

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("图片和录音的检测结果")
        verbose_name_plural = _("图片和录音的检测结果")
        constraints = [
            models.UniqueConstraint(
                fields=["account", "trace_id"], name="one_verdict_per_account_and_trace"
            ),
        ]

    def __str__(self) -> str:
        return self.trace_id
