# SPDX-License-Identifier: Apache-2.0
"""The identity vault 身份保险库: who stands behind a tag, one vault for each campaign (ADR 17)."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet


class Vault(models.Model):
    """The keys of one campaign. Destroyed: both are gone, and with them every row."""

    campaign_id = models.BigIntegerField(_("活动"), unique=True)
    cipher = models.CharField(_("加密算法"), max_length=16)
    master = models.CharField(_("主密钥标识"), max_length=8)  # which master key wraps `data_key`
    data_key = models.BinaryField(_("数据密钥"), blank=True)  # wrapped by the master key
    tag_key = models.BinaryField(_("代号密钥"), blank=True)  # sealed with the data key
    made_at = models.DateTimeField(_("建立时间"))
    destroyed_at = models.DateTimeField(_("销毁时间"), null=True, blank=True)

    class Meta:
        verbose_name = _("身份保险库")
        verbose_name_plural = _("身份保险库")
        constraints = [
            models.CheckConstraint(
                name="a_destroyed_vault_has_no_keys",
                condition=models.Q(destroyed_at__isnull=True)
                | models.Q(data_key=b"", tag_key=b"", master=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}"


class VaultRow(models.Model):
    """One voter. The tag is what stands on the ballot; who it is, is sealed field by field.

    No moment and no number of the person: either would lead to them without a key.
    """

    vault = models.ForeignKey(Vault, models.PROTECT, related_name="rows")
    tag = models.CharField(_("代号"), max_length=32)
    channel = models.BinaryField(_("渠道"))
    account = models.BinaryField(_("账号"))
    subject = models.BinaryField(_("渠道内身份"))

    class Meta:
        verbose_name = _("投票人身份")
        verbose_name_plural = _("投票人身份")
        constraints = [
            models.UniqueConstraint(fields=["vault", "tag"], name="one_row_per_voter_and_vault"),
        ]

    def __str__(self) -> str:
        return self.tag


class VaultOpening(models.Model):
    """A look into the vault: asked for by one person, allowed by another, for named ballots."""

    class State(models.TextChoices):
        WAITING = "waiting", _("待批准")
        ALLOWED = "allowed", _("已批准")
        REFUSED = "refused", _("未批准")

    vault = models.ForeignKey(Vault, models.PROTECT, related_name="openings")
    agency = models.ForeignKey("agencies.Agency", models.PROTECT, related_name="+")
    ballots = models.JSONField(_("选票"))  # [[what it was named by, its tag], …]
    purpose = models.CharField(_("用途"), max_length=300)
    hours = models.PositiveSmallIntegerField(_("开放小时数"))
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    asked_by = models.ForeignKey(
        "agencies.User", models.PROTECT, related_name="+", verbose_name=_("申请人")
    )
    asked_at = models.DateTimeField(_("申请时间"))
    decided_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("批准人"),
    )
    decided_at = models.DateTimeField(_("批准时间"), null=True, blank=True)
    note = models.CharField(_("批准意见"), max_length=300, blank=True)
    until = models.DateTimeField(_("开放至"), null=True, blank=True)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("身份查阅")
        verbose_name_plural = _("身份查阅")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="two_people_open_the_vault",
                condition=models.Q(decided_by__isnull=True)
                | ~models.Q(decided_by=models.F("asked_by")),
            ),
            models.CheckConstraint(
                name="an_open_vault_has_an_end",
                condition=~models.Q(state="allowed")
                | models.Q(decided_by__isnull=False, until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pk}"
