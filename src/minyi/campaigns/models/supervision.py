# SPDX-License-Identifier: Apache-2.0
"""What the supervisor's room 监督室 works with: complaints, checks of the log, samples."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .campaign import Campaign
from .nominees import OfCampaignQuerySet


class VoteComplaint(models.Model):
    """A complaint about the vote itself. Only supervisors read it: it may name the organisers.

    Whoever knows `code` reads how it stands; the audit trail therefore never holds it.
    """

    class Kind(models.TextChoices):
        BALLOT = "ballot", _("选票没有计入或者与本人所投不符")
        COUNT = "count", _("票数或者结果有疑问")
        BRUSHING = "brushing", _("刷票、买票或者拉票摊派")
        STAFF = "staff", _("工作人员违反规定")
        OTHER = "other", _("其他")

    class State(models.TextChoices):
        RECEIVED = "received", _("已收到，等待监督人员受理")
        LOOKING = "looking", _("已受理，正在核查")
        ANSWERED = "answered", _("已答复")

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("反映属实，已处理")
        PARTLY = "partly", _("部分属实，已处理")
        UNFOUNDED = "unfounded", _("经核查，未发现所反映的情况")
        ELSEWHERE = "elsewhere", _("不属于投票监督事项")

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="complaints", verbose_name=_("活动")
    )
    code = models.CharField(_("查询码"), max_length=20, unique=True)
    kind = models.CharField(_("反映事项"), max_length=10, choices=Kind.choices)
    text = models.TextField(_("具体情况"))
    contact = models.TextField(_("联系方式"), blank=True)  # sealed, see `contacts`
    citizen = models.ForeignKey(
        "citizens.Citizen", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    sent_at = models.DateTimeField(_("提交时间"))
    state = models.CharField(
        _("状态"), max_length=10, choices=State.choices, default=State.RECEIVED
    )
    outcome = models.CharField(_("核查结论"), max_length=10, choices=Outcome.choices, blank=True)
    answer = models.TextField(_("答复"), blank=True)
    answered_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("答复人"),
    )
    answered_at = models.DateTimeField(_("答复时间"), null=True, blank=True)

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("对投票的投诉")
        verbose_name_plural = _("对投票的投诉")
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                name="an_answered_complaint_has_an_answer",
                condition=~models.Q(state="answered")
                | ~models.Q(answer="")
                & ~models.Q(outcome="")
                & models.Q(answered_by__isnull=False, answered_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["campaign", "state"], name="complaints_by_state")]

    def __str__(self) -> str:
        return f"{self.pk}"


class Task(models.Model):
    """Work a supervisor asks for and the worker does; `done` of `total` shows how far it is."""

    class State(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        FAILED = "failed", _("没有完成")

    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    asked_by = models.ForeignKey(
        "agencies.User", models.PROTECT, related_name="+", verbose_name=_("发起人")
    )
    asked_at = models.DateTimeField(_("发起时间"))
    ended_at = models.DateTimeField(_("结束时间"), null=True, blank=True)
    done = models.BigIntegerField(_("已核对"), default=0)
    total = models.BigIntegerField(_("总数"), default=0)
    reason = models.CharField(_("原因"), max_length=300, blank=True)

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.pk}"


class LogCheck(Task):
    """An audit of the log from its first entry to its checkpoint, as a stranger makes it."""

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="log_checks")
    size = models.BigIntegerField(_("条数"), default=0)
    root = models.CharField(_("根值"), max_length=44, blank=True)
    findings = models.JSONField(_("发现的问题"), default=list)

    class Meta(Task.Meta):
        verbose_name = _("账本核验")
        verbose_name_plural = _("账本核验")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_check_of_a_log_at_a_time",
            ),
        ]


class VoterSample(Task):
    """Ballots drawn from a checkpoint, and whether their voters are known to the channel.

    The three figures only: who was drawn, and who each of them is, is kept nowhere.
    """

    campaign = models.ForeignKey(Campaign, models.PROTECT, related_name="samples")
    # The checkpoint that decides the draw; blank until the witnesses have cosigned one.
    note = models.TextField(_("检查点"), blank=True)
    size = models.BigIntegerField(_("条数"))
    root = models.CharField(_("根值"), max_length=44, blank=True)
    many = models.PositiveSmallIntegerField(_("抽查张数"))
    found = models.PositiveSmallIntegerField(_("核实"), default=0)
    missing = models.PositiveSmallIntegerField(_("查无此人"), default=0)
    unknown = models.PositiveSmallIntegerField(_("无法核实"), default=0)

    class Meta(Task.Meta):
        verbose_name = _("抽查")
        verbose_name_plural = _("抽查")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_sample_at_a_time",
            ),
        ]
