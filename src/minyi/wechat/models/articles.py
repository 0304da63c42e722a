# SPDX-License-Identifier: Apache-2.0
"""Articles on their way to WeChat, and what is sent to all followers."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from wagtail.fields import RichTextField

from .figures import AccountQuerySet

BODY_FEATURES = [
    *("h2", "h3", "bold", "italic", "ol", "ul", "blockquote", "hr", "link", "image"),
]


class Article(models.Model):
    """One article. `version` grows with every edit: what is published is what was reviewed."""

    class State(models.TextChoices):
        DRAFT = "draft", _("草稿")
        PUSHING = "pushing", _("正在上传")
        READY = "ready", _("待审核")
        PUBLISHING = "publishing", _("发布中")
        PUBLISHED = "published", _("已发布")
        FAILED = "failed", _("未成功")
        UNKNOWN = "unknown", _("结果不明")
        WITHDRAWN = "withdrawn", _("已撤回")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    title = models.CharField(_("标题"), max_length=32, help_text=_("最多 32 个字。"))
    author = models.CharField(_("作者"), max_length=16, blank=True)
    digest = models.CharField(
        _("摘要"), max_length=120, blank=True, help_text=_("留空时微信取正文开头 54 个字。")
    )
    cover = models.ForeignKey(
        settings.WAGTAILIMAGES_IMAGE_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("封面"),
    )
    body = RichTextField(_("正文"), features=BODY_FEATURES)
    source_url = models.URLField(_("阅读原文链接"), max_length=1000, blank=True)
    opens_comments = models.BooleanField(_("打开留言"), default=False)
    fans_only_comments = models.BooleanField(_("只有粉丝可以留言"), default=False)
    is_ai_made = models.BooleanField(
        _("含人工智能生成内容"),
        default=False,
        help_text=_("勾选后正文开头自动标明“本文含人工智能生成内容”。"),
    )

    state = models.CharField(_("状态"), max_length=10, choices=State.choices, default=State.DRAFT)
    reason = models.CharField(_("说明"), max_length=300, blank=True)
    version = models.PositiveIntegerField(_("版本"), default=1)
    hands = models.JSONField(_("参与编写的人"), default=list)  # user ids: none of them publishes it
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("编写人")
    )
    changed_at = models.DateTimeField(_("修改时间"))
    tries = models.PositiveIntegerField(default=0)  # of pushing and publishing: names outbox rows
    steps_done = models.PositiveIntegerField(default=0)  # progress of the job in hand
    steps = models.PositiveIntegerField(default=0)

    media_id = models.CharField(max_length=200, blank=True)  # of the draft at WeChat
    media_version = models.PositiveIntegerField(default=0)  # the version that draft holds
    asked_at = models.DateTimeField(null=True)  # before submit: found set, it may have happened
    publish_id = models.CharField(max_length=64, blank=True)
    msg_data_id = models.CharField(max_length=64, blank=True)
    article_id = models.CharField(max_length=200, blank=True)
    url = models.URLField(_("文章网址"), max_length=1000, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("发布人"),
    )
    published_at = models.DateTimeField(_("发布时间"), null=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("文章")
        verbose_name_plural = _("文章")
        ordering = ["-changed_at", "-id"]

    def __str__(self) -> str:
        return self.title


class Upload(models.Model):
    """A picture that WeChat already has, so that it is not uploaded twice."""

    class Use(models.TextChoices):
        BODY = "body", _("正文图片")
        COVER = "cover", _("封面")

    account = models.ForeignKey("agencies.OfficialAccount", models.PROTECT, related_name="+")
    use = models.CharField(max_length=5, choices=Use.choices)
    sha256 = models.CharField(max_length=64)
    media_id = models.CharField(max_length=200, blank=True)
    url = models.URLField(max_length=1000, blank=True)
    uploaded_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "use", "sha256"], name="each_picture_uploaded_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.use}:{self.sha256[:12]}"


class Broadcast(models.Model):
    """One article sent to all followers, or to those with a tag. `key` goes out as clientmsgid."""

    class State(models.TextChoices):
        WAITING = "waiting", _("等待发送")
        SENDING = "sending", _("微信正在发送")
        SENT = "sent", _("已发送")
        FAILED = "failed", _("未成功")
        UNKNOWN = "unknown", _("结果不明")
        DELETED = "deleted", _("已删除")

    account = models.ForeignKey(
        "agencies.OfficialAccount", models.PROTECT, related_name="+", verbose_name=_("公众号")
    )
    article = models.ForeignKey(
        Article, models.PROTECT, related_name="broadcasts", verbose_name=_("文章")
    )
    key = models.CharField(max_length=64, unique=True)
    tag_id = models.PositiveIntegerField(_("标签"), null=True)  # null: all followers
    state = models.CharField(_("状态"), max_length=8, choices=State.choices, default=State.WAITING)
    reason = models.CharField(_("说明"), max_length=300, blank=True)
    media_id = models.CharField(max_length=200, blank=True)
    msg_id = models.CharField(max_length=64, blank=True)
    msg_data_id = models.CharField(max_length=64, blank=True)
    total = models.PositiveIntegerField(_("粉丝数"), null=True)
    filtered = models.PositiveIntegerField(_("过滤后"), null=True)
    sent = models.PositiveIntegerField(_("成功"), null=True)
    failed = models.PositiveIntegerField(_("失败"), null=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("发送人")
    )
    asked_at = models.DateTimeField(_("发起时间"))
    # Before WeChat is asked: found set without a result, it may have happened.
    first_tried_at = models.DateTimeField(_("首次发送时间"), null=True)
    ended_at = models.DateTimeField(_("完成时间"), null=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = _("群发")
        verbose_name_plural = _("群发")
        ordering = ["-asked_at", "-id"]

    def __str__(self) -> str:
        return str(self.article)
