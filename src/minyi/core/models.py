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


class OutboxMessage(models.Model):
    """Work to be done after the transaction that asked for it. Written by `core.outbox` alone.

    The worker that holds the lease is named in `leased_by`; only it may run or close the row.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("等待处理")
        DONE = "done", _("已处理")
        DEAD = "dead", _("处理失败")

    topic = models.CharField(_("类别"), max_length=60)
    key = models.CharField(_("编号"), max_length=120)
    order_key = models.CharField(_("顺序"), max_length=120, blank=True, db_default="")
    payload = models.JSONField(_("内容"), default=dict)
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(_("提出时间"))
    due_at = models.DateTimeField(_("应处理时间"))
    attempts = models.PositiveSmallIntegerField(_("尝试次数"), default=0)
    lease_until = models.DateTimeField(_("占用至"), null=True)
    leased_by = models.CharField(_("占用者"), max_length=80, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True)
    reason = models.CharField(_("原因"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("待办消息")
        verbose_name_plural = _("待办消息")
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["topic", "key"], name="one_message_per_topic_and_key"),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=models.Q(state="waiting"),
                name="outbox_waiting_by_due",
            ),
            models.Index(
                fields=["ended_at"], condition=models.Q(state="done"), name="outbox_done_by_end"
            ),
            models.Index(fields=["id"], condition=models.Q(state="dead"), name="outbox_dead"),
            models.Index(
                fields=["order_key", "id"],
                condition=models.Q(state="waiting"),
                name="outbox_waiting_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.topic}:{self.key}"
