# SPDX-License-Identifier: Apache-2.0
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet

from .conversations import Conversation


class Weekday(models.IntegerChoices):
    """As Python counts them."""

    MONDAY = 0, _("周一")
    TUESDAY = 1, _("周二")
    WEDNESDAY = 2, _("周三")
    THURSDAY = 3, _("周四")
    FRIDAY = 4, _("周五")
    SATURDAY = 5, _("周六")
    SUNDAY = 6, _("周日")


class DeskQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "account__agency_id"


class TalkQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "conversation__contact__account__agency_id"


class OfficeHours(models.Model):
    """One span of one weekday in which people answer. Public holidays and make-up working days
    come from `core.workdays`; see `queries.office_hours`."""

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.CASCADE, related_name="+", verbose_name=_("公众号")
    )
    weekday = models.PositiveSmallIntegerField(_("星期"), choices=Weekday.choices)
    opens = models.TimeField(_("开始"))
    closes = models.TimeField(_("结束"))

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("接待时间")
        verbose_name_plural = _("接待时间")
        ordering = ["account", "weekday", "opens"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "weekday", "opens"], name="one_span_per_weekday_and_start"
            ),
            models.CheckConstraint(
                name="office_opens_before_it_closes",
                condition=models.Q(opens__lt=models.F("closes")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"


class DutyShift(models.Model):
    """Who answers on one day from when to when. It does not pass midnight: that is two shifts."""

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.CASCADE, related_name="+", verbose_name=_("公众号")
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("值班人员")
    )
    day = models.DateField(_("日期"))
    begins = models.TimeField(_("开始"))
    ends = models.TimeField(_("结束"))

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("值班")
        verbose_name_plural = _("值班")
        ordering = ["day", "begins", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "user", "day", "begins"], name="one_shift_per_person_and_start"
            ),
            models.CheckConstraint(
                name="shift_begins_before_it_ends", condition=models.Q(begins__lt=models.F("ends"))
            ),
        ]
        indexes = [models.Index(fields=["account", "day"], name="shifts_by_day")]

    def __str__(self) -> str:
        return f"{self.day} {self.begins:%H:%M}–{self.ends:%H:%M} {self.user}"


class QuickReply(models.Model):
    """A text the desk uses again and again, to be put into an answer and changed there."""

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.CASCADE, related_name="+", verbose_name=_("公众号")
    )
    title = models.CharField(_("标题"), max_length=30)
    text = models.TextField(_("内容"))
    order = models.PositiveSmallIntegerField(_("顺序"), default=0)

    objects = DeskQuerySet.as_manager()

    class Meta:
        verbose_name = _("快捷回复")
        verbose_name_plural = _("快捷回复")
        ordering = ["order", "id"]
        constraints = [
            models.UniqueConstraint(fields=["account", "title"], name="one_quick_reply_per_title"),
        ]

    def __str__(self) -> str:
        return self.title


class Handling(models.Model):
    """One time a person looked after a conversation, from taking it over until its end.

    `asked_at` and `due_at` are the call for a person and the first answer's deadline as they stood
    when it was taken over; empty where nobody had called.
    """

    class End(models.TextChoices):
        OPEN = "", _("进行中")
        ROBOT = "robot", _("转回机器人")
        CLOSED = "closed", _("已结束")
        QUEUED = "queued", _("放回等待")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="handlings", verbose_name=_("会话")
    )
    staff = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("接待人"),
    )
    asked_at = models.DateTimeField(_("开始等待"), null=True, blank=True)
    due_at = models.DateTimeField(_("首次答复期限"), null=True, blank=True)
    taken_at = models.DateTimeField(_("接待时间"))
    answered_at = models.DateTimeField(_("首次答复"), null=True, blank=True)
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    ended_how = models.CharField(
        _("结束方式"), max_length=8, choices=End.choices, blank=True, db_default=""
    )

    objects = TalkQuerySet.as_manager()

    class Meta:
        verbose_name = _("接待记录")
        verbose_name_plural = _("接待记录")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"],
                condition=models.Q(ended_at=None),
                name="one_open_handling_per_conversation",
            ),
        ]

    def __str__(self) -> str:
        return f"{_('接待')} {self.pk}"  # the audit trail shows this: nothing about the citizen


class DeskNote(models.Model):
    """A line of the conversation only staff sees: a remark, or who took or gave it. Appended."""

    class Kind(models.TextChoices):
        REMARK = "remark", _("内部备注")
        TAKEN = "taken", _("接待")
        TAKEN_FROM = "taken_from", _("从同事处接过")
        HANDED = "handed", _("转给同事")
        QUEUED = "queued", _("放回等待")
        ROBOT = "robot", _("转回机器人")
        CLOSED = "closed", _("结束会话")

    conversation = models.ForeignKey(
        Conversation, models.CASCADE, related_name="notes", verbose_name=_("会话")
    )
    kind = models.CharField(_("类型"), max_length=10, choices=Kind.choices)
    at = models.DateTimeField(_("时间"))
    author_name = models.CharField(_("工作人员"), max_length=80)
    other_name = models.CharField(_("同事"), max_length=80, blank=True, db_default="")
    text = models.TextField(_("内容"), blank=True, db_default="")

    objects = TalkQuerySet.as_manager()

    class Meta:
        verbose_name = _("会话备注")
        verbose_name_plural = _("会话备注")
        ordering = ["id"]
        indexes = [models.Index(fields=["conversation", "id"], name="notes_in_order")]

    def __str__(self) -> str:
        return f"{_('会话备注')} {self.pk}"
