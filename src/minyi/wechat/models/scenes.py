# SPDX-License-Identifier: Apache-2.0
from django.db import models
from django.utils.translation import gettext_lazy as _

from .menus import OfAccountQuerySet


class Scene(models.Model):
    """A place a QR code hangs at: who comes through it is welcomed in its own words, and counted.

    `follows` and `scans` are written by `services.scenes.note_scan` alone.
    """

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    key = models.SlugField(_("标识"), max_length=64)
    name = models.CharField(_("名称"), max_length=60)
    welcome = models.TextField(_("欢迎语"), blank=True)
    url = models.URLField(_("附带链接"), max_length=1000, blank=True)
    is_permanent = models.BooleanField(_("永久二维码"), default=True)
    ticket = models.CharField(max_length=255, blank=True)
    target_url = models.URLField(_("二维码内容"), max_length=500, blank=True)
    made_at = models.DateTimeField(_("生成时间"), null=True)
    expires_at = models.DateTimeField(_("失效时间"), null=True, blank=True)
    follows = models.PositiveIntegerField(_("扫码关注"), default=0, editable=False)
    scans = models.PositiveIntegerField(_("扫码次数"), default=0, editable=False)

    objects = OfAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("场景二维码")
        verbose_name_plural = _("场景二维码")
        ordering = ["account_id", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "key"], name="one_scene_per_account_and_key"
            ),
        ]

    def __str__(self) -> str:
        return self.name
