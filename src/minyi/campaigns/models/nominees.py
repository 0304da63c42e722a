# SPDX-License-Identifier: Apache-2.0
from typing import ClassVar

from django.core.files.storage import storages
from django.core.files.storage.base import Storage
from django.db import models
from django.utils.translation import gettext_lazy as _

from minyi.core.models import AgencyQuerySet

from .campaign import Campaign, Category


class OfCampaignQuerySet(AgencyQuerySet):
    agency_path: ClassVar[str] = "campaign__agency_id"


class NomineeText(models.Model):
    """What is told of somebody: by whoever nominates, and later on the nominee's own page."""

    name = models.CharField(_("名称"), max_length=60)
    unit = models.CharField(_("所属单位"), max_length=80, blank=True)
    innovation = models.TextField(_("创新做法"), blank=True)
    responsibility = models.TextField(_("社会责任实践"), blank=True)
    evidence = models.JSONField(
        _("对照标准的事实"), default=dict, blank=True
    )  # criterion id → text
    video_url = models.URLField(_("视频链接"), blank=True)

    class Meta:
        abstract = True


class Nominee(NomineeText):
    """A candidate with a page of its own (R052)."""

    class Status(models.TextChoices):
        CANDIDATE = "candidate", _("候选")
        WITHDRAWN = "withdrawn", _("已退出")

    class Card(models.TextChoices):
        PICTURE = "picture", _("图文")
        TEXT = "text", _("文字")
        VIDEO = "video", _("视频")

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="nominees", verbose_name=_("活动")
    )
    number = models.PositiveSmallIntegerField(_("编号"))
    category = models.ForeignKey(
        Category,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="nominees",
        verbose_name=_("类别"),
    )
    merits = models.CharField(_("一句话事迹"), max_length=80)
    story = models.TextField(_("主要事迹"))
    card = models.CharField(_("展示形式"), max_length=8, choices=Card.choices, default=Card.PICTURE)
    video_file = models.FileField(_("视频文件"), upload_to="videos/", blank=True)
    video_caption = models.CharField(_("视频文字说明"), max_length=300, blank=True)
    figures = models.DecimalField(
        _("业务数据得分（0-100）"), max_digits=5, decimal_places=2, null=True, blank=True
    )
    figures_source = models.CharField(_("业务数据来源"), max_length=200, blank=True)
    status = models.CharField(
        _("状态"), max_length=10, choices=Status.choices, default=Status.CANDIDATE
    )
    status_reason = models.CharField(_("退出原因"), max_length=200, blank=True)
    translations = models.JSONField(_("其他语言文本"), default=dict, blank=True)

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("候选对象")
        verbose_name_plural = _("候选对象")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "number"], name="one_number_per_nominee_and_campaign"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.name}"


MOST_PICTURES = 9  # what one can look through on a phone, and what a chat lets one send


class NomineePicture(models.Model):
    """A picture on a nominee's page; the one in the first place stands on the card as well."""

    nominee = models.ForeignKey(
        Nominee, models.CASCADE, related_name="gallery", verbose_name=_("候选对象")
    )
    picture = models.ForeignKey(
        "publishing.Picture", models.PROTECT, related_name="+", verbose_name=_("图片")
    )
    place = models.PositiveSmallIntegerField(_("顺序"))  # 0, 1, 2 …

    class Meta:
        verbose_name = _("候选对象图片")
        verbose_name_plural = _("候选对象图片")
        ordering = ["place"]
        constraints = [
            models.UniqueConstraint(fields=["nominee", "place"], name="one_picture_in_each_place"),
            models.CheckConstraint(
                name="no_more_pictures_than_one_looks_at",
                condition=models.Q(place__lt=MOST_PICTURES),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nominee_id}/{self.place}"


class Nomination(NomineeText):
    """What one citizen sent in to recommend somebody (R050)."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", _("待审核")
        ACCEPTED = "accepted", _("已通过")
        REJECTED = "rejected", _("未通过")
        MERGED = "merged", _("已合并")

    campaign = models.ForeignKey(
        Campaign, models.PROTECT, related_name="nominations", verbose_name=_("活动")
    )
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("类别")
    )
    reason = models.TextField(_("推荐理由"))
    by_citizen = models.ForeignKey(
        "citizens.Citizen",
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("推荐人"),
    )
    status = models.CharField(
        _("状态"), max_length=10, choices=Status.choices, default=Status.SUBMITTED
    )
    status_reason = models.CharField(_("审核意见"), max_length=300, blank=True)
    decided_by = models.ForeignKey(
        "agencies.User",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("审核人"),
    )
    decided_at = models.DateTimeField(_("审核时间"), null=True, blank=True)
    merged_into = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="merged",
        verbose_name=_("合并到"),
    )
    nominee = models.ForeignKey(
        Nominee,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="nominations",
        verbose_name=_("候选对象"),
    )
    sent_at = models.DateTimeField(_("提交时间"))

    objects = OfCampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("推荐")
        verbose_name_plural = _("推荐")
        ordering = ["-id"]

    def __str__(self) -> str:
        return self.name


def private_storage() -> Storage:
    return storages["private"]


class NominationFile(models.Model):
    """A picture or video a citizen sent: private until a reviewer has accepted the nomination."""

    class Kind(models.TextChoices):
        PICTURE = "picture", _("图片")
        VIDEO = "video", _("视频")

    nomination = models.ForeignKey(Nomination, models.CASCADE, related_name="files")
    kind = models.CharField(_("类型"), max_length=8, choices=Kind.choices)
    file = models.FileField(_("文件"), upload_to="nominations/%Y/%m/", storage=private_storage)
    alternative = models.CharField(_("替代文本"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("推荐附件")
        verbose_name_plural = _("推荐附件")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


class StagedFile(models.Model):
    """A file kept between two attempts at one nomination form; nobody but its sender sees it.

    Cleaned like every upload before it is kept. The outbox removes it when it expires.
    """

    campaign = models.ForeignKey(Campaign, models.CASCADE, related_name="+")
    citizen = models.ForeignKey("citizens.Citizen", models.CASCADE, related_name="+")
    kind = models.CharField(_("类型"), max_length=8, choices=NominationFile.Kind.choices)
    file = models.FileField(_("文件"), upload_to="staged/%Y/%m/", storage=private_storage)
    name = models.CharField(_("原文件名"), max_length=100, blank=True)
    staged_at = models.DateTimeField(_("暂存时间"))

    class Meta:
        verbose_name = _("暂存附件")
        verbose_name_plural = _("暂存附件")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"
