# SPDX-License-Identifier: Apache-2.0
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet


class OfAccountQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "account__agency_id"


class OfMenuQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "menu__account__agency_id"


class Menu(models.Model):
    """The menu below an account's chat: what is being written, and what WeChat shows."""

    account = models.OneToOneField(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    draft = models.JSONField(_("草稿"), default=list, blank=True)  # buttons, see wechat.buttons
    live = models.JSONField(_("已发布"), default=list, blank=True)
    version = models.PositiveIntegerField(_("草稿版本"), default=0)
    changed_at = models.DateTimeField(_("保存时间"), null=True)
    changed_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, related_name="+", verbose_name=_("保存人")
    )
    published_at = models.DateTimeField(_("发布时间"), null=True)
    published_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, related_name="+", verbose_name=_("发布人")
    )

    objects = OfAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("自定义菜单")
        verbose_name_plural = _("自定义菜单")
        ordering = ["account__name"]

    def __str__(self) -> str:
        return str(self.account)


class MenuVersion(models.Model):
    """A menu as it was once published, for comparing and going back."""

    menu = models.ForeignKey(Menu, models.CASCADE, related_name="versions", verbose_name=_("菜单"))
    number = models.PositiveIntegerField(_("版本"))
    buttons = models.JSONField(_("按钮"))
    published_at = models.DateTimeField(_("发布时间"))
    published_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, related_name="+", verbose_name=_("发布人")
    )

    objects = OfMenuQuerySet.as_manager()

    class Meta:
        verbose_name = _("菜单版本")
        verbose_name_plural = _("菜单版本")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["menu", "number"], name="one_number_per_menu_version"),
        ]

    def __str__(self) -> str:
        return f"{self.menu} · {self.number}"


class TagMenu(models.Model):
    """A menu only some followers see: those with a tag, or on a kind of phone."""

    class Phone(models.TextChoices):
        ANY = "", _("不限")
        IOS = "1", _("苹果手机")
        ANDROID = "2", _("安卓手机")
        OTHER = "3", _("其他设备")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    name = models.CharField(_("名称"), max_length=40)
    tag_id = models.PositiveIntegerField(_("标签"), null=True, blank=True)
    phone = models.CharField(_("手机"), max_length=1, choices=Phone.choices, blank=True)
    draft = models.JSONField(_("草稿"), default=list, blank=True)
    live = models.JSONField(_("已发布"), default=list, blank=True)
    version = models.PositiveIntegerField(_("草稿版本"), default=0)
    menuid = models.CharField(_("微信菜单编号"), max_length=40, blank=True)  # blank: not published
    published_at = models.DateTimeField(_("发布时间"), null=True)
    published_by = models.ForeignKey(
        "agencies.User", models.PROTECT, null=True, related_name="+", verbose_name=_("发布人")
    )

    objects = OfAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("个性化菜单")
        verbose_name_plural = _("个性化菜单")
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                name="tag_menu_has_a_rule",
                condition=models.Q(tag_id__isnull=False) | ~models.Q(phone=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name
