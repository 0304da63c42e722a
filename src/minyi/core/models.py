# SPDX-License-Identifier: Apache-2.0
from datetime import date
from typing import ClassVar, NoReturn, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from .actors import Actor


class AppendOnly(Exception):
    """A programme tried to change or delete a fact."""


class AgencyQuerySet(models.QuerySet):  # type: ignore[type-arg]
    """Rows that belong to an agency; `agency_path` names the way to it from the row."""

    agency_path: ClassVar[str] = "agency_id"

    def visible_to(self, actor: Actor) -> Self:
        """Keep the rows of the actor's own agencies: the fence every staff module stands behind."""
        if actor.is_operator:
            return self
        return self.filter(**{f"{self.agency_path}__in": actor.agency_ids})


class AuditEntry(models.Model):
    """One act of one actor (R167). Written by `core.audit.record`, never changed.

    Each entry carries the digest of the one before it, so a changed or missing row shows.
    """

    at = models.DateTimeField(_("时间"))
    act = models.CharField(_("行为"), max_length=80)
    actor_kind = models.CharField(_("身份类别"), max_length=12)
    actor_id = models.CharField(_("身份编号"), max_length=64)
    actor_name = models.CharField(_("姓名"), max_length=80)
    agency_id = models.BigIntegerField(_("单位"), null=True, db_index=True)
    target = models.CharField(_("对象"), max_length=120, db_index=True)
    target_name = models.CharField(_("对象名称"), max_length=120)
    facts = models.JSONField(_("事实"), default=dict)
    request_id = models.CharField(_("请求编号"), max_length=32, blank=True)
    previous = models.CharField(max_length=64)
    digest = models.CharField(max_length=64, unique=True)

    objects = AgencyQuerySet.as_manager()

    class Meta:
        verbose_name = _("留痕记录")
        verbose_name_plural = _("留痕记录")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.actor_name} {self.act}"

    def save(self, *args: object, **kwargs: object) -> None:
        if self.pk is not None:
            raise AppendOnly
        super().save(*args, **kwargs)

    def delete(self, *args: object, **kwargs: object) -> NoReturn:
        raise AppendOnly


class RuleQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def in_force(self, on: date) -> Self:
        """Keep the rules valid on that day."""
        not_ended = models.Q(valid_to__isnull=True) | models.Q(valid_to__gte=on)
        return self.filter(not_ended, valid_from__lte=on)


class Rule(models.Model):
    """A deadline, quota or limit as data: amount, unit, source, place and time of validity."""

    class Unit(models.TextChoices):
        HOUR = "hour", _("小时")
        DAY = "day", _("日（自然日）")
        WORKDAY = "workday", _("工作日")
        COUNT = "count", _("个")

    key = models.CharField(_("规则"), max_length=60)
    region_code = models.CharField(_("地区代码"), max_length=12, blank=True)  # blank: everywhere
    amount = models.PositiveIntegerField(_("数量"))
    unit = models.CharField(_("单位"), max_length=8, choices=Unit.choices)
    source = models.CharField(_("依据"), max_length=200)
    valid_from = models.DateField(_("施行日期"))
    valid_to = models.DateField(_("失效日期"), null=True, blank=True)

    objects = RuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("规则")
        verbose_name_plural = _("规则")
        ordering = ["key", "region_code", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "region_code", "valid_from"], name="one_rule_per_place_and_start"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.key} = {self.amount} {self.get_unit_display()}"


class DayOverride(models.Model):
    """A day off or a make-up working day entered by hand; it wins over the calendar package."""

    day = models.DateField(_("日期"), unique=True)
    is_workday = models.BooleanField(_("是工作日"))
    source = models.CharField(_("依据"), max_length=200)

    class Meta:
        verbose_name = _("工作日调整")
        verbose_name_plural = _("工作日调整")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day}"
