# SPDX-License-Identifier: Apache-2.0
"""The day-one choices of Wagtail that cannot be changed later (ADR 3): page, picture, document."""

from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.documents.models import AbstractDocument
from wagtail.images.models import AbstractImage, AbstractRendition
from wagtail.models import AbstractPage, DefaultBasePageMixin
from wagtail.models.pages import AbstractPageMeta


class BasePage(AbstractPage, DefaultBasePageMixin):
    """The root of every page type."""

    search_fields = AbstractPage.search_fields + DefaultBasePageMixin.search_fields

    class Meta(AbstractPageMeta):
        verbose_name = _("页面")
        verbose_name_plural = _("页面")


class Picture(AbstractImage):
    """A picture with the words for those who cannot see it (无障碍环境建设法 art. 32)."""

    alternative = models.CharField(_("替代文本"), max_length=200, blank=True)
    credit = models.CharField(_("图片来源"), max_length=100, blank=True)
    is_ai_made = models.BooleanField(_("由人工智能生成"), default=False)  # 标识办法 2025

    admin_form_fields = (
        "title",
        "file",
        "alternative",
        "credit",
        "is_ai_made",
        "collection",
        "focal_point_x",
        "focal_point_y",
        "focal_point_width",
        "focal_point_height",
    )

    class Meta(AbstractImage.Meta):
        verbose_name = _("图片")
        verbose_name_plural = _("图片")

    @property
    def default_alt_text(self) -> str:
        return self.alternative


class Rendition(AbstractRendition):
    image = models.ForeignKey(Picture, models.CASCADE, related_name="renditions")

    class Meta:
        unique_together = (("image", "filter_spec", "focal_point_key"),)


class OfficialDocument(AbstractDocument):
    """A file such as an approval document."""

    document_number = models.CharField(_("文号"), max_length=60, blank=True)

    # No tags: Wagtail suggests those of every agency.
    admin_form_fields = ("title", "document_number", "file", "collection")

    class Meta(AbstractDocument.Meta):
        verbose_name = _("文件")
        verbose_name_plural = _("文件")
