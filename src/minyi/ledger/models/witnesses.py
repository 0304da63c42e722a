# SPDX-License-Identifier: Apache-2.0
"""Who watches the logs from outside, and how far each of them has seen each log."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from votelog import parse_cosigner_vkey

from minyi.core.models import AgencyQuerySet


class Witness(models.Model):
    """An organisation outside ours that cosigns our checkpoints (C2SP tlog-witness)."""

    agency = models.ForeignKey(
        "agencies.Agency", models.PROTECT, related_name="+", verbose_name=_("单位")
    )
    organisation = models.CharField(
        _("见证单位"),
        max_length=120,
        help_text=_("公证处、行业协会、媒体等与本单位没有隶属关系的单位。"),
    )
    vkey = models.CharField(
        _("见证公钥"),
        max_length=300,
        help_text=_("由见证单位提供，请通过电话或者当面再核对一次。用于活动以后不能修改。"),
    )
    url = models.CharField(
        _("见证地址"),
        max_length=300,
        help_text=_("见证程序的网址，以 https:// 或者 http:// 开头。"),
    )
    since = models.DateField(_("起始日期"))
    until = models.DateField(
        _("截止日期"),
        null=True,
        blank=True,
        help_text=_("过了这一天，不再请其见证；留空表示长期。"),
    )

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("见证单位")
        verbose_name_plural = _("见证单位")
        ordering = ["organisation", "id"]
        constraints = [
            models.UniqueConstraint(fields=["agency", "vkey"], name="one_witness_per_key"),
            models.CheckConstraint(
                name="witness_ends_after_it_begins",
                condition=models.Q(until=None) | models.Q(until__gte=models.F("since")),
            ),
        ]

    def __str__(self) -> str:
        return self.organisation

    @property
    def key_name(self) -> str:
        """The name under which it signs."""
        return parse_cosigner_vkey(self.vkey).name


class LogWitness(models.Model):
    """One witness of one log: named in its policy, and how far it has cosigned it.

    The cosignatures themselves are files beside the log (`ledger.folders`).
    """

    class State(models.TextChoices):
        NEW = "new", _("等待首次见证")
        GOOD = "good", _("正常")
        DOWN = "down", _("连接不上")
        REFUSED = "refused", _("拒绝见证")

    log = models.ForeignKey("ledger.Log", models.PROTECT, related_name="witnesses")
    witness = models.ForeignKey(Witness, models.PROTECT, related_name="logs")
    size = models.BigIntegerField(_("已见证条数"), default=0)
    cosigned_at = models.DateTimeField(_("见证时间"), null=True)  # by the witness's own clock
    state = models.CharField(_("状态"), max_length=10, choices=State, default=State.NEW)
    refusal = models.CharField(_("拒绝原因"), max_length=40, blank=True)
    failures = models.PositiveIntegerField(_("连续失败次数"), default=0)
    asked_at = models.DateTimeField(_("最近一次请求"), null=True)
    next_at = models.DateTimeField(_("下一次请求"))  # whoever asks moves it on first

    class Meta:
        verbose_name = _("账本见证")
        verbose_name_plural = _("账本见证")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["log", "witness"], name="one_row_per_log_and_witness"),
        ]
        indexes = [models.Index(fields=["next_at"], name="witnesses_to_ask")]

    def __str__(self) -> str:
        return f"{self.log_id}:{self.witness_id}"
