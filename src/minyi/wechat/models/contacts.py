# SPDX-License-Identifier: Apache-2.0
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet


class ContactQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "account__agency_id"


class Contact(models.Model):
    """A person in one account, known by their openid there: no name, no phone.

    `window_*` is what WeChat lets us send by customer service: the last trigger, when it came, and
    how many messages are left of it (wechat-api.md §7.2; the rules are in `wechat.windows`).
    """

    class WindowKind(models.TextChoices):
        NONE = "", _("无")
        MESSAGE = "message", _("发来消息")
        MENU = "menu", _("点击菜单")
        FOLLOW = "follow", _("关注")
        SCAN = "scan", _("扫码")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    openid = models.CharField("OpenID", max_length=64)
    citizen_id = models.UUIDField(_("公众"), null=True, blank=True, db_index=True)
    is_following = models.BooleanField(_("已关注"), default=False, db_default=False)
    followed_at = models.DateTimeField(_("关注时间"), null=True, blank=True)
    left_at = models.DateTimeField(_("取消关注时间"), null=True, blank=True)
    scene = models.CharField(_("来源场景"), max_length=64, blank=True, db_default="")
    remark = models.CharField(_("备注"), max_length=30, blank=True, db_default="")
    tags = models.JSONField(_("标签"), default=list, blank=True, db_default=[])  # WeChat's tag ids
    is_blocked = models.BooleanField(_("已拉黑"), default=False, db_default=False)
    opted_out_at = models.DateTimeField(_("退订时间"), null=True, blank=True)
    # WeChat said so (48002): the person switched the account's messages off in WeChat itself.
    refused_at = models.DateTimeField(_("拒收时间"), null=True, blank=True)
    # The consent to a profile was taken back: WeChat's answers bring none of it back.
    revoked_at = models.DateTimeField(_("撤回授权时间"), null=True, blank=True)
    window_kind = models.CharField(
        _("可发消息的原因"), max_length=8, choices=WindowKind.choices, blank=True, db_default=""
    )
    window_at = models.DateTimeField(_("可发消息起算时间"), null=True, blank=True)
    window_left = models.PositiveSmallIntegerField(_("剩余条数"), default=0, db_default=0)
    last_seen_at = models.DateTimeField(_("最近来访"))
    synced_at = models.DateTimeField(_("同步时间"), null=True, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("用户")
        verbose_name_plural = _("用户")
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "openid"], name="one_contact_per_account_and_openid"
            ),
        ]
        indexes = [models.Index(fields=["account", "-last_seen_at"], name="contacts_lately_seen")]

    def __str__(self) -> str:
        return self.remark or f"…{self.openid[-6:]}"
