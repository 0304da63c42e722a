# SPDX-License-Identifier: Apache-2.0
"""Who can open the ballots of a campaign. Neither the key nor a share is in any table."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SealingKey(models.Model):
    """The key for which a campaign's ballots are sealed, as everybody may know it."""

    campaign_id = models.BigIntegerField(_("活动"), unique=True)
    public = models.CharField(_("选票公钥"), max_length=64)  # X25519, hex
    issue = models.PositiveSmallIntegerField(_("分发次数"), default=1)  # of its shares
    made_at = models.DateTimeField(_("生成时间"))
    rehearsed_at = models.DateTimeField(_("开封演练"), null=True, blank=True)
    opened_at = models.DateTimeField(_("开封"), null=True, blank=True)

    class Meta:
        verbose_name = _("选票密钥")
        verbose_name_plural = _("选票密钥")

    def __str__(self) -> str:
        return self.public


class Trustee(models.Model):
    """A trustee 受托人 and the hash of the share they were given."""

    key = models.ForeignKey(SealingKey, models.CASCADE, related_name="trustees")
    place = models.PositiveSmallIntegerField(_("序号"))  # 1 to 3, as in the share
    name = models.CharField(_("姓名"), max_length=40)
    office = models.CharField(_("单位和职务"), max_length=80)
    share_digest = models.CharField(_("份额校验值"), max_length=64)

    class Meta:
        verbose_name = _("受托人")
        verbose_name_plural = _("受托人")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["key", "place"], name="one_trustee_per_share"),
        ]

    def __str__(self) -> str:
        return self.name
