# SPDX-License-Identifier: Apache-2.0
"""WeChat's tags as last seen, and the run that reads the followers. Contacts are in `contacts`."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from .menus import OfAccountQuerySet

_LAST_RESERVED = 2  # wechat-api.md §8


class FollowerTag(models.Model):
    """One of WeChat's tags (≤ 100 an account); WeChat keeps the truth."""

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    wechat_id = models.PositiveIntegerField(_("微信编号"))
    name = models.CharField(_("名称"), max_length=30)
    count = models.PositiveIntegerField(_("粉丝数"), default=0)

    objects = OfAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("粉丝标签")
        verbose_name_plural = _("粉丝标签")
        ordering = ["account_id", "wechat_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "wechat_id"], name="one_tag_per_account_and_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_wechats(self) -> bool:
        """Tell whether the tag is one of WeChat's own (0, 1, 2), which nobody changes."""
        return self.wechat_id <= _LAST_RESERVED


class FollowerSync(models.Model):
    """One reading of all followers from WeChat; it goes on where it stopped."""

    class State(models.TextChoices):
        WAITING = "waiting", _("排队中")
        RUNNING = "running", _("进行中")
        DONE = "done", _("已完成")
        STOPPED = "stopped", _("已中断")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    next_openid = models.CharField(max_length=64, blank=True)
    # Of the page WeChat told last (10,000 openids): whom we have not asked about yet.
    pending = models.JSONField(default=list)
    total = models.PositiveIntegerField(_("总数"), default=0)
    done = models.PositiveIntegerField(_("已读取"), default=0)
    steps = models.PositiveIntegerField(default=0)
    reason = models.CharField(_("中断原因"), max_length=300, blank=True)
    asked_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, related_name="+", verbose_name=_("发起人")
    )
    started_at = models.DateTimeField(_("开始时间"))
    finished_at = models.DateTimeField(_("结束时间"), null=True)

    objects = OfAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("粉丝同步")
        verbose_name_plural = _("粉丝同步")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                condition=models.Q(state__in=["waiting", "running"]),
                name="one_running_sync_per_account",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} · {self.get_state_display()}"
