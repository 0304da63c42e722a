# SPDX-License-Identifier: Apache-2.0
from django.db import models
from django.utils.translation import gettext_lazy as _

from .menus import OfAccountQuerySet


class KeywordReply(models.Model):
    """What the account answers by itself when a citizen's message holds certain words."""

    class Match(models.TextChoices):
        EXACT = "exact", _("完全一致")
        CONTAINS = "contains", _("包含即可")

    class Answer(models.TextChoices):
        TEXT = "text", _("回复文字")
        CARD = "card", _("回复图文卡片")
        TRANSFER = "transfer", _("转人工")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    words = models.JSONField(_("关键词"), default=list)
    match = models.CharField(
        _("匹配方式"), max_length=8, choices=Match.choices, default=Match.CONTAINS
    )
    answer_kind = models.CharField(
        _("回复方式"), max_length=8, choices=Answer.choices, default=Answer.TEXT
    )
    text = models.TextField(_("回复文字"), blank=True)
    title = models.CharField(_("卡片标题"), max_length=64, blank=True)
    description = models.CharField(_("卡片摘要"), max_length=120, blank=True)
    picture_url = models.URLField(_("卡片图片地址"), max_length=500, blank=True)
    url = models.URLField(_("点开的网页"), max_length=1000, blank=True)
    is_on = models.BooleanField(_("启用"), default=True)
    order = models.PositiveIntegerField(_("顺序"), default=0)

    objects = OfAccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("关键词回复")
        verbose_name_plural = _("关键词回复")
        ordering = ["account_id", "order", "id"]

    def __str__(self) -> str:
        return "、".join(self.words)
