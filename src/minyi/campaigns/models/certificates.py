# SPDX-License-Identifier: Apache-2.0
from django.db import models
from django.utils.translation import gettext_lazy as _

from .campaign import Campaign
from .nominees import Nominee, OfCampaignQuerySet


class Certificate(models.Model):
    """What one selected nominee was given. Its words are kept as they were printed.

    It is never changed: it is revoked, with a reason, and another one may be issued.
    """

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="certificates", verbose_name=_("活动")
    )
    nominee = models.ForeignKey(
        Nominee, models.PROTECT, related_name="certificates", verbose_name=_("候选对象")
    )
    code = models.CharField(_("核验码"), max_length=16, unique=True)
    serial = models.PositiveSmallIntegerField(_("序号"))
    recipient = models.CharField(_("获证对象"), max_length=60)
    unit = models.CharField(_("所属单位"), max_length=80, blank=True)
    award = models.CharField(_("称号"), max_length=40, blank=True)  # blank: an evaluation
    issued_at = models.DateTimeField(_("颁发时间"))
    issued_by = models.ForeignKey(
        "agencies.User", models.PROTECT, related_name="+", verbose_name=_("颁发人")
    )
    revoked_at = models.DateTimeField(_("撤销时间"), null=True, blank=True)
    revoked_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("撤销人"),
    )
    revoked_reason = models.CharField(_("撤销原因"), max_length=200, blank=True)

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("证书")
        verbose_name_plural = _("证书")
        ordering = ["serial"]
        constraints = [
            models.UniqueConstraint(
                fields=["nominee"],
                condition=models.Q(revoked_at__isnull=True),
                name="one_valid_certificate_per_nominee",
            ),
            models.UniqueConstraint(
                fields=["campaign", "serial"], name="one_serial_per_certificate_and_campaign"
            ),
            models.CheckConstraint(
                name="nothing_is_revoked_without_a_reason",
                condition=models.Q(revoked_at__isnull=True) | ~models.Q(revoked_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """Return the number that is printed: the campaign's name and a serial number."""
        return f"{self.campaign.slug}-{self.serial:03}"
